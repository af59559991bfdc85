"""xcu-sheets probe: learn what a server's document leaves open, on throw-away records."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import click

from .. import __version__
from ..model.errors import PlanError
from ..model.text import safe_sentence, safe_text
from ..reports.findings import finding_lines
from ..running.clock import new_run_id, utc_now
from ..running.probing import SETTLE, ProbePlan, ProbeResult, full_name, plan_probe, run_probe
from ..words import told, translate
from .connection import Connection, connect
from .failures import exit_code_of, sentence
from .known_servers import learn_or_say
from .options import connection_options, json_option, state_option
from .output import confirm, print_json, progress
from .pins import check_pins
from .runs import named_login, open_history, say_vanished
from .stopping import graceful


@click.command("probe")
@click.option("--entity", required=True, metavar="E", help="Where to try: an entity with two free numbers.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option(
    "--settle",
    type=click.FloatRange(0, 600),
    default=SETTLE,
    show_default=True,
    help="Seconds within which the server has done what it never answered: the lists are read again after them.",
)
@state_option
@connection_options
@json_option
def command(entity: str, yes: bool, settle: float, state: str | None, as_json: bool, **connection: Any) -> int:
    """Try how the server behaves where its document is silent: on one template and two users, removed again at once.

    What is found is remembered for this server, and plan and import follow it.

    Example: xcu-sheets probe --entity default@192.168.29.221
    """
    session = connect(writes=True, **connection)
    avoid = session.settings.get("never_assign", ())
    with session.client as client, open_history(state) as history:
        plan = plan_probe(client, history, entity, run_id=new_run_id(utc_now()), avoid=avoid)
        check_pins(session, plan.site.xivo_uuids, writes=True)
        _say_plan(plan, session)
        say_vanished(history)
        if not _may_write(yes):
            return 2
        with graceful() as stop, progress(translate("probing"), translate("question")) as step:
            result = run_probe(
                plan,
                client,
                history,
                tool_version=__version__,
                settle=settle,
                progress=step,
                cancelled=lambda: bool(stop()),
            )
    is_whole = not result.failure and not result.interrupted
    if is_whole:
        learn_or_say(session.key, findings=result.findings.to_json())
    if as_json:
        print_json(lambda: _facts(plan, result, is_whole))
    else:
        _print_findings(result)
    _say_end(result, session, is_whole)
    return _exit_code(result)


def _say_plan(plan: ProbePlan, session: Connection) -> None:
    site = plan.site
    who = named_login(session.profile, site.server, safe_text(site.login))
    entity, xivo = safe_text(site.cid), safe_text(site.xivo)
    click.echo(translate("Probe of {who}, {entity} on {xivo}.", who=who, entity=entity, xivo=xivo), err=True)
    click.echo(_makes(site.numbers, full_name(site.run_id)), err=True)
    click.echo(translate("It edits them and removes them again: about 28 calls."), err=True)
    if site.other:
        click.echo(
            translate(
                "It tries to move one of them to {entity} meanwhile.",
                entity=safe_text(site.other["combinedId"]),
            ),
            err=True,
        )
    for left in plan.leftovers:
        records = ", ".join(_named(sheet, id_) for sheet, id_, _ in left.records)
        click.echo(
            translate("First it removes what probe {run} left behind: {records}.", run=left.run_id, records=records),
            err=True,
        )


def _makes(numbers: Sequence[str], name: str) -> str:
    if len(numbers) == 1:
        return translate(
            "It makes a template and a user with the number {number}, all named {name}.", number=numbers[0], name=name
        )
    first, second = numbers
    return translate(
        "It makes a template and two users with the numbers {first} and {second}, all named {name}.",
        first=first,
        second=second,
        name=name,
    )


def _named(sheet: str, id_: str) -> str:
    return translate("{sheet} id {id}", sheet=sheet, id=safe_text(id_))


def _may_write(yes: bool) -> bool:
    """Tell whether the person wants it; raises PlanError where there is nobody to ask."""
    if yes:
        return True
    if not sys.stdin.isatty():
        raise PlanError("A probe writes to the server, and there is no terminal to ask on: run again with --yes.")
    return confirm(translate("This writes to the server. Go on?"))


def _print_findings(result: ProbeResult) -> None:
    for line in finding_lines(result.findings, result.reasons):
        says, so = safe_sentence(line.says, 600), safe_sentence(line.so, 300)
        said = translate("  {says}. Importer: {so}.", says=f"{says[:1].upper()}{says[1:]}", so=so)
        click.secho(said, fg=None if line.known else "yellow")


def _say_end(result: ProbeResult, session: Connection, is_whole: bool) -> None:
    """Say on stderr what was noted, removed, left and remembered, the worst last."""
    for left in result.removed:
        for sheet, id_, name in left.records:
            click.echo(
                translate(
                    "Removed what an earlier probe left: {record}, {name}.",
                    record=_named(sheet, id_),
                    name=safe_text(name),
                ),
                err=True,
            )
    for text in result.notes:
        click.echo(translate("Note: {text}.", text=safe_sentence(told(text), 600)), err=True)
    if is_whole:
        click.echo(translate("Remembered for {key}: plan and import follow it.", key=session.key), err=True)
    else:
        click.echo(_ending(result), err=True)
    if not result.remains:
        click.echo(translate("Nothing of the probe is left on the server: its lists were read again."), err=True)
    for sheet, id_, name in result.remains.records:
        click.secho(
            translate(
                "NOT REMOVED: {record}, {name}: delete it by hand.",
                record=_named(sheet, id_),
                name=safe_text(name),
            ),
            fg="red",
            err=True,
        )
    for name in result.remains.unread:
        click.secho(
            translate(
                "NOT CHECKED: {sheet} could not be read again: look there for what bears the probe's name, or probe "
                "again.",
                sheet=name,
            ),
            fg="red",
            err=True,
        )


def _ending(result: ProbeResult) -> str:
    if not result.failure:
        return translate("Interrupted. Nothing of this is remembered.")
    return translate("Error: {error}. Nothing of this is remembered.", error=sentence(result.failure))


def _exit_code(result: ProbeResult) -> int:
    if result.remains:
        return 1
    if result.failure:
        return exit_code_of(result.failure)
    return 130 if result.interrupted else 0


def _facts(plan: ProbePlan, result: ProbeResult, is_whole: bool) -> dict[str, Any]:
    site = plan.site
    lines = finding_lines(result.findings, result.reasons)
    return {
        "run": site.run_id,
        "server": site.server,
        "entity": site.cid,
        "numbers": list(site.numbers),
        "findings": result.findings.to_json(),
        "reasons": dict(result.reasons),
        "lines": [{"finding": line.name, "says": line.says, "importer": line.so} for line in lines],
        "notes": list(result.notes),
        "removed": [_record(*record) for left in result.removed for record in left.records],
        "left": [_record(*record) for record in result.remains.records],
        "not_checked": list(result.remains.unread),
        "remembered": is_whole,
        "error": sentence(result.failure) if result.failure else "",
    }


def _record(sheet: str, id_: str, name: str) -> dict[str, str]:
    return {"sheet": sheet, "id": id_, "name": name}
