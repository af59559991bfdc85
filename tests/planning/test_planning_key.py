"""`--key COLUMN`: a person known by a column of the list's own, whatever the row is called now (DESIGN rule 6)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from planning.worlds import (
    BOOK_ID,
    C1,
    D1,
    DEFAULT_1,
    KEY,
    MARTIN,
    USERS,
    change_of,
    codes,
    exported,
    hand_made,
    person,
    planned,
    remembered,
    said,
    sheet,
    status,
    statuses,
    user,
    with_frame,
    with_rows,
    world,
)

from xcu_sheets.model.book import Book
from xcu_sheets.model.errors import PlanError
from xcu_sheets.model.memory import FORGOTTEN, Made, Memory, keyed_digest
from xcu_sheets.model.problems import Severity, problem
from xcu_sheets.planning.make import check
from xcu_sheets.planning.plan import Plan
from xcu_sheets.reports.wording import message

MARIE, SEAN, GONE, MOVED = "M-1", "M-2", "M-9", "M-8"


def digest(key: str) -> str:
    """Return how a key is remembered."""
    return keyed_digest(KEY, "key", key.casefold())


def known(key: str, id_: str, label: str = "Some Body", entity: str = D1) -> dict[str, Made]:
    """Return what a run remembers of a key."""
    return {digest(key): Made("users", 2, id_, "", label, "1700", digest(key), entity)}


ADA, OLGA = known(GONE, "99", "Ada Lovelace"), known(MOVED, "98", "Olga Old", "far@10.0.0.9")
MEMORY = Memory(KEY, keys={**known(MARIE, "1"), **known(SEAN, "2"), **ADA, **OLGA})


def keyed(rows: Sequence[dict[str, str]], *keys: str, header: str = "Matricule") -> Book:
    """Return a list with a column of its own."""
    return hand_made("users", *rows, own={header: keys})


def plan_of(book: Book, memory: Memory = MEMORY, key: str = "Matricule", live: Any = None, **options: Any) -> Plan:
    """Return the plan of a list with a key."""
    return planned(book, live or world(), memory, key=key, **options)


SAME, RENAMED = person("Marie", "Martin"), person("Marie", "Curie")
BOTH = person("Maria", "Curie", "1709", cti_login="curie")
STRANGER = person("Ada", "Lovelace")

TABLE = [
    # action, row, its key, status, codes
    ("", SAME, MARIE, "unchanged", ["known_by_key"]),
    ("", RENAMED, MARIE, "update", ["known_by_key"]),
    ("", BOTH, MARIE, "update", ["known_by_key"]),
    ("", RENAMED, " m-1 ", "update", ["known_by_key"]),
    ("", person("Marie", "Martin", "1701"), MARIE, "refused", ["known_by_key", "number_taken"]),
    ("", person("Marie", "Martin", "", C1), MARIE, "refused", ["entity_changed", "known_by_key"]),
    ("", person("Marie", "Martin", "", ""), MARIE, "unchanged", ["known_by_key"]),
    ("", STRANGER, GONE, "refused", ["made_then_deleted"]),
    ("", STRANGER, MOVED, "refused", ["not_visible"]),
    ("", STRANGER, "M-3", "create", []),
    ("", STRANGER, "", "create", []),
    ("", SAME, "", "refused", ["same_person"]),
    ("", SAME, "M-3", "refused", ["same_person"]),
    ("", person("Marie", "Martin", "1700"), "M-3", "unchanged", ["already_there"]),
    ("update", RENAMED, MARIE, "update", ["known_by_key"]),
    ("update", SAME, MARIE, "unchanged", ["known_by_key"]),
    ("update", STRANGER, GONE, "refused", ["made_then_deleted"]),
    ("update", STRANGER, "M-3", "refused", ["nothing_to_update"]),
    ("create", RENAMED, MARIE, "refused", ["key_held"]),
    ("create", SAME, MARIE, "refused", ["key_held"]),
    ("create", STRANGER, GONE, "create", []),
    ("create", STRANGER, "M-3", "create", []),
    ("delete", RENAMED, MARIE, "refused", ["delete_needs_id"]),
    ("skip", RENAMED, MARIE, "skipped", []),
    ("", {**SAME, "id": "1", "template": ""}, MARIE, "unchanged", []),
    ("", {**SAME, "id": "1", "template": ""}, "M-3", "unchanged", []),
    ("", {**SAME, "id": "1"}, SEAN, "refused", ["key_of_other"]),
    ("update", {**RENAMED, "id": "1"}, SEAN, "refused", ["key_of_other"]),
    ("delete", {**SAME, "id": "1"}, SEAN, "refused", ["key_of_other"]),
    ("", {**SAME, "id": "1"}, MOVED, "refused", ["key_of_other"]),
    ("", {**SAME, "id": "1", "template": ""}, GONE, "unchanged", []),
    ("skip", {**SAME, "id": "1"}, SEAN, "skipped", []),
]
IGNORED = {"password_survival_unknown", "same_names_elsewhere", "login_without_password"}


@pytest.mark.parametrize(("action", "row", "key", "expected", "problems"), TABLE)
def test_the_table(action: str, row: dict[str, str], key: str, expected: str, problems: list[str]) -> None:
    """What a row is by its key, for each action."""
    plan = plan_of(keyed([{**row, "action": action}], key), allow_delete=True)
    assert (status(plan, 2), [c for c in codes(plan, 2) if c not in IGNORED]) == (expected, problems)


@pytest.mark.parametrize(("action", "row", "key", "expected", "problems"), TABLE)
def test_the_table_is_the_same_once_runs_were_forgotten(
    action: str, row: dict[str, str], key: str, expected: str, problems: list[str]
) -> None:
    """The names that a run remembered decide nothing: without them each row is what it was."""
    keys = {digest: replace(made, label=FORGOTTEN, internal_number="") for digest, made in MEMORY.keys.items()}
    plan = plan_of(keyed([{**row, "action": action}], key), replace(MEMORY, keys=keys), allow_delete=True)
    assert (status(plan, 2), [c for c in codes(plan, 2) if c not in IGNORED]) == (expected, problems)


def test_a_known_row_may_change_everything_but_what_is_never_shown() -> None:
    """Names, number and login are edits of the one record; template and password are not sent to a record so found."""
    row = {**BOTH, "cti_password": "secret"}
    change = change_of(plan_of(keyed([row], MARIE)), 2)
    assert (change.id, change.matched, change.key) == ("1", True, digest(MARIE))
    assert [(e.column, e.before, e.after) for e in change.edits] == [
        ("first_name", "Marie", "Maria"),
        ("last_name", "Martin", "Curie"),
        ("internal_number", "1700", "1709"),
        ("cti_login", "mmartin", "curie"),
    ]


def test_a_blank_cell_of_a_known_row_leaves_its_value() -> None:
    """As on a row with an id; <clear> empties."""
    plan = plan_of(keyed([{**SAME, "cti_login": ""}, {**SAME, "cti_login": "<clear>"}], MARIE, ""))
    assert status(plan, 2) == "unchanged"
    edits = change_of(plan_of(keyed([{**SAME, "cti_login": "<clear>"}], MARIE)), 2).edits
    assert [(e.column, e.after) for e in edits] == [("cti_login", "<clear>")]


def test_the_plan_says_who_was_found() -> None:
    """Name and number as the server has them, and the column as the person calls it."""
    (note,) = [p for p in plan_of(keyed([RENAMED], MARIE)).notes_of("users", 2) if p.severity is Severity.INFO]
    assert message(note) == "this row is Marie Martin, id 1, by its Matricule"


def test_a_key_of_another_names_both() -> None:
    """The id's person and the key's."""
    (found,) = plan_of(keyed([{**SAME, "id": "1"}], SEAN)).notes_of("users", 2)
    assert "id 1 is Marie Martin" in message(found) and "Sean O'Brien (id 2)" in message(found)


def test_a_create_of_a_living_person_names_the_id() -> None:
    """And nothing of that record is on the refused row."""
    plan = plan_of(keyed([{**RENAMED, "action": "create"}], MARIE))
    (found,) = plan.notes_of("users", 2)
    assert "Marie Martin (id 1)" in message(found)
    assert (change_of(plan, 2).id, change_of(plan, 2).key) == ("", "")


def test_a_create_row_that_made_its_person_is_unchanged() -> None:
    """`create` that was carried out is not repeated, nor refused."""
    made = remembered(6, 1, "Marie", "Martin")
    book = with_key(with_rows(exported(world(USERS[1:])), "users", {**SAME, "action": "create"}), {5: MARIE})
    assert said(plan_of(book, replace(MEMORY, made=made)), 5) == ("unchanged", ["already_made"])
    assert status(plan_of(book), 5) == "refused"


@pytest.mark.parametrize("key", ["M-7", MARIE])
def test_a_key_twice_in_one_book(key: str) -> None:
    """Both rows are refused, each names the other; skipped rows and blank keys do not count."""
    rows = [STRANGER, {**person("Bob", "Other"), "action": "skip"}, person("Eve", "Else"), person("Al", "Last")]
    plan = plan_of(keyed(rows, key, key, key.lower(), ""))
    assert statuses(plan) == ["refused", "skipped", "refused", "create"]
    assert [[p.params["rows"] for p in plan.notes_of("users", row)] for row in (2, 4)] == [["4"], ["2"]]


def test_a_key_twice_counts_rows_with_an_id_too() -> None:
    """An error that a row has already stays said."""
    rows = [{**SAME, "id": "1"}, {**person("Ada", "L"), "action": "delete"}]
    plan = plan_of(keyed(rows, "M-7", "M-7"))
    assert (said(plan, 2), said(plan, 3)) == (
        ("refused", ["key_twice"]),
        ("refused", ["delete_needs_id", "key_twice"]),
    )


def test_one_person_by_id_and_by_key_is_refused_twice() -> None:
    """Nobody is changed by two rows."""
    plan = plan_of(keyed([{**SAME, "id": "1"}, RENAMED], "", MARIE))
    assert [codes(plan, row) for row in (2, 3)] == [["record_twice"], ["record_twice"]]
    assert plan.to_send == ()


def test_two_keys_of_one_person_are_refused_twice() -> None:
    """Also where the second key was taught by accident."""
    memory = replace(MEMORY, keys={**MEMORY.keys, **known("M-5", "1")})
    plan = plan_of(keyed([SAME, RENAMED], MARIE, "M-5"), memory)
    assert [codes(plan, row) for row in (2, 3)] == [["record_twice"], ["record_twice"]]


def test_a_known_person_frees_a_number_as_a_row_with_id_does() -> None:
    """A new person may take the number that a known one gives up in the same list."""
    rows = [person("Marie", "Martin", "1709"), person("Ada", "Lovelace", "1700")]
    plan = plan_of(keyed(rows, MARIE, "M-3"))
    assert statuses(plan) == ["update", "create"]


def test_a_known_person_is_no_namesake_of_a_new_one() -> None:
    """Marie Martin is called Ada Lovelace now; another Ada Lovelace is new."""
    assert statuses(plan_of(keyed([STRANGER, STRANGER], MARIE, "M-3"))) == ["update", "create"]


def with_key(book: Book, keys: dict[int, str]) -> Book:
    """Return the book with a column Matricule, by row."""
    frame = book.sheets["users"].frame
    own = {"Matricule": [keys.get(int(row), "") for row in frame.index]}
    return replace(book, sheets={**book.sheets, "users": sheet("users", frame, own)})


class TestAnExportedBook:
    """A book with a baseline knows its rows by id; below them the key tells who is meant."""

    def test_a_known_row_of_a_book(self) -> None:
        """Its record was exported too, in another book perhaps: found, and merged with the server alone."""
        book = with_key(with_rows(exported(world(USERS[1:])), "users", RENAMED), {5: MARIE})
        assert said(plan_of(book), 5) == ("update", ["known_by_key"])

    def test_a_renamed_row_that_is_known_is_not_asked_about(self) -> None:
        """Row 6 made Ada under this key and says King now: she is renamed."""
        live = world([*USERS, user(50, DEFAULT_1, "Ada", "Lovelace", "1702")])
        memory = Memory(KEY, remembered(6, 50, "Ada", "Lovelace"), known("M-50", "50"))
        book = with_key(with_rows(exported(world()), "users", person("Augusta", "King")), {6: "M-50"})
        assert said(planned(book, live, memory), 6) == ("refused", ["row_made_other"])
        assert said(plan_of(book, memory, live=live), 6) == ("update", ["known_by_key"])

    def test_a_new_row_in_the_place_of_a_known_one_is_no_rename(self) -> None:
        """The list was sorted: the person whom row 6 made stands on row 7, under another name but with the key."""
        live = world([*USERS, user(50, DEFAULT_1, "Ada", "Lovelace", "1702")])
        memory = Memory(KEY, remembered(6, 50, "Ada", "Lovelace"), known("M-50", "50"))
        rows = [person("Bob", "New"), person("Augusta", "King")]
        book = with_key(with_rows(exported(world()), "users", *rows), {6: "M-51", 7: "M-50"})
        assert statuses(plan_of(book, memory, live=live))[4:] == ["create", "update"]


class TestTheColumn:
    """Which column the option means."""

    @pytest.mark.parametrize("name", ["Matricule", "MATRICULE", "matri-cule ", "Màtricule"])
    def test_its_header_is_folded(self, name: str) -> None:
        """Case, accents, blanks and signs do not matter."""
        plan = plan_of(keyed([RENAMED], MARIE), key=name)
        assert status(plan, 2) == "update"
        assert plan.options.key == name

    @pytest.mark.parametrize("name", ["mail", "Courriel", "cti_login", "Login CTI"])
    def test_mail_and_login_will_do(self, name: str) -> None:
        """They belong to one person, and outlive a new name."""
        row = {**RENAMED, "mail": "m-1", "cti_login": "M-1"}
        assert change_of(plan_of(keyed([row], ""), key=name), 2).id == "1"

    @pytest.mark.parametrize("name", ["id", "Nom", "entity", "Poste", "cti_password", "provisioning_number", "action"])
    def test_another_column_of_ours_is_refused(self, name: str) -> None:
        """A number is handed on, a name is not one person's."""
        with pytest.raises(PlanError, match="name a column of your own, or mail or cti_login"):
            plan_of(keyed([RENAMED], MARIE), key=name)

    @pytest.mark.parametrize("name", ["Personnel", "mail", "\x1b[1m"])
    def test_a_column_that_the_book_does_not_have(self, name: str) -> None:
        """The message names those it has, and shows no control character."""
        with pytest.raises(PlanError, match=r"has no such column.*last_name.*Matricule") as failed:
            plan_of(keyed([RENAMED], MARIE), key=name)
        assert "\x1b" not in str(failed.value)

    def test_a_book_without_people_needs_none(self) -> None:
        """Templates have names."""
        assert plan_of(hand_made("templates", {"id": "7", "name": "Standard"})).blocked == ()

    def test_without_the_option_the_column_means_nothing(self) -> None:
        """The same-names question stands."""
        assert said(planned(keyed([SAME], MARIE), world(), MEMORY), 2) == ("refused", ["same_person"])

    def test_an_error_in_its_cells_stops_the_row(self) -> None:
        """A formula that failed is no key that several people could share, and no blank one either."""
        book = keyed([STRANGER, person("Bob", "Other")], "#N/A", "M-3")
        fault = problem("cell_error", Severity.WARNING, sheet="users", row=2, column="Matricule", value="#N/A")
        book = replace(book, problems=(fault,))
        assert said(plan_of(book), 2) == ("refused", ["cell_error"])
        assert statuses(planned(book, world(), MEMORY)) == ["create", "create"]
        assert [p.severity for p in plan_of(book).notes_of("users", 2)] == [Severity.ERROR]


