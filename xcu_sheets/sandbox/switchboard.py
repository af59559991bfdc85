"""The fault switchboard: which trouble meets which API call.

A ``Fault`` names calls by ``method`` ("*" = any) and ``path``, a regular expression that must match the whole path
after ``/api/1.0``, url-decoded and without the query ("/users", "/entities/[^/]+/users", "/users/[0-9]+", "/login").
It strikes from the ``nth`` matching call after it was added, for ``times`` matching calls; None (null in JSON) is for
ever, until the faults are cleared. Of those calls only the ``share`` (0 to 1) is struck, by tosses of
``random.Random(seed)``, one for each in the order of their coming: faults that shall not coincide want different seeds.
Its kind says how.

What comes before the work, whatever the answer then is:

``latency``              ``ms`` milliseconds pass before the work begins.
``expire``               the caller's session is forgotten before the call.
``rival``                on POST /users, and nowhere else: another administrator has just created a user with the
                         internalNumber of this very payload in the same entity, named "Rival" "Rival 1" (2, 3 ...), or
                         with ``same_names`` as the payload says. The work itself is then normally refused.

Nothing is done:

``status``               ``code`` (500), ``body`` and ``headers`` are the answer.
``html``                 a web page (``body``, or a small error page) is the answer, 200 unless ``code`` is given.
``drop_before_commit``   the connection is closed without a byte of answer.

The work is done, and then:

``status_after_commit``  ``code`` (500), ``body`` and ``headers`` are the answer (a proxy's 504).
``html_after_commit``    a web page is the answer, as for ``html`` (a proxy's page of 502).
``malformed``            the true status and headers, but for application/json, and ``body`` or else broken JSON.
``truncated``            the true head with the true Content-Length, half of the body, and the end of the connection; an
                         empty body is announced with 64 bytes, none of which comes.
``slow``                 the true answer, status line and headers included, a byte each ``ms`` milliseconds: no pause is
                         long, only the whole. It ends when the client hangs up or the sandbox stops.
``drop_after_commit``    the connection is closed without a byte of answer.

The work is done ``ms`` milliseconds later, by the rules and the state of then:

``late_commit``          the connection is closed at once without a byte of answer.
``late_status``          ``code`` (500), ``body`` and ``headers`` are the answer at once.

A 204 has no body: ``malformed`` and ``truncated`` make it a 200. Late work is called off by reset() and stop().

``headers`` go out as they stand, in the place of ours of the same name; only Content-Length is always the true one.
``Fault("status", code=429, headers={"Retry-After": "7"})``, or "Wed, 21 Oct 2026 07:28:00 GMT", "-5", "soon", "", or no
headers at all; a ``Date`` may be given too. ``Fault("status", code=302, headers={"Location": "/login"})`` leads to a
login page that is there, 301, 303, 307 and 308 wherever Location says.

Several faults may strike one call: those before the work all do, latencies add up; of the others the one that was added
first decides the answer.
"""

import random
import re
import threading
from dataclasses import dataclass, field

from .settings import Fault


@dataclass
class Armed:
    """A fault and the number of calls that matched it so far."""

    fault: Fault
    pattern: re.Pattern[str]
    seen: int = 0
    tosses: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self.tosses = random.Random(self.fault.seed)  # noqa: S311 - repeatable, no secret

    def strikes(self, method: str, path: str) -> bool:
        """Count this call if it matches, and say whether the fault is due."""
        fault = self.fault
        if fault.method not in ("*", method) or not self.pattern.fullmatch(path):
            return False
        self.seen += 1
        due = self.seen >= fault.nth and (fault.times is None or self.seen < fault.nth + fault.times)
        return due and self.tosses.random() < fault.share


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
