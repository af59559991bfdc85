"""One server at two times: records are matched by id, and each change is told once."""

from __future__ import annotations

import pytest
from views import admin, compared, entity, fields, left_out, only, template, user, view, xivo

from xcu_sheets.comparing.compare import make_diff
from xcu_sheets.comparing.matching import is_same_server


def test_nothing_changed_is_no_difference() -> None:
    """The same records, in whatever order, do not differ."""
    people = [user(1), user(2, "Paul Durand"), user(3, "Zoé Petit")]
    diff = make_diff(view(people, templates=[template()]), view(people[::-1], templates=[template()]))
    assert diff.differences == () and diff.not_compared == ()
    assert diff.compared == {"users": 3, "templates": 1, "entities": 1, "xivos": 1, "administrators": 1}


def test_added_removed_and_changed_users() -> None:
    """Each is told with its cells; what only follows (the name in the external number, the slots) is not."""
    before = view([user(1), user(2, "Paul Durand")])
    after = view([user(1, "Marie Petit"), user(3, "Zoé Petit")], xivos=[xivo()])
    diff = make_diff(before, after)
    assert [(d.kind, d.name) for d in diff.differences] == [
        ("removed", "Paul Durand"),
        ("added", "Zoé Petit"),
        ("changed", "Marie Petit"),
    ]
    removed, added, changed = diff.differences
    assert fields(changed) == {"last_name": ("Martin", "Petit")}
    assert fields(removed)["internal_number"] == ("1002", "") and fields(added)["internal_number"] == ("", "1003")
    assert (removed.id_before, removed.id_after, added.id_before, added.id_after) == ("2", "", "", "3")
    assert diff.counts()["users"] == {"removed": 1, "added": 1, "moved": 0, "changed": 1}


def test_a_provisioning_number_is_never_shown() -> None:
    """A changed one is said to have changed; those of added and removed users are left out."""
    before = view([user(1), user(2, "Paul Durand", provisioningNumber="987654")])
    after = view([user(1, provisioningNumber="123456"), user(3, "Zoé Petit", provisioningNumber="555555")])
    diff = make_diff(before, after)
    (changed,) = [d for d in diff.differences if d.kind == "changed"]
    (field,) = changed.fields
    assert (field.column, field.before, field.after, field.shown) == ("provisioning_number", "", "", False)
    said = repr(diff) + str(diff.to_json())
    assert not [code for code in ("000001", "987654", "123456", "555555") if code in said]
    assert "changed (not shown)" in said


def test_a_renamed_entity_is_one_change() -> None:
    """Its users, templates and administrators refer to the same record: they have not changed."""
    old, new = entity(), entity(name="accueil")
    sides = [
        view(
            [user(n, f"Marie Martin{n}", of=one) for n in range(1, 50)],
            entities=[one],
            templates=[template(entities=[one["combinedId"]])],
            admins=[admin(), admin("x", id=2, entities=[one])],
        )
        for one in (old, new)
    ]
    assert fields(only(make_diff(*sides))) == {
        "combined_id": ("default@10.0.0.1", "accueil@10.0.0.1"),
        "name": ("default", "accueil"),
        "display_name": ("Default", "Accueil"),
    }


def test_a_host_that_changes_combined_ids_changes_no_user() -> None:
    """Entities are matched by id: the XiVO and the keys of its entities changed, nobody was removed or added."""
    homes = xivo(), xivo(host="172.16.0.9")
    sides = []
    for home in homes:
        own = [entity(17, of=home), entity(18, "rh", of=home)]
        people = [user(1, of=own[0]), user(2, "Paul Durand", of=own[1])]
        templates = [template(entities=[one["combinedId"] for one in own])]
        sides.append(view(people, xivos=[home], entities=own, templates=templates))
    diff = make_diff(*sides)
    assert [(d.kind, d.resource, list(fields(d))) for d in diff.differences] == [
        ("changed", "entities", ["combined_id"]),
        ("changed", "entities", ["combined_id"]),
        ("changed", "xivos", ["host"]),
    ]


