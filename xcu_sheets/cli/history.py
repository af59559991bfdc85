"""xcu-sheets runs: the history on this machine."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import click

from ..history import Call, History, RunSummary
from ..history.entries import UNFINISHED
from ..model.errors import PlanError
from ..model.problems import Problem
from ..model.text import safe_sentence, safe_text
from ..planning.plan import Plan
from ..reports.counting import word
from ..reports.on_record import RowEnd, count_groups, rows_on_record
from ..reports.wording import message, tab_row
from ..words import translate, translate_n
from .forget import forget_runs, forgetting_options
from .options import json_option, state_option
from .output import print_json, result_line
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
        if as_json:
            print_json(lambda: _body(history, run))
        elif run:
            _print_one(_body(history, run), by_call)
        else:
            _print_list(_body(history, run)["runs"])
    return 0


def _body(history: History, run: str | None) -> dict[str, Any]:
    return _one(history, history.run(run)) if run else {"runs": [_facts(summary) for summary in history.runs()]}


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
        "detail": translate("; ").join(message(Problem.from_json(n)) for n in outcome.notes) if outcome else "",
    }


def _print_list(runs: Sequence[Mapping[str, Any]]) -> None:
    for run in runs:
        click.echo(_line(run))
    if not runs:
        click.echo(translate("No run yet on this machine."))


def _line(run: Mapping[str, Any]) -> str:
    login, server = safe_text(run["login"]), run["server"]
    parts = (
        f"{run['run_id']}  {word(run['status']):<11}  {run['started']}",
        translate("{server} as {login}", server=server, login=login) if login else server,
        _calls(run["calls"], run["unanswered"]),
        _kind(run["options"]),
        safe_text(run["book_path"], 300),
        translate("forgotten on {at}", at=run["forgotten_at"]) if run["forgotten_at"] else "",
    )
    return "  ".join(filter(None, parts))


def _calls(n: int, unanswered: int = 0) -> str:
    calls = translate_n("{n} call", "{n} calls", n)
    return translate("{calls}, {n} unanswered", calls=calls, n=unanswered) if unanswered else calls


def _kind(options: Mapping[str, object]) -> str:
    """Return what a run was, as far as its options tell: an import or the apply of a plan is not named."""
    if undone := options.get("undo"):
        return translate("undo of {run}", run=safe_text(undone))
    if entity := options.get("probe"):
        return translate("probe of {entity}", entity=safe_text(entity))
    return ""


def _print_one(body: Mapping[str, Any], by_call: bool) -> None:
    run = body["run"]
    if run["forgotten"]:
        click.echo(
            translate(
                "Run {run} was forgotten on {at}: it can no longer be resumed, undone or shown row by row. "
                "It ended on {ended}, after {calls}.",
                run=run["run_id"],
                at=run["forgotten_at"],
                ended=run["ended"],
                calls=_calls(run["calls"]),
            )
        )
        return
    _print_list([run])
    rows = [RowEnd(**row) for row in body["rows"]]
    for line in map(_call_line, body["calls"]) if by_call or not rows else map(_row_line, rows):
        click.echo(f"  {line}".rstrip())
    click.echo(_end(run, rows))


def _call_line(call: Mapping[str, Any]) -> str:
    what = [f"{tab_row(call['sheet'], call['row'])} {word(call['action'])}"]
    what += [translate("number {number}", number=call["internal_number"])] if call["internal_number"] else []
    what += [translate("id {id}", id=call["id"])] if call["id"] else []
    return f"{' '.join(what):<50} {word(call['status'])} {call['answered']} {safe_sentence(call['detail'], 200)}"


def _row_line(row: RowEnd) -> str:
    id_ = translate("id {id}", id=row.id) if row.id else ""
    what = (f"{tab_row(row.sheet, row.row)} {word(row.action)}", safe_text(row.label), _row_number(row), id_)
    attempts = translate_n("{n} attempt", "{n} attempts", row.attempts) if row.attempts > 1 else ""
    end = (word(row.status.replace("_", " ")), row.at, attempts, safe_sentence(row.message, 600))
    return f"{'  '.join(filter(None, what)):<60}  {'  '.join(filter(None, end))}"


def _row_number(row: RowEnd) -> str:
    if row.planned and row.number:
        return translate("number {number} (planned {planned})", number=row.number, planned=row.planned)
    return translate("number {number}", number=row.number) if row.number else ""


def _end(run: Mapping[str, Any], rows: Sequence[RowEnd]) -> str:
    """Return the last line: how many rows ended how, and what to do with the others."""
    if run["status"] == "finished":
        return result_line(Counter(row.status.replace("_", " ") for row in rows))
    if run["options"].get("probe"):
        return translate("This probe did not finish: xcu-sheets probe")
    n = count_groups(rows)
    parts = [
        translate_n("{n} row is done", "{n} rows are done", n["done"]),
        translate_n("{n} was refused", "{n} were refused", n["refused"]) if n["refused"] else "",
        translate_n("{n} has no answer", "{n} have no answer", n["unanswered"]),
        translate_n("{n} was not sent", "{n} were not sent", n["not_sent"]),
    ]
    return translate("{rows}: xcu-sheets resume {run}", rows=", ".join(filter(None, parts)), run=run["run_id"])
