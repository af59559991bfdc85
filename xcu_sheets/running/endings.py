"""What is said of a call that goes no further, in this run or for good."""

from __future__ import annotations

from dataclasses import replace

from ..model.text import Said
from .sending import ABSENT, DONE, LOST, REFUSED, UNKNOWN, UNSEEN, Sent, note

HIDDEN = (ABSENT, UNSEEN)  # what a list does not show, and may show at a second look


def attempt_of(one: Sent) -> int:
    """Return which attempt of its row a call was."""
    return one.ticket.attempt if one.ticket else 1


def unseen(one: Sent) -> Sent:
    """Return what is known of a call when the list could not be read again: a create's id is missing then."""
    if one.status in HIDDEN:  # seen nowhere once; that it is nowhere takes a second look
        return replace(end_of(one), settled=False)
    if one.status == DONE and one.change.action == "create" and not one.id:
        return replace(one, status=UNKNOWN, notes=(*one.notes, note(one.change, "list_unreadable")))
    return one


def end_of(one: Sent, *, for_good: bool = True) -> Sent:
    """Return a call that goes no further, in this run or for good, under the status that a person reads."""
    if one.status in (LOST, REFUSED):
        return replace(one, status=REFUSED, settled=for_good and (one.settled or one.status == LOST))
    if one.status == UNSEEN and one.change.action == "update":
        return replace(one, status=DONE, settled=True)
    if one.status == UNSEEN:
        return replace(one, status=UNKNOWN, notes=(*one.notes, note(one.change, "created_not_seen")))
    if one.status == ABSENT:
        code = "outcome_unknown_create" if one.change.action == "create" else "outcome_unknown"
        notes = one.notes or (note(one.change, code, detail=Said("no answer is on record")),)
        return replace(one, status=UNKNOWN, notes=notes)
    return one
