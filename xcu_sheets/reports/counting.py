"""How many of what, in words: rows by what becomes of them, records by sheet; and the words themselves."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ..words import translate, translate_n

# What a person reads for a status of a row or run, an action of a row, a severity.
WORDS = (
    *("create", "update", "delete", "unchanged", "conflict", "refused", "skipped"),
    *("created", "updated", "deleted", "failed", "unknown", "not_sent"),
    *("done", "unavailable", "not sent", "lost", "absent", "unseen", "unanswered"),
    *("finished", "unfinished", "interrupted"),
    *("error", "warning", "info"),
)
# Languages decline what is counted, so each status has two sentences.
_ROWS: Mapping[str, Callable[[int], str]] = {
    "create": lambda n: translate_n("{n} to create", "{n} to create", n),
    "update": lambda n: translate_n("{n} to update", "{n} to update", n),
    "delete": lambda n: translate_n("{n} to delete", "{n} to delete", n),
    "created": lambda n: translate_n("{n} created", "{n} created", n),
    "updated": lambda n: translate_n("{n} updated", "{n} updated", n),
    "deleted": lambda n: translate_n("{n} deleted", "{n} deleted", n),
    "unchanged": lambda n: translate_n("{n} unchanged", "{n} unchanged", n),
    "skipped": lambda n: translate_n("{n} skipped", "{n} skipped", n),
    "conflict": lambda n: translate_n("{n} conflict", "{n} conflict", n),
    "refused": lambda n: translate_n("{n} refused", "{n} refused", n),
    "failed": lambda n: translate_n("{n} failed", "{n} failed", n),
    "unknown": lambda n: translate_n("{n} unknown", "{n} unknown", n),
    "not_sent": lambda n: translate_n("{n} not_sent", "{n} not_sent", n),
    "not sent": lambda n: translate_n("{n} not sent", "{n} not sent", n),
    "done": lambda n: translate_n("{n} done", "{n} done", n),
    "unavailable": lambda n: translate_n("{n} unavailable", "{n} unavailable", n),
}
_RECORDS: Mapping[str, Callable[[int], str]] = {
    "users": lambda n: translate_n("{n} user", "{n} users", n),
    "templates": lambda n: translate_n("{n} template", "{n} templates", n),
    "entities": lambda n: translate_n("{n} entity", "{n} entities", n),
    "xivos": lambda n: translate_n("{n} xivo", "{n} xivos", n),
    "administrators": lambda n: translate_n("{n} administrator", "{n} administrators", n),
}


def word(name: str) -> str:
    """Return the word for a status, an action or a severity."""
    return translate(name)


def count_rows(counts: Mapping[str, int]) -> str:
    """Return `3 created, 2 refused`, in the order given; blank where there is nothing."""
    return ", ".join(_ROWS[name](n) if name in _ROWS else f"{n} {word(name)}" for name, n in counts.items())


def count_records(counts: Mapping[str, int]) -> str:
    """Return `60 users, 4 entities`, by the names of the sheets."""
    return ", ".join(_RECORDS[name](n) if name in _RECORDS else f"{n} {name}" for name, n in counts.items())
