"""Reading and writing books: workbooks, folders of CSVs and single CSVs."""

from .csv_folder import write_csv, write_folder
from .raw import Limits
from .read_me import ReadMe
from .reading import read_book
from .replace_file import replace_file
from .sheets import ColumnSpec, SheetSpec, resource_sheet
from .workbook import write_book, write_marked, write_sheets

__all__ = [
    "ColumnSpec",
    "Limits",
    "ReadMe",
    "SheetSpec",
    "read_book",
    "replace_file",
    "resource_sheet",
    "write_book",
    "write_csv",
    "write_folder",
    "write_marked",
    "write_sheets",
]
