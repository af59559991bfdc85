"""An audit as people and machines read it: a workbook, a page or JSON, from the same sections."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..auditing.audit import RULES, Audit
from ..auditing.comparison import Earlier, Since
from ..auditing.findings import Finding
from ..auditing.overview import EntityLine, XivoLine
from ..files.replace_file import check_target, replace_file
from ..model.errors import BookError
from ..model.problems import Severity
from ..model.text import Said, safe_text
from ..model.view import View
from ..words import speaking
from .audit_wording import sentence, title, to_do
from .evidence import Evidence

ENDINGS = (".xlsx", ".html", ".json")
FORMAT = 1
KIND = "xcu-sheets audit"


@dataclass(frozen=True)
class AuditReport:
    """All that an audit is told from; `since` is the comparison with an earlier one, if there is one."""

    audit: Audit
    view: View
    evidence: Evidence
    since: Since | None = None

    def status(self, finding: Finding) -> str:
        """Return `new` or `still_there`, blank where there is no earlier audit."""
        return self.since.status(finding) if self.since else ""

    @property
    def sections(self) -> list[Section]:
        """The findings by rule, in the order of the rules; rules that found nothing are left out."""
        return sections(self.audit.findings)

    @property
    def clean(self) -> list[str]:
        """The rules that looked and found nothing; those that could not look are in neither list."""
        found = {finding.rule for finding in self.audit.findings}
        unreadable = set(self.audit.unreadable)
        return [rule.name for rule in RULES if rule.name not in found and not unreadable & set(rule.needs)]

    def count_status(self, status: str) -> int:
        """Return how many present findings have a status."""
        return sum(self.status(finding) == status for finding in self.audit.findings)


@dataclass(frozen=True)
class Section:
    """The findings of one rule; `severity` is that of the worst."""

    rule: str
    severity: Severity
    findings: tuple[Finding, ...]


def sections(findings: Iterable[Finding]) -> list[Section]:
    """Return findings by rule, in the order they came."""
    by_rule: dict[str, list[Finding]] = {}
    for finding in findings:
        by_rule.setdefault(finding.rule, []).append(finding)
    return [Section(rule, _worst(some), tuple(some)) for rule, some in by_rule.items()]


def _worst(findings: Iterable[Finding]) -> Severity:
    present = {finding.severity for finding in findings}
    return next(severity for severity in Severity if severity in present)


def write_audit(path: Path, report: AuditReport) -> Path:
    """Write an audit by the ending of its name, whole and for its owner only; return where it was saved."""
    check_audit_target(str(path))
    return _writers()[path.suffix.lower()](path, report)


def check_audit_target(name: str) -> None:
    """Raise BookError for a name that an audit could not be written to."""
    check_target(name, ENDINGS, Said("an audit ends in {endings}", endings=", ".join(ENDINGS)))


def _writers() -> dict[str, Callable[[Path, AuditReport], Path]]:
    from .audit_book import write_audit_book
    from .audit_page import write_audit_page

    return {".xlsx": write_audit_book, ".html": write_audit_page, ".json": write_audit_json}


def write_audit_json(path: Path, report: AuditReport) -> Path:
    """Write an audit for a machine, and for the `--since` of a later one."""
    with replace_file(path) as file:
        text = json.dumps(audit_json(report), ensure_ascii=False, indent=1)
        file.temporary.write_text(text + "\n", encoding="utf-8")
    return file.saved


def audit_json(report: AuditReport) -> dict[str, Any]:
    """Return an audit as JSON values, its keys and lists in an order that is part of the format.

    Entities and XiVOs follow their sheets, findings the order of `RULES` and then the rows. Its sentences are English.
    """
    with speaking("en"):
        return _body(report)


def _body(report: AuditReport) -> dict[str, Any]:
    audit, since = report.audit, report.since
    body = {
        "kind": KIND,
        "format": FORMAT,
        "evidence": report.evidence.to_json(),
        "server": audit.server,
        "login": audit.login,
        "taken_at": audit.taken_at,
        "xivo_uuids": list(audit.xivo_uuids),
        "unreadable": {safe_text(name): safe_text(why, 500) for name, why in audit.unreadable.items()},
        "counts": {str(severity): audit.count(severity) for severity in Severity},
        "xivos": [_xivo_json(line) for line in audit.xivos],
        "entities": [_entity_json(line) for line in audit.entities],
        "findings": [_finding_json(finding, report.status(finding)) for finding in audit.findings],
    }
    if since:
        body["since"] = {
            "taken_at": since.earlier.taken_at,
            "login": since.earlier.login,
            "new": report.count_status("new"),
            "still_there": report.count_status("still_there"),
            "gone": [_finding_json(finding, "gone") for finding in since.gone],
            "not_looked_at": [_finding_json(finding, "not_looked_at") for finding in since.not_looked_at],
        }
    return body


def _finding_json(finding: Finding, status: str) -> dict[str, Any]:
    said = {"title": title(finding.rule), "says": sentence(finding), "to_do": to_do(finding.rule)}
    return {**finding.to_json(), **({"status": status} if status else {}), **said}


def _xivo_json(line: XivoLine) -> dict[str, Any]:
    return {
        "id": line.member.id,
        "name": line.member.label,
        "row": line.member.row,
        "entities": line.entities,
        "users": line.users,
        "slots_left": line.slots_left,
        "share": _rounded(line.share),
    }


def _entity_json(line: EntityLine) -> dict[str, Any]:
    about = {
        "id": line.member.id,
        "combined_id": line.member.entity,
        "name": line.member.label,
        "row": line.member.row,
        "xivo": line.xivo,
        "intervals": line.intervals,
        "capacity": line.capacity,
        "known": line.known,
    }
    if not line.known:
        return about
    return {
        **about,
        "used": line.used,
        "free": line.free,
        "share": _rounded(line.share),
        "users": line.users,
        "outside": line.outside,
        "next_free": list(line.next_free),
        "longest_free": line.longest_free,
        "longest_free_size": line.longest_size,
    }


def _rounded(share: float | None) -> float | None:
    return None if share is None else round(share, 4)


def read_earlier(path: Path) -> Earlier:
    """Read an audit that was written as JSON. Raises BookError where the file is none, or of a newer format."""
    body = _read_json(path)
    if not isinstance(body, dict) or body.get("kind") != KIND:
        raise BookError("{path} is not an audit: give the .json that an earlier audit wrote", path=path)
    if not isinstance(body.get("format"), int) or body["format"] > FORMAT:
        raise BookError("{path} was written by a newer xcu-sheets: use that version", path=path)
    try:
        return Earlier.from_json(body)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as failed:
        raise BookError("{path} is not a whole audit: write it again", path=path) from failed


def _read_json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise BookError("{path}: there is no such file: write it first, with xcu-sheets audit", path=path) from None
    except OSError as failed:
        raise BookError("{path} cannot be read ({reason})", path=path, reason=failed.strerror) from failed
    except (ValueError, RecursionError) as failed:
        raise BookError("{path} is not an audit: give the .json that an earlier audit wrote", path=path) from failed
