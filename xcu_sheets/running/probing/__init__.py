"""Asking a server what its document leaves open, on throw-away records."""

from .cleanup import full_name
from .probe import SETTLE, ProbePlan, ProbeResult, plan_probe, run_probe

__all__ = ["SETTLE", "ProbePlan", "ProbeResult", "full_name", "plan_probe", "run_probe"]
