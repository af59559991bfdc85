"""A list that carries the staff's own numbers: imported again and again, from any file, it means the same people."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from support import Cli, live_user, people, write_csv, writes

from xcu_sheets.sandbox import Sandbox

CHIRURGIE = "chirurgie@192.168.29.220"
KEY = ("--key", "Matricule")


@pytest.fixture
def staff(cli: Cli, tmp_path: Path) -> dict[str, str]:
    """Three people imported from a list with their Matricule; the ids they got, by it."""
    path = write_csv(tmp_path / "staff.csv", listed())
    return imported(cli, path, "created")


def listed() -> list[dict[str, str]]:
    """Return the list as HR sent it first."""
    return [{"Matricule": f"00{n}1", **row} for n, row in enumerate(people(3, CHIRURGIE))]


def imported(cli: Cli, path: Path, status: str, code: int = 0, *options: str) -> dict[str, str]:
    """Import a list with its key; return the ids by Matricule of the rows that ended in a status."""
    report = path.with_suffix(".report.json")
    cli("import", path, *KEY, "--yes", "--report", report, *options, code=code)
    rows = json.loads(report.read_text())["rows"]
    lines = path.read_text("utf-8-sig").splitlines()
    at = lines[0].split(";").index("Matricule")
    return {lines[r["row"] - 1].split(";")[at]: r["id"] for r in rows if r["status"] == status}


def names(server: Sandbox, id_: str) -> tuple[str, str]:
    """Return what a user is called on the server."""
    row = live_user(server, int(id_))
    return row["first_name"], row["last_name"]


def test_a_renamed_person_is_updated_not_created(
    cli: Cli, server: Sandbox, tmp_path: Path, staff: dict[str, str]
) -> None:
    """The same list, one person under another name: one PUT; and the next time there is nothing to do."""
    rows = listed()
    rows[1] |= {"first_name": "Ada", "last_name": "Lovelace"}
    path = write_csv(tmp_path / "staff.csv", rows)
    server.clear_calls()
    assert imported(cli, path, "updated") == {"0011": staff["0011"]}
    assert writes(server) == [("PUT", f"/users/{staff['0011']}")]
    assert names(server, staff["0011"]) == ("Ada", "Lovelace")
    server.clear_calls()
    assert imported(cli, path, "unchanged") == staff
    assert writes(server) == []


def test_another_file_means_the_same_people(cli: Cli, server: Sandbox, tmp_path: Path, staff: dict[str, str]) -> None:
    """Another path, the rows in another order, other columns, a header in capitals; a new person among them."""
    rows: list[dict[str, Any]] = [
        {"Service": "Bloc", "Prénom": row["first_name"], "MATRICULE ": row["Matricule"], "Nom": f"Neuf{n}"}
        for n, row in enumerate(listed())
    ]
    new = {"Prénom": "Eve", "Nom": "Neuve", "MATRICULE ": "0099", "Site": CHIRURGIE, "Modèle": "Modèle standard"}
    (tmp_path / "elsewhere").mkdir()
    path = write_csv(tmp_path / "elsewhere" / "juin.csv", [new, *reversed(rows)], encoding="cp1252")
    result = cli("plan", path, *KEY)
    assert f"this row is Person 2 Testchi2, id {staff['0021']}, by its MATRICULE" in result.output
    server.clear_calls()
    cli("import", path, *KEY, "--yes")
    assert sorted(method for method, _ in writes(server)) == ["POST", "PUT", "PUT", "PUT"]
    assert [names(server, staff[f"00{n}1"]) for n in range(3)] == [(f"Person {n}", f"Neuf{n}") for n in range(3)]


def test_an_exported_book_knows_them_too(cli: Cli, server: Sandbox, tmp_path: Path, staff: dict[str, str]) -> None:
    """Rows pasted into a book of another time are the people whom the list made."""
    folder = tmp_path / "book"
    cli("export", folder, "--entity", "default@192.168.29.221", "--only", "users")
    users = folder / "users.csv"
    header, *lines = users.read_text("utf-8-sig").splitlines()
    columns = header.split(";")
    cells = {"first_name": "Ada", "last_name": "Lovelace", "entity": CHIRURGIE}
    pasted = ";".join(cells.get(column, "") for column in columns)
    text = [f"{header};Matricule", *(f"{line};" for line in lines), f"{pasted};0011"]
    users.write_text("\r\n".join(text) + "\r\n", "utf-8-sig")
    server.clear_calls()
    cli("import", folder, *KEY, "--yes")
    assert writes(server) == [("PUT", f"/users/{staff['0011']}")]
    assert names(server, staff["0011"]) == ("Ada", "Lovelace")


def test_a_list_with_ids_teaches_the_keys(cli: Cli, server: Sandbox, tmp_path: Path) -> None:
    """Rows with an id, updated or unchanged, are known by their key in the next list, which has no ids."""
    first = [
        {"id": str(n), "Matricule": f"A{n}", "first_name": row["first_name"], "last_name": row["last_name"]}
        for n in (5, 6, 7)
        for row in [live_user(server, n)]
    ]
    first[0]["first_name"] = "Renée"
    cli("import", write_csv(tmp_path / "ids.csv", first), *KEY, "--yes")
    second = [{"Matricule": f"a{n}", "first_name": "New", "last_name": f"Name{n}"} for n in (7, 6, 5)]
    path = write_csv(tmp_path / "no-ids.csv", second)
    assert imported(cli, path, "updated") == {"a5": "5", "a6": "6", "a7": "7"}
    assert names(server, "7") == ("New", "Name7")


def test_without_the_key_the_renamed_person_would_be_new(cli: Cli, tmp_path: Path, staff: dict[str, str]) -> None:
    """What the option is for: the plan of the same list without it."""
    rows = listed()
    rows[1] |= {"first_name": "Ada", "last_name": "Lovelace"}
    path = write_csv(tmp_path / "staff.csv", rows)
    assert "1 to create" in cli("plan", path, code=None).output
    assert "1 to update, 2 unchanged" in cli("plan", path, *KEY).output


def test_another_machine_asks(cli: Cli, server: Sandbox, tmp_path: Path, staff: dict[str, str]) -> None:
    """The keys are in this machine's history: elsewhere the same names are a question, and nobody is made twice."""
    server.clear_calls()
    path = write_csv(tmp_path / "copy.csv", listed())
    cli("import", path, *KEY, "--yes", code=1, state=tmp_path / "elsewhere")
    assert writes(server) == []


