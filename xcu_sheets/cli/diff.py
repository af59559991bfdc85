"""xcu-sheets diff: what differs between two exports, or between one and the server as it is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from .. import __version__
from ..comparing.compare import make_diff
from ..model.errors import XcuError
from ..model.text import safe_text
from ..reports.diff import DiffReport, check_diff_target, write_diff
from ..reports.evidence import Evidence, source_of
from ..running.inputs import LIVE, Input, live_input, load_input
from ..server import read_snapshot
from ..words import translate
from .connection import connect
from .diff_table import print_diff
from .evidence import command_line
from .moment import written_time
from .options import connection_options, json_option
from .output import print_json, progress
from .pins import check_pins


@click.command("diff")
@click.argument("before", metavar="A")
@click.argument("after", metavar="B")
@click.option(
    "-o",
    "--output",
    "outputs",
    multiple=True,
    metavar="FILE",
    type=click.Path(dir_okay=False),
    help="Write the comparison to FILE (.xlsx, .html, .json); repeatable.",
)
@click.option("--edited", is_flag=True, help="Compare books as people edited them, not what the server said.")
@click.option("--exit-code", "tells", is_flag=True, help="End with 1 where something differs.")
@connection_options
@json_option
def command(
    before: str, after: str, outputs: tuple[str, ...], edited: bool, tells: bool, as_json: bool, **connection: Any
) -> int:
    """Say what differs between A and B: what was added, removed, changed, and who moved to another number or entity.

    Each is an exported workbook, a folder of CSVs, a snapshot (.json), or the word live for the server as it is now. Of
    a book, what the server said when it was written is compared; cells that people have changed since are listed apart.
    What one side could not read is not compared.

    Example: xcu-sheets diff monday.xlsx live -o changes.html
    """
    for name in outputs:
        check_diff_target(name)
        if Path(name).resolve() in (Path(before).resolve(), Path(after).resolve()):
            raise XcuError("{name} is one of the two that are compared: give the comparison another name.", name=name)
    if before == after == LIVE:
        raise XcuError("diff live live compares nothing: name an export for one of the two.")
    inputs = _load(before, edited, connection), _load(after, edited, connection)
    sources = source_of(inputs[0]), source_of(inputs[1])
    evidence = Evidence(command_line(), __version__, written_time(), sources)
    report = DiffReport(make_diff(inputs[0].view, inputs[1].view), inputs, evidence)
    for name in outputs:
        saved = write_diff(Path(name), report)
        click.echo(translate("Comparison: {path}", path=safe_text(saved, 300)), err=True)
    if as_json:
        print_json(report.to_json)
    else:
        print_diff(report)
    return 1 if tells and report.diff.differences else 0


def _load(name: str, edited: bool, connection: dict[str, Any]) -> Input:
    if name != LIVE:
        return load_input(name, edited=edited)
    session = connect(**connection)
    with session.client as client, progress("reading", "entity") as step:
        snapshot = read_snapshot(client, taken_at=written_time(), progress=step)
    check_pins(session, snapshot.xivo_uuids, writes=False)
    return live_input(snapshot, version=__version__)
