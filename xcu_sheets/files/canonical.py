"""A column's cells in canonical form, each different text looked at once."""

from __future__ import annotations

from collections.abc import Iterable

from ..model.fields import Field
from ..model.text import CLEAR, clean_text, is_auto, is_clear


def tidy_column(field: Field, cells: Iterable[str]) -> list[str]:
    """Return each cell's canonical text; `<clear>` and `auto` keep their meaning in any spelling."""
    listed = list(cells)
    known = {text: _tidy(field, text) for text in set(listed)}
    return [known[text] for text in listed]


def _tidy(field: Field, text: str) -> str:
    cleaned = clean_text(text)
    if is_clear(cleaned):
        return CLEAR
    if field.auto and is_auto(cleaned):
        return cleaned.casefold()
    return field.kind.tidy(text)
