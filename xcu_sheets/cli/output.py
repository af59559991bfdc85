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
from ..model.resources import RESOURCES
from ..model.text import Label, fill, safe_sentence, safe_text
from ..planning.plan import Change, Edit, Plan
from ..reports.counting import count_rows, word
from ..reports.result import outcome_message
from ..reports.wording import describe, tab_name, tab_row
from ..words import speaking, spoken, told, translate, translate_n

SHOWN_ROWS = 200
_SIGNS = {"create": "+", "update": "~", "delete": "-", "conflict": "!", "refused": "!", "skipped": "."}
_ANSWERS = {**dict.fromkeys(("y", "yes", "o", "oui"), True), **dict.fromkeys(("n", "no", "non"), False)}
SEVERITY_COLOURS = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.INFO: None}


class Step(Protocol):
    """A progress callback: (done, total)."""

    def __call__(self, done: int, total: int, /) -> None: ...  # noqa: D102


def print_json(made: Callable[[], Any]) -> None:
    """Print one object on stdout; what makes it speaks English, for it is read by a machine."""
    with speaking("en"):
        text = json.dumps(made(), ensure_ascii=False, indent=2)
    click.echo(text)


def confirm(question: str, *, default: bool = False) -> bool:
    """Ask on stderr; y, yes, o, oui, n, no and non count in every language. Raises click.Abort at the end of input."""
    if default:
        asked = translate("{question} [Y/n]: ", question=question)
    else:
        asked = translate("{question} [y/N]: ", question=question)
    while True:
        answer = click.prompt(asked, default="", show_default=False, prompt_suffix="", err=True).strip().casefold()
        if answer in _ANSWERS or not answer:
            return _ANSWERS.get(answer, default)
        click.echo(translate("Error: invalid input"), err=True)


def print_problems(problems: Sequence[Problem], *, err: bool = False) -> None:
    """Print problems, errors first, in sheet order; no more than a screenful of each."""
    width = 1 + max(len(word(severity)) for severity in Severity)
    for severity in Severity:
        found = [p for p in problems if p.severity is severity]
        for p in found[:SHOWN_ROWS]:
            line = f"  {word(severity):<{width}}{safe_sentence(describe(p), 600)}"
            click.secho(line, fg=SEVERITY_COLOURS[severity], err=err)
        if len(found) > SHOWN_ROWS:
            click.echo(_more(severity, len(found) - SHOWN_ROWS), err=err)


def _more(severity: Severity, n: int) -> str:
    if severity is Severity.ERROR:
        return translate_n("  ... and {n} more error", "  ... and {n} more errors", n)
    if severity is Severity.WARNING:
        return translate_n("  ... and {n} more warning", "  ... and {n} more warnings", n)
    return translate_n("  ... and {n} more note", "  ... and {n} more notes", n)


def count_problems(problems: Iterable[Problem]) -> str:
    """Return `2 errors, 1 warning`."""
    found = Counter(p.severity for p in problems)
    errors, warnings = found[Severity.ERROR], found[Severity.WARNING]
    words = [translate_n("{n} error", "{n} errors", errors) if errors else ""]
    words += [translate_n("{n} warning", "{n} warnings", warnings) if warnings else ""]
    return ", ".join(filter(None, words)) or translate("no errors, no warnings")


def print_plan(plan: Plan, *, err: bool = False) -> None:
    """Print what each row would do, field by field, then the counts."""
    sent = [c for c in plan.changes if c.sends]
    for sheet in dict.fromkeys(c.sheet for c in sent):
        click.secho(tab_name(sheet), bold=True, err=err)
        rows = [c for c in sent if c.sheet == sheet]
        for change in rows[:SHOWN_ROWS]:
            click.echo(f"  {safe_sentence(describe_change(change), 400)}", err=err)
        if len(rows) > SHOWN_ROWS:
            click.echo(more_rows(len(rows) - SHOWN_ROWS), err=err)
    print_problems(plan.problems, err=err)
    counts = translate("Plan {run}: {counts}.", run=plan.run_id, counts=count_plan(plan))
    click.secho(counts, bold=True, err=err)
    if plan.blocked:
        refusal = translate_n(
            "REFUSED AS A WHOLE: nothing can be sent, because of the error above that names no row.",
            "REFUSED AS A WHOLE: nothing can be sent, because of the errors above that name no row.",
            len(plan.blocked),
        )
        click.secho(refusal, fg="red", bold=True, err=err)


