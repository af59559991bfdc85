"""What may be put on record: no secret, no text that is none, and no run whose plan has missed another one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from ..model.errors import HistoryError
from ..model.resources import RESOURCES
from .entries import Image
from .store import Entry
from .summaries import moment_of

_DIGEST = re.compile(r"[0-9a-f]{64}")


def check_start(entries: Iterable[Entry], about: Mapping[str, Any], learned: int, planned: str) -> None:
    """Raise HistoryError where a plan was sent before, or misses what a run of its book did.

    `entries` are the beginnings and continuations of all runs, `about` the start of this one. Its plan saw the entries
    up to `learned`, and was made at `planned`, on whatever machine. Files made by hand all share one book id: of those
    that it saw, only runs of the same place or the same cells are of its book. A probe finishes what earlier ones left
    between its own plan and its run.
    """
    starts: dict[str, Mapping[str, Any]] = {}
    for entry in entries:
        if entry.kind == "run":
            starts[entry.run_id] = entry.body
        if entry.run_id == about["run_id"]:
            raise HistoryError(f"this plan was already applied on {entry.at}: make a new plan")
        run, began = starts[entry.run_id], entry.kind == "run"
        if (run["server"], run["book_id"]) != (about["server"], about["book_id"]):
            continue
        missed = entry.seq > learned or (_is_later(entry.at, planned) and same_book(run, about))
        if missed and (began or not about["options"].get("probe")):
            how = "began" if began else "went on"
            raise HistoryError(f"run {entry.run_id} {how} after this plan was made: make a new plan")


def _is_later(at: str, planned: str) -> bool:
    return bool(planned) and moment_of(at) > moment_of(planned)


def same_book(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Tell whether two runs are of one book: by its id, or where it has none by its cells or its place."""
    if one["book_id"] or other["book_id"]:
        return bool(one["book_id"] == other["book_id"])
    return one["book_digest"] == other["book_digest"] or one.get("book_path") == other.get("book_path") != ""


def check_digests(digests: Mapping[str, str]) -> None:
    """Refuse with TypeError what is not a keyed digest."""
    if not all(isinstance(d, str) and _DIGEST.fullmatch(d) for d in digests.values()):
        raise TypeError("of what was sent only keyed digests are kept")


def check_image(sheet: str, image: Image | None) -> None:
    """Refuse with TypeError an image that holds anything but text, or a secret column."""
    if image is None:
        return
    if not all(isinstance(part, str) for cell in image.items() for part in cell):
        raise TypeError(f"an image of a {sheet} row holds something else than text")
    resource = RESOURCES.get(sheet)
    if resource is None:
        return
    secret = {*resource.hidden, *(name for f in resource.secrets for name in (f.name, f.write))} & image.keys()
    if secret:
        raise TypeError(f"{', '.join(sorted(secret))}: a secret is not written anywhere")
