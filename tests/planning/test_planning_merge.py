"""The three-way merge, cell by cell (DESIGN rules 1, 2, 4, 5), and the guards of rules 7, 12 and 15."""

from __future__ import annotations

from dataclasses import replace

import pytest
from planning.worlds import (
    C1,
    D1,
    DEFAULT_1,
    KEY,
    MARTIN,
    STANDARD,
    TEMPLATES,
    USERS,
    change_of,
    codes,
    crowd,
    edited,
    exported,
    hand_made,
    person,
    planned,
    said,
    status,
    statuses,
    user,
    with_frame,
    with_rows,
    world,
)

from xcu_sheets.model.errors import PlanError
from xcu_sheets.model.memory import Memory, keyed_digest
from xcu_sheets.model.problems import Severity
from xcu_sheets.model.resources import USERS as USER_SHEET
from xcu_sheets.model.snapshot import text_frame
from xcu_sheets.model.view import View
from xcu_sheets.planning.merge import merge_rows

NOTHING, EDIT, CONFLICT, STALE = "nothing", "edit", "conflict", "stale"

MERGE = [
    # baseline, remembered, live, wanted, what it is
    ("a", None, "a", "a", NOTHING),
    ("a", None, "a", "b", EDIT),
    ("a", None, "b", "a", NOTHING),
    ("a", None, "b", "b", NOTHING),
    ("a", None, "b", "c", CONFLICT),
    ("a", None, "a", "", NOTHING),
    ("a", None, "b", "", NOTHING),
    ("", None, "", "b", EDIT),
    ("", None, "b", "", NOTHING),
    ("", None, "b", "b", NOTHING),
    ("", None, "b", "c", CONFLICT),
    ("a", None, "a", "<clear>", EDIT),
    ("a", None, "", "<clear>", NOTHING),
    ("a", None, "b", "<clear>", CONFLICT),
    ("", None, "", "<clear>", NOTHING),
    ("", None, "b", "<clear>", NOTHING),
    ("a", None, "", "b", CONFLICT),
    ("a", None, "", "a", NOTHING),
    ("a", "b", "b", "a", STALE),
    ("a", "b", "b", "b", NOTHING),
    ("a", "b", "b", "c", EDIT),
    ("a", "b", "b", "", NOTHING),
    ("a", "b", "a", "a", NOTHING),
    ("a", "b", "c", "b", NOTHING),
    ("a", "b", "c", "a", STALE),
    ("a", "b", "c", "d", CONFLICT),
    ("a", "a", "a", "a", NOTHING),
    ("a", "a", "a", "b", EDIT),
    ("a", "a", "b", "a", NOTHING),
    ("a", "", "", "a", STALE),
    ("a", "", "", "b", EDIT),
    ("a", "", "", "<clear>", NOTHING),
    ("", "b", "b", "", NOTHING),
]


@pytest.mark.parametrize(("baseline", "b1", "live", "wanted", "expected"), MERGE)
@pytest.mark.parametrize("mine", [False, True])
def test_merge_of_one_cell(baseline: str, b1: str | None, live: str, wanted: str, expected: str, mine: bool) -> None:
    """b, b1, l and w decide; `--on-conflict mine` sends what is a conflict otherwise."""

    def frame(text: str):
        return text_frame({c: [{"id": "1", "cti_login": text}.get(c, "x")] for c in USER_SHEET.columns}).set_axis([2])

    merged = merge_rows(
        USER_SHEET,
        frame(wanted),
        frame(baseline),
        frame(live),
        exported=frame("")["id"] == "1",
        present=frozenset(USER_SHEET.columns),
        memory=Memory(KEY, cells={} if b1 is None else {("users", "1"): {"cti_login": b1}}),
        on_conflict="mine" if mine else "stop",
    )
    conflict = expected in (CONFLICT, STALE) and not mine
    sent = expected == EDIT or (expected in (CONFLICT, STALE) and mine)
    assert bool(merged.edits.at[2, "cti_login"]) is sent
    assert bool(merged.conflicts.at[2, "cti_login"]) is conflict
    assert merged.after.at[2, "cti_login"] == (wanted if sent else live)
    found = [p.code for p in merged.problems if p.severity is Severity.ERROR]
    assert found == ([{CONFLICT: "conflict", STALE: "conflict_stale"}[expected]] if conflict else [])
    assert merged.edits.drop(columns="cti_login").to_numpy().any() == False  # noqa: E712


