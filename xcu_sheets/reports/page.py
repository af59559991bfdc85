"""HTML pages of one file each: no script, nothing fetched, every text of the server shown as text.

A page's template extends `base.html` and fills its blocks; prose comes in as members, never from a template.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from ..files.replace_file import replace_file
from ..model.text import safe_sentence
from ..words import spoken, translate

LONGEST_TEXT = 2000


@dataclass(frozen=True)
class Page:
    """What every page shows around its content: title, a line below it, and at its end `evidence_lines`."""

    title: str
    lead: str
    evidence: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Cell:
    """One line in a cell of a table: `small` stands behind it in small print, `pill` is the look of a coloured word."""

    text: str
    small: str = ""
    pill: str = ""


@dataclass(frozen=True)
class Table:
    """A table as `parts.html` shows it: columns as (title, look), looks "", "num" or "fixed"; cells are lines."""

    columns: Sequence[tuple[str, str]]
    rows: Sequence[Sequence[Sequence[Cell]]]


def render_page(template: str, page: Page, **members: Any) -> str:
    """Return the HTML of a template in `pages`. Raises jinja2.UndefinedError for a member that is missing."""
    rests_on = translate("What this page rests on")
    return _environment().get_template(template).render(page=page, lang=spoken(), rests_on=rests_on, **members)


def write_page(path: Path, template: str, page: Page, **members: Any) -> Path:
    """Write a page whole, readable by its owner only; return where it was saved."""
    html = render_page(template, page, **members)
    with replace_file(path) as file:
        file.temporary.write_text(html, encoding="utf-8")
    return file.saved


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader(__package__, "pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_shown,
    )
    environment.filters["percent"] = percent
    environment.filters["thousands"] = thousands
    return environment


def _shown(value: Any) -> Any:
    """Make hostile characters of a text visible; autoescape comes after. Markup of our own templates is left alone."""
    if isinstance(value, Markup) or not isinstance(value, str):
        return value
    return safe_sentence(value, LONGEST_TEXT)


def percent(share: float | None) -> str:
    """Return a share as a percentage without decimals; only 1 is 100 %, and only 0 is 0 %. None is a dash."""
    if share is None:
        return "–"
    rounded = min(max(round(100 * share), 1), 99) if 0 < share < 1 else round(100 * share)
    return f"{rounded} %"


def thousands(number: int | None) -> str:
    """Return a whole number in groups of three, parted by a plain blank. None is a dash."""
    return "–" if number is None else f"{number:,}".replace(",", " ")
