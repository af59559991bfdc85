"""xcu-sheets demo: the main job from end to end against the embedded sandbox."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path

import click

from .. import __version__
from ..files import read_book
from ..history import History
from ..model.snapshot import Snapshot
from ..planning.make import check
from ..reports.counting import count_records
from ..running.clock import new_book_id, new_run_id, utc_now
from ..running.exporting import export_book
from ..running.preparing import prepare
from ..server import Client, read_snapshot
from ..words import spoken, translate, translate_n
from . import needs_sandbox
from .choices import Choices
from .output import count_problems, print_plan, print_problems
from .runs import run_plan


@click.command("demo")
@click.option("--out", default="xcu-sheets-demo", show_default=True, help="Folder for the files that the tour leaves.")
@click.option("--latency", type=click.FloatRange(0), default=40, show_default=True, help="Milliseconds a call takes.")
def command(out: str, latency: float) -> int:
    """Show the whole job: export an XCU, check and plan an onboarding list, import it, read the report.

    Everything happens on this machine, on an XCU made up for the purpose.
    """
    needs_sandbox()
    from ..sandbox import Sandbox, SandboxConfig

    folder = Path(out)
    folder.mkdir(parents=True, exist_ok=True)
    with Sandbox(SandboxConfig(latency=latency)) as server:
        said = translate(
            "1. An embedded XCU runs on {url}: 2 XiVOs, 4 entities, 60 people, login admin.", url=server.url
        )
        _say(said)
        with Client(server.url, "admin", "superpass") as client:
            _tour(client, folder)
    _list_files(folder)
    return 0


def _tour(client: Client, folder: Path) -> None:
    before = read_snapshot(client, taken_at=utc_now())
    _export(before, folder / "1-before.xlsx")
    source = _sample("onboarding")
    with _history(folder) as history:
        book = read_book(source)
        rows = sum(len(sheet.frame) for sheet in book.sheets.values())
        _say(
            translate(
                "3. HR sends {file}: {n} rows of users and templates. What does it look like?", file=source.name, n=rows
            )
        )
        problems = check(book)
        print_problems(problems)
        click.echo(translate("  {problems} without asking the server. Now with it:", problems=count_problems(problems)))
        now = utc_now()
        run_id = new_run_id(now)
        _say(translate("4. The plan: what would happen, with the numbers it would give."))
        prepared = prepare(book, client, run_id=run_id, made_at=now, history=history, tool_version=__version__)
        print_plan(prepared.plan)
        _say(translate("5. The import: rows with problems stay behind, the others are sent."))
        report = folder / "2-report.xlsx"
        run_plan(
            prepared.plan, client, prepared.snapshot, book, history, Choices(True, reports=(str(report),)), str(source)
        )
        _again(client, history, source, run_id)
    _say(translate("7. The server after it:"))
    _export(read_snapshot(client, taken_at=utc_now()), folder / "3-after.xlsx", step=False)


def _again(client: Client, history: History, source: Path, run_id: str) -> None:
    """Show that a second import of the same list creates nobody."""
    prepared = prepare(read_book(source), client, run_id=run_id + "b", made_at=utc_now(), history=history)
    _say(
        translate_n(
            "6. The same list again: {n} row to send, because nobody is created twice.",
            "6. The same list again: {n} rows to send, because nobody is created twice.",
            len(prepared.plan.to_send),
        )
    )


def _sample(name: str) -> Path:
    """Return a part of `sample_data`: installed inside the package, or beside it in a source tree."""
    package = Path(__file__).parents[1]
    places = [place / "sample_data" / name for place in (package, package.parent)]
    return next((place for place in places if place.is_dir()), places[0])


def _history(folder: Path) -> AbstractContextManager[History]:
    return History.open(folder / "history" / "history.sqlite3", now=utc_now)


def _export(snapshot: Snapshot, path: Path, *, step: bool = True) -> None:
    saved = export_book(path, snapshot, book_id=new_book_id(), lang=spoken(), tool_version=__version__)
    counts = count_records({name: len(found) for name, found in snapshot.records.items()})
    if step:
        _say(translate("2. Export to {saved}: {counts}.", saved=saved, counts=counts))
    else:
        click.echo(translate("  {saved}: {counts}.", saved=saved, counts=counts))


def _say(text: str) -> None:
    click.secho(f"\n{text}", bold=True)


def _list_files(folder: Path) -> None:
    click.secho("\n" + translate("The files to look at:"), bold=True)
    words = {
        "1-before.xlsx": translate("the server before: open it in Excel, sheet Read me first"),
        "2-report.xlsx": translate("what became of each row, with numbers and provisioning codes"),
        "3-after.xlsx": translate("the server after"),
    }
    for name, text in words.items():
        click.echo(f"  {(folder / name).absolute()}  {text}")
    click.echo("\n" + translate("On a real XCU: xcu-sheets export xcu.xlsx --url http://HOST:9001 --login NAME"))
