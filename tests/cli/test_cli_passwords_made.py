"""`auto` in cti_password: made when sent, told in one file, lost by no kill and found nowhere else."""

from __future__ import annotations

import json
import re
import stat
from pathlib import Path

import pytest
from cli.test_cli_secrets import every_byte
from openpyxl import load_workbook
from support import Cli, add_rows, edit, live_user, people, read_sheet, row_of, start, wait_until, write_csv, writes

from xcu_sheets.files.credentials import Credential, read_credentials
from xcu_sheets.history import History, default_path
from xcu_sheets.running.clock import utc_now
from xcu_sheets.running.passwords import make_password
from xcu_sheets.sandbox import Fault, Sandbox

HERE = "chirurgie@192.168.29.220"
AWAY = {"Location": "http://elsewhere.invalid/"}
COUNT = 6
QUICK = ("--yes", "--settle", 0.05)


@pytest.fixture
def book(tmp_path: Path) -> Path:
    """Six new people who get login and password, and one whose password was typed."""
    made = [{**row, "cti_login": "auto", "cti_password": "auto"} for row in people(COUNT, HERE)]
    typed = {**people(1, HERE, prefix="Typed")[0], "cti_login": "typed.one", "cti_password": "Typed-Secret-1"}
    return write_csv(tmp_path / "people.csv", [*made, typed])


def interrupt(cli: Cli, server: Sandbox, book: Path, file: Path, nth: int = 3) -> str:
    """Import a book whose run ends at its n-th POST, and return the run's id."""
    server.add_fault(Fault("status", method="POST", path="/users", nth=nth, code=301, headers=AWAY))
    said = cli("import", book, "--yes", "--credentials", file, code=3).output
    return re.search(r"xcu-sheets resume (\S+)", said)[1]


def told(path: Path) -> dict[str, Credential]:
    """Return what a credentials file tells, by login."""
    return {one.cells["cti_login"]: one for one in read_credentials(path)}


def on_server(server: Sandbox) -> dict[str, dict[str, str]]:
    """Return the users behind the API, by login."""
    rows = [row for n in range(1, 100) if (row := server.user_row(n)) and row["cti_login"]]
    return {row["cti_login"]: row for row in rows}


def check_all(server: Sandbox, path: Path, count: int = COUNT) -> None:
    """Everybody in the file has on the server what the file tells."""
    users, found = on_server(server), told(path)
    assert len(found) == count
    for login, one in found.items():
        assert one.password
        assert one.password.reveal() == users[login]["cti_password"]
        assert one.cells["internal_number"] == users[login]["internal_number"]
        assert one.cells["last_name"] == users[login]["last_name"]
        assert one.state in ("created", "updated")


@pytest.mark.parametrize("name", ["creds.csv", "creds.xlsx"])
def test_the_file_tells_what_the_server_has(cli: Cli, server: Sandbox, book: Path, tmp_path: Path, name: str) -> None:
    """Entity, names, number, login and password of each person whose password was made; nobody else may read it."""
    file = tmp_path / name
    shown = cli("plan", book).output
    assert shown.count("password made when sent") == COUNT
    said = cli("import", book, "--yes", "--credentials", file).output
    assert f"Credentials: {file}" in said
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    check_all(server, file)
    assert on_server(server)["typed.one"]["cti_password"] == "Typed-Secret-1"
    assert {one.cells["entity"] for one in told(file).values()} == {HERE}
    assert len({one.password.reveal() for one in told(file).values()}) == COUNT


def test_the_columns_can_be_read_by_anybody(cli: Cli, book: Path, tmp_path: Path) -> None:
    """A spreadsheet with plain headers, the password as text."""
    file = tmp_path / "creds.xlsx"
    cli("import", book, "--yes", "--credentials", file)
    sheet = load_workbook(file)["credentials"]
    header = [cell.value for cell in sheet[1]]
    assert header[:6] == ["Entity", "First name", "Last name", "Internal number", "CTI login", "CTI password"]
    assert all(re.fullmatch(r"[a-zA-Z2-9]{16}", sheet.cell(row, 6).value) for row in range(2, 2 + COUNT))


