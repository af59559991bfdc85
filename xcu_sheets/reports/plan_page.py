"""A plan as one HTML page for the people who approve it, to be read on a screen or printed and signed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..model.problems import Severity
from ..words import translate
from .approval import COUNTED, Approval, Hurt, Line
from .counting import word
from .page import Page, write_page
from .plan_words import (
    COUNT_HEADS,
    HURT_HEADS,
    HURT_REASONS,
    HURT_TITLES,
    LINE_HEADS,
    NOTE_HEADS,
    TITLES,
    VERBS,
    headline,
    in_words,
    more_lines,
    sheet_label,
    staying_behind,
    titled,
    total_counts,
)
from .wording import tab_row

SHOWN_HURTS = 500  # of one kind
SHOWN_LINES = 5_000  # a browser takes seconds over more; the workbook has all
_LOOKS = {"create": "good", "update": "warning", "delete": "error", "unchanged": "quiet", "skipped": "quiet"}


@dataclass(frozen=True)
class Tile:
    """One figure at the top; `look` is a class of the page's style sheet."""

    name: str
    count: int
    look: str = ""


@dataclass(frozen=True)
class Section:
    """What hurts in one way."""

    title: str
    why: str
    count: int
    hurts: Sequence[Hurt]
    more: str


def write_plan_page(path: Path, approval: Approval) -> Path:
    """Write the page, whole or not at all; return where it was saved. Raises BookError where it cannot be."""
    plan, notes = approval.plan, [n for n in approval.notes if n.row]
    words = {name: translate(text) for name, text in TITLES.items()}
    return write_page(
        path,
        "plan.html",
        Page(words["plan"], headline(plan), approval.facts),
        words=words,
        blocked=words["blocked"] if plan.blocked else "",
        totals=list(_totals(approval)),
        behind=staying_behind(plan),
        whole=[n for n in approval.notes if not n.row and n.severity is not Severity.INFO],
        kinds=[_tile(title, len(approval.of_kind(kind))) for kind, title in HURT_TITLES.items()],
        sections=list(_sections(approval)),
        counts=list(_counts(approval)),
        lines=[_shown(line) for line in approval.lines[:SHOWN_LINES]],
        more_lines=more_lines(len(approval.lines) - SHOWN_LINES),
        notes=notes[:SHOWN_LINES],
        more_notes=more_lines(len(notes) - SHOWN_LINES),
        hurt_heads=in_words(HURT_HEADS),
        count_heads=in_words(COUNT_HEADS),
        line_heads=in_words(LINE_HEADS[1:-1]),
        note_heads=in_words(NOTE_HEADS),
        severities={name: word(name) for name in Severity},
    )


def _tile(title: str, count: int) -> Tile:
    return Tile(translate(title), count, "error" if count else "quiet")


def _totals(approval: Approval) -> Iterator[Tile]:
    """Yield the figures of the whole plan: what is new, changes and goes always, the others where there are any."""
    total = total_counts(approval.plan)
    for action, name in zip(COUNTED, COUNT_HEADS[2:], strict=True):
        if total[action] or action in VERBS:
            yield Tile(translate(name), total[action], _LOOKS.get(action, "warning") if total[action] else "quiet")


def _sections(approval: Approval) -> Iterator[Section]:
    for kind, title in HURT_TITLES.items():
        hurts = approval.of_kind(kind)
        if hurts:
            why, more = translate(HURT_REASONS[kind]), more_lines(len(hurts) - SHOWN_HURTS)
            yield Section(translate(title), why, len(hurts), hurts[:SHOWN_HURTS], more)


def _counts(approval: Approval) -> Iterator[dict[str, object]]:
    for row in approval.entities:
        yield {"entity": row.entity, "xivo": row.xivo, "counts": [row.counts.get(a, 0) for a in COUNTED], "sum": False}
    sums = [sum(row.counts.get(a, 0) for row in approval.entities) for a in COUNTED]
    yield {"entity": titled("all_users"), "xivo": "", "counts": sums, "sum": True}
    for name, counts in approval.sheets.items():
        if name != "users":
            yield {"entity": sheet_label(name), "xivo": "", "counts": [counts.get(a, 0) for a in COUNTED], "sum": False}


@dataclass(frozen=True)
class _ShownLine:
    row: str
    verb: str
    look: str
    who: str
    entity: str
    column: str
    before: str
    after: str
    remark: str


def _shown(line: Line) -> _ShownLine:
    row = tab_row(line.sheet, line.row)
    texts = (line.who, line.entity, line.column, line.before, line.after, line.remark)
    return _ShownLine(row, translate(VERBS[line.action]), _LOOKS[line.action], *texts)
