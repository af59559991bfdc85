"""The command line: one file per command, each parses, calls the library, prints, and ends with an exit code."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable

import click

from ..words import told, translate
from .language import in_words, speaking_all, wanted_language

# Command name -> (module, its line in the help). A command's module is loaded only when the command runs.
COMMANDS = {
    "demo": ("demo", "The whole tour against the embedded sandbox, files left to look at."),
    "sandbox": ("sandbox", "Run the embedded XCU server."),
    "export": ("export", "Write a server's content as a workbook or a folder of CSVs."),
    "new": ("new", "Write an empty book for new people, with the server's lists in its cells."),
    "columns": ("columns", "Draft the file that says what the columns of a list of your own mean."),
    "check": ("check", "Say every problem of a book; no server needed."),
    "plan": ("plan", "Show what an import would do."),
    "import": ("import_", "Check, plan, confirm, apply, report."),
    "apply": ("apply", "Send exactly the reviewed plan."),
    "resume": ("resume", "Finish an interrupted run."),
    "undo": ("undo", "Take a run back: what can be reversed, what is kept, what cannot and why."),
    "migrate": ("migrate", "Move people to another server, by a mapping book."),
    "runs": ("history", "The history on this machine."),
    "diff": ("diff", "What differs between two exports, or between one and the server."),
    "probe": ("probe", "Learn what a server's document leaves open, on throw-away records."),
    "fields": ("fields", "The sheets and columns, as documentation."),
    "audit": ("audit", "Look at a whole server: how full it is, what is wrong there, what is new."),
    "sync-config": ("sync_config", "The server's own configuration synchronisation, on purpose."),
}


class LazyGroup(click.Group):
    """A group whose commands are imported when they are called: `--help` loads no data library."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the commands in the order of a first tour."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one command."""
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f".{COMMANDS[cmd_name][0]}", __package__)
        return in_words(module.command)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
        with formatter.section(translate("Commands")):
            formatter.write_dl([(name, translate(line)) for name, (_, line) in COMMANDS.items()])


def _version(ctx: click.Context, _param: click.Parameter, wanted: bool) -> None:
    if wanted:
        from .. import __version__

        click.echo(f"xcu-sheets {__version__}")
        ctx.exit()


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--version", is_flag=True, is_eager=True, expose_value=False, callback=_version, help="Show the version.")
def cli() -> None:
    """Work on an XCU (XiVO Centralized User Management) with spreadsheets.

    Export, edit in Excel, check, plan, import, read the report. Start with: xcu-sheets demo
    """


def main() -> None:
    """Run the command line; every failure is one line and an exit code (DESIGN rule 20)."""
    language = wanted_language(sys.argv[1:], os.environ)
    with speaking_all(language):
        sys.exit(_run())


def _run() -> int:
    try:
        code = in_words(cli).main(standalone_mode=False)
    except click.exceptions.Exit as ended:
        return ended.exit_code
    except (click.Abort, KeyboardInterrupt):
        return _fail(lambda: translate("Stopped."), 130)
    except click.ClickException as wrong:
        wrong.show()
        return _fail(_refusal, 2, shown=True)
    except Exception as failed:
        from .failures import exit_code_of, sentence, shown_details

        shown_details(failed)
        said = sentence(failed)
        return _fail(lambda: told(said), exit_code_of(failed))
    return code if isinstance(code, int) else 0


def _refusal() -> str:
    """Return why the command line is refused, in the language of this context: it is refused a second time."""
    try:
        in_words(cli).main(standalone_mode=False)
    except click.ClickException as wrong:
        return wrong.format_message()
    return ""


def _fail(say: Callable[[], str], exit_code: int, *, shown: bool = False) -> int:
    """Say a failure: one line on stderr, and with --json one object on stdout, in English."""
    if not shown:
        click.echo(translate("Error: {message}", message=say()) if exit_code != 130 else say(), err=True)
    if "--json" in sys.argv[1:]:
        import json

        with speaking_all("en"):
            click.echo(json.dumps({"error": say(), "exit_code": exit_code}, ensure_ascii=False))
    return exit_code


def needs_sandbox() -> None:
    """Raise XcuError where the sandbox's libraries are not installed."""
    from importlib.util import find_spec

    from ..model.errors import XcuError

    if not (find_spec("flask") and find_spec("waitress")):
        raise XcuError("The sandbox is not installed: pip install 'xcu-sheets[sandbox]'.")
