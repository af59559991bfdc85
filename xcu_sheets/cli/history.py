"""xcu-sheets runs: the history on this machine."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import click

from ..history import Call, History, RunSummary, forgotten_line
from ..history.entries import UNFINISHED
from ..model.errors import PlanError
from ..model.problems import Problem
from ..model.text import safe_text
from ..planning.plan import Plan
from ..reports.on_record import RowEnd, count_groups, rows_on_record
from ..reports.wording import message
from ..words import translate
from .forget import forget_runs, forgetting_options
from .options import json_option, state_option
from .output import print_json
from .runs import open_history


@click.command("runs")
@click.argument("run", required=False)
@click.option("--calls", "by_call", is_flag=True, help="Show RUN call by call: rows that were tried twice have two.")
@forgetting_options
@state_option
@json_option
def command(run: str | None, by_call: bool, state: str | None, as_json: bool, **options: Any) -> int:
    """List the runs of this machine, or show RUN row by row: what was meant, and what came of it.

    --forget takes names, numbers and all other cell texts of old runs out of the history. Such runs stay in the list,
    but can no longer be undone, resumed or shown; a list that is imported again still makes nobody twice.

    Example: xcu-sheets runs 20261124-0800-a1b2
    """
    if by_call and not run:
        raise click.UsageError(translate("--calls shows one run: name it."))
    with open_history(state) as history:
        if any(options.values()):
            return forget_runs(history, run, as_json=as_json, **options)
        body = _one(history, history.run(run)) if run else {"runs": [_facts(summary) for summary in history.runs()]}
    if as_json:
        print_json(body)
    elif run:
        _print_one(body, by_call)
    else:
        _print_list(body["runs"])
    return 0


def _one(history: History, summary: RunSummary) -> dict[str, Any]:
    if summary.forgotten:
        return {"run": _facts(summary), "rows": [], "calls": []}
    calls = history.calls(summary.run_id)
    rows = _rows(history, summary, calls)
    return {"run": _facts(summary), "rows": [asdict(row) for row in rows], "calls": [_call(call) for call in calls]}


def _rows(history: History, summary: RunSummary, calls: Sequence[Call]) -> list[RowEnd]:
    """Return the rows of a run; none of one that had no book, such as a probe."""
    text, _ = history.plan(summary.run_id)
    try:
        plan = Plan.from_json(json.loads(text))
    except PlanError:
        return []
    return rows_on_record(plan, calls, [] if summary.status == UNFINISHED else history.report(summary.run_id))


def _facts(summary: RunSummary) -> dict[str, Any]:
    lists = {"xivo_uuids": list(summary.xivo_uuids), "options": dict(summary.options)}
    return {**asdict(summary), **lists, "forgotten": summary.forgotten}


def _call(call: Call) -> dict[str, Any]:
    intent, outcome = call.intent, call.outcome
    return {
        "sheet": intent.sheet,
        "row": intent.row,
        "action": intent.action,
        "step": intent.step,
        "attempt": intent.attempt,
        "internal_number": intent.internal_number,
        "before": dict(intent.before or {}),
        "after": dict(intent.after or {}),
        "intended": call.intended,
        "answered": call.answered,
        "status": outcome.status if outcome else "unanswered",
        "id": (outcome.record_id if outcome else "") or intent.record_id,
        "detail": "; ".join(message(Problem.from_json(n)) for n in outcome.notes) if outcome else "",
    }


def _print_list(runs: Sequence[Mapping[str, Any]]) -> None:
    for run in runs:
        click.echo(_line(run))
    if not runs:
        click.echo(translate("No run yet on this machine."))


def _line(run: Mapping[str, Any]) -> str:
    login = f" as {safe_text(run['login'])}" if run["login"] else ""
    open_calls = f", {run['unanswered']} unanswered" if run["unanswered"] else ""
    forgotten = f"forgotten on {run['forgotten_at']}" if run["forgotten_at"] else ""
    parts = (
        f"{run['run_id']}  {run['status']:<11}  {run['started']}",
        f"{run['server']}{login}",
        f"{_number(run['calls'], 'call', 'calls')}{open_calls}",
        _kind(run["options"]),
        safe_text(run["book_path"], 300),
        forgotten,
    )
    return "  ".join(filter(None, parts))


def _kind(options: Mapping[str, object]) -> str:
    """Return what a run was, as far as its options tell: an import or the apply of a plan is not named."""
    return "".join(f"{kind} of {safe_text(options[kind])}" for kind in ("undo", "probe") if options.get(kind))


def _print_one(body: Mapping[str, Any], by_call: bool) -> None:
    run = body["run"]
    if run["forgotten"]:
        line = forgotten_line(run["run_id"], run["forgotten_at"])
        click.echo(
            translate(
                "{upper}{line}. It ended on {ended}, after {number}.",
                upper=line[0].upper(),
                line=line[1:],
                ended=run["ended"],
                number=_number(run["calls"], "call", "calls"),
            )
        )
        return
    _print_list([run])
    rows = [RowEnd(**row) for row in body["rows"]]
    for line in map(_call_line, body["calls"]) if by_call or not rows else map(_row_line, rows):
        click.echo(f"  {line}".rstrip())
    click.echo(_end(run, rows))


def _call_line(call: Mapping[str, Any]) -> str:
    number = f" number {call['internal_number']}" if call["internal_number"] else ""
    id_ = f" id {call['id']}" if call["id"] else ""
    what = f"{call['sheet']}!{call['row']} {call['action']}{number}{id_}"
    return f"{what:<50} {call['status']} {call['answered']} {safe_text(call['detail'], 200)}"


def _row_line(row: RowEnd) -> str:
    instead = f" (planned {row.planned})" if row.planned else ""
    number = f"number {row.number}{instead}" if row.number else ""
    what = (f"{row.sheet}!{row.row} {row.action}", safe_text(row.label), number, f"id {row.id}" if row.id else "")
    attempts = f"{row.attempts} attempts" if row.attempts > 1 else ""
    end = (row.status.replace("_", " "), row.at, attempts, safe_text(row.message, 600))
    return f"{'  '.join(filter(None, what)):<60}  {'  '.join(filter(None, end))}"


def _end(run: Mapping[str, Any], rows: Sequence[RowEnd]) -> str:
    """Return the last line: how many rows ended how, and what to do with the others."""
    if run["status"] == "finished":
        counts = Counter(row.status.replace("_", " ") for row in rows)
        return f"Result: {', '.join(f'{n} {status}' for status, n in counts.items()) or 'no rows'}."
    if run["options"].get("probe"):
        return "This probe did not finish: xcu-sheets probe"
    n = count_groups(rows)
    parts = [
        _number(n["done"], "row is done", "rows are done"),
        _number(n["refused"], "was refused", "were refused") if n["refused"] else "",
        _number(n["unanswered"], "has no answer", "have no answer"),
        _number(n["not_sent"], "was not sent", "were not sent"),
    ]
    return f"{', '.join(filter(None, parts))}: xcu-sheets resume {run['run_id']}"


def _number(count: int, one: str, many: str) -> str:
    return f"{count} {one if count == 1 else many}"
