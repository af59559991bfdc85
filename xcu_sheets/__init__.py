"""xcu-sheets: the spreadsheet in front of XCU. The names below are the library; they load when first used."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .comparing.compare import make_diff
    from .comparing.diff import Diff
    from .files import read_book, write_book, write_folder
    from .files.snapshot_file import read_snapshot_file, write_snapshot
    from .history import History
    from .model.book import Baseline, Book
    from .model.errors import (
        ApiError,
        BookError,
        HistoryError,
        LoginFailed,
        OutcomeUnknown,
        PlanError,
        Refused,
        Unavailable,
        XcuError,
    )
    from .model.outcomes import Outcome
    from .model.problems import Problem, Severity
    from .model.snapshot import Snapshot
    from .planning.make import check, make_plan
    from .planning.numbers import assign_numbers, entities_needing_numbers
    from .planning.plan import Change, Options, Plan
    from .reports.result import Report, write_report
    from .reports.wording import describe
    from .running.apply import Result
    from .running.apply import apply_plan as apply
    from .running.exporting import export_book
    from .running.inputs import load_input
    from .running.preparing import Prepared, prepare, prepare_offline, secrets_of
    from .running.resume import read_past
    from .running.run import Manner
    from .running.undo import prepare_undo
    from .server import Client, Timeouts, read_snapshot

_HOMES = {
    "comparing.compare": ("make_diff",),
    "comparing.diff": ("Diff",),
    "files": ("read_book", "write_book", "write_folder"),
    "files.snapshot_file": ("read_snapshot_file", "write_snapshot"),
    "history": ("History",),
    "model.book": ("Baseline", "Book"),
    "model.errors": (
        "ApiError",
        "BookError",
        "HistoryError",
        "LoginFailed",
        "OutcomeUnknown",
        "PlanError",
        "Refused",
        "Unavailable",
        "XcuError",
    ),
    "model.outcomes": ("Outcome",),
    "model.problems": ("Problem", "Severity"),
    "model.snapshot": ("Snapshot",),
    "planning.make": ("check", "make_plan"),
    "planning.numbers": ("assign_numbers", "entities_needing_numbers"),
    "planning.plan": ("Change", "Options", "Plan"),
    "reports.result": ("Report", "write_report"),
    "reports.wording": ("describe",),
    "running.apply": ("Result", "apply"),
    "running.exporting": ("export_book",),
    "running.inputs": ("load_input",),
    "running.preparing": ("Prepared", "prepare", "prepare_offline", "secrets_of"),
    "running.resume": ("read_past",),
    "running.run": ("Manner",),
    "running.undo": ("prepare_undo",),
    "server": ("Client", "Timeouts", "read_snapshot"),
}
_HOME_OF = {name: module for module, names in _HOMES.items() for name in names}

__all__ = [
    "ApiError",
    "Baseline",
    "Book",
    "BookError",
    "Change",
    "Client",
    "Diff",
    "History",
    "HistoryError",
    "LoginFailed",
    "Manner",
    "Options",
    "Outcome",
    "OutcomeUnknown",
    "Plan",
    "PlanError",
    "Prepared",
    "Problem",
    "Refused",
    "Report",
    "Result",
    "Severity",
    "Snapshot",
    "Timeouts",
    "Unavailable",
    "XcuError",
    "apply",
    "assign_numbers",
    "check",
    "describe",
    "entities_needing_numbers",
    "export_book",
    "load_input",
    "make_diff",
    "make_plan",
    "prepare",
    "prepare_offline",
    "prepare_undo",
    "read_book",
    "read_past",
    "read_snapshot",
    "read_snapshot_file",
    "secrets_of",
    "write_book",
    "write_folder",
    "write_report",
    "write_snapshot",
]


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("xcu-sheets")
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = import_module(f".{_HOME_OF[name]}", __name__)
    return getattr(module, "apply_plan" if name == "apply" else name)


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
