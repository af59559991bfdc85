"""Rules between rows, and between a row and the server, each on its own."""

from __future__ import annotations

from typing import Any

import pytest
from planning.worlds import C1, D1, D2, DEFAULT_1, USERS, X1, X2, entity, user, world, xivo

from xcu_sheets.model.problems import Problem, Severity
from xcu_sheets.model.snapshot import Snapshot, text_frame
from xcu_sheets.model.view import View
from xcu_sheets.reports.wording import message
from xcu_sheets.rules.crossrow import (
    Scene,
    UserRow,
    credentials,
    digits_behind,
    direct_number,
    login_unique,
    number_inside,
    number_taken,
    number_twice_in_book,
    same_names_in_book,
    same_names_on_xivo,
    slots,
    template_available,
    untouched_outside,
)
from xcu_sheets.rules.structure import check_entities, check_templates

E, W, I = Severity.ERROR, Severity.WARNING, Severity.INFO  # noqa: E741


def new(row: int, number: str = "", **more: Any) -> UserRow:
    """Return a row that creates."""
    members = {"entity": D1, "takes_number": bool(number), "takes_login": True, **more}
    return UserRow(row, "create", "", number=number, **members)


def move(row: int, id_: str, before: str, after: str, entity_: str = D1) -> UserRow:
    """Return a row that gives a user another number."""
    return UserRow(row, "update", id_, entity_, after, takes_number=True, gives_up=before)


def gone(row: int, id_: str, number: str, **more: Any) -> UserRow:
    """Return a row that deletes."""
    return UserRow(row, "delete", id_, more.pop("entity", D1), number, gives_up=number, **more)


def scene(*rows: UserRow, live: Snapshot | None = None, **more: Any) -> Scene:
    """Return what the rules look at."""
    view = View.of_snapshot(live or world())
    offered = {c["name"]: (c["xivos"], c["entities"]) for c in view.frame("templates").to_dict("records")}
    return Scene(rows, view, offered, view.intervals_of, view.xivo_of, **more)


def said(problems: Any) -> list[tuple[int, str, Severity]]:
    """Return (row, code, severity) of problems."""
    return [(p.row, p.code, p.severity) for p in problems]


@pytest.mark.parametrize(
    ("number", "inside"),
    [("1700", True), ("1709", True), ("1961", True), ("1710", False), ("01700", False), ("170", False)],
)
def test_a_number_lies_inside_its_entity(number: str, inside: bool) -> None:
    """U7, length included."""
    assert said(number_inside(scene(new(2, number)))) == ([] if inside else [(2, "number_outside", E)])


@pytest.mark.parametrize(
    ("intervals", "number", "probable"),
    [
        ("0600-0699", "612", "0612"),
        ("0100-0199", "100", "0100"),
        ("0100-0199", "612", ""),
        ("0600-0699, 00600-00699", "612", ""),
        ("0000-0099", "7", "0007"),
        ("1700-1799", "612", ""),
        ("1700-1799", "17000", ""),
    ],
)
def test_a_lost_leading_zero_is_shown(intervals: str, number: str, probable: str) -> None:
    """A number that lies inside with zeros before it, in one way only, is named as what was probably meant."""
    live = world((), entities=(entity(11, "default", X1, intervals),))
    (problem,) = number_inside(scene(new(2, number), live=live))
    assert (problem.params["nearest"], f"(did you mean {probable}?)" in message(problem)) == (probable, bool(probable))


def test_an_untouched_number_outside_is_no_error() -> None:
    """U7: only a taken number is checked."""
    assert said(number_inside(scene(UserRow(2, "update", "1", D1, "6260")))) == []


def test_a_number_asked_for_twice_is_wrong_in_both_rows() -> None:
    """U11: each names the other, across the entities of one XiVO, not across XiVOs."""
    rows = [new(2, "1704"), new(3, "1704", entity=C1), new(4, "1704", entity=D2)]
    problems = list(number_twice_in_book(scene(*rows)))
    assert [(p.row, p.params["rows"]) for p in problems] == [(2, "3"), (3, "2")]


def test_a_number_of_somebody_else() -> None:
    """U8 on the same XiVO an error; U9 elsewhere a warning, an error where numbers are strict."""
    assert said(number_taken(scene(new(2, "1700")))) == [(2, "number_taken", E)]
    assert said(number_taken(scene(new(2, "2100")))) == [(2, "number_taken", E)]
    assert said(number_taken(scene(new(2, "1705")))) == [(2, "number_elsewhere", W)]
    assert said(number_taken(scene(new(2, "1705"), strict_numbers=True))) == [(2, "number_elsewhere", E)]
    assert said(number_taken(scene(new(2, "1704")))) == []


