"""Rows without id known again by what they say and mean, and people who came while a plan waited."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from planning.worlds import (
    BOOK_ID,
    C1,
    CHIRURGIE_1,
    D1,
    DEFAULT_1,
    KEY,
    TEMPLATES,
    USERS,
    X1,
    Cells,
    change_of,
    codes,
    edited,
    entity,
    exported,
    hand_made,
    person,
    planned,
    said,
    status,
    statuses,
    user,
    with_rows,
    world,
)

from xcu_sheets.model.memory import Made, Memory, keyed_digest
from xcu_sheets.model.text import fold_name
from xcu_sheets.model.view import View
from xcu_sheets.planning.staleness import recheck

ADA = ("Ada", "Lovelace")


def as_before(row: int, id_: int, number: str, written: str, book_id: str = BOOK_ID) -> Made:
    """Return what is on record of a row of a book that made a namesake, its entity as `written`."""
    identity = keyed_digest(KEY, book_id, "users", written, *map(fold_name, ADA))
    return Made("users", row, str(id_), identity, " ".join(ADA), number)


def memory_of(*made: Made) -> Memory:
    """Return a memory of rows that share one identity."""
    return Memory(KEY, {made[0].identity: made})


def identity_of(row: Cells, book_id: str = "", live: Sequence[object] = (DEFAULT_1, CHIRURGIE_1)) -> str:
    """Return how a new row of a list, or of a book, is known again."""
    here = world(entities=live)
    book = with_rows(exported(here, book_id=book_id), "users", row) if book_id else hand_made("users", row)
    (change,) = planned(book, here, Memory(KEY)).to_send
    return change.identity


class TestNamesakes:
    """Two people of one name in one entity, both made by the book."""

    live = world([*USERS, user(50, DEFAULT_1, *ADA, "1702"), user(51, DEFAULT_1, *ADA, "1703")])
    memory = memory_of(as_before(6, 50, "1702", D1), as_before(7, 51, "1703", D1))

    def ends(self, *rows: Cells) -> list[tuple[str, str]]:
        """Return for each row of the book what it is, and which record it means where it is unchanged."""
        plan = planned(with_rows(exported(world()), "users", *rows), self.live, self.memory)
        return [(status(plan, row), plan.unchanged["users"].get(row, "")) for row in range(6, 6 + len(rows))]

    def test_by_their_typed_numbers(self) -> None:
        """Wherever the rows stand; a third one between them is new."""
        one, other = (person(*ADA, number) for number in ("1702", "1703"))
        assert self.ends(one, other) == [("unchanged", "50"), ("unchanged", "51")]
        assert self.ends(other, one) == [("unchanged", "51"), ("unchanged", "50")]
        third = {**person(*ADA, "1704"), "action": "create"}
        assert self.ends(other, third, one) == [("unchanged", "51"), ("create", ""), ("unchanged", "50")]

    def test_by_their_rows_where_no_number_is_typed(self) -> None:
        """The one with a number takes its own, wherever it stands; the other what is left."""
        assert self.ends(person(*ADA), person(*ADA)) == [("unchanged", "50"), ("unchanged", "51")]
        assert self.ends(person(*ADA, "1703"), person(*ADA)) == [("unchanged", "51"), ("unchanged", "50")]

    def test_the_latest_where_one_record_took_anothers_place(self) -> None:
        """A number that two remembered records had is the later one's."""
        memory = memory_of(as_before(6, 50, "1702", D1), as_before(6, 52, "1702", D1))
        live = world([*USERS, user(52, DEFAULT_1, *ADA, "1702")])
        plan = planned(with_rows(exported(world()), "users", person(*ADA, "1702")), live, memory)
        assert plan.unchanged["users"][6] == "52"


