"""xcu-sheets columns: a first draft of the file that says what the columns of a list mean."""

from __future__ import annotations

from pathlib import Path

import click

from ..files.drafting import draft_columns
from ..files.replace_file import replace_file
from ..model.errors import BookError
from ..words import translate
from .options import json_option
from .output import print_json


@click.command("columns")
@click.argument("book", type=click.Path())
@click.option("-o", "--output", type=click.Path(dir_okay=False), help="Write it here, as .toml; else it is printed.")
@json_option
def command(book: str, output: str | None, as_json: bool) -> int:
    """Draft a columns.toml for BOOK: its headers with our guesses, its values, and comments that explain the rest.

    Example: xcu-sheets columns hr.csv -o columns.toml
    """
    saved = _write(Path(output), draft_columns(Path(book))) if output else None
    if as_json:
        print_json(lambda: _to_json(book, saved))
    elif saved:
        click.echo(
            translate(
                "Draft: {saved} (fill it in, then: xcu-sheets check {book} --columns {saved})", saved=saved, book=book
            )
        )
    else:
        click.echo(draft_columns(Path(book)), nl=False)
    return 0


def _to_json(book: str, saved: Path | None) -> dict[str, object]:
    """Return the draft, its comments in English as all that a machine reads."""
    return {"book": book, "columns": draft_columns(Path(book)), "saved": str(saved) if saved else None}


def _write(path: Path, text: str) -> Path:
    """Write a draft; what somebody filled in is never replaced. Raises BookError."""
    if path.suffix.lower() != ".toml":
        raise BookError("{path}: the draft is written as .toml: choose such a name", path=path)
    if path.exists():
        raise BookError("{path} exists already, and may be filled in: choose another name", path=path)
    with replace_file(path) as file:
        file.temporary.write_text(text, encoding="utf-8")
    return file.saved
