"""A look at a file before any reader opens it: is it what its name says, and of a size that can be read."""

from __future__ import annotations

import zipfile
from pathlib import Path

from ..model.errors import BookError
from .raw import Limits

_ENCRYPTED = 0x1
_OTHER_ZIPS = (
    ("mimetype", "an OpenDocument file"),
    ("xl/workbook.bin", "a binary Excel workbook (.xlsb)"),
    ("word/document.xml", "a Word document"),
    ("ppt/presentation.xml", "a PowerPoint file"),
)
_SAVE_AS = "open it in Excel or LibreOffice and save it as Excel workbook (.xlsx)"


def file_kind(path: Path, limits: Limits) -> str:
    """Return "xlsx" or "csv" by content; raises BookError for everything else, with what to do."""
    if path.name.startswith("~$"):
        raise BookError(f"{path}: this is Excel's lock file of an open book: name the book without ~$")
    with path.open("rb") as file:
        start = file.read(512)
    if path.stat().st_size > limits.file_bytes:
        raise BookError(f"{path}: larger than {limits.file_bytes // 1024**2} MiB: not read")
    if not start:
        raise BookError(f"{path}: the file is empty")
    if start.startswith(b"PK"):
        return "xlsx"
    _refuse_other(path, start)
    return "csv"


def _refuse_other(path: Path, start: bytes) -> None:
    text = start.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith(b"\xd0\xcf\x11\xe0"):
        raise BookError(f"{path}: password-protected, or an old Excel file (.xls): {_SAVE_AS} without a password")
    if text.startswith((b"<!doctype html", b"<html", b"<table", b"<?xml")):
        raise BookError(f"{path}: a web page or XML file, not a workbook: {_SAVE_AS}")
    if path.suffix.lower() in (".xlsx", ".xlsm", ".xls", ".xlsb", ".ods", ".numbers"):
        raise BookError(f"{path}: not a workbook in spite of its name: {_SAVE_AS}, or name it .csv if it is one")


def check_zip(path: Path, limits: Limits) -> None:
    """Refuse a zip that is damaged, no workbook, encrypted or larger inside than can be read [TRAPS 6.1]."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            _check_members(path, members, limits)
            with archive.open("xl/workbook.xml") as part:
                start = part.read(4096)
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError) as error:
        raise BookError(f"{path}: the workbook is damaged or cut short: get it again, or {_SAVE_AS}") from error
    if b"purl.oclc.org/ooxml" in start:
        raise BookError(f"{path}: a Strict Open XML workbook, which is not read yet: {_SAVE_AS}")


def _check_members(path: Path, members: list[zipfile.ZipInfo], limits: Limits) -> None:
    names = {member.filename for member in members}
    if "xl/workbook.xml" not in names:
        what = next((what for name, what in _OTHER_ZIPS if name in names), "a zip file")
        raise BookError(f"{path}: {what}, not an Excel workbook: {_SAVE_AS}")
    if any(member.flag_bits & _ENCRYPTED for member in members):
        raise BookError(f"{path}: password-protected: {_SAVE_AS} without a password")
    if len(names) != len(members) or len(members) > limits.members:
        raise BookError(f"{path}: not a workbook as Excel writes it (parts twice, or too many): {_SAVE_AS}")
    if sum(member.file_size for member in members) > limits.unpacked_bytes or any(_bomb(m, limits) for m in members):
        raise BookError(
            f"{path}: larger inside than {limits.unpacked_bytes // 1024**2} MiB, or packed as no honest book is"
        )


def _bomb(member: zipfile.ZipInfo, limits: Limits) -> bool:
    size, packed = member.file_size, max(1, member.compress_size)
    return size > limits.ratio_from_bytes and size / packed > limits.part_ratio
