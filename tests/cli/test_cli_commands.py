"""The commands as a person meets them: plan and apply, delete, entities, identity, JSON, interruption."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import pytest
from openpyxl import load_workbook
from support import Cli, add_rows, column_of, edit, live_user, people, row_of, start, wait_until, write_csv, writes

from xcu_sheets.sandbox import Sandbox, SandboxConfig

CHIRURGIE = "chirurgie@192.168.29.220"


def test_demo_tells_a_whole_story(tmp_path: Path) -> None:
    """demo ends with exit code 0, its two mistakes refused, everybody else created, files left to look at."""
    run = Cli("http://127.0.0.1:1", tmp_path / "state")
    result = run("demo", "--out", tmp_path / "demo", "--latency", 0)
    assert "6 created, 1 updated, 2 refused" in result.output
    assert "0 rows to send" in result.output
    assert {p.name for p in (tmp_path / "demo").glob("*.xlsx")} == {"1-before.xlsx", "2-report.xlsx", "3-after.xlsx"}


def test_a_plan_is_applied_once_and_as_reviewed(cli: Cli, server: Sandbox, tmp_path: Path) -> None:
    """plan -o, apply: the numbers of the plan are given; a second apply of the same plan is refused."""
    path = write_csv(tmp_path / "p.csv", people(3, CHIRURGIE))
    plan = tmp_path / "plan.json"
    cli("plan", path, "-o", plan)
    assert writes(server) == []
    planned = [c["cells"]["internal_number"] for c in json.loads(plan.read_text())["changes"]]
    cli("apply", plan, "--yes", "--report", tmp_path / "r.json")
    rows = json.loads((tmp_path / "r.json").read_text())["rows"]
    assert [r["internal_number"] for r in rows] == planned
    server.clear_calls()
    assert "already applied" in cli("apply", plan, "--yes", code=2).output
    assert writes(server) == []


def test_a_tampered_or_foreign_plan_is_refused(cli: Cli, server: Sandbox, tmp_path: Path) -> None:
    """A changed number breaks the checksum; another server is another server; neither is sent."""
    path = write_csv(tmp_path / "p.csv", people(1, CHIRURGIE))
    plan = tmp_path / "plan.json"
    cli("plan", path, "-o", plan)
    body = json.loads(plan.read_text())
    body["changes"][0]["cells"]["internal_number"] = "2199"
    (tmp_path / "bad.json").write_text(json.dumps(body))
    assert "changed after it was made" in cli("apply", tmp_path / "bad.json", "--yes", code=2).output
    with Sandbox(SandboxConfig(seed=2)) as other:
        Cli(other.url, tmp_path / "other")("apply", plan, "--yes", code=2)
        assert writes(other) == []
    assert writes(server) == []


@pytest.mark.parametrize(("options", "created"), [((), ["2105", "2108"]), (("--pin-numbers",), ["2105"])])
def test_a_plan_leaves_alone_what_changed_since(
    cli: Cli, server: Sandbox, tmp_path: Path, options: tuple[str, ...], created: list[str]
) -> None:
    """Between plan and apply a colleague edits one record, whose row stays behind, and takes a number we had chosen:

    that row gets another one and says so, unless --pin-numbers forbids it.
    """
    book, plan = tmp_path / "book.xlsx", tmp_path / "plan.json"
    cli("export", book)
    edit(book, "users", {(row_of(book, "users", "id", str(n)), "first_name"): "New" for n in (6, 7)})
    add_rows(book, "users", people(2, CHIRURGIE))
    cli("plan", book, "-o", plan)
    server.edit_user(6, first_name="Other")
    server.edit_user(3, internal_number="2102")
    cli("apply", plan, "--yes", *options, "--report", tmp_path / "r.json", code=1)
    body = json.loads((tmp_path / "r.json").read_text())
    assert (body["counts"]["updated"], body["counts"]["conflict"]) == (1, 1)
    rows = [row for row in body["rows"] if row["action"] == "create"]
    assert sorted(row["internal_number"] for row in rows if row["status"] == "created") == created
    said = "reassigned 2102 -> 2108" if not options else "2102 belongs to"
    assert any(said in row["message"] for row in rows), [row["message"] for row in rows]
    assert live_user(server, 6)["first_name"] == "Other"


def test_deleting_needs_the_word_and_the_option(cli: Cli, server: Sandbox, tmp_path: Path) -> None:
    """delete alone is refused, with --allow-delete the user goes; a row taken out of the book deletes nobody."""
    book = tmp_path / "book.xlsx"
    cli("export", book)
    row = row_of(book, "users", "id", "10")
    edit(book, "users", {(row, "action"): "delete"})
    cli("import", book, "--yes", code=1)
    assert server.user_row(10)
    cli("import", book, "--yes", "--allow-delete")
    assert server.user_row(10) is None
    workbook = load_workbook(book)
    workbook["users"].delete_rows(2, 20)
    workbook.save(book)
    server.clear_calls()
    cli("import", book, "--yes", "--allow-delete")
    assert writes(server) == []


def test_a_new_entity_and_its_people_in_one_book(cli: Cli, server: Sandbox, tmp_path: Path) -> None:
    """With --include entities a new entity comes first and its users get numbers of its intervals; without, nothing."""
    book = tmp_path / "book.xlsx"
    cli("export", book)
    entity = {
        "name": "pediatrie",
        "display_name": "Pédiatrie",
        "xivo": "xivo-220",
        "intervals": "7100-7199",
        "presented_number": "inbNo",
    }
    add_rows(book, "entities", [entity])
    add_rows(book, "users", people(2, "pediatrie"))
    cli("import", book, "--yes", code=1)
    assert writes(server) == []
    cli("import", book, "--yes", "--include", "entities", "--report", tmp_path / "r.json")
    made = [r for r in json.loads((tmp_path / "r.json").read_text())["rows"] if r["status"] == "created"]
    assert [r["internal_number"] for r in made if r["sheet"] == "users"] == ["7100", "7101"]
    server.clear_calls()
    cli("import", book, "--yes", "--include", "entities")
    assert writes(server) == []


def test_a_new_entity_named_like_a_live_one_is_no_guess(cli: Cli, server: Sandbox, tmp_path: Path) -> None:
    """`chirurgie` is made on a second XiVO: people who write just that name are asked which one is meant."""
    book = tmp_path / "book.xlsx"
    cli("export", book)
    twin = {"name": "chirurgie", "display_name": "Chirurgie B", "xivo": "xivo-221", "intervals": "7100-7199"}
    add_rows(book, "entities", [{**twin, "presented_number": "inbNo"}])
    add_rows(book, "users", [*people(1, "chirurgie"), *people(1, CHIRURGIE), *people(1, "Chirurgie B", prefix="B")])
    result = cli("import", book, "--yes", "--include", "entities", code=1)
    assert f"chirurgie means several entities: write one of {CHIRURGIE}" in result.output
    assert "3 created" in result.output and "1 refused" in result.output


def test_an_entity_keeps_what_the_program_does_not_know(cli: Cli, server: Sandbox, tmp_path: Path) -> None:
    """An interval added in the sheet leaves the unknown keys of the other intervals as they were."""
    import requests

    book = tmp_path / "book.xlsx"
    cli("export", book)
    row = row_of(book, "entities", "combined_id", CHIRURGIE)
    edit(book, "entities", {(row, "intervals"): "2100-2199, 2500, 2600-2799, 2900"})
    cli("import", book, "--yes", "--include", "entities")
    with requests.Session() as session:
        session.post(f"{server.url}/api/1.0/login", json={"login": "admin", "password": "superpass"}, timeout=10)
        intervals = session.get(f"{server.url}/api/1.0/entities/{CHIRURGIE}", timeout=10).json()["intervals"]
    assert intervals[0]["routingMode"]
    assert intervals[-1] == {"start": "2900", "end": ""}


def _sort_alone(path: Path, column: str) -> None:
    book = load_workbook(path)
    sheet = book["users"]
    at = column_of(sheet, column)
    cells = [sheet.cell(row, at) for row in range(2, sheet.max_row + 1) if sheet.cell(row, 2).value]
    for cell, value in zip(cells, sorted(str(c.value or "") for c in cells), strict=True):
        cell.value = value or None
    book.save(path)


@pytest.mark.parametrize("column", ["last_name", "first_name", "cti_login", "id"])
def test_a_column_sorted_alone_writes_nothing(cli: Cli, server: Sandbox, tmp_path: Path, column: str) -> None:
    """Excel's "sort this column only" would mix people up: nothing is written."""
    book = tmp_path / "book.xlsx"
    cli("export", book)
    _sort_alone(book, column)
    assert cli("import", book, "--yes", "--allow-changes", 100, code=None).exit_code in (1, 2)
    assert writes(server) == []


