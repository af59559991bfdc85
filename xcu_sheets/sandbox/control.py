"""The sandbox's own routes, for tests in other processes: faults, calls and switches under ``/sandbox``.

``POST /sandbox/faults`` takes the fields of a ``Fault`` as JSON, ``DELETE /sandbox/faults`` disarms all;
``GET /sandbox/calls`` shows method, path and status of every API call, ``DELETE /sandbox/calls`` forgets them;
``POST /sandbox/switches`` takes the fields of ``Switches`` that change. None of them needs a session.
"""

import re
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from flask import Flask, Response

from .app import json_answer, read_payload
from .forms import Refusal
from .gate import CallLog
from .settings import Fault
from .switchboard import Switchboard


def add_control(app: Flask, faults: Switchboard, log: CallLog, set_switches: Callable[..., None]) -> None:
    """Add the routes to the application."""

    def add(path: str, method: str, work: Callable[[], Any]) -> None:
        app.add_url_rule(f"/sandbox/{path}", f"{method} sandbox {path}", lambda: _told(work), methods=[method])

    add("faults", "POST", lambda: faults.add(Fault(**read_payload())))
    add("faults", "DELETE", faults.clear)
    add("calls", "GET", lambda: [asdict(call) for call in log.copy()])
    add("calls", "DELETE", log.clear)
    add("switches", "POST", lambda: set_switches(**read_payload()))


def _told(work: Callable[[], Any]) -> Response:
    """Do the work and answer with what it returns; a wrong request is a 400."""
    try:
        value = work()
    except Refusal as refusal:
        return json_answer(refusal.status, refusal.payload)
    except (TypeError, ValueError, re.error) as error:
        return json_answer(400, {"error": str(error)})
    return json_answer(204 if value is None else 200, value)
