"""The log of API calls, never of their bodies."""

import threading

from .settings import Call


class CallLog:
    """Which API calls came."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._calls: list[Call] = []

    def add(self, call: Call) -> None:
        """Write down one call."""
        with self._lock:
            self._calls.append(call)

    def copy(self) -> list[Call]:
        """Return the calls so far, in the order of their answers."""
        with self._lock:
            return list(self._calls)

    def clear(self) -> None:
        """Forget the calls so far."""
        with self._lock:
            self._calls.clear()
