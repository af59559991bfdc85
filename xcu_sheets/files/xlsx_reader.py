"""Workbooks read by openpyxl, cell by cell, into plain text: what the person sees, and which cells show no value."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator, Mapping
from datetime import date, datetime, time
from pathlib import Path
from typing import IO, Any

from openpyxl.cell.text import Text
from openpyxl.packaging.manifest import Manifest
from openpyxl.reader.excel import ExcelReader
from openpyxl.xml.constants import SHARED_STRINGS, SHEET_MAIN_NS
from openpyxl.xml.functions import iterparse

from ..model.errors import BookError
from .escapes import unescape_xlsx
from .raw import Fault, Limits, RawSheet

_FORMULA = re.compile(rb"<(?:[A-Za-z_][\w.-]*:)?f[\s/>]")
_ZEROS = re.compile(r"0+\Z")
_EXACT = 10**15  # Excel keeps 15 digits of a number
_CHUNK = 1 << 20
_SKIPPED = frozenset({"_lists"})

_Place = tuple[int, int]  # row number as the person sees it, column from 0


class _Reader(ExcelReader):  # type: ignore[misc, unused-ignore]
    """openpyxl's reader with shared strings kept as stored: its own drops `x005F_` from them, anywhere."""

    package: Manifest

    def read_strings(self) -> None:
        part = self.package.find(SHARED_STRINGS)  # type: ignore[no-untyped-call]
        if part is not None:
            with self.archive.open(part.PartName[1:]) as source:
                self.shared_strings = list(_strings(source))


def _strings(source: IO[bytes]) -> Iterator[str]:
    for _, node in iterparse(source):
        if node.tag == f"{{{SHEET_MAIN_NS}}}si":
            yield str(Text.from_tree(node).content)  # type: ignore[union-attr]
            node.clear()


def read_xlsx(path: Path, limits: Limits) -> list[RawSheet]:
    """Return every sheet of a workbook as text; raises BookError, whatever goes wrong inside."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # openpyxl's about styles and validations that we do not read
            with path.open("rb") as file:
                return _read(file, limits)
    except BookError:
        raise
    except Exception as error:  # openpyxl raises bare TypeError, KeyError, ValueError... on malformed parts
        raise BookError(
            f"{path}: the workbook cannot be read ({type(error).__name__}): open it in Excel or LibreOffice and save "
            "it again as .xlsx"
        ) from error


def _read(file: IO[bytes], limits: Limits) -> list[RawSheet]:
    book = _open(file, data_only=True)
    try:
        with_formulas = {sheet.title for sheet in book.worksheets if _has_formulas(sheet)}
        sheets = [_sheet(sheet, limits) for sheet in book.worksheets if sheet.title not in _SKIPPED]
    finally:
        book.close()
    formulas = _formulas(file, with_formulas) if with_formulas else {}
    return [_with_faults(sheet, blanks, formulas.get(sheet.name, {})) for sheet, blanks in sheets]


def _open(file: IO[bytes], *, data_only: bool) -> Any:
    reader = _Reader(file, read_only=True, data_only=data_only, keep_links=False)
    reader.read()
    return reader.wb


def _sheet(sheet: Any, limits: Limits) -> tuple[RawSheet, set[_Place]]:
    """Return a sheet's cells, and the places of formulas whose result is an empty text."""
    sheet.reset_dimensions()
    blanks: set[_Place] = set()
    rows: list[tuple[int, list[str]]] = []
    faults: dict[_Place, Fault] = {}
    for number, cells in enumerate(sheet.rows, start=1):
        texts = [_text(cell, number, faults) for cell in cells]
        blanks.update((number, cell.column - 1) for cell in cells if cell.data_type == "str")
        if not any(map(str.strip, texts)):
            continue
        while not texts[-1]:
            texts.pop()
        if len(texts) > limits.columns or len(rows) >= limits.rows:
            raise BookError(
                f"sheet {sheet.title}: more than {limits.rows} rows or {limits.columns} columns with values: "
                "delete what does not belong there"
            )
        rows.append((number, texts))
    return RawSheet(sheet.title, rows, faults), blanks


def _text(cell: Any, row: int, faults: dict[_Place, Fault]) -> str:
    value = cell.value
    if value is None:
        return ""
    if isinstance(value, str):
        text = unescape_xlsx(value)
        if cell.data_type == "e":
            faults[row, cell.column - 1] = Fault("cell_error", text)
        return text
    return _shown(value, cell)


def _shown(value: Any, cell: Any) -> str:
    """Return a typed value as the person sees it, or so that no kind of cell takes it for a number by mistake."""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float):
        return _digits(value, cell)
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ", "seconds")
    return value.isoformat() if isinstance(value, date | time) else str(value)


def _digits(value: float, cell: Any) -> str:
    if value != int(value) or abs(value) >= _EXACT:
        return repr(float(value))
    digits = str(int(value))
    zeros = _ZEROS.match(cell.number_format or "")  # 612 under the format 0000 is seen as 0612
    return digits.zfill(len(zeros[0])) if zeros and value >= 0 else digits


def _has_formulas(sheet: Any) -> bool:
    """Look through the sheet's XML once, in pieces that overlap."""
    with sheet._get_source() as part:
        tail = b""
        while piece := part.read(_CHUNK):
            if _FORMULA.search(tail + piece):
                return True
            tail = piece[-64:]
    return False


def _formulas(file: IO[bytes], titles: set[str]) -> dict[str, dict[_Place, Fault]]:
    """Return the formulas of these sheets, by place: read only where there are any."""
    book = _open(file, data_only=False)
    found: dict[str, dict[_Place, Fault]] = {}
    try:
        for sheet in book.worksheets:
            if sheet.title in titles:
                sheet.reset_dimensions()
                found[sheet.title] = dict(_sheet_formulas(sheet))
    finally:
        book.close()
    return found


def _sheet_formulas(sheet: Any) -> Iterator[tuple[_Place, Fault]]:
    for number, cells in enumerate(sheet.rows, start=1):
        for cell in cells:
            if cell.data_type == "f":
                yield (number, cell.column - 1), Fault("formula_not_calculated", _formula_text(cell.value))


def _formula_text(value: Any) -> str:
    text = value if isinstance(value, str) else getattr(value, "text", None) or "="
    return unescape_xlsx(text)


def _with_faults(sheet: RawSheet, blanks: set[_Place], formulas: Mapping[_Place, Fault]) -> RawSheet:
    """Put each formula that has no value into its cell as text: it is a problem there, never a blank."""
    rows = {number: list(cells) for number, cells in sheet.rows}
    missing = {place: fault for place, fault in formulas.items() if place not in blanks and not _cell(rows, place)}
    for (row, at), fault in missing.items():
        cells = rows.setdefault(row, [])
        cells.extend([""] * (at + 1 - len(cells)))
        cells[at] = fault.text
    return RawSheet(sheet.name, sorted(rows.items()), {**sheet.faults, **missing})


def _cell(rows: Mapping[int, list[str]], place: _Place) -> str:
    row, at = place
    cells = rows.get(row, [])
    return cells[at] if at < len(cells) else ""
