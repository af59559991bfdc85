"""What may be put on record: no secret, no text that is none, and no run whose plan has missed another one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..model.errors import HistoryError
from ..model.resources import RESOURCES
from .entries import Image, RunSummary
from .store import Entry

_DIGEST = re.compile(r"[0-9a-f]{64}")


def check_start(entries: Iterable[Entry], about: Mapping[str, Any], learned: int) -> None:
    """Raise HistoryError where a plan was sent before, or misses what a run of its book did.

    `entries` are the beginnings and continuations of all runs, `about` the start of this one; its plan knows the
    entries up to `learned`. Files made by hand all share one book id, and one memory. A probe finishes what earlier
    ones left between its own plan and its run.
    """
    starts: dict[str, Mapping[str, Any]] = {}
    for entry in entries:
        if entry.kind == "run":
            starts[entry.run_id] = entry.body
        if entry.run_id == about["run_id"]:
            raise HistoryError("this plan was already applied on {at}: make a new plan", at=entry.at)
        run, began = starts[entry.run_id], entry.kind == "run"
        if entry.seq <= learned or (run["server"], run["book_id"]) != (about["server"], about["book_id"]):
            continue
        if began or not about["options"].get("probe"):
            if began:
                raise HistoryError("run {run_id} began after this plan was made: make a new plan", run_id=entry.run_id)
            raise HistoryError("run {run_id} went on after this plan was made: make a new plan", run_id=entry.run_id)


def follower_of(run: RunSummary, runs: Sequence[RunSummary]) -> str:
    """Return a later run of the same book on the same server, whose rows a resume could make again; "" if none."""
    at = next(n for n, other in enumerate(runs) if other.run_id == run.run_id)
    later = (r for r in runs[at + 1 :] if r.server == run.server and r.calls and not r.options.get("undo"))
    return next((r.run_id for r in later if same_book(vars(r), vars(run))), "")


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