@pytest.mark.parametrize(
    "rows",
    [
        [move(2, "1", "1700", "1704"), new(3, "1700")],
        [gone(2, "1", "1700"), new(3, "1700")],
        [gone(2, "1", "1700"), move(3, "2", "1701", "1700"), new(4, "1701")],
    ],
)
def test_a_book_may_take_what_it_frees(rows: list[UserRow]) -> None:
    """A takes what B frees, in chains."""
    assert said(number_taken(scene(*rows))) == []


def test_a_login_is_used_once_on_a_xivo() -> None:
    """U16, whatever its case: in the book, on the server, not across XiVOs; a freed one may be taken."""
    assert said(
        login_unique(scene(new(2, login="Ada"), new(3, login="ADA", entity=C1), new(4, login="ada", entity=D2)))
    ) == [
        (2, "login_twice_in_book", E),
        (3, "login_twice_in_book", E),
    ]
    assert said(login_unique(scene(new(2, login="MMartin")))) == [(2, "login_taken", E)]
    assert said(login_unique(scene(new(2, login="mmartin", entity=D2)))) == []
    own = UserRow(2, "update", "1", D1, login="MMARTIN", takes_login=True, gives_up_login="mmartin")
    assert said(login_unique(scene(own))) == []
    freed = gone(3, "1", "1700", gives_up_login="mmartin")
    assert said(login_unique(scene(new(2, login="mmartin"), freed))) == []


def test_a_password_goes_with_a_login() -> None:
    """U17 is an error, U18 a warning and for new people only."""
    rows = [
        new(2, sends_password=True),
        new(3, login="ada"),
        new(4, login="ada", sends_password=True),
        UserRow(5, "update", "1", D1, login="mmartin"),
    ]
    assert said(credentials(scene(*rows))) == [(2, "password_without_login", E), (3, "login_without_password", W)]


def test_same_names_elsewhere_on_the_xivo() -> None:
    """U20: a warning in another entity of the XiVO, nothing on another XiVO."""
    rows = [new(2, entity=C1, label="MARIE Martin"), new(3, entity=D2, label="Marie Martin")]
    assert said(same_names_on_xivo(scene(*rows))) == [(2, "same_names_elsewhere", W)]


def test_same_names_are_found_among_several_namesakes() -> None:
    """A namesake in the same entity does not hide the one next door."""
    people = [
        user(1, world().records["entities"][1], "Marie", "Martin", "2100"),
        user(2, DEFAULT_1, "Marie", "Martin", "1"),
    ]
    found = list(same_names_on_xivo(scene(new(2, label="Marie Martin"), live=world(people))))
    assert [p.params["id"] for p in found] == ["1"]


@pytest.mark.parametrize(
    ("template", "entity_", "offered"),
    [
        ("Standard", D1, True),
        ("Bureau", D1, True),
        ("Bureau", D2, False),
        ("Bloc opératoire", C1, True),
        ("Bloc opératoire", D1, False),
        ("", D1, True),
    ],
)
def test_a_template_is_offered_by_xivo_or_by_entity(template: str, entity_: str, offered: bool) -> None:
    """U3: by either list; by neither is an error."""
    problems = template_available(scene(new(2, template=template, entity=entity_)))
    assert said(problems) == ([] if offered else [(2, "template_not_offered", E)])


@pytest.mark.parametrize(
    ("xivos", "entities", "code"),
    [("xivo1", D2, "half"), ("xivo2", D1, "half"), ("xivo1", "", ""), ("", D1, ""), ("xivo1", D1, ""), ("", D2, "not")],
)
def test_a_template_on_one_of_two_filled_lists_is_worth_a_look(xivos: str, entities: str, code: str) -> None:
    """U3: whether the server wants both is not known; an empty list says nothing."""
    view = View.of_snapshot(world())
    one = Scene([new(2, template="T")], view, {"T": (xivos, entities)}, view.intervals_of, view.xivo_of)
    expected = {"half": [(2, "template_half_offered", W)], "not": [(2, "template_not_offered", E)], "": []}
    assert said(template_available(one)) == expected[code]


def test_any_template_makes_it_a_warning() -> None:
    """U3 can be downgraded, for a server whose lists mean something else."""
    rows = [new(2, template="Bloc opératoire"), new(3, template="Bureau")]
    assert said(template_available(scene(*rows, any_template=True))) == [(2, "template_not_offered", W)]