def more_rows(n: int) -> str:
    """Return the line that stands for rows that are not shown."""
    return translate_n("  ... and {n} more row", "  ... and {n} more rows", n)


def count_plan(plan: Plan) -> str:
    """Return `3 to create, 1 to update, 60 unchanged, 2 refused`."""
    total: Counter[str] = Counter()
    for counts in plan.counts().values():
        total.update(counts)
    order = ("create", "update", "delete", "unchanged", "skipped", "conflict", "refused")
    return count_rows({action: total[action] for action in order if total[action]}) or translate("nothing to do")


def describe_change(change: Change) -> str:
    """Return one line of a plan: sign, row, who, and what changes from what to what."""
    sign, row = _SIGNS[change.action], f"{change.row:<5}"
    head = translate("{sign} row {row} {who}", sign=sign, row=row, who=safe_text(change.label, 400))
    if change.action == "create":
        return "  ".join(filter(None, [head, change.entity, *_made(change)]))
    if change.action == "delete":
        return translate("{row}  delete (id {id})", row=head, id=change.id)
    edits = (
        translate(
            "{column}: {before} -> {after}",
            column=_called(change.sheet, edit.column),
            before=_before(change.sheet, edit),
            after=_in_words(change.sheet, edit.column, edit.after),
        )
        for edit in change.edits
    )
    line = translate("{row}  (id {id})  {edits}", row=head, id=change.id, edits=", ".join(edits))
    return " ".join([line, *_asides(change)])


def _before(sheet: str, edit: Edit) -> str:
    """Return what a cell held; what the server never shows is unknown, not blank."""
    field = RESOURCES[sheet].by_name.get(edit.column)
    unseen = field is not None and not edit.before and (field.secret or not field.read)
    return translate("(not shown)") if unseen else _in_words(sheet, edit.column, edit.before)


def _in_words(sheet: str, column: str, text: str) -> str:
    field = RESOURCES[sheet].by_name.get(column)
    said = field.kind.said_in(spoken(), text) if field else text
    return safe_text(said, 400) or translate("blank")


def _called(sheet: str, column: str) -> str:
    """Return a column's machine name, which in French is its label."""
    field = RESOURCES[sheet].by_name.get(column)
    return Label(column, field.label_fr) if field else column


def _made(change: Change) -> Iterator[str]:
    """Yield what a plan line tells of a record that is to be made."""
    number = change.cells.get("internal_number", "")
    if number and change.assigned:
        yield translate("number {number} (assigned)", number=number)
    elif number:
        yield translate("number {number}", number=number)
    if template := change.cells.get("template", ""):
        yield translate("template {template}", template=template)
    if login := change.cells.get("cti_login", ""):
        yield translate("login {login}", login=login)
    if change.makes_password:
        yield translate("password made when sent")


def _asides(change: Change) -> Iterator[str]:
    if change.detour:
        yield translate("(by way of {number}, for the numbers go round)", number=change.detour)
    if change.assigned:
        yield translate("(number chosen)")
    if change.makes_password:
        yield translate("(password made when sent)")


