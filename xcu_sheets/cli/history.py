"""xcu-sheets runs: the history on this machine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import click

from ..history import Call, History, RunSummary
from ..model.problems import Problem
from ..model.text import safe_text
from ..reports.wording import message
from .options import json_option, state_option
from .output import print_json
from .runs import open_history


@click.command("runs")
@click.argument("run", required=False)
@state_option
@json_option
def command(run: str | None, state: str | None, as_json: bool) -> int:
    """List the runs of this machine, or show RUN call by call: what was meant, and what came of it.

    Example: xcu-sheets runs 20261124-0800-a1b2
    """
    with open_history(state) as history:
        body = _one(history, run) if run else {"runs": [_facts(summary) for summary in history.runs()]}
    if as_json:
        print_json(body)
    elif run:
        _print_one(body)
    else:
        _print_list(body["runs"])
    return 0


def _one(history: History, run_id: str) -> dict[str, Any]:
    return {"run": _facts(history.run(run_id)), "calls": [_call(call) for call in history.calls(run_id)]}


def _facts(summary: RunSummary) -> dict[str, Any]:
    return {**asdict(summary), "xivo_uuids": list(summary.xivo_uuids), "options": dict(summary.options)}


def _call(call: Call) -> dict[str, Any]:
    intent, outcome = call.intent, call.outcome
    return {
        "sheet": intent.sheet,
        "row": intent.row,
        "action": intent.action,
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
        open_calls = f", {run['unanswered']} unanswered" if run["unanswered"] else ""
        click.echo(
            f"{run['run_id']}  {run['status']:<11}  {run['started']}  {run['server']} as {safe_text(run['login'])}  "
            f"{run['calls']} calls{open_calls}"
        )
    if not runs:
        click.echo("No run yet on this machine.")


def _print_one(body: Mapping[str, Any]) -> None:
    _print_list([body["run"]])
    for call in body["calls"]:
        number = f" number {call['internal_number']}" if call["internal_number"] else ""
        id_ = f" id {call['id']}" if call["id"] else ""
        what = f"{call['sheet']}!{call['row']} {call['action']}{number}{id_}"
        click.echo(f"  {what:<50} {call['status']} {call['answered']} {safe_text(call['detail'], 200)}".rstrip())
