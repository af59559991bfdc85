"""What an .xlsx package says of itself: its sheets, which part each is, its shared strings and number formats."""

from __future__ import annotations

import posixpath
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import ParseError, fromstring
from openpyxl.styles.numbers import BUILTIN_FORMATS, is_date_format, is_timedelta_format

from ..model.errors import BookError
from ..model.text import Said, safe_text
from .gate import unreadable
from .raw import Limits
from .sheet_scan import NAMESPACES
from .shown import zeros_of
from .xml_walk import walk

WORKBOOK = "xl/workbook.xml"
_RELATIONS = "xl/_rels/workbook.xml.rels"
_SMALL = 16 * 1024**2  # bytes of a part that is read as a whole
_SMALL_ELEMENTS = 400_000  # Excel has 65,490 cell formats at most
_ID = (
    "http://schemas.openxmlformats.org/officeDocument/2006/relationships",
    "http://purl.oclc.org/ooxml/officeDocument/relationships",
)


@dataclass(frozen=True)
class SheetPart:
    """A sheet as the workbook names it, and the part that holds it."""

    name: str
    hidden: bool
    part: str


@dataclass(frozen=True)
class Package:
    """The worksheets of a workbook in order; `strict` tells Strict Open XML, `links` values from other files."""

    sheets: tuple[SheetPart, ...]
    strict: bool
    links: bool
    strings: str = ""
    styles: str = ""
    epoch_1904: bool = False


def read_package(archive: zipfile.ZipFile) -> Package:
    """Return what a package says of itself; raises BookError where that is damaged or contradicts itself."""
    root = _root(archive, WORKBOOK)
    targets = dict(relations(archive, _RELATIONS))
    strict = root.tag.startswith(f"{{{NAMESPACES[1]}}}")
    ns = root.tag.partition("}")[0] + "}"
    sheets = [s for element in root.iterfind(f"{ns}sheets/{ns}sheet") if (s := _sheet(element, targets, archive))]
    if not sheets:
        raise unreadable(Said("the workbook names no sheets"))
    for wrong, found in (
        (Said("two sheets of the workbook are named alike"), [s.name.casefold() for s in sheets]),
        (Said("two sheets of the workbook are one part"), [s.part for s in sheets]),
    ):
        if len(set(found)) != len(found):
            raise unreadable(wrong)
    kinds = {kind: path for kind, path in targets.values() if kind in ("sharedStrings", "styles")}
    properties = root.find(f"{ns}workbookPr")
    return Package(
        tuple(sheets),
        strict=strict,
        links=any(kind == "externalLink" for kind, _ in targets.values()),
        strings=kinds.get("sharedStrings", "xl/sharedStrings.xml"),
        styles=kinds.get("styles", "xl/styles.xml"),
        epoch_1904=properties is not None and properties.get("date1904") in ("1", "true"),
    )


def _check_small(archive: zipfile.ZipFile, name: str) -> None:
    if archive.getinfo(name).file_size > _SMALL:
        raise unreadable(
            Said("the part {part} of the workbook is larger than any office program writes it", part=safe_text(name))
        )
    count = 0

    def start(_tag: str, _attrs: Mapping[str, str]) -> None:
        nonlocal count
        count += 1
        if count > _SMALL_ELEMENTS:
            raise unreadable(
                Said(
                    "the part {part} of the workbook is larger than any office program writes it", part=safe_text(name)
                )
            )

    with archive.open(name) as part:
        if name.endswith((".xml", ".rels")):
            walk(part, safe_text(name), start=start)


def _root(archive: zipfile.ZipFile, name: str) -> Any:
    _check_small(archive, name)
    try:
        return fromstring(archive.read(name), forbid_dtd=True)
    except (DefusedXmlException, ParseError) as error:
        raise unreadable(Said("the part {part} of the workbook is damaged", part=name)) from error


def relations(archive: zipfile.ZipFile, part: str) -> Iterator[tuple[str, tuple[str, str]]]:
    """Yield each relation of the workbook: its id, its kind (the last word of its type) and the part that it names."""
    if part not in archive.namelist():
        raise unreadable(Said("the part {part} of the workbook is missing", part=part))
    for relation in _root(archive, part):
        target = relation.get("Target", "")
        path = target[1:] if target.startswith("/") else posixpath.normpath(f"xl/{target}")
        yield relation.get("Id", ""), (relation.get("Type", "").rpartition("/")[2], path)


