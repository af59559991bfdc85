"""plan.json, the second look before apply, the offline check, and properties of planning as a whole."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from planning.worlds import (
    C1,
    D1,
    D2,
    DEFAULT_1,
    ENTITIES,
    MARTIN,
    STANDARD,
    TEMPLATES,
    USERS,
    codes,
    edited,
    entity,
    exported,
    hand_made,
    numbers_given,
    person,
    planned,
    status,
    statuses,
    user,
    with_rows,
    world,
    xivo,
)

from xcu_sheets.model.errors import PlanError
from xcu_sheets.model.view import View
from xcu_sheets.planning.make import check
from xcu_sheets.planning.plan import Change, Edit, Options, Plan
from xcu_sheets.planning.staleness import recheck
from xcu_sheets.rules.numbering import contains, make_ranges

SECRET = "v3ry-s3cret"


def rich_plan() -> Plan:
    """Return a plan with every kind of change in it."""
    cells = {
        (2, "last_name"): "Curie",
        (2, "cti_password"): SECRET,
        (3, "action"): "delete",
        (4, "internal_number"): "9999",
        (5, "action"): "skip",
    }
    template = dict(world().frames["templates"].loc["7"], id="", name="Neuf")
    book = with_rows(edited(exported(world()), "users", cells), "templates", template)
    people = [person("A", "A", template="Neuf", cti_login="aa", cti_password=SECRET), person("B", "B", "1704")]
    options = {"allow_delete": True, "never_assign": ("1702",), "include": ("entities",)}
    return planned(with_rows(book, "users", *people), world(), None, {D1: None}, **options)


PLAN = rich_plan()
BODY = json.loads(json.dumps(PLAN.to_json()))


class TestPlanJson:
    """The plan as reviewed is the plan as applied."""

    def test_it_comes_back_whole(self) -> None:
        """Reserved numbers too: a run that is resumed must not give them away either."""
        assert statuses(PLAN) == ["update", "delete", "refused", "skipped", "create", "create"]
        assert Plan.from_json(BODY) == replace(PLAN, reserved={x: n for x, n in PLAN.reserved.items() if n})
        assert Plan.from_json(BODY).to_json() == PLAN.to_json()

    def test_it_holds_no_secret(self) -> None:
        """Masked by construction."""
        text = json.dumps(PLAN.to_json()) + repr(PLAN)
        assert SECRET not in text
        assert "***" in text

    def test_a_record_that_is_not_yet_born_is_named_by_its_row(self) -> None:
        """The documented form."""
        change = next(c for c in BODY["changes"] if c["label"] == "A A")
        assert change["refs"] == {"entity": [{"id": "11"}], "template": [{"row": "templates!5"}]}

    def test_any_leaf_changed_is_found(self) -> None:
        """Every value and every key is under the checksum."""
        for path in leaves(BODY):
            body = json.loads(json.dumps(BODY))
            at = body
            for step in path[:-1]:
                at = at[step]
            at[path[-1]] = "tampered" if at[path[-1]] != "tampered" else "other"
            with pytest.raises(PlanError):
                Plan.from_json(body)

    def test_a_key_more_or_less_is_found(self) -> None:
        """A change cannot be slipped in or taken out."""
        for edit in ({**BODY, "changes": BODY["changes"][1:]}, {**BODY, "more": 1}, {**BODY, "options": {}}):
            with pytest.raises(PlanError, match="checksum"):
                Plan.from_json(edit)

    @pytest.mark.parametrize("body", [None, [], {}, "x", {"format": "1"}, {"format": 1}])
    def test_what_is_no_plan(self, body: Any) -> None:
        """One line."""
        with pytest.raises(PlanError, match="not a plan"):
            Plan.from_json(body)

    def test_a_newer_format(self) -> None:
        """Refused before anything else is looked at."""
        with pytest.raises(PlanError, match="newer"):
            Plan.from_json({**BODY, "format": 99})

    def test_the_same_plan_gives_the_same_text(self) -> None:
        """Nothing in it depends on the hour or on chance."""
        assert json.dumps(rich_plan().to_json()) == json.dumps(PLAN.to_json())

    def test_counts_and_notes(self) -> None:
        """By sheet; unchanged rows included."""
        counts = PLAN.counts()
        assert counts["users"] == {"update": 1, "delete": 1, "refused": 1, "skipped": 1, "create": 2}
        assert counts["templates"] == {"create": 1, "unchanged": 3}
        assert not PLAN.clean
        assert [p.code for p in PLAN.notes_of("users", 4)] == ["number_outside"]
        assert PLAN.notes_of("users", 999) == ()


def leaves(body: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path of every leaf of a JSON value."""
    items = body.items() if isinstance(body, dict) else enumerate(body) if isinstance(body, list) else ()
    found = False
    for key, value in items:
        found = True
        yield from leaves(value, (*path, key))
    if not found and path:
        yield path


