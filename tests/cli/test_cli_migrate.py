"""People moved from one server to another by a mapping book: draft, move, lists, undo, and the end of the source."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from unicodedata import normalize

import pytest
from cli.moving import append, change_entity, colour_of, fill, read_list, rows_of, write_profiles
from openpyxl import load_workbook
from reliability.stories import users
from support import Cli, add_rows, write_csv, writes

from xcu_sheets.history import History, default_path
from xcu_sheets.running.clock import utc_now
from xcu_sheets.sandbox import Sandbox, SandboxConfig

SIEGE, ERABLES = "default@192.168.29.220", "default@192.168.29.221"
SURGERY, ANALOGUE = "chirurgie@192.168.29.220", "default_analogique@192.168.29.221"
AMBER = "FFFCE8B2"
ALL = 40

pytestmark = pytest.mark.usefixtures("own_folder")  # the report of an undo is written where the command is typed

Move = Callable[..., object]


@pytest.fixture
def server() -> Iterator[Sandbox]:
    """The source: 40 people in four entities."""
    with Sandbox(SandboxConfig(users=ALL)) as sandbox:
        yield sandbox


@pytest.fixture
def target() -> Iterator[Sandbox]:
    """The target: nobody, three entities, the second under another name, the third with longer numbers."""
    with Sandbox(SandboxConfig(users=0, entities=3, seed=2)) as sandbox:
        change_entity(sandbox, ERABLES, display_name="Clinique Érables")
        change_entity(sandbox, SURGERY, intervals='[{"start": "52000", "end": "52999"}]')
        yield sandbox


@pytest.fixture
def mapping(cli: Cli, server: Sandbox, target: Sandbox, tmp_path: Path) -> Path:
    """A mapping book as drafted."""
    write_profiles(tmp_path / "config", old=server.url, new=target.url)
    path = tmp_path / "mapping.xlsx"
    cli("migrate", "old", "--to", "new", "--draft", path)
    return path


def fill_in(mapping: Path) -> Path:
    """Fill in what a draft leaves open: numbers shifted in surgery, the last entity made anew."""
    fill(
        mapping,
        "move entities",
        {
            SURGERY: {"Numbers": "2xxx -> 52xxx"},
            ANALOGUE: {"Target entity": "create", "Target template": "Modèle standard"},
        },
    )
    return mapping


@pytest.fixture
def move(cli: Cli, mapping: Path) -> Move:
    """The move by a mapping that is filled in."""
    fill_in(mapping)

    def run(*arguments: object, source: object = "old", code: int | None = 0) -> object:
        given = ("--mapping", mapping, "--yes", "--without-passwords")
        return cli("migrate", source, "--to", "new", *given, *arguments, code=code)

    return run


def last_run(state: Path) -> str:
    """Return the last run on record."""
    with History.open(default_path(str(state)), now=utc_now) as history:
        return history.runs()[-1].run_id


def people(server: Sandbox) -> set[tuple[str, str, str | None]]:
    """Return everybody by names, as a sheet writes them, and login."""
    named = ((normalize("NFC", u["first_name"]), u["last_name"], u["cti_login"]) for u in users(server))
    return set(named)


def test_a_draft_says_where_everybody_may_go(mapping: Path) -> None:
    """Exact names are filled in, near ones and missing ones are amber, and each says why; numbers by what fits."""
    rows = rows_of(mapping, "move entities")
    assert (rows[SIEGE]["Target entity"], rows[SIEGE]["Numbers"], rows[SIEGE]["Users"]) == (SIEGE, "keep", "10")
    assert rows[ERABLES]["Target entity"] == ERABLES
    assert "Clinique Érables is only called alike" in rows[ERABLES]["Note"]
    assert rows[SURGERY]["Numbers"] == "assign"
    assert rows[ANALOGUE]["Target entity"] == ""
    assert colour_of(mapping, "move entities", SIEGE, "Target entity") != AMBER
    for entity, header in ((ERABLES, "Target entity"), (ANALOGUE, "Target entity"), (SURGERY, "Numbers")):
        assert colour_of(mapping, "move entities", entity, header) == AMBER
    assert rows_of(mapping, "move templates")["Messagerie"]["Target template"] == "Messagerie"
    assert {row["Wave"] for row in rows.values()} == {"1"}


def test_a_draft_never_replaces_a_mapping(cli: Cli, mapping: Path) -> None:
    """A mapping that may be filled in stays as it is."""
    before = mapping.read_bytes()
    result = cli("migrate", "old", "--to", "new", "--draft", mapping, code=2)
    assert "exists already" in result.output
    assert mapping.read_bytes() == before


def test_what_is_wrong_with_a_mapping_is_said_by_sheet_and_cell(cli: Cli, mapping: Path, target: Sandbox) -> None:
    """Blank targets, unknown names, no rule, a wave that is none, a user who is nobody: all at once, nothing sent."""
    fill(
        mapping,
        "move entities",
        {SIEGE: {"Target template": "Modèle rouge", "Wave": "first"}, ERABLES: {"Numbers": "2xx -> 52xxx"}},
    )
    append(mapping, "exceptions", {"User id": "999", "New number": "12a"})
    said = cli("migrate", "old", "--to", "new", "--mapping", mapping, "--yes", code=2).output
    for place in ("move entities!F2", "move entities!G2", "move entities!E3", "move entities!D5"):
        assert f"{place}:" in said
    assert "exceptions!A2:" in said
    assert "exceptions!D2:" in said
    assert writes(target) == []


def test_everybody_moves_with_numbers_by_the_rules(
    move: Move, server: Sandbox, target: Sandbox, tmp_path: Path
) -> None:
    """40 people are made, numbers kept or shifted; the list of old and new ones is for the owner's eyes only."""
    move()
    assert people(target) == people(server)
    path = tmp_path / "mapping.numbers.csv"
    rows = read_list(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert len(rows) == ALL
    codes = {str(u["id"]): (u["internal_number"], u["provisioning_number"]) for u in users(target)}
    assert {r["Target id"]: (r["New number"], r["Provisioning code"]) for r in rows} == codes
    shifted = [r for r in rows if r["Old entity"] == SURGERY]
    assert [r["New number"] for r in shifted] == ["5" + r["Old number"] for r in shifted]
    kept = [r for r in rows if r["Old entity"] == SIEGE]
    assert [r["New number"] for r in kept] == [r["Old number"] for r in kept]
    assert {r["New entity"] for r in rows if r["Old entity"] == ANALOGUE} == {ANALOGUE}
    assert {r["State"] for r in rows} == {"moved"}
    assert [r["What"] for r in read_list(tmp_path / "mapping.not-moved.csv")] == [
        "Mail addresses",
        "Voice mail messages",
        "Provisioning codes",
    ]
    assert writes(server) == []


def test_a_second_migrate_sends_nothing(move: Move, target: Sandbox, tmp_path: Path) -> None:
    """Who was moved is known by the record; the numbers list is whole again."""
    move()
    first, before = (tmp_path / "mapping.numbers.csv").read_bytes(), len(writes(target))
    (tmp_path / "mapping.numbers.csv").unlink()
    assert "nothing to do" in move().output
    assert len(writes(target)) == before
    assert (tmp_path / "mapping.numbers.csv").read_bytes() == first


def test_undo_empties_the_target_again(move: Move, cli: Cli, target: Sandbox, tmp_path: Path) -> None:
    """People and the entity that was made for them are gone; the next migrate moves them anew."""
    said = json.loads(move("--json").stdout)
    assert said["numbers"] == str(tmp_path / "mapping.numbers.csv")
    assert Path(said["not_moved"]).exists()
    cli("undo", last_run(cli.state), "--yes", env={"XCU_URL": target.url})
    assert users(target) == []
    assert target.world.store.one("SELECT COUNT(*) AS n FROM entities")["n"] == 3
    move()
    assert len(users(target)) == ALL
    assert len(read_list(tmp_path / "mapping.numbers.csv")) == ALL


def test_logins_do_not_arrive_without_a_word_about_passwords(
    cli: Cli, mapping: Path, target: Sandbox, tmp_path: Path
) -> None:
    """They are counted, and one of two options is asked for; --credentials makes a password for each."""
    fill_in(mapping)
    arguments = ("migrate", "old", "--to", "new", "--mapping", mapping, "--yes")
    said = cli(*arguments, code=2).output
    assert "24 logins would arrive without a password" in said
    assert writes(target) == []
    cli(*arguments, "--credentials", tmp_path / "new.csv")
    told = {r["CTI login"]: r["CTI password"] for r in read_list(tmp_path / "new.csv")}
    assert len(told) == 24
    assert {u["cti_login"]: u["cti_password"] for u in users(target) if u["cti_login"]} == told


def test_a_book_with_passwords_takes_them_along(
    cli: Cli, mapping: Path, server: Sandbox, target: Sandbox, tmp_path: Path
) -> None:
    """An export --with-secrets is a source whose logins arrive as they were; its lists lie beside it."""
    cli("export", tmp_path / "old.xlsx", "--with-secrets")
    cli("migrate", tmp_path / "old.xlsx", "--to", "new", "--mapping", fill_in(mapping), "--yes")
    secrets = {u["cti_login"]: u["cti_password"] for u in users(server)}
    assert {u["cti_login"]: u["cti_password"] for u in users(target)} == secrets
    assert len(read_list(tmp_path / "old.numbers.csv")) == ALL


def test_a_folder_is_a_source_too(move: Move, cli: Cli, target: Sandbox, tmp_path: Path) -> None:
    """And a migration from an export of a server is the same as one from the server: nobody is made twice."""
    cli("export", tmp_path / "old")
    move(source=tmp_path / "old")
    assert len(users(target)) == ALL
    before = len(writes(target))
    move()
    assert len(writes(target)) == before


def test_one_wave_after_the_other(move: Move, mapping: Path, target: Sandbox) -> None:
    """A mapping with waves asks which; a wave moves its site only, and not before the one in front of it is through."""
    fill(
        mapping,
        "move entities",
        {SIEGE: {"Wave": "1"}, ERABLES: {"Wave": "2"}, SURGERY: {"Wave": "2"}, ANALOGUE: {"Wave": "3"}},
    )
    assert "--wave 1" in move(code=2).output
    assert "not at the target yet" in move("--wave", "2", code=2).output
    assert users(target) == []
    said = move("--wave", "1").output
    assert "Waiting for wave 2: 20 people" in said
    assert len(users(target)) == 10
    move("--wave", "2")
    assert len(users(target)) == 30
    assert target.world.store.one("SELECT COUNT(*) AS n FROM entities")["n"] == 3
    move("--wave", "3")
    assert len(users(target)) == ALL


def test_exceptions_count_for_one_user(
    move: Move, mapping: Path, target: Sandbox, server: Sandbox, tmp_path: Path
) -> None:
    """Somebody stays, somebody gets a number of their own, somebody another template; a list says who stayed."""
    ids = [u["id"] for u in users(server) if u["entity_id"] == 17][:3]
    append(mapping, "exceptions", {"User id": str(ids[0]), "Move": "leave"})
    append(mapping, "exceptions", {"User id": str(ids[1]), "New number": "1199"})
    append(mapping, "exceptions", {"User id": str(ids[2]), "Target template": "Messagerie"})
    move()
    rows = {r["Source id"]: r for r in read_list(tmp_path / "mapping.numbers.csv")}
    assert str(ids[0]) not in rows
    assert rows[str(ids[1])]["New number"] == "1199"
    templates = {u["id"]: u["template_id"] for u in users(target)}
    assert templates[int(rows[str(ids[2])]["Target id"])] == 4
    stayed = [r for r in read_list(tmp_path / "mapping.not-moved.csv") if r["What"] == "Person"]
    assert [(r["Source id"], r["Why"]) for r in stayed] == [(str(ids[0]), "stays, as the mapping says")]


def test_who_is_there_already_is_not_made_again(
    move: Move, cli: Cli, target: Sandbox, server: Sandbox, tmp_path: Path
) -> None:
    """By number and names, or by login and names; by names alone is a question, and the others move."""
    one, two, three = [u for u in users(server) if u["entity_id"] == 17 and u["cti_login"]][:3]
    there = [
        {**_row(one), "internal_number": one["internal_number"]},
        {**_row(two), "internal_number": "1150", "cti_login": two["cti_login"]},
        {**_row(three), "internal_number": "1151"},
    ]
    write_csv(tmp_path / "there.csv", there)
    cli("import", tmp_path / "there.csv", "--yes", env={"XCU_URL": target.url})
    said = move(code=1).output
    assert "known by the same number: 1 person" in said
    assert "known by the same login: 1 person" in said
    assert "has the same names at the target" in said
    assert len(users(target)) == ALL
    states = {r["Source id"]: r["State"] for r in read_list(tmp_path / "mapping.numbers.csv")}
    assert {states[str(u["id"])] for u in (one, two)} == {"was there"}
    assert str(three["id"]) not in states
    fill(tmp_path / "mapping.xlsx", "people there", {"names": {"Meaning": "create"}})
    move()
    assert len(users(target)) == ALL + 1


def _row(user: dict[str, object]) -> dict[str, str]:
    names = {name: str(user[name]) for name in ("first_name", "last_name")}
    return {"entity": SIEGE, "template": "Modèle standard", **names}


def test_keep_where_free_gives_another_number_elsewhere(
    move: Move, mapping: Path, cli: Cli, target: Sandbox, tmp_path: Path
) -> None:
    """A number that somebody else of the target has is not taken: another free one is; keep says whose it is."""
    stranger = {"entity": SIEGE, "template": "Modèle standard", "first_name": "Ada", "last_name": "Autre"}
    write_csv(tmp_path / "there.csv", [{**stranger, "internal_number": "1100"}])
    cli("import", tmp_path / "there.csv", "--yes", env={"XCU_URL": target.url})
    said = move("--dry-run", code=1).output
    assert "1100 belongs to Ada Autre (id 1) at the target: choose keep where free" in said
    fill(mapping, "move entities", {SIEGE: {"Numbers": "keep where free"}})
    move()
    rows = [r for r in read_list(tmp_path / "mapping.numbers.csv") if r["Old entity"] == SIEGE]
    changed = [r for r in rows if r["Old number"] != r["New number"]]
    assert [r["Old number"] for r in changed] == ["1100"]
    assert len({r["New number"] for r in rows}) == len(rows) == 10


def test_a_dry_run_sends_nothing(move: Move, target: Sandbox) -> None:
    """It shows the plan, and --json prints it."""
    result = move("--dry-run", "--json")
    body = json.loads(result.stdout)
    assert len([c for c in body["changes"] if c["action"] == "create"]) == ALL + 1
    assert "Logins that arrive without a password: 24." in result.stderr
    assert writes(target) == []


def test_the_source_is_deleted_later_and_apart(
    move: Move, cli: Cli, server: Sandbox, target: Sandbox, tmp_path: Path
) -> None:
    """Only with --allow-delete, only who is at the target under the number of the list; undo brings them back."""
    move()
    numbers = tmp_path / "mapping.numbers.csv"
    gone, other = users(target)[:2]
    target.world.store.run("DELETE FROM users WHERE id = ?", gone["id"])
    target.world.store.run("UPDATE users SET internal_number = '1198' WHERE id = ?", other["id"])
    arguments = ("migrate", "old", "--to", "new", "--delete-source", numbers, "--yes", "--allow-changes", ALL)
    assert "--allow-delete" in cli(*arguments, code=2).output
    assert writes(server) == []
    said = cli(*arguments, "--allow-delete", code=1).output
    assert "is not at the target" in said
    assert "now 1198" in said
    left = {u["id"] for u in users(server)}
    rows = {r["Target id"]: int(r["Source id"]) for r in read_list(numbers)}
    assert left == {rows[str(gone["id"])], rows[str(other["id"])]}
    cli("undo", last_run(cli.state), "--yes", "--default-template", "Modèle standard", code=1)
    assert len(users(server)) == ALL - 1  # one lay outside the intervals: a server takes such a number no more


def test_nothing_is_deleted_without_a_record_of_the_move(
    move: Move, cli: Cli, server: Sandbox, target: Sandbox, tmp_path: Path
) -> None:
    """A list alone proves nothing: on another machine, and after the move was taken back, nobody is deleted."""
    move()
    arguments = ("migrate", "old", "--to", "new", "--delete-source", tmp_path / "mapping.numbers.csv", "--yes")
    arguments += ("--allow-delete", "--allow-changes", ALL)
    assert "on record here" in cli(*arguments, "--state", tmp_path / "elsewhere", code=2).output
    cli("undo", last_run(cli.state), "--yes", env={"XCU_URL": target.url})
    cli(*arguments, code=1)
    assert len(users(server)) == ALL
    assert writes(server) == []


def test_a_changed_person_of_the_source_is_a_conflict(move: Move, cli: Cli, server: Sandbox, tmp_path: Path) -> None:
    """Who got another number at the source since the move is left for somebody to look at."""
    move()
    server.world.store.run("UPDATE users SET internal_number = '1197' WHERE id = 1")
    arguments = ("migrate", "old", "--to", "new", "--delete-source", tmp_path / "mapping.numbers.csv", "--yes")
    cli(*arguments, "--allow-delete", "--allow-changes", ALL, code=1)
    assert [u["id"] for u in users(server)] == [1]


def test_a_source_that_is_nothing_is_one_line(cli: Cli, mapping: Path) -> None:
    """Neither a file nor a profile; a profile can be named as such."""
    assert (
        "is no file, no folder and no profile"
        in cli("migrate", "oldd", "--to", "new", "--mapping", mapping, code=2).output
    )
    assert "no profile [oldd]" in cli("migrate", "profile:oldd", "--to", "new", "--mapping", mapping, code=2).output


def test_a_source_with_hidden_rows_is_refused(cli: Cli, mapping: Path, target: Sandbox, tmp_path: Path) -> None:
    """Are the hidden ones to stay, or to move? Nobody can tell."""
    cli("export", tmp_path / "old.xlsx")
    book = load_workbook(tmp_path / "old.xlsx")
    book["users"].row_dimensions[3].hidden = True
    book.save(tmp_path / "old.xlsx")
    fill_in(mapping)
    said = cli("migrate", tmp_path / "old.xlsx", "--to", "new", "--mapping", mapping, "--yes", code=2).output
    assert "1 rows of people are hidden" in said
    assert writes(target) == []


def test_rows_deleted_from_a_book_do_not_move(cli: Cli, mapping: Path, target: Sandbox, tmp_path: Path) -> None:
    """What the sheet shows is what moves, edits of the person included; people typed in are nobody of the source."""
    cli("export", tmp_path / "old.xlsx")
    book = load_workbook(tmp_path / "old.xlsx")
    book["users"].delete_rows(3, 36)
    book.save(tmp_path / "old.xlsx")
    add_rows(tmp_path / "old.xlsx", "users", [{"entity": SIEGE, "first_name": "Ada", "last_name": "Neuve"}])
    given = ("--mapping", fill_in(mapping), "--yes", "--without-passwords")
    said = cli("migrate", tmp_path / "old.xlsx", "--to", "new", *given, code=None).output
    assert "1 row without an id is nobody of the source" in said
    assert len(users(target)) == 4


def test_undo_is_refused_where_the_source_is_gone(
    move: Move, cli: Cli, server: Sandbox, target: Sandbox, tmp_path: Path
) -> None:
    """Else the people would be nowhere; after the deletion is taken back, the move may be, too."""
    move()
    moved = last_run(cli.state)
    delete = ("--delete-source", tmp_path / "mapping.numbers.csv", "--allow-delete", "--allow-changes", ALL, "--yes")
    cli("migrate", "profile:old", "--to", "new", *delete)
    assert users(server) == []
    said = cli("undo", moved, "--yes", code=2, env={"XCU_URL": target.url}).output
    assert "would leave them nowhere" in said
    assert len(users(target)) == ALL


def test_a_copied_row_of_a_source_is_refused(cli: Cli, mapping: Path, target: Sandbox, tmp_path: Path) -> None:
    """Two rows of one id would be one person; a list without ids could not be told apart at all."""
    cli("export", tmp_path / "old.xlsx", "--profile", "old", env={"XCU_URL": ""})
    book = load_workbook(tmp_path / "old.xlsx")
    row = [cell.value for cell in book["users"][2]]
    book["users"].append(row)
    book.save(tmp_path / "old.xlsx")
    arguments = ("--to", "new", "--mapping", mapping, "--without-passwords", "--yes")
    assert "have the same id" in cli("migrate", tmp_path / "old.xlsx", *arguments, code=2).output
    write_csv(tmp_path / "list.csv", [{"Entity": SIEGE, "First name": "Ada", "Last name": "Lovelace"}])
    assert "have no id" in cli("migrate", tmp_path / "list.csv", *arguments, code=2).output
    assert writes(target) == []


def test_a_mapping_without_one_of_its_columns_is_refused(move: Move, mapping: Path, target: Sandbox) -> None:
    """A header that was renamed would say nothing, in silence."""
    book = load_workbook(mapping)
    (cell,) = [cell for cell in book["move entities"][1] if cell.value == "Wave"]
    cell.value = "Lot"
    book.save(mapping)
    assert "has no column Wave" in move(code=2).output
    assert writes(target) == []
