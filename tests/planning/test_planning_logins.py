"""`auto` in cti_login: a login made of the names, in plain letters, used once on its XiVO."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from planning.worlds import (
    C1,
    D1,
    D2,
    MARTIN,
    change_of,
    codes,
    edited,
    exported,
    hand_made,
    person,
    planned,
    said,
    status,
    user,
    with_rows,
    world,
)

from xcu_sheets.model.errors import PlanError
from xcu_sheets.model.resources import LOGIN_RULE
from xcu_sheets.planning.logins import LONGEST, check_pattern, make_login
from xcu_sheets.planning.make import check
from xcu_sheets.planning.plan import LOGIN_PATTERN, Plan


def auto(first: str, last: str, entity: str = D1, **more: str) -> dict[str, str]:
    """Return an onboarding row that asks for a login."""
    return {**person(first, last, "", entity), "cti_login": "auto", **more}


def logins(plan: Plan) -> list[str]:
    """Return the logins of the plan's new people, in row order."""
    return [c.cells.get("cti_login", "") for c in plan.to_send if c.sheet == "users" and c.action == "create"]


NAMES = [
    ("Zoé", "Martin", "zmartin"),
    ("E\u0301lodie", "Mu\u0308ller", "emuller"),  # NFD, as macOS writes it
    ("Jean-Luc", "Le Goff", "jlegoff"),
    ("Agrippa", "D’Aubigné", "adaubigne"),
    ("Marc", "O'Connor", "moconnor"),
    ("Ægir", "Œuvrard", "aoeuvrard"),
    ("Łukasz", "Żółć", "lzolc"),
    ("Жанна", "Иванова", "zivanova"),
    ("Ελένη", "Παππά", "epappa"),
    ("Björn", "Groß", "bgross"),
    ("ANNE", "DE LA FONTAINE", "adelafontaine"),
    ("Anne", "Martin-Durand", "amartin-durand"),
    ("NULL", "NA", "nna"),
    ("Henri", "Ⅳ", "hiv"),
]
NOTHING = [("???", "!!!"), ("Marie", "???"), ("???", "Martin"), ("😀", "😀"), ("-", "-"), ("", "Martin"), ("a", "")]


@pytest.mark.parametrize(("first", "last", "login"), NAMES)
def test_names_in_plain_letters(first: str, last: str, login: str) -> None:
    """The first letter and the last name, as the person would be written on an English keyboard."""
    assert make_login(LOGIN_PATTERN, first, last) == login


@pytest.mark.parametrize(("first", "last"), NOTHING)
def test_names_that_give_nothing(first: str, last: str) -> None:
    """A pattern that lacks one of its names makes nothing of the other alone."""
    assert make_login(LOGIN_PATTERN, first, last) == ""


@given(st.text(max_size=128), st.text(max_size=128))
def test_every_login_obeys_the_rule(first: str, last: str) -> None:
    """Whatever the names are made of."""
    login = make_login(LOGIN_PATTERN, first, last)
    assert login == "" or re.fullmatch(LOGIN_RULE.pattern, login)
    assert login == login.lower()


@pytest.mark.parametrize(
    ("pattern", "login"),
    [
        ("{first}.{last}", "zoe.martin"),
        ("{last:.3}{first:.2}", "marzo"),
        ("u-{first:.1}{last}@hospital", "u-zmartin@hospital"),
    ],
)
def test_other_patterns(pattern: str, login: str) -> None:
    """A profile may say how logins look."""
    check_pattern(pattern)
    assert make_login(pattern, "Zoé", "Martin") == login


@pytest.mark.parametrize(
    "pattern",
    [
        "",
        "login",
        "{first",
        "{name}",
        "{first.__class__}{last}",
        "{first:>9}{last}",
        "{first!r}",
        "{first} {last}",
        "{}{}",
        "é{last}",
    ],
)
def test_patterns_that_make_no_login(pattern: str) -> None:
    """One line says how a pattern is written."""
    with pytest.raises(PlanError, match=r"write \{first\} and \{last\}"):
        check_pattern(pattern)


def test_the_plan_has_the_login() -> None:
    """A new row's login is a cell of the plan like a typed one, and the same each time."""
    book = hand_made("users", auto("Zoé", "Durand"), auto("Ada", "Lovelace"))
    assert logins(planned(book, world())) == ["zdurand", "alovelace"]
    assert planned(book, world()).checksum == planned(book, world()).checksum


