"""Two servers: records are matched by what they are called, people by number and names, login, or names alone."""

from __future__ import annotations

import pytest
from views import compared, entity, fields, template, user, view, xivo

from xcu_sheets.comparing.compare import make_diff

THERE = xivo(9, uuid="there", host="172.16.0.9")
THERE_DEFAULT = entity(40, of=THERE)


def there(*people: dict[str, object], **more: object):
    """Return the reading of another server, whose entity has the same name and another id and combinedId."""
    more = {"xivos": [THERE], "entities": [THERE_DEFAULT], "server": "http://new:9001", **more}
    return view(people, **more)  # type: ignore[arg-type]


def moved_user(id_: int, name: str = "Marie Martin", number: str = "", **members: object) -> dict[str, object]:
    """Return a user of the other server."""
    return user(id_, name, number, THERE_DEFAULT, **members)


def without_places(found: list[tuple[str, str, str]]) -> list[tuple[str, str, str]]:
    """Return differences of people only: the servers' own XiVOs and entities differ in any case."""
    return [d for d in found if d[1] == "users"]


@pytest.mark.parametrize(
    ("old", "new", "kind"),
    [
        (user(1), moved_user(77, number="1001"), None),
        (user(1), moved_user(77, "MARIE  Martin", "1001"), "changed"),
        (user(1), moved_user(77, number="1500"), "moved"),
        (user(1, ctiLogin="mm"), moved_user(77, "Marie Durand", "1500", ctiLogin="mm"), "moved"),
        (user(1), moved_user(77, "Marie Durand", "1001"), "changed"),
        (user(1), moved_user(77, "Anne Martin", "1001"), "changed"),
        (user(1), moved_user(77, "Paul Durand", "1001"), "both"),
    ],
    ids=["same", "spelling", "number", "login", "last name", "first name", "another"],
)
def test_who_is_who(old: dict[str, object], new: dict[str, object], kind: str | None) -> None:
    """By number and names, by names alone, by login, by number and one name; a number alone makes nobody the same."""
    entities = [entity()]
    found = without_places(compared(view([old], entities=entities), there(new)))
    wanted = {None: [], "both": ["removed", "added"]}.get(kind, [kind])
    assert [d[0] for d in found] == wanted


def test_names_that_several_have_are_no_proof() -> None:
    """Of two people of one name, the one who has another number there is not guessed."""
    before = view([user(1, number="1001"), user(2, number="1002")])
    found = without_places(compared(before, there(moved_user(71, number="1001"), moved_user(72, number="1700"))))
    assert found == [("removed", "users", "Marie Martin"), ("added", "users", "Marie Martin")]


def test_a_move_tells_both_ids() -> None:
    """The record there has an id of its own."""
    diff = make_diff(view([user(1)]), there(moved_user(77, number="1500")))
    assert not diff.same_server
    (move,) = [d for d in diff.differences if d.kind == "moved"]
    assert (move.id_before, move.id_after, fields(move)) == ("1", "77", {"internal_number": ("1001", "1500")})


def test_templates_and_entities_are_matched_by_name() -> None:
    """Their references are compared by the records matched so."""
    before = view(templates=[template(), template(2, "Fax", entities=[])])
    home = {**THERE, "name": "xivo1"}
    own = [template(5, xivos=[9], entities=["default@172.16.0.9"]), template(6, "Fax", xivos=[], entities=[])]
    diff = make_diff(before, there(xivos=[home], entities=[entity(40, of=home)], templates=own))
    changed = [d for d in diff.differences if d.resource == "templates"]
    assert [(d.name, d.id_before, d.id_after, list(fields(d))) for d in changed] == [("Fax", "2", "6", ["xivos"])]


def test_ids_mean_nothing_between_two_servers() -> None:
    """The same id is another person there, whose provisioning number is of that server only."""
    diff = make_diff(view([user(1)]), there(moved_user(1, "Paul Durand", "1500")))
    assert [d.kind for d in diff.differences if d.resource == "users"] == ["removed", "added"]


def test_one_person_is_one_record() -> None:
    """A way that comes later never pairs somebody whom an earlier one has paired."""
    before = view([user(1, ctiLogin="a"), user(2, "Paul Durand", ctiLogin="b")])
    after = there(moved_user(71, number="1001", ctiLogin="b"), moved_user(72, "Paul Durand", "1800", ctiLogin="a"))
    found = [d for d in make_diff(before, after).differences if d.resource == "users"]
    assert [(d.kind, d.name, d.id_before, d.id_after) for d in found] == [
        ("moved", "Paul Durand", "2", "72"),
        ("changed", "Marie Martin", "1", "71"),
    ]
