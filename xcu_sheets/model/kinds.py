"""Kinds of cell: how a text in a cell and a value of the API are the same value.

`parse` goes out (cell text -> API value) and raises BadCell; `render` comes in (API value -> cell text). A cell's
canonical form is `render(parse(text))`; two cells are equal when their canonical forms are.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import partial
from typing import Any

from .text import CLEAR, CLEAR_FR, clean_text, first_control, fold, has_line_break, join_list, split_list

MAX_DIGITS = 16  # XiVO's number column [DOMAIN 1.4.2]; Excel rounds from 16 digits on
YES_WORDS = {"yes", "y", "true", "vrai", "oui", "o", "x", "1", "☑", "✓", "✔"}
NO_WORDS = {"no", "n", "false", "faux", "non", "0", "☐"}

_NUMBER = re.compile(r"[0-9]+\Z")
_TYPED_NUMBER = re.compile(r"[0-9]+(?:[.,][0-9]+)?(?:[eE][+]?[0-9]{1,2})?\Z")
_THOUSANDS = re.compile(r"[0-9]{1,3}[.,][0-9]{3}\Z")  # 1,000: a thousand to some, one to others
_SWISS = re.compile(r"[0-9]{1,3}(?:['’][0-9]{3})+\Z")
_WRAPPED = re.compile(r'="([^"]*)"\Z')  # a formula by which people keep a leading zero
_DATE = re.compile(
    r"[0-9]{1,4}(?:-[0-9]{1,2}-|/[0-9]{1,2}/|\.[0-9]{1,2}\.)[0-9]{1,4}(?: [0-9:]+)?\Z|[0-9]{1,2}(?::[0-9]{2}){1,2}\Z"
)
_INTERVAL = re.compile(r"([0-9]+)(?:(?:\s*[-\u2010-\u2015\u2212]\s*|\s+(?:à|au|to)\s+)([0-9]+))?\Z", re.IGNORECASE)
_EMOJI = "\ufe0f"  # asks for a sign in colour


class BadCell(ValueError):
    """A cell's text is not a value of its kind; `code` and `params` become a Problem."""

    def __init__(self, code: str, **params: str) -> None:
        super().__init__(code)
        self.code, self.params = code, params


@dataclass(frozen=True)
class Kind:
    """One way in which a cell and a value are the same.

    `words` are what a dropdown offers and a canonical cell holds; `words_fr` are what a French person calls each of
    them. Both are read, whatever the language of the book.
    """

    name: str
    parse: Callable[[str], Any]
    render: Callable[[Any], str]
    words: tuple[str, ...] = ()
    words_fr: tuple[str, ...] = ()
    many: bool = False

    def words_in(self, language: str) -> tuple[str, ...]:
        """Return `words` as a person of that language (`en` or `fr`) writes them."""
        return self.words_fr if language == "fr" else self.words

    def word_in(self, language: str, text: str) -> str:
        """Return a canonical cell as a person of that language reads it: a text that is none of `words` stays."""
        return self.words_in(language)[self.words.index(text)] if text in self.words else text

    def said_in(self, language: str, text: str) -> str:
        """Return a cell as a person of that language reads it, the word for an emptied one included."""
        return CLEAR_FR if language == "fr" and text == CLEAR else self.word_in(language, text)

    def tidy(self, text: str) -> str:
        """Return the canonical form of a cell, or the cleaned text where it is no value of this kind."""
        cleaned = clean_text(text)
        if not cleaned:
            return ""
        try:
            return self.render(self.parse(cleaned))
        except BadCell:
            return cleaned

    def fault(self, text: str) -> BadCell | None:
        """Return why a non-blank cell is no value of this kind, None where it is one."""
        try:
            self.parse(text)
        except BadCell as bad:
            return bad
        return None


def parse_text(text: str) -> str:
    """Return cleaned text; control characters, line breaks and noncharacters are refused."""
    cleaned = clean_text(text)
    if has_line_break(cleaned):
        raise BadCell("line_break")
    sign = first_control(cleaned)
    if sign:
        raise BadCell("control_character", sign=sign)
    return cleaned


def parse_number(text: str) -> str:
    """Return the digits of a phone number as people and Excel write it (6260.0, `6 260`, 6,26E+03); leading zeros live.

    Raises BadCell where digits would be invented: a fraction, more digits than Excel keeps, anything else.
    """
    compact = _compact(text)
    if _NUMBER.match(compact):
        if len(compact) > MAX_DIGITS:
            raise BadCell("number_too_long", limit=str(MAX_DIGITS))
        return compact
    if not _TYPED_NUMBER.match(compact):
        raise BadCell("number_or_date" if _DATE.match(clean_text(text)) else "not_a_number")
    try:
        value = Decimal(compact.replace(",", "."))
    except InvalidOperation:  # an exponent out of all bounds
        raise BadCell("not_a_number") from None
    if _THOUSANDS.match(compact) or value != value.to_integral_value() or value >= 10 ** (MAX_DIGITS - 1):
        raise BadCell("number_not_exact")
    return f"{int(value)}"