def test_the_passwords_are_nowhere_else(cli: Cli, server: Sandbox, book: Path, tmp_path: Path) -> None:
    """Not in plan.json, reports, history, the call log, nor on the terminal."""
    file, work = tmp_path / "creds.csv", tmp_path / "work"
    work.mkdir()
    server.add_fault(Fault("status", method="POST", path="/users", nth=2, code=400))
    printed = [
        cli("plan", book, "-o", work / "plan.json", "--json").output,
        cli(
            "import", book, "--yes", "--credentials", file, "--log", work / "log.txt",
            "--report", work / "r.xlsx", "--report", work / "r.json", "--report", work / "r.csv", code=1,
        ).output,
        cli("runs", "--json").output,
    ]  # fmt: skip
    secrets = [one.password.reveal() for one in told(file).values()]
    assert len(secrets) == COUNT - 1
    files = {path: content for path, content in every_byte(tmp_path).items() if path not in (file, book)}
    assert len(files) > 5
    for secret in secrets:
        assert not [path for path, content in files.items() if secret.encode() in content]
        assert not [text for text in printed if secret in text]


def test_without_a_file_nothing_is_sent(cli: Cli, server: Sandbox, book: Path, tmp_path: Path) -> None:
    """The book is refused before the first call, and so is a file that exists, or cannot be."""
    said = cli("import", book, "--yes", code=2).output
    assert "6 rows ask for a password to be made" in said
    assert "--credentials FILE" in said
    old = tmp_path / "old.csv"
    old.write_text("keep me")
    assert "exists already" in cli("import", book, "--yes", "--credentials", old, code=2).output
    assert old.read_text() == "keep me"
    assert "choose one of these" in cli("import", book, "--yes", "--credentials", tmp_path / "c.txt", code=2).output
    nowhere = tmp_path / "no" / "c.csv"
    assert "there is no folder" in cli("import", book, "--yes", "--credentials", nowhere, code=2).output
    assert writes(server) == []
    cli("import", book, "--dry-run")


def test_imported_again_nobody_gets_another(cli: Cli, server: Sandbox, book: Path, tmp_path: Path) -> None:
    """The same list makes nobody twice and no password anew; the file is not asked for and stays as it is."""
    file = tmp_path / "creds.csv"
    cli("import", book, "--yes", "--credentials", file)
    before = file.read_bytes()
    server.clear_calls()
    assert "7 unchanged" in cli("import", book, "--yes").output
    assert "7 unchanged" in cli("import", book, "--yes", "--credentials", file).output
    assert writes(server) == []
    assert file.read_bytes() == before


def test_somebody_who_is_there_gets_one_once(cli: Cli, server: Sandbox, tmp_path: Path) -> None:
    """`auto` on a row with an id makes a new password, and the next import of that book has nothing to do."""
    book, file = tmp_path / "book.xlsx", tmp_path / "creds.csv"
    cli("export", book)
    row = row_of(book, "users", "id", "6")
    edit(book, "users", {(row, "cti_password"): "AUTO"})
    before = server.password_of(6)
    cli("import", book, "--yes", "--credentials", file)
    (one,) = told(file).values()
    assert one.password.reveal() == server.password_of(6) != before
    assert (one.cells["last_name"], one.state) == (live_user(server, 6)["last_name"], "updated")
    server.clear_calls()
    cli("import", book, "--yes")
    assert writes(server) == []


def test_rows_that_failed_are_not_told(cli: Cli, server: Sandbox, book: Path, tmp_path: Path) -> None:
    """A password of nobody is taken out of the file at the end; where nobody is left there is no file."""
    server.add_fault(Fault("status", method="POST", path="/users", nth=2, code=400))
    file = tmp_path / "creds.csv"
    cli("import", book, "--yes", "--credentials", file, code=1)
    check_all(server, file, COUNT - 1)
    server.add_fault(Fault("status", method="POST", path="/users", times=None, code=400))
    other = write_csv(
        tmp_path / "other.csv", [{**people(1, HERE, prefix="Eve")[0], "cti_login": "eve", "cti_password": "auto"}]
    )
    cli("import", other, "--yes", "--credentials", tmp_path / "none.csv", code=1)
    assert not (tmp_path / "none.csv").exists()


