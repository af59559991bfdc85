"""A look at a file before any reader opens it: is it what its name says, and of a size that can be read."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from ..model.errors import BookError
from ..model.text import Said
from .raw import Limits

SAVE_AS = Said("open it in Excel or LibreOffice and save it as Excel workbook (.xlsx)")
DAMAGED = Said("the workbook is damaged or cut short: get it again, or {save_as}", save_as=SAVE_AS)
_ENCRYPTED = 0x1
_KINDS = (("xl/workbook.xml", "xlsx"), ("xl/workbook.bin", "xlsb"), ("content.xml", "ods"))
_OTHER_ZIPS = (
    ("mimetype", Said("an OpenDocument file that is no spreadsheet")),
    ("word/document.xml", Said("a Word document")),
    ("ppt/presentation.xml", Said("a PowerPoint file")),
    ("Index/Document.iwa", Said("a Numbers or Pages file")),
)
_SPREADSHEETS = (
    b"application/vnd.oasis.opendocument.spreadsheet",
    b"application/vnd.oasis.opendocument.spreadsheet-template",
)
_TRICK = re.compile(r"(?:\A|/)\.\.?(?:/|\Z)|\A/|\A[A-Za-z]:|[\\\x00-\x1f]")


def unreadable(what: Said) -> BookError:
    """Return what to say of a workbook that no office program would have written so."""
    return BookError("{what}: {save_as}", what=what, save_as=SAVE_AS)


def file_kind(path: Path, file: IO[bytes], limits: Limits) -> str:
    """Return "zip", "ole" (workbooks, perhaps) or "csv" by a file's content.

    Raises BookError for everything else, with what to do.
    """
    if path.name.startswith("~$"):
        raise BookError("{path}: this is Excel's lock file of an open book: name the book without ~$", path=path)
    start = file.read(512)
    if path.stat().st_size > limits.file_bytes:
        raise BookError(
            "{path}: larger than {n} MiB: not read (--max-file reads more)", path=path, n=limits.file_bytes // 1024**2
        )
    if not start:
        raise BookError("{path}: the file is empty", path=path)
    if start.startswith(b"PK"):
        return "zip"
    if start.startswith(b"\xd0\xcf\x11\xe0"):
        return "ole"
    _refuse_other(path, start)
    return "csv"


def _refuse_other(path: Path, start: bytes) -> None:
    text = start.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if text.startswith((b"<!doctype html", b"<html", b"<table", b"<?xml")):
        raise BookError("{path}: a web page or XML file, not a workbook: {save_as}", path=path, save_as=SAVE_AS)
    if path.suffix.lower() in (".xlsx", ".xlsm", ".xls", ".xlsb", ".ods", ".numbers"):
        raise BookError(
            "{path}: not a workbook in spite of its name: {save_as}, or name it .csv if it is one",
            path=path,
            save_as=SAVE_AS,
        )


def open_zip(file: IO[bytes], limits: Limits) -> tuple[zipfile.ZipFile, str]:
    """Return a zip and which workbook it is: "xlsx", "xlsb" or "ods".

    Raises BookError for one that is damaged, no workbook, encrypted or larger inside than can be read [TRAPS 6.1].
    """
    try:
        archive = zipfile.ZipFile(file)
        kind = _workbook_kind(archive)
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError, ValueError, OverflowError) as error:
        raise BookError(DAMAGED) from error
    _check_members(archive.infolist(), limits)
    return archive, kind


def _workbook_kind(archive: zipfile.ZipFile) -> str:
    names = set(archive.namelist())
    for name, kind in _KINDS:
        if name in names and (kind != "ods" or _is_spreadsheet(archive, names)):
            return kind
    raise unreadable(next((what for name, what in _OTHER_ZIPS if name in names), Said("a zip file, not a workbook")))


def _is_spreadsheet(archive: zipfile.ZipFile, names: set[str]) -> bool:
    if "mimetype" not in names:
        return True
    with archive.open("mimetype") as part:
        return part.read(200).strip() in _SPREADSHEETS


def _check_members(members: Sequence[zipfile.ZipInfo], limits: Limits) -> None:
    names = {member.filename.casefold() for member in members}
    if any(member.flag_bits & _ENCRYPTED for member in members):
        raise BookError("password-protected: {save_as} without a password", save_as=SAVE_AS)
    if len(names) != len(members) or len(members) > limits.members:
        raise BookError("not a workbook as Excel writes it (parts twice, or too many): {save_as}", save_as=SAVE_AS)
    if any(_TRICK.search(member.filename) for member in members):
        raise BookError(
            "not a workbook as Excel writes it (a part named like a path outside): {save_as}", save_as=SAVE_AS
        )
    if sum(member.file_size for member in members) > limits.unpacked_bytes or any(_bomb(m, limits) for m in members):
        raise BookError(
            "larger inside than {n} MiB (--max-file reads more), or packed as no honest book is",
            n=limits.unpacked_bytes // 1024**2,
        )


def _bomb(member: zipfile.ZipInfo, limits: Limits) -> bool:
    size, packed = member.file_size, max(1, member.compress_size)
    return size > limits.ratio_from_bytes and size / packed > limits.part_ratio