class TestIdentity:
    """How a row is known again."""

    @pytest.mark.parametrize("book_id", ["", BOOK_ID], ids=["list", "book"])
    def test_an_entity_is_meant_however_it_is_written(self, book_id: str) -> None:
        """By its combinedId or its name; another entity is another person."""
        ids = {entity_: identity_of(person(*ADA, entity_=entity_), book_id) for entity_ in (C1, "chirurgie", D1)}
        assert ids[C1] == ids["chirurgie"] != ids[D1]

    @pytest.mark.parametrize("book_id", ["", BOOK_ID], ids=["list", "book"])
    def test_the_action_is_no_part_of_a_person(self, book_id: str) -> None:
        """A row is the same with `create` and without it."""
        assert identity_of({**person(*ADA), "action": "create"}, book_id) == identity_of(person(*ADA), book_id)

    @pytest.mark.parametrize("book_id", ["", BOOK_ID], ids=["list", "book"])
    def test_an_entity_that_was_renamed_is_the_same_entity(self, book_id: str) -> None:
        """It is known by its id, whatever it is called by now."""
        surgery = entity(12, "surgery", X1, "2100-2104")
        before = identity_of(person(*ADA, entity_=C1), book_id)
        assert identity_of(person(*ADA, entity_="surgery"), book_id, (DEFAULT_1, surgery)) == before

    @pytest.mark.parametrize("written", [C1, "chirurgie"])
    def test_rows_on_record_as_they_were_written_are_still_known(self, written: str) -> None:
        """So an earlier version recorded them; a row that is written otherwise since is not known by that."""
        live = world([*USERS, user(50, CHIRURGIE_1, *ADA, "2101")])
        memory = memory_of(as_before(6, 50, "2101", written))
        books = {name: with_rows(exported(world()), "users", person(*ADA, entity_=name)) for name in (C1, "chirurgie")}
        ends = {name: codes(planned(book, live, memory), 6) for name, book in books.items()}
        assert ends == {C1: ["same_person"], "chirurgie": ["same_person"], written: ["already_made"]}

    def test_people_of_an_entity_that_the_book_makes_are_known_once_it_lives(self) -> None:
        """On record by the entity's name alone, for it had no id; by now it has one."""
        neuro = entity(13, "neuro", X1, "1800-1809")
        row = person(*ADA, entity_="neuro")
        memory = memory_of(as_before(6, 50, "1800", "neuro"))
        live = world([*USERS, user(50, neuro, *ADA, "1800")], entities=[DEFAULT_1, CHIRURGIE_1, neuro])
        plan = planned(with_rows(exported(world()), "users", row), live, memory)
        assert said(plan, 6) == ("unchanged", ["already_made"])


def test_an_entity_renamed_since_the_export_answers_to_the_name_in_the_book() -> None:
    """New people are added under it; in a list without baseline nobody knows that name."""
    live = world(USERS[:2], TEMPLATES, [DEFAULT_1, entity(12, "surgery", X1, "2100-2104")])
    row = person(*ADA, entity_=C1)
    plan = planned(with_rows(exported(world(USERS[:2])), "users", row), live)
    (made,) = [change for change in plan.to_send if change.sheet == "users"]
    assert (made.action, made.entity) == ("create", "surgery@10.0.0.1")
    assert said(planned(hand_made("users", row), live), 2)[0] == "refused"


class TestMadeMeanwhile:
    """People of a new row's names who came between plan and apply, or between a run and its resume."""

    plan = planned(hand_made("users", person(*ADA, "1702"), person("Bob", "Other", "1703")), world())
    here = user(50, DEFAULT_1, *ADA, "1709")

    def test_the_row_is_refused(self) -> None:
        """The other row goes on; the problem names who has come."""
        now = recheck(self.plan, View.of_snapshot(world([*USERS, self.here])))
        assert (statuses(now), codes(now, 2)) == (["refused", "create"], ["made_meanwhile"])
        (found,) = now.notes_of("users", 2)
        assert (found.params["id"], found.params["number"]) == ("50", "1709")

    def test_however_the_names_are_written(self) -> None:
        """Capitals and accents are no difference."""
        shouted = user(50, DEFAULT_1, "ADA", "Lovelacé", "1709")
        assert status(recheck(self.plan, View.of_snapshot(world([*USERS, shouted]))), 2) == "refused"

    def test_in_another_entity_it_is_somebody_else(self) -> None:
        """As it was when the plan was made."""
        elsewhere = user(50, CHIRURGIE_1, *ADA, "2101")
        assert statuses(recheck(self.plan, View.of_snapshot(world([*USERS, elsewhere])))) == ["create", "create"]

    def test_who_was_there_before_is_no_news(self) -> None:
        """`create` was written in sight of a namesake; a second one who came since is news."""
        row = {**person("Marie", "Martin", "1702"), "action": "create"}
        plan = planned(hand_made("users", row), world())
        assert change_of(plan, 2).namesakes == 1
        assert recheck(plan, View.of_snapshot(world())) == plan
        second = user(50, DEFAULT_1, "Marie", "Martin", "1709")
        assert status(recheck(plan, View.of_snapshot(world([*USERS, second]))), 2) == "refused"

    def test_who_may_be_the_runs_own_is_nobodys_news(self) -> None:
        """What a row of the same run made does not hold back the row of a namesake."""
        view = View.of_snapshot(world([*USERS, self.here]))
        now = recheck(self.plan, view, is_ours=lambda listed: listed["id"] == "50")
        assert statuses(now) == ["create", "create"]

    def test_rows_that_were_sent_are_left_as_they_are(self) -> None:
        """The person in the list may be what such a row made."""
        now = recheck(self.plan, View.of_snapshot(world([*USERS, self.here])), sent={("users", 2)})
        assert statuses(now) == ["create", "create"]

    def test_an_edit_is_no_new_person(self) -> None:
        """A namesake of somebody whose cell is edited is nothing to the edit."""
        plan = planned(edited(exported(world()), "users", {(2, "last_name"): "Curie"}), world())
        namesake = user(50, DEFAULT_1, "Marie", "Curie", "1709")
        assert status(recheck(plan, View.of_snapshot(world([*USERS, namesake]))), 2) == "update"
