"""Every exception that can end a command.

XcuError                        one line a person can act on
+- LoginFailed                  401/403, a redirect to a login page, HTML where JSON was due
+- ApiError(method, path, status, detail)
|  +- Refused                   understood and said no: this row fails, the others go on
|  +- Unavailable               not reached, 429, 5xx after the retries
|  +- OutcomeUnknown            may or may not have happened: look before sending again
+- BookError                    not a workbook, no header, a required column missing, hostile
+- PlanError                    stale, too large, another book, another server
+- HistoryError                 held by another run, damaged, newer format, other plan

Trouble with one row is never an exception: it is a Problem (before sending) or an Outcome (after).
"""

from __future__ import annotations

from .text import Said


class XcuError(Exception):
    """Ends the command; its text is one line that a person can act on.

    That line is `said`, English with what makes it another language; a member of it may be an error itself.
    """

    def __init__(self, said: str = "", /, **members: object) -> None:
        self.said = said if isinstance(said, Said) else Said(said, **members)
        super().__init__(self.said)


class LoginFailed(XcuError):
    """The server did not let us in, or no longer does."""


class ApiError(XcuError):
    """The server's answer to one call was not a success.

    `status` is 0 when there was no answer. `detail` is what the server or the network said: at most 500
    characters, control characters made visible, never a payload. `passing` tells whether the trouble may pass by
    itself, and `wait` how many seconds the server asked for, None where it did not say.
    """

    def __init__(
        self, method: str, path: str, status: int, detail: str, *, passing: bool = False, wait: float | None = None
    ) -> None:
        self.method, self.path, self.status, self.detail = method, path, status, detail
        self.passing, self.wait = passing, wait
        super().__init__(_answered(f"{method} {path}", status, detail))


def _answered(call: str, status: int, detail: str) -> Said:
    if not detail:
        return Said(f"{call}: {status or ''}".rstrip())
    if not status:
        return Said("{call}: {detail}", call=call, detail=detail)
    return Said("{call}: {status} {detail}", call=call, status=status, detail=detail)


class Refused(ApiError):
    """The server understood and said no: this row fails, the others go on."""


class Unavailable(ApiError):
    """The server was not reached, or could not answer; nothing was done."""


class OutcomeUnknown(ApiError):
    """A write may or may not have happened: read the list again before sending it again."""


class BookError(XcuError):
    """The file cannot be read as a book: not a workbook, no header, a required column missing, hostile."""


class PlanError(XcuError):
    """The plan cannot be made or applied: stale, too large, of another book or server, tampered with."""


class HistoryError(XcuError):
    """The history cannot be used: held by another run, damaged, of a newer format, of another plan."""
