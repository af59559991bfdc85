"""The command as it was typed, for what must be shown to others."""

from __future__ import annotations

import shlex
import sys


def command_line() -> str:
    """Return the command as typed, quoted for a shell; no secret is ever an option's value."""
    return shlex.join(["xcu-sheets", *sys.argv[1:]])