def test_ids_dragged_or_copied_write_nothing(cli: Cli, server: Sandbox, tmp_path: Path) -> None:
    """A fill handle dragged over ids, and a row copied with its id, are refused."""
    book, copied = tmp_path / "book.xlsx", tmp_path / "copied.xlsx"
    cli("export", book)
    edit(book, "users", {(row, "id"): str(30 + row) for row in range(4, 12)})
    cli("import", book, "--yes", code=1)
    cli("export", copied)
    add_rows(copied, "users", [{"id": "6", "entity": CHIRURGIE, "first_name": "Copy", "last_name": "Row"}])
    cli("import", copied, "--yes", code=1)
    assert writes(server) == []


def test_whole_rows_may_be_sorted(cli: Cli, server: Sandbox, tmp_path: Path) -> None:
    """Rows are aligned by id: sorting whole rows changes nothing."""
    book = tmp_path / "book.xlsx"
    cli("export", book)
    workbook = load_workbook(book)
    sheet = workbook["users"]
    rows = [[c.value for c in line] for line in sheet.iter_rows(min_row=2)]
    for number, line in enumerate(reversed([r for r in rows if r[1]]), start=2):
        for at, value in enumerate(line, start=1):
            sheet.cell(number, at).value = value
            sheet.cell(number, at).data_type = "s" if value else "n"  # `=1+1` is a name here
    workbook.save(book)
    server.clear_calls()
    cli("import", book, "--yes")
    assert writes(server) == []


