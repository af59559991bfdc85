"""check, import and plan write the problems copy, and importing the mended copy is importing the mended book."""

from __future__ import annotations

import json
from pathlib import Path

import openpyxl
import pytest
from support import Cli, add_rows, edit, people, row_of, write_csv, writes

from xcu_sheets.cli.problems import save_problems
from xcu_sheets.files import read_book
from xcu_sheets.sandbox import Sandbox

CHIRURGIE = "chirurgie@192.168.29.220"
MENDED = {(3, "internal_number"): "2650", (4, "last_name"): "Mended", (5, "cti_login"): "good.login"}


def export(cli: Cli, path: Path) -> Path:
    """Export, add a new person, and leave the book."""
    cli("export", path)
    add_rows(path, "users", people(2, CHIRURGIE))
    return path


def broken(path: Path) -> Path:
    """Make three bad cells and a good edit."""
    cells = {(3, "internal_number"): "99", (4, "last_name"): "x" * 140, (5, "cti_login"): "a b"}
    edit(path, "users", {**cells, (6, "first_name"): "Renée"})
    return path


def mend(path: Path, bad: str, good: str) -> None:
    """Type one text over another, as a person does in Excel or in an editor."""
    if path.suffix == ".csv":
        path.write_bytes(path.read_bytes().replace(f";{bad};".encode(), f";{good};".encode()))
        return
    book = openpyxl.load_workbook(path)
    for cell in (cell for row in book.worksheets[1] for cell in row if cell.value == bad):
        cell.value = good
    book.save(path)


def plan_of(cli: Cli, book: Path, name: str, *, code: int = 0) -> dict:
    """Return what a plan says of a book, but for the file it came from."""
    out = book.with_name(f"{name}.json")
    cli("plan", book, "-o", out, code=code)
    plan = json.loads(out.read_text())
    for member in ("run", "made_at", "checksum", "letters"):
        plan.pop(member)
    plan["book"].pop("path")
    plan["problems"] = [{k: v for k, v in p.items() if k != "cell"} for p in plan["problems"]]
    return plan


def test_a_mended_copy_plans_as_the_mended_book(cli: Cli, tmp_path: Path) -> None:
    """Export, break cells, check, mend the copy: the same changes, numbers, digest and book id as from the original."""
    book = broken(export(cli, tmp_path / "book.xlsx"))
    result = cli("check", book, code=1)
    copy = tmp_path / "book.problems.xlsx"
    assert f"Problems in their own cells: {copy}" in result.output
    edit(copy, "users", MENDED)
    edit(book, "users", MENDED)
    planned = plan_of(cli, copy, "copy")
    assert planned == plan_of(cli, book, "original")
    assert sorted(change["action"] for change in planned["changes"]) == ["create"] * 2 + ["update"] * 4


def test_an_unmended_copy_plans_as_the_book(cli: Cli, tmp_path: Path) -> None:
    """Nothing gets lost on the way: the bad cells are as bad in the copy."""
    book = broken(export(cli, tmp_path / "book.xlsx"))
    cli("check", book, code=1)
    copied = plan_of(cli, tmp_path / "book.problems.xlsx", "copy", code=1)
    assert copied == plan_of(cli, book, "original", code=1)


def test_import_sends_the_good_rows_and_marks_the_others(cli: Cli, server: Sandbox, tmp_path: Path) -> None:
    """The mended copy then sends what stayed behind, and nobody twice."""
    book = broken(export(cli, tmp_path / "book.xlsx"))
    output = cli("import", book, "--yes", code=1).output
    assert len(writes(server)) == 3
    assert "Problems in their own cells" in output
    copy = tmp_path / "book.problems.xlsx"
    edit(copy, "users", MENDED)
    server.clear_calls()
    cli("import", copy, "--yes")
    assert sorted(method for method, _ in writes(server)) == ["PUT"] * 3


@pytest.mark.parametrize("ending", ["xlsx", "csv"])
def test_a_list_made_by_hand_goes_on_from_its_copy(cli: Cli, server: Sandbox, tmp_path: Path, ending: str) -> None:
    """Rows that were created from the list are known again in its copy, by their cells."""
    rows = [{**row, "Matricule": f"M{n}"} for n, row in enumerate(people(4, CHIRURGIE))]
    rows[2]["last_name"] = "x" * 140
    book = tmp_path / f"people.{ending}"
    if ending == "csv":
        write_csv(book, rows)
    else:
        opened = openpyxl.Workbook()
        for cells in (list(rows[0]), *(list(row.values()) for row in rows)):
            opened.active.append(cells)
        opened.save(book)
    cli("import", book, "--yes", code=1)
    assert [method for method, _ in writes(server)] == ["POST"] * 3
    copy = tmp_path / f"people.problems.{ending}"
    mend(copy, "x" * 140, "Mended")
    server.clear_calls()
    output = cli("import", copy, "--yes").output
    assert [method for method, _ in writes(server)] == ["POST"]
    assert "3 unchanged" in output