def test_a_renamed_xivo_and_template_are_one_change_each() -> None:
    """References by name are compared by the record they mean."""
    sides = [
        view(xivos=[home], entities=[entity(of=home)], templates=[template(name=name)])
        for home, name in ((xivo(), "Standard"), (xivo(name="Lyon"), "Défaut"))
    ]
    assert compared(*sides) == [("changed", "templates", "Défaut"), ("changed", "xivos", "Lyon")]


def test_names_exchanged_between_two_xivos_are_no_change_of_their_entities() -> None:
    """The cell of an entity says another name, for the same XiVO; an entity whose XiVO did change says so."""
    one, two = xivo(1), xivo(2)
    swapped = [xivo(1, name="xivo2"), xivo(2, name="xivo1")]
    before = view(xivos=[one, two], entities=[entity(17, of=one), entity(18, "rh", of=two)])
    after = view(xivos=swapped, entities=[entity(17, of=swapped[0]), entity(18, "rh", of=swapped[1])])
    assert {d[1] for d in compared(before, after)} == {"xivos"}


@pytest.mark.parametrize(
    ("changes", "moved"),
    [({"number": "1500"}, {"internal_number": ("1001", "1500")}), ({"of": entity(18, "rh")}, {"entity": None})],
)
def test_who_keeps_the_id_with_another_number_or_entity_has_moved(changes: dict[str, object], moved: object) -> None:
    """That is a move, not somebody removed and somebody added."""
    entities = [entity(), entity(18, "rh")]
    diff = make_diff(view([user(1)], entities=entities), view([user(1, **changes)], entities=entities))  # type: ignore[arg-type]
    assert only(diff).kind == "moved"
    assert list(fields(only(diff))) == list(moved)  # type: ignore[call-overload]


def test_intervals_and_lists_in_another_order_are_the_same() -> None:
    """A set is a set; an interval more is a change."""
    spans = [{"start": "1000", "end": "1099"}, {"start": "1500", "end": ""}]
    before = view(entities=[entity(intervals=spans)])
    assert compared(before, view(entities=[entity(intervals=spans[::-1])])) == []
    assert compared(before, view(entities=[entity(intervals=spans[:1])])) == [("changed", "entities", "Default")]


@pytest.mark.parametrize(("slots", "told"), [(89, []), (80, [("changed", "xivos", "xivo1")])])
def test_slots_are_told_where_users_do_not_explain_them(slots: int, told: list[tuple[str, str, str]]) -> None:
    """One user more takes one slot: that is one difference, not two; nine more gone are another."""
    before, after = view([user(1)]), view([user(1), user(2, "Paul Durand")], xivos=[xivo(remainingSlots=slots)])
    assert compared(before, after) == [("added", "users", "Paul Durand"), *told]


def test_an_external_number_of_its_own_is_told() -> None:
    """Only one that repeats the name on both sides follows from it."""
    diff = make_diff(view([user(1)]), view([user(1, "Marie Petit", externalNumber="0472000000")]))
    assert set(fields(only(diff))) == {"last_name", "external_number"}


def test_an_unreadable_entity_is_not_compared() -> None:
    """Its users are neither removed nor added; who moved out of it into one that was read has moved."""
    rh = entity(18, "rh")
    entities = [entity(), rh]
    before = view([user(1), user(2, "Paul Durand", of=rh), user(3, "Zoé Petit", of=rh)], entities=entities)
    after = view([user(1), user(3, "Zoé Petit")], entities=entities, unreadable={"rh@10.0.0.1": "500 oops"})
    diff = make_diff(before, after)
    assert [(d.kind, d.name) for d in diff.differences] == [("moved", "Zoé Petit")]
    assert left_out(diff) == [("entities", "Rh", "unreadable", "after", 1)]
    back = make_diff(after, before)
    assert [d.kind for d in back.differences] == ["moved"]
    assert left_out(back) == [("entities", "Rh", "unreadable", "before", 1)]


@pytest.mark.parametrize(("home", "told"), [(1, ["users", "xivos"]), (2, ["users"])])
def test_slots_of_a_xivo_that_was_not_read_whole_are_shown_as_they_are(home: int, told: list[str]) -> None:
    """Where users of that XiVO are missing, the others explain nothing; those of another XiVO do not matter."""
    xivos = [xivo(), xivo(2)]
    rh = entity(18, "rh", of=xivos[home - 1])
    entities = [entity(), rh]
    before = view([user(1)], entities=entities, xivos=xivos)
    failed = {str(rh["combinedId"]): "500"}
    after = view(entities=entities, xivos=[xivo(remainingSlots=91), xivos[1]], unreadable=failed)
    assert [d.resource for d in make_diff(before, after).differences] == told


