"""The action table of DESIGN rule 6, cell by cell, and the memory of which row made which record."""

from __future__ import annotations

import pytest
from planning.worlds import (
    C1,
    D1,
    DEFAULT_1,
    KEY,
    MARTIN,
    USERS,
    change_of,
    codes,
    edited,
    exported,
    hand_made,
    person,
    planned,
    remembered,
    said,
    status,
    statuses,
    user,
    with_frame,
    with_rows,
    world,
)

from xcu_sheets.model.book import Book
from xcu_sheets.model.memory import Made, Memory

NEW = person("Ada", "Lovelace")
SAME_NUMBER = person("Marie", "Martin", "1700")
DIFFERS = {**SAME_NUMBER, "cti_login": "marie"}
OTHER_NAMES = person("Ada", "Lovelace", "1700")
LIVE = {**SAME_NUMBER, "id": "1", "template": ""}
EDITED = {**LIVE, "last_name": "Curie"}
GONE = {**person("Ada", "Lovelace"), "id": "99"}

TABLE = [
    # action, row, status, codes
    ("", NEW, "create", []),
    ("", person("Marie", "Martin"), "refused", ["same_person"]),
    ("", person("MARIE", "Mártin"), "refused", ["same_person"]),
    ("", person("Marie", "Martin", "1704"), "refused", ["same_person"]),
    ("", SAME_NUMBER, "unchanged", ["already_there"]),
    ("", DIFFERS, "refused", ["write_update"]),
    ("", OTHER_NAMES, "refused", ["held_by"]),
    ("", LIVE, "unchanged", []),
    ("", EDITED, "update", []),
    ("", GONE, "refused", ["id_unknown"]),
    ("create", NEW, "create", []),
    ("create", person("Marie", "Martin"), "create", []),
    ("create", SAME_NUMBER, "refused", ["held_by"]),
    ("create", OTHER_NAMES, "refused", ["held_by"]),
    ("create", LIVE, "refused", ["create_with_id"]),
    ("create", GONE, "refused", ["id_unknown"]),
    ("update", NEW, "refused", ["nothing_to_update"]),
    ("update", person("Marie", "Martin"), "refused", ["nothing_to_update"]),
    ("update", SAME_NUMBER, "unchanged", []),
    ("update", DIFFERS, "update", []),
    ("update", OTHER_NAMES, "refused", ["held_by"]),
    ("update", LIVE, "unchanged", []),
    ("update", EDITED, "update", []),
    ("update", {**LIVE, "first_name": "Ada", "last_name": "Curie"}, "update", []),
    ("update", GONE, "refused", ["id_unknown"]),
    ("delete", NEW, "refused", ["delete_needs_id"]),
    ("delete", SAME_NUMBER, "refused", ["delete_needs_id"]),
    ("delete", LIVE, "delete", []),
    ("delete", GONE, "unchanged", ["already_gone"]),
    ("skip", {**NEW, "internal_number": "99x"}, "skipped", []),
    ("skip", SAME_NUMBER, "skipped", []),
    ("skip", {**EDITED, "first_name": "<clear>"}, "skipped", []),
    ("skip", GONE, "skipped", []),
    ("remove", NEW, "refused", ["not_a_choice"]),
    ("remove", LIVE, "refused", ["not_a_choice"]),
]


@pytest.mark.parametrize(("action", "row", "expected", "problems"), TABLE)
def test_the_action_table(action: str, row: dict[str, str], expected: str, problems: list[str]) -> None:
    """Every cell of rule 6's table, in a hand-made file."""
    plan = planned(hand_made("users", {**row, "action": action}), world(), allow_delete=True)
    ignored = {"password_survival_unknown", "same_names_elsewhere"}
    assert (status(plan, 2), [c for c in codes(plan, 2) if c not in ignored]) == (expected, problems)


@pytest.mark.parametrize("cells", [{"last_name": "Curie"}, {"internal_number": "1709"}])
def test_delete_of_a_record_that_changed_since_the_export_is_a_conflict(cells: dict[str, str]) -> None:
    """A record is deleted as the book shows it or not at all."""
    keys = {"last_name": "lastName", "internal_number": "internalNumber"}
    now = world([{**MARTIN, **{keys[k]: v for k, v in cells.items()}}, *USERS[1:]])
    plan = planned(edited(exported(world()), "users", {(2, "action"): "delete"}), now, allow_delete=True)
    assert said(plan, 2) == ("conflict", ["conflict"])


def test_delete_after_our_own_import_is_no_conflict() -> None:
    """What this book itself changed, and saw afterwards, is what it may delete (rule 2: b is b1)."""
    book = edited(exported(world()), "users", {(2, "action"): "delete", (2, "last_name"): "Curie"})
    now = world([{**MARTIN, "lastName": "Curie"}, *USERS[1:]])
    memory = Memory(KEY, cells={("users", "1"): {"last_name": "Curie", "first_name": "Marie"}})
    assert said(planned(book, now, memory, allow_delete=True), 2) == ("delete", [])


