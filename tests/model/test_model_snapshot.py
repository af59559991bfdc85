"""Snapshots as sheets of text: references by name, nothing invented, no secret anywhere."""

from __future__ import annotations

import copy
import json
import pickle

import pytest
from planning.worlds import C1, D1, D2, MARTIN, exported, template, user, world

from xcu_sheets.model.outcomes import Outcome, count_statuses
from xcu_sheets.model.problems import Problem, Severity, has_errors, locate, problem
from xcu_sheets.model.records import Secret
from xcu_sheets.model.resources import RESOURCES, TEMPLATES, USERS
from xcu_sheets.model.snapshot import natural_order, secret_frame
from xcu_sheets.model.view import View

SECRET = "s3cr3t-Pa55"


def test_references_are_shown_by_name() -> None:
    """XiVOs by name, entities by combined id, lists sorted."""
    frames = world().frames
    assert frames["users"].loc["3", "entity"] == C1
    assert list(frames["templates"]["xivos"]) == ["xivo1, xivo2", "xivo1", ""]
    assert frames["templates"].loc["9", "entities"] == C1
    assert frames["entities"].loc["11", ["xivo", "intervals"]].tolist() == ["xivo1", "1700-1709, 1961"]


def test_unknown_ids_are_shown_as_they_are() -> None:
    """A template may name an entity that this login cannot see."""
    frame = world(templates=[template(7, "T", (1, 99), (D1, "hidden@x"))]).frames["templates"]
    assert frame.loc["7", ["xivos", "entities"]].tolist() == ["#99, xivo1", f"{D1}, hidden@x"]


def test_null_and_absent_are_blank() -> None:
    """Users show explicit nulls, templates leave keys out; a cell is blank for both, never NA."""
    frames = world([{**MARTIN, "internalNumber": None}]).frames
    assert frames["users"].loc["1", ["mail", "internal_number"]].tolist() == ["", ""]
    assert frames["templates"].loc["7", "routed_inbound_prefix"] == ""
    assert not any(frame.isna().any().any() for frame in frames.values())


def test_numbers_stay_text() -> None:
    """Leading zeros live; a number that the server wrote as a number is text."""
    frame = world([user(1, MARTIN["entity"], "A", "B", "0100"), user(2, MARTIN["entity"], "C", "D", None)]).frames
    assert frame["users"]["internal_number"].tolist() == ["0100", ""]
    odd = world([{**MARTIN, "internalNumber": 1700}]).frames["users"]
    assert odd.loc["1", "internal_number"] == "1700"


def test_natural_order_sorts_numbers_by_length_first() -> None:
    """Entity, then number: 99 before 100."""
    people = [user(n, MARTIN["entity"], "A", "B", number) for n, number in enumerate(["1700", "99", "100", None])]
    people.append(user(9, world().records["entities"][1], "A", "B", "1"))
    frame = natural_order(USERS, world(people).frames["users"])
    assert frame["internal_number"].tolist() == ["1", "", "99", "100", "1700"]
    assert natural_order(TEMPLATES, world().frames["templates"])["name"].tolist() == [
        "Bloc opératoire",
        "Bureau",
        "Standard",
    ]


def test_no_secret_leaves_a_snapshot() -> None:
    """Not in a frame, a repr, a book, JSON, a copy by pickle; only `secret_frame` reveals it."""
    snapshot = world([{**MARTIN, "ctiPassword": SECRET}])
    assert snapshot.frames["users"].loc["1", "cti_password"] == ""
    shown = [repr(snapshot), repr(View.of_snapshot(snapshot)), repr(exported(snapshot)), str(snapshot.records)]
    assert not any(SECRET in text for text in shown)
    with pytest.raises(TypeError):
        json.dumps(snapshot.records)
    with pytest.raises(TypeError):
        pickle.dumps(snapshot.records["users"][0]["ctiPassword"])
    with pytest.raises(TypeError):
        copy.deepcopy(Secret(SECRET))
    assert secret_frame(snapshot, USERS) == {"cti_password": [SECRET]}


def test_a_null_secret_stays_null() -> None:
    """There is nothing to hide, and nothing to send back."""
    assert world().records["users"][0]["ctiPassword"] is None


def test_the_view_of_a_baseline_is_the_view_of_its_server() -> None:
    """Offline, names mean what they meant when the book was exported."""
    book = exported(world())
    view = View.of_baseline(book.baseline)
    assert (view.online, view.known) == (False, True)
    assert view.directory.resolve("entities", "Bloc").label == C1
    assert view.xivo_of == {D1: "xivo1", C1: "xivo1", D2: "xivo2"}
    assert view.frame("users").equals(world().frames["users"])
    assert View.of_baseline(None).known is False


def test_the_digest_of_a_book_is_over_its_text() -> None:
    """Columns in another order, a secret more: the same book; another text: another one."""
    book = exported(world())
    frame = book.sheets["users"].frame
    from planning.worlds import with_frame

    turned = with_frame(book, "users", frame[list(frame.columns)[::-1]])
    secret = with_frame(book, "users", frame.assign(cti_password="x"))
    other = with_frame(book, "users", frame.assign(last_name="x"))
    assert book.digest() == turned.digest() == secret.digest() != other.digest()


def test_the_table_is_consistent() -> None:
    """Every header means one column of its sheet; every reference a sheet; every condition a column."""
    for resource in RESOURCES.values():
        headers = [h for f in resource.fields for h in f.headers()]
        assert len(headers) == len(set(headers)), resource.name
        for field in resource.fields:
            assert field.ref is None or field.ref.resource in RESOURCES
            for condition in (field.required_if, field.idle_unless):
                assert condition is None or condition[0] in resource.by_name
            assert not (field.secret and field.read)


class TestProblems:
    """A problem is a value: code, place, safe texts."""

    def test_it_survives_json(self) -> None:
        """from_json(to_json(p)) == p, blank members left out."""
        found = problem("number_taken", sheet="users", row=3, column="internal_number", value="1700", label="A\x07")
        assert Problem.from_json(found.to_json()) == found
        assert found.params == {"label": "A\\x07"}
        assert Problem.from_json(problem("x", Severity.WARNING).to_json()) == problem("x", Severity.WARNING)

    def test_it_is_located_once(self) -> None:
        """The Excel address comes from the sheet's letters; one that is known stays."""
        found = [
            problem("x", sheet="users", row=3, column="id"),
            problem("x", sheet="users", row=3, column="id", cell="Z9"),
        ]
        assert [p.cell for p in locate(found, {"users": {"id": "B"}})] == ["B3", "Z9"]

    def test_only_errors_keep_a_row_back(self) -> None:
        """Warnings do not."""
        assert not has_errors([problem("x", Severity.WARNING), problem("y", Severity.INFO)])
        assert has_errors([problem("x")])


def test_statuses_are_counted_in_their_order() -> None:
    """Zeros are left out."""
    outcomes = [Outcome("users", n, "", s) for n, s in enumerate(["unchanged", "created", "unchanged"])]
    assert list(count_statuses(outcomes).items()) == [("created", 1), ("unchanged", 2)]
