"""The time and the chance that the pure core takes as arguments."""

from __future__ import annotations

import os
import secrets
from datetime import UTC, datetime


def utc_now() -> str:
    """Return the time as ISO 8601 in UTC, to the second; `SOURCE_DATE_EPOCH` is obeyed by callers, not here."""
    return _iso(datetime.now(UTC))


def utc_at(epoch: str) -> str:
    """Return a time given in seconds of the epoch as `utc_now` does; raises ValueError for what is none."""
    try:
        return _iso(datetime.fromtimestamp(int(epoch), UTC))
    except (OverflowError, OSError) as error:
        raise ValueError(epoch) from error


def _iso(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def new_run_id(now: str) -> str:
    """Return a run's name, `YYYYMMDD-HHMM-xxxx`: its UTC time and four random hexadecimal digits."""
    digits = now.replace("-", "").replace(":", "").replace("T", "-")
    return f"{digits[:13]}-{secrets.token_hex(2)}"


def new_book_id() -> str:
    """Return a random book id."""
    return os.urandom(8).hex()
