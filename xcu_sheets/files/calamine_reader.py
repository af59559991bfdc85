"""Workbooks of the other kinds, and sheets that are mostly blank, read by calamine into plain text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import IO

import python_calamine

from ..model.errors import BookError
from .bounds import too_large
from .gate import DAMAGED, SAVE_AS
from .raw import Limits, Scan
from .shown import shown


class CalamineReader:
    """One workbook opened by calamine, which finds out its kind from its content: `names` of all sheets in order."""

    def __init__(self, file: IO[bytes], limits: Limits) -> None:
        self._limits = limits
        file.seek(0)
        try:
            self._book = python_calamine.load_workbook(file)
        except python_calamine.PasswordError as error:
            raise BookError("password-protected: {save_as} without a password", save_as=SAVE_AS) from error
        except (python_calamine.CalamineError, ValueError, OSError) as error:
            raise BookError(DAMAGED) from error
        sheets, worksheet = self._book.sheets_metadata, python_calamine.SheetTypeEnum.WorkSheet
        self.names = [sheet.name for sheet in sheets]
        self.worksheets = {sheet.name for sheet in sheets if sheet.typ == worksheet}

    def rows(self, name: str, scan: Scan) -> Iterator[tuple[int, Sequence[str]]]:
        """Yield the rows of a sheet that hold a value, blank cells left of the first one included."""
        try:
            sheet = self._book.get_sheet_by_name(name)
        except (python_calamine.CalamineError, ValueError, OSError) as error:
            raise BookError(DAMAGED) from error
        before = [""] * (sheet.start[1] if sheet.start else 0)
        if len(before) + sheet.width > self._limits.columns:
            raise too_large(self._limits)
        looks = bool(scan.padded or scan.seen)
        count = 0
        for number, values in enumerate(sheet.iter_rows() if sheet.start else (), start=1):
            texts = before + [shown(value) for value in values]
            if looks:
                texts = [_seen(text, (number, at), scan) for at, text in enumerate(texts)]
            if any(map(str.strip, texts)):
                count += 1
                yield number, _trimmed(texts)
            if count > self._limits.rows:
                raise too_large(self._limits)


def _seen(text: str, place: tuple[int, int], scan: Scan) -> str:
    if place in scan.seen:
        return scan.seen[place]
    zeros = scan.padded.get(place, 0)
    return text.zfill(zeros) if text.isdigit() else text


def _trimmed(texts: list[str]) -> list[str]:
    while not texts[-1]:
        texts.pop()
    return texts