def test_what_a_login_may_not_see_is_not_removed() -> None:
    """An entity that a limited login does not list is left out, with its users, templates and XiVO."""
    two = xivo(2)
    rh = entity(18, "rh", of=two)
    before = view(
        [user(1), user(2, "Paul Durand", of=rh)],
        xivos=[xivo(), two],
        entities=[entity(), rh],
        templates=[template(), template(2, "Other")],
    )
    after = view([user(1)], templates=[template()], login="telecom", without=["administrators"])
    for diff, side in ((make_diff(before, after), "after"), (make_diff(after, before), "before")):
        assert diff.differences == ()
        assert sorted(left_out(diff)) == [
            ("administrators", "", "sheet", side, 0),
            ("entities", "Rh", "not_listed", side, 1),
            ("templates", "Other", "not_listed", side, 0),
            ("xivos", "xivo2", "not_listed", side, 0),
        ]


def test_what_a_super_administrator_does_not_list_is_gone() -> None:
    """A reading that sees all removes and adds entities and their users."""
    before = view([user(1), user(2, "Paul Durand", of=entity(18, "rh"))], entities=[entity(), entity(18, "rh")])
    diff = make_diff(before, view([user(1)]))
    assert [(d.kind, d.resource) for d in diff.differences if d.resource != "xivos"] == [
        ("removed", "users"),
        ("removed", "entities"),
    ]
    assert diff.not_compared == ()


def test_a_reference_to_what_one_side_does_not_list_is_no_change() -> None:
    """A template names an entity that the other login cannot see: the same record."""
    entities = [entity(), entity(18, "rh")]
    names = ["default@10.0.0.1", "rh@10.0.0.1"]
    before = view(entities=entities, templates=[template(entities=names)])
    after = view(templates=[template(entities=names)], login="telecom", without=["administrators"])
    assert compared(before, after) == [] == compared(after, before)


def test_a_sheet_that_is_missing_is_not_compared() -> None:
    """Whichever side lacks it, and why."""
    whole = view([user(1)], templates=[template()])
    part = view([user(1)], without=["templates", "administrators"], unreadable={"administrators": "403 no"})
    diff = make_diff(whole, part)
    assert diff.differences == ()
    assert left_out(diff) == [("templates", "", "sheet", "after", 0), ("administrators", "", "sheet", "after", 0)]
    assert [n.reason for n in diff.not_compared] == ["", "403 no"]


def test_who_is_in_an_entity_that_a_side_without_entities_does_not_show_is_not_removed() -> None:
    """A list of users alone may hold one entity only: those of the others are left out."""
    entities = [entity(), entity(18, "rh")]
    before = view([user(1), user(2, "Paul Durand", of=entities[1]), user(3, "Zoé Petit")], entities=entities)
    after = view([user(1)], without=["entities", "templates", "administrators"])
    diff = make_diff(before, after)
    assert [(d.kind, d.name) for d in diff.differences if d.resource == "users"] == [("removed", "Zoé Petit")]
    assert ("entities", "Rh", "not_listed", "after", 1) in left_out(diff)


def test_which_readings_are_of_one_server() -> None:
    """A shared XiVO at one address; at another address the ids must mean the same."""
    here = view(xivos=[xivo()])
    assert is_same_server(here, view(xivos=[xivo(), xivo(2)]))
    assert not is_same_server(here, view(xivos=[xivo(uuid="other")]))
    assert is_same_server(here, view(server="https://xcu"))
    assert not is_same_server(here, view(server="https://xcu", xivos=[xivo(5, uuid="uuid-1")]))
    assert not is_same_server(here, view(server="https://xcu", entities=[entity(17, "urgences")]))
    bare = view(xivos=[])
    assert is_same_server(bare, bare) and not is_same_server(bare, view(xivos=[], server="https://xcu"))
