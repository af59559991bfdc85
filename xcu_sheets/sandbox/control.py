"""The sandbox's own routes, for tests in other processes: faults, calls and switches under ``/sandbox``.

``POST /sandbox/faults`` takes the fields of a ``Fault`` as JSON, ``DELETE /sandbox/faults`` disarms all;
``GET /sandbox/calls`` shows method, path and status of every API call, ``DELETE /sandbox/calls`` forgets them;
``GET /sandbox/late`` shows how many calls have their work still to come and what became of those that had;
``POST /sandbox/switches`` takes the fields of ``Switches`` that change; ``POST /sandbox/reset`` is ``Sandbox.reset``.
None of them needs a session.
"""

import re
from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from flask import Flask, Response

from .app import json_answer, read_payload
from .forms import Refusal
from .settings import Fault

if TYPE_CHECKING:
    from .server import Sandbox


def add_control(app: Flask, sandbox: "Sandbox") -> None:
    """Add the routes to the application of a sandbox."""

    def add(path: str, method: str, work: Callable[[], Any]) -> None:
        app.add_url_rule(f"/sandbox/{path}", f"{method} sandbox {path}", lambda: _told(work), methods=[method])

    add("faults", "POST", lambda: sandbox.add_fault(Fault(**read_payload())))
    add("faults", "DELETE", sandbox.clear_faults)
    add("calls", "GET", lambda: [asdict(call) for call in sandbox.calls])
    add("calls", "DELETE", sandbox.clear_calls)
    add("late", "GET", lambda: {"pending": sandbox.late_pending, "done": [asdict(call) for call in sandbox.late_calls]})
    add("switches", "POST", lambda: sandbox.set_switches(**read_payload()))
    add("reset", "POST", sandbox.reset)


def _told(work: Callable[[], Any]) -> Response:
    """Do the work and answer with what it returns; a wrong request is a 400."""
    try:
        value = work()
    except Refusal as refusal:
        return json_answer(refusal.status, refusal.payload)
    except (TypeError, ValueError, re.error) as error:
        return json_answer(400, {"error": str(error)})
    return json_answer(204 if value is None else 200, value)
