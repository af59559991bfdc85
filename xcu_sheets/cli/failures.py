"""Failures as one line and an exit code (DESIGN rule 20)."""

from __future__ import annotations

import os
import traceback
from pathlib import Path

from ..history import HistoryHeld
from ..model.errors import ApiError, LoginFailed, Unavailable, XcuError
from ..model.text import Said

DEBUG = "XCU_SHEETS_DEBUG"


def exit_code_of(failed: Exception) -> int:
    """Return 3 where the server was not reached or refused the login, 4 where another run holds it, else 2."""
    if isinstance(failed, LoginFailed | Unavailable):
        return 3
    if isinstance(failed, HistoryHeld):
        return 4
    return 3 if isinstance(failed, ApiError) and not failed.status else 2


def shown_details(failed: Exception) -> None:
    """Print the traceback of a failure where `XCU_SHEETS_DEBUG` asks for it."""
    if os.environ.get(DEBUG):
        traceback.print_exception(failed)


def sentence(failed: Exception) -> str:
    """Return one line about a failure."""
    if isinstance(failed, XcuError):
        return failed.said
    if isinstance(failed, OSError):
        return f"{failed.filename}: {failed.strerror}" if failed.filename else str(failed.strerror or failed)
    # The text of an unforeseen failure may hold a cell's content, a password too: only its kind is shown.
    frame = traceback.extract_tb(failed.__traceback__)[-1]
    return Said(
        "something unforeseen happened ({kind} in {file}:{line}); nothing more was sent. Please report it; "
        "{variable}=1 shows the details, which may hold personal data.",
        kind=type(failed).__name__,
        file=Path(frame.filename).name,
        line=frame.lineno,
        variable=DEBUG,
    )
