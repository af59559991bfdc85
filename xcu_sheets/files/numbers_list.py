"""The numbers list of a migration, read back by the command that deletes at the source."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from ..migrating.sheets import MOVED
from ..model.errors import BookError
from .interpretation import interpret
from .raw import Limits
from .reading import read_raws
from .recognition import find_header

_LIMITS = Limits()


def read_numbers(path: Path, limits: Limits = _LIMITS) -> pd.DataFrame:
    """Return the cells of a numbers list by line and machine name. Raises BookError where the file is none."""
    raws, _, _ = read_raws(path, limits)
    for raw in raws:
        header = find_header(raw, MOVED) if raw.rows else None
        if header and header.known >= {f.name for f in MOVED.fields}:
            sheet, _ = interpret(raw, MOVED, header)
            return sheet.frame
    raise BookError(
        "{path} is not a numbers list of migrate: give the file that it wrote, with all its columns", path=path
    )
