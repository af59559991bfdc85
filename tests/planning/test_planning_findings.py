"""What a probe found about the server steers the plan."""

from __future__ import annotations

import pytest
from worlds import MARTIN, USERS, edited, exported, planned, said, world

from xcu_sheets.model.problems import Severity
from xcu_sheets.model.view import View
from xcu_sheets.planning.make import check
from xcu_sheets.planning.plan import Plan

RENAMED = {(2, "first_name"): "Mary"}  # Marie Martin, who has a login


def _plan(cells: dict[tuple[int, str], str], **options: object) -> Plan:
    live = world()
    return planned(edited(exported(live), "users", cells), live, **options)


@pytest.mark.parametrize(("needed", "status"), [(True, "refused"), (False, "update"), (None, "update")])
def test_an_edit_without_template_is_refused_where_the_server_would(needed: bool | None, status: str) -> None:
    """Only a server known to want the template has the row refused, at the cell where it is missing."""
    plan = _plan(RENAMED, put_needs_template=needed, passwords_survive=True)
    assert said(plan, 2) == (status, ["template_always_needed"] if needed else [])
    if needed:
        assert [p.cell[0] for p in plan.problems] == ["D"]


@pytest.mark.parametrize("how", [{(2, "template"): "Standard"}, {}])
def test_a_template_in_the_row_or_by_default_will_do(how: dict[tuple[int, str], str]) -> None:
    """The cell, or --default-template: the row is sent with it."""
    more = {} if how else {"default_template": "Standard"}
    plan = _plan({**RENAMED, **how}, put_needs_template=True, passwords_survive=True, **more)
    assert said(plan, 2) == ("update", [])


def test_rows_that_edit_nothing_need_no_template() -> None:
    """Unchanged, new and deleted rows are not asked for one beyond what they always need."""
    plan = _plan({(3, "action"): "delete"}, put_needs_template=True, allow_delete=True)
    assert said(plan, 2) == ("unchanged", []) and said(plan, 3) == ("delete", [])


def test_a_check_without_server_knows_nothing_of_it() -> None:
    """Offline nobody knows which server the book will meet."""
    live = world()
    book = edited(exported(live), "users", RENAMED)
    assert check(book) == []
    offline = planned(book, View.of_baseline(book.baseline), put_needs_template=True)
    assert said(offline, 2) == ("update", [])


@pytest.mark.parametrize(
    ("survive", "expected"),
    [(True, []), (False, ["passwords_do_not_survive"]), (None, ["password_survival_unknown"])],
)
def test_the_warning_about_passwords(survive: bool | None, expected: list[str]) -> None:
    """Silent where they survive, firm where they do not, cautious where nobody knows."""
    assert MARTIN["ctiLogin"] and MARTIN is USERS[0]
    plan = _plan(RENAMED, passwords_survive=survive)
    assert [p.code for p in plan.problems] == expected
    assert all(p.severity is Severity.WARNING and p.params["count"] == "1" for p in plan.problems)
