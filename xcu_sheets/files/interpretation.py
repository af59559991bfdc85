"""A raw sheet made a Sheet: columns by machine name in canonical text, and all that the person sees beside it."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import zip_longest

import pandas as pd

from ..model.book import Sheet
from ..model.errors import BookError
from ..model.fields import Resource
from ..model.problems import Problem, Severity, problem
from ..model.snapshot import text_frame
from .canonical import tidy_column
from .example import example_left, example_rows
from .other_rows import other_rows
from .raw import RawSheet
from .recognition import Column, Header, check_header, is_bare_letter, nearest_field
from .stand_ins import fault_of

_MERGED_ROWS = 2_000_000  # a row for every range that it lies in: more than that, and the ranges cover each other


def interpret(raw: RawSheet, resource: Resource, header: Header) -> tuple[Sheet, list[Problem]]:
    """Return the sheet and what is to be said about its columns and cells; raises BookError for a header in two minds.

    Values under a blank header are kept under their column's letter in brackets.
    """
    check_header(resource, header, raw.said)
    raw = _without_stand_ins(raw, header)
    below = raw.rows[header.position + 1 :]
    others = dict(other_rows(header, below))
    examples = set(example_rows(header, below)) if resource.person_key else set()
    aside = examples.union(others, _emptied(header, below))
    rows = [row for row in below if row[0] not in aside] if aside else below
    index = pd.Index([number for number, _ in rows], dtype="int64")
    texts = dict(enumerate(zip_longest(*(cells for _, cells in rows), fillvalue="")))
    columns = sorted([*header.columns, *_unnamed(header, texts)], key=lambda column: column.at)
    blank = ("",) * len(rows)
    known = {column.field.name: column for column in columns if column.field}
    sheet = Sheet(
        resource=resource,
        title=raw.shown,
        frame=_canonical(resource, known, texts, index, blank),
        original=text_frame({column.header: texts.get(column.at, blank) for column in columns}, index),
        letters={name: column.letter for name, column in known.items()},
        headers={name: column.header for name, column in known.items()},
        header_row=header.row,
        above=tuple((number, _beside(header, cells)) for number, cells in raw.rows[: header.position]),
        hidden=raw.traits.hidden,
        hidden_rows=frozenset(map(int, index)) if raw.traits.hidden else raw.traits.hidden_rows.intersection(index),
        hidden_columns=frozenset(name for name, column in known.items() if column.at in raw.traits.hidden_columns),
    )
    said = [*_unknown_columns(resource, header), *_left_out(resource, others)]
    said += [problem("example_left_out", Severity.INFO, sheet=resource.name, row=row) for row in sorted(examples)]
    said += list(_of_example(resource, header, rows))
    said += [fault for fault in _faults(raw, resource, header, columns) if fault.row not in aside]
    return sheet, [*said, *_merged(raw, resource, [int(row) for row in index], columns)]


def _emptied(header: Header, rows: Sequence[tuple[int, Sequence[str]]]) -> Iterator[int]:
    """Yield the rows in which nothing is left but what a report or a problems copy said of them."""
    for number, cells in rows if header.results else ():
        if not any(text.strip() for at, text in enumerate(cells) if at not in header.results):
            yield number


def _of_example(resource: Resource, header: Header, rows: Sequence[tuple[int, Sequence[str]]]) -> Iterator[Problem]:
    for row, column, text in example_left(header, rows) if resource.person_key else ():
        code = "example_cell" if resource.by_name[column].ref else "example_kept"
        yield problem(code, sheet=resource.name, row=row, column=column, value=text)


def _left_out(resource: Resource, others: Mapping[int, str]) -> Iterator[Problem]:
    for row, text in others.items():
        yield problem("row_left_out", Severity.WARNING, sheet=resource.name, row=row, value=text)


def _beside(header: Header, cells: Sequence[str]) -> tuple[str, ...]:
    """Return a title row without what is blank over the columns of a report."""
    return tuple(text for at, text in enumerate(cells) if text or at not in header.results)


def _without_stand_ins(raw: RawSheet, header: Header) -> RawSheet:
    """Return the sheet as the book was of which it is a problems copy: with the faults that its cells stand for."""
    rows, faults = list(raw.rows), dict(raw.faults)
    for position in range(header.position + 1, len(rows)):
        number, cells = rows[position]
        found = {at: fault for at, text in enumerate(cells) if text[:1] == "<" and (fault := fault_of(text))}
        if found:
            faults |= {(number, at): fault for at, fault in found.items()}
            rows[position] = number, [found[at].text if at in found else text for at, text in enumerate(cells)]
    return replace(raw, rows=rows, faults=faults) if len(faults) > len(raw.faults) else raw


def _canonical(
    resource: Resource,
    known: Mapping[str, Column],
    texts: Mapping[int, Sequence[str]],
    index: pd.Index,
    blank: Sequence[str],
) -> pd.DataFrame:
    present = [field for field in resource.fields if field.name in known]
    cells = {field.name: tidy_column(field, texts.get(known[field.name].at, blank)) for field in present}
    return text_frame(cells, index)


def _unnamed(header: Header, texts: Mapping[int, Sequence[str]]) -> Iterator[Column]:
    named = {column.at for column in header.columns} | header.results
    for at, cells in texts.items():
        if at not in named and any(cell.strip() for cell in cells):
            yield Column(at, f"({Column(at, '').letter})")


def _unknown_columns(resource: Resource, header: Header) -> Iterator[Problem]:
    for column in header.columns:
        if not column.field and not is_bare_letter(column.header):
            yield problem(
                "column_unknown",
                Severity.WARNING,
                sheet=resource.name,
                column=column.header,
                cell=f"{column.letter}{header.row}",
                nearest=nearest_field(resource, column.header),
            )


def _faults(raw: RawSheet, resource: Resource, header: Header, columns: Sequence[Column]) -> Iterator[Problem]:
    """Yield a problem per faulty cell: an error in a column that is ours, a warning in one that only comes back."""
    by_place = {column.at: column for column in columns}
    for (row, at), fault in sorted(raw.faults.items()):
        column = by_place.get(at)
        if row <= header.row or not column:
            continue
        field = column.field
        yield problem(
            fault.code,
            Severity.ERROR if field else Severity.WARNING,
            sheet=resource.name,
            row=row,
            column=field.name if field else column.header,
            cell=f"{column.letter}{row}",
            value="" if field and field.secret else fault.text,
        )


def _merged(raw: RawSheet, resource: Resource, rows: Sequence[int], columns: Sequence[Column]) -> Iterator[Problem]:
    """Yield a problem per data row that a merged range covers: which row or column its value is for cannot be told."""
    visited = 0
    for top, left, bottom, right in raw.traits.merged:
        covered = [column for column in columns if left <= column.at <= right]
        first, last = bisect_left(rows, top), bisect_right(rows, bottom)
        visited += last - first
        if visited > _MERGED_ROWS:
            raise BookError("{sheet}: merged ranges that cover each other: undo the merging", sheet=raw.said)
        column = next((c for c in covered if c.field), covered[0] if covered else None)
        if column:
            yield from (_in_merged(resource, row, column) for row in rows[first:last])


def _in_merged(resource: Resource, row: int, column: Column) -> Problem:
    return problem(
        "merged_cell",
        Severity.ERROR if column.field else Severity.WARNING,
        sheet=resource.name,
        row=row,
        column=column.field.name if column.field else column.header,
        cell=f"{column.letter}{row}",
    )
