"""One sheet on its way into a plan: rows matched, merged, checked and turned into changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

from ..model.book import Book
from ..model.fields import Resource
from ..model.memory import Memory
from ..model.problems import Problem, Severity, problem
from ..model.resources import RESOURCES
from ..model.snapshot import TEXT, text_cells
from ..model.text import AUTO, asks_auto, auto_range, is_auto
from ..model.view import View, by_id
from ..rules.numbering import contains, make_ranges
from ..rules.validation import check_values
from .filling import fill_blanks, only_new, say_filled
from .guards import check_id_column, other_people, secrets_left_out, sorted_alone
from .identity import CREATE, DELETE, MATCH, MERGE, REFUSED, SKIP, UNCHANGED, Verdict, label_of
from .keys import Keys, read_keys
from .logins import fill_logins
from .merge import Merged, merge_rows, unseen_edits
from .plan import HIDDEN, Change, Edit, Options, group_by_row
from .references import Names, Resolved, resolve_references
from .remedies import for_this_book
from .verdicts import Judge, bad_actions, skips


@dataclass(frozen=True)
class Setting:
    """What every sheet of one plan is made from."""

    book: Book
    view: View
    memory: Memory
    options: Options
    names: Names


@dataclass
class SheetPlan:
    """One sheet's part of a plan. `after` is, by row, the text each cell would have; `frame` the canonical sheet.

    `intended` are the changes that rows asked for, before problems took some of them out of `changes`; `keys` are what
    `--key` says of the rows.
    """

    resource: Resource
    frame: pd.DataFrame
    after: pd.DataFrame
    changes: dict[int, Change] = field(default_factory=dict)
    intended: dict[int, Change] = field(default_factory=dict)
    unchanged: dict[int, str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    keys: Keys = field(default_factory=Keys)

    def refuse_rows(self) -> None:
        """Turn every change whose row has an error into a refusal; one with conflicts only is a conflict."""
        for (_, row), found in group_by_row(self.problems).items():
            codes = {p.code for p in found if p.severity is Severity.ERROR}
            if not row or not codes:
                continue
            action = "conflict" if codes <= {"conflict", "conflict_stale"} else "refused"
            change = self.changes.get(row) or self._bare(row)
            if change.action != "skipped":
                self.changes[row] = change.stopped(action)
            self.unchanged.pop(row, None)

    def _bare(self, row: int) -> Change:
        cells = self.frame.loc[row]
        return Change(self.resource.name, row, "refused", cells["id"], label_of(self.resource, cells))

    def sending(self) -> dict[int, Change]:
        """Return the changes that would be sent, by row."""
        return {row: change for row, change in self.changes.items() if change.sends}


def plan_sheet(resource: Resource, setting: Setting) -> SheetPlan:
    """Return one sheet's changes after the rules that look at this sheet alone.

    Raises PlanError where an exported sheet has lost its id column, or people's sheet has no such key.
    """
    book = setting.book
    sheet = book.sheets[resource.name]
    key = setting.options.key if resource.person_key else ""
    keys = read_keys(sheet, key, setting.memory) if key else Keys()
    present = frozenset(sheet.frame.columns)
    check_id_column(resource, present, book.baseline)
    fill = setting.options.fill if resource.person_key else {}
    raw = _complete(resource, sheet.frame, setting.options)
    filled = _complete(resource, sheet.frame, setting.options, fill) if fill else raw
    base = _baseline(resource, book)
    believed = _believed(resource, base, setting.memory)
    wrong = bad_actions(resource.name, raw)
    counted = (raw["action"] != "skip") & ~raw.index.isin(list(wrong))
    resolved = _resolve(resource, filled, setting, counted)
    frame = resolved.frame
    judge = Judge(
        sheet,
        frame.loc[counted],
        raw,
        believed,
        setting.view,
        setting.memory,
        book.book_id,
        setting.options.allow_delete,
        keys,
        resolved.refs,
    )
    verdicts = {**skips(frame), **wrong, **judge.verdicts()}
    new = pd.Index([row for row, v in verdicts.items() if v.what == CREATE], dtype="int64")
    frame = only_new(frame, raw, new, fill) if fill else frame
    frame, unmade = _with_logins(resource, frame, verdicts, setting)
    work = _Work(resource, setting, frame, raw, base, believed, verdicts, resolved, present, keys)
    plan = work.plan()
    plan.problems += [*unmade, *say_filled(raw, new, fill, of_book=_of_book(setting, fill))]
    return plan


@dataclass
class _Work:
    resource: Resource
    setting: Setting
    frame: pd.DataFrame
    raw: pd.DataFrame
    base: pd.DataFrame
    believed: pd.DataFrame
    verdicts: Mapping[int, Verdict]
    resolved: Resolved
    present: frozenset[str]
    keys: Keys

    def plan(self) -> SheetPlan:
        merging = self._rows(MERGE, MATCH)
        live, base = self._live_of(merging), self._base_of(merging, self.base)
        wanted = self.frame.loc[merging].assign(id=self._ids(merging).astype(TEXT))
        options, memory = self.setting.options, self.setting.memory
        merged = merge_rows(
            self.resource,
            wanted,
            base,
            live,
            exported=self._exported(merging),
            present=self.present,
            memory=memory,
            on_conflict=options.on_conflict,
            moves=options.moves,
        )
        own = self.frame.loc[self._rows(MERGE)]
        unseen = unseen_edits(
            self.resource,
            wanted,
            self.raw,
            base,
            memory=memory,
            present=self.present,
            view=self.setting.view,
            matched=frozenset(map(int, self._rows(MATCH))),
        )
        after = self._after(merged, unseen)
        plan = SheetPlan(self.resource, self.frame, after, keys=self.keys)
        plan.problems += [p for v in self.verdicts.values() for p in v.problems]
        if self.setting.view.known:
            found = for_this_book(self._reference_problems(base), self.setting.book, self.setting.view)
            plan.problems += [*merged.problems, *found, *self._names()]
        plan.problems += sorted_alone(self.resource, *self._in_baseline(), options.allow_permutation)
        plan.problems += self._values(after, merged, unseen)
        plan.problems += secrets_left_out(self.resource, own, self.frame.loc[self._rows(CREATE)])
        self._fill(plan, live, merged, unseen)
        plan.intended = plan.sending()
        plan.refuse_rows()
        return plan

    def _rows(self, *kinds: str) -> pd.Index:
        return pd.Index([row for row, v in self.verdicts.items() if v.what in kinds], dtype="int64").sort_values()

    def _ids(self, rows: pd.Index) -> pd.Series:
        return pd.Series([self.verdicts[int(row)].id for row in rows], index=rows, dtype=object)

    def _live_of(self, rows: pd.Index) -> pd.DataFrame:
        return _aligned(self.resource, self.setting.view.frame(self.resource.name), self._ids(rows))

    def _base_of(self, rows: pd.Index, said: pd.DataFrame) -> pd.DataFrame:
        """Return what was `said` of each record: by the baseline, or the live record where that says nothing."""
        ids, base = self._ids(rows), self._live_of(rows)
        exported = rows[self._exported(rows)]
        base.loc[exported] = _aligned(self.resource, said, ids[exported])
        return base

    def _exported(self, rows: pd.Index) -> pd.Series:
        """Tell which rows have a record with a baseline; a record found by matching has none."""
        matched = pd.Series([self.verdicts[int(r)].what == MATCH for r in rows], index=rows, dtype=bool)
        return self._ids(rows).isin(self.base.index) & ~matched

    def _in_baseline(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        rows = self.frame.index[self.frame["id"].isin(self.base.index) & (self.frame["action"] != "skip")]
        return self.raw.loc[rows], _aligned(self.resource, self.believed, self.frame.loc[rows, "id"])

    def _reference_problems(self, base: pd.DataFrame) -> list[Problem]:
        """Return unresolved names, but for cells that nobody touched: a renamed XiVO is no mistake of this row."""
        return [
            p
            for p in self.resolved.problems
            if not (p.row in base.index and self.raw.at[p.row, p.column] == base.at[p.row, p.column])
            and self.verdicts[p.row].what not in (REFUSED, DELETE, UNCHANGED)
        ]

    def _names(self) -> list[Problem]:
        rows = self.frame.loc[self._rows(MERGE)]
        rows = rows[rows["action"] == ""]
        base = self._base_of(rows.index, self.believed)
        return [
            problem(
                "other_person",
                sheet=self.resource.name,
                row=row,
                column="id",
                value=self.frame.at[row, "id"],
                label=label_of(self.resource, base.loc[row]),
            )
            for row in other_people(self.resource, rows, base)
        ]

    def _after(self, merged: Merged, unseen: pd.DataFrame) -> pd.DataFrame:
        after = self.frame.copy()
        after.loc[merged.after.index] = merged.after
        after.loc[merged.after.index, ["action"]] = self.frame.loc[merged.after.index, ["action"]]
        for name in unseen:
            rows = unseen.index[unseen[name]]
            after.loc[rows, name] = self.frame.loc[rows, name]
        return after

    def _values(self, after: pd.DataFrame, merged: Merged, unseen: pd.DataFrame) -> list[Problem]:
        rows = self._rows(CREATE, MERGE, MATCH)
        creates = pd.Series(rows.isin(self._rows(CREATE)), index=rows)
        changed = pd.DataFrame(False, index=rows, columns=after.columns)
        changed.loc[creates[creates].index] = True
        changed.loc[merged.edits.index] = merged.edits | merged.conflicts
        for name in unseen:
            changed.loc[unseen.index, name] |= unseen[name]
        return check_values(self.resource, after.loc[rows], changed, creates) if len(rows) else []

    def _fill(self, plan: SheetPlan, live: pd.DataFrame, merged: Merged, unseen: pd.DataFrame) -> None:
        for row, verdict in self.verdicts.items():
            if verdict.what == UNCHANGED:
                plan.unchanged[row] = verdict.id
            elif verdict.what not in (MERGE, MATCH):
                plan.changes[row] = self._simple(row, verdict)
        autos = self._autos(merged)
        touched = merged.edits.any(axis=1) | merged.conflicts.any(axis=1)
        touched.loc[unseen.index] |= unseen.any(axis=1)
        touched.loc[list(autos)] = True
        for row, verdict in ((r, self.verdicts[int(r)]) for r in merged.edits.index[~touched]):
            plan.unchanged[int(row)] = verdict.id
        for row in merged.edits.index[touched]:
            plan.changes[int(row)] = self._update(int(row), live.loc[row], merged, unseen, autos)

    def _simple(self, row: int, verdict: Verdict) -> Change:
        cells = text_cells(self.frame.loc[row])
        name, label = self.resource.name, label_of(self.resource, cells)
        if verdict.what == CREATE:
            return self._create(row, verdict, cells)
        if verdict.what == DELETE:
            return self._delete(row, verdict.id)
        action = "skipped" if verdict.what == SKIP else "refused"
        return Change(name, row, action, verdict.id, label, cells.get("entity", ""))

    def _create(self, row: int, verdict: Verdict, cells: Mapping[str, str]) -> Change:
        secrets = {f.name for f in self.resource.secrets}
        sent = {f.name: HIDDEN if f.name in secrets else cells[f.name] for f in self.resource.writable if cells[f.name]}
        number, auto = cells.get("internal_number", ""), ""
        if self.resource.person_key and (not number or is_auto(number)):
            auto = auto_range(number) or "any"
            sent.pop("internal_number", None)
        return Change(
            self.resource.name,
            row,
            "create",
            label=label_of(self.resource, cells),
            entity=cells.get("entity", ""),
            cells=sent,
            refs=self.resolved.of_cells(sent),
            auto=auto,
            identity=verdict.identity,
            key=self.keys.kept(row),
            has_login=bool(cells.get("cti_login")),
            makes_password=asks_auto(cells.get("cti_password", "")),
            namesakes=verdict.namesakes,
        )

    def _delete(self, row: int, id_: str) -> Change:
        live = self.setting.view.frame(self.resource.name).loc[id_]
        cells = {f.name: str(live[f.name]) for f in self.resource.fields if f.read and f.name != "id"}
        label = label_of(self.resource, cells)
        return Change(self.resource.name, row, "delete", id_, label, cells.get("entity", ""), cells=cells)

    def _makes_password(self, row: int, edits: Sequence[Edit]) -> bool:
        asked = asks_auto(str(self.frame.at[row, "cti_password"])) if "cti_password" in self.frame else False
        return asked and any(edit.column == "cti_password" for edit in edits)

    def _autos(self, merged: Merged) -> dict[int, str]:
        """Return the rows with an id that ask for a number and do not already have one that fits (DESIGN rule 10)."""
        if "internal_number" not in self.frame:
            return {}
        asked = self.frame.loc[merged.after.index, "internal_number"]
        found = {}
        for row, text in asked[asked.map(is_auto).astype(bool)].items():
            entity, has = merged.after.at[row, "entity"], merged.after.at[row, "internal_number"]
            inside = make_ranges(self.setting.view.intervals_of.get(entity, ""))
            stated = auto_range(text)
            if not contains(inside, has) or (stated and not contains(make_ranges(stated), has)):
                found[int(str(row))] = stated or "any"
        return found

    def _update(
        self, row: int, live: pd.Series, merged: Merged, unseen: pd.DataFrame, autos: Mapping[int, str]
    ) -> Change:
        verdict, secrets = self.verdicts[row], {f.name for f in self.resource.secrets}
        after = merged.after.loc[row]
        edits = [Edit(n, str(live[n]), str(after[n])) for n in merged.edits.columns if merged.edits.at[row, n]]
        for name in unseen if row in unseen.index else ():
            if unseen.at[row, name]:
                text = str(self.frame.at[row, name])
                edits.append(Edit(name, "", HIDDEN if name in secrets else text))
        if row in autos:
            edits.append(Edit("internal_number", str(live["internal_number"]), AUTO))
        default = self.setting.options.default_template
        refs = self.resolved.of_cells({e.column: e.after for e in edits})
        if default and "template" in self.resource.by_name and "template" not in {e.column for e in edits}:
            label, ref = self.setting.names.resolve("templates", default)
            edits.append(Edit("template", "", label))
            refs["template"] = (ref,)
        return Change(
            self.resource.name,
            row,
            "update",
            verdict.id,
            label_of(self.resource, live),
            str(after.get("entity", "")),
            edits=tuple(edits),
            refs=refs,
            auto=autos.get(row, ""),
            key=self.keys.kept(row),
            matched=verdict.what == MATCH,
            has_login=bool(live.get("cti_login", "")),
            makes_password=self._makes_password(row, edits),
        )


def _with_logins(
    resource: Resource, frame: pd.DataFrame, verdicts: Mapping[int, Verdict], setting: Setting
) -> tuple[pd.DataFrame, list[Problem]]:
    if not resource.person_key:
        return frame, []
    return fill_logins(frame, verdicts, setting.view, setting.options.login_pattern)


def _of_book(setting: Setting, fill: Mapping[str, str]) -> dict[str, str]:
    """Return, by column, what to call the values that the book itself brings along."""
    fields, known = RESOURCES["users"].by_name, setting.view.directory
    own = {name: text for name, text in setting.book.fill.items() if fill.get(name) == text}
    resources = {name: ref.resource for name in own if (ref := fields[name].ref)}
    return {name: known.shown(resource).get(own[name], own[name]) for name, resource in resources.items()}


def _complete(
    resource: Resource, frame: pd.DataFrame, options: Options, fill: Mapping[str, str] | None = None
) -> pd.DataFrame:
    """Return the sheet with every column of the table, absent ones blank; `fill` and the default template filled in."""
    full = fill_blanks(frame.reindex(columns=resource.columns, fill_value="").astype(TEXT), fill or {})
    if options.default_template and "template" in full:
        blank = (full["template"] == "") & (full["id"] == "")
        full["template"] = full["template"].where(~blank, options.default_template)
    return full


def _baseline(resource: Resource, book: Book) -> pd.DataFrame:
    frames = book.baseline.frames if book.baseline else {}
    return by_id(frames[resource.name]) if resource.name in frames else pd.DataFrame(index=pd.Index([], dtype=TEXT))


def _believed(resource: Resource, base: pd.DataFrame, memory: Memory) -> pd.DataFrame:
    """Return the baseline with what the server showed after the last import of this book (b1) laid over it."""
    believed = base.copy() if memory.cells else base
    for (name, id_), cells in memory.cells.items():
        for column, text in cells.items() if name == resource.name and id_ in base.index else ():
            believed.at[id_, column] = text
    return believed


def _aligned(resource: Resource, frame: pd.DataFrame, ids: pd.Series) -> pd.DataFrame:
    """Return the records with these ids, indexed like `ids`; cells that are not known are blank."""
    found = frame.reindex(index=pd.Index(ids.to_numpy()), columns=resource.columns, fill_value="")
    return found.set_index(ids.index).fillna("").astype(TEXT)


def _resolve(resource: Resource, raw: pd.DataFrame, setting: Setting, counted: pd.Series) -> Resolved:
    if not setting.view.known:
        return Resolved(raw, {}, ())
    return resolve_references(resource, raw, setting.names, counted)
