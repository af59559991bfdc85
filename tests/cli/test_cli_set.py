"""`--set`: what HR leaves out, said once for all new rows."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from support import Cli, add_rows, read_sheet, write_csv, writes

from xcu_sheets.sandbox import Fault, Sandbox

CHIRURGIE = "chirurgie@192.168.29.220"
SET = ("--set", "entity=Chirurgie", "--set", "modèle=Modèle standard")
NAMES = [("Ada", "Lovelace"), ("Alan", "Turing"), ("Grace", "Hopper")]


@pytest.fixture
def listed(tmp_path: Path) -> Path:
    """A list of names and nothing else."""
    return write_csv(tmp_path / "people.csv", [{"Prénom": f, "Nom": n, "Service": "Bloc"} for f, n in NAMES])


def posted(server: Sandbox) -> int:
    """Return how many people were made."""
    return [path for _, path in writes(server)].count("/users")


def test_a_list_of_names_becomes_people(cli: Cli, server: Sandbox, listed: Path) -> None:
    """Entity and template come from the command line, by any name of column and record; the plan says so."""
    shown = cli("plan", listed, *SET).output
    assert "3 to create" in shown
    assert f"Ada Lovelace  {CHIRURGIE}  number 2102 (assigned)  template Modèle standard" in shown
    assert "users entity: Chirurgie in 3 new rows that leave it blank, by --set" in shown
    cli("import", listed, *SET, "--yes")
    assert posted(server) == 3


@pytest.mark.parametrize("again", [SET, (), ("--set", "template=Modèle standard")])
def test_the_same_list_again_makes_nobody(cli: Cli, server: Sandbox, listed: Path, again: tuple[str, ...]) -> None:
    """A row is known by what it says itself, whether --set is given again, or in part, or left out."""
    cli("import", listed, *SET, "--yes")
    server.clear_calls()
    assert "3 unchanged" in cli("import", listed, *again, "--yes").output
    assert writes(server) == []


def test_the_same_list_for_another_entity_makes_nobody(cli: Cli, server: Sandbox, listed: Path) -> None:
    """Each row made somebody elsewhere, and says who: no second person by a slip of the hand."""
    cli("import", listed, *SET, "--yes")
    server.clear_calls()
    other = ("--set", "entity=default@192.168.29.221", "--set", "template=Modèle standard")
    assert "Ada Lovelace is already there" in cli("import", listed, *other, "--yes", code=1).output
    assert writes(server) == []


def test_rows_of_an_exported_book_know_their_people_too(cli: Cli, server: Sandbox, tmp_path: Path) -> None:
    """New rows of an export are filled, the others are not; imported again with and without --set: nothing to do."""
    book = tmp_path / "book.xlsx"
    cli("export", book)
    add_rows(book, "users", [{"first_name": f, "last_name": n} for f, n in NAMES])
    cli("import", book, *SET, "--yes")
    assert [method for method, _ in writes(server)] == ["POST"] * 3
    server.clear_calls()
    for again in (SET, ()):
        cli("import", book, *again, "--yes")
    assert writes(server) == []


def test_what_is_typed_stays(cli: Cli, tmp_path: Path) -> None:
    """Only blank cells are filled, and only of rows that would create somebody."""
    rows = [
        {"Id": "", "Prénom": "Ada", "Nom": "Lovelace", "Site": "default@192.168.29.221"},
        {"Id": "", "Prénom": "Alan", "Nom": "Turing", "Site": ""},
        {"Id": "6", "Prénom": "", "Nom": "", "Site": ""},
    ]
    plan = tmp_path / "plan.json"
    cli("plan", write_csv(tmp_path / "people.csv", rows), *SET, "--set", "cti_login=x.y", "-o", plan, code=None)
    changes = json.loads(plan.read_text())["changes"]
    assert [(c["row"], c["entity"]) for c in changes] == [(2, "default@192.168.29.221"), (3, CHIRURGIE)]


def test_a_person_found_by_number_is_not_filled(cli: Cli, server: Sandbox, tmp_path: Path) -> None:
    """The entity tells who is meant; a login for new people is not given to somebody who is there already."""
    book = tmp_path / "export.xlsx"
    cli("export", book)
    found = read_sheet(book, "users")[3]
    row = {"Prénom": found["First name"], "Nom": found["Last name"], "Poste": found["Internal number"]}
    asked = ("--set", f"entity={found['Entity']}", "--set", "cti_login=somebody")
    result = cli("import", write_csv(tmp_path / "people.csv", [row]), *asked, "--yes")
    assert f"{found['First name']} {found['Last name']} is already there" in result.output
    assert "new rows" not in result.output
    assert writes(server) == []


def test_resume_needs_no_set(cli: Cli, server: Sandbox, listed: Path) -> None:
    """The plan on record has what was filled in; `import` without it offers that run too."""
    away = {"Location": "http://elsewhere.invalid/"}
    server.add_fault(Fault("status", method="POST", path="/users", nth=2, code=301, headers=away))
    cli("import", listed, *SET, "--yes", code=3)
    assert "Result: 3 created" in cli("import", listed, "--yes", "--settle", 0.05).output
    assert "3 unchanged" in cli("import", listed, "--yes").output


def test_check_fills_too(cli: Cli, listed: Path) -> None:
    """Without --set the needed cells are missing, and the message names the way out."""
    bare = cli("check", listed, "--no-problems", code=1).output
    assert "is blank: a new row needs it (one for all of them: --set entity=...)" in bare
    assert "people.csv: 3 rows in users: 1 warning." in cli("check", listed, *SET).output


def test_the_report_keeps_the_persons_columns(cli: Cli, listed: Path, tmp_path: Path) -> None:
    """The report has the list's own columns, the ids and the numbers."""
    report = tmp_path / "report.xlsx"
    cli("import", listed, *SET, "--yes", "--report", report)
    rows = read_sheet(report, "users")
    assert [row["Service"] for row in rows] == ["Bloc"] * 3
    assert all(row["Id"] for row in rows)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("entty=Chirurgie", "no such column: did you mean entity?"),
        ("zzz=1", "no such column: write one of entity, template"),
        ("cti_password=Secret-1", "a password is not given to several people"),
        ("mot de passe=Secret-1", "a password is not given to several people"),
        ("id=5", "id cannot be set, only entity, template"),
        ("mail=a@b.c", "mail cannot be set"),
        ("entity", "write COLUMN=VALUE"),
        ("entity=", "write COLUMN=VALUE"),
        ("entity=<clear>", "write COLUMN=VALUE"),
        ("template=Nobody", "--set template=Nobody is not one of the templates: write one of "),
        ("entity=default", "--set entity=default is not one of the entities: write one of Siège"),
    ],
)
def test_what_cannot_be_set_is_said_in_one_line(cli: Cli, server: Sandbox, listed: Path, given: str, said: str) -> None:
    """Nothing is sent, and no password is repeated."""
    result = cli("import", listed, "--set", given, "--yes", code=2)
    assert said in result.output
    assert "Secret-1" not in result.output
    assert writes(server) == []


def test_one_column_is_set_once(cli: Cli, listed: Path) -> None:
    """Two values for one column have no one meaning."""
    assert "entity is set twice" in cli("plan", listed, "--set", "entity=a", "--set", "site=b", code=2).output


def test_bad_values_are_problems_of_their_rows(cli: Cli, listed: Path) -> None:
    """What is set obeys the rules of typed cells."""
    result = cli("plan", listed, *SET, "--set", "internal_number=12a", code=1)
    assert "users!2 internal_number: 12a is not a number" in result.output
