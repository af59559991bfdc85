"""What the process that reads workbooks says of a failure is said in the person's language, and is text only."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest

from xcu_sheets.files.gate import SAVE_AS
from xcu_sheets.files.isolation import received
from xcu_sheets.model.errors import BookError
from xcu_sheets.words import speaking, told, translate

OURS = "a sheet holds more than {merges} merged ranges: undo the merging"


def said(message: dict[str, Any]) -> BookError:
    """Return the error that a message of the reader becomes."""
    with pytest.raises(BookError) as failed:
        received(io.BytesIO(json.dumps(message).encode() + b"\n"))
    return failed.value


def test_a_sentence_of_ours_is_said_in_french() -> None:
    """So is a sentence inside it."""
    error = said({"error": OURS, "members": {"merges": "65536"}})
    assert "more than 65536 merged" in str(error)
    within = {"error": "{what}: {save_as}", "members": {"what": "x", "save_as": {"error": SAVE_AS.said}}}
    with speaking("fr"):
        assert translate(OURS, merges="65536") == told(error) != str(error)
        assert translate(SAVE_AS) in told(said(within))


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ({"error": "your {files} are {mine}", "members": {"files": "books"}}, "your books are {mine}"),
        ({"error": "\x1b[31m{path}"}, "\\x1b[31m{path}"),
        ({"error": OURS, "members": {"merges": "\x1b[2J"}}, "a sheet holds more than \\x1b[2J merged ranges"),
    ],
)
def test_what_is_not_ours_is_plain_text(message: dict[str, Any], shown: str) -> None:
    """Nothing of it moves a terminal, and a gap that nothing fills stays what it is."""
    with speaking("fr"):
        assert str(said(message)).startswith(shown)
        assert told(said(message)).replace("\u00a0", " ").isprintable()


def test_a_long_story_is_cut() -> None:
    """Neither a long text nor a short one with many gaps gets far."""
    many = said({"error": "{x}" * 300, "members": {"x": "y" * 10_000}})
    deep = said({"error": OURS, "members": {"merges": {"error": OURS, "members": {"merges": "y" * 10_000}}}})
    assert max(len(str(error)) for error in (many, deep, said({"error": "z" * 100_000}))) <= 1000


def test_a_reader_that_says_otherwise_is_broken() -> None:
    """What is no text, too deep or too much is no sentence."""
    deep: Any = "x"
    for _ in range(9):
        deep = {"error": OURS, "members": {"merges": deep}}
    bad = (
        deep,
        {"error": 5},
        {"error": OURS, "members": [1]},
        {"error": OURS, "members": {str(n): "" for n in range(99)}},
    )
    for message in bad:
        with pytest.raises(TypeError):
            received(io.BytesIO(json.dumps(message).encode() + b"\n"))