class TestRecheck:
    """What moved between plan and apply is refused, row by row."""

    def test_nothing_moved(self) -> None:
        """The plan stays as it is."""
        assert recheck(PLAN, View.of_snapshot(world())) == PLAN

    def moved(self, *users: Any, templates: Any = TEMPLATES, **more: Any) -> dict[int, tuple[str, list[str]]]:
        """Return, for each row of PLAN that no longer is what it was, its status and its new problems."""
        plan = recheck(PLAN, View.of_snapshot(world(users or USERS, templates, **more)))
        rows = [c.row for c in PLAN.to_send if c.sheet == "users"]
        return {
            row: (status(plan, row), sorted(set(codes(plan, row)) - set(codes(PLAN, row))))
            for row in rows
            if status(plan, row) != status(PLAN, row)
        }

    def test_an_edited_cell_changed(self) -> None:
        """Conflict; another cell of the same record is none."""
        assert self.moved({**MARTIN, "lastName": "Else"}, *USERS[1:]) == {2: ("conflict", ["conflict"])}
        assert self.moved({**MARTIN, "firstName": "Else"}, *USERS[1:]) == {}

    def test_a_record_to_delete_changed(self) -> None:
        """Any shown cell of it counts."""
        assert self.moved(USERS[0], {**USERS[1], "firstName": "Else"}, *USERS[2:]) == {3: ("conflict", ["conflict"])}

    def test_a_record_is_gone(self) -> None:
        """Refused; the others go on."""
        assert self.moved(*USERS[1:]) == {2: ("refused", ["id_unknown"])}

    def test_a_number_was_taken(self) -> None:
        """Typed or chosen, on the same XiVO only."""
        taken = user(50, ENTITIES[1], "Some", "One", "1704")
        assert self.moved(*USERS, taken) == {7: ("refused", ["number_taken"])}
        assert self.moved(*USERS, user(50, ENTITIES[2], "Some", "One", "1704")) == {}

    def test_the_number_of_an_edit_was_taken(self) -> None:
        """Not only of a new row."""
        plan = planned(edited(exported(world()), "users", {(2, "internal_number"): "1704"}), world())
        now = world([*USERS, user(50, DEFAULT_1, "Some", "One", "1704")])
        assert status(recheck(plan, View.of_snapshot(now)), 2) == "refused"

    def test_what_the_plan_itself_frees_is_free(self) -> None:
        """Across the entities of a XiVO too."""
        live = world([user(1, ENTITIES[1], "Old", "Hand", "1702"), USERS[1]])
        book = edited(exported(live), "users", {(2, "internal_number"): "2103"})
        plan = planned(with_rows(book, "users", person("New", "One", "1702")), live)
        assert recheck(plan, View.of_snapshot(live)) == plan
        assert statuses(plan) == ["update", "unchanged", "create"]

    def test_a_template_was_made_meanwhile(self) -> None:
        """The name is held now: nothing is made twice."""
        plan = recheck(PLAN, View.of_snapshot(world(templates=[*TEMPLATES, {**STANDARD, "id": 70, "name": "NEUF"}])))
        assert status(plan, 5, "templates") == "refused"
        assert "held_by" in codes(plan, 5, "templates")

    def test_an_entity_became_unreadable(self) -> None:
        """Its rows are not visible, which is not the same as deleted."""
        left = [u for u in USERS if u["entity"]["combinedId"] != D1]
        found = self.moved(*left, unreadable={D1: "500"})
        assert found == {row: ("refused", ["not_visible"]) for row in (2, 3, 6, 7)}

    def test_another_server(self) -> None:
        """Refused as a whole."""
        other = world(xivos=[xivo(8)])
        for view in (View.of_snapshot(other), View.of_snapshot(replace(world(), server="http://other:9001"))):
            with pytest.raises(PlanError, match="was made for"):
                recheck(PLAN, view)