def test_numbers_are_handed_on_inside_one_book(cli: Cli, server: Sandbox, tmp_path: Path) -> None:
    """A gives 1100 up, B takes it, whatever the order of the rows; then they exchange them by way of a free number."""
    book = tmp_path / "book.xlsx"
    cli("export", book)
    first, second = row_of(book, "users", "id", "1"), row_of(book, "users", "id", "5")
    edit(book, "users", {(second, "internal_number"): "1100", (first, "internal_number"): "1690"})
    cli("import", book, "--yes")
    assert [live_user(server, n)["internal_number"] for n in (1, 5)] == ["1690", "1100"]
    cli("export", book)
    first, second = row_of(book, "users", "id", "1"), row_of(book, "users", "id", "5")
    edit(book, "users", {(second, "internal_number"): "1690", (first, "internal_number"): "1100"})
    server.clear_calls()
    assert "by way of 1102" in cli("import", book, "--yes").output
    assert [live_user(server, n)["internal_number"] for n in (1, 5)] == ["1100", "1690"]
    assert writes(server) == [("PUT", "/users/5"), ("PUT", "/users/1"), ("PUT", "/users/5")]


@pytest.mark.parametrize(
    "arguments",
    [["export", "x.xlsx"], ["check", "b.xlsx"], ["plan", "b.xlsx"], ["import", "b.xlsx", "--yes"], ["fields"]],
)
def test_json_is_one_object_on_stdout(cli: Cli, tmp_path: Path, arguments: list[str], monkeypatch) -> None:
    """--json prints one object on stdout and all else on stderr."""
    monkeypatch.chdir(tmp_path)
    cli("export", "b.xlsx")
    assert isinstance(json.loads(cli(*arguments, "--json").stdout), dict)


def test_ctrl_c_ends_cleanly_with_a_report(tmp_path: Path) -> None:
    """SIGINT in the middle: calls under way finish, exit code 130, a report for every row, nobody twice afterwards."""
    with Sandbox(SandboxConfig(latency=30)) as server:
        path = write_csv(tmp_path / "p.csv", people(120, CHIRURGIE))
        process = start(server.url, tmp_path / "s", "import", path, "--yes", "--report", tmp_path / "r.json")
        wait_until(lambda: len(writes(server)) >= 10)
        process.send_signal(signal.SIGINT)
        output, _ = process.communicate(timeout=60)
        assert process.returncode == 130, output
        counts = json.loads((tmp_path / "r.json").read_text())["counts"]
        assert sum(counts.values()) == 120
        assert counts["created"] == len(writes(server))
        assert counts["not_sent"] > 0
        again = Cli(server.url, tmp_path / "s")
        assert "Go on with: xcu-sheets resume 20" in output
        again("import", path, "--yes", "--report", tmp_path / "r2.json")
        assert json.loads((tmp_path / "r2.json").read_text())["counts"] == {"created": 120}
        assert len(writes(server)) == 120


def test_a_renamed_template_is_still_known_on_the_next_import(cli: Cli, server: Sandbox, tmp_path: Path) -> None:
    """A new person named the template's old name; after the rename the same book is nothing to do."""
    book = tmp_path / "book.xlsx"
    cli("export", book)
    edit(book, "templates", {(row_of(book, "templates", "name", "Modèle standard"), "name"): "Modèle renommé"})
    add_rows(book, "users", people(1, CHIRURGIE))
    assert "1 created, 1 updated" in cli("import", book, "--yes").output
    server.clear_calls()
    cli("import", book, "--yes")
    assert writes(server) == []


def test_a_report_of_loosely_written_names_is_a_no_op(cli: Cli, server: Sandbox, tmp_path: Path) -> None:
    """Names without accents or in another case mean the same records: the report book brought back writes nothing."""
    rows = [{**people(1, "CHIRURGIE")[0], "template": "modele STANDARD", "internal_number": "auto 2600-2699"}]
    report = tmp_path / "report.xlsx"
    cli("import", write_csv(tmp_path / "p.csv", rows), "--yes", "--report", report)
    assert live_user(server, 61)["internal_number"].startswith("26")
    server.clear_calls()
    cli("import", report, "--yes")
    assert writes(server) == []


