"""Servers and commands in processes of their own, so that each can be killed without the other noticing."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import requests

from xcu_sheets.history import History, default_path

SERVE = """
import json, sys
from xcu_sheets.sandbox import Sandbox, SandboxConfig, Switches
server = None
for line in sys.stdin:
    if server:
        server.stop()
    config = json.loads(line)
    server = Sandbox(SandboxConfig(**{**config, "switches": Switches(**config.get("switches", {}))}))
    server.start()
    print(server.url, flush=True)
"""


class _Child:
    """A Python process that takes one line and answers with one."""

    def __init__(self, *arguments: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()

    def ask(self, line: object) -> str:
        """Send one line of JSON and return the answer."""
        self._process.stdin.write(json.dumps(line) + "\n")
        self._process.stdin.flush()
        return self._process.stdout.readline().strip()


class Servers(_Child):
    """Sandboxes in another process, one at a time."""

    def __init__(self) -> None:
        super().__init__("-c", SERVE)

    def fresh(self, **config: Any) -> Server:
        """Stop the server before and start another one, newly seeded."""
        return Server(self.ask(config))


@dataclass
class Server:
    """A running sandbox, seen over HTTP alone."""

    url: str

    def __post_init__(self) -> None:
        self._session = requests.Session()
        self._session.trust_env = False
        self._login()

    def _login(self) -> None:
        answer = self._session.post(
            f"{self.url}/api/1.0/login", json={"login": "admin", "password": "superpass"}, timeout=30
        )
        assert answer.ok

    def get(self, path: str) -> Any:
        """Return what the API says at a path."""
        answer = self._session.get(f"{self.url}/api/1.0{path}", timeout=30)
        answer.raise_for_status()
        return answer.json()

    def people(self) -> list[tuple[str, ...]]:
        """Return every user as (entity, number, first name, last name, login), sorted: ids are not compared."""
        entities = [e["combinedId"] for e in self.get("/entities")["items"]]
        users = [u for cid in entities for u in self.get(f"/entities/{cid}/users")["items"]]
        keys = ("internalNumber", "firstName", "lastName", "ctiLogin")
        return sorted((u["entity"]["combinedId"], *(u[k] or "" for k in keys)) for u in users)

    def templates(self) -> list[str]:
        """Return the names of the templates, sorted."""
        return sorted(t["name"] for t in self.get("/templates"))

    def fault(self, **fault: Any) -> None:
        """Arm a fault."""
        assert requests.post(f"{self.url}/sandbox/faults", json=fault, timeout=30).ok

    def calm(self) -> None:
        """Disarm every fault."""
        assert requests.delete(f"{self.url}/sandbox/faults", timeout=30).ok

    def calls(self) -> list[dict[str, Any]]:
        """Return every call that arrived."""
        return requests.get(f"{self.url}/sandbox/calls", timeout=30).json()

    def writes(self) -> list[tuple[str, str, int]]:
        """Return the write calls that arrived, logins apart."""
        found = [(c["method"], c["path"], c["status"]) for c in self.calls() if c["method"] != "GET"]
        return [c for c in found if c[1] != "/login"]


@dataclass(frozen=True)
class Ended:
    """How a command ended: its exit code (negative: the signal), what it printed, the moments it passed."""

    code: int
    said: str
    moments: int


class Commands(_Child):
    """The command line, one process per command."""

    def __init__(self, folder: Path) -> None:
        super().__init__(str(Path(__file__).with_name("zygote.py")))
        self._folder = folder

    def __call__(
        self, server: Server, state: Path, *arguments: object, kill_at: int = 0, full_at: int = 0, room: int = 0
    ) -> Ended:
        """Run one command to its end, or kill it at a moment.

        The disk is full from the commit `full_at` on, or has no room for a file of more than `room` bytes.
        """
        order = {
            "argv": [*map(str, arguments)],
            "env": {
                "XCU_URL": server.url,
                "XCU_PASSWORD": "superpass",
                "XCU_SHEETS_STATE": str(state),
                "XCU_SHEETS_CONFIG": str(state / "config"),
                "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
            },
            "kill_at": kill_at,
            "full_at": full_at,
            "room": room,
            "output": str(self._folder / "output.txt"),
        }
        answer = json.loads(self.ask(order))
        return Ended(answer["code"], answer["said"], answer["moments"])


def run_of(state: Path) -> str:
    """Return the run on record; killed before that there is nothing to resume."""
    if not default_path(str(state)).exists():
        return ""
    with History.open(default_path(str(state)), now=lambda: "2026-11-24T00:00:00Z") as history:
        return "".join(run.run_id for run in history.runs())