def test_delete_needs_leave_too() -> None:
    """`delete` in the cell is half of it, --allow-delete the other half."""
    plan = planned(edited(exported(world()), "users", {(2, "action"): "delete"}), world())
    assert said(plan, 2) == ("refused", ["delete_not_allowed"])


def test_a_row_missing_from_the_book_deletes_nothing() -> None:
    """An absent row touches nothing."""
    book = exported(world())
    short = with_frame(book, "users", book.sheets["users"].frame.loc[[2, 4]])
    plan = planned(short, world(), allow_delete=True)
    assert plan.to_send == ()


def test_the_typed_number_of_a_skipped_row_stays_reserved() -> None:
    """Its number is given to nobody, whether its entity is written as id or as name."""
    for written in (D1, "Default@xivo1"):
        skipped = {**person("No", "Body", "1702", written), "action": "skip"}
        plan = planned(hand_made("users", skipped, NEW), world(), available={D1: ["1702", "1703"]})
        assert change_of(plan, 3).number == "1703"


def test_the_question_names_the_living_record_but_gives_nothing_of_it_away() -> None:
    """The refused row holds neither id nor number of the namesake; the problem's parameters do."""
    plan = planned(hand_made("users", person("Marie", "Martin")), world())
    change = change_of(plan, 2)
    assert (change.id, change.number, dict(change.cells)) == ("", "", {})
    (found,) = plan.notes_of("users", 2)
    assert (found.params["id"], found.params["number"]) == ("1", "1700")


@pytest.mark.parametrize(
    ("actions", "expected"),
    [
        (("", ""), ["refused", "refused"]),
        (("create", "create"), ["create", "create"]),
        (("create", ""), ["create", "refused"]),
        (("skip", ""), ["skipped", "create"]),
    ],
)
def test_two_rows_of_the_same_names_in_one_file(actions: tuple[str, str], expected: list[str]) -> None:
    """Both are refused, until each says that it creates."""
    rows = [{**NEW, "action": action} for action in actions]
    assert statuses(planned(hand_made("users", *rows), world())) == expected


def test_namesakes_in_two_entities_are_two_people() -> None:
    """The question is asked inside one entity; elsewhere on the XiVO it is a warning."""
    plan = planned(hand_made("users", person("Marie", "Martin", "", C1)), world())
    assert said(plan, 2) == ("create", ["same_names_elsewhere"])


class TestMemoryOfABook:
    """A row of an exported book that made a record is known by book id, entity and folded names."""

    made = Memory(KEY, remembered(6, 50, "Ada", "Lovelace"))
    live = world([*USERS, user(50, DEFAULT_1, "Ada", "Lovelace", "1702")])

    @pytest.mark.parametrize("action", ["", "create"])
    def test_a_row_that_made_its_record_is_unchanged(self, action: str) -> None:
        """Again and again: nobody is created, the record is named."""
        plan = planned(with_rows(exported(world()), "users", {**NEW, "action": action}), self.live, self.made)
        assert said(plan, 6) == ("unchanged", ["already_made"])
        assert plan.unchanged["users"][6] == "50"

    def test_it_is_known_on_any_row_and_in_any_spelling(self) -> None:
        """Sorting the book or retyping the accents makes no new person."""
        rows = [person("Bob", "Other"), NEW]
        plan = planned(with_rows(exported(world()), "users", *rows), self.live, self.made)
        assert statuses(plan)[4:] == ["create", "unchanged"]
        plan = planned(with_rows(exported(world()), "users", person("ADA", "Lovelacé")), self.live, self.made)
        assert said(plan, 6) == ("refused", ["write_update"])

    def test_another_book_asks(self) -> None:
        """Memory belongs to a book id: elsewhere the same names are a question."""
        plan = planned(with_rows(exported(world(), book_id="other"), "users", NEW), self.live, self.made)
        assert said(plan, 6) == ("refused", ["same_person"])

    def test_an_edit_of_such_a_row_asks_for_update(self) -> None:
        """A cell that differs from what the row made is not sent unless the action says so."""
        row = {**NEW, "internal_number": "1704"}
        book = exported(world())
        assert said(planned(with_rows(book, "users", row), self.live, self.made), 6) == ("refused", ["write_update"])
        plan = planned(with_rows(book, "users", {**row, "action": "update"}), self.live, self.made)
        assert status(plan, 6) == "update"
        assert [(e.column, e.after) for e in change_of(plan, 6).edits] == [("internal_number", "1704")]

    def test_a_renamed_row_asks(self) -> None:
        """Row 6 made Ada; now it says Augusta and Ada is gone from the book: rename or add?"""
        plan = planned(with_rows(exported(world()), "users", person("Augusta", "King")), self.live, self.made)
        assert said(plan, 6) == ("refused", ["row_made_other"])
        (found,) = plan.notes_of("users", 6)
        assert (found.params["id"], found.params["number"]) == ("50", "1702")

    def test_a_renamed_row_that_says_create_adds(self) -> None:
        """The answer to the question."""
        row = {**person("Augusta", "King"), "action": "create"}
        assert status(planned(with_rows(exported(world()), "users", row), self.live, self.made), 6) == "create"

    def test_a_new_row_above_the_remembered_one_is_no_rename(self) -> None:
        """Ada moved to row 7: the person on row 6 is new."""
        book = with_rows(exported(world()), "users", person("Augusta", "King"), NEW)
        assert statuses(planned(book, self.live, self.made))[4:] == ["create", "unchanged"]

    def test_a_remembered_record_that_is_gone_is_refused_once_more(self) -> None:
        """Deleted since: nobody is made again, unless the row says create."""
        book = exported(world())
        assert said(planned(with_rows(book, "users", NEW), world(), self.made), 6) == ("refused", ["made_then_deleted"])
        again = with_rows(book, "users", {**NEW, "action": "create"})
        assert status(planned(again, world(), self.made), 6) == "create"

    @pytest.mark.parametrize("action", ["", "create"])
    def test_a_remembered_record_that_was_renamed_on_the_server_is_not_made_twice(self, action: str) -> None:
        """Ada was made by this row and is called King now: the row does not make a second one."""
        live = world([*USERS, user(50, DEFAULT_1, "Ada", "King", "1702")])
        plan = planned(with_rows(exported(world()), "users", {**NEW, "action": action}), live, self.made)
        assert status(plan, 6) == "refused"


