"""What looks like an accident: ids shifted, a column sorted alone, too many changes, another server."""

from __future__ import annotations

from collections.abc import Collection

import pandas as pd

from ..model.book import Baseline, Book
from ..model.errors import PlanError
from ..model.fields import Resource
from ..model.problems import Problem, Severity, problem
from ..model.text import fold_name, is_left_out
from ..model.view import View

SORTED_COLUMNS = ("first_name", "last_name", "entity", "cti_login", "internal_number")
SORTED_FROM = 3
LIMIT_SHARE = 0.30
LIMIT_FROM = 10


def check_server(book: Book, view: View) -> None:
    """Raise PlanError where the book was exported from another XCU: no XiVO in common (DESIGN rule 15)."""
    made = book.baseline
    if made and made.xivo_uuids and not set(made.xivo_uuids) & set(view.xivo_uuids):
        raise PlanError(
            "This book was exported from {server} and the server now is {now}, which has none "
            "of its XiVOs: use the right --url, or export a new book from this server.",
            server=made.server,
            now=view.server,
        )


def check_id_column(resource: Resource, present: Collection[str], baseline: Baseline | None) -> None:
    """Raise PlanError where an exported sheet lost its id column: its rows could only be guessed at (DESIGN rule 7)."""
    if baseline and resource.name in baseline.frames and "id" not in present:
        raise PlanError(
            "The sheet {name} was exported with a column id, and that column is gone: put it back "
            "(export again, or undo), because without it nobody knows which row is which record.",
            name=resource.name,
        )


def sorted_alone(
    resource: Resource, wanted: pd.DataFrame, base: pd.DataFrame, allowed: Collection[str]
) -> list[Problem]:
    """Return a problem where the cells of one column were put in another order than their rows (DESIGN rule 7).

    `wanted` are the rows that have an id and a baseline, `base` their baseline, aligned. Three or more changed cells
    that hold exactly those rows' former values are no coincidence; for numbers they must also run in order down the
    sheet, for numbers are swapped on purpose.
    """
    moved = [c for c in SORTED_COLUMNS if c in resource.by_name and _permuted(wanted[c], base[c])]
    if "internal_number" in moved and not _runs_sorted(wanted["internal_number"], base["internal_number"]):
        moved.remove("internal_number")
    if {"first_name", "last_name"} <= set(moved):
        moved = ["id"]
    return [problem("sorted_alone", sheet=resource.name, column=column) for column in moved if column not in allowed]


def _permuted(wanted: pd.Series, base: pd.Series) -> bool:
    changed = wanted != base  # blanks too: Excel sorts them to the end
    return int(changed.sum()) >= SORTED_FROM and sorted(wanted[changed]) == sorted(base[changed])


def _runs_sorted(wanted: pd.Series, base: pd.Series) -> bool:
    """Tell whether the numbers run in order from the first changed row to the last."""
    changed = wanted.index[wanted != base]
    filled = [(len(n), n) for n in wanted.loc[changed[0] : changed[-1]] if n]
    return filled == sorted(filled) or filled == sorted(filled, reverse=True)


def too_many(resource: Resource, touched: int, live: int, allowed: int) -> list[Problem]:
    """Return a problem where more than 30 % of a sheet's live rows would change or go (DESIGN rule 12)."""
    if live < LIMIT_FROM or touched <= live * LIMIT_SHARE or touched <= allowed:
        return []
    return [problem("too_many_changes", sheet=resource.name, touched=str(touched), live=str(live))]


def other_people(resource: Resource, merged: pd.DataFrame, known: pd.DataFrame) -> list[int]:
    """Return the rows whose both names differ from those their id had, case and accents apart (DESIGN rule 7).

    `merged` are rows with an id and no action, `known` what those records held, aligned by row.
    """
    if not resource.person_key or merged.empty:
        return []
    differs = pd.Series(True, index=merged.index)
    for name in resource.person_key:
        changed = (merged[name] != known[name]) & (merged[name] != "") & (known[name] != "")
        folded = merged.loc[changed, name].map(fold_name) != known.loc[changed, name].map(fold_name)
        changed[changed] = folded
        differs &= changed.astype(bool)
    return [int(row) for row in merged.index[differs]]


def secrets_left_out(resource: Resource, known: pd.DataFrame, new: pd.DataFrame) -> list[Problem]:
    """Return what is to be said of secrets that a copy of the book left out, in rows with a record and in new ones.

    Nobody is created without the password that was typed for them; whoever is there already keeps theirs.
    """
    found = []
    for name in (secret.name for secret in resource.secrets):
        where = {"sheet": resource.name, "column": name}
        found += [problem("secret_left_out", **where, row=row) for row in _left_out(new[name])]
        found += [problem("secret_not_sent", Severity.WARNING, **where, row=row) for row in _left_out(known[name])]
    return found


def _left_out(cells: pd.Series) -> list[int]:
    return [int(str(row)) for row in cells.index[cells.map(is_left_out).astype(bool)]]
