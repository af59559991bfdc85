"""The record of every run on this machine: one SQLite file that never forgets silently."""

from .entries import Call, CallOutcome, HistoryHeld, Holder, Intent, RunStart, RunSummary
from .history import QUARANTINE_DAYS, History, default_path

__all__ = [
    "QUARANTINE_DAYS",
    "Call",
    "CallOutcome",
    "History",
    "HistoryHeld",
    "Holder",
    "Intent",
    "RunStart",
    "RunSummary",
    "default_path",
]
