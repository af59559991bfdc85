"""The log of HTTP calls that `--log FILE` asks for: what was called and how it went, never what was said."""

from __future__ import annotations

import os
import stat
import threading
from datetime import UTC, datetime
from pathlib import Path

import click

from ..model.errors import XcuError
from ..model.text import safe_text
from ..server import CallLog
from ..words import speaking, spoken, translate

PATH_LENGTH = 300


class LogFile:
    """A file to which one line is added for each call, by any thread, as it happens.

    It is opened anew for each line, so that it may be moved away meanwhile and no end of a run can cut it short.
    Raises XcuError at once where it cannot be written; what goes wrong later is said once and stops no call.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._lost = False
        self._language = spoken()  # a thread of its own speaks English
        try:
            self._append(b"")
        except OSError as failed:
            raise XcuError(
                "{path} cannot be written as a log ({strerror}): nothing was sent.", path=path, strerror=failed.strerror
            ) from failed

    def __call__(self, call: CallLog) -> None:
        """Add the line of one call."""
        with self._lock:
            if self._lost:
                return
            try:
                self._append(line_of(call, datetime.now(UTC)).encode("utf-8"))
            except OSError as failed:  # raised here it would look like a call that failed
                self._lost = True
                self._say_lost(failed)

    def _say_lost(self, failed: OSError) -> None:
        with speaking(self._language):
            path, reason = self._path, failed.strerror
            click.echo(
                translate("Note: {path} is no longer written ({strerror}).", path=path, strerror=reason), err=True
            )

    def _append(self, line: bytes) -> None:
        handle = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        with os.fdopen(handle, "ab") as file:
            mode = os.fstat(handle).st_mode
            if os.name == "posix" and stat.S_ISREG(mode) and mode & 0o077:
                os.fchmod(handle, 0o600)
            file.write(line)


def line_of(call: CallLog, at: datetime) -> str:
    """Return `2026-11-24T08:00:00.250Z GET /xivo 200 12 ms attempt 1 340 bytes`; status 0 is no whole answer."""
    time = at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03}Z"
    path = safe_text(call.path.partition("?")[0], PATH_LENGTH)
    return f"{time} {call.method} {path} {call.status} {call.ms:.0f} ms attempt {call.attempt} {call.bytes} bytes\n"
