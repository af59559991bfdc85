"""xcu-sheets sandbox: the embedded XCU server."""

from __future__ import annotations

import click

from ..model.errors import XcuError


@click.command("sandbox")
@click.option("--port", type=click.IntRange(0, 65535), default=9001, show_default=True, help="Port on the loopback.")
@click.option("--users", type=click.IntRange(0), default=60, show_default=True)
@click.option("--entities", type=click.IntRange(1), default=4, show_default=True)
@click.option("--xivos", type=click.IntRange(1), default=2, show_default=True)
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed makes the same people.")
@click.option("--latency", type=click.FloatRange(0), default=0, help="Milliseconds that every call takes longer.")
@click.option("--database", default=":memory:", show_default=True, help="SQLite file that keeps the state.")
def command(port: int, users: int, entities: int, xivos: int, seed: int, latency: float, database: str) -> int:
    """Run a server that behaves as the API document says, with invented people. Login admin, password superpass.

    Example: xcu-sheets sandbox --users 2000 --entities 12 --xivos 3
    """
    from . import needs_sandbox

    needs_sandbox()
    from ..sandbox import Sandbox, SandboxConfig

    config = SandboxConfig(
        users=users, entities=entities, xivos=xivos, seed=seed, latency=latency, port=port, database=database
    )
    try:
        with Sandbox(config) as server:
            click.echo(f"XCU sandbox on {server.url}, login admin, password superpass. Ctrl-C stops it.")
            server.serve_forever()
    except OSError as failed:
        raise XcuError(f"Port {port} cannot be used ({failed.strerror}): choose another with --port.") from failed
    return 0