def test_each_login_is_used_once_on_its_xivo() -> None:
    """Live logins and typed ones are left alone, in any case and whatever becomes of their row; then it is numbered."""
    rows = [
        auto("Michel", "Martin"),  # mmartin is Marie's
        auto("Maud", "Martin", C1),  # the same XiVO
        auto("Mona", "Martin", D2),  # another one
        auto("Ada", "Lovelace"),
        {**person("Anna", "Typed"), "cti_login": "ALovelace"},
        {**person("Anton", "Skipped"), "cti_login": "alovelace2", "action": "skip"},
    ]
    plan = planned(hand_made("users", *rows), world())
    assert logins(plan) == ["mmartin2", "mmartin3", "mmartin", "alovelace3", "ALovelace"]
    assert codes(plan, 6) == ["login_without_password"]


def test_an_entity_that_is_not_there_yet_shares_with_nobody() -> None:
    """Which XiVO will have the login is not known for sure: it differs from all."""
    book = hand_made("users", auto("Michel", "Martin", "new"), auto("Lise", "Petit", "new"), auto("Luc", "Petit", D1))
    assert [cells["cti_login"] for cells in _asked(book)] == ["mmartin2", "lpetit", "lpetit2"]


def _asked(book: object) -> list[dict[str, str]]:
    from xcu_sheets.model.view import View
    from xcu_sheets.planning.identity import CREATE, Verdict
    from xcu_sheets.planning.logins import fill_logins

    frame = book.sheets["users"].frame.reindex(columns=["id", "entity", "first_name", "last_name", "cti_login"])
    verdicts = {int(row): Verdict(CREATE) for row in frame.index}
    filled, problems = fill_logins(frame.fillna(""), verdicts, View.of_snapshot(world()), LOGIN_PATTERN)
    assert problems == []
    return filled.to_dict("records")


def test_existing_people_get_one_only_where_they_have_none() -> None:
    """`auto` on a row with an id: the login that is there stays, a blank one is made."""
    book = edited(exported(world()), "users", {(2, "cti_login"): "auto", (4, "cti_login"): "auto"})
    plan = planned(book, world())
    assert status(plan, 2) == "unchanged"
    (edit,) = change_of(plan, 4).edits
    assert (edit.column, edit.before, edit.after) == ("cti_login", "", "zdurand")


def test_a_row_found_by_its_number_keeps_its_login() -> None:
    """A row without id that is somebody already has nothing to do, `auto` or not."""
    row = {**person("Marie", "Martin", "1700"), "cti_login": "auto"}
    assert said(planned(hand_made("users", row), world()), 2) == ("unchanged", ["already_there"])
    update = {**person("Sean", "O'Brien", "1701"), "cti_login": "auto", "action": "update", "template": ""}
    assert change_of(planned(hand_made("users", update), world()), 2).edits[0].after == "sobrien"


def test_names_of_signs_are_a_problem_of_the_cell() -> None:
    """The row is refused, the others are not."""
    plan = planned(hand_made("users", auto("???", "!!!"), auto("Ada", "Lovelace")), world())
    assert said(plan, 2)[0] == "refused"
    assert "login_not_made" in codes(plan, 2)
    assert next(p.column for p in plan.problems if p.code == "login_not_made") == "cti_login"
    assert logins(plan) == ["alovelace"]


def test_auto_has_no_range_here() -> None:
    """`auto 26` is for numbers; in a login it is a blank too much."""
    assert "login_pattern" in codes(planned(hand_made("users", auto("A", "Bc", cti_login="auto 26")), world()), 2)


def test_check_needs_no_server_for_it() -> None:
    """Without anything to compare with, names that give nothing are still said."""
    found = check(hand_made("users", auto("???", "!!!"), auto("Ada", "Lovelace"), {**auto("X", "Yz"), "id": "5"}))
    assert [(p.code, p.row) for p in found if "login" in p.code] == [
        ("login_not_made", 2),
        ("login_without_password", 3),
    ]


def test_long_names_and_many_namesakes_fit() -> None:
    """A login has 254 characters at most, its number included."""
    long = "x" * 128
    users = [user(50 + n, MARTIN["entity"], "A", "B", None, ctiLogin=text) for n, text in enumerate(["x" * 254])]
    book = with_rows(exported(world(users)), "users", auto(long, long))
    plan = planned(book, world(users), login_pattern="{first}{last}")
    assert logins(plan) == ["x" * (LONGEST - 1) + "2"]
