"""xcu-sheets sandbox: the embedded XCU server."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import TYPE_CHECKING, Any

import click

from ..model.errors import XcuError
from ..model.kinds import BadCell, parse_bool
from ..words import translate

if TYPE_CHECKING:
    from ..sandbox import Switches


@click.command("sandbox")
@click.option("--port", type=click.IntRange(0, 65535), default=9001, show_default=True, help="Port on the loopback.")
@click.option("--users", type=click.IntRange(0), default=60, show_default=True)
@click.option("--entities", type=click.IntRange(1), default=4, show_default=True)
@click.option("--xivos", type=click.IntRange(1), default=2, show_default=True)
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed makes the same people.")
@click.option("--latency", type=click.FloatRange(0), default=0, help="Milliseconds that every call takes longer.")
@click.option(
    "--switch",
    "switches",
    multiple=True,
    metavar="NAME=VALUE",
    help="A choice that the API document leaves open, such as post_answer=id or unauthorised=redirect; repeatable.",
)
@click.option(
    "--load",
    metavar="FILE",
    type=click.Path(),
    help="Begin with what this export holds (book, folder or snapshot), ids and numbers included, instead of invented "
    "people: to rehearse on. Nobody has a CTI password then, and every administrator the password superpass.",
)
@click.option("--database", default=":memory:", show_default=True, help="SQLite file that keeps the state.")
def command(switches: tuple[str, ...], load: str | None, **options: Any) -> int:
    """Run a server that behaves as the API document says, with invented people. Login admin, password superpass.

    Example: xcu-sheets sandbox --users 2000 --entities 12 --xivos 3

    On your own data: xcu-sheets sandbox --load xcu.xlsx
    """
    from . import needs_sandbox

    needs_sandbox()
    from ..sandbox import Sandbox, SandboxConfig

    chosen = _switches(switches)
    try:
        config = SandboxConfig(**options, switches=chosen, content=_content(load) if load else None)
        with Sandbox(config) as server:
            click.echo(
                translate("XCU sandbox on {url}, login admin, password superpass. Ctrl-C stops it.", url=server.url)
            )
            server.serve_forever()
    except ValueError as wrong:
        raise XcuError("The sandbox cannot be made so: {wrong}.", wrong=wrong) from wrong
    except OSError as failed:
        port = options["port"]
        raise XcuError(
            "Port {port} cannot be used ({strerror}): choose another with --port.", port=port, strerror=failed.strerror
        ) from failed
    return 0


def _content(path: str) -> Mapping[str, Sequence[Mapping[str, Any]]]:
    from ..running.inputs import load_input
    from ..running.rehearsal import records_of

    return records_of(load_input(path))


def _switches(given: tuple[str, ...]) -> Switches:
    from ..sandbox import Switches

    pairs: dict[str, Any] = dict(part.partition("=")[::2] for part in given)
    known = [field.name for field in fields(Switches)]
    unknown = [name for name in pairs if name not in known]
    if unknown:
        raise XcuError("--switch {name}: there are {known}.", name=unknown[0], known=", ".join(known))
    try:
        if "put_needs_template" in pairs:
            pairs["put_needs_template"] = parse_bool(pairs["put_needs_template"])
        return Switches(**pairs)
    except BadCell:
        raise XcuError("--switch put_needs_template is yes or no.") from None
    except ValueError as wrong:
        raise XcuError("--switch {wrong}.", wrong=wrong) from wrong
