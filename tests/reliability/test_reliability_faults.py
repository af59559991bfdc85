"""Each kind of fault at each operation: what the right behaviour is, and that it is what happens.

One import of 4 new people, 2 edits and a deletion over two XiVOs; one call of it is struck. A cell of the table says:

``ok``     nobody notices: every row is carried out, exactly once
``fails``  one row of this operation fails and says why, every other row is carried out
``checks`` one row is carried out as far as its answer tells, and the proof at the end contradicts: it is ``unknown``
``unseen`` the rows of one entity are refused before anything is sent, because its people could not be read
``stops``  the run ends early (exit code 3) with the way on, and `resume` then carries out every row, exactly once
``closed`` the run does not begin (exit code 3): nothing is sent, nothing is on record
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support import Cli, add_rows, edit, people, row_of, writes

from xcu_sheets.sandbox import Fault, Sandbox, SandboxConfig

HERE_ALREADY = 10  # people of that entity, each with a row in the exported book
HERE, THERE = "chirurgie@192.168.29.220", "default@192.168.29.221"
OPERATIONS = {
    "login": {"method": "POST", "path": "/login"},
    "list": {"method": "GET", "path": f"/entities/{HERE}/users"},
    "list again": {"method": "GET", "path": f"/entities/{HERE}/users", "nth": 2},
    "create": {"method": "POST", "path": "/users", "nth": 2},
    "read one": {"method": "GET", "path": "/users/[0-9]+"},
    "update": {"method": "PUT", "path": "/users/[0-9]+"},
    "delete": {"method": "DELETE", "path": "/users/[0-9]+"},
}
PAGE = "<html><head><title>Bad Gateway</title></head><body>sorry</body></html>"
AWAY = {"Location": "http://elsewhere.invalid/"}
HTML = {"Content-Type": "text/html"}
JSON = {"Content-Type": "application/json"}


def status(code: int, kind: str = "status", **fault: Any) -> dict[str, Any]:
    return {"kind": kind, "code": code, **fault}


FAULTS: dict[str, dict[str, Any]] = {
    "reset before": {"kind": "drop_before_commit"},
    "reset after": {"kind": "drop_after_commit"},
    "time-out, done meanwhile": {"kind": "latency", "ms": 900},
    "time-out, done before": {"kind": "slow", "ms": 300},
    "session over": {"kind": "expire"},
    "401": status(401),
    "403": status(403, times=2),
    "404": status(404),
    "409": status(409, body="conflict"),
    "400 JSON": status(400, body='{"obj.firstName":[{"msg":["error.path"],"args":[]}]}', headers=JSON),
    "400 text": status(400, body="no such luck"),
    "400 HTML": status(400, body=PAGE, headers=HTML),
    "429": status(429),
    "429 Retry-After": status(429, headers={"Retry-After": "1"}),
    "500 before": status(500, body="boom"),
    "500 after": status(500, "status_after_commit", body="boom"),
    "502 HTML": status(502, body=PAGE, headers=HTML),
    "502 HTML after": {"kind": "html_after_commit", "code": 502},
    "503": status(503),
    "HTML 200": {"kind": "html"},
    "HTML 200 after": {"kind": "html_after_commit"},
    "malformed": {"kind": "malformed"},
    "truncated": {"kind": "truncated"},
    "redirect to a login": status(302, headers={"Location": "/login"}),
    "redirect away": status(301, headers=AWAY),
}

ok, fails, checks, unseen, stops, closed = "ok", "fails", "checks", "unseen", "stops", "closed"
COLUMNS = ("login", "list", "list again", "create", "read one", "update", "delete")
TABLE = {
    #                          login   list    again  create one    update delete
    "reset before":            (ok,     ok,     ok,    ok,    ok,    ok,    ok),
    "reset after":             (ok,     ok,     ok,    ok,    ok,    ok,    ok),
    "time-out, done meanwhile": (closed, unseen, ok,   ok,    fails, ok,    ok),
    "time-out, done before":   (closed, unseen, ok,    ok,    fails, ok,    ok),
    "session over":            (ok,     ok,     ok,    ok,    ok,    ok,    ok),
    "401":                     (closed, ok,     ok,    ok,    ok,    ok,    ok),
    "403":                     (closed, unseen, ok,    fails, fails, fails, fails),
    "404":                     (closed, unseen, ok,    fails, fails, fails, checks),
    "409":                     (closed, unseen, ok,    fails, fails, fails, fails),
    "400 JSON":                (closed, unseen, ok,    fails, fails, fails, fails),
    "400 text":                (closed, unseen, ok,    fails, fails, fails, fails),
    "400 HTML":                (closed, unseen, ok,    fails, fails, fails, fails),
    "429":                     (ok,     ok,     ok,    ok,    ok,    ok,    ok),
    "429 Retry-After":         (ok,     ok,     ok,    ok,    ok,    ok,    ok),
    "500 before":              (closed, unseen, ok,    ok,    fails, ok,    ok),
    "500 after":               (closed, unseen, ok,    ok,    fails, ok,    ok),
    "502 HTML":                (ok,     ok,     ok,    ok,    ok,    ok,    ok),
    "502 HTML after":          (ok,     ok,     ok,    ok,    ok,    ok,    ok),
    "503":                     (ok,     ok,     ok,    ok,    ok,    ok,    ok),
    "HTML 200":                (closed, ok,     ok,    ok,    ok,    ok,    ok),
    "HTML 200 after":          (closed, ok,     ok,    ok,    ok,    ok,    ok),
    "malformed":               (ok,     ok,     ok,    ok,    ok,    ok,    ok),
    "truncated":               (ok,     ok,     ok,    ok,    ok,    ok,    ok),
    "redirect to a login":     (closed, ok,     ok,    ok,    ok,    ok,    ok),
    "redirect away":           (closed, closed, stops, stops, stops, stops, stops),
}  # fmt: skip
CELLS = [(f, o, row[n]) for f, row in TABLE.items() for n, o in enumerate(COLUMNS)]
WHOLE = {"created": 4, "updated": 2, "deleted": 1}
DONE = {"create": "created", "update": "updated", "read one": "updated", "delete": "deleted"}
OPTIONS = ("--allow-delete", "--settle", 1, "--read-timeout", 0.5, "--timeout", 1.2)


@pytest.fixture(scope="module")
def server() -> Iterator[Sandbox]:
    with Sandbox(SandboxConfig(users=40)) as sandbox:
        sandbox.set_switches(post_answer="object")
        yield sandbox


@pytest.fixture(scope="module")
def book(server: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("book") / "book.xlsx"
    Cli(server.url, path.parent / "state")("export", path)
    rows = {n: row_of(path, "users", "id", str(n)) for n in (3, 7, 10)}
    cells = {(rows[3], "last_name"): "Nouveau", (rows[7], "last_name"): "Neuf", (rows[10], "action"): "delete"}
    edit(path, "users", cells)
    # The typed number goes first and alone, so that the second POST is one of a lane of its own.
    typed = {**people(1, THERE)[0], "internal_number": "1150"}
    add_rows(path, "users", [*people(3, HERE), typed])
    return path


def test_the_table_is_whole() -> None:
    """Every fault has a row, every operation a column."""
    assert list(TABLE) == list(FAULTS)
    assert tuple(OPERATIONS) == COLUMNS
    assert {len(row) for row in TABLE.values()} == {len(COLUMNS)}


def counts_of(path: Path) -> Counter[str]:
    rows = json.loads(path.read_text())["rows"]
    assert len({(row["sheet"], row["row"]) for row in rows}) == len(rows)
    return Counter(row["status"] for row in rows if row["status"] != "unchanged")


def made(server: Sandbox) -> Counter[str]:
    """Return how often each new person is on the server, and what became of the edits and the deletion."""
    users = [u for u in map(server.user_row, range(1, 200)) if u]
    found = Counter("created" for u in users if str(u["first_name"]).startswith("Person "))
    names = Counter((u["first_name"], u["last_name"]) for u in users if str(u["first_name"]).startswith("Person "))
    assert max(names.values(), default=0) <= 1, "somebody twice"
    numbers = Counter((u["xivo_id"], u["internal_number"]) for u in users)
    assert max(numbers.values()) == 1, "a number twice"
    found["updated"] = sum(u["last_name"] in ("Nouveau", "Neuf") for u in users)
    found["deleted"] = int(server.user_row(10) is None)
    return +found


@pytest.mark.parametrize(("fault", "operation", "expected"), CELLS, ids=[f"{f} at {o}" for f, o, _ in CELLS])
def test_each_fault_at_each_operation(
    server: Sandbox, book: Path, tmp_path: Path, fault: str, operation: str, expected: str
) -> None:
    """The cell of the table, with the server's state behind it: what is reported is what happened."""
    server.reset()
    cli, report = Cli(server.url, tmp_path), tmp_path / "report.json"
    server.add_fault(Fault(**OPERATIONS[operation], **FAULTS[fault]))
    code = {ok: 0, fails: 1, checks: 1, unseen: 1, stops: 3, closed: 3}[expected]
    result = cli("import", book, "--yes", *OPTIONS, "--report", report, code=None)
    assert result.exit_code == code, result.output
    if expected == closed:
        assert (writes(server), report.exists()) == ([], False)
        assert "No run yet" in cli("runs").output
        return
    counts = counts_of(report)
    done = {status: n for status, n in counts.items() if status in WHOLE}
    if expected == stops:
        assert "xcu-sheets resume" in result.output
        cli("resume", "--yes", *OPTIONS[1:], "--report", report)
        assert (counts_of(report), made(server)) == (WHOLE, WHOLE)
        return
    assert made(server) == done, f"{counts}\n{result.output}"
    assert counts == wanted(expected, operation), result.output


def wanted(expected: str, operation: str) -> dict[str, int]:
    """Return the counts of a report."""
    if expected == ok:
        return WHOLE
    if expected == unseen:
        return {"created": 1, "refused": HERE_ALREADY + 3, "deleted": 1}
    end = {fails: "failed", checks: "unknown"}[expected]
    whole = {**WHOLE, DONE[operation]: WHOLE[DONE[operation]] - 1, end: 1}
    return {status: n for status, n in whole.items() if n}
