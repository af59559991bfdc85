"""xcu-sheets sync-config: the server's own configuration synchronisation."""

from __future__ import annotations

import sys
from typing import Any

import click

from ..model.errors import XcuError
from ..words import translate
from .connection import connect
from .options import connection_options, json_option
from .output import confirm, print_json


@click.command("sync-config")
@click.option("--yes", is_flag=True, help="Do not ask.")
@connection_options
@json_option
def command(yes: bool, as_json: bool, **connection: Any) -> int:
    """Make the server synchronise the configuration files of its XiVOs. This acts on the phone systems.

    Example: xcu-sheets sync-config
    """
    session = connect(writes=True, **connection)
    with session.client as client:
        if not yes:
            if not sys.stdin.isatty():
                raise XcuError("There is no terminal to ask on: run again with --yes.")
            if not confirm(translate("{server}: synchronise the configuration files now?", server=client.origin)):
                return 2
        client.synchronize_config_files()
    if as_json:
        print_json(lambda: {"server": session.client.origin, "synchronised": True})
    else:
        click.echo(translate("The server accepted the synchronisation."))
    return 0
