"""What differs between two readings, as values: differences, moves, and what could not be compared."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

KINDS = ("removed", "added", "moved", "changed")
MOVING = ("entity", "internal_number")  # a user with another one of these has moved
NEVER_SHOWN = frozenset({"provisioning_number"})  # that it changed is all that is said (DESIGN rule 14)
SIDES = ("before", "after")


@dataclass(frozen=True)
class FieldChange:
    """One cell of a record, before and after; both are blank where it is not `shown`."""

    column: str
    before: str
    after: str
    shown: bool = True


@dataclass(frozen=True)
class Difference:
    """One record that is on one side only, or on both and not the same.

    `kind` is one of KINDS; `fields` of a record on one side are its cells that are not blank. `name` says who or what
    it is and `place` the entity of a user, both as on the later side that has the record.
    """

    resource: str
    kind: str
    name: str
    place: str
    id_before: str
    id_after: str
    fields: tuple[FieldChange, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the difference as JSON values."""
        return {
            "sheet": self.resource,
            "kind": self.kind,
            "name": self.name,
            "entity": self.place,
            "id": {"before": self.id_before, "after": self.id_after},
            "fields": [_field_json(field) for field in self.fields],
        }


def _field_json(field: FieldChange) -> dict[str, str]:
    if not field.shown:
        return {"column": field.column, "note": "changed (not shown)"}
    return {"column": field.column, "before": field.before, "after": field.after}


@dataclass(frozen=True)
class NotCompared:
    """Something that one side does not show, so that nothing can be said of it.

    `why` is "sheet" (a whole sheet is missing), "unreadable" (an entity's users) or "not_listed" (a record, and of an
    entity its users); `side` is which of SIDES does not show it, `reason` what was said there, and `people` how many
    users of the other side are left out for it.
    """

    resource: str
    name: str
    why: str
    side: str
    reason: str = ""
    people: int = 0

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON values."""
        members = {"sheet": self.resource, "name": self.name, "why": self.why, "side": self.side}
        return {**members, "reason": self.reason, "users_left_out": self.people}


@dataclass(frozen=True)
class Diff:
    """All that differs, in the order of the sheets; `compared` is, by sheet, how many records are on both sides."""

    same_server: bool
    compared: Mapping[str, int]
    differences: tuple[Difference, ...]
    not_compared: tuple[NotCompared, ...]

    def counts(self) -> dict[str, dict[str, int]]:
        """Return, by sheet compared, how many differences of each kind there are."""
        found = Counter((d.resource, d.kind) for d in self.differences)
        return {name: {kind: found[name, kind] for kind in KINDS} for name in self.compared}

    def to_json(self) -> dict[str, Any]:
        """Return the diff as JSON values."""
        return {
            "same_server": self.same_server,
            "compared": dict(self.compared),
            "counts": self.counts(),
            "differences": [difference.to_json() for difference in self.differences],
            "not_compared": [one.to_json() for one in self.not_compared],
        }
