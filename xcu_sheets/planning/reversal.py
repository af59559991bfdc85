"""The plan that takes a run back: what it did and is still as it left it, turned round row by row."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ..model.directory import Unresolved
from ..model.errors import PlanError
from ..model.text import safe_text
from ..model.view import View
from .collisions import refuse_taken, refuse_used
from .plan import Change, Options, Plan, row_name
from .turning import Deed, Turning


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
        told = {"run_id": run.run_id, "server": run.server, "now": view.server}
        if run.server == view.server:
            raise PlanError("Run {run_id} was on {server}, and this server has none of its XiVOs.", **told)
        raise PlanError("Run {run_id} was on {server}, and this server is {now}.", **told)
    turning = Turning(view, _template(view, default_template))
    for deed in deeds:
        turning.take(deed)
    changes, taken = refuse_taken(turning.changes, view)
    changes, used = refuse_used(changes, view)
    return Plan(
        run_id=run_id,
        made_at=made_at,
        server=view.server,
        login=view.login,
        xivo_uuids=view.xivo_uuids,
        book_path=f"undo-{run.run_id}",
        book_id=run.book_id,
        book_digest=f"undo {run.run_id}",
        tool_version=tool_version,
        options=Options(allow_delete=True, default_template=default_template, undo=run.run_id),
        changes=tuple(changes),
        unchanged=turning.unchanged,
        problems=(*turning.problems, *taken, *used),
        letters={},
    )


def _template(view: View, name: str) -> str:
    if not name:
        return ""
    try:
        return view.directory.resolve("templates", name).label
    except Unresolved:
        known = ", ".join(view.directory.labels("templates"))
        raise PlanError(
            "--default-template {name} is not one template: write one of {known}.", name=safe_text(name), known=known
        ) from None


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
