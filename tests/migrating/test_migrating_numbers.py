"""Number rules as a person writes them, and what they make of numbers and intervals."""

from __future__ import annotations

import pytest

from xcu_sheets.migrating.numbers import parse_rule, shift_intervals


@pytest.mark.parametrize(
    ("text", "number", "shifted"),
    [
        ("2xxx -> 52xxx", "2345", "52345"),
        ("2XXX→52XXX", "2345", "52345"),
        ("2xxx->52xxx; 3xxx -> 63xxx", "3000", "63000"),
        ("2xxx -> 52xxx", "3345", ""),
        ("2xxx -> 52xxx", "23456", ""),
        ("52xxx -> 2xxx", "52001", "2001"),
        ("0xxx -> 10xxx", "0012", "10012"),
    ],
)
def test_a_shift_puts_one_prefix_for_another(text: str, number: str, shifted: str) -> None:
    """Numbers of the length that is written, with that prefix; the first shift that fits counts."""
    rule = parse_rule(text)
    assert rule is not None
    assert rule.shifted(number) == shifted


@pytest.mark.parametrize("text", ["keep", "Keep where free", "ASSIGN"])
def test_a_word_is_a_rule(text: str) -> None:
    """In whatever case."""
    rule = parse_rule(text)
    assert rule is not None
    assert rule.word == text.lower()


@pytest.mark.parametrize(
    ("text", "word"), [("Garder", "keep"), ("attribuer", "assign"), ("garder si libre", "keep where free")]
)
def test_a_french_word_is_a_rule_too(text: str, word: str) -> None:
    """Whatever the language of the book."""
    rule = parse_rule(text)
    assert rule is not None
    assert rule.word == word


@pytest.mark.parametrize(
    "text", ["", "keeep", "2xx -> 52xxx", "xxx -> xxx", "2xxx 52xxx", "2xxx -> 52xxx, and so on", "2xxx ->"]
)
def test_anything_else_is_no_rule(text: str) -> None:
    """A shift that changes the length of the rest, or nothing at all, is none."""
    assert parse_rule(text) is None


def test_intervals_are_shifted_with_their_numbers() -> None:
    """Both ends must fit; a single number is shifted too; others stay as they are."""
    rule = parse_rule("2xxx -> 52xxx")
    assert rule is not None
    shifted = shift_intervals(rule, "2100-2199, 2500, 3000-3099")
    assert set(shifted.split(", ")) == {"52100-52199", "52500", "3000-3099"}
    assert shift_intervals(rule, "1900-2100") == "1900-2100"
    assert shift_intervals(rule, "none of that") == "none of that"
