"""Failures as one line and an exit code (DESIGN rule 20)."""

from __future__ import annotations

import os
import traceback

import click

from ..history import HistoryHeld
from ..model.errors import ApiError, LoginFailed, Unavailable, XcuError

DEBUG = "XCU_SHEETS_DEBUG"


def exit_code_of(failed: Exception) -> int:
    """Return 3 where the server was not reached or refused the login, 4 where another run holds it, else 2."""
    if isinstance(failed, LoginFailed | Unavailable):
        return 3
    if isinstance(failed, HistoryHeld):
        return 4
    return 3 if isinstance(failed, ApiError) and not failed.status else 2


def say(failed: Exception) -> None:
    """Print one line about a failure on stderr; the traceback only where `XCU_SHEETS_DEBUG` asks for it."""
    if isinstance(failed, XcuError):
        click.echo(f"Error: {failed}", err=True)
    elif isinstance(failed, OSError):
        click.echo(f"Error: {failed.filename or ''}: {failed.strerror or failed}".replace(": :", ":"), err=True)
    else:
        # The text of an unforeseen failure may hold a cell's content, a password too: only its kind is shown.
        frame = traceback.extract_tb(failed.__traceback__)[-1]
        where = f"{os.path.basename(frame.filename)}:{frame.lineno}"  # noqa: PTH119
        click.echo(
            f"Error: something unforeseen happened ({type(failed).__name__} in {where}); nothing more was sent. "
            f"Please report it; {DEBUG}=1 shows the details, which may hold personal data.",
            err=True,
        )
    if os.environ.get(DEBUG):
        traceback.print_exception(failed)
