"""What stands on top of an audit, in a page, a workbook and a terminal: where it comes from, notes and figures."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..auditing.overview import EntityLine
from ..model.problems import Severity
from ..model.text import safe_sentence, safe_text
from ..words import told, translate, translate_n
from .audit import AuditReport

HIGH, FULL = 0.8, 0.95  # fill rates from which an entity wants attention


def lead(report: AuditReport) -> str:
    """Return which server this is, who read it and when."""
    audit, (day, _, time) = report.audit, report.audit.taken_at.partition("T")
    return translate(
        "{server}, read by {login} on {day} at {time} UTC",
        server=audit.server,
        login=audit.login,
        day=day,
        time=time[:5],
    )


def notes(report: AuditReport) -> Iterator[str]:
    """Yield what must be known before anything else is read: what was not looked at, and who looked before."""
    for name, why in report.audit.unreadable.items():
        yield translate(
            "Not looked at, because it could not be read: {name} ({why})",
            name=safe_text(name),
            why=safe_sentence(told(why), 300),
        )
    if not report.since:
        return
    earlier, audit = report.since.earlier, report.audit
    if earlier.login != audit.login:
        yield translate(
            "The earlier audit was made by {before}, this one by {now}: they may not see the same entities.",
            before=earlier.login,
            now=audit.login,
        )
    if report.since.not_looked_at:
        yield translate_n(
            "{n} finding of the earlier audit could not be looked at again: it may still be there.",
            "{n} findings of the earlier audit could not be looked at again: they may still be there.",
            len(report.since.not_looked_at),
        )


def figures(report: AuditReport) -> Iterator[tuple[int, str, str]]:
    """Yield the figures that stand on top, as (number, what it counts, look)."""
    audit = report.audit
    errors, warnings, known = (audit.count(severity) for severity in Severity)
    yield audit.users, translate("Users"), ""
    yield len(audit.entities), translate("Entities"), ""
    yield len(audit.xivos), translate("XiVOs"), ""
    yield errors, translate("Errors"), "error" if errors else "good"
    yield warnings, translate("Warnings"), "warning" if warnings else "good"
    yield known, translate("For information"), "quiet"
    if report.since:
        yield report.count_status("new"), translate("New since {time}", time=report.since.earlier.taken_at[:10]), ""
        yield len(report.since.gone), translate("No longer found"), "good"


def by_share(lines: Iterable[EntityLine]) -> list[EntityLine]:
    """Return entities with the fullest first; those without a fill rate come last."""
    return sorted(lines, key=lambda line: (line.share is None, -(line.share or 0)))


def look_of(share: float | None) -> str:
    """Return how a fill rate is shown: normal, high, or full."""
    return "normal" if share is None or share < HIGH else "high" if share < FULL else "full"
