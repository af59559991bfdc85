"""A finding is a rule, the records it is about, and parameters: never a sentence."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from ..model.problems import Severity
from ..model.text import safe_text


@dataclass(frozen=True)
class Member:
    """One record that a finding is about, texts safe to show.

    `row` is its row in the sheet of an export; `number` and `entity` (the combinedId) are a user's; `place` is what
    people call that entity.
    """

    sheet: str
    id: str
    row: int
    label: str
    number: str = ""
    entity: str = ""
    place: str = ""


@dataclass(frozen=True)
class Finding:
    """What a rule found. Two audits of one server know it by `id`, whatever its records are called meanwhile."""

    id: str
    rule: str
    severity: Severity
    members: tuple[Member, ...]
    params: Mapping[str, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Return the finding as JSON values."""
        members = [asdict(member) for member in self.members]
        shown = {"id": self.id, "rule": self.rule, "severity": str(self.severity)}
        return {**shown, "members": members, "params": dict(self.params)}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Finding:
        """Return the finding that `to_json` wrote, its texts made safe: the file may have been through other hands.

        Other keys are ignored. Raises KeyError, TypeError, ValueError, AttributeError where it is none.
        """
        members = tuple(_member(member) for member in values["members"])
        params = {str(name): safe_text(text, 300) for name, text in values["params"].items()}
        return cls(safe_text(values["id"]), safe_text(values["rule"]), Severity(values["severity"]), members, params)


def _member(values: Mapping[str, Any]) -> Member:
    texts = {name: safe_text(values[name], 300) for name in ("sheet", "id", "label", "number", "entity", "place")}
    return Member(**texts, row=int(values["row"]))


def make_finding(
    rule: str, severity: Severity, members: Iterable[Member], *, subject: Iterable[str] = (), **params: str
) -> Finding:
    """Return a finding with its stable id: a digest of the rule, its records' ids, and `subject`.

    `subject` tells apart findings of one rule about the same records: a column, the key of a record that is not there.
    """
    listed = tuple(members)
    records = sorted((member.sheet, member.id) for member in listed)
    identity = repr((rule, records, tuple(subject))).encode()
    safe = {name: safe_text(text, 300) for name, text in params.items()}
    return Finding(hashlib.sha256(identity).hexdigest()[:16], rule, severity, listed, safe)
