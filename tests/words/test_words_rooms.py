"""What the rooms below the command line hand over for people are sentences with their members apart."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from catalogue import ERRORS, PACKAGE

from xcu_sheets.history import Holder
from xcu_sheets.history.entries import HistoryHeld
from xcu_sheets.model.errors import LoginFailed, OutcomeUnknown, Refused, Unavailable
from xcu_sheets.model.text import Label, Said, joined, listed
from xcu_sheets.words import is_ours, speaking, told

ANSWERS = ("ApiError", "Refused", "Unavailable", "OutcomeUnknown")  # (method, path, status, detail)
CALLED = {
    **dict.fromkeys((*ERRORS, "Said", "RaggedLine", "Damaged", "MalformedError"), -1),
    **dict.fromkeys(ANSWERS, 3),
}


def _sentences() -> Iterator[tuple[Path, ast.expr]]:
    """Yield what stands for the sentence in each call that takes one; where none is told apart, each argument."""
    for path in sorted(PACKAGE.rglob("*.py")):
        if path.parent.name == "sandbox":
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in CALLED:
                at = CALLED[node.func.id]
                yield from ((path, each) for each in (node.args if at < 0 else node.args[at : at + 1]))


def test_no_sentence_is_glued_of_pieces() -> None:
    """An f-string would reach people in English."""
    found = list(_sentences())
    assert len(found) > 300
    assert not [f"{path.name}:{node.lineno}" for path, node in found if isinstance(node, ast.JoinedStr)]


def test_a_sentence_of_ours_is_known_by_its_gaps() -> None:
    """Whoever sends the filled one, or another, is not taken for us."""
    assert is_ours("no answer within {n} s")
    assert not is_ours("no answer within 5 s")
    assert not is_ours("no answer within {m} s")


def test_what_a_server_answered_is_said_with_our_own_words_in_french() -> None:
    """Method, path, status and the server's words stay."""
    lost = OutcomeUnknown("PUT", "/users/1", 0, Said("no whole answer within {n} s", n=60))
    assert str(lost) == "PUT /users/1: no whole answer within 60 s"
    assert str(Refused("PUT", "/users/1", 400, "{n} is bad")) == "PUT /users/1: 400 {n} is bad"
    assert str(Unavailable("GET", "/x", 503, "")) == "GET /x: 503"
    assert str(Unavailable("GET", "/x", 0, "")) == "GET /x:"
    with speaking("fr"):
        assert told(lost) == "PUT /users/1\u00a0: pas de réponse complète en 60 s"
        assert told(Refused("PUT", "/users/1", 400, "{n} is bad")) == "PUT /users/1\u00a0: 400 {n} is bad"


def test_an_error_handed_on_keeps_its_members() -> None:
    """A login that was refused is refused again in the same words, and who holds a history is told."""
    first = LoginFailed("the server refused login {who}: check the login and password", who="admin")
    held = HistoryHeld(Holder("r1", "http://xcu:9001", "2026-02-01T10:00:00Z", 7, "host"))
    with speaking("fr"):
        assert told(LoginFailed(first.said)) == told(first)
        assert "a refusé le compte admin" in told(first)
        assert told(held).startswith(
            "une autre exécution occupe cet historique\u00a0: l'exécution r1 sur http://xcu:9001"
        )
    assert str(held).endswith("run r1 on http://xcu:9001 since 2026-02-01T10:00:00Z, process 7 on host")


def test_lists_are_joined_as_each_language_does() -> None:
    """Of one, two or more; names of the table among them are translated."""
    names = [Label("First name", "Prénom"), "x", Label("Name", "Nom")]
    assert [str(joined(names[:n])) for n in (1, 2, 3)] == ["First name", "First name and x", "First name, x and Name"]
    assert str(listed(names)) == "First name, x, Name"
    with speaking("fr"):
        assert told(joined(names)) == "Prénom, x et Nom"
        assert told(listed(names)) == "Prénom, x, Nom"
