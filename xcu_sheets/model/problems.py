"""A Problem is a value about one cell: a code and parameters, never a text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from .text import Said, safe_text


class Severity(StrEnum):
    """How much a problem matters: an error keeps its row from being sent, the others do not."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True)
class Problem:
    """What is wrong, where. Its prose is made at the edge (`xcu_sheets.reports.wording`) from code and parameters.

    `row` is the number the person sees, 0 for a whole sheet; `cell` is the Excel address where known; `value` is
    already safe to show and empty for a secret column.
    """

    code: str
    severity: Severity = Severity.ERROR
    sheet: str = ""
    row: int = 0
    column: str = ""
    value: str = ""
    cell: str = ""
    params: Mapping[str, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Return the problem as JSON values, empty members left out."""
        members = {
            "code": self.code,
            "severity": str(self.severity),
            "sheet": self.sheet,
            "row": self.row,
            "column": self.column,
            "value": self.value,
            "cell": self.cell,
            "params": dict(self.params),
        }
        return {name: value for name, value in members.items() if value}

    @classmethod
    def from_json(cls, members: Mapping[str, Any]) -> Problem:
        """Return the problem that `to_json` wrote."""
        return cls(**{**members, "severity": Severity(members["severity"])})


def problem(code: str, severity: Severity = Severity.ERROR, /, **members: Any) -> Problem:
    """Make a problem; members that are no attributes of Problem become parameters, made safe to show."""
    own = {name: members.pop(name) for name in ("sheet", "row", "column", "cell") if name in members}
    value = safe_text(members.pop("value", ""))
    params = {name: _safe(param) for name, param in members.items()}
    return Problem(code, severity, value=value, params=params, **own)


def _safe(param: object) -> str:
    """Return a parameter safe to show; a sentence of ours can still be said in another language."""
    if isinstance(param, Said):
        return Said(param.said, **{name: _safe(member) for name, member in param.members.items()})
    return safe_text(param, 300)


def has_errors(problems: Iterable[Problem]) -> bool:
    """Tell whether one of the problems is an error."""
    return any(p.severity is Severity.ERROR for p in problems)


def locate(problems: Iterable[Problem], letters: Mapping[str, Mapping[str, str]]) -> list[Problem]:
    """Fill in the Excel addresses: `letters` is, by sheet, the column letter of each machine name."""
    return [
        replace(p, cell=f"{letters[p.sheet][p.column]}{p.row}")
        if not p.cell and p.row and p.column in letters.get(p.sheet, {})
        else p
        for p in problems
    ]
