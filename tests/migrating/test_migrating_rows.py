"""Which rows a mapping makes of which people: numbers given once, people known again, and why somebody cannot move."""

from __future__ import annotations

from dataclasses import replace

from migrating.worlds import mapped, view

from xcu_sheets.migrating.mapping import Place, Wish
from xcu_sheets.migrating.rows import Moving, make_rows
from xcu_sheets.migrating.servers import migration_id
from xcu_sheets.migrating.sheets import CREATE, LEAVE
from xcu_sheets.model.view import View

HOMES = [("nord", "Site nord", "new", "2000-2099"), ("sud", "Site sud", "new", "3000-3099")]
OLD = [("nord", "Nord", "old", "2000-2099"), ("sud", "Sud", "old", "2000-2099")]


def rows(moving: Moving) -> dict[int, dict[str, str]]:
    """Return the users' rows."""
    return moving.book.sheets["users"].frame.to_dict("index")


def numbers(moving: Moving) -> dict[int, str]:
    """Return the numbers of the users' rows."""
    return {row: cells["internal_number"] for row, cells in rows(moving).items()}


def codes(moving: Moving) -> set[tuple[int, str]]:
    """Return what is said of rows."""
    return {(p.row, p.code) for p in moving.book.problems}


def old(*people: tuple[str, str, str, str, str]) -> View:
    """Return a source with these people."""
    return view("old", OLD, people)


def new(*people: tuple[str, str, str, str, str]) -> View:
    """Return a target with these people."""
    return view("new", HOMES, people)


def test_a_number_that_somebody_keeps_is_given_to_nobody_else() -> None:
    """Who keeps theirs where it is free gives way to who keeps theirs anyway, wherever they stand in the list."""
    source = old(("nord@old", "Ada", "A", "3001", ""), ("sud@old", "Bob", "B", "3001", ""))
    moving = make_rows(mapped(nord="keep where free", sud="keep"), source, new(), path="p")
    assert numbers(moving) == {1: "", 2: "3001"}


def test_of_two_who_keep_a_number_where_it_is_free_one_does() -> None:
    """Numbers of two XiVOs meet on one: the second gets another."""
    source = old(("nord@old", "Ada", "A", "2001", ""), ("nord@old", "Bob", "B", "2001", ""))
    moving = make_rows(mapped(nord="keep where free"), source, new(), path="p")
    assert sorted(numbers(moving).values()) == ["", "2001"]


def test_a_number_that_the_server_does_not_list_is_not_kept() -> None:
    """A group or queue may hold it; beyond the end of a list nothing is known."""
    source = old(*(("nord@old", f"P{n}", "A", f"20{n:02}", "") for n in (1, 2, 50)))
    listed = {"nord@new": ["2001", "2003"]}
    moving = make_rows(mapped(nord="keep where free"), source, new(), path="p", listed=listed)
    assert numbers(moving) == {1: "2001", 2: "", 3: "2050"}


def test_a_number_that_no_shift_is_about_is_said() -> None:
    """The others are shifted."""
    source = old(("nord@old", "Ada", "A", "2001", ""), ("nord@old", "Bob", "B", "4001", ""))
    moving = make_rows(mapped(nord="2xxx -> 3xxx"), source, new(), path="p")
    assert numbers(moving)[1] == "3001"
    assert codes(moving) == {(2, "move_no_shift")}


def test_people_are_known_again_by_number_login_and_names() -> None:
    """A number counts with both names, a login likewise; names alone are refused; nobody is two people."""
    source = old(
        ("nord@old", "Ada", "Arnaud", "2001", ""),
        ("nord@old", "Bob", "Blanc", "2002", "bob"),
        ("nord@old", "Eve", "Petit", "2003", ""),
        ("nord@old", "Marie", "Roux", "2004", "marie"),
        ("nord@old", "Marie", "Durand", "2005", ""),
    )
    target = new(
        ("nord@new", "ADA", "Arnaud", "2001", ""),
        ("nord@new", "Bob", "BLANC", "2090", "BOB"),
        ("nord@new", "Eve", "Petit", "2091", ""),
        ("nord@new", "Jean", "Leroy", "2092", "marie"),
        ("nord@new", "Marie", "Autre", "2005", ""),
    )
    moving = make_rows(mapped(nord="keep"), source, target, path="p")
    assert {row: match.by for row, match in moving.matches.items()} == {1: "number", 2: "login"}
    assert codes(moving) == {(3, "move_same")}
    assert set(rows(moving)) == {3, 4, 5}


