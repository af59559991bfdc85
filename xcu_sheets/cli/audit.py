"""xcu-sheets audit: how full a server is, what is wrong there, and what changed since the last time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from .. import __version__
from ..auditing.audit import make_audit
from ..auditing.comparison import Earlier, compare, is_met, is_same_server
from ..model.errors import XcuError
from ..model.problems import Severity
from ..model.resources import RESOURCES
from ..model.snapshot import Snapshot
from ..model.text import safe_sentence, safe_text
from ..model.view import View
from ..reports.audit import AuditReport, audit_json, check_audit_target, read_earlier, write_audit
from ..reports.audit_figures import notes
from ..reports.audit_wording import SEVERITIES, title
from ..reports.evidence import Evidence, Source, file_digest, source_of
from ..running.clock import utc_now
from ..running.inputs import live_input
from ..server import read_snapshot
from ..words import translate, translate_n
from .connection import Connection, connect
from .evidence import command_line
from .options import connection_options, json_option
from .output import SEVERITY_COLOURS, print_json, progress
from .pins import check_pins

LIMITS = ("new-warning", "warning", "error")


@click.command("audit")
@click.argument("outs", metavar="OUT...", nargs=-1, type=click.Path(dir_okay=False))
@click.option(
    "--since", metavar="OLD.json", type=click.Path(dir_okay=False), help="Say what is new, still there or gone since."
)
@click.option(
    "--fail-on",
    type=click.Choice(LIMITS),
    help="End with 1 if there is an error, a warning (or worse), or one that is new since OLD.json: for cron.",
)
@click.option("--readers", type=click.IntRange(1, 32), default=4, show_default=True, help="Reads in flight.")
@connection_options
@json_option
def command(
    outs: tuple[str, ...], since: str | None, fail_on: str | None, readers: int, as_json: bool, **connection: Any
) -> int:
    """Look at a whole server and write what was found to each OUT: a workbook (.xlsx), a page (.html) or .json.

    Nothing is changed, and no right to write is needed. No password and no provisioning number is shown.

    Example: xcu-sheets audit audit.xlsx audit.html --since last.json --fail-on new-warning
    """
    _check(outs, since, fail_on, as_json)
    earlier, inputs = _read_earlier(since)
    session = connect(**connection)
    snapshot = _read(session, readers)
    report = _report(snapshot, earlier, inputs)
    saved = [write_audit(Path(name), report) for name in outs]
    _say(report, saved, as_json)
    if as_json:
        print_json(lambda: audit_json(report))
    if fail_on and is_met(fail_on, report.audit, report.since):
        return 1
    # A list that this login may not see (administrators) is named; only a missing entity makes the audit incomplete.
    return 1 if set(snapshot.unreadable) - set(RESOURCES) else 0


def _check(outs: tuple[str, ...], since: str | None, fail_on: str | None, as_json: bool) -> None:
    if not outs and not as_json:
        raise XcuError("Say where to write the audit: OUT.xlsx, OUT.html or OUT.json (or --json).")
    for name in outs:
        check_audit_target(name)
    if fail_on == "new-warning" and not since:
        raise XcuError("--fail-on new-warning needs --since OLD.json: the .json of an earlier audit.")


def _read_earlier(since: str | None) -> tuple[Earlier | None, list[Source]]:
    """Return the earlier audit and what it is as an input, before this one may take its place."""
    if not since:
        return None, []
    path = Path(since)
    earlier = read_earlier(path)
    source = Source(
        safe_text(since, 300), file_digest(path), earlier.server, earlier.login, earlier.taken_at, earlier.version
    )
    return earlier, [source]


def _read(session: Connection, readers: int) -> Snapshot:
    with session.client as client, progress("reading", "entity") as step:
        snapshot = read_snapshot(client, taken_at=utc_now(), readers=readers, progress=step)
    check_pins(session, snapshot.xivo_uuids, writes=False)
    return snapshot


def _report(snapshot: Snapshot, earlier: Earlier | None, inputs: list[Source]) -> AuditReport:
    view = View.of_snapshot(snapshot)
    audit = make_audit(view)
    if earlier and not is_same_server(audit, earlier):
        raise XcuError(
            "The earlier audit is of another server ({other}): give one of {server}.",
            other=safe_text(earlier.server),
            server=audit.server,
        )
    evidence = Evidence(command_line(), __version__, utc_now(), (source_of(live_input(snapshot)), *inputs))
    return AuditReport(audit, view, evidence, compare(audit, earlier) if earlier else None)


def _say(report: AuditReport, saved: list[Path], as_json: bool) -> None:
    for note in notes(report):
        click.secho(safe_sentence(note, 400), fg="yellow", err=True)
    for section in report.sections:
        severity = translate(SEVERITIES[section.severity])
        line = f"  {severity:<12}{len(section.findings):>6}  {title(section.rule)}"
        click.secho(line, fg=SEVERITY_COLOURS[section.severity], err=as_json)
    click.secho(_counts(report), bold=True, err=as_json)
    for path in saved:
        click.echo(translate("Saved {path}.", path=path), err=as_json)


def _counts(report: AuditReport) -> str:
    audit = report.audit
    counts = [
        translate_n("{n} user", "{n} users", audit.users),
        translate_n("{n} entity", "{n} entities", len(audit.entities)),
        translate_n("{n} error", "{n} errors", audit.count(Severity.ERROR)),
        translate_n("{n} warning", "{n} warnings", audit.count(Severity.WARNING)),
    ]
    if report.since:
        counts += [
            translate_n("{n} new", "{n} new", report.count_status("new")),
            translate("{n} gone", n=len(report.since.gone)),
        ]
    return ", ".join(counts) + "."
