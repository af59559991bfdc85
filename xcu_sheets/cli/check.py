"""xcu-sheets check: every problem of a book, without a server."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from ..files import Limits, read_book
from ..files.columns import ColumnMap, read_columns
from ..model.book import Book
from ..model.problems import Problem, has_errors
from ..model.text import safe_sentence
from ..planning.make import check
from ..reports.wording import describe, tab_name
from ..words import translate, translate_n
from .options import columns_option, fill_option, hidden_option, json_option, limit_options
from .output import count_problems, print_json, print_problems
from .problems import problems_options, save_found
from .profiles import usual_contact


@click.command("check")
@click.argument("book", type=click.Path())
@fill_option
@columns_option
@hidden_option
@problems_options
@limit_options
@json_option
def command(
    book: str,
    fill: dict[str, str],
    columns: str | None,
    hidden: str,
    problems_path: str | None,
    no_problems: bool,
    as_json: bool,
    limits: Limits,
) -> int:
    """Say every problem of BOOK at once, each with its cell. No server is needed.

    Where a row has one, BOOK.problems.xlsx is written: a copy with the bad cells marked, to be mended and imported.

    Example: xcu-sheets check people.xlsx
    """
    mapped = read_columns(columns) if columns else None
    found = read_book(book, columns=mapped, limits=limits)
    problems = check(found, fill=fill, hidden=hidden)
    contact = found.contact or usual_contact()
    if as_json:
        saved = save_found(found, problems, to=problems_path, wanted=not no_problems, err=True, contact=contact)
        print_json(lambda: _to_json(found, book, problems, mapped, saved))
    else:
        for line in mapped.described() if mapped else ():
            click.echo(translate("  column  {meaning}", meaning=safe_sentence(line, 300)))
        print_problems(problems)
        click.secho(_counts(found, book, problems), bold=True)
        save_found(found, problems, to=problems_path, wanted=not no_problems, err=False, contact=contact)
        click.echo(translate("Not checked here: {unchecked}.", unchecked=not_checked(found)))
    return 1 if has_errors(problems) else 0


def _to_json(
    found: Book, name: str, problems: Sequence[Problem], mapped: ColumnMap | None, saved: Path | None
) -> dict[str, Any]:
    return {
        "book": name,
        "problems": [{**p.to_json(), "message": describe(p)} for p in problems],
        "not_checked": not_checked(found),
        "problems_file": str(saved) if saved else None,
        "columns": mapped.described() if mapped else [],
    }


def _counts(found: Book, name: str, problems: Sequence[Problem]) -> str:
    return translate_n(
        "{book}: {n} row in {sheets}: {problems}.",
        "{book}: {n} rows in {sheets}: {problems}.",
        sum(len(sheet.frame) for sheet in found.sheets.values()),
        book=name,
        sheets=", ".join(map(tab_name, found.sheets)),
        problems=count_problems(problems),
    )


def not_checked(book: Book) -> str:
    """Return what only a server could tell about this book."""
    since = translate(
        "what changed on the server since, numbers and logins taken since, free numbers that groups or queues use"
    )
    if book.baseline is None:
        needed = translate(
            "ids, entities, templates and numbers (the file carries no copy of the server: plan checks them)"
        )
        return f"{needed}, {since}"
    return translate("{since} (compared with the export of {taken_at})", since=since, taken_at=book.baseline.taken_at)
