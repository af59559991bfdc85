"""The fault switchboard: which trouble meets which API call.

A ``Fault`` names calls by ``method`` ("*" = any) and ``path``, a regular expression that must match the whole path
after ``/api/1.0``, url-decoded and without the query ("/users", "/entities/[^/]+/users", "/users/[0-9]+", "/login").
It strikes from the ``nth`` matching call after it was added, ``times`` times (None = for ever). Its kind says how:

``latency``              ``ms`` milliseconds pass before the work begins.
``status``               ``code``, ``body`` and ``headers`` are the answer; nothing is done.
``status_after_commit``  the work is done, then ``code``, ``body`` and ``headers`` are the answer (a proxy's 502).
``expire``               the caller's session is forgotten before the call.
``drop_before_commit``   the connection is closed without a byte of answer; nothing is done.
``drop_after_commit``    the work is done, then the connection is closed without a byte of answer.

Several faults may strike one call: latencies add up, of the others the one that was added first decides the answer.
"""

import re
import threading
from dataclasses import dataclass

from .settings import Fault


@dataclass
class Armed:
    """A fault and the number of calls that matched it so far."""

    fault: Fault
    pattern: re.Pattern[str]
    seen: int = 0

    def strikes(self, method: str, path: str) -> bool:
        """Count this call if it matches, and say whether the fault is due."""
        fault = self.fault
        if fault.method not in ("*", method) or not self.pattern.fullmatch(path):
            return False
        self.seen += 1
        return self.seen >= fault.nth and (fault.times is None or self.seen < fault.nth + fault.times)


class Switchboard:
    """The faults in force, safe to change while calls are served."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._armed: list[Armed] = []

    def add(self, fault: Fault) -> None:
        """Arm a fault; raises re.error for a path that is no regular expression."""
        armed = Armed(fault, re.compile(fault.path))
        with self._lock:
            self._armed.append(armed)

    def clear(self) -> None:
        """Disarm every fault."""
        with self._lock:
            self._armed.clear()

    def due(self, method: str, path: str) -> list[Fault]:
        """Return the faults that strike this call, oldest first."""
        with self._lock:
            return [armed.fault for armed in self._armed if armed.strikes(method, path)]