def test_a_person_deleted_since_is_refused_until_told_to_create(
    cli: Cli, server: Sandbox, tmp_path: Path, staff: dict[str, str]
) -> None:
    """Then the key means the new record."""
    gone = {"action": "delete", "id": staff["0011"], "Matricule": "0011", **people(3, CHIRURGIE)[1]}
    cli("import", write_csv(tmp_path / "leave.csv", [gone]), *KEY, "--yes", "--allow-delete")
    again = {**gone, "action": "", "id": "", "last_name": "Renamed"}
    path = write_csv(tmp_path / "again.csv", [again])
    assert "deleted on the server since" in cli("import", path, *KEY, "--yes", code=1).output.replace("\n", " ")
    made = imported(cli, write_csv(tmp_path / "create.csv", [{**again, "action": "create"}]), "created")
    assert made["0011"] != staff["0011"]
    assert imported(cli, path, "unchanged") == made


def test_a_reviewed_plan_teaches_its_keys(cli: Cli, server: Sandbox, tmp_path: Path) -> None:
    """plan.json holds what apply must remember, and neither it nor the history holds the key itself."""
    rows = [{**row, "Matricule": f"SECRET-{n}"} for n, row in enumerate(people(2, CHIRURGIE))]
    path, plan = write_csv(tmp_path / "staff.csv", rows), tmp_path / "plan.json"
    cli("plan", path, *KEY, "-o", plan)
    cli("apply", plan, "--yes")
    server.clear_calls()
    renamed = write_csv(tmp_path / "renamed.csv", [{**rows[0], "last_name": "Renamed"}])
    cli("import", renamed, *KEY, "--yes")
    assert [method for method, _ in writes(server)] == ["PUT"]
    for file in (plan, tmp_path / "state" / "history.sqlite3"):
        assert b"SECRET-" not in file.read_bytes()


class TestTheProfile:
    """`key = "Matricule"` in the profile is the option, given always."""

    @pytest.fixture(autouse=True)
    def profile(self, tmp_path: Path) -> None:
        """Write the default profile."""
        (tmp_path / "config").mkdir()
        (tmp_path / "config" / "profiles.toml").write_text('[default]\nkey = "Matricule"\n')

    def test_it_gives_the_key(self, cli: Cli, tmp_path: Path, staff: dict[str, str]) -> None:
        """A renamed person is known; `--key ""` goes without."""
        rows = [{**listed()[1], "last_name": "Lovelace"}]
        path = write_csv(tmp_path / "staff.csv", rows)
        assert "1 to update" in cli("plan", path).output
        assert "1 to create" in cli("plan", path, "--key", "").output

    def test_a_list_without_the_column_is_refused(self, cli: Cli, tmp_path: Path) -> None:
        """One line that names the columns it has and the way to go without."""
        path = write_csv(tmp_path / "staff.csv", [{"Matr": "1", **people(1, CHIRURGIE)[0]}])
        result = cli("import", path, "--yes", code=2)
        (line,) = result.output.strip().splitlines()
        assert "Matr, entity, template, first_name, last_name" in line and '--key ""' in line

    def test_a_book_of_ours_goes_without(self, cli: Cli, server: Sandbox, tmp_path: Path) -> None:
        """Its rows have ids; that is said."""
        cli("export", tmp_path / "book.xlsx")
        result = cli("import", tmp_path / "book.xlsx", "--yes")
        assert "no column Matricule" in result.output and writes(server) == []
        assert "no such column" in cli("import", tmp_path / "book.xlsx", *KEY, "--yes", code=2).output