def test_all_are_in_the_file_before_the_first_call(cli: Cli, server: Sandbox, book: Path, tmp_path: Path) -> None:
    """A process killed at its first POST leaves a file with everybody's password; resume sends exactly these."""
    file = tmp_path / "creds.csv"
    server.add_fault(Fault("latency", method="POST", path="/users", nth=2, times=None, ms=700))
    process = start(server.url, cli.state, "import", book, "--yes", "--credentials", file)
    try:
        wait_until(lambda: sum(path == "/users" for _, path in writes(server)) >= 2)
    finally:
        process.kill()
        process.communicate()
    server.clear_faults()
    left = told(file)
    assert len(left) == COUNT
    assert {one.state for one in left.values()} == {"not confirmed"}
    cli("resume", *QUICK, "--credentials", file)
    assert {login: one.password.reveal() for login, one in told(file).items()} == {
        login: one.password.reveal() for login, one in left.items()
    }
    check_all(server, file)


def test_resume_reads_the_file_back(cli: Cli, server: Sandbox, book: Path, tmp_path: Path) -> None:
    """What was made keeps its password, what was not sent gets the one that the file tells, a lost answer too."""
    file = tmp_path / "creds.csv"
    run_id = interrupt(cli, server, book, file)
    assert f"Run {run_id} makes passwords: give the file" in cli("resume", *QUICK, code=2).output
    before = {login: one.password.reveal() for login, one in told(file).items()}
    assert len(before) == COUNT
    cli("resume", *QUICK, "--credentials", file)
    assert {login: one.password.reveal() for login, one in told(file).items()} == before
    check_all(server, file)


def test_the_same_command_again_finishes_the_run(cli: Cli, server: Sandbox, book: Path, tmp_path: Path) -> None:
    """import with the same file after an interruption is that resume."""
    file = tmp_path / "creds.csv"
    interrupt(cli, server, book, file)
    cli("import", book, *QUICK, "--credentials", file)
    check_all(server, file)


def test_a_lost_file_loses_only_what_it_told(cli: Cli, server: Sandbox, book: Path, tmp_path: Path) -> None:
    """Rows that made nobody yet get new passwords; of those that did, the file says that theirs is not known."""
    file, new = tmp_path / "creds.csv", tmp_path / "new.csv"
    interrupt(cli, server, book, file, nth=3)
    file.unlink()
    cli("resume", *QUICK, "--credentials", new)
    users, found = on_server(server), told(new)
    assert len(found) == COUNT and found.keys() <= users.keys()
    known = {login: one for login, one in found.items() if one.password}
    assert len(known) == COUNT - 2
    for login, one in known.items():
        assert one.password.reveal() == users[login]["cti_password"]
    lost = [one.state for one in found.values() if not one.password]
    assert lost == ["created, password not known: give a new one"] * 2


def test_the_password_of_somebody_who_was_made_unseen_is_not_told_wrongly(
    cli: Cli, server: Sandbox, book: Path, tmp_path: Path
) -> None:
    """The answer was lost, the file too, the person is there: nobody knows the password, and the row says so."""
    file, new = tmp_path / "creds.csv", tmp_path / "new.csv"
    server.add_fault(Fault("drop_after_commit", method="POST", path="/users", nth=3))
    server.add_fault(Fault("status", method="GET", path=f"/entities/{HERE}/users", nth=2, times=2, code=404))
    cli("import", book, *QUICK, "--credentials", file, code=None)
    file.unlink()
    said = cli("resume", *QUICK, "--credentials", new, code=None).output
    users, found = on_server(server), told(new)
    for login, one in found.items():
        assert one.password is None or one.password.reveal() == users[login]["cti_password"], said
    assert sum(one.password is None for one in found.values()) >= 1


