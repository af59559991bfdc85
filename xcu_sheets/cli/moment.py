"""The time that a command writes into files: now, or what SOURCE_DATE_EPOCH says for reproducible ones."""

from __future__ import annotations

import os

from ..model.errors import XcuError
from ..running.clock import utc_at, utc_now

VARIABLE = "SOURCE_DATE_EPOCH"


def written_time() -> str:
    """Return the time as ISO 8601 in UTC. Raises XcuError where SOURCE_DATE_EPOCH is no number of seconds."""
    given = os.environ.get(VARIABLE)
    try:
        return utc_at(given) if given else utc_now()
    except ValueError:
        raise XcuError(
            "{variable} is not a time in seconds since 1970: correct it, or unset it.", variable=VARIABLE
        ) from None
