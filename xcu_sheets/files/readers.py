"""A workbook of any kind, from an open file: looked through, then read sheet by sheet by the reader that suits it."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

from ..model.errors import BookError
from .gate import DAMAGED, open_zip
from .raw import Limits, Scan

if TYPE_CHECKING:
    from .package import Package

Rows = Iterator[tuple[int, Sequence[str]]]


@dataclass(frozen=True)
class Found:
    """One sheet: `rows` are read as they are asked for, and `scan` is whole when they have been."""

    name: str
    scan: Scan
    rows: Rows


@dataclass(frozen=True)
class Opened:
    """A workbook under way; `links` tells that it takes values from other files."""

    sheets: Iterator[Found]
    links: bool = False


def open_workbook(file: IO[bytes], limits: Limits) -> Opened:
    """Return a workbook's sheets; raises BookError, here or from its iterators, without naming the file."""
    file.seek(0)
    if file.read(2) != b"PK":
        return _xls(file, limits)
    archive, kind = open_zip(file, limits)
    if kind == "xlsx":
        return _xlsx(archive, file, limits)
    if kind == "ods":
        from .ods_scan import scan_ods as scan_all
    else:
        from .xlsb_scan import scan_xlsb as scan_all
    scans, links = scan_all(archive, limits)
    return Opened(_by_calamine(file, scans, limits), links)


def _xls(file: IO[bytes], limits: Limits) -> Opened:
    from .calamine_reader import CalamineReader
    from .xls_scan import scan_xls

    file.seek(0)
    scans = scan_xls(file.read(), limits)
    reader = CalamineReader(file, limits)
    if len(scans) != len(reader.names):
        raise BookError(DAMAGED)
    found = zip(reader.names, scans, strict=True)
    return Opened(Found(name, scan, reader.rows(name, scan)) for name, scan in found if name in reader.worksheets)


def _by_calamine(file: IO[bytes], scans: Mapping[str, Scan], limits: Limits) -> Iterator[Found]:
    from .calamine_reader import CalamineReader

    reader = CalamineReader(file, limits)
    if not scans.keys() <= set(reader.names):
        raise BookError(DAMAGED)
    for name, scan in scans.items():
        yield Found(name, scan, reader.rows(name, scan))


def _xlsx(archive: zipfile.ZipFile, file: IO[bytes], limits: Limits) -> Opened:
    from .package import read_package

    package = read_package(archive)
    return Opened(_xlsx_sheets(archive, package, file, limits), links=package.links)


def _xlsx_sheets(archive: zipfile.ZipFile, package: Package, file: IO[bytes], limits: Limits) -> Iterator[Found]:
    from .xlsx_reader import XlsxReader, mostly_blank

    reader = XlsxReader(archive, package, limits)
    other = None
    for sheet in package.sheets:
        scan = reader.scan(sheet)
        if not scan.rows:
            yield Found(sheet.name, scan, iter(()))
        elif package.strict or mostly_blank(scan):
            from .calamine_reader import CalamineReader

            other = other or CalamineReader(file, limits)
            yield Found(sheet.name, scan, other.rows(sheet.name, scan))
        else:
            yield Found(sheet.name, scan, reader.rows(sheet, scan))
