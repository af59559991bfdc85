"""Two audits of one server: what is new, still there, gone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..model.problems import Severity
from ..model.text import safe_text
from .audit import RULES, Audit
from .findings import Finding

_NEEDS = {rule.name: rule.needs for rule in RULES}


@dataclass(frozen=True)
class Earlier:
    """What is needed of an earlier audit, as its JSON tells it; `version` is of the program that wrote it."""

    server: str
    login: str
    taken_at: str
    xivo_uuids: frozenset[str]
    findings: tuple[Finding, ...]
    version: str = ""

    @classmethod
    def from_json(cls, body: Mapping[str, Any]) -> Earlier:
        """Return an audit that was written as JSON.

        Raises KeyError, TypeError, ValueError or AttributeError where it is none.
        """
        texts = (safe_text(body["server"]), safe_text(body["login"]), safe_text(body["taken_at"]))
        uuids = frozenset(map(str, body["xivo_uuids"]))
        findings = tuple(Finding.from_json(values) for values in body["findings"])
        return cls(*texts, uuids, findings, safe_text(body["evidence"]["version"]))


@dataclass(frozen=True)
class Since:
    """What came of an earlier audit's findings; `new` are ids of the present ones that it did not have.

    `not_looked_at` could not be read this time, or lie beyond this login's rights: they may be gone or not.
    """

    earlier: Earlier
    new: frozenset[str]
    gone: tuple[Finding, ...]
    not_looked_at: tuple[Finding, ...]

    def status(self, finding: Finding) -> str:
        """Return `new` or `still_there` for a finding of the present audit."""
        return "new" if finding.id in self.new else "still_there"


def compare(audit: Audit, earlier: Earlier) -> Since:
    """Compare an audit with an earlier one of the same server."""
    now, before = {f.id for f in audit.findings}, {f.id for f in earlier.findings}
    missing = [finding for finding in earlier.findings if finding.id not in now]
    unseen = {f.id for f in missing if not _was_looked_at(f, audit, earlier)}
    return Since(
        earlier,
        frozenset(now - before),
        tuple(f for f in missing if f.id not in unseen),
        tuple(f for f in missing if f.id in unseen),
    )


def _was_looked_at(finding: Finding, audit: Audit, earlier: Earlier) -> bool:
    listed = {line.member.entity for line in audit.entities}
    entities = {member.entity for member in finding.members if member.entity}
    beyond = audit.login != earlier.login and not entities <= listed
    sheets = {*_NEEDS.get(finding.rule, ()), *(member.sheet for member in finding.members)}
    return not beyond and not (sheets | entities) & set(audit.unreadable)


def is_same_server(audit: Audit, earlier: Earlier) -> bool:
    """Tell whether two audits are of one server: they share a XiVO, or its address where one of them saw none."""
    seen = frozenset(audit.xivo_uuids) - {""}
    if seen and earlier.xivo_uuids:
        return bool(seen & earlier.xivo_uuids)
    return audit.server == earlier.server


def is_met(limit: str, audit: Audit, since: Since | None) -> bool:
    """Tell whether a finding is as severe as `limit` says: `error`, `warning` (or worse), `new-warning` (or worse)."""
    severe = (Severity.ERROR,) if limit == "error" else (Severity.ERROR, Severity.WARNING)
    found = [finding for finding in audit.findings if finding.severity in severe]
    if limit == "new-warning":
        return any(since is not None and finding.id in since.new for finding in found)
    return bool(found)