def test_what_a_killed_writer_left_is_swept_away(cli: Cli, server: Sandbox, book: Path, tmp_path: Path) -> None:
    """A half-written file beside the credentials holds passwords: the next one of that name removes it."""
    left = tmp_path / ".xcu-creds-abcd.csv"
    left.write_text("secret")
    other = tmp_path / ".xcu-other-abcd.csv"
    other.write_text("not ours")
    cli("import", book, *QUICK, "--credentials", tmp_path / "creds.csv")
    assert (left.exists(), other.exists()) == (False, True)


def test_a_report_never_replaces_the_credentials(cli: Cli, server: Sandbox, book: Path, tmp_path: Path) -> None:
    """Two files of one name: refused before anything is sent."""
    file = tmp_path / "same.csv"
    said = cli("import", book, *QUICK, "--credentials", file, "--report", file, code=2).output
    assert "is named for the report too" in said
    assert writes(server) == []


@pytest.mark.parametrize("name", ["creds.csv", "creds.xlsx"])
def test_a_file_that_was_changed_is_refused(cli: Cli, server: Sandbox, book: Path, tmp_path: Path, name: str) -> None:
    """A password that is not the one which was sent would be told wrongly; another run's file is no help either."""
    file = tmp_path / name
    interrupt(cli, server, book, file)
    first = next(iter(told(file).values())).password.reveal()
    _type_over(file, first, "Another-Password1")
    assert "was changed" in cli("resume", *QUICK, "--credentials", file, code=2).output
    _type_over(file, "Another-Password1", first)
    other = tmp_path / "other.csv"
    other.write_text(file.with_suffix(".txt").name)
    assert "other.csv" in cli("resume", *QUICK, "--credentials", other, code=2).output
    assert "is not a credentials file" in cli("resume", *QUICK, "--credentials", book, code=2).output
    cli("resume", *QUICK, "--credentials", file)
    check_all(server, file)


def _type_over(file: Path, old: str, new: str) -> None:
    if file.suffix == ".csv":
        file.write_bytes(file.read_bytes().replace(old.encode(), new.encode()))
        return
    book = load_workbook(file)
    for line in book["credentials"].iter_rows():
        for cell in line:
            cell.value = new if cell.value == old else cell.value
    book.save(file)


def test_a_reviewed_plan_is_sent_with_passwords_too(cli: Cli, server: Sandbox, book: Path, tmp_path: Path) -> None:
    """apply makes them as import does, and needs the file as import does; the book is needed for the typed one only."""
    plan, file = tmp_path / "plan.json", tmp_path / "creds.csv"
    cli("plan", book, "-o", plan)
    assert "--credentials FILE" in cli("apply", plan, "--yes", code=2).output
    book.unlink()
    said = cli("apply", plan, "--yes", "--credentials", file, code=1).output
    assert "users!8 not_sent" in said
    check_all(server, file)


def test_set_makes_them_for_everybody(cli: Cli, server: Sandbox, tmp_path: Path) -> None:
    """A list of names, and all the rest on the command line; typed back the second time, nothing is left to do."""
    book = write_csv(tmp_path / "people.csv", [{"Prénom": f"Zoé{n}", "Nom": "Martin"} for n in range(3)])
    fill = ("entity=Chirurgie", "template=Modèle standard", "cti_login=auto", "cti_password=auto")
    options = [text for one in fill for text in ("--set", one)]
    file = tmp_path / "creds.csv"
    cli("import", book, *options, "--yes", "--credentials", file)
    check_all(server, file, 3)
    server.clear_calls()
    cli("import", book, *options, "--yes")
    cli("import", book, "--yes")
    assert writes(server) == []


