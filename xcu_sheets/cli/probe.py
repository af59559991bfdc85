"""xcu-sheets probe: learn what a server's document leaves open, on throw-away records."""

from __future__ import annotations

import sys
from typing import Any

import click

from .. import __version__
from ..model.errors import PlanError
from ..model.text import safe_text
from ..reports.findings import finding_lines
from ..running.clock import new_run_id, utc_now
from ..running.probing import SETTLE, ProbePlan, ProbeResult, full_name, plan_probe, run_probe
from ..words import translate
from .connection import Connection, connect
from .failures import exit_code_of, sentence
from .known_servers import learn_or_say
from .options import connection_options, json_option, state_option
from .output import print_json, progress
from .pins import check_pins
from .runs import open_history, say_vanished
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
        with graceful() as stop, progress("probing", "question") as step:
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
        print_json(_facts(plan, result, is_whole))
    else:
        _print_findings(result)
    _say_end(result, session, is_whole)
    return _exit_code(result)


def _say_plan(plan: ProbePlan, session: Connection) -> None:
    site, profile = plan.site, f"{session.profile}: " if session.profile else ""
    where = f"{profile}{site.server} as {safe_text(site.login)}, {safe_text(site.cid)} on {safe_text(site.xivo)}"
    one = len(site.numbers) == 1
    users = f"{'a user' if one else 'two users'} with the number{'s' * (not one)} {' and '.join(site.numbers)}"
    click.echo(translate("Probe of {where}.", where=where), err=True)
    click.echo(
        translate(
            "It makes a template and {users}, all named {full_name}.", users=users, full_name=full_name(site.run_id)
        ),
        err=True,
    )
    click.echo(translate("It edits them and removes them again: about 28 calls."), err=True)
    if site.other:
        click.echo(
            translate(
                "It tries to move one of them to {combinedid} meanwhile.",
                combinedid=safe_text(site.other["combinedId"]),
            ),
            err=True,
        )
    for left in plan.leftovers:
        records = ", ".join(f"{sheet} id {safe_text(id_)}" for sheet, id_, _ in left.records)
        click.echo(
            translate(
                "First it removes what probe {run_id} left behind: {records}.", run_id=left.run_id, records=records
            ),
            err=True,
        )


def _may_write(yes: bool) -> bool:
    """Tell whether the person wants it; raises PlanError where there is nobody to ask."""
    if yes:
        return True
    if not sys.stdin.isatty():
        raise PlanError("A probe writes to the server, and there is no terminal to ask on: run again with --yes.")
    return click.confirm(translate("This writes to the server. Go on?"), err=True)


def _print_findings(result: ProbeResult) -> None:
    for line in finding_lines(result.findings, result.reasons):
        says = safe_text(line.says, 600)
        so = f"Importer: {safe_text(line.so, 300)}."
        click.secho(f"  {says[:1].upper()}{says[1:]}. {so}", fg=None if line.known else "yellow")


def _say_end(result: ProbeResult, session: Connection, is_whole: bool) -> None:
    """Say on stderr what was noted, removed, left and remembered, the worst last."""
    for left in result.removed:
        for sheet, id_, name in left.records:
            click.echo(
                translate(
                    "Removed what an earlier probe left: {sheet} id {id_}, {name}.",
                    sheet=sheet,
                    id_=safe_text(id_),
                    name=safe_text(name),
                ),
                err=True,
            )
    for text in result.notes:
        click.echo(translate("Note: {text}.", text=safe_text(text, 600)), err=True)
    if is_whole:
        click.echo(translate("Remembered for {key}: plan and import follow it.", key=session.key), err=True)
    else:
        click.echo(translate("{ending} Nothing of this is remembered.", ending=_ending(result)), err=True)
    if not result.remains:
        click.echo(translate("Nothing of the probe is left on the server: its lists were read again."), err=True)
    for sheet, id_, name in result.remains.records:
        click.secho(
            translate(
                "NOT REMOVED: {sheet} id {id_}, {name}: delete it by hand.",
                sheet=sheet,
                id_=safe_text(id_),
                name=safe_text(name),
            ),
            fg="red",
            err=True,
        )
    for name in result.remains.unread:
        again = "look there for what bears the probe's name, or probe again"
        click.secho(
            translate("NOT CHECKED: {name} could not be read again: {again}.", name=name, again=again),
            fg="red",
            err=True,
        )


def _ending(result: ProbeResult) -> str:
    return f"Error: {sentence(result.failure)}." if result.failure else "Interrupted."


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
