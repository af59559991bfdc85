"""The record of every run on this machine: one SQLite file that never forgets silently."""

from .entries import Call, CallOutcome, HistoryHeld, Holder, Intent, RunStart, RunSummary
from .forgetting import Forgettable, find_forgettable, forgotten_line
from .history import QUARANTINE_DAYS, History, default_path

__all__ = [
    "QUARANTINE_DAYS",
    "Call",
    "CallOutcome",
    "Forgettable",
    "History",
    "HistoryHeld",
    "Holder",
    "Intent",
    "RunStart",
    "RunSummary",
    "default_path",
    "find_forgettable",
    "forgotten_line",
]
