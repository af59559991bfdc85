"""One person twice in a list is said without a server, too."""

from __future__ import annotations

from planning.worlds import hand_made, person

from xcu_sheets.planning.make import check


def test_the_same_person_twice_is_a_question_for_check() -> None:
    """Both rows ask; one that says create, or is another entity's, does not."""
    rows = [person("Zoé", "Le Goff"), person("zoe", "Le Goff"), {**person("Ann", "Lee"), "action": "create"}]
    found = [p for p in check(hand_made("users", *rows)) if p.code == "same_person_twice"]
    assert [(p.row, p.params["rows"]) for p in found] == [(2, "3"), (3, "2")]


def test_many_of_one_name_are_said_in_a_few_words() -> None:
    """A column filled down by mistake: each row names the first others, not all of them."""
    found = [p for p in check(hand_made("users", *[person("Ann", "Lee")] * 400)) if p.code == "same_person_twice"]
    assert len(found) == 400
    assert max(len(p.params["rows"].split(", ")) for p in found) <= 5