def test_a_blanked_cell_is_kept_and_said() -> None:
    """Never silently ignored: the warning names the cell; a hand-made file has nothing to blank."""
    book = edited(exported(world()), "users", {(2, "cti_login"): ""})
    assert said(planned(book, world()), 2) == ("unchanged", ["blank_keeps"])
    assert codes(planned(hand_made("users", {"id": "1", "last_name": "Martin", "cti_login": ""}), world()), 2) == []


def test_absent_columns_touch_nothing() -> None:
    """A book without a column says nothing about it."""
    book = exported(world())
    frame = book.sheets["users"].frame[["id", "last_name"]]
    assert statuses(planned(with_frame(book, "users", frame), world())) == ["unchanged"] * 4
    changed = edited(with_frame(book, "users", frame), "users", {(2, "last_name"): "Curie"})
    assert [e.column for e in change_of(planned(changed, world()), 2).edits] == ["last_name"]


@pytest.mark.parametrize("column", ["external_number", "mail", "provisioning_number"])
def test_edits_of_read_only_cells_are_said_and_not_sent(column: str) -> None:
    """U22: a warning."""
    plan = planned(edited(exported(world()), "users", {(2, column): "123"}), world())
    assert said(plan, 2) == ("unchanged", ["read_only_edited"])


@pytest.mark.parametrize("written", [C1, "Bloc", "chirurgie"])
def test_people_are_not_moved_by_a_cell(written: str) -> None:
    """Rule 6: a changed entity is a problem, by whatever name; the same one by another name is none."""
    plan = planned(edited(exported(world()), "users", {(2, "entity"): written}), world())
    assert said(plan, 2) == ("refused", ["entity_changed"])
    same = planned(edited(exported(world()), "users", {(2, "entity"): "Default@xivo1"}), world())
    assert said(same, 2) == ("unchanged", [])


def test_old_data_may_break_rules_edits_may_not() -> None:
    """Rule 5: the user outside of its intervals keeps its number, and may be renamed."""
    live = world([user(1, DEFAULT_1, "Sous sol", "CLF 88:40", "6260", ctiLogin="a b")])
    book = exported(live)
    assert said(planned(book, live), 2) == ("unchanged", ["login_pattern", "number_kept_outside"])
    plan = planned(edited(book, "users", {(2, "last_name"): "CLF"}), live)
    assert status(plan, 2) == "update"
    assert "login_pattern" in codes(plan, 2)
    assert status(planned(edited(book, "users", {(2, "internal_number"): "6261"}), live), 2) == "refused"
    assert status(planned(edited(book, "users", {(2, "cti_login"): "b c"}), live), 2) == "refused"


class TestUnseenCells:
    """Rule 4: template and password are never shown; they are sent when typed, once."""

    book = edited(exported(world()), "users", {(2, "template"): "Bureau", (2, "cti_password"): "n3w-pass"})

    def test_they_are_sent_on_a_row_with_id(self) -> None:
        """The template by its record, the password hidden."""
        change = change_of(planned(self.book, world()), 2)
        assert [(e.column, e.before, e.after) for e in change.edits] == [
            ("template", "", "Bureau"),
            ("cti_password", "", "***"),
        ]
        assert change.refs == {"template": ("id:8",)}

    def test_what_was_sent_is_not_sent_again(self) -> None:
        """The history knows the digests; another value is sent."""
        sent = {"template": keyed_digest(KEY, "Bureau"), "cti_password": keyed_digest(KEY, "n3w-pass")}
        memory = Memory(KEY, sent={("users", "1"): sent})
        assert status(planned(self.book, world(), memory), 2) == "unchanged"
        other = edited(self.book, "users", {(2, "cti_password"): "0ther"})
        assert [e.column for e in change_of(planned(other, world(), memory), 2).edits] == ["cti_password"]

    def test_a_password_that_the_server_showed_is_no_edit(self) -> None:
        """An export with secrets brought back."""
        live = world([{**MARTIN, "ctiPassword": "n3w-pass"}, *USERS[1:]])
        book = edited(exported(live), "users", {(2, "cti_password"): "n3w-pass"})
        assert status(planned(book, live), 2) == "unchanged"

    def test_they_are_not_sent_to_a_record_found_by_matching(self) -> None:
        """Without id the record is only likely."""
        row = {**person("Marie", "Martin", "1700"), "action": "update", "cti_password": "n3w-pass"}
        assert status(planned(hand_made("users", row), world()), 2) == "unchanged"

    def test_a_matched_row_beside_rows_with_ids(self) -> None:
        """Both kinds in one book."""
        row = {**person("Zoé", "Durand", "2100", C1), "action": "update", "cti_login": "zoe"}
        assert statuses(planned(with_rows(self.book, "users", row), world()))[::4] == ["update", "update"]

    def test_a_hidden_password_is_in_no_text_of_the_plan(self) -> None:
        """Masked by construction."""
        plan = planned(
            with_rows(self.book, "users", person("A", "B", cti_login="ab", cti_password="v3ry-s3cret")), world()
        )
        assert change_of(plan, 6).cells["cti_password"] == "***"
        assert not any(text in f"{plan!r}{plan.to_json()}" for text in ("n3w-pass", "v3ry-s3cret"))

    def test_the_default_template_goes_with_every_edit_and_every_create(self) -> None:
        """--default-template: for servers that want it on a PUT; unchanged rows stay unchanged."""
        book = with_rows(
            edited(exported(world()), "users", {(2, "last_name"): "Curie"}), "users", person("A", "B", template="")
        )
        plan = planned(book, world(), default_template="Bureau")
        assert statuses(plan) == ["update", "unchanged", "unchanged", "unchanged", "create"]
        assert change_of(plan, 2).edits[-1].after == change_of(plan, 6).cells["template"] == "Bureau"