def test_a_problems_copy_still_says_auto(cli: Cli, server: Sandbox, tmp_path: Path) -> None:
    """`auto` is no secret: the mended copy is imported without typing it again."""
    rows = [{**people(1, "nowhere")[0], "cti_login": "auto", "cti_password": "auto"}]
    book, file = write_csv(tmp_path / "people.csv", rows), tmp_path / "creds.csv"
    cli("import", book, "--yes", code=1)
    copy = tmp_path / "people.problems.csv"
    copy.write_bytes(copy.read_bytes().replace(b"nowhere;", HERE.encode() + b";"))
    cli("import", copy, "--yes", "--credentials", file)
    check_all(server, file, 1)


def test_a_run_that_could_not_begin_leaves_no_file(cli: Cli, server: Sandbox, book: Path, tmp_path: Path) -> None:
    """Where another run holds the history, nothing was sent, and the name is free for the next try."""
    file = tmp_path / "creds.csv"
    interrupt(cli, server, write_csv(tmp_path / "one.csv", people(2, HERE, prefix="X")), file, nth=1)
    assert not file.exists()
    with History.open(default_path(str(cli.state)), now=utc_now) as history:
        history.continue_run(history.runs()[-1].run_id)
        cli("import", book, "--yes", "--credentials", file, code=4)
    assert not file.exists()
    cli("import", book, "--yes", "--credentials", file)
    check_all(server, file)


@pytest.mark.parametrize("length", [4, 64])
def test_a_profile_says_how_long(cli: Cli, book: Path, tmp_path: Path, length: int) -> None:
    """password_length from 4 to 64; anything else is one line."""
    folder = tmp_path / "config"
    folder.mkdir()
    (folder / "profiles.toml").write_text(f"[default]\npassword_length = {length}\n")
    cli("import", book, "--yes", "--credentials", tmp_path / "c.csv")
    assert {len(one.password.reveal()) for one in told(tmp_path / "c.csv").values()} == {length}
    (folder / "profiles.toml").write_text("[default]\npassword_length = 3\n")
    assert "password_length 3: write a number from 4 to 64" in cli("plan", book, code=2).output


def test_passwords_are_readable_and_mixed() -> None:
    """No 0 O 1 l I; a small letter, a capital and a digit in each; none twice."""
    made = [make_password(length) for length in (4, 16, 64) for _ in range(300)]
    assert len(set(made)) > 890
    for text in made:
        assert re.fullmatch(r"[a-zA-Z0-9]+", text)
        assert not set(text) & set("0O1lI")
        assert any(map(str.islower, text)) and any(map(str.isupper, text)) and any(map(str.isdigit, text))


def test_a_plan_tells_that_and_not_what(cli: Cli, book: Path, tmp_path: Path) -> None:
    """plan.json says which rows get a password, and holds *** for it."""
    plan = tmp_path / "plan.json"
    cli("plan", book, "-o", plan)
    changes = json.loads(plan.read_text())["changes"]
    assert [change.get("makes_password", False) for change in changes] == [True] * COUNT + [False]
    assert {change["cells"]["cti_password"] for change in changes} == {"***"}


def test_a_password_needs_a_login(cli: Cli, tmp_path: Path) -> None:
    """As with a typed one."""
    book = write_csv(tmp_path / "people.csv", [{**people(1, HERE)[0], "cti_password": "auto"}])
    assert "a password needs a login" in cli("plan", book, code=1).output


def test_new_rows_of_a_book_are_told_by_their_names(cli: Cli, server: Sandbox, tmp_path: Path) -> None:
    """The report of such a run has blank passwords; its book can be imported again."""
    book, file = tmp_path / "book.xlsx", tmp_path / "creds.xlsx"
    cli("export", book)
    add_rows(book, "users", [{**people(1, HERE)[0], "cti_login": "auto", "cti_password": "auto"}])
    report = tmp_path / "report.xlsx"
    cli("import", book, "--yes", "--credentials", file, "--report", report)
    check_all(server, file, 1)
    assert {row["CTI password"] for row in read_sheet(report, "users")} == {""}
    server.clear_calls()
    cli("import", report, "--yes")
    assert writes(server) == []