def test_a_plan_that_somebody_carried_out_elsewhere_is_nothing_to_do(cli: Cli, server: Sandbox, tmp_path: Path) -> None:
    """The server already holds what the plan wants: unchanged, no conflict; the first report stays."""
    book, plan = tmp_path / "book.xlsx", tmp_path / "plan.json"
    cli("export", book)
    edit(book, "users", {(row_of(book, "users", "id", "6"), "first_name"): "Shaun"})
    add_rows(book, "users", people(1, CHIRURGIE))
    cli("plan", book, "-o", plan)
    cli("apply", plan, "--yes")
    (first,) = tmp_path.glob("plan.report-*.xlsx")
    content = first.read_bytes()
    server.clear_calls()
    assert "Result: 71 unchanged" in cli("apply", plan, "--yes", state=tmp_path / "elsewhere").output
    assert writes(server) == []
    assert first.read_bytes() == content


def test_numbers_sorted_alone_are_refused_as_a_whole(cli: Cli, server: Sandbox, tmp_path: Path) -> None:
    """One entity's numbers put in descending order: the book is refused, its other edits too."""
    book = tmp_path / "book.xlsx"
    cli("export", book)
    workbook = load_workbook(book)
    sheet = workbook["users"]
    at = column_of(sheet, "internal_number")
    cells = [sheet.cell(row, at) for row in range(2, 14)]
    for cell, value in zip(cells, sorted((c.value for c in cells), reverse=True), strict=True):
        cell.value = value
    workbook.save(book)
    edit(book, "users", {(row_of(book, "users", "id", "40"), "first_name"): "New"})
    result = cli("import", book, "--yes", "--allow-changes", 100, code=2)
    assert "internal_number seems to have been sorted alone" in result.output
    assert "REFUSED AS A WHOLE" in result.output
    assert writes(server) == []


def test_a_sheet_that_is_not_included_never_stops_an_import(cli: Cli, server: Sandbox, tmp_path: Path) -> None:
    """A wrong entity row is skipped with a warning where entities are not written, and the exit code is 0."""
    book = tmp_path / "book.xlsx"
    cli("export", book)
    edit(book, "entities", {(2, "display_name"): "x"})
    edit(book, "users", {(row_of(book, "users", "id", "6"), "first_name"): "Shaun"})
    assert "1 updated, 68 unchanged, 1 skipped" in cli("import", book, "--yes").output


def test_an_entity_with_users_is_not_deleted(cli: Cli, server: Sandbox, tmp_path: Path) -> None:
    """The plan says how many users it still has; nothing is sent."""
    book = tmp_path / "book.xlsx"
    cli("export", book)
    edit(book, "entities", {(2, "action"): "delete"})
    result = cli("import", book, "--yes", "--include", "entities", "--allow-delete", code=1)
    assert "15 users" in result.output
    assert writes(server) == []


def test_a_deleted_users_number_is_given_to_a_new_one(cli: Cli, server: Sandbox, tmp_path: Path) -> None:
    """Delete and reuse of the number in one book: deletes go first."""
    book = tmp_path / "book.xlsx"
    cli("export", book)
    edit(book, "users", {(row_of(book, "users", "id", "3"), "action"): "supprimer"})
    add_rows(book, "users", [{**people(1, CHIRURGIE)[0], "internal_number": "2100"}])
    cli("import", book, "--yes", "--allow-delete")
    assert server.user_row(3) is None
    assert live_user(server, 61)["internal_number"] == "2100"


def test_an_over_long_cell_does_not_cost_the_report(cli: Cli, server: Sandbox, tmp_path: Path) -> None:
    """A cell that no workbook can hold is refused, cut in the report, and the others' codes are there."""
    rows = people(2, CHIRURGIE)
    rows[1]["last_name"] = "x" * 40_000
    cli("import", write_csv(tmp_path / "p.csv", rows), "--yes", "--report", tmp_path / "r.xlsx", code=1)
    sheet = load_workbook(tmp_path / "r.xlsx")["users"]
    assert [sheet.cell(row, 1).value for row in (2, 3)] == ["created", "refused"]


@pytest.mark.parametrize("arguments", [["import", "no.xlsx", "--yes"], ["export", "x.docx"], ["plan"]])
def test_json_tells_failures_too(cli: Cli, arguments: list[str]) -> None:
    """With --json a failure is one object as well, its line still on stderr."""
    result = cli(*arguments, "--json", code=2)
    assert json.loads(result.stdout)["exit_code"] == 2
    assert result.stderr
