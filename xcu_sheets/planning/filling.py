"""Blank cells of new rows filled with one value for all of them (`--set`), as if it had been typed there."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from ..model.directory import Unresolved
from ..model.errors import PlanError
from ..model.problems import Problem, Severity, problem
from ..model.resources import RESOURCES
from ..model.text import safe_text
from ..model.view import View
from .references import Names


def fill_blanks(frame: pd.DataFrame, fill: Mapping[str, str]) -> pd.DataFrame:
    """Return a complete sheet with the blank cells of its rows without id filled, by column."""
    filled = frame.copy()
    for column, text in fill.items():
        blank = (frame[column] == "") & (frame["id"] == "")
        filled[column] = frame[column].where(~blank, text)
    return filled


def only_new(frame: pd.DataFrame, written: pd.DataFrame, new: pd.Index, fill: Mapping[str, str]) -> pd.DataFrame:
    """Return the filled sheet with what was filled taken back from rows that turned out not to be new."""
    kept = frame.copy()
    for column in fill:
        taken_back = filled_rows(written, column).difference(new)
        kept.loc[taken_back, column] = written.loc[taken_back, column]
    return kept


def filled_rows(written: pd.DataFrame, column: str) -> pd.Index:
    """Return the rows in which a column is filled."""
    return written.index[(written[column] == "") & (written["id"] == "")]


def say_filled(
    written: pd.DataFrame, new: pd.Index, fill: Mapping[str, str], *, of_book: Mapping[str, str]
) -> list[Problem]:
    """Say, for each column, how many new rows have their value from `--set`, or from the book itself.

    `of_book` gives what to call the latter.
    """
    counts = {column: len(filled_rows(written, column).intersection(new)) for column in fill}
    where = {"sheet": "users"}
    return [
        problem(
            "filled_by_book" if column in of_book else "filled_in",
            Severity.INFO,
            **where,
            column=column,
            value=of_book.get(column, fill[column]),
            count=str(count),
        )
        for column, count in counts.items()
        if count
    ]


def check_fill(fill: Mapping[str, str], names: Names, view: View, *, of_book: Mapping[str, str]) -> None:
    """Raise PlanError where a value that is to name a record names none, or several: said once, not on every row.

    `of_book` are the values that the book brings along itself.

    A name of this very book whose row was refused is left to the rows that it would fill.
    """
    for column, text in fill.items():
        ref = RESOURCES["users"].by_name[column].ref
        if ref is None:
            continue
        try:
            names.resolve(ref.resource, text)
        except Unresolved as failed:
            if failed.code == "reference_refused":
                continue
            known = failed.params.get("candidates") or ", ".join(view.directory.labels(ref.resource))
            if of_book.get(column) == text:
                raise PlanError(
                    "Where {column} is blank this book means {value}, and that is not one of the {sheet} any more: say "
                    "another by --set {column}=..., one of {known}.",
                    column=column,
                    value=safe_text(text),
                    sheet=ref.resource,
                    known=safe_text(known, 300),
                ) from None
            raise PlanError(
                "--set {column}={text} is not one of the {sheet}: write one of {known}.",
                column=column,
                text=safe_text(text),
                sheet=ref.resource,
                known=safe_text(known, 300),
            ) from None
