"""Records as the server sends them, with secrets wrapped so that they can only be sent back, never shown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from .fields import Resource

Record = dict[str, Any]


class Secret:
    """A secret on its way from one place to another: every text form of it is `***` (DESIGN rule 14)."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """Return the secret itself: for a payload, a with-secrets export or a keyed digest only."""
        return self._value

    def __repr__(self) -> str:
        return "***"

    def __reduce__(self) -> str | tuple[Any, ...]:
        raise TypeError("a secret is not written anywhere")


def seal(resource: Resource, record: Record) -> Record:
    """Return the record with its hidden members wrapped as Secret; null stays null."""
    return {
        key: Secret(str(value)) if key in resource.hidden and value is not None else value
        for key, value in record.items()
    }


def keys_of(values: Any, key: str) -> list[str]:
    """Return the keys of referenced records, whether the server wrote ids, combinedIds or whole records."""
    items: Iterable[Any] = values if isinstance(values, list) else [] if values is None else [values]
    return [str(item.get(key, "")) if isinstance(item, Mapping) else str(item) for item in items]


def each_once(records: Iterable[Record]) -> list[Record]:
    """Return records, one of each id, the last: a list whose pages shift meanwhile can show one twice."""
    found: dict[str | int, Record] = {}
    for record in records:
        found[str(record["id"]) if "id" in record else id(record)] = record
    return list(found.values())
