"""xcu-sheets check: every problem of a book, without a server."""

from __future__ import annotations

import click

from ..files import read_book
from ..files.columns import read_columns
from ..model.book import Book
from ..model.problems import has_errors
from ..model.text import safe_text
from ..planning.make import check
from ..reports.wording import describe
from ..words import translate
from .options import columns_option, fill_option, hidden_option, json_option
from .output import count_problems, print_json, print_problems
from .problems import problems_options, save_found

NEEDS_SERVER = (
    "what changed on the server since, numbers and logins taken since, free numbers that groups or queues use"
)
NEEDS_BOOK = "ids, entities, templates and numbers (the file carries no copy of the server: plan checks them)"


@click.command("check")
@click.argument("book", type=click.Path())
@fill_option
@columns_option
@hidden_option
@problems_options
@json_option
def command(
    book: str,
    fill: dict[str, str],
    columns: str | None,
    hidden: str,
    problems_path: str | None,
    no_problems: bool,
    as_json: bool,
) -> int:
    """Say every problem of BOOK at once, each with its cell. No server is needed.

    Where a row has one, BOOK.problems.xlsx is written: a copy with the bad cells marked, to be mended and imported.

    Example: xcu-sheets check people.xlsx
    """
    mapped = read_columns(columns) if columns else None
    found = read_book(book, columns=mapped)
    problems = check(found, fill=fill, hidden=hidden)
    unchecked = not_checked(found)
    lines = mapped.described() if mapped else []
    if as_json:
        rows = [{**p.to_json(), "message": describe(p)} for p in problems]
        saved = save_found(found, problems, to=problems_path, wanted=not no_problems, err=True)
        file = str(saved) if saved else None
        print_json({"book": book, "problems": rows, "not_checked": unchecked, "problems_file": file, "columns": lines})
    else:
        for line in lines:
            click.echo(translate("  column  {line}", line=safe_text(line, 300)))
        print_problems(problems)
        rows_read = sum(len(sheet.frame) for sheet in found.sheets.values())
        click.secho(
            translate(
                "{book}: {rows_read} rows in {sheets}: {count_problems}.",
                book=book,
                rows_read=rows_read,
                sheets=", ".join(found.sheets),
                count_problems=count_problems(problems),
            ),
            bold=True,
        )
        save_found(found, problems, to=problems_path, wanted=not no_problems, err=False)
        click.echo(translate("Not checked here: {unchecked}.", unchecked=unchecked))
    return 1 if has_errors(problems) else 0


def not_checked(book: Book) -> str:
    """Return what only a server could tell about this book."""
    if book.baseline is None:
        return f"{NEEDS_BOOK}, {NEEDS_SERVER}"
    return f"{NEEDS_SERVER} (compared with the export of {book.baseline.taken_at})"
