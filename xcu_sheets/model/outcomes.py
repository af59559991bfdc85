"""What became of one row: a value, as a Problem is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .problems import Problem

_BAD = frozenset({"conflict", "refused", "failed", "unknown", "not_sent"})
_ODD = frozenset({"stranger", "secret_changed_since", "differs_now", "list_unreadable"})


@dataclass(frozen=True)
class Outcome:
    """The end of one row. `status` is one of `RESULT_STATUSES`; `notes` are Problems that say why, as code and data.

    `action` is what the plan wanted (`create`, `update`, `delete`, or the status itself where nothing was wanted).
    """

    sheet: str
    row: int
    action: str
    status: str
    id: str = ""
    internal_number: str = ""
    provisioning_number: str = ""
    notes: tuple[Problem, ...] = field(default=())

    @property
    def needs_a_look(self) -> bool:
        """Tell whether a person has to look: the row did not end well, or the server does not show what was sent."""
        return self.status in _BAD or any(note.code in _ODD for note in self.notes)

    def to_json(self) -> dict[str, Any]:
        """Return the outcome's own members as JSON values; its message is prose and added at the edge."""
        return {
            "sheet": self.sheet,
            "row": self.row,
            "action": self.action,
            "status": self.status,
            "id": self.id,
            "internal_number": self.internal_number,
            "provisioning_number": self.provisioning_number,
            "problems": [note.to_json() for note in self.notes],
        }


def count_statuses(outcomes: Mapping[Any, Outcome] | list[Outcome]) -> dict[str, int]:
    """Return how many rows ended in each status, in the order of `RESULT_STATUSES`, zeros left out."""
    from .resources import RESULT_STATUSES

    listed = list(outcomes.values()) if isinstance(outcomes, Mapping) else outcomes
    found = [o.status for o in listed]
    return {status: found.count(status) for status in RESULT_STATUSES if status in found}
