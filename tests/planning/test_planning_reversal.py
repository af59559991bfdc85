"""The plan that takes a run back: a table of what was done, what is there now, and what becomes of it."""

from __future__ import annotations

from typing import Any

import pytest
from planning.worlds import C1, D1, DEFAULT_1, SERVER, STANDARD, TEMPLATES, USERS, user, world

from xcu_sheets.model.errors import PlanError
from xcu_sheets.model.view import View
from xcu_sheets.planning.plan import Edit, Options, Plan
from xcu_sheets.planning.reversal import buckets, make_reversal
from xcu_sheets.planning.turning import Deed

RUN = Plan("r1", "", SERVER, "admin", ("uuid-1",), "", "", "", "", Options(), (), {}, (), {})
MARTIN = {"entity": D1, "internal_number": "1700", "first_name": "Marie", "last_name": "Martin", "cti_login": "mmartin"}
GONE = {"entity": D1, "internal_number": "1705", "first_name": "Luc", "last_name": "Gone", "cti_login": "lgone"}


def made(**left: str) -> Deed:
    return Deed("users", 2, "create", "1", "Marie Martin", left={**MARTIN, **left})


def edited(before: dict[str, str], left: dict[str, str], *unseen: str) -> Deed:
    return Deed("users", 2, "update", "1", "Marie Martin", before, left, unseen)


def deleted(**before: str) -> Deed:
    return Deed("users", 2, "delete", "77", "Luc Gone", before={**GONE, **before})


def turned(deed: Deed, *others: Deed, users: Any = USERS, template: str = "Standard", **more: Any) -> Plan:
    view = View.of_snapshot(world(users, **more))
    return make_reversal(RUN, [deed, *others], view, run_id="u1", made_at="", default_template=template)


def told(plan: Plan, row: int = 2) -> tuple[str, list[str]]:
    """Return what becomes of a row, and the codes of what is said of it."""
    change = next((c for c in plan.changes if c.row == row), None)
    codes = [p.code for p in plan.problems if p.row == row]
    return change.action if change else "unchanged", codes


@pytest.mark.parametrize(
    ("deed", "expected"),
    [
        (made(), ("delete", [])),
        (made(last_name="Other"), ("skipped", ["undo_kept"])),
        (made(cti_login=""), ("skipped", ["undo_kept"])),
        (Deed("users", 2, "create", "99", "X Y", left={**MARTIN}), ("unchanged", [])),
        (edited({"last_name": "Durand"}, {"last_name": "Martin"}), ("update", [])),
        (edited({"last_name": "Martin"}, {"last_name": "Durand"}), ("unchanged", [])),
        (edited({"last_name": "A"}, {"last_name": "B"}), ("skipped", ["undo_kept"])),
        (
            edited({"last_name": "A", "first_name": "B"}, {"last_name": "Martin", "first_name": "C"}),
            ("skipped", ["undo_kept"]),
        ),
        (edited({"cti_login": ""}, {"cti_login": "mmartin"}), ("update", [])),
        (edited({"last_name": ""}, {"last_name": "Martin"}), ("refused", ["undo_cannot_empty"])),
        (edited({}, {}, "cti_password"), ("refused", ["undo_unseen"])),
        (edited({"last_name": "A"}, {"last_name": "Martin"}, "template"), ("update", ["undo_unseen"])),
        (Deed("users", 2, "update", "99", "X Y", {"last_name": "A"}, {"last_name": "B"}), ("refused", ["undo_gone"])),
        (deleted(), ("refused", ["undo_taken"])),
        (deleted(internal_number="1706", cti_login="mmartin"), ("refused", ["undo_taken"])),
        (deleted(internal_number="1706"), ("create", ["undo_new_id"])),
        (deleted(internal_number="1701", first_name="Sean", last_name="O'Brien", cti_login=""), ("unchanged", [])),
        (deleted(internal_number="1701", first_name="SEAN", last_name="o'brien", cti_login=""), ("unchanged", [])),
        (Deed("users", 2, "create", "5, 6", "X Y", doubt=True), ("refused", ["undo_several"])),
        (Deed("users", 2, "create", "", "X Y", doubt=True), ("refused", ["undo_not_seen"])),
    ],
)
def test_what_becomes_of_a_row(deed: Deed, expected: tuple[str, list[str]]) -> None:
    """Turned round where all is as it was left, kept where somebody changed it, refused where it cannot be."""
    users = [*USERS, user(8, DEFAULT_1, "Anna", "New", "1705")]
    action, codes = told(turned(deed, users=users))
    assert (action, [code for code in codes if code != "undo_new_id" or expected[1] == [code]]) == expected


