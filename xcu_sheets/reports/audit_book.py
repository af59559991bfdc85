"""An audit as a workbook: figures and a chart on the first sheet, then every finding and the lists behind them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import pandas as pd

from ..auditing.findings import Finding, Member
from ..files import ColumnSpec, SheetSpec
from ..files.in_words import in_words, shown_names
from ..files.replace_file import replace_file
from ..files.sheets import SEVERITY_COLOURS
from ..files.xlsx_writer import Formats, add_sheet, check_cells, new_book, write_sheet
from ..model.fields import Resource
from ..model.resources import RESOURCES
from ..model.snapshot import natural_order, text_frame
from ..model.text import safe_text
from ..words import spoken, translate
from .audit import AuditReport
from .audit_cover import write_capacity, write_cover
from .audit_wording import SEVERITIES, STATUSES, sentence, title, to_do
from .result import cut_cell
from .wording import tab_name, tab_row

# What says nothing in a list that is only looked at, or is nobody's business in an audit (DESIGN rule 14).
LEFT_OUT = {"action", "template", "cti_password", "provisioning_number"}
MEMBERS_LISTED = 100
_HALF = re.compile("[\ud800-\udfff]")
LONGEST = 8000  # characters of a cell, within Excel's limit whatever they are


def write_audit_book(path: Path, report: AuditReport) -> Path:
    """Write an audit as .xlsx; return where it was saved. Raises BookError where a cell cannot be written."""
    lists = [_findings_sheet(report), *_list_sheets(report)]
    check_cells(lists)
    with replace_file(path) as file, new_book(file.temporary) as book:
        formats = Formats(book)
        cover, capacity = add_sheet(book, translate("Overview")), add_sheet(book, translate("Capacity"))
        write_cover(cover, book, report, capacity.get_name())
        write_capacity(capacity, book, report)
        for spec in lists:
            write_sheet(add_sheet(book, spec.name), spec, formats, {})
    return file.saved


def _findings_sheet(report: AuditReport) -> SheetSpec:
    """Return every finding as a row of text; those of an earlier audit that are gone come last."""
    columns = _finding_columns(compared=report.since is not None)
    listed = [(finding, report.status(finding)) for finding in report.audit.findings]
    if report.since:
        listed += [(finding, "gone") for finding in report.since.gone]
        listed += [(finding, "not_looked_at") for finding in report.since.not_looked_at]
    rows = [_finding_row(*one) for one in listed]
    frame = text_frame({name: [row[name] for row in rows] for name in columns})
    colours = {translate(SEVERITIES[severity]): colour for severity, colour in SEVERITY_COLOURS.items()}
    name = translate("Findings")
    return SheetSpec(name, tuple(columns.values()), frame, "severity", 0, colours)


def _finding_columns(*, compared: bool) -> dict[str, ColumnSpec]:
    columns = {
        "severity": ColumnSpec(translate("Severity"), 13),
        "status": ColumnSpec(translate("Since then"), 14),
        "title": ColumnSpec(translate("Finding"), 34, wrap=True),
        "says": ColumnSpec(translate("What"), 52, wrap=True),
        "records": ColumnSpec(translate("Records"), 44, wrap=True),
        "rows": ColumnSpec(translate("Rows of an export"), 22, wrap=True),
        "to_do": ColumnSpec(translate("What to do"), 60, wrap=True),
        "rule": ColumnSpec(translate("Rule"), 26),
        "id": ColumnSpec(translate("Id"), 20),
    }
    return {name: column for name, column in columns.items() if compared or name != "status"}


def _finding_row(finding: Finding, status: str) -> dict[str, str]:
    return {
        "severity": translate(SEVERITIES[finding.severity]),
        "status": translate(STATUSES[status]) if status else "",
        "title": title(finding.rule),
        "says": sentence(finding),
        "records": _lines([_record(member) for member in finding.members]),
        "rows": _lines([tab_row(member.sheet, member.row) for member in finding.members]),
        "to_do": to_do(finding.rule),
        "rule": finding.rule,
        "id": finding.id,
    }


def _record(member: Member) -> str:
    aside = [member.number, member.place if member.place != member.label else ""]
    return " · ".join(filter(None, [member.label or f"#{member.id}", *aside]))


def _lines(texts: Sequence[str]) -> str:
    left = len(texts) - MEMBERS_LISTED
    shown = [*texts[:MEMBERS_LISTED], *([translate("and {n} more", n=left)] if left > 0 else [])]
    return "\n".join(shown)[:LONGEST]


def _list_sheets(report: AuditReport) -> Iterator[SheetSpec]:
    """Yield the sheets as an export would hold them, row by row, without what an audit does not show."""
    names = shown_names(report.view.directory)
    for name, resource in RESOURCES.items():
        if name in report.view.frames and name != "numbers":
            frame = natural_order(resource, report.view.frames[name].rename_axis(index=None))
            yield _list_sheet(resource, in_words({name: frame}, names, spoken())[name])


def _list_sheet(resource: Resource, frame: pd.DataFrame) -> SheetSpec:
    fields = [field for field in resource.fields if field.name in frame and field.name not in LEFT_OUT]
    columns = tuple(ColumnSpec(f.label_fr if spoken() == "fr" else f.label, f.width) for f in fields)
    return SheetSpec(tab_name(resource.name), columns, frame[[field.name for field in fields]].map(_kept), spare_rows=0)


def _kept(text: str) -> str:
    """Return a cell as a workbook can hold it: cut where it is too long, half a character made visible."""
    text = cut_cell(text)
    return text if text.isascii() or not _HALF.search(text) else safe_text(text, LONGEST)