def print_outcomes(outcomes: Sequence[Outcome], *, err: bool = False) -> None:
    """Print the rows that a person has to look at, then the counts."""
    bad = [outcome for outcome in outcomes if outcome.needs_a_look]
    for o in bad[:SHOWN_ROWS]:
        why = safe_sentence(outcome_message(o), 600)
        row = tab_row(o.sheet, o.row)
        click.echo(translate("  {row} {status}: {why}", row=row, status=word(o.status), why=why), err=err)
    if len(bad) > SHOWN_ROWS:
        more = len(bad) - SHOWN_ROWS
        line = translate_n("  ... and {n} more row, see the report", "  ... and {n} more rows, see the report", more)
        click.echo(line, err=err)
    click.secho(result_line(count_statuses(list(outcomes))), bold=True, err=err)


def result_line(counts: Mapping[str, int]) -> str:
    """Return the line of a run's end, such as `Result: 3 created, 1 refused`."""
    return translate("Result: {counts}.", counts=count_rows(counts) or translate("no rows"))


def print_unreadable(unreadable: Mapping[str, str]) -> None:
    """Say which entities or sheets could not be read, and why."""
    for name, why in unreadable.items():
        said = translate("Not readable: {list}: {why}", list=safe_text(name), why=safe_sentence(told(why), 300))
        click.secho(said, fg="yellow", err=True)


def print_facts(facts: Mapping[str, int], *, err: bool = False) -> None:
    """Print what a run cost and how much of it the server showed afterwards."""
    if "of" in facts:
        click.echo(_verified(facts), err=err)
    if facts:
        writes = facts["most_in_flight"]
        click.echo(
            translate(
                "{calls}, {retries}, {writes}; a write took {median_ms} ms (median), {slow_ms} ms (95 %).",
                calls=translate_n("{n} call", "{n} calls", facts["calls"]),
                retries=translate_n("{n} retry", "{n} retries", facts["retries"]),
                writes=translate_n("at most {n} write in flight", "at most {n} writes in flight", writes),
                median_ms=facts["median_ms"],
                slow_ms=facts["p95_ms"],
            ),
            err=err,
        )


def _verified(facts: Mapping[str, int]) -> str:
    verified, of = facts["verified"], facts["of"]
    if not facts["foreign"]:
        return translate("Verified {verified} of {of} rows against the server's lists.", verified=verified, of=of)
    return translate_n(
        "Verified {verified} of {of} rows against the server's lists; {n} new user there is not of this run.",
        "Verified {verified} of {of} rows against the server's lists; {n} new users there are not of this run.",
        facts["foreign"],
        verified=verified,
        of=of,
    )


@contextmanager
def sending_progress() -> Iterator[Callable[[int, int, float], None]]:
    """Show rows, rows per minute, the expected end, and how long an undo of what is done would take."""
    if not sys.stderr.isatty():
        yield lambda done, total, undo: None
        return
    from tqdm import tqdm

    rows, rates = translate("rows"), translate("{rate} rows/min, end {end}, undo would take {span}")
    layout = f"{{desc}}: {{n_fmt}}/{{total_fmt}} {rows} [{{elapsed}}, {{postfix}}]"
    with tqdm(desc=translate("sending"), file=sys.stderr, dynamic_ncols=True, bar_format=layout) as bar:

        def step(done: int, total: int, undo: float) -> None:
            bar.total = total
            elapsed = bar.format_dict["elapsed"] or 1e-9
            left = (total - done) * elapsed / done if done else 0.0
            end = (datetime.now() + timedelta(seconds=left)).strftime("%H:%M:%S")
            rate = f"{60 * done / elapsed:.0f}"
            bar.set_postfix_str(fill(rates, {"rate": rate, "end": end, "span": duration(undo)}), refresh=False)
            bar.update(done - bar.n)

        yield step


def duration(seconds: float) -> str:
    """Return a time span as people say it: `40 s`, `12 min`, `2 h 05 min`."""
    if seconds < 90:
        return f"{math.ceil(seconds)} s"
    minutes = math.ceil(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02d} min"


@contextmanager
def progress(what: str, unit: str) -> Iterator[Step]:
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
