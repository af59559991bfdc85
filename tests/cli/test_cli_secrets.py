"""No secret of the server, of the book or of the login reaches a file or the terminal (DESIGN rule 14)."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from support import Cli, add_rows, edit, people, row_of, write_csv

from xcu_sheets import read_book
from xcu_sheets.sandbox import Fault, Sandbox

NEW_PASSWORD, EDITED_PASSWORD = "N3w-Secret-9", "Ed1ted-Secret-7"


def every_byte(folder: Path) -> dict[Path, bytes]:
    """Return the content of every file below a folder, members of zip files unpacked."""
    found = {}
    for path in (p for p in folder.rglob("*") if p.is_file()):
        content = path.read_bytes()
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as book:
                content += b"".join(book.read(name) for name in book.namelist())
            baseline = read_book(path).baseline  # compressed inside its cells
            assert baseline
            content += "".join(frame.to_csv() for frame in baseline.frames.values()).encode()
        found[path] = content
    return found


def server_secrets(server: Sandbox) -> set[str]:
    """Return every password that the server holds, and the login's."""
    users = {server.password_of(n) for n in range(1, 62)}
    return {s for s in users if s} | {"superpass"}


def test_no_command_writes_a_secret(cli: Cli, server: Sandbox, tmp_path: Path) -> None:
    """Exports, plans, reports, history and all that was printed hold no password, in plain or inside a workbook."""
    work = tmp_path / "work"
    work.mkdir()
    book = tmp_path / "people.xlsx"
    cli("export", book)
    row = row_of(book, "users", "id", "6")
    edit(book, "users", {(row, "cti_password"): EDITED_PASSWORD, (row, "first_name"): "Shaun"})
    new = {**people(1, "chirurgie@192.168.29.220")[0], "cti_login": "new.one", "cti_password": NEW_PASSWORD}
    add_rows(book, "users", [new, {**new, "first_name": "Bad", "cti_login": "né", "cti_password": "é" + NEW_PASSWORD}])
    printed = [
        cli("export", work / "out.xlsx").output,
        cli("export", work / "folder").output,
        cli("check", book, "--json", code=1).output,
        cli("plan", book, "-o", work / "plan.json", code=1).output,
        cli("import", book, "--yes", "--report", work / "r.xlsx", "--report", work / "r.json", code=1).output,
        cli("import", book, "--yes", "--report", work / "r.csv", "--json", code=1).output,
    ]
    assert server.password_of(6) == EDITED_PASSWORD
    secrets = server_secrets(server) | {NEW_PASSWORD, EDITED_PASSWORD}
    files = {**every_byte(work), **every_byte(cli.state)}
    assert len(files) > 12
    for secret in secrets:
        assert not [path for path, content in files.items() if secret.encode() in content], secret
        assert not [text for text in printed if secret in text], secret


@pytest.mark.parametrize(
    "echo",
    [
        lambda p: json.dumps({"message": "bad: " + json.dumps({"ctiPassword": p}).replace("&", "\\u0026")}),
        lambda p: "bad value " + p.replace("'", "&#39;"),
        lambda p: "bad: ctiPassword=" + p.replace("&", "%26").replace("=", "%3D"),
    ],
    ids=["JSON in JSON", "HTML entities in plain text", "as a browser quotes it"],
)
def test_a_password_that_the_server_repeats_is_kept_nowhere(
    cli: Cli, server: Sandbox, tmp_path: Path, echo: Callable[[str], str]
) -> None:
    """Terminal, report and history show the refusal without the password, however the server writes it."""
    secret = "Tr&s'Long=Mot"
    new = {**people(1, "chirurgie@192.168.29.220")[0], "cti_login": "new.one", "cti_password": secret}
    book = write_csv(tmp_path / "people.csv", [new])
    kind = {"Content-Type": "text/plain"}
    server.add_fault(Fault("status", "POST", path="/users", times=None, code=400, body=echo(secret), headers=kind))
    said = cli("import", book, "--yes", "--report", tmp_path / "r.json", code=1).output
    kept = [said.encode(), (tmp_path / "r.json").read_bytes(), *every_byte(cli.state).values()]
    assert not [text for text in kept if b"Long" in text]
    assert b"bad" in kept[1]


def test_with_secrets_writes_them_and_says_so(cli: Cli, server: Sandbox, tmp_path: Path) -> None:
    """--with-secrets is the one way to get passwords; brought back unedited they are no edit."""
    book = tmp_path / "secret.xlsx"
    result = cli("export", book, "--with-secrets")
    assert "passwords in clear text" in result.output
    baseline = read_book(book).baseline
    assert baseline and set(baseline.frames["users"]["cti_password"]) == {""}  # the hidden copy never holds them
    content = b"".join(every_byte(tmp_path).values()).decode("latin-1")
    assert server.password_of(1) in content
    server.clear_calls()
    cli("import", book, "--yes")
    assert not [c for c in server.calls if c.method in ("PUT", "POST") and c.path != "/login"]


def test_a_new_password_reaches_the_server_once(cli: Cli, server: Sandbox, tmp_path: Path) -> None:
    """A password typed for an existing user is sent, and not sent again by the next import of the same book."""
    book = tmp_path / "book.xlsx"
    cli("export", book)
    edit(book, "users", {(row_of(book, "users", "id", "6"), "cti_password"): EDITED_PASSWORD})
    cli("import", book, "--yes")
    assert server.password_of(6) == EDITED_PASSWORD
    server.edit_user(6, cti_password="Changed.Since")
    server.clear_calls()
    cli("import", book, "--yes")
    assert server.password_of(6) == "Changed.Since"


@pytest.mark.parametrize("put_password", ["keeps", "clears"])
@pytest.mark.parametrize("get_password", ["clear", "null", "masked"])
def test_an_edit_keeps_the_password_where_a_client_can(
    cli: Cli, server: Sandbox, tmp_path: Path, put_password: str, get_password: str
) -> None:
    """The password survives an edit under every switch but where PUT clears and GET hides it: then it is said."""
    server.set_switches(put_password=put_password, get_password=get_password)
    had = server.password_of(1)
    book = tmp_path / "book.xlsx"
    cli("export", book)
    edit(book, "users", {(row_of(book, "users", "id", "1"), "first_name"): "Elodie"})
    result = cli("import", book, "--yes")
    assert "unknown whether passwords survive" in result.output
    lost = put_password == "clears" and get_password != "clear"
    assert server.password_of(1) == (None if lost else had)