class TestSamePerson:
    """Rule 7: an id must still mean the same person."""

    def test_both_names_differ(self) -> None:
        """Refused, unless the action says update; case and accents are no difference."""
        cells = {(2, "first_name"): "Ada", (2, "last_name"): "Lovelace"}
        book = edited(exported(world()), "users", cells)
        assert said(planned(book, world()), 2) == ("refused", ["other_person"])
        assert status(planned(edited(book, "users", {(2, "action"): "update"}), world()), 2) == "update"
        shouted = edited(exported(world()), "users", {(2, "first_name"): "MARIE", (2, "last_name"): "MÁRTIN"})
        assert status(planned(shouted, world()), 2) == "update"

    def test_without_baseline_the_live_names_count(self) -> None:
        """A hand-made file with ids that are another person's."""
        row = {"id": "1", "first_name": "Ada", "last_name": "Lovelace"}
        assert said(planned(hand_made("users", row), world()), 2) == ("refused", ["other_person"])

    def test_after_our_own_rename_the_row_is_that_person(self) -> None:
        """The update was imported and its action cell emptied: nothing to do."""
        book = edited(exported(world()), "users", {(2, "first_name"): "Ada", (2, "last_name"): "Lovelace"})
        live = world([{**MARTIN, "firstName": "Ada", "lastName": "Lovelace"}, *USERS[1:]])
        memory = Memory(KEY, cells={("users", "1"): {"first_name": "Ada", "last_name": "Lovelace"}})
        assert said(planned(book, live, memory), 2) == ("unchanged", [])

    def test_a_fill_handle_over_ids(self) -> None:
        """1, 2, 3 dragged down over other people's ids: refused, nothing sent."""
        live = world([user(n, DEFAULT_1, f"F{n}", f"L{n}", f"170{n}") for n in (1, 2, 3, 5, 6)])
        frame = exported(live).sheets["users"].frame
        dragged = with_frame(exported(live), "users", frame.assign(id=["1", "2", "3", "4", "5"]))
        plan = planned(dragged, live)
        assert statuses(plan) == ["unchanged", "unchanged", "unchanged", "refused", "refused"]

    def test_a_row_copied_with_its_id(self) -> None:
        """Both rows are refused, each names the other."""
        book = exported(world())
        copy = dict(book.sheets["users"].frame.loc[2], last_name="Copy")
        plan = planned(with_rows(book, "users", copy), world())
        assert [said(plan, row) for row in (2, 6)] == [("refused", ["id_twice"])] * 2
        assert plan.notes_of("users", 2)[0].params["rows"] == "6"

    def test_the_id_column_is_gone(self) -> None:
        """A book with a baseline is refused; a hand-made list never had ids."""
        book = exported(world())
        with pytest.raises(PlanError, match="id"):
            planned(with_frame(book, "users", book.sheets["users"].frame.drop(columns="id")), world())
        assert statuses(planned(hand_made("users", {"entity": D1, "first_name": "A", "last_name": "B"}), world())) == [
            "refused"
        ]