def test_nobody_is_created_without_the_password_that_was_typed(cli: Cli, server: Sandbox, tmp_path: Path) -> None:
    """The copy has no passwords: new users wait for theirs, and are sent once it is typed again."""
    book = export(cli, tmp_path / "book.xlsx")
    last = max(row_of(book, "users", "first_name", f"Person {n}") for n in range(2))
    edit(
        book,
        "users",
        {(last, "cti_login"): "new.one", (last, "cti_password"): "Zx9secret", (3, "internal_number"): "9"},
    )
    cli("check", book, code=1)
    copy = tmp_path / "book.problems.xlsx"
    edit(copy, "users", {(3, "internal_number"): "2650"})
    output = cli("import", copy, "--yes", code=1).output
    assert "cti_password: the password was left out of this copy" in output
    assert len(writes(server)) == 2
    edit(copy, "users", {(last, "cti_password"): "Zx9secret"})
    server.clear_calls()
    cli("import", copy, "--yes")
    assert [method for method, _ in writes(server)] == ["POST"]
    created = max(id_ for id_ in range(1, 80) if server.user_row(id_))
    assert server.password_of(created) == "Zx9secret"


def test_a_plan_never_takes_a_stand_in_for_a_password(cli: Cli, server: Sandbox, tmp_path: Path) -> None:
    """The copy is the plan's book by its digest, yet has no password to send: the row is not sent."""
    book = tmp_path / "book.xlsx"
    cli("export", book)
    add_rows(book, "users", [{**people(1, CHIRURGIE)[0], "cti_login": "new.one", "cti_password": "Zx9secret"}])
    save_problems(read_book(book), [], to=str(tmp_path / "copy.xlsx"))
    cli("plan", book, "-o", tmp_path / "plan.json")
    output = cli("apply", tmp_path / "plan.json", "--book", tmp_path / "copy.xlsx", "--yes", code=None).output
    assert "1 not_sent" in output
    assert writes(server) == []


def test_check_names_the_file_in_json(cli: Cli, tmp_path: Path) -> None:
    """One object on stdout, with the file written, or null."""
    book = broken(export(cli, tmp_path / "book.xlsx"))
    body = json.loads(cli("check", book, "--json", code=1).stdout)
    assert body["problems_file"] == str(tmp_path / "book.problems.xlsx")
    assert Path(body["problems_file"]).is_file()
    assert json.loads(cli("check", book, "--json", "--no-problems", code=1).stdout)["problems_file"] is None


def test_no_file_without_need(cli: Cli, tmp_path: Path) -> None:
    """Good rows with an unknown column, a plan, a dry run, --no-problems: nothing is left behind."""
    good = write_csv(tmp_path / "good.csv", [{**people(1, CHIRURGIE)[0], "Matricule": "M1"}])
    cli("check", good)
    cli("import", good, "--yes")
    book = broken(export(cli, tmp_path / "book.xlsx"))
    cli("check", book, "--no-problems", code=1)
    cli("plan", book, code=1)
    cli("import", book, "--dry-run", code=1)
    cli("import", book, "--yes", "--no-problems", code=1)
    assert not [path.name for path in tmp_path.iterdir() if ".problems" in path.name]


@pytest.mark.parametrize("command", ["check", "plan", "import"])
def test_the_file_goes_where_it_is_asked_for(cli: Cli, tmp_path: Path, command: str) -> None:
    """--problems FILE writes it there; the book itself and another ending are refused."""
    book = broken(export(cli, tmp_path / "book.xlsx"))
    more = ["--dry-run"] if command == "import" else []
    cli(command, book, "--problems", tmp_path / "mine.xlsx", *more, code=1)
    assert (tmp_path / "mine.xlsx").is_file()
    before = book.read_bytes()
    assert "is the book itself" in cli(command, book, "--problems", book, *more, code=2).output
    assert "ends in .xlsx" in cli(command, book, "--problems", tmp_path / "mine.ods", *more, code=2).output
    assert book.read_bytes() == before


def test_a_second_check_does_not_touch_a_mended_copy(cli: Cli, tmp_path: Path) -> None:
    """Who mends half of the copy and checks the book again by habit keeps that half."""
    book = broken(export(cli, tmp_path / "book.xlsx"))
    cli("check", book, code=1)
    copy = tmp_path / "book.problems.xlsx"
    edit(copy, "users", MENDED)
    mended = copy.read_bytes()
    assert "book.problems-2.xlsx" in cli("check", book, code=1).output
    assert copy.read_bytes() == mended


def test_a_folder_that_takes_no_file_is_only_said(cli: Cli, tmp_path: Path) -> None:
    """The problems are on the screen, and the exit code is theirs; a file that was asked for is another matter."""
    book = broken(export(cli, tmp_path / "book.xlsx"))
    long = book.rename(tmp_path / f"{'b' * 245}.xlsx")  # the copy's name would be longer than a name may be
    result = cli("check", long, code=1)
    assert "Note: no problems file was written" in result.stderr
    assert "3 errors" in result.stdout
    lost = tmp_path / "nowhere" / "x.xlsx"
    assert "does not exist" in cli("check", long, "--problems", lost, code=2).output
