"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

import click

_SECONDS = click.FloatRange(min=0, min_open=True)

F = TypeVar("F", bound=Callable[..., Any])


def stacked(*options: Callable[[Any], Any]) -> Callable[[F], F]:
    """Return one decorator for several options, shown in the order given."""

    def decorate(command: F) -> F:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


json_option = click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout, all else on stderr.")
snapshot_option = click.option(
    "--snapshot",
    "snapshot_file",
    metavar="FILE.json",
    type=click.Path(),
    help="Work without the server, on a snapshot of it that `export FILE.json` wrote.",
)
state_option = click.option(
    "--state",
    envvar="XCU_SHEETS_STATE",
    type=click.Path(file_okay=False),
    help="Folder of the history [default: the user's state folder].",
)
_server_options = stacked(
    click.option("--url", envvar="XCU_URL", help="Address of the XCU, such as http://xcu.example:9001."),
    click.option("--login", envvar="XCU_LOGIN", help="Login [default: admin]."),
    click.option("--profile", envvar="XCU_PROFILE", help="Name of a profile in the profile file."),
)
wire_options = stacked(
    click.option(
        "--password-file",
        type=click.Path(exists=True, dir_okay=False),
        help="File holding the password, readable by you only. Else: the profile's password_command, XCU_PASSWORD, the "
        "system keyring, a prompt.",
    ),
    click.option(
        "--ca-file",
        envvar="XCU_CA_FILE",
        type=click.Path(exists=True, dir_okay=False),
        help="Certificates to trust, for https.",
    ),
    click.option("--proxy", envvar="XCU_PROXY", help="Proxy to use; the system's http_proxy and the like are not."),
    click.option(
        "--allow-http",
        is_flag=True,
        envvar="XCU_ALLOW_HTTP",
        help="Talk plain http to another machine, passwords in clear; remembered for this server.",
    ),
    click.option(
        "--accept-xivos",
        is_flag=True,
        help="This server has other XiVOs than before, and that is right: remember it.",
    ),
    click.option("--read-only", is_flag=True, help="Refuse every write, whatever else is asked."),
    click.option(
        "--log",
        metavar="FILE",
        type=click.Path(dir_okay=False),
        help="Add a line for each HTTP call to FILE: method, path, status, time; no bodies, no names.",
    ),
    click.option(
        "--connect-timeout", type=_SECONDS, default=10, show_default=True, help="Seconds for a connection to be made."
    ),
    click.option(
        "--read-timeout", type=_SECONDS, default=120, show_default=True, help="Seconds without a sign from the server."
    ),
    click.option("--timeout", type=_SECONDS, default=180, show_default=True, help="Seconds for one call in all."),
)
connection_options = stacked(_server_options, wire_options)


def _parse_settings(ctx: click.Context, param: click.Parameter, texts: tuple[str, ...]) -> dict[str, str]:
    from .filling import parse_settings

    return parse_settings(texts)


fill_option = click.option(
    "--set",
    "fill",
    multiple=True,
    metavar="COLUMN=VALUE",
    callback=_parse_settings,
    help="Fill the blank cells of new users with this (entity=Chirurgie, say); repeatable.",
)


def limit_options(command: F) -> F:
    """Add the options that say how much of a file is read; the command takes them as `limits`."""
    from ..files.raw import Limits

    usual, mib = Limits(), 1024**2

    @wraps(command)
    def limited(*args: Any, max_file: int, max_memory: int, max_seconds: float, **options: Any) -> Any:
        room = max_file * mib
        limits = Limits(file_bytes=room, unpacked_bytes=room, memory_bytes=max_memory * mib, seconds=max_seconds)
        return command(*args, limits=limits, **options)

    return stacked(
        click.option(
            "--max-file",
            metavar="MIB",
            type=click.IntRange(1, 4096),
            default=usual.file_bytes // mib,
            show_default=True,
            help="Read no BOOK that is larger than this, packed or unpacked.",
        ),
        click.option(
            "--max-memory",
            metavar="MIB",
            type=click.IntRange(64, 65536),
            default=usual.memory_bytes // mib,
            show_default=True,
            help="Memory for the process that reads a workbook (not on Windows).",
        ),
        click.option(
            "--max-seconds",
            metavar="S",
            type=_SECONDS,
            default=usual.seconds,
            show_default=True,
            help="Time for it.",
        ),
    )(limited)  # type: ignore[return-value]


columns_option = click.option(
    "--columns",
    metavar="FILE",
    type=click.Path(),
    help="Read BOOK by this file: which column of a list of your own means what (see xcu-sheets columns).",
)
hidden_option = click.option(
    "--hidden",
    type=click.Choice(["refuse", "include", "skip"]),
    default="refuse",
    show_default=True,
    help="What becomes of rows, columns and sheets that are hidden or filtered out and would change something.",
)
planning_options = stacked(
    fill_option,
    columns_option,
    click.option(
        "--include", multiple=True, type=click.Choice(["entities"]), help="Write this sheet too (entities are not)."
    ),
    click.option("--allow-delete", is_flag=True, help="Let rows whose action is delete be deleted."),
    click.option(
        "--allow-changes",
        type=click.IntRange(min=0),
        default=0,
        help="Let this many rows of a sheet change or go, more than 30 % of it.",
    ),
    click.option(
        "--on-conflict",
        type=click.Choice(["stop", "mine"]),
        default="stop",
        show_default=True,
        help="What to do with a cell that changed on both sides: stop the row, or write the book's.",
    ),
    click.option("--allow-permutation", multiple=True, metavar="COLUMN", help="This column was reordered on purpose."),
    click.option(
        "--any-template",
        is_flag=True,
        help="Send users with a template that is not offered to their entity too; the server may refuse them.",
    ),
    click.option("--strict-numbers", is_flag=True, help="Refuse numbers that are also used on another XiVO."),
    click.option(
        "--key",
        metavar="COLUMN",
        help="This column of your own (Matricule, say) tells who is who, in every file and under every name [default: "
        'the profile\'s key; "" for none].',
    ),
    hidden_option,
    click.option(
        "--default-template", default="", metavar="NAME", help="Template for rows without one, edited users included."
    ),
)