def test_a_deleted_user_needs_a_template() -> None:
    """Nobody knows which it had: without --default-template it stays away."""
    assert told(turned(deleted(internal_number="1706"), template="")) == ("refused", ["undo_needs_template"])
    (change,) = turned(deleted(internal_number="1706")).changes
    assert (change.cells["template"], change.cells["internal_number"], change.entity) == ("Standard", "1706", D1)
    with pytest.raises(PlanError, match="--default-template x is not one template: write one of Standard"):
        turned(deleted(), template="x")


def test_what_this_undo_frees_may_be_taken() -> None:
    """A number goes back to a deleted user from one whom this undo deletes, or gives another."""
    both = turned(deleted(internal_number="1700"), Deed("users", 3, "create", "1", "Marie Martin", left=MARTIN))
    assert (told(both), told(both, 3)) == (("create", ["undo_new_id"]), ("delete", []))
    moved = Deed("users", 3, "update", "1", "Marie Martin", {"internal_number": "1708"}, {"internal_number": "1700"})
    assert told(turned(deleted(internal_number="1700"), moved)) == ("create", ["undo_new_id"])


def test_a_row_that_cannot_free_its_number_takes_others_with_it() -> None:
    """A waits for B's number, B for C's, and C's keeps his: both say who has it."""
    users = [*USERS, user(5, DEFAULT_1, "B", "B", "1708"), user(6, DEFAULT_1, "C", "C", "1709")]
    a = Deed("users", 2, "update", "1", "A", {"internal_number": "1708"}, {"internal_number": "1700"})
    b = Deed("users", 3, "update", "5", "B", {"internal_number": "1709"}, {"internal_number": "1708"})
    plan = turned(a, b, users=users)
    assert (told(plan), told(plan, 3)) == (("refused", ["undo_taken"]), ("refused", ["undo_taken"]))
    assert [p.params["id"] for p in plan.problems] == ["6", "5"]


def test_an_emptied_cell_is_emptied_again() -> None:
    """A login that was blank before becomes <clear>, from what is there now."""
    (change,) = turned(edited({"cti_login": ""}, {"cti_login": "mmartin"})).changes
    assert change.edits == (Edit("cti_login", "mmartin", "<clear>"),)


@pytest.mark.parametrize(("entity", "unreadable"), [(D1, {D1: "500"}), (C1, {C1: "403"})])
def test_what_cannot_be_seen_is_not_gone(entity: str, unreadable: dict[str, str]) -> None:
    """A record of an entity that could not be read is neither deleted nor made again."""
    plan = turned(deleted(entity=entity, internal_number="2104"), users=(), unreadable=unreadable)
    assert told(plan) == ("refused", ["not_visible"])
    lost = Deed("users", 3, "create", "99", "X", left={**MARTIN, "entity": entity})
    assert told(turned(lost, users=(), unreadable=unreadable), 3) == ("refused", ["not_visible"])