class TestMemoryOfAHandMadeFile:
    """A file without book id is known by a keyed digest of every cell of the row."""

    live = world([*USERS, user(50, DEFAULT_1, "Ada", "Lovelace", "1702")])

    def memory(self, book: Book) -> Memory:
        """Return the memory after this file made user 50."""
        identity = change_of(planned(book, world()), 2).identity
        return Memory(b"", {identity: (Made("users", 2, "50", identity, "Ada Lovelace", "1702"),)})

    def test_the_same_cells_are_the_same_person(self) -> None:
        """On whatever row: nobody is created."""
        memory = self.memory(hand_made("users", NEW))
        plan = planned(hand_made("users", person("Bob", "Other"), NEW), self.live, memory)
        assert said(plan, 3) == ("unchanged", ["already_made"])

    def test_any_other_cell_is_the_same_names_question(self) -> None:
        """Unknown columns count, secrets do not."""
        first = hand_made("users", {**NEW, "cti_login": "ada", "cti_password": "secret"}, own={"Matricule": ["12"]})
        memory = self.memory(first)
        live = world([*USERS, user(50, DEFAULT_1, "Ada", "Lovelace", "1702", ctiLogin="ada")])
        cases = [
            ({"cti_login": "ada", "cti_password": "other!"}, "12", "unchanged"),
            ({"cti_login": "ada", "cti_password": "secret"}, "13", "refused"),
            ({"cti_login": "ada", "template": "Bureau"}, "12", "refused"),
        ]
        for cells, matricule, expected in cases:
            book = hand_made("users", {**NEW, **cells}, own={"Matricule": [matricule]})
            assert status(planned(book, live, memory), 2) == expected


class TestOtherSheets:
    """Templates are known by name, entities by combinedId or by XiVO and name."""

    def test_a_template_of_a_known_name(self) -> None:
        """Nothing differs: unchanged; else it says that action update is needed."""
        cells = {k: v for k, v in world().frames["templates"].loc["7"].items() if k != "id"}
        live = world()
        same, other = hand_made("templates", {**cells, "name": "STANDARD"}), {**cells, "ringing_time": "45"}
        assert status(planned(same, live), 2, "templates") in ("unchanged", "refused")
        assert said(planned(hand_made("templates", cells), live), 2, "templates") == ("unchanged", ["already_there"])
        assert said(planned(hand_made("templates", other), live), 2, "templates") == ("refused", ["write_update"])
        update = planned(hand_made("templates", {**other, "action": "update"}), live)
        assert status(update, 2, "templates") == "update"

    @pytest.mark.parametrize("columns", [("combined_id", "xivo", "name"), ("xivo", "name")])
    def test_an_entity_that_lives_is_not_made_again(self, columns: tuple[str, ...]) -> None:
        """With or without its combined id, an entity of that name on that XiVO is the same one."""
        cells = dict(world().frames["entities"].loc["11"])
        row = {k: v for k, v in cells.items() if k not in ("id", "combined_id")} | {k: cells[k] for k in columns}
        plan = planned(hand_made("entities", row), world(), include=("entities",))
        assert said(plan, 2, "entities") == ("unchanged", ["already_there"])
        create = planned(hand_made("entities", {**row, "action": "create"}), world(), include=("entities",))
        assert said(create, 2, "entities") == ("refused", ["held_by"])
