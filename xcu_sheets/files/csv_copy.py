"""A problems copy as CSV: the person's rows on their own lines, and in front a column that says what is wrong."""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from ..model.book import Baseline
from ..model.errors import BookError
from .csv_folder import BASELINE_FOLDER, put_files, refuse_leftovers, write_bytes
from .escapes import guard
from .marked import MarkedSheet

_ENDS = re.compile(r"\r\n|\r|\n")
_SEAL = re.compile(rb" \(([0-9a-f]{8})\)(?=;|\r\n)")


def write_csv_copy(path: Path, sheet: MarkedSheet) -> Path:
    """Write one sheet; return where it was saved. Raises BookError where a cell holds what no CSV can."""
    return write_bytes(path, encode_copy(sheet), beside=True)


def write_folder_copy(folder: Path, sheets: Mapping[str, MarkedSheet], *, baseline: Baseline | None) -> Path:
    """Write sheets, by resource name, and the baseline beside them; return the folder.

    Raises as `write_csv_copy`, and where the folder holds sheets of another book.
    """
    refuse_leftovers(folder, sheets)
    files = {folder / f"{name}.csv": encode_copy(sheet) for name, sheet in sheets.items()}
    return put_files(folder, files, baseline=baseline)


def encode_copy(sheet: MarkedSheet) -> bytes:
    """Return the bytes of a sheet: `;`, UTF-8 with BOM, CRLF, every cell guarded, each row on its own line number.

    The first header ends in a digest of the rest, by which a copy that somebody has saved is told from one as written.
    """
    try:
        plain = _render(sheet, "").encode("utf-8-sig")
    except UnicodeEncodeError:
        plain = b"\0"
    if b"\0" in plain:
        raise BookError("{name}: a cell holds a character that no CSV can hold", name=sheet.spec.name)
    return _render(sheet, f" ({_digest(plain)})").encode("utf-8-sig")


def untouched_csv(path: Path) -> bool:
    """Tell whether a file or folder is a problems copy that nobody has saved since, and so may be replaced."""
    try:
        if not path.is_dir():
            return _as_written(path.read_bytes())
        files = [file for file in path.iterdir() if file.name != BASELINE_FOLDER]
        return bool(files) and all(_as_written(file.read_bytes()) for file in files)
    except OSError:
        return False


def _as_written(content: bytes) -> bool:
    return any(_digest(content[: m.start()] + content[m.end() :]).encode() == m[1] for m in _SEAL.finditer(content))


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:8]


def _render(sheet: MarkedSheet, seal: str) -> str:
    target = io.StringIO(newline="")
    writer = csv.writer(target, delimiter=";", lineterminator="\r\n")
    line = 1
    for number, cells in _rows(sheet, seal):
        target.write("\r\n" * (number - line))
        begun = target.tell()
        writer.writerow(map(guard, cells))
        target.seek(begun)
        line = number + len(_ENDS.findall(target.read()))
    return target.getvalue()


def _rows(sheet: MarkedSheet, seal: str) -> Iterator[tuple[int, Sequence[str]]]:
    """Yield (line number, cells) from the titles to the last row."""
    front, *headers = (column.header for column in sheet.spec.columns)
    yield from ((number, ("", *cells)) for number, cells in sheet.above)
    yield sheet.header_row, (front + seal, *headers)
    frame = sheet.spec.frame
    for number, cells in zip(frame.index, frame.itertuples(index=False, name=None), strict=True):
        yield int(str(number)), cells