def _sheet(element: Any, targets: Mapping[str, tuple[str, str]], archive: zipfile.ZipFile) -> SheetPart | None:
    name = element.get("name") or ""
    id_ = next((element.get(f"{{{ns}}}id") for ns in _ID if element.get(f"{{{ns}}}id")), "")
    if not id_:
        return None  # old workbooks with macros have such
    kind, path = targets.get(id_, ("", ""))
    if kind in ("chartsheet", "dialogsheet", "xlMacrosheet", "xlIntlMacrosheet"):
        return None
    if kind != "worksheet" or path not in archive.namelist():
        raise unreadable(Said("the sheet {sheet} has no part of its own in the workbook", sheet=safe_text(name)))
    return SheetPart(name, element.get("state", "visible") != "visible", path)


def read_strings(archive: zipfile.ZipFile, package: Package, limits: Limits) -> list[str]:
    """Return the shared strings as stored, escapes and all: the text and its runs, not how it is pronounced."""
    if package.strings not in archive.namelist():
        return []
    reading = _Strings(limits)
    with archive.open(package.strings) as part:
        walk(part, package.strings, start=reading.start, end=reading.end, text=reading.text)
    return reading.strings


class _Strings:
    def __init__(self, limits: Limits) -> None:
        self.strings: list[str] = []
        self._limits, self._elements, self._length = limits, 0, 0
        self._pieces: list[str] = []
        self._reading = self._spoken = False
        self._kinds = {f"{ns} {name}": name for ns in NAMESPACES for name in ("si", "t", "rPh")}

    def start(self, tag: str, _attrs: Mapping[str, str]) -> None:
        kind = self._kinds.get(tag)
        if not kind:
            self._elements += 1
            if self._elements > self._limits.elements:
                raise unreadable(
                    Said("the shared strings hold more than {n} XML elements beside texts", n=self._limits.elements)
                )
        if kind == "si":
            self._pieces = []
        elif kind == "rPh":
            self._spoken = True
        elif kind == "t":
            self._reading = not self._spoken

    def end(self, tag: str) -> None:
        kind = self._kinds.get(tag)
        self._reading = False
        if kind == "si":
            self.strings.append("".join(self._pieces))
            if len(self.strings) > self._limits.cells:
                raise BookError("the workbook holds more than {n} shared strings", n=self._limits.cells)
        elif kind == "rPh":
            self._spoken = False

    def text(self, data: str) -> None:
        if not self._reading:
            return
        self._pieces.append(data)
        self._length += len(data)
        if self._length > self._limits.text:
            raise BookError("the workbook holds more than {n} characters of text", n=self._limits.text)


@dataclass(frozen=True)
class Formats:
    """What the cell formats make of numbers, by style: dates, durations, and how many digits zeros fill up."""

    dates: frozenset[int] = frozenset()
    durations: frozenset[int] = frozenset()
    pads: Mapping[str, int] = field(default_factory=dict)
    epoch_1904: bool = False


def read_formats(archive: zipfile.ZipFile, package: Package) -> Formats:
    """Return what the workbook's number formats make of numbers."""
    if package.styles not in archive.namelist():
        return Formats(epoch_1904=package.epoch_1904)
    root = _root(archive, package.styles)
    ns = root.tag.partition("}")[0] + "}"
    made = {f.get("numFmtId"): f.get("formatCode", "") for f in root.iterfind(f"{ns}numFmts/{ns}numFmt")}
    codes = {**{str(number): code for number, code in BUILTIN_FORMATS.items()}, **made}
    used = [codes.get(xf.get("numFmtId"), "") for xf in root.iterfind(f"{ns}cellXfs/{ns}xf")]
    return Formats(
        dates=frozenset(at for at, code in enumerate(used) if is_date_format(code)),
        durations=frozenset(at for at, code in enumerate(used) if is_timedelta_format(code)),
        pads={str(at): zeros_of(code) for at, code in enumerate(used) if zeros_of(code) > 1},
        epoch_1904=package.epoch_1904,
    )
