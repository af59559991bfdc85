"""A plan as the people see it who approve it: what hurts first, then how many rows per entity, then every row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from ..model.fields import Field
from ..model.problems import Problem, Severity
from ..model.resources import RESOURCES
from ..model.text import CLEAR, fold_name, safe_sentence, safe_text
from ..model.view import View
from ..planning.plan import Change, Plan, group_by_row
from ..words import spoken, translate
from .plan_words import HURT_TITLES
from .wording import describe, row_message, tab_row

LONGEST = 300  # characters of a cell that are shown
COUNTED = ("create", "update", "delete", "unchanged", "skipped", "conflict", "refused")


@dataclass(frozen=True)
class Hurt:
    """One thing about one row that hurts; `kind` is one of HURT_TITLES. Texts are safe to show and hold no secret."""

    kind: str
    row: str
    who: str
    entity: str
    before: str
    after: str


@dataclass(frozen=True)
class EntityCount:
    """How many users of one entity have each action; `entity` is what people call it."""

    entity: str
    xivo: str
    counts: Mapping[str, int]


@dataclass(frozen=True)
class Line:
    """One cell that changes, or one record that is made or goes: `column` is blank for a whole record."""

    sheet: str
    row: int
    action: str
    who: str
    entity: str
    column: str
    before: str
    after: str
    remark: str = ""


@dataclass(frozen=True)
class Note:
    """One problem of the plan as a sentence; `row` is blank where it is said of a sheet or of the whole book."""

    severity: Severity
    row: str
    who: str
    text: str


@dataclass(frozen=True)
class Approval:
    """All that is shown of a plan. Every text in it is safe to show and holds neither secret nor provisioning code."""

    plan: Plan
    hurts: tuple[Hurt, ...]
    entities: tuple[EntityCount, ...]
    sheets: Mapping[str, Mapping[str, int]]
    lines: tuple[Line, ...]
    notes: tuple[Note, ...]

    def of_kind(self, kind: str) -> list[Hurt]:
        """Return what hurts in one way, in row order."""
        return [hurt for hurt in self.hurts if hurt.kind == kind]

    @property
    def facts(self) -> list[tuple[str, str]]:
        """What tells this plan from every other: run, server, book and checksum."""
        plan = self.plan
        return [
            (translate("Plan"), plan.run_id),
            (translate("Server"), plan.server),
            (translate("Login"), plan.login),
            (translate("Read at (UTC)"), plan.made_at),
            (translate("Book"), safe_text(plan.book_path, LONGEST)),
            (translate("Book, SHA-256"), plan.book_digest),
            (translate("Plan, SHA-256"), plan.checksum),
            (translate("Written by"), f"xcu-sheets {plan.tool_version}".strip()),
        ]


def make_approval(plan: Plan, view: View) -> Approval:
    """Return what is to be shown of a plan; `view` is the server that it was made for."""
    told = _Telling(plan, view)
    return Approval(
        plan=plan,
        hurts=tuple(_by_kind(told.hurts())),
        entities=tuple(told.entities()),
        sheets=plan.counts(),
        lines=tuple(line for change in plan.to_send for line in told.lines(change)),
        notes=tuple(told.notes()),
    )


def _by_kind(hurts: Iterable[Hurt]) -> list[Hurt]:
    order = list(HURT_TITLES)
    return sorted(hurts, key=lambda hurt: order.index(hurt.kind))


@dataclass(frozen=True)
class _Telling:
    plan: Plan
    view: View

    def hurts(self) -> Iterator[Hurt]:
        for change in self.plan.to_send:
            if change.action == "delete":
                yield self._hurt("delete", change, _record(change), "")
            elif change.action == "update" and change.sheet == "users":
                yield from self._edits_that_hurt(change)
        yield from self._passing()

    def _edits_that_hurt(self, change: Change) -> Iterator[Hurt]:
        edits = {edit.column: edit for edit in change.edits}
        if "cti_password" in edits:
            yield self._hurt("password", change, _not_shown(), _password(change))
        names = [edits[name] for name in RESOURCES["users"].person_key if name in edits]
        if len(names) == 2 and all(fold_name(e.before) != fold_name(e.after) for e in names):
            yield self._hurt("renamed", change, " ".join(e.before for e in names), " ".join(e.after for e in names))
        if "template" in edits:
            yield self._hurt("template", change, _not_shown(), edits["template"].after)

    def _passing(self) -> Iterator[Hurt]:
        """Yield the numbers that one row of the plan gives up and another one takes on the same XiVO."""
        users = [c for c in self.plan.to_send if c.sheet == "users"]
        givers = {(self._xivo(c.entity), c.freed_number): c for c in users if c.freed_number}
        for change in users:
            giver = givers.get((self._xivo(change.entity), change.number)) if change.action != "delete" else None
            if giver and giver is not change:
                before = f"{change.number}: {giver.label} ({tab_row(giver.sheet, giver.row)})"
                yield self._hurt("number_passes", change, before, f"{change.number}: {change.label}")

    def _hurt(self, kind: str, change: Change, before: str, after: str) -> Hurt:
        return Hurt(
            kind,
            tab_row(change.sheet, change.row),
            safe_text(change.label, LONGEST),
            self._shown(self._entity(change)),
            safe_sentence(before, LONGEST),
            safe_sentence(after, LONGEST),
        )

    @cached_property
    def _born(self) -> dict[str, str]:
        """The XiVOs of the entities that this plan makes, by name."""
        made = (c for c in self.plan.to_send if c.sheet == "entities" and c.action == "create")
        return {c.cells["name"]: c.cells.get("xivo", "") for c in made}

    def _xivo(self, entity: str) -> str:
        return self.view.xivo_of.get(entity) or self._born.get(entity, entity)

    def _entity(self, change: Change) -> str:
        """Return the entity that a row is about: a user's, or the row's own, whose name others may share."""
        if change.sheet != "entities":
            return change.entity
        return self.view.column("entities", "id", "combined_id").get(change.id, change.label)

    def _shown(self, entity: str) -> str:
        known = self.view.directory.find("entities", "combinedId", entity)
        return safe_text(known.said if known else entity, LONGEST)

    def entities(self) -> list[EntityCount]:
        counts: dict[str, Counter[str]] = {}
        lives_in = self.view.column("users", "id", "entity")
        for change in self.plan.changes:
            if change.sheet == "users":
                entity = change.entity or lives_in.get(change.id, "")
                counts.setdefault(entity, Counter())[change.action] += 1
        for id_ in self.plan.unchanged.get("users", {}).values():
            counts.setdefault(lives_in.get(id_, ""), Counter())["unchanged"] += 1
        rows = [
            EntityCount(self._shown(e) or translate("(no entity)"), self._xivo_shown(e), found)
            for e, found in counts.items()
        ]
        return sorted(rows, key=lambda row: (row.xivo, row.entity))

    def _xivo_shown(self, entity: str) -> str:
        xivo = self._xivo(entity)
        return "" if xivo == entity else safe_text(xivo, LONGEST)

    def lines(self, change: Change) -> Iterator[Line]:
        remark = translate("; ").join([*_asides(change), *self._remarks(change)])
        if change.action == "create":
            yield self._line(change, "", "", _record(change), remark)
        elif change.action == "delete":
            yield self._line(change, "", _record(change), "", remark)
        for n, edit in enumerate(change.edits):
            field = RESOURCES[change.sheet].by_name[edit.column]
            unseen = field.secret or not field.read
            after = (
                _password(change)
                if field.secret
                else translate("(emptied)")
                if edit.after == CLEAR
                else field.kind.word_in(spoken(), edit.after)
            )
            before = _not_shown() if unseen else field.kind.word_in(spoken(), edit.before)
            yield self._line(change, _label(field), before, after, "" if n else remark)

    def _line(self, change: Change, column: str, before: str, after: str, remark: str) -> Line:
        who, entity = safe_text(change.label, LONGEST), self._shown(self._entity(change))
        texts = (safe_sentence(text, 4 * LONGEST) for text in (before, after, remark))
        return Line(change.sheet, change.row, change.action, who, entity, column, *texts)

    @cached_property
    def _of_row(self) -> dict[tuple[str, int], tuple[Problem, ...]]:
        return group_by_row(self.plan.problems)

    def _remarks(self, change: Change) -> list[str]:
        found = self._of_row.get((change.sheet, change.row), ())
        return [row_message(_veiled(p)) for p in found if p.severity is Severity.WARNING]

    def notes(self) -> list[Note]:
        """Return every problem, what stops the whole plan first, then what keeps rows back, then the rest."""
        labels = {(c.sheet, c.row): c.label for c in self.plan.changes}
        weight = list(Severity)
        found = sorted(self.plan.problems, key=lambda p: (bool(p.row), weight.index(p.severity)))
        return [
            Note(
                p.severity,
                tab_row(p.sheet, p.row) if p.row else "",
                safe_text(labels.get((p.sheet, p.row), ""), LONGEST),
                safe_sentence(row_message(_veiled(p)) if p.row else describe(p), 4 * LONGEST),
            )
            for p in found
        ]


def _veiled(p: Problem) -> Problem:
    """Return a problem without what was typed for a provisioning code."""
    return replace(p, value=_not_shown()) if p.column == "provisioning_number" and p.value else p


def _not_shown() -> str:
    return translate("(not shown)")


def _label(field: Field) -> str:
    return field.label_fr if spoken() == "fr" else field.label


def _password(change: Change) -> str:
    if change.makes_password:
        return translate("one that is made when the plan is sent")
    return translate("the one typed in the book")


def _record(change: Change) -> str:
    """Return what a record holds that is made or goes, names and entity apart, secrets and codes left out."""
    resource = RESOURCES[change.sheet]
    left_out = {*resource.person_key, "entity", *(() if resource.person_key else resource.natural_key)}
    shown = [f for f in resource.writable if f.name not in left_out and change.cells.get(f.name)]
    parts = [translate("{label}: {text}", label=_label(f), text=_cell(change, f)) for f in shown]
    return translate("; ").join(parts)


def _cell(change: Change, field: Field) -> str:
    return _password(change) if field.secret else field.kind.said_in(spoken(), change.cells[field.name])


def _asides(change: Change) -> list[str]:
    """Return what is not in the cells of a row: a number that was chosen, a number on the way."""
    said = [translate("number chosen")] if change.assigned else []
    if change.detour:
        said.append(translate("by way of {number}, for the numbers go round", number=change.detour))
    return said
