"""A comparison on the terminal: what it rests on, a table of differences per sheet, and what is to be known of it."""

from __future__ import annotations

from collections.abc import Sequence

import click

from ..model.text import safe_sentence
from ..reports.diff import DiffReport
from ..reports.diff_wording import (
    Line,
    before_after,
    edit_kind,
    edited_title,
    field_label,
    headline,
    kind_word,
    lines_of,
    not_compared,
    notes_of,
    sheet_label,
)
from ..reports.evidence import evidence_lines
from ..words import translate, translate_n
from .output import SHOWN_ROWS

_WIDEST = 44
_COLOURS = {"added": "green", "removed": "red", "moved": "cyan", "changed": None}


def print_diff(report: DiffReport) -> None:
    """Print a comparison; of long tables the first rows, which files (-o) hold whole."""
    for name, text in evidence_lines(report.evidence):
        click.echo(translate("{label}: {text}", label=name, text=safe_sentence(text, 400)))
    for note in notes_of(report.diff, report.inputs):
        click.secho(safe_sentence(note, 400), fg="yellow")
    for resource in report.diff.compared:
        found = [d for d in report.diff.differences if d.resource == resource]
        if found:
            click.secho(f"\n{sheet_label(resource)}", bold=True)
            _print_lines(lines_of(found))
    if report.diff.not_compared:
        click.secho("\n" + translate("Not compared"), bold=True)
        _print_texts([not_compared(one, report.inputs) for one in report.diff.not_compared])
    _print_edits(report)
    click.secho("\n" + headline(report.diff), bold=True)


def _print_lines(lines: Sequence[Line]) -> None:
    shown = lines[:SHOWN_ROWS]
    who = ("", "Id", translate("Name"), translate("Entity"))
    what = (translate("Field"), translate("Before"), translate("After"))
    rows = [(kind_word(one.kind), one.id, one.name, one.place, one.field, one.before, one.after) for one in shown]
    _print_table((*who, *what), rows, [_COLOURS[one.kind] for one in shown])
    _say_rest(len(lines))


def _print_edits(report: DiffReport) -> None:
    for one in report.inputs:
        if not one.edits:
            continue
        click.secho("\n" + safe_sentence(edited_title(one), 400), bold=True)
        headers = (translate("Sheet"), translate("Row"), translate("Name"), translate("Field"))
        rows = [
            (
                sheet_label(edit.sheet),
                str(edit.row or ""),
                edit.name,
                edit_kind(edit) or field_label(edit.sheet, edit.column),
                *before_after(edit.sheet, edit),
            )
            for edit in one.edits[:SHOWN_ROWS]
        ]
        _print_table((*headers, translate("Server said"), translate("Book says")), rows, [None] * len(rows))
        _say_rest(len(one.edits))


def _print_table(headers: Sequence[str], rows: Sequence[Sequence[str]], colours: Sequence[str | None]) -> None:
    """Print columns side by side, each as wide as its longest cell; a column without a word is left out."""
    shown = [[safe_sentence(cell, _WIDEST) for cell in row] for row in rows]
    used = [at for at in range(len(headers)) if any(row[at] for row in shown)]
    widths = {at: max(len(headers[at]), *(len(row[at]) for row in shown)) for at in used}
    click.secho("  " + "  ".join(headers[at].ljust(widths[at]) for at in used).rstrip(), dim=True)
    for row, colour in zip(shown, colours, strict=True):
        click.secho("  " + "  ".join(row[at].ljust(widths[at]) for at in used).rstrip(), fg=colour)


def _print_texts(texts: Sequence[str]) -> None:
    for text in texts[:SHOWN_ROWS]:
        click.echo(f"  {safe_sentence(text, 400)}")
    _say_rest(len(texts))


def _say_rest(count: int) -> None:
    if count > SHOWN_ROWS:
        said = translate_n(
            "... and {n} more line: -o FILE has all", "... and {n} more lines: -o FILE has all", count - SHOWN_ROWS
        )
        click.echo(f"  {said}")