def test_same_names_in_two_entities_of_the_book() -> None:
    """U20: new people of one name in two entities of a XiVO, each naming the other; not across XiVOs, not for edits."""
    names = {"label": "Marie Martin"}
    rows = [new(2, **names), new(3, entity=C1, label="MARIE  martin"), new(4, entity=D2, **names), new(5, **names)]
    found = list(same_names_in_book(scene(*rows, UserRow(6, "update", "1", C1, **names))))
    assert [(p.row, p.severity, p.params["rows"]) for p in found] == [(2, W, "3"), (3, W, "2, 5"), (5, W, "3")]


@pytest.mark.parametrize(
    ("prefix", "digits"),
    [
        ("0472", 6),
        ("04 72 11", 4),
        ("+33472", 6),
        ("+33 (0)472", 6),
        ("0033472", 6),
        ("+262 262", 6),
        ("0", 9),
        ("+41 22", None),
        ("0041", None),
        ("472", None),
        ("", None),
        ("auto", None),
    ],
)
def test_digits_behind_a_french_prefix(prefix: str, digits: int | None) -> None:
    """Ten in all, or nine behind the country's code; prefixes of other kinds say nothing."""
    assert digits_behind(prefix) == digits


@pytest.mark.parametrize(
    ("number", "entity_", "prefix", "wrong"),
    [
        ("1700", D1, "047211", ""),
        ("1700", D1, "04721", "4"),
        ("170000", D1, "047211", "6"),
        ("", D1, "047211", ""),
        ("", D1, "04721", "4"),
        ("1700", D1, "+41 22 123", ""),
    ],
)
def test_prefix_and_number_make_a_direct_number(number: str, entity_: str, prefix: str, wrong: str) -> None:
    """T10 is a warning; a number still to be chosen is one of its entity's intervals."""
    row = new(2, number, entity=entity_, template="Standard")
    found = list(direct_number(scene(row, prefixes={"Standard": prefix})))
    assert [(p.severity, p.params["digits"]) for p in found] == ([(W, wrong)] if wrong else [])


def test_templates_without_direct_numbers_have_no_such_rule() -> None:
    """T10 looks at rows whose template is sent and is routed inbound."""
    rows = [new(2, "1700"), new(3, "1701", template="Bureau")]
    assert said(direct_number(scene(*rows, prefixes={"Standard": "1", "Bureau": ""}))) == []


@pytest.mark.parametrize(
    ("places", "creates", "deletes", "over"),
    [(2, 2, 0, []), (2, 3, 0, [4]), (0, 2, 0, [2, 3]), (1, 3, 1, [4]), (None, 3, 0, []), (0, 1, 2, [])],
)
def test_places_on_a_xivo(places: int | None, creates: int, deletes: int, over: list[int]) -> None:
    """U14: the last rows are over; deletes make room; a server that tells no places has no limit."""
    live = world(xivos=[xivo(1, places), X2])
    rows = [new(2 + n) for n in range(creates)] + [gone(50 + n, str(n), "") for n in range(deletes)]
    problems = list(slots(scene(*rows, live=live)))
    assert [p.row for p in problems] == over
    assert all(p.code == "no_slot_left" for p in problems)


def test_live_users_outside_their_entity_are_a_warning() -> None:
    """U7 for untouched rows: the document's own sample user is one."""
    view = View.of_snapshot(world())
    frame = text_frame({"entity": [D1, D1, "?"], "internal_number": ["1700", "6260", "1"]}).set_axis([2, 3, 4])
    assert said(untouched_outside(frame, view)) == [(3, "number_kept_outside", W)]


def template_sheet(*rows: tuple[str, str, str, str]) -> Any:
    """Return a templates sheet: id, name, xivos, entities."""
    columns = zip(*rows, strict=True)
    frame = text_frame(dict(zip(("id", "name", "xivos", "entities"), columns, strict=True)))
    return frame.set_axis(range(2, 2 + len(rows)))


def test_templates_for_nobody_and_names_used_twice() -> None:
    """T11 and T12 are warnings, about the rows that are sent."""
    view = View.of_snapshot(world())
    after = template_sheet(("", "New", "", ""), ("", "STANDARD", "xivo1", ""), ("8", "Bureau", "xivo1", ""))
    assert said(check_templates(after, [2, 3, 4], view)) == [
        (2, "template_for_nobody", W),
        (3, "template_name_twice", W),
    ]
    renamed = template_sheet(("7", "Bureau", "xivo1", ""), ("8", "Other", "xivo1", ""))
    assert said(check_templates(renamed, [2, 3], view)) == []


