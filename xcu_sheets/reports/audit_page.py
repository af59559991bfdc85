"""An audit as one HTML page: figures, fill rates, and every finding with what to do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..auditing.findings import Finding, Member
from ..auditing.overview import EntityLine, XivoLine
from ..model.problems import Severity
from ..words import translate, translate_n
from .audit import AuditReport, Section
from .audit_figures import by_share, figures, lead, look_of, notes
from .audit_wording import SEVERITIES, STATUSES, sentence, title, to_do
from .evidence import evidence_lines
from .page import Cell, Page, Table, percent, thousands, write_page
from .wording import tab_row

# Findings of one rule on the page; workbook and JSON hold them all.
SHOWN = {Severity.ERROR: 500, Severity.WARNING: 500, Severity.INFO: 50}
MEMBERS_SHOWN = 8


@dataclass(frozen=True)
class Bar:
    """One line of a bar chart: `width` in percent, `look` is normal, high or full."""

    label: str
    small: str
    width: float
    look: str
    said: str
    aside: str


@dataclass(frozen=True)
class ShownSection:
    """One rule's findings as the page shows them."""

    title: str
    severity: str
    said: str
    to_do: str
    table: Table
    more: str


def write_audit_page(path: Path, report: AuditReport) -> Path:
    """Write an audit as one self-contained HTML file; return where it was saved."""
    audit = report.audit
    page = Page(translate("XCU audit"), lead(report), evidence_lines(report.evidence))
    return write_page(
        path,
        "audit.html",
        page,
        words=_words(),
        notes=list(notes(report)),
        figures=[(thousands(number), said, look) for number, said, look in figures(report)],
        glance=[_glance(section) for section in report.sections],
        clean=_clean(report),
        fill=[_entity_bar(line) for line in by_share(audit.entities)],
        fill_key=[("normal", "< 80 %"), ("high", "80 - 95 %"), ("full", "≥ 95 %")],
        entities=_entity_table(by_share(audit.entities)),
        slots=[_xivo_bar(line) for line in audit.xivos if line.share is not None],
        xivos=_xivo_table(audit.xivos),
        sections=[_section(report, section) for section in report.sections],
        gone=_gone(report),
    )


def _glance(section: Section) -> tuple[str, str, str, str]:
    count = thousands(len(section.findings))
    return section.severity, translate(SEVERITIES[section.severity]), title(section.rule), count


def _words() -> dict[str, str]:
    return {
        "glance": translate("At a glance"),
        "entities": translate("Numbers per entity"),
        "entities_hint": translate("The share of each entity's numbers that is taken on its XiVO, the fullest first."),
        "xivos": translate("Slots per XiVO"),
        "findings": translate("Findings, and what to do"),
        "nothing": translate("Nothing was found."),
        "gone": translate("No longer found"),
        "gone_hint": translate("The earlier audit had these findings, and this one does not."),
    }


def _clean(report: AuditReport) -> str:
    listed = translate("; ").join(title(rule) for rule in report.clean)
    return translate("Looked for and not found: {listed}.", listed=listed) if listed else ""


def _entity_bar(line: EntityLine) -> Bar:
    aside = translate("{n} free", n=thousands(line.free)) if line.known else translate("not read")
    return _bar(line.member.label, line.xivo, line.share, aside)


def _xivo_bar(line: XivoLine) -> Bar:
    return _bar(line.member.label, "", line.share, translate("{n} left", n=thousands(line.slots_left)))


def _bar(label: str, small: str, share: float | None, aside: str) -> Bar:
    return Bar(label, small, round(100 * (share or 0), 2), look_of(share), percent(share), aside)


def _entity_table(lines: Iterable[EntityLine]) -> Table:
    columns = (
        (translate("Entity"), ""),
        (translate("Intervals"), ""),
        (translate("Numbers"), "num"),
        (translate("Taken"), "num"),
        (translate("Free"), "num"),
        (translate("Users"), "num"),
        (translate("Users outside"), "num"),
        (translate("Next free numbers"), ""),
        (translate("Longest free block"), ""),
    )
    return Table(columns, [_entity_row(line) for line in lines])


def _entity_row(line: EntityLine) -> list[list[Cell]]:
    block = (
        [Cell(line.longest_free), Cell("", f"({thousands(line.longest_size)})")] if line.longest_free else [Cell("–")]
    )
    known = [[Cell(thousands(number))] for number in (line.used, line.free, line.users, line.outside)]
    known += [[Cell(", ".join(line.next_free) or "–")], block]
    told = known if line.known else [[Cell("–")]] * len(known)
    name = [Cell(line.member.label), Cell("", line.xivo)]
    return [name, [Cell(line.intervals or "–")], [Cell(thousands(line.capacity))], *told]


def _xivo_table(lines: Iterable[XivoLine]) -> Table:
    columns = (
        (translate("XiVO"), ""),
        (translate("Entities"), "num"),
        (translate("Users (slots used)"), "num"),
        (translate("Slots left"), "num"),
        (translate("Share used"), "num"),
    )
    rows = [
        [
            line.member.label,
            thousands(line.entities),
            thousands(line.users),
            thousands(line.slots_left),
            percent(line.share),
        ]
        for line in lines
    ]
    return Table(columns, [[[Cell(text)] for text in row] for row in rows])


def _section(report: AuditReport, section: Section) -> ShownSection:
    shown = section.findings[: SHOWN[section.severity]]
    left = len(section.findings) - len(shown)
    more = translate_n(
        "and {n} more, in the workbook (.xlsx) and in the .json",
        "and {n} more, in the workbook (.xlsx) and in the .json",
        left,
    )
    said = f"{len(section.findings)} · {translate(SEVERITIES[section.severity])}"
    table = _finding_table(shown, [report.status(finding) for finding in shown])
    return ShownSection(title(section.rule), section.severity, said, to_do(section.rule), table, more if left else "")


def _gone(report: AuditReport) -> Table | None:
    gone = report.since.gone[: SHOWN[Severity.WARNING]] if report.since else ()
    return _finding_table(gone, ["gone"] * len(gone)) if gone else None


def _finding_table(findings: Sequence[Finding], statuses: Sequence[str]) -> Table:
    columns = [(translate("What"), ""), (translate("Records, with their rows in an export"), "")]
    rows = [[[Cell(sentence(finding))], list(_record_lines(finding.members))] for finding in findings]
    if any(statuses):
        columns.append((translate("Since then"), "fixed"))
        rows = [[*row, [_status_cell(status)]] for row, status in zip(rows, statuses, strict=True)]
    return Table(columns, rows)


def _status_cell(status: str) -> Cell:
    return Cell(translate(STATUSES[status]), pill={"new": "new", "gone": "good"}.get(status, "still"))


def _record_lines(members: Sequence[Member]) -> Iterator[Cell]:
    for member in members[:MEMBERS_SHOWN]:
        place = member.place if member.place != member.label else ""
        aside = filter(None, [member.number, place, tab_row(member.sheet, member.row)])
        yield Cell(member.label or f"#{member.id}", " · ".join(aside))
    if len(members) > MEMBERS_SHOWN:
        yield Cell(translate("and {n} more", n=len(members) - MEMBERS_SHOWN))
