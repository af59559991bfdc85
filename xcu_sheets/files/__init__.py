"""Reading and writing books: workbooks, folders of CSVs and single CSVs.

The names below load when first used: the process that reads workbooks needs no pandas.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .csv_folder import write_csv, write_folder
    from .raw import Limits
    from .read_me import ReadMe
    from .reading import read_book
    from .sheets import ColumnSpec, SheetSpec, resource_sheet
    from .workbook import write_book, write_marked, write_sheets

_HOME_OF = {
    "ColumnSpec": "sheets",
    "Limits": "raw",
    "ReadMe": "read_me",
    "SheetSpec": "sheets",
    "read_book": "reading",
    "resource_sheet": "sheets",
    "write_book": "workbook",
    "write_csv": "csv_folder",
    "write_folder": "csv_folder",
    "write_marked": "workbook",
    "write_sheets": "workbook",
}

__all__ = [
    "ColumnSpec",
    "Limits",
    "ReadMe",
    "SheetSpec",
    "read_book",
    "resource_sheet",
    "write_book",
    "write_csv",
    "write_folder",
    "write_marked",
    "write_sheets",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME_OF[name]}"), name)
