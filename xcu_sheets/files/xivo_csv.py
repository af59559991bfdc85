"""Files for XiVO's own user import: UTF-8 without mark, commas, and cells as they are, for no spreadsheet opens them.

The import cuts the file at every line feed and knows no mark at its beginning [DOMAIN 4.3].
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import count
from pathlib import Path

from .replace_file import replace_file

Rows = Sequence[Sequence[str]]


def write_xivo_csvs(out: Path, columns: Sequence[str], rows: Mapping[str, Rows]) -> dict[str, Path]:
    """Write `OUT-XIVO.csv` for each XiVO, each file whole or not at all; return by XiVO where they were saved.

    Raises BookError where a file cannot be written.
    """
    paths = xivo_paths(out, rows)
    return {xivo: _write(paths[xivo], columns, rows[xivo]) for xivo in rows}


def xivo_paths(out: Path, xivos: Iterable[str]) -> dict[str, Path]:
    """Return the file of each XiVO; a name that comes from the server becomes letters, digits and `-_.` only."""
    paths: dict[str, Path] = {}
    taken: set[str] = set()
    for xivo in xivos:
        word = re.sub(r"[^A-Za-z0-9._-]+", "_", xivo)[:60].strip("._") or "xivo"
        stems = (f"{out.stem}-{word}{'' if n == 1 else f'-{n}'}" for n in count(1))
        stem = next(stem for stem in stems if stem.casefold() not in taken)
        taken.add(stem.casefold())
        paths[xivo] = out.with_name(stem + out.suffix)
    return paths


def render_xivo_csv(columns: Sequence[str], rows: Rows) -> str:
    """Return the text of one file."""
    target = io.StringIO(newline="")
    writer = csv.writer(target, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return target.getvalue()


def _write(path: Path, columns: Sequence[str], rows: Rows) -> Path:
    with replace_file(path) as file:
        file.temporary.write_bytes(render_xivo_csv(columns, rows).encode("utf-8"))
    return file.saved
