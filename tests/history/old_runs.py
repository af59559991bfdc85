"""A history with an old run, an unfinished one and a recent one, each with all that can be on record."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from xcu_sheets.history import CallOutcome, History, Intent, RunStart
from xcu_sheets.model.memory import Made
from xcu_sheets.model.outcomes import Outcome
from xcu_sheets.model.problems import problem

SERVER = "http://xcu.example:9001"
OLD, UNFINISHED, RECENT = "20260101-0800-0001", "20260102-0800-0002", "20260401-0800-0003"
TODAY = "2026-04-15T12:00:00Z"
# Whatever a person of the old run has: none of these texts can come about by chance.
GONE = (
    "Zorglub",
    "Quetsche",
    "N-2765",
    "mobile-0612",
    "Jeudi noir",
    "operator-x",
    "liste-du-jour",
    "a-chosen",
)
ROWS = 150


class Clock:
    def __init__(self, text: str) -> None:
        self.text = text

    def __call__(self) -> str:
        return self.text


def write_run(path: Path, run_id: str, day: str, name: str, number: str, *, end: str = "finished") -> None:
    """Record a run with all that a run can have on record; its plan alone fills hundreds of pages."""
    plan = {"book": {"path": f"/home/x/{name}-liste-du-jour.xlsx"}, "changes": [f"Zorglub {name} {number}"] * 20000}
    start = RunStart(
        run_id,
        SERVER,
        "operator-x",
        ("u1",),
        f"book-{run_id}",
        "d" * 64,
        "c" * 64,
        json.dumps(plan),
        "0",
        {"never_assign": ["a-chosen"], "undo": "20250101-0000-aaaa"},
        {"users": ("1", "2")},
    )
    cells = {"first_name": f"Zorglub {name}", "mobile_number": "mobile-0612"}
    note = problem("number_taken", sheet="users", row=2, value=number, label="Jeudi noir", id="7", entity="e")
    with History.open(path, now=Clock(f"{day}T12:00:00Z")) as history:
        history.memory(SERVER, ["u1"], f"book-{run_id}")
        history.start_run(start)
        intents = [
            Intent("users", row, "POST", number, 1, cells, cells, "create", "", f"i{row}") for row in range(ROWS)
        ]
        calls = history.record_intents(run_id, intents)
        outcome = CallOutcome("done", "5", (note.to_json(),), cells, True, 12)
        history.remember(
            run_id,
            [Made("users", 2, "559", f"{run_id}-i", f"Zorglub {name}", number, f"{run_id}-k", "e@1")],
            {("users", "559"): cells},
            {("users", "559"): {"cti_password": "a" * 64}},
            [("xivo", number)],
            outcomes=[(call, outcome) for call in calls],
        )
        if end:
            history.end_run(run_id, end, [Outcome("users", 2, "create", "created", "559", number, notes=(note,))])


def write_history(path: Path) -> None:
    """Record the three runs."""
    write_run(path, OLD, "2026-01-01", "Quetsche", "N-2765")
    write_run(path, UNFINISHED, "2026-01-02", "Mirabelle", "N-3000", end="interrupted")
    write_run(path, RECENT, "2026-04-01", "Prune", "N-4000")


def copy_history(path: Path, folder: Path) -> Path:
    """Copy a history with its companions into a folder and return where it is."""
    folder.mkdir(exist_ok=True)
    for file in path.parent.glob("history.*"):
        shutil.copy(file, folder / file.name)
    return folder / path.name


@contextmanager
def opened(path: Path, now: str = TODAY) -> Iterator[History]:
    with History.open(path, now=Clock(now)) as history:
        yield history


def everything(path: Path) -> tuple:
    """All that the history tells of the old run."""
    with opened(path) as history:
        memory = history.memory(SERVER, ["u1"], f"book-{OLD}")
        return history.runs(), history.calls(OLD), history.report(OLD), memory


def bytes_of(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in folder.iterdir())