def test_namesakes_are_told_apart_one_by_one() -> None:
    """Two of one name at the source, one at the target: one of them may be that person, the other moves."""
    source = old(("nord@old", "Jean", "Martin", "2001", ""), ("nord@old", "Jean", "Martin", "2002", ""))
    target = new(("nord@new", "Jean", "Martin", "2050", ""))
    move_map = replace(
        mapped(nord="keep"), same={"number": "already there", "login": "already there", "names": "already there"}
    )
    moving = make_rows(move_map, source, target, path="p")
    assert len(moving.matches) == len(rows(moving)) == 1


def test_who_was_moved_before_is_known_by_the_record_alone() -> None:
    """Whatever name and number they have by now; a record that is gone is made anew."""
    source = old(("nord@old", "Ada", "A", "2001", ""), ("nord@old", "Bob", "B", "2002", ""))
    target = new(("nord@new", "Adeline", "Z", "2077", ""))
    moving = make_rows(mapped(nord="keep"), source, target, path="p", known={1: "1", 2: "99"})
    assert {row: match.id for row, match in moving.matches.items()} == {1: "1"}
    assert moving.origins[1]["there"] == "1"
    assert set(rows(moving)) == {2}


def test_an_entity_is_made_once_with_the_intervals_of_its_numbers() -> None:
    """It is named by name and XiVO until it lives; then it is the target's own, and no row makes it again."""
    move_map = mapped(nord="2xxx -> 52xxx")
    place = replace(move_map.places["nord@old"], target=CREATE)
    move_map = replace(move_map, places={"nord@old": place}, xivos={"old": "new"})
    source = old(("nord@old", "Ada", "A", "2001", ""))
    empty = view("new", HOMES[1:])
    moving = make_rows(move_map, source, empty, path="p")
    entity = moving.book.sheets["entities"].frame.to_dict("records")[0]
    assert (entity["name"], entity["xivo"], entity["intervals"]) == ("nord", "new", "52000-52099")
    assert rows(moving)[1]["entity"] == "nord@new"
    there = make_rows(move_map, source, new(), path="p")
    assert not there.makes_entities
    assert rows(there)[1]["entity"] == "nord@new"


def test_who_has_no_place_and_who_stays() -> None:
    """An entity without a line is a problem of its people, one that stays is counted, a wish is one of a person."""
    source = old(("nord@old", "Ada", "A", "2001", ""), ("sud@old", "Bob", "B", "2002", ""))
    moving = make_rows(mapped(nord="keep"), source, new(), path="p")
    assert codes(moving) == {(2, "move_no_place")}
    move_map = mapped(nord="keep", sud="keep")
    places = {**move_map.places, "sud@old": Place(3, LEAVE)}
    moving = make_rows(replace(move_map, places=places, wishes={"1": Wish(2, stays=True)}), source, new(), path="p")
    assert codes(moving) == {(1, "move_stays")}
    assert rows(moving)[1]["action"] == "skip"
    assert moving.staying == 1


def test_a_migration_is_the_same_book_every_time() -> None:
    """Its id follows from the two servers, and somebody's row from their id at the source."""
    people = [("nord@old", "Ada", "A", "2001", ""), ("nord@old", "Bob", "B", "2002", "")]
    one, other = (make_rows(mapped(nord="keep"), old(*people), new(), path=path) for path in ("p", "q"))
    assert one.book.book_id == other.book.book_id == migration_id(old(), "r", new())
    assert migration_id(old(), "", view("newer", HOMES)) != one.book.book_id
    assert set(rows(one)) == {1, 2}
