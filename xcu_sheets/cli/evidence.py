"""The command as it was typed, for what must be shown to others."""

from __future__ import annotations

import shlex
import sys

from ..model.text import safe_text

LONGEST = 2000


def command_line() -> str:
    """Return the command as typed, quoted for a shell and safe to show; no secret is ever an option's value."""
    return safe_text(shlex.join(["xcu-sheets", *sys.argv[1:]]), LONGEST)