class TestWhatIsTaught:
    """What a plan gives to the history, so that later files know the keys."""

    def test_created_and_updated_rows_carry_their_key(self) -> None:
        """As a keyed digest, never in clear."""
        plan = plan_of(keyed([STRANGER, {**RENAMED, "id": "1"}], "Geheim-3", "Geheim-1"))
        assert [c.key for c in plan.to_send] == [digest("Geheim-3"), digest("Geheim-1")]
        assert "eheim-" not in json.dumps(plan.to_json()) + repr(plan)

    def test_unchanged_rows_teach_keys_that_are_new(self) -> None:
        """By id, or found without one where the record has no key yet; what is known already is not said again."""
        rows = [
            {**SAME, "id": "1", "template": ""},
            person("Sean", "O'Brien", "1701"),
            person("Zoé", "Durand", "2100", C1),
            {**person("Luc", "Petit", "1705", "default@10.0.0.2"), "id": "4", "template": ""},
            {**person("No", "Body"), "id": "77", "action": "delete"},
        ]
        memory = Memory(KEY, keys={**known("M-4", "4"), **known("M-22", "2")})
        plan = plan_of(keyed(rows, MARIE, SEAN, "M-3", "M-4", "M-77"), memory)
        assert set(statuses(plan)) == {"unchanged"}
        assert plan.keys == (
            Made("users", 2, "1", "", "Marie Martin", "1700", digest(MARIE), D1),
            Made("users", 4, "3", "", "Zoé Durand", "2100", digest("M-3"), C1),
        )

    def test_a_key_of_someone_gone_is_taught_anew_by_an_id(self) -> None:
        """The person was deleted and made again by hand."""
        plan = plan_of(keyed([{**SAME, "id": "1", "template": ""}], GONE))
        assert [(m.key, m.record_id) for m in plan.keys] == [(digest(GONE), "1")]

    def test_nothing_is_taught_without_a_history(self) -> None:
        """A digest under no key could be guessed."""
        plan = plan_of(keyed([STRANGER, {**SAME, "id": "1", "template": ""}], "M-3", MARIE), Memory())
        assert ([c.key for c in plan.to_send], plan.keys) == ([""], ())

    def test_the_plan_comes_back_whole(self) -> None:
        """plan.json carries option, keys and what unchanged rows teach; the same plan gives the same text."""
        book = keyed([STRANGER, {**SAME, "id": "1", "template": ""}], "M-3", "M-4")
        plan = plan_of(book)
        body = json.loads(json.dumps(plan.to_json()))
        assert Plan.from_json(body) == replace(plan, reserved={})
        assert body["options"]["key"] == "Matricule" and body["changes"][0]["key"] == digest("M-3")
        assert json.dumps(plan_of(book).to_json()) == json.dumps(plan.to_json())


