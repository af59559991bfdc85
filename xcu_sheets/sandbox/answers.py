"""Answers before they are sent: the application's true one, what a fault makes of it, and what a fault dictates."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from http import HTTPStatus
from types import MappingProxyType

from .settings import Fault, FaultKind

PAGE = (
    "<!DOCTYPE html>\n<html><head><title>Error</title></head>"
    "<body><h1>Error</h1><p>The server cannot be reached at the moment.</p></body></html>\n"
)
NO_JSON = '{"items": [{"id": 1, "firstName": '
ANNOUNCED = 64


@dataclass(frozen=True)
class Held:
    """One whole answer and how to send it.

    ``sent`` bytes of the body go out before the connection is closed (None: all, and it stays open); ``pace`` seconds
    pass before each byte.
    """

    status: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    sent: int | None = None
    pace: float = 0.0

    @property
    def code(self) -> int:
        """The status as a number."""
        return int(self.status[:3])

    def saying(self, headers: Mapping[str, str]) -> "Held":
        """Set headers in the place of those of the same names."""
        gone = {name.lower() for name in headers}
        kept = (pair for pair in self.headers if pair[0].lower() not in gone)
        return replace(self, headers=(*kept, *headers.items()))

    def holding(self, body: bytes, kind: str) -> "Held":
        """Replace the body; a 204 becomes a 200, for it cannot have one."""
        status = "200 OK" if self.code == HTTPStatus.NO_CONTENT else self.status
        headers = {"Content-Type": kind, "Content-Length": str(len(body))}
        return replace(self.saying(headers), status=status, body=body)


def plain(code: int, text: str, kind: str = "text/plain; charset=utf-8") -> Held:
    """Return an answer of text."""
    reason = HTTPStatus(code).phrase if code in HTTPStatus._value2member_map_ else "Unknown"
    body = text.encode()
    return Held(f"{code} {reason}", (("Content-Type", kind), ("Content-Length", str(len(body)))), body)


def told(fault: Fault) -> Held:
    """Return the answer of a fault's ``code``, ``body`` and ``headers``."""
    return _with_headers(plain(fault.code or 500, fault.body), fault)


def page(fault: Fault) -> Held:
    """Return the web page of a fault."""
    return _with_headers(plain(fault.code or 200, fault.body or PAGE, "text/html; charset=utf-8"), fault)


def malformed(fault: Fault, true: Held) -> Held:
    """Put what is no JSON where JSON was."""
    return true.holding((fault.body or NO_JSON).encode(), "application/json")


def truncated(_: Fault, true: Held) -> Held:
    """Send the head whole and half of the body; an empty body is announced and does not come."""
    if true.body:
        return replace(true, sent=len(true.body) // 2)
    return replace(true.holding(b" " * ANNOUNCED, "application/json"), sent=0)


def slow(fault: Fault, true: Held) -> Held:
    """Send the true answer byte by byte."""
    return replace(true, pace=fault.ms / 1000)


DICTATED: Mapping[FaultKind, Callable[[Fault], Held]] = MappingProxyType(
    {
        "status": told,
        "status_after_commit": told,
        "late_status": told,
        "html": page,
        "html_after_commit": page,
    }
)
SPOILT: Mapping[FaultKind, Callable[[Fault, Held], Held]] = MappingProxyType(
    {"malformed": malformed, "truncated": truncated, "slow": slow}
)


def _with_headers(answer: Held, fault: Fault) -> Held:
    """Add a fault's headers; the length stays the true one."""
    return answer.saying({name: value for name, value in fault.headers.items() if name.lower() != "content-length"})
