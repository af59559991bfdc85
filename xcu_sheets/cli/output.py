"""What commands print: problems, plans, outcomes, progress. What a machine reads goes to stdout alone."""

from __future__ import annotations

import json
import math
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, Protocol

import click

from ..model.outcomes import Outcome, count_statuses
from ..model.problems import Problem, Severity
from ..model.text import safe_text
from ..planning.plan import Change, Plan
from ..reports.result import outcome_message
from ..reports.wording import describe
from ..words import translate

SHOWN_ROWS = 200
_SIGNS = {"create": "+", "update": "~", "delete": "-", "conflict": "!", "refused": "!", "skipped": "."}
_COLOURS = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.INFO: None}


class Step(Protocol):
    """A progress callback: (done, total)."""

    def __call__(self, done: int, total: int, /) -> None: ...  # noqa: D102


def print_json(value: Any) -> None:
    """Print one object on stdout."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))


def print_problems(problems: Sequence[Problem], *, err: bool = False) -> None:
    """Print problems, errors first, in sheet order; no more than a screenful of each."""
    for severity in Severity:
        found = [p for p in problems if p.severity is severity]
        for p in found[:SHOWN_ROWS]:
            click.secho(f"  {severity:<8}{safe_text(describe(p), 600)}", fg=_COLOURS[severity], err=err)
        if len(found) > SHOWN_ROWS:
            click.echo(
                translate("  ... and {what} more {severity}s", what=len(found) - SHOWN_ROWS, severity=severity), err=err
            )


def count_problems(problems: Iterable[Problem]) -> str:
    """Return `2 errors, 1 warning`."""
    found = Counter(p.severity for p in problems if p.severity is not Severity.INFO)
    words = [f"{n} {severity}{'s' * (n != 1)}" for severity, n in sorted(found.items())]
    return ", ".join(words) or "no errors, no warnings"


def print_plan(plan: Plan, *, err: bool = False) -> None:
    """Print what each row would do, field by field, then the counts."""
    shown = [c for c in plan.changes if c.sends]
    for sheet in dict.fromkeys(c.sheet for c in shown):
        click.secho(sheet, bold=True, err=err)
        rows = [c for c in shown if c.sheet == sheet]
        for change in rows[:SHOWN_ROWS]:
            click.echo(f"  {safe_text(describe_change(change), 400)}", err=err)
        if len(rows) > SHOWN_ROWS:
            click.echo(translate("  ... and {what} more rows", what=len(rows) - SHOWN_ROWS), err=err)
    print_problems(plan.problems, err=err)
    click.secho(
        translate("Plan {run_id}: {count_plan}.", run_id=plan.run_id, count_plan=count_plan(plan)), bold=True, err=err
    )
    if plan.blocked:
        errors = f"the error{'s' * (len(plan.blocked) > 1)} above that name{'s' * (len(plan.blocked) == 1)} no row"
        click.secho(
            translate("REFUSED AS A WHOLE: nothing can be sent, because of {errors}.", errors=errors),
            fg="red",
            bold=True,
            err=err,
        )


def count_plan(plan: Plan) -> str:
    """Return `3 to create, 1 to update, 60 unchanged, 2 refused`."""
    total: Counter[str] = Counter()
    for counts in plan.counts().values():
        total.update(counts)
    words = {"create": "to create", "update": "to update", "delete": "to delete"}
    order = ("create", "update", "delete", "unchanged", "skipped", "conflict", "refused")
    return ", ".join(f"{total[a]} {words.get(a, a)}" for a in order if total[a]) or "nothing to do"


def describe_change(change: Change) -> str:
    """Return one line of a plan: sign, row, who, and what changes from what to what."""
    head = f"{_SIGNS[change.action]} row {change.row:<5} {change.label}"
    if change.action == "create":
        number = change.cells.get("internal_number", "")
        parts = [change.entity, f"number {number}{' (chosen)' if change.assigned else ''}" if number else ""]
        template = change.cells.get("template", "")
        login = change.cells.get("cti_login", "")
        parts += [f"template {template}" if template else "", f"login {login}" if login else ""]
        parts += ["password made when sent"] if change.makes_password else []
        return "  ".join(filter(None, [head, *parts]))
    if change.action == "delete":
        return f"{head}  delete (id {change.id})"
    edits = (f"{e.column}: {e.before or 'blank'} -> {e.after or 'blank'}" for e in change.edits)
    aside = f" (by way of {change.detour}, for the numbers go round)" if change.detour else ""
    chosen = " (number chosen)" if change.assigned else ""
    chosen += " (password made when sent)" if change.makes_password else ""
    return f"{head}  (id {change.id})  " + ", ".join(edits) + chosen + aside


def print_outcomes(outcomes: Sequence[Outcome], *, err: bool = False) -> None:
    """Print the rows that a person has to look at, then the counts."""
    bad = [outcome for outcome in outcomes if outcome.needs_a_look]
    for o in bad[:SHOWN_ROWS]:
        click.echo(f"  {o.sheet}!{o.row} {o.status}: {safe_text(outcome_message(o), 600)}", err=err)
    if len(bad) > SHOWN_ROWS:
        click.echo(translate("  ... and {what} more rows, see the report", what=len(bad) - SHOWN_ROWS), err=err)
    counts = count_statuses(list(outcomes))
    words = ", ".join(f"{n} {status}" for status, n in counts.items()) or "no rows"
    click.secho(translate("Result: {words}.", words=words), bold=True, err=err)


def print_facts(facts: Mapping[str, int], *, err: bool = False) -> None:
    """Print what a run cost and how much of it the server showed afterwards."""
    if "of" in facts:
        others = f"; {facts['foreign']} new users there are not of this run" if facts["foreign"] else ""
        click.echo(
            translate(
                "Verified {verified} of {of} rows against the server's lists{others}.",
                verified=facts["verified"],
                of=facts["of"],
                others=others,
            ),
            err=err,
        )
    if facts:
        click.echo(
            translate(
                "{calls} calls, {retries} retries, at most {most_in_flight} writes in flight; a write "
                "took {median_ms} ms (median), {p_ms} ms (95 %).",
                calls=facts["calls"],
                retries=facts["retries"],
                most_in_flight=facts["most_in_flight"],
                median_ms=facts["median_ms"],
                p_ms=facts["p95_ms"],
            ),
            err=err,
        )


@contextmanager
def sending_progress() -> Iterator[Callable[[int, int, float], None]]:
    """Show rows, rows per minute, the expected end, and how long an undo of what is done would take."""
    if not sys.stderr.isatty():
        yield lambda done, total, undo: None
        return
    from tqdm import tqdm

    layout = "{desc}: {n_fmt}/{total_fmt} rows [{elapsed}, {postfix}]"
    with tqdm(desc="sending", file=sys.stderr, dynamic_ncols=True, bar_format=layout) as bar:

        def step(done: int, total: int, undo: float) -> None:
            bar.total = total
            elapsed = bar.format_dict["elapsed"] or 1e-9
            left = (total - done) * elapsed / done if done else 0.0
            end = (datetime.now() + timedelta(seconds=left)).strftime("%H:%M:%S")
            rate = 60 * done / elapsed
            bar.set_postfix_str(f"{rate:.0f} rows/min, end {end}, undo would take {duration(undo)}", refresh=False)
            bar.update(done - bar.n)

        yield step


def duration(seconds: float) -> str:
    """Return a time span as people say it: `40 s`, `12 min`, `2 h 05 min`."""
    if seconds < 90:
        return f"{math.ceil(seconds)} s"
    minutes = math.ceil(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02d} min"


@contextmanager
def progress(what: str, unit: str = "row") -> Iterator[Step]:
    """Show a bar on stderr while something runs that tells how far it is; silent in a pipe (DESIGN rule 19)."""
    if not sys.stderr.isatty():
        yield _silent
        return
    from tqdm import tqdm

    with tqdm(desc=what, unit=unit, file=sys.stderr, leave=True, dynamic_ncols=True) as bar:

        def step(done: int, total: int, /) -> None:
            bar.total = total
            bar.update(done - bar.n)

        yield step


def _silent(done: int, total: int, /) -> None:
    """Show nothing."""