class TestSortedAlone:
    """Rule 7: a column sorted without its rows."""

    live = world(
        [
            user(n, DEFAULT_1, first, last, number, ctiLogin=login)
            for n, (first, last, number, login) in enumerate(
                [("Cleo", "Alpha", "1703", "c1"), ("Anna", "Delta", "1701", None), ("Bob", "Beta", "1702", "a1")], 1
            )
        ]
    )

    def move(self, columns: tuple[str, ...], order: list[int], **options: object):
        """Return the plan after the cells of some columns were put in another order."""
        book = exported(self.live)
        frame = book.sheets["users"].frame.copy()
        for column in columns:
            frame[column] = list(frame[column].iloc[order])
        return planned(with_frame(book, "users", frame), self.live, **options)

    @pytest.mark.parametrize(
        ("columns", "order"),
        [
            (("first_name",), [1, 2, 0]),
            (("last_name",), [2, 0, 1]),
            (("cti_login",), [2, 0, 1]),
            (("internal_number",), [1, 2, 0]),
            (("id",), [1, 2, 0]),
            (("first_name", "last_name"), [1, 2, 0]),
        ],
    )
    def test_it_refuses_the_sheet(self, columns: tuple[str, ...], order: list[int]) -> None:
        """Also where blanks went to the end; and says which column."""
        plan = self.move(columns, order)
        assert [p.code for p in plan.blocked] == ["sorted_alone"]
        assert plan.blocked[0].column == ("id" if len(columns) == 2 or columns == ("id",) else columns[0])

    def test_whole_rows_are_sorted_freely(self) -> None:
        """Rows are aligned by id."""
        book = exported(self.live)
        frame = book.sheets["users"].frame
        turned = frame.iloc[::-1].set_axis(frame.index)
        plan = planned(with_frame(book, "users", turned), self.live)
        assert (plan.problems, plan.changes) == ((), ())

    def test_two_cells_are_swapped_on_purpose(self) -> None:
        """Fewer than three changed cells are an edit."""
        assert self.move(("last_name",), [1, 0, 2]).blocked == ()

    def test_numbers_are_exchanged_on_purpose_unless_they_run_in_order(self) -> None:
        """1702, 1703, 1701 down the sheet is nobody's sorting."""
        assert self.move(("internal_number",), [2, 0, 1]).blocked == ()

    def test_the_permutation_can_be_allowed(self) -> None:
        """--allow-permutation last_name."""
        plan = self.move(("last_name",), [2, 0, 1], allow_permutation=("last_name",))
        assert (plan.blocked, statuses(plan)) == ((), ["update"] * 3)


class TestLimits:
    """Rule 12: more than 30 % of a sheet's live rows, from ten rows on."""

    def plan(self, size: int, edits: int, **options: object):
        """Return the plan of some edits in a crowd."""
        live = world(crowd(size))
        cells = {(2 + n, "last_name"): f"New{n}" for n in range(edits)}
        return planned(edited(exported(live), "users", cells), live, **options)

    @pytest.mark.parametrize(
        ("size", "edits", "allowed", "stops"),
        [(10, 3, 0, False), (10, 4, 0, True), (10, 4, 3, True), (10, 4, 4, False), (9, 9, 0, False), (20, 7, 0, True)],
    )
    def test_the_limit(self, size: int, edits: int, allowed: int, stops: bool) -> None:
        """30 % exactly is allowed; N must be at least what the plan shows."""
        plan = self.plan(size, edits, allow_changes=allowed)
        assert [p.code for p in plan.blocked] == (["too_many_changes"] if stops else [])

    def test_deletes_count_and_creates_do_not(self) -> None:
        """Creates are bounded by places and numbers."""
        live = world(crowd(10))
        deletes = edited(exported(live), "users", {(2 + n, "action"): "delete" for n in range(4)})
        assert [p.code for p in planned(deletes, live, allow_delete=True).blocked] == ["too_many_changes"]
        creates = with_rows(exported(live), "users", *(person(f"A{n}", "B") for n in range(9)))
        assert planned(creates, live).blocked == ()

    def test_only_what_would_be_sent_counts(self) -> None:
        """Rows that another rule refused are not changed, so they do not stop the others."""
        live = world(crowd(10))
        cells = {(2 + n, "internal_number"): "1704" for n in range(4)}
        plan = planned(edited(exported(live), "users", cells), live)
        assert (plan.blocked, statuses(plan)[:4]) == ((), ["refused"] * 4)

    def test_a_sheet_that_is_not_written_stops_nothing(self) -> None:
        """Entity rows without --include are skipped, however many changed."""
        many = [*world().records["entities"], *({**DEFAULT_1, "id": n, "combinedId": f"e{n}@x"} for n in range(50, 60))]
        live = world(entities=many)
        cells = {(2 + n, "display_name"): "New name" for n in range(8)}
        plan = planned(edited(exported(live), "entities", cells), live)
        assert (plan.blocked, statuses(plan, "entities")[:8]) == ((), ["skipped"] * 8)


