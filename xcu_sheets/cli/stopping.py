"""Ctrl-C and its like, and the time given by `--stop-at`: what ends a run early, and cleanly."""

from __future__ import annotations

import math
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

import click

from ..words import translate


@contextmanager
def undisturbed() -> Iterator[None]:
    """Let no further Ctrl-C cut the report short."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def graceful(stop_at: float = math.inf) -> Iterator[Callable[[], str]]:
    """Yield what tells why a run is to stop: the first Ctrl-C, SIGTERM or SIGHUP, or the time; "" while it may go on.

    Calls under way are finished then; a second signal raises KeyboardInterrupt.
    """
    asked = threading.Event()
    caught = [s for name in ("SIGINT", "SIGTERM", "SIGHUP") if (s := getattr(signal, name, None)) is not None]

    def handle(_number: int, _frame: FrameType | None) -> None:
        if asked.is_set():
            raise KeyboardInterrupt
        asked.set()
        click.echo("\n" + translate("Stopping after the calls under way; Ctrl-C again stops at once."), err=True)

    def stop() -> str:
        return "interrupted" if asked.is_set() else "time" if time.time() >= stop_at else ""

    before = {number: signal.signal(number, handle) for number in caught}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
