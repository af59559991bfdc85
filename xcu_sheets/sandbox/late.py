"""Work that is done when its caller has long got an answer, or none."""

import threading
import time
from collections.abc import Callable


class LateWork:
    """Pieces of work, each waiting for its time in a thread of its own."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._timers: list[threading.Timer] = []

    def after(self, seconds: float, work: Callable[[], None]) -> None:
        """Do a piece of work in so many seconds."""
        timer = threading.Timer(seconds, work)
        timer.daemon = True
        with self._lock:
            self._timers = [*filter(threading.Timer.is_alive, self._timers), timer]
            timer.start()

    @property
    def pending(self) -> int:
        """How many pieces wait or are being done."""
        return sum(timer.is_alive() for timer in self._copy())

    def cancel(self) -> None:
        """Call off what has not begun, and wait for what has."""
        for timer in self._copy():
            timer.cancel()
        self.finish()

    def finish(self, timeout: float | None = None) -> bool:
        """Wait until all that was begun so far is done; False if it takes longer than ``timeout`` seconds."""
        end = None if timeout is None else time.monotonic() + timeout
        timers = self._copy()
        for timer in timers:
            timer.join(None if end is None else max(0, end - time.monotonic()))
        return not any(timer.is_alive() for timer in timers)

    def _copy(self) -> list[threading.Timer]:
        with self._lock:
            return list(self._timers)