class TestDeletingEntities:
    """E7: an entity goes only with its last users."""

    @pytest.mark.parametrize(("leaves", "expected"), [(False, "refused"), (True, "delete")])
    def test_an_entity_with_users(self, leaves: bool, expected: str) -> None:
        """Refused, unless the same book deletes them."""
        book = edited(exported(world()), "entities", {(3, "action"): "delete"})
        book = edited(book, "users", {(4, "action"): "delete"} if leaves else {})
        plan = planned(book, world(), include=("entities",), allow_delete=True)
        assert status(plan, 3, "entities") == expected


class TestTheRightServer:
    """Rule 15: another server's book is refused, an unreadable entity refuses its rows only."""

    def test_a_book_of_another_server(self) -> None:
        """No XiVO in common."""
        book = exported(world())
        other = replace(book, baseline=replace(book.baseline, xivo_uuids=("elsewhere",)))
        with pytest.raises(PlanError, match="exported from"):
            planned(other, world())
        assert (
            planned(replace(book, baseline=replace(book.baseline, xivo_uuids=("uuid-1", "old"))), world()).to_send == ()
        )

    def test_an_entity_that_cannot_be_read(self) -> None:
        """Its people are refused, neither deleted nor created; the others go on."""
        live = world([u for u in USERS if u["entity"]["combinedId"] != C1], unreadable={C1: "500"})
        cells = {(2, "last_name"): "Curie", (4, "last_name"): "Curie"}
        book = with_rows(edited(exported(world()), "users", cells), "users", person("New", "One", "", C1))
        plan = planned(book, live)
        assert statuses(plan) == ["update", "unchanged", "refused", "unchanged", "refused"]
        assert [codes(plan, row) for row in (4, 6)] == [["not_visible"]] * 2

    @pytest.mark.parametrize("action", ["", "delete", "update"])
    def test_without_its_entity_a_missing_id_may_be_in_the_unreadable_one(self, action: str) -> None:
        """It is not said to be gone: nobody knows."""
        live = world(USERS[:2], unreadable={C1: "500"})
        row = {"action": action, "id": "3", "last_name": "Durand"}
        assert said(planned(hand_made("users", row), live, allow_delete=True), 2) == ("refused", ["not_visible"])

    @pytest.mark.parametrize("action", ["", "delete", "create"])
    def test_templates_that_cannot_be_read(self, action: str) -> None:
        """Neither missing nor new: not visible."""
        live = world(unreadable={"templates": "403"})
        live = replace(live, records={k: v for k, v in live.records.items() if k != "templates"})
        cells = dict(world().frames["templates"].loc["7"], action=action)
        for row in (cells, {**cells, "id": ""}):
            plan = planned(hand_made("templates", row), live, allow_delete=True)
            assert status(plan, 2, "templates") == "refused"

    def test_sheets_for_reading_are_said_not_to_be_imported(self) -> None:
        """xivos, administrators, numbers."""
        book = edited(exported(world(), "users", "xivos"), "xivos", {(2, "name"): "other"})
        (found,) = [p for p in planned(book, world()).problems if p.code == "sheet_not_imported"]
        assert (found.sheet, found.severity, found.params["rows"]) == ("xivos", Severity.WARNING, "2")

    def test_who_may_lose_a_password_is_counted(self) -> None:
        """Rule 3: said before the write, unless probe knows or the password is sent too."""
        book = edited(exported(world()), "users", {(2, "last_name"): "Curie", (3, "last_name"): "Other"})
        (found,) = [p for p in planned(book, world()).problems if p.code == "password_survival_unknown"]
        assert found.params["count"] == "1"
        assert not codes(planned(book, world(), passwords_survive=True), 0)
        sent = edited(book, "users", {(2, "cti_password"): "abcd"})
        assert not codes(planned(sent, world()), 0)


