"""A comparison in sentences: what differs, what could not be compared, and what its reader should know first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ..comparing.diff import KINDS, Diff, Difference, FieldChange, NotCompared
from ..comparing.edits import CellEdit
from ..model.kinds import TEXT
from ..model.resources import RESOURCES
from ..running.inputs import Input
from ..words import spoken, translate, translate_n


@dataclass(frozen=True)
class Line:
    """One line of a table of differences: a cell of a record that changed, or a record that one side has alone."""

    kind: str
    resource: str
    id: str
    name: str
    place: str
    field: str
    before: str
    after: str


def kind_word(kind: str) -> str:
    """Return what is said of a record: added, removed, moved or changed."""
    words = {
        "added": translate("added"),
        "removed": translate("removed"),
        "moved": translate("moved"),
        "changed": translate("changed"),
    }
    return words[kind]


def counted(kind: str, count: int) -> str:
    """Return how many records of a kind there are: `2 moved`."""
    words = {
        "added": translate_n("{n} added", "{n} added", count),
        "removed": translate_n("{n} removed", "{n} removed", count),
        "moved": translate_n("{n} moved", "{n} moved", count),
        "changed": translate_n("{n} changed", "{n} changed", count),
    }
    return words[kind]


def sheet_label(name: str) -> str:
    """Return a sheet's name in the language of this context."""
    resource = RESOURCES[name]
    return resource.label_fr if spoken() == "fr" else resource.label


def field_label(resource: str, column: str) -> str:
    """Return a column's name in the language of this context."""
    field = RESOURCES[resource].by_name[column]
    return field.label_fr if spoken() == "fr" else field.label


def lines_of(differences: Sequence[Difference]) -> list[Line]:
    """Return differences line by line, in their order."""
    return [line for difference in differences for line in _lines(difference)]


def _lines(difference: Difference) -> Iterator[Line]:
    d = difference
    known = (d.kind, d.resource, _ids(d), d.name, d.place)
    if d.kind == "added":
        yield Line(*known, "", "", _cells(d, [(field, field.after) for field in d.fields]))
    elif d.kind == "removed":
        yield Line(*known, "", _cells(d, [(field, field.before) for field in d.fields]), "")
    else:
        yield from (Line(*known, field_label(d.resource, f.column), *before_after(d.resource, f)) for f in d.fields)


def _ids(difference: Difference) -> str:
    ids = dict.fromkeys(filter(None, (difference.id_before, difference.id_after)))
    return " -> ".join(ids)


def before_after(resource: str, field: FieldChange | CellEdit) -> tuple[str, str]:
    """Return a change's two cells in words, or in place of the second that it is not shown."""
    kind = RESOURCES[resource].by_name[field.column].kind if field.column in RESOURCES[resource].by_name else TEXT
    both = kind.said_in(spoken(), field.before), kind.said_in(spoken(), field.after)
    return both if field.shown else ("", translate("changed (not shown)"))


def _cells(difference: Difference, cells: Sequence[tuple[FieldChange, str]]) -> str:
    """Return the cells of a record as one text, without what stands beside it already."""
    apart, resource = {"entity", *RESOURCES[difference.resource].person_key}, difference.resource
    known = RESOURCES[resource].by_name
    shown = [
        (field_label(resource, field.column), known[field.column].kind.said_in(spoken(), text))
        for field, text in cells
        if field.column not in apart
    ]
    return translate("; ").join(translate("{label}: {text}", label=label, text=text) for label, text in shown)


def headline(diff: Diff) -> str:
    """Return how many records differ, and how."""
    total = len(diff.differences)
    if not total:
        return translate("No difference.")
    kinds = [(kind, sum(d.kind == kind for d in diff.differences)) for kind in KINDS]
    said = ", ".join(counted(kind, count) for kind, count in kinds if count)
    return translate_n("{n} difference: {counted}.", "{n} differences: {counted}.", total, counted=said)


def notes_of(diff: Diff, inputs: Sequence[Input]) -> list[str]:
    """Return what a reader should know before all else: other logins, other servers, what the sides are."""
    first, second = inputs
    about = [_logins(inputs), _servers(diff), _order(first, second)]
    return [note for note in (*about, *_of_sides(inputs), _moves(diff)) if note]


def logins_differ(inputs: Sequence[Input]) -> bool:
    """Tell whether two sides were read under different logins; a book by its cells was read under none."""
    return len({one.view.login for one in inputs if one.view.login}) > 1


def _logins(inputs: Sequence[Input]) -> str:
    if not logins_differ(inputs):
        return ""
    return translate(
        "Read under different logins, {first} and {second}: what one of them may not see is not compared.",
        first=inputs[0].view.login,
        second=inputs[1].view.login,
    )


def _servers(diff: Diff) -> str:
    if diff.same_server:
        return ""
    return translate(
        "Two servers: records are matched by what they are called, people by number and names, login, or names alone."
    )


def _order(first: Input, second: Input) -> str:
    if not second.view.taken_at or first.view.taken_at <= second.view.taken_at:
        return ""
    return translate("The first was taken after the second: added and removed are as seen from the first.")


def _of_sides(inputs: Sequence[Input]) -> Iterator[str]:
    for one in inputs:
        name = one.name
        said = {
            "no_baseline": translate(
                "{name} holds no hidden copy of the server: its cells are compared, whoever changed them.", name=name
            ),
            "baseline_damaged": translate(
                "The hidden copy in {name} is damaged: its cells are compared, whoever changed them.", name=name
            ),
            "edited": translate("{name} is compared as it was edited, not as the server was.", name=name),
        }
        if one.note:
            yield said[one.note]


def _moves(diff: Diff) -> str:
    hidden = any(one.resource == "entities" and one.why != "sheet" for one in diff.not_compared)
    gone = any(d.resource == "users" and d.kind in ("added", "removed") for d in diff.differences)
    if not (hidden and gone):
        return ""
    return translate("Who was added or removed may have come from or gone to an entity that is not compared.")


def not_compared(one: NotCompared, inputs: Sequence[Input]) -> str:
    """Return what could not be compared and why, as one sentence."""
    side = inputs[0 if one.side == "before" else 1].name
    sheet = sheet_label(one.resource)
    if one.why == "sheet" and one.reason:
        return translate("{sheet}: not in {side} ({reason})", sheet=sheet, side=side, reason=one.reason)
    if one.why == "sheet":
        return translate("{sheet}: not in {side}", sheet=sheet, side=side)
    if one.why == "unreadable":
        return translate(
            "{sheet}, {name}: could not be read in {side} ({reason}); users of the other left out: {people}",
            sheet=sheet,
            name=one.name,
            side=side,
            reason=one.reason,
            people=one.people,
        )
    return translate(
        "{sheet}, {name}: not listed in {side} (login {login}), which may not show all; users left out: {people}",
        sheet=sheet,
        name=one.name,
        side=side,
        login=one.reason or "?",
        people=one.people,
    )


def edited_title(one: Input) -> str:
    """Return the heading over what people changed in a book."""
    return translate("Edited in {name} since it was written, and not compared", name=one.name)


def edit_kind(edit: CellEdit) -> str:
    """Return what was done to a row of a book, blank for a cell."""
    words = {"new row": translate("new row"), "row gone": translate("row gone")}
    return words.get(edit.kind, "")
