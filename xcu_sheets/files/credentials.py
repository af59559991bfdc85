"""The one file that holds generated passwords (DESIGN rule 14): written whole, mode 0600, read back by a resume."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from ..model.errors import BookError
from ..model.records import Secret
from ..model.resources import USERS
from ..model.snapshot import text_frame
from ..model.text import Label, Said
from ..words import told
from .csv_folder import write_csv
from .reading import read_book
from .replace_file import check_target, sweep
from .sheets import ColumnSpec, SheetSpec
from .workbook import write_sheets

ENDINGS = (".csv", ".xlsx")
_TOLD = ("entity", "first_name", "last_name", "internal_number", "cti_login", "cti_password")
_STATE, _ROW, _RUN = Label("State", "État"), Label("Book row", "Ligne du classeur"), Label("Run", "Exécution")
_OWN = (_STATE, _ROW, _RUN)
_SHEET = Label("credentials", "identifiants")


@dataclass(frozen=True)
class Credential:
    """What one person is to be told; `row` is the row of the book, `run` the run that made the password.

    `cells` are texts by column of the users sheet; `password` is None where it is not known (any more). `state` says in
    a word or two what became of the row.
    """

    run: str
    row: int
    cells: dict[str, str]
    password: Secret | None
    state: str


def check_credentials_path(name: str) -> None:
    """Raise BookError for a file that could not be written: known before anything is sent."""
    check_target(
        name, ENDINGS, Said("credentials are written as {first} or {second}", first=ENDINGS[0], second=ENDINGS[1])
    )


def write_credentials(path: Path, rows: Sequence[Credential]) -> Path:
    """Write the file, durable and readable by its owner only, in place of the one before; return where it lies.

    It is in the language of this context, and read again in any.

    What was left of it by a process that was killed meanwhile goes.
    """
    frame = _frame(rows)
    sweep(path)
    if path.suffix.lower() == ".csv":
        return write_csv(path, frame)
    columns = tuple(ColumnSpec(header, 26 if header != told(_ROW) else 10) for header in frame.columns)
    return write_sheets(path, [SheetSpec(told(_SHEET), columns, frame, spare_rows=0)], in_memory=True)


def _frame(rows: Sequence[Credential]) -> pd.DataFrame:
    headers = [*(told(USERS.by_name[name].called) for name in _TOLD), *map(told, _OWN)]
    texts: dict[str, list[str]] = {header: [] for header in headers}
    for one in rows:
        password = one.password.reveal() if one.password else ""
        cells = [*(one.cells.get(name, "") for name in _TOLD[:-1]), password, told(one.state), str(one.row), one.run]
        for column, text in zip(texts.values(), cells, strict=True):
            column.append(text)
    return text_frame(texts, pd.RangeIndex(2, 2 + len(rows)))


def read_credentials(path: Path) -> list[Credential]:
    """Return what `write_credentials` wrote, if a person opened and saved it meanwhile too.

    Raises BookError where the file is something else.
    """
    sheet = read_book(path).sheets.get("users")
    if sheet is None or "cti_password" not in sheet.frame or not (own := _own_headers(sheet.unknown)):
        raise BookError("{path} is not a credentials file of xcu-sheets: give the file that the run wrote", path=path)
    state, row, run = own
    cells = sheet.original
    return [
        Credential(
            run=str(cells.at[number, run]).strip(),
            row=_number(path, str(cells.at[number, row])),
            cells={name: str(sheet.frame.at[number, name]) for name in _TOLD[:-1] if name in sheet.frame},
            password=Secret(text) if (text := str(sheet.frame.at[number, "cti_password"])) else None,
            state=str(cells.at[number, state]),
        )
        for number in sheet.frame.index
    ]


def _own_headers(headers: Sequence[str]) -> tuple[str, ...]:
    """Return the headers of our own columns, all of one language; none where one is missing."""
    ways: list[tuple[str, ...]] = [tuple(map(str, _OWN)), tuple(label.french for label in _OWN)]
    return next((way for way in ways if set(way) <= set(headers)), ())


def _number(path: Path, text: str) -> int:
    try:
        return int(float(text))
    except ValueError:
        raise BookError("{path}: {row} must hold row numbers, as the run wrote them", path=path, row=_ROW) from None