class TestReferences:
    """Rule 8: names resolve among this book's rows first, then live."""

    def template_row(self, **cells: str) -> dict[str, str]:
        """Return a new template's row."""
        return dict(world().frames["templates"].loc["7"], id="", **cells)

    def test_people_use_a_template_of_the_same_book(self) -> None:
        """Its record is the row that makes it."""
        book = with_rows(exported(world()), "templates", self.template_row(name="Neuf"))
        plan = planned(with_rows(book, "users", person("A", "B", template="neuf")), world())
        assert change_of(plan, 6).refs["template"] == ("row:templates!5",)
        assert change_of(plan, 6).waits_for == {"templates!5"}

    def test_a_template_that_is_refused_takes_its_people_with_it(self) -> None:
        """They are told why."""
        book = with_rows(exported(world()), "templates", self.template_row(name="Neuf", ringing_time="long"))
        plan = planned(with_rows(book, "users", person("A", "B", template="Neuf")), world())
        assert said(plan, 6) == ("refused", ["reference_refused"])

    def test_a_renamed_template_answers_to_both_names(self) -> None:
        """Unless another row takes the old one."""
        book = edited(exported(world()), "templates", {(2, "name"): "Modern"})
        people = [person("A", name, template=name) for name in ("Modern", "Standard")]
        plan = planned(with_rows(book, "users", *people), world())
        assert [change_of(plan, row).refs["template"] for row in (6, 7)] == [("id:7",)] * 2
        taken = edited(book, "templates", {(3, "name"): "Standard"})
        plan = planned(with_rows(taken, "users", *people), world())
        assert [change_of(plan, row).refs["template"] for row in (6, 7)] == [("id:7",), ("id:8",)]

    def test_a_name_that_two_templates_would_have(self) -> None:
        """A template renamed to another's name: who is meant is a question."""
        book = edited(exported(world()), "templates", {(3, "name"): "Standard"})
        plan = planned(with_rows(book, "users", person("A", "B", template="Standard")), world())
        assert said(plan, 6) == ("refused", ["reference_ambiguous"])

    def test_an_entity_row_that_only_names_a_live_one_means_it(self) -> None:
        """A row without its ids, found by XiVO and name: people in it are in the live entity."""
        row = dict(world().frames["entities"].loc["12"], id="", combined_id="")
        book = hand_made("entities", row)
        people = hand_made("users", person("A", "B", "", "chirurgie"))
        both = replace(book, sheets={**book.sheets, **people.sheets})
        plan = planned(both, world(), include=("entities",))
        assert (change_of(plan, 2).entity, change_of(plan, 2).refs["entity"]) == (C1, ("id:12",))

    def test_an_untouched_name_that_no_longer_resolves_is_no_mistake(self) -> None:
        """A XiVO was renamed on the server since the export."""
        live = world(templates=[{**STANDARD, "xivos": [1]}, *TEMPLATES[1:]])
        book = exported(live)
        renamed = replace(
            live, records={**live.records, "xivos": [{**x, "name": f"new{x['id']}"} for x in live.records["xivos"]]}
        )
        plan = planned(book, renamed)
        assert statuses(plan, "templates") == ["unchanged"] * 3

    @pytest.mark.parametrize(
        ("text", "code"),
        [
            ("default", "reference_ambiguous"),
            ("nowhere", "reference_unknown"),
            ("[email protected]", "reference_damaged"),
        ],
    )
    def test_entities_that_are_not_clear(self, text: str, code: str) -> None:
        """Each is a problem of its row, the others go on."""
        plan = planned(hand_made("users", person("A", "B", "", text), person("C", "D")), world())
        assert [status(plan, 2), status(plan, 3)] == ["refused", "create"]
        assert codes(plan, 2) == [code]

    def test_the_view_is_a_snapshot_or_a_view(self) -> None:
        """make_plan takes either."""
        book = exported(world())
        assert planned(book, world()) == planned(book, View.of_snapshot(world()))
