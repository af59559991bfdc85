"""Edit, login and create under every answer that the API document leaves open."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from support import Cli, add_rows, edit, live_user, people, row_of, writes

from xcu_sheets.sandbox import Fault, Sandbox

CHIRURGIE = "chirurgie@192.168.29.220"


@pytest.mark.parametrize("post_answer", ["nothing", "id", "object"])
def test_creates_know_their_ids_whatever_the_answer(
    cli: Cli, server: Sandbox, tmp_path: Path, post_answer: str
) -> None:
    """The report tells id, number and code, whether the POST answers nothing, an id or the whole object."""
    server.set_switches(post_answer=post_answer)
    book = tmp_path / "book.xlsx"
    cli("export", book)
    add_rows(book, "users", people(2, CHIRURGIE))
    cli("import", book, "--yes", "--report", tmp_path / "r.json")
    made = [r for r in json.loads((tmp_path / "r.json").read_text())["rows"] if r["status"] == "created"]
    assert [live_user(server, int(r["id"]))["internal_number"] for r in made] == [r["internal_number"] for r in made]


@pytest.mark.parametrize("unauthorised", ["401", "redirect", "html"])
def test_an_expired_session_is_renewed(cli: Cli, server: Sandbox, tmp_path: Path, unauthorised: str) -> None:
    """A session that ends while people are created is entered again; nobody is lost or made twice."""
    server.set_switches(unauthorised=unauthorised)
    book = tmp_path / "book.xlsx"
    cli("export", book)
    add_rows(book, "users", people(4, CHIRURGIE))
    server.add_fault(Fault("expire", method="POST", path="/users", nth=2))
    cli("import", book, "--yes", "--report", tmp_path / "r.json")
    assert json.loads((tmp_path / "r.json").read_text())["counts"]["created"] == 4


@pytest.mark.parametrize("unauthorised", ["401", "redirect", "html"])
def test_a_wrong_password_is_one_line(cli: Cli, server: Sandbox, tmp_path: Path, unauthorised: str) -> None:
    """A wrong password ends with exit code 3 and one line that does not repeat it."""
    server.set_switches(unauthorised=unauthorised)
    result = cli("export", tmp_path / "out.xlsx", code=3, env={"XCU_PASSWORD": "wr0ng-pass"})
    assert "admin" in result.output and "wr0ng-pass" not in result.output
    assert len(result.output.strip().splitlines()) == 1


def test_an_update_that_needs_the_template_says_so(cli: Cli, server: Sandbox, tmp_path: Path) -> None:
    """A server that refuses an edit without template: the message names the column, the option sends it."""
    server.set_switches(put_needs_template=True)
    book = tmp_path / "book.xlsx"
    cli("export", book)
    edit(book, "users", {(row_of(book, "users", "id", "6"), "first_name"): "Shaun"})
    result = cli("import", book, "--yes", code=1)
    assert "--default-template" in result.output
    assert "is not one template" in cli("import", book, "--yes", "--default-template", "Nothing", code=2).output
    cli("import", book, "--yes", "--default-template", "modele STANDARD")
    assert (live_user(server, 6)["first_name"], server.template_of(6)) == ("Shaun", 1)


def test_a_create_whose_answer_was_lost_is_found(cli: Cli, server: Sandbox, tmp_path: Path) -> None:
    """The connection drops after the server made the user: the list tells, nobody is sent twice."""
    book = tmp_path / "book.xlsx"
    cli("export", book)
    add_rows(book, "users", people(3, CHIRURGIE))
    server.add_fault(Fault("drop_after_commit", method="POST", path="/users", nth=2))
    cli("import", book, "--yes", "--report", tmp_path / "r.json")
    assert json.loads((tmp_path / "r.json").read_text())["counts"]["created"] == 3
    assert len([c for c in server.calls if (c.method, c.path) == ("POST", "/users")]) == 3


@pytest.mark.parametrize(("kind", "posts"), [("drop_before_commit", 4), ("drop_after_commit", 3)])
def test_a_create_without_answer_is_looked_for(
    cli: Cli, server: Sandbox, tmp_path: Path, kind: str, posts: int
) -> None:
    """What the list shows is adopted; what it does not show, twice, is sent again with the same number."""
    book = tmp_path / "book.xlsx"
    cli("export", book)
    add_rows(book, "users", people(3, CHIRURGIE))
    server.add_fault(Fault(kind, method="POST", path="/users", nth=2))
    cli("import", book, "--yes", "--settle", 0.1, "--report", tmp_path / "r.json")
    body = json.loads((tmp_path / "r.json").read_text())
    made = [(r["internal_number"], r["status"]) for r in body["rows"] if r["action"] == "create"]
    assert made == [(number, "created") for number in ("2102", "2105", "2108")]
    assert (body["facts"]["verified"], body["facts"]["of"]) == (3, 3)
    assert len(writes(server)) == posts


def test_one_refused_row_leaves_the_others_alone(cli: Cli, server: Sandbox, tmp_path: Path) -> None:
    """A 400 in the middle of a batch fails that row, with the server's words, and no other."""
    book = tmp_path / "book.xlsx"
    cli("export", book)
    add_rows(book, "users", people(3, CHIRURGIE))
    server.add_fault(Fault("status", method="POST", path="/users", nth=2, code=400, body='{"obj":["no such luck"]}'))
    cli("import", book, "--yes", "--report", tmp_path / "r.json", code=1)
    rows = [r for r in json.loads((tmp_path / "r.json").read_text())["rows"] if r["status"] != "unchanged"]
    assert [r["status"] for r in rows] == ["created", "failed", "created"]
    assert "no such luck" in rows[1]["message"]
