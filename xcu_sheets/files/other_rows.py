"""Rows under a header that are no records: units beneath it, the header printed again, totals at the end."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ..model.text import clean_text, fold
from .recognition import Header, fold_header

_TOTAL = re.compile(r"(?:(?:sous|sub|grand)[\s-]*)?(?:total|totaux|effectif)\b", re.IGNORECASE)
_BRACKETED = re.compile(r"\(.*\)\Z|\[.*\]\Z", re.DOTALL)
_NOTES = {
    fold(word)
    for word in (
        *("obligatoire", "facultatif", "optionnel", "texte", "nombre", "numéro", "chiffres", "liste"),
        *("required", "mandatory", "optional", "text", "number", "digits", "list"),
    )
}

Row = tuple[int, Sequence[str]]


def other_rows(header: Header, rows: Sequence[Row]) -> Iterator[tuple[int, str]]:
    """Yield (row number, its first text) of the rows that cannot be meant as records, whoever reads them.

    A row with an id or an action is a record whatever else it holds.
    """
    told = [column.at for column in header.columns if column.field and column.field.name in ("id", "action")]
    secret = {column.at for column in header.columns if column.field and column.field.secret}
    unseen = header.results | secret
    again = {column.at: column.field.headers() for column in header.columns if column.field}
    for position, (number, cells) in enumerate(rows):
        filled = [text for at, text in enumerate(cells) if at not in unseen and text.strip()]
        if not filled:
            continue
        repeated = all(fold_header(_at(cells, at)) in names for at, names in again.items())
        no_record = repeated or (position == 0 and _is_units(filled)) or _is_total(filled)
        if no_record and (repeated or not any(_at(cells, at) for at in told)):
            yield number, clean_text(filled[0])


def _at(cells: Sequence[str], at: int) -> str:
    return cells[at].strip() if at < len(cells) else ""


def _is_units(filled: Sequence[str]) -> bool:
    return all(_BRACKETED.match(text.strip()) or fold(text) in _NOTES for text in filled)


def _is_total(filled: Sequence[str]) -> bool:
    """Tell whether a row begins with the word for a total and holds nothing but figures behind it."""
    first, *rest = filled
    return _TOTAL.match(first.strip()) is not None and not any(char.isalpha() for text in rest for char in text)
