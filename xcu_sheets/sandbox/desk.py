"""What a test sets and sees beside the API."""

from dataclasses import dataclass, field

from .calls import CallLog
from .late import LateWork
from .switchboard import Switchboard


@dataclass(frozen=True)
class Desk:
    """The faults in force, the calls so far, the late work to come and, in ``late_calls``, what became of it."""

    faults: Switchboard = field(default_factory=Switchboard)
    calls: CallLog = field(default_factory=CallLog)
    late: LateWork = field(default_factory=LateWork)
    late_calls: CallLog = field(default_factory=CallLog)

    def clear(self) -> None:
        """Disarm every fault, call off late work, wait for what has begun, and forget the calls."""
        self.faults.clear()
        self.late.cancel()
        self.calls.clear()
        self.late_calls.clear()