def entity_sheet(*rows: tuple[str, str, str, str]) -> Any:
    """Return an entities sheet: combined id, name, xivo, intervals."""
    columns = zip(*rows, strict=True)
    frame = text_frame(dict(zip(("combined_id", "name", "xivo", "intervals"), columns, strict=True)))
    return frame.set_axis(range(2, 2 + len(rows)))


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (("", "new", "xivo1", "3000-3010, 3005"), [("intervals_overlap", E)]),  # E3
        (("", "new", "xivo1", "3000-3010, 03005"), []),
        (("", "new", "xivo1", "2104-2105"), [("intervals_overlap_entity", W)]),  # E4
        (("", "new", "xivo2", "2104-2105"), [("intervals_overlap_xivo", I)]),  # E5
        ((D1, "default", "xivo1", "1700-1709"), [("intervals_overlap_xivo", I)]),
        ((D1, "default", "xivo1", "1701-1709"), [("users_left_outside", W), ("intervals_overlap_xivo", I)]),  # E7
        ((C1, "chirurgie", "xivo1", "3000"), [("users_left_outside", W)]),
    ],
)
def test_intervals_of_entities(row: tuple[str, str, str, str], expected: list[tuple[str, Severity]]) -> None:
    """Overlaps by where they are, and users who would fall outside."""
    problems = check_entities(entity_sheet(row), [2], View.of_snapshot(world()))
    assert sorted((p.code, p.severity) for p in problems) == sorted(expected)


def test_new_entities_are_compared_with_each_other() -> None:
    """E4 and E5 among rows of one book: each names the other, and a XiVO has its own numbers."""
    rows = [("", "new", "xivo1", "3000-3010"), ("", "newer", "xivo1", "3005"), ("", "far", "xivo2", "3010")]
    found = check_entities(entity_sheet(*rows), [2, 3, 4], View.of_snapshot(world()))
    assert [(p.row, p.code, p.params["entity"]) for p in found] == [
        (2, "intervals_overlap_entity", "newer"),
        (2, "intervals_overlap_xivo", "far"),
        (3, "intervals_overlap_entity", "new"),
        (4, "intervals_overlap_xivo", "new"),
    ]


def test_an_interval_that_moves_from_one_entity_to_another_overlaps_nothing() -> None:
    """What the book gives up in one row may be taken in another."""
    rows = [(C1, "chirurgie", "xivo1", "2100-2102"), (D1, "default", "xivo1", "1700-1709, 1961, 2103-2104")]
    found = check_entities(entity_sheet(*rows), [2, 3], View.of_snapshot(world()))
    assert [p.code for p in found if p.code == "intervals_overlap_entity"] == []


@pytest.mark.parametrize(
    ("mode", "routed", "said_"),
    [("incomingNo", "no", True), ("incomingNo", "yes", False), ("anonymous", "no", False)],
)
def test_a_caller_id_that_cannot_be_called(mode: str, routed: str, said_: bool) -> None:
    """T9 is only good to know: the document's own sample does it."""
    after = template_sheet(("", "New", "xivo1", "")).assign(caller_id_mode=mode, routed_inbound=routed)
    expected = [(2, "caller_id_not_routed", I)] if said_ else []
    assert said(check_templates(after, [2], View.of_snapshot(world()))) == expected


def test_users_left_outside_are_counted_and_named() -> None:
    """Those who were inside before; who was outside already is not its doing."""
    people = [*USERS, user(9, DEFAULT_1, "X", "Y", "6260")]
    (found,) = (
        p
        for p in check_entities(entity_sheet((D1, "default", "xivo1", "3000")), [2], View.of_snapshot(world(people)))
        if p.code == "users_left_outside"
    )
    assert (found.params["count"], found.params["numbers"]) == ("2", "1700, 1701")


def test_every_problem_names_sheet_row_column_and_value() -> None:
    """What a person needs to find the cell."""
    rows = [new(2, "1700", login="mmartin"), new(3, "9999", template="Bloc opératoire")]
    found: list[Problem] = []
    for rule in (number_inside, number_taken, login_unique, template_available):
        found += list(rule(scene(*rows)))
    assert {(p.sheet, p.row, p.column, p.value) for p in found} == {
        ("users", 3, "internal_number", "9999"),
        ("users", 2, "internal_number", "1700"),
        ("users", 2, "cti_login", "mmartin"),
        ("users", 3, "template", "Bloc opératoire"),
    }