def test_templates_come_and_go_like_users() -> None:
    """A made one goes, a deleted one comes back by its name, once."""
    shown = {"name": "Standard", "ringing_time": "30"}
    gone = Deed("templates", 2, "create", "7", "Standard", left=shown)
    back = Deed("templates", 3, "delete", "70", "Ancien", before={"name": "Ancien", "ringing_time": "30"})
    there = Deed("templates", 4, "delete", "71", "Bureau", before={"name": "Bureau", "ringing_time": "30"})
    plan = turned(gone, back, there)
    assert [told(plan, row)[0] for row in (2, 3, 4)] == ["delete", "create", "unchanged"]
    assert {name: len(rows) for name, rows in buckets(plan).items()} == {"reversed": 2, "kept": 0, "impossible": 0}
    assert STANDARD in TEMPLATES


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        ({"xivos": "xivo1"}, ("unchanged", [])),
        ({"xivos": "xivo1", "ringing_time": "60"}, ("skipped", ["undo_made_again"])),
        ({"xivos": "xivo1", "entities": C1}, ("skipped", ["undo_made_again"])),
        ({"xivos": "xivo1, xivo2"}, ("skipped", ["undo_made_again"])),
    ],
)
def test_another_template_of_the_same_name_is_kept(before: dict[str, str], expected: tuple[str, list[str]]) -> None:
    """Who made it anew meant something by it: it is neither overwritten nor taken for the one that was deleted."""
    was = {"name": "Bureau", "ringing_time": "30", "entities": "", **before}
    assert told(turned(Deed("templates", 2, "delete", "71", "Bureau", before=was))) == expected


def test_a_template_is_not_made_again_where_no_template_is_seen() -> None:
    """It may be there: a list that could not be read is no empty list."""
    deed = Deed("templates", 2, "delete", "71", "Bureau", before={"name": "Bureau", "ringing_time": "30"})
    plan = turned(deed, templates=(), unreadable={"templates": "500"}, template="")
    assert told(plan) == ("refused", ["not_visible"])


def test_a_person_made_again_with_another_login_is_kept() -> None:
    """Entity, number and names are the person's, the login is not what it was."""
    again = deleted(internal_number="1701", first_name="Sean", last_name="O'Brien", cti_login="sobrien")
    plan = turned(again)
    assert told(plan) == ("skipped", ["undo_made_again"])
    assert [(p.column, p.params["before"], p.params["now"]) for p in plan.problems] == [("cti_login", "sobrien", "")]


@pytest.mark.parametrize(
    ("unreadable", "people", "expected"),
    [
        ({}, (), ("delete", [])),
        ({}, USERS, ("refused", ["entity_has_users"])),
        ({C1: "403"}, USERS[:2], ("refused", ["not_visible"])),
        ({C1: "403"}, (), ("refused", ["not_visible"])),
        ({D1: "500"}, (), ("delete", [])),
    ],
)
def test_an_entity_is_deleted_only_where_nobody_is_seen_to_live_in_it(
    unreadable: dict[str, str], people: Any, expected: tuple[str, list[str]]
) -> None:
    """Where its users could not be read nobody knows, so it stays."""
    deed = Deed("entities", 2, "create", "12", "chirurgie", left={"combined_id": C1, "name": "chirurgie"})
    assert told(turned(deed, users=people, unreadable=unreadable)) == expected


def test_another_server_is_refused() -> None:
    """The address and a XiVO must be the run's."""
    view = View.of_snapshot(world())
    for run, why in (
        (Plan("r1", "", "http://other", "", ("uuid-1",), "", "", "", "", Options(), (), {}, (), {}), f"is {SERVER}"),
        (Plan("r1", "", SERVER, "", ("uuid-9",), "", "", "", "", Options(), (), {}, (), {}), "has none of its XiVOs"),
    ):
        with pytest.raises(PlanError, match=f"Run r1 was on .*, and this server {why}"):
            make_reversal(run, [], view, run_id="u1", made_at="")


def test_the_plan_is_one_that_can_be_kept() -> None:
    """It is a plan like any other: to JSON and back, naming the run that it takes back."""
    plan = turned(made(), Deed("users", 3, "update", "2", "S", {"last_name": "A"}, {"last_name": "O'Brien"}))
    assert Plan.from_json(plan.to_json()) == plan
    assert (plan.options.undo, plan.book_digest) == ("r1", "undo r1")