def _compact(text: str) -> str:
    """Return a number's characters without blanks and without what keeps its zeros or parts its thousands."""
    cleaned = clean_text(text)
    wrapped = _WRAPPED.match(cleaned)
    compact = (wrapped[1] if wrapped else cleaned).replace(" ", "")
    compact = compact[1:] if compact[:1] in ("'", "’") else compact
    return compact.replace("'", "").replace("’", "") if _SWISS.match(compact) else compact


def parse_integer(text: str) -> int:
    """Return a whole number; raises BadCell as `parse_number` does."""
    return int(parse_number(text))


def parse_bool(text: str) -> bool:
    """Return yes or no as English and French people write it; anything else is refused, never guessed."""
    word = clean_text(text.replace(_EMOJI, "")).casefold()
    if word in YES_WORDS:
        return True
    if word in NO_WORDS:
        return False
    raise BadCell("not_yes_or_no")


def parse_intervals(text: str) -> list[dict[str, str]]:
    """Return `1700-1799, 1961` as the API's intervals; a single number has an empty end [DOMAIN 1.4.2]."""
    intervals = []
    for item in split_list(text):
        found = _INTERVAL.match(item.strip("'"))
        if not found:
            raise BadCell("not_an_interval", part=item)
        start, end = found[1], found[2] or ""
        if end and (len(end) != len(start) or end < start):
            raise BadCell("interval_backwards", part=item)
        intervals.append({"start": start, "end": "" if end == start else end})
    return intervals


def interval_order(interval: Mapping[str, Any]) -> tuple[int, str, str]:
    """Return the key by which intervals are sorted: shorter numbers first, then by value."""
    start, end = render_text(interval.get("start")), render_text(interval.get("end"))
    return len(start), start, end


def render_intervals(value: Any) -> str:
    """Return the API's intervals as one cell, the lowest first, for their order says nothing.

    Keys unknown to us are not shown, and survive an edit elsewhere.
    """
    shown = []
    for interval in sorted(value or (), key=interval_order):
        start, end = render_text(interval.get("start")), render_text(interval.get("end"))
        shown.append(start if end in ("", start) else f"{start}-{end}")
    return ", ".join(shown)


def render_text(value: Any) -> str:
    """Return a scalar of the API as cleaned text; null is blank."""
    return "" if value is None else clean_text(value if isinstance(value, str) else str(value))


def _render_bool(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return render_text(value)


def _parse_choice(words: Mapping[str, str], text: str) -> str:
    try:
        return words["" if "?" in text else fold(text)]
    except KeyError:
        yes_or_no = clean_text(text).casefold() in YES_WORDS | NO_WORDS
        choices = ", ".join(dict.fromkeys(words.values()))
        raise BadCell("choice_not_yes_or_no" if yes_or_no else "not_a_choice", choices=choices) from None


def choice(words: Mapping[str, str], *, name: str = "choice", also: Mapping[str, str] | None = None) -> Kind:
    """Return the kind of a cell that holds one of `words` (each with its French), written in any case.

    `also` gives other words for them.
    """
    meant = {**{word: word for word in words}, **{french: word for word, french in words.items()}, **(also or {})}
    by_fold = {fold(word): to for word, to in meant.items()}
    return Kind(name, partial(_parse_choice, by_fold), render_text, tuple(words), tuple(words.values()))


TEXT = Kind("text", parse_text, render_text)
NUMBER = Kind("number", parse_number, render_text)
INTEGER = Kind("integer", parse_integer, render_text)
BOOL = Kind("yes/no", parse_bool, _render_bool, ("yes", "no"), ("oui", "non"))
INTERVALS = Kind("intervals", parse_intervals, render_intervals, many=True)
ACTION = choice(
    {"create": "créer", "update": "modifier", "delete": "supprimer", "skip": "ignorer"},
    name="action",
    also={"création": "create", "modification": "update", "suppression": "delete"},
)
ACTIONS = ACTION.words
# References are turned into ids by a Directory, which knows the records; here they are names.
REFERENCE = Kind("reference", parse_text, render_text)
REFERENCES = Kind("references", split_list, join_list, many=True)
