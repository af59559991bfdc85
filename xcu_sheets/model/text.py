"""Text as people type it: cleaned, folded for comparison, made safe to show."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Self

CLEAR = "<clear>"
AUTO = "auto"
LEFT_OUT = "<left out>"
CLEAR_FR, LEFT_OUT_FR = "<vider>", "<omis>"
SHOWN_LENGTH = 80
NO_BREAK = "\u00a0"

# Marks that Excel, HR systems and web pages leave behind and nobody sees: zero-width, bidi, BOM, soft hyphen.
_INVISIBLE = dict.fromkeys(
    [0x00AD, 0x061C, 0x180E, 0xFEFF, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x206A)]
)
_BLANKS = re.compile("[\t \u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]+")
_LINE_BREAKS = "\n\r\x0b\x0c\x85\u2028\u2029"
_LINE_BREAK = re.compile(f"[{_LINE_BREAKS}]")
_PLAIN = re.compile(r"[!-~](?:[ -~]*[!-~])?\Z")
_AUTO = re.compile(r"auto(?:\s+([0-9][0-9\s,;\-\u2013]*))?\Z", re.IGNORECASE)
_MEMBER = re.compile(r"\{([a-z_]+)\}")
# C0 and C1 controls, surrogates, and U+xxFFFE and U+xxFFFF of every plane.
_NONCHARACTERS = "".join(chr(plane << 16 | low) for plane in range(17) for low in (0xFFFE, 0xFFFF))
_CONTROL = re.compile(f"[\x00-\x1f\x7f-\x9f\ud800-\udfff{_NONCHARACTERS}]")
_CLEAR_WORDS = {CLEAR, CLEAR_FR}
_LEFT_OUT_WORDS = {LEFT_OUT, LEFT_OUT_FR}


def fill(sentence: str, members: Mapping[str, object]) -> str:
    """Return a sentence with its `{members}` filled in; braces around anything else stay as they are."""
    return _MEMBER.sub(lambda found: str(members.get(found[1], found[0])), sentence) if members else sentence


def members_of(sentence: str) -> list[str]:
    """Return the names of a sentence's `{members}`."""
    return _MEMBER.findall(sentence)


class Said(str):
    """A sentence of ours, in English, that knows its `said` and `members` and so can be said in another language."""

    said: str
    members: Mapping[str, object]

    def __new__(cls, said: str, /, **members: object) -> Self:
        """Fill in the members; they may be sentences themselves."""
        made = super().__new__(cls, fill(said, members))
        made.said, made.members = said, members
        return made


class Label(str):
    """A name from our tables, English as text, that knows its French."""

    french: str

    def __new__(cls, english: str, french: str) -> Self:
        """Keep both."""
        made = super().__new__(cls, english)
        made.french = french
        return made


def joined(items: Iterable[str]) -> str:
    """Return several texts as a sentence names them: a, b and c."""
    *first, last = items
    return Said("{some} and {last}", some=listed(first), last=last) if first else last


def listed(items: Iterable[str]) -> str:
    """Return several texts as a list: a, b, c."""
    *first, last = items
    return Said("{some}, {last}", some=listed(first), last=last) if first else last


def clean_text(text: str) -> str:
    """Return `text` as a clerk would copy it: NFC, no invisible marks, outer blanks gone, odd blanks plain.

    Runs of blanks and tabs inside a name become one blank; line breaks and control characters inside stay (they are
    refused later, by name).
    """
    if not text or (_PLAIN.match(text) and "  " not in text):
        return text
    return _BLANKS.sub(" ", unicodedata.normalize("NFC", text.translate(_INVISIBLE))).strip(" " + _LINE_BREAKS)


def fold(text: str) -> str:
    """Return the form in which headers and names are compared: letters and digits only, no case, no accents."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in decomposed if c.isalnum())


def fold_name(text: str) -> str:
    """Return a person's name for comparison: no case, no accents, blanks and apostrophes made one kind.

    A name of signs only (`???`) keeps its signs, so that two such names stay apart.
    """
    return fold(text) or text.casefold()


def is_clear(text: str) -> bool:
    """Tell whether a cell asks for its value to be emptied (DESIGN rule 1)."""
    return text.casefold().replace(" ", "") in _CLEAR_WORDS


def is_left_out(text: str) -> bool:
    """Tell whether a cell stands for a secret that a copy of the book does not carry."""
    return text.casefold() in _LEFT_OUT_WORDS


def is_auto(text: str) -> bool:
    """Tell whether a cell asks for a value to be chosen: `auto`, or `auto 2600-2699` (DESIGN rule 10)."""
    return _AUTO.match(text) is not None


def asks_auto(text: str) -> bool:
    """Tell whether a cell says `auto` and nothing else: of a login or password, which have no range."""
    return text.casefold() == AUTO


def auto_range(text: str) -> str:
    """Return the range inside which `auto 2600-2699` asks for a number, empty for plain `auto`."""
    found = _AUTO.match(text)
    return (found[1] or "") if found else ""


def safe_text(text: object, limit: int = SHOWN_LENGTH) -> str:
    r"""Return `text` fit for a terminal, log or message: control, bidi and odd blank characters as \xNN or \uNNNN.

    Longer texts are cut at `limit` characters and end in an ellipsis.
    """
    shown = "".join(_visible(c) for c in str(text)[: limit + 1])
    return shown if len(shown) <= limit else shown[: limit - 1] + "…"


def safe_sentence(sentence: str, limit: int) -> str:
    """Return a finished sentence fit to be shown, as `safe_text` does; the hard blanks of French stay blanks.

    Its members were made safe where they came in, and a hard blank can hide nothing.
    """
    text = NO_BREAK.join(safe_text(part, limit) for part in sentence.split(NO_BREAK))
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _visible(char: str) -> str:
    if char == " " or unicodedata.category(char)[0] not in "CZ":
        return char
    code = ord(char)
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def has_line_break(text: str) -> bool:
    """Tell whether `text` goes over several lines, by whichever character."""
    return _LINE_BREAK.search(text) is not None


def first_control(text: str) -> str:
    """Return the first control character, lone surrogate or noncharacter, as U+0007, blank where there is none."""
    found = _CONTROL.search(text)
    return f"U+{ord(found[0]):04X}" if found else ""


def split_list(text: str) -> list[str]:
    """Split a cell that lists several names: commas, semicolons or line breaks; quotes keep a comma inside a name."""
    items = re.findall(r'\s*"((?:[^"]|"")*)"|([^,;\n]+)', text)
    found = [quoted.replace('""', '"') if quoted else plain for quoted, plain in items]
    return [item for item in map(clean_text, found) if item]


def join_list(items: Iterable[str]) -> str:
    """Write several names into one cell, the inverse of `split_list`."""
    return ", ".join('"' + i.replace('"', '""') + '"' if re.search(r'[,;\n"]', i) else i for i in items)
