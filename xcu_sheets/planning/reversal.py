"""The plan that takes a run back: what it did and is still as it left it, turned round row by row."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from ..model.directory import Unresolved
from ..model.errors import PlanError
from ..model.fields import Resource
from ..model.problems import Problem, Severity, problem
from ..model.resources import RESOURCES
from ..model.text import CLEAR, fold_name, safe_text
from ..model.view import View
from .identity import label_of
from .plan import Change, Edit, Options, Plan, row_name

Cells = Mapping[str, str]


@dataclass(frozen=True)
class Deed:
    """What one row of a run did to one record, as texts by column.

    `before` is what the record showed: of an update the edited cells, of a delete all of them, nothing of a create.
    `left` is what it showed afterwards: of an update the edited cells, of a create all that are compared, nothing of a
    delete. `unseen` are columns that were sent and are never shown. A row in `doubt` cannot be taken back: the records
    of `id` may all be its result, or, where it is empty, the server said yes and none was ever listed.
    """

    sheet: str
    row: int
    action: str
    id: str
    label: str
    before: Cells = field(default_factory=dict)
    left: Cells = field(default_factory=dict)
    unseen: tuple[str, ...] = ()
    doubt: bool = False


def make_reversal(
    run: Plan,
    deeds: Iterable[Deed],
    view: View,
    *,
    run_id: str,
    made_at: str,
    default_template: str = "",
    tool_version: str = "",
) -> Plan:
    """Return what taking `run` back would do to the server that `view` shows; ring detours are not yet assigned.

    A row is turned round where its record still shows what the run left in every cell that counts. Where somebody has
    changed it since the row is `skipped` (kept); where it cannot be turned round it is `refused`; where the server
    shows what was before it is unchanged, so that an undo can be repeated. Columns that only the server writes do not
    count. Raises PlanError where the server is another one, or `default_template` names no template.
    """
    if run.server != view.server or not set(run.xivo_uuids) & set(view.xivo_uuids):
        other = "has none of its XiVOs" if run.server == view.server else f"is {view.server}"
        raise PlanError(f"Run {run.run_id} was on {run.server}, and this server {other}.")
    turning = _Turning(view, _template(view, default_template))
    for deed in deeds:
        turning.take(deed)
    turning.refuse_what_is_taken()
    turning.refuse_what_is_used()
    return Plan(
        run_id=run_id,
        made_at=made_at,
        server=view.server,
        login=view.login,
        xivo_uuids=view.xivo_uuids,
        book_path=f"undo-{run.run_id}",
        book_id="",
        book_digest=f"undo {run.run_id}",
        tool_version=tool_version,
        options=Options(allow_delete=True, default_template=default_template, undo=run.run_id),
        changes=tuple(turning.changes),
        unchanged=turning.unchanged,
        problems=tuple(turning.problems),
        letters={},
    )


def _template(view: View, name: str) -> str:
    if not name:
        return ""
    try:
        return view.directory.resolve("templates", name).label
    except Unresolved:
        known = ", ".join(view.directory.labels("templates"))
        raise PlanError(f"--default-template {safe_text(name)} is not one template: write one of {known}.") from None


class _Turning:
    """Turns deeds round, one after the other."""

    def __init__(self, view: View, template: str) -> None:
        self.view, self.template = view, template
        self.changes: list[Change] = []
        self.unchanged: dict[str, dict[int, str]] = {}
        self.problems: list[Problem] = []

    def take(self, deed: Deed) -> None:
        """Turn one deed round, or say why not."""
        if deed.doubt:
            self._refuse(deed, "undo_several" if deed.id else "undo_not_seen", ids=deed.id)
        elif deed.action == "delete":
            self._make_again(deed)
        elif (live := self._live(deed)) is not None:
            turn = {"create": self._delete, "update": self._restore}[deed.action]
            turn(deed, live)

    # What was made

    def _delete(self, deed: Deed, live: Cells) -> None:
        moved = next((c for c, text in deed.left.items() if live[c] != text), "")
        if moved:
            self._keep(deed, moved, live[moved])
        else:
            shown = {f.name: live[f.name] for f in RESOURCES[deed.sheet].fields if f.read and f.name != "id"}
            self._add(deed, "delete", deed.id, entity=live.get("entity", ""), cells=shown)

    # What was edited

    def _restore(self, deed: Deed, live: Cells) -> None:
        fields = RESOURCES[deed.sheet].by_name
        back = [c for c, was in deed.before.items() if live[c] != was]
        moved = next((c for c in back if live[c] != deed.left[c]), "")
        stuck = next((c for c in back if not deed.before[c] and not fields[c].clear), "")
        if moved:
            self._keep(deed, moved, live[moved])
        elif stuck:
            self._refuse(deed, "undo_cannot_empty", column=stuck, value=live[stuck])
        else:
            self._say_unseen(deed)
            self._edit(deed, live, back)

    def _edit(self, deed: Deed, live: Cells, columns: Sequence[str]) -> None:
        edits = tuple(Edit(c, live[c], deed.before[c] or CLEAR) for c in columns)
        if edits:
            self._add(deed, "update", deed.id, entity=live.get("entity", ""), edits=edits)
        elif deed.unseen and not deed.before:
            self.changes.append(self._bare(deed, "refused"))
        else:
            self._done(deed, deed.id)

    def _say_unseen(self, deed: Deed) -> None:
        for column in deed.unseen:
            severity = Severity.WARNING if deed.before else Severity.ERROR
            self.problems.append(problem("undo_unseen", severity, sheet=deed.sheet, row=deed.row, column=column))

    # What was deleted

    def _make_again(self, deed: Deed) -> None:
        resource, entity = RESOURCES[deed.sheet], deed.before.get("entity", "")
        back = self._like(resource, deed.before)
        if back:
            self._done(deed, back)
        elif entity in self.view.unreadable:
            self._refuse(deed, "not_visible", entity=entity, login=self.view.login)
        elif resource.person_key and not self.template:
            self._refuse(deed, "undo_needs_template", column="template")
        else:
            cells = {f.name: deed.before.get(f.name, "") for f in resource.compared}
            if resource.person_key:
                cells["template"] = self.template
                self.problems.append(problem("undo_new_id", Severity.WARNING, sheet=deed.sheet, row=deed.row))
            self._add(deed, "create", "", entity=entity, cells={c: text for c, text in cells.items() if text})

    def _like(self, resource: Resource, was: Cells) -> str:
        """Return the live record that is what a deleted one was, empty where there is none."""
        frame = self.view.frame(resource.name)
        if frame.empty:
            return ""
        keys = [k for k in (*resource.natural_key, *(() if resource.person_key else ("name",))) if was.get(k)]
        same = frame
        for key in keys:
            same = same[same[key] == was[key]]
        for name in resource.person_key:
            same = same[same[name].map(fold_name) == fold_name(was.get(name, ""))]
        return str(same.index[0]) if keys and len(same) else ""

    # Numbers and logins

    def refuse_what_is_taken(self) -> None:
        """Refuse rows whose number or login somebody else has who keeps it, until no further row falls."""
        while taken := self._taken():
            for change, column, holder in taken:
                who = {"id": holder, **self._who(holder)}
                text = change.cells.get(column, "") or next(e.after for e in change.edits if e.column == column)
                where = {"sheet": change.sheet, "row": change.row, "column": column, "value": text}
                self.problems.append(problem("undo_taken", **where, **who))
            fallen = {(change.sheet, change.row) for change, _, _ in taken}
            self.changes = [
                replace(c, action="refused", cells={}, edits=()) if (c.sheet, c.row) in fallen else c
                for c in self.changes
            ]

    def refuse_what_is_used(self) -> None:
        """E7: an entity is deleted only where this undo deletes its last users too."""
        users = self.view.frame("users")
        gone = [c.id for c in self.changes if c.sheet == "users" and c.action == "delete"]
        for at, change in enumerate(self.changes):
            if (change.sheet, change.action) != ("entities", "delete") or users.empty:
                continue
            stay = int(((users["entity"] == change.cells["combined_id"]) & ~users.index.isin(gone)).sum())
            if stay:
                where = {"sheet": change.sheet, "row": change.row, "count": str(stay)}
                self.problems.append(problem("entity_has_users", **where))
                self.changes[at] = replace(change, action="refused", cells={})

    def _taken(self) -> list[tuple[Change, str, str]]:
        users = [c for c in self.changes if c.sheet == "users" and c.sends]
        found = []
        for column in ("internal_number", "cti_login"):
            wanted = {(self._xivo(c), text.casefold()): c for c in users if (text := _asks_for(c, column))}
            leaving = {c.id for c in users if c.action == "delete" or any(e.column == column for e in c.edits)}
            found += [
                (wanted[key], column, id_)
                for key, id_ in self._holders(column, wanted)
                if id_ not in leaving and id_ != wanted[key].id
            ]
        return found

    def _holders(self, column: str, wanted: Mapping[tuple[str, str], Change]) -> list[tuple[tuple[str, str], str]]:
        frame = self.view.frame("users")
        if frame.empty or not wanted:
            return []
        xivos = self.view.xivo_of
        keys = [(xivos.get(e, e), text.casefold()) for e, text in zip(frame["entity"], frame[column], strict=True)]
        return [(key, str(id_)) for key, id_ in zip(keys, frame.index, strict=True) if key in wanted]

    def _who(self, id_: str) -> dict[str, str]:
        cells = self.view.frame("users").loc[id_]
        return {"label": label_of(RESOURCES["users"], cells), "entity": str(cells["entity"])}

    def _xivo(self, change: Change) -> str:
        return self.view.xivo_of.get(change.entity, change.entity)

    # What becomes of a row

    def _live(self, deed: Deed) -> dict[str, str] | None:
        """Return a record's cells; None, with what is to be said of it, where it is not there."""
        frame = self.view.frame(deed.sheet)
        if deed.id in frame.index:
            return {str(k): str(v) for k, v in frame.loc[deed.id].items()}
        hidden = {deed.sheet, deed.left.get("entity", "")} & set(self.view.unreadable)
        if hidden or (deed.sheet == "users" and self.view.unreadable and "entity" not in deed.left):
            unseen = min(hidden) if hidden else ", ".join(self.view.unreadable)
            self._refuse(deed, "not_visible", entity=unseen, login=self.view.login)
        elif deed.action == "create":
            self._done(deed, deed.id)
        else:
            self._refuse(deed, "undo_gone", value=deed.id)
        return None

    def _add(self, deed: Deed, action: str, id_: str, **members: object) -> None:
        change = Change(deed.sheet, deed.row, action, id_, deed.label)
        self.changes.append(replace(change, **members))  # type: ignore[arg-type] # the members of a Change

    def _bare(self, deed: Deed, action: str) -> Change:
        return Change(deed.sheet, deed.row, action, deed.id, deed.label)

    def _done(self, deed: Deed, id_: str) -> None:
        self.unchanged.setdefault(deed.sheet, {})[deed.row] = id_

    def _keep(self, deed: Deed, column: str, now: str) -> None:
        where = {"sheet": deed.sheet, "row": deed.row, "column": column, "value": now}
        self.problems.append(problem("undo_kept", Severity.WARNING, **where, before=deed.left[column], now=now))
        self.changes.append(self._bare(deed, "skipped"))

    def _refuse(self, deed: Deed, code: str, **members: str) -> None:
        self.problems.append(problem(code, **{"sheet": deed.sheet, "row": deed.row, **members}))
        self.changes.append(self._bare(deed, "refused"))


def _asks_for(change: Change, column: str) -> str:
    """Return the text of a column that a change gives to its user."""
    if change.action == "create":
        return change.cells.get(column, "")
    after = next((e.after for e in change.edits if e.column == column), "")
    return "" if after == CLEAR else after


def bucket_rows(plan: Plan) -> dict[str, Sequence[str]]:
    """Return the buckets of a reversal with their rows by name, as `users!7`; of any other plan nothing."""
    found = buckets(plan) if plan.options.undo else {}
    return {name: [row_name(c.sheet, c.row) for c in changes] for name, changes in found.items()}


def buckets(plan: Plan) -> dict[str, Sequence[Change]]:
    """Return the rows of a reversal by what becomes of them: `reversed`, `kept`, `impossible`."""
    return {
        "reversed": [c for c in plan.changes if c.sends],
        "kept": [c for c in plan.changes if c.action == "skipped"],
        "impossible": [c for c in plan.changes if c.action == "refused"],
    }