class TestCheck:
    """All problems without a server."""

    def test_with_a_baseline_names_and_numbers_are_known(self) -> None:
        """References resolve against the book's own baseline."""
        people = [person("A", "A", "1700"), person("B", "B", "", "Bloc"), person("C", "C", "", "nowhere")]
        book = with_rows(edited(exported(world()), "users", {(2, "cti_login"): "a b"}), "users", *people)
        found = {(p.row, p.code) for p in check(book)}
        assert {(2, "login_pattern"), (6, "held_by"), (8, "reference_unknown")} <= found
        assert 7 not in {row for row, _ in found}

    def test_an_unedited_export_has_no_problems(self) -> None:
        """Nothing to say."""
        assert check(exported(world())) == []

    def test_without_a_baseline_cells_are_checked(self) -> None:
        """Names cannot be resolved, so they are not complained about."""
        rows = [
            person("A", "A", "17a", "anywhere"),
            {**person("", "B"), "cti_login": "x"},
            {**person("C", "C"), "action": "skip", "cti_login": "x"},
        ]
        found = {(p.row, p.column, p.code) for p in check(hand_made("users", *rows))}
        assert found == {
            (2, "internal_number", "not_a_number"),
            (3, "first_name", "required"),
            (3, "cti_login", "login_pattern"),
        } | {(3, "cti_login", "login_without_password")}

    def test_leave_to_delete_and_to_change_much_is_no_problem_here(self) -> None:
        """What an import would ask for is asked by the import."""
        book = edited(exported(world()), "users", {(2, "action"): "delete"})
        assert [p.code for p in check(book)] == []

    def test_numbers_that_run_out_are_known_offline(self) -> None:
        """U13 from intervals and users of the baseline."""
        live = world(entities=[entity(11, "default", xivo(1), "1700-1702"), *ENTITIES[1:]])
        book = with_rows(exported(live), "users", person("A", "A"), person("B", "B"))
        assert [(p.row, p.code) for p in check(book)] == [(7, "no_number_left")]


@st.composite
def worlds(draw: Any) -> Any:
    """Draw a small server: people with any numbers, logins and names, templates of any shape."""
    names = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=5)
    people = []
    for id_ in range(1, draw(st.integers(0, 5)) + 1):
        number = draw(st.sampled_from(["1700", "1701", "1702", "6260", "0100", None]))
        login = draw(st.none() | names)
        people.append(user(id_, draw(st.sampled_from(ENTITIES)), draw(names), draw(names), number, ctiLogin=login))
    templates = [
        {**STANDARD, "id": n, "name": draw(names), "xivos": draw(st.lists(st.sampled_from([1, 2, 9]), unique=True))}
        for n in range(7, 7 + draw(st.integers(0, 3)))
    ]
    return world(people, [STANDARD | {"id": 6}, *templates])


FEW = settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@FEW
@given(worlds())
def test_an_export_brought_back_is_all_unchanged(live: Any) -> None:
    """Rule 9: whatever the server holds, an unedited book asks it for nothing."""
    book = exported(live)
    plan = planned(book, live, None, {}, include=("entities",))
    assert plan.to_send == ()
    assert {n: len(rows) for n, rows in plan.unchanged.items()} == {n: len(s.frame) for n, s in book.sheets.items()}
    assert plan.clean


@FEW
@given(
    worlds(),
    st.lists(st.tuples(st.sampled_from([D1, C1, D2]), st.sampled_from(["", "auto", "1703", "2101"])), max_size=6),
)
def test_chosen_numbers_are_free_inside_and_unique(live: Any, asked: list[tuple[str, str]]) -> None:
    """Per XiVO; and the plan of the same things is the same plan."""
    rows = [person(f"New{n}", "One", number, home, template="Standard") for n, (home, number) in enumerate(asked)]
    book, view = with_rows(exported(live), "users", *rows), View.of_snapshot(live)
    plan = planned(book, live, None, {D1: None})
    assert plan == planned(book, live, None, {D1: None})
    used = [
        (view.xivo_of[e], n)
        for e, n in zip(
            view.frame("users").get("entity", ()), view.frame("users").get("internal_number", ()), strict=True
        )
        if n
    ]
    given_ = [(view.xivo_of[c.entity], c.number) for c in plan.to_send]
    assert len(given_) == len(set(given_)) and not set(given_) & set(used)
    assert all(contains(make_ranges(view.intervals_of[c.entity]), c.number) for c in plan.to_send)
    assert set(numbers_given(plan)) == {c.row for c in plan.to_send}


def test_twenty_thousand_rows_with_twenty_edits() -> None:
    """Cost follows the number of changes."""
    home = entity(11, "default", xivo(1), "100000-199999")
    live = world(
        [user(n, home, f"F{n}", f"L{n}", f"{100000 + n}", ctiLogin=f"u{n}") for n in range(1, 20001)], entities=[home]
    )
    book = edited(exported(live), "users", {(1000 * n + 2, "last_name"): "New" for n in range(20)})
    View.of_snapshot(live).frame("users")
    began = time.perf_counter()
    plan = planned(book, live)
    assert len(plan.to_send) == 20
    assert time.perf_counter() - began < 20


def test_changes_and_edits_are_values() -> None:
    """What a change gives and takes is read off its cells."""
    assert Change("users", 2, "create", cells={"internal_number": "1"}).number == "1"
    moved = Change("users", 2, "update", edits=(Edit("internal_number", "1", "2"),))
    assert (moved.number, moved.old_number) == ("2", "1")
    assert Options() == Options()
