"""Bad input of every kind: one clear line, the right exit code, and nothing written to the server."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from support import Cli, people, write_csv, writes

from xcu_sheets.sandbox import Sandbox, SandboxConfig


def _empty(folder: Path) -> Path:
    (folder / "bad.xlsx").write_bytes(b"")
    return folder / "bad.xlsx"


def _text(folder: Path) -> Path:
    (folder / "bad.xlsx").write_text("this is no workbook")
    return folder / "bad.xlsx"


def _no_header(folder: Path) -> Path:
    (folder / "bad.csv").write_text("1;2;3\n4;5;6\n")
    return folder / "bad.csv"


def _no_required(folder: Path) -> Path:
    return write_csv(folder / "bad.csv", [{"entity": "x", "template": "y", "first_name": "z"}])


def _no_sheets(folder: Path) -> Path:
    (folder / "empty").mkdir()
    return folder / "empty"


def _missing(folder: Path) -> Path:
    return folder / "nowhere.xlsx"


@pytest.mark.parametrize("make", [_empty, _text, _no_header, _no_required, _no_sheets, _missing])
def test_a_file_that_is_no_book_is_refused(cli: Cli, server: Sandbox, tmp_path: Path, make) -> None:
    """Not a workbook, empty, no header, no required column, no sheets, not there: one line, exit code 2."""
    path = make(tmp_path)
    for command in ("check", "plan", "import"):
        result = cli(command, path, *(["--yes"] if command == "import" else []), code=2)
        assert len(result.output.strip().splitlines()) == 1 and str(path) in result.output
    assert writes(server) == []


def test_a_book_of_another_server_is_refused(cli: Cli, server: Sandbox, tmp_path: Path) -> None:
    """A book exported from an XCU with other XiVOs is refused as a whole."""
    with Sandbox(SandboxConfig(seed=7)) as other:
        address = other.url
        Cli(address, tmp_path / "other")("export", tmp_path / "book.xlsx")
    result = cli("import", tmp_path / "book.xlsx", "--yes", code=2)
    assert writes(server) == []
    assert address in result.output and server.url in result.output


def test_no_rights_is_refused_row_by_row(cli: Cli, server: Sandbox, tmp_path: Path) -> None:
    """A login that sees one entity: rows of the others are refused, its own are sent."""
    path = write_csv(
        tmp_path / "p.csv",
        [*people(1, "default@192.168.29.220"), *people(1, "chirurgie@192.168.29.220", prefix="Hidden")],
    )
    environment = {"XCU_PASSWORD": "telecom-pass", "XCU_LOGIN": "telecom"}
    result = cli("import", path, "--yes", code=1, env=environment)
    assert "1 created" in result.output and "1 refused" in result.output


def test_a_restricted_export_says_what_is_missing(cli: Cli, tmp_path: Path) -> None:
    """A list that this login may not read is named; the export of what it sees is whole."""
    environment = {"XCU_PASSWORD": "telecom-pass", "XCU_LOGIN": "telecom"}
    result = cli("export", tmp_path / "book.xlsx", env=environment)
    assert "administrators" in result.output


def test_one_unreadable_entity_does_not_kill_an_export(cli: Cli, server: Sandbox, tmp_path: Path) -> None:
    """An entity whose list fails is named in the output and in the book; the others are there."""
    from openpyxl import load_workbook

    from xcu_sheets.sandbox import Fault

    server.add_fault(Fault("status", path="/entities/chirurgie@192.168.29.220/users", times=None, code=500))
    result = cli("export", tmp_path / "book.xlsx", code=1)
    assert "chirurgie@192.168.29.220" in result.output
    book = load_workbook(tmp_path / "book.xlsx")
    assert any("chirurgie@192.168.29.220" in str(c.value) for row in book["Read me"] for c in row)
    assert book["users"].max_row > 40


def test_an_unreachable_server_is_one_line(tmp_path: Path) -> None:
    """Nobody listens: exit code 3, and where XCU's two ports are meant, the other one is suggested."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    result = Cli(f"http://127.0.0.1:{port}", tmp_path)("export", tmp_path / "x.xlsx", code=3)
    assert len(result.output.strip().splitlines()) == 1
    result = Cli("http://127.0.0.1:9000", tmp_path)("export", tmp_path / "x.xlsx", code=3)
    assert "9001" in result.output


class _Web(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = b"<html><title>Welcome</title></html>"
        self.send_response(404)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args: object) -> None:
        return


@pytest.fixture
def website() -> Iterator[str]:
    """A web server that is no XCU."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Web) as web:
        thread = threading.Thread(target=web.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{web.server_port}"
        web.shutdown()
        thread.join()


def test_a_server_that_is_no_xcu_is_one_line(website: str, tmp_path: Path) -> None:
    """A web server answers: exit code 3, never a traceback."""
    result = Cli(website, tmp_path)("export", tmp_path / "x.xlsx", code=3)
    assert "does not look like an XCU" in result.output
    assert len(result.output.strip().splitlines()) == 1


def test_without_a_terminal_nothing_asks(cli: Cli, server: Sandbox, tmp_path: Path) -> None:
    """In a pipe a missing --yes is exit code 2 and a missing password 3; nothing is sent."""
    path = write_csv(tmp_path / "p.csv", people(1, "chirurgie@192.168.29.220"))
    assert "--yes" in cli("import", path, code=2).output
    assert "--password-file" in cli("import", path, code=3, env={"XCU_PASSWORD": ""}).output
    assert writes(server) == []


def test_a_report_that_cannot_be_written_is_known_first(cli: Cli, server: Sandbox, tmp_path: Path) -> None:
    """A report with another ending, or in a folder that is not there, stops before anything is sent."""
    path = write_csv(tmp_path / "p.csv", people(1, "chirurgie@192.168.29.220"))
    for name in ("r.docx", "nowhere/r.xlsx"):
        cli("import", path, "--yes", "--report", tmp_path / name, code=2)
    assert writes(server) == []
