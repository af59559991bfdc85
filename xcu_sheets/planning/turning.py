"""One deed of a run after the other, turned round where its record is still as the run left it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from ..model.fields import Resource
from ..model.problems import Problem, Severity, problem
from ..model.resources import RESOURCES
from ..model.snapshot import text_cells
from ..model.text import CLEAR, fold_name
from ..model.view import View
from .plan import Change, Edit

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


class Turning:
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
            self._keep(deed, "undo_kept", moved, now=live[moved], before=deed.left[moved])
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
            self._keep(deed, "undo_kept", moved, now=live[moved], before=deed.left[moved])
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
        if same := self._same(resource, deed.before):
            self._compare(deed, same)
        elif hidden := {deed.sheet, entity} & set(self.view.unreadable):
            self._refuse(deed, "not_visible", entity=min(hidden), login=self.view.login)
        elif resource.person_key and not self.template:
            self._refuse(deed, "undo_needs_template", column="template")
        else:
            cells = {f.name: deed.before.get(f.name, "") for f in resource.compared}
            if resource.person_key:
                cells["template"] = self.template
                self.problems.append(problem("undo_new_id", Severity.WARNING, sheet=deed.sheet, row=deed.row))
            self._add(deed, "create", "", entity=entity, cells={c: text for c, text in cells.items() if text})

    def _same(self, resource: Resource, was: Cells) -> list[str]:
        """Return the live records that go by the key and the name of a deleted one."""
        frame = self.view.frame(resource.name)
        keys = [k for k in (*resource.natural_key, *(() if resource.person_key else ("name",))) if was.get(k)]
        if frame.empty or not keys:
            return []
        for key in keys:
            frame = frame[frame[key] == was[key]]
        for name in resource.person_key:
            frame = frame[frame[name].map(fold_name) == fold_name(was.get(name, ""))]
        return list(map(str, frame.index))

    def _compare(self, deed: Deed, same: Sequence[str]) -> None:
        """Take a record for the deleted one if it shows the same; else somebody made it again otherwise: keep it."""
        frame, resource = self.view.frame(deed.sheet), RESOURCES[deed.sheet]
        columns = [f.name for f in resource.compared if f.name in deed.before and f.name not in resource.person_key]
        differing = {id_: [c for c in columns if frame.at[id_, c] != deed.before[c]] for id_ in same}
        id_, others = min(differing.items(), key=lambda found: len(found[1]))
        if others:
            now, before = str(frame.at[id_, others[0]]), deed.before[others[0]]
            self._keep(deed, "undo_made_again", others[0], now=now, before=before)
        else:
            self._done(deed, id_)

    # What becomes of a row

    def _live(self, deed: Deed) -> dict[str, str] | None:
        """Return a record's cells; None, with what is to be said of it, where it is not there."""
        frame = self.view.frame(deed.sheet)
        if deed.id in frame.index:
            return text_cells(frame.loc[deed.id])
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

    def _keep(self, deed: Deed, code: str, column: str, *, now: str, before: str) -> None:
        where = {"sheet": deed.sheet, "row": deed.row, "column": column, "value": now}
        self.problems.append(problem(code, Severity.WARNING, **where, before=before, now=now))
        self.changes.append(self._bare(deed, "skipped"))

    def _refuse(self, deed: Deed, code: str, **members: str) -> None:
        self.problems.append(problem(code, **{"sheet": deed.sheet, "row": deed.row, **members}))
        self.changes.append(self._bare(deed, "refused"))
