"""What check, plan and import share: writing the copy of a book in which its problems are marked."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

import click

from ..model.book import Book
from ..model.errors import BookError
from ..model.problems import Problem, Severity
from ..planning.plan import Plan
from ..reports.copied import Row, worth_a_copy
from ..reports.problems_copy import default_problems_path, write_problems
from ..words import spoken, translate
from .options import stacked

problems_to = click.option(
    "--problems",
    "problems_path",
    metavar="FILE",
    type=click.Path(),
    help="Write the copy with the problems in their own cells here.",
)
problems_options = stacked(
    problems_to, click.option("--no-problems", is_flag=True, help="Write no BOOK.problems.xlsx beside the book.")
)


def save_problems(
    book: Book,
    problems: Sequence[Problem],
    *,
    to: str | None,
    spared: Collection[Row] = (),
    err: bool = False,
    contact: str = "",
) -> Path | None:
    """Write the problems copy of a book, say where, and return that; None where it could not be written.

    Without `to` it lies beside the book, and a folder that takes no file is only said: the problems are on the screen.
    `contact` is whom the copy names, else the one that the book does. Raises BookError where `to` cannot be written,
    or is the book itself.
    """
    path = Path(to) if to else default_problems_path(book.path)
    if to and path.exists() and path.samefile(book.path):
        raise BookError("{path} is the book itself: its problems go to another file", path=to)
    try:
        contact = contact or book.contact
        saved = write_problems(path, book, problems, spared=spared, lang=spoken(), contact=contact)
    except BookError as failed:
        if to:
            raise
        click.echo(translate("Note: no problems file was written: {error}", error=failed), err=True)
        return None
    shown = saved if to else Path(book.path).parent / saved.name
    click.echo(
        translate("Problems in their own cells: {path} (mend them there and import that file)", path=shown), err=err
    )
    return saved


def save_found(
    book: Book, problems: Sequence[Problem], *, to: str | None, wanted: bool, err: bool, contact: str = ""
) -> Path | None:
    """Write the problems that a check found, if a row has one, or if a file was asked for and there is any."""
    marked = any(p.severity is not Severity.INFO for p in problems)
    if not wanted or not (marked if to else worth_a_copy(problems)):
        return None
    return save_problems(book, problems, to=to, err=err, contact=contact)


def save_refused(
    book: Book, plan: Plan, *, to: str | None, wanted: bool, sends: bool, err: bool = False, contact: str = ""
) -> Path | None:
    """Write the problems of a plan, if rows stay behind because of them; `sends` tells whether the others go now."""
    refused = {(c.sheet, c.row) for c in plan.changes if c.action == "refused"}
    if not wanted or not (refused or (to and plan.problems)):
        return None
    done = {(name, row) for name, rows in plan.unchanged.items() for row in rows}
    going = {(c.sheet, c.row) for c in plan.to_send} if sends and not plan.blocked else set()
    return save_problems(book, plan.problems, to=to, spared=done | going, err=err, contact=contact)