def test_an_offline_check_has_no_key() -> None:
    """Nothing that needs the history is said without it."""
    book = with_key(exported(world()), {2: MARIE, 3: MARIE})
    assert [p.code for p in check(book)] == []


def test_a_record_in_an_entity_that_could_not_be_read_is_not_deleted() -> None:
    """Its entity is named instead; the row of a new person there is not visible either."""
    live = world([u for u in USERS if u is not MARTIN], unreadable={D1: "403"})
    for entity_ in (D1, C1, ""):
        plan = plan_of(keyed([person("Marie", "Curie", "", entity_)], MARIE), live=live)
        assert codes(plan, 2) == ["not_visible"]
    nowhere = replace(MEMORY, keys=known(MARIE, "1", entity=""))
    (found,) = plan_of(keyed([person("Marie", "Curie", "", C1)], MARIE), nowhere, live=live).notes_of("users", 2)
    assert found.params["entity"] == D1


def test_memory_of_rows_is_not_memory_of_keys() -> None:
    """A row that made its person before there was a key is known as before, and teaches its key."""
    live = world([*USERS, user(50, DEFAULT_1, "Ada", "Lovelace", "1702")])
    memory = Memory(KEY, remembered(6, 50, "Ada", "Lovelace", book_id=BOOK_ID))
    book = with_key(with_rows(exported(world()), "users", STRANGER), {6: "M-50"})
    plan = plan_of(book, memory, live=live)
    assert said(plan, 6) == ("unchanged", ["already_made"])
    assert [(m.key, m.record_id) for m in plan.keys] == [(digest("M-50"), "50")]


def test_a_sheet_alone_sorted_is_still_noticed_beside_keys() -> None:
    """The guards of rows with ids do not look at rows known by key."""
    book = exported(world())
    frame = book.sheets["users"].frame.copy()
    frame["last_name"] = sorted(frame["last_name"], reverse=True)
    plan = plan_of(with_key(with_frame(book, "users", frame), {}))
    assert "sorted_alone" in codes(plan, 0)
