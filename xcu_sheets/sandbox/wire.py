"""The connection by which an answer leaves, and what the gate may do to it."""

import socket
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from waitress.channel import ClientDisconnected, HTTPChannel

GLANCE = 0.05


class Wire(HTTPChannel):  # type: ignore[misc] # waitress has no types
    """One connection of waitress; ``drip`` makes it send the answer in work byte by byte."""

    _pause: Callable[[], None] | None = None

    def drip(self, pace: float, wait: Callable[[float], bool]) -> None:
        """Let ``pace`` seconds pass before each byte of this answer; ``wait`` says whether to give up meanwhile."""
        self._pause = partial(self._wait_for_turn, pace, wait)

    def service(self) -> None:
        """Serve one request, at full speed unless it says otherwise."""
        self._pause = None
        super().service()

    def write_soon(self, data: Any) -> int:
        """Send some of an answer; waitress hands each write of one byte to the socket at once."""
        if self._pause is None:
            return int(super().write_soon(data))
        for byte in data:
            self._pause()
            super().write_soon(bytes((byte,)))
        return len(data)

    def _wait_for_turn(self, pace: float, wait: Callable[[float], bool]) -> None:
        """Wait for the turn of the next byte; raises ClientDisconnected as soon as nobody wants it any more."""
        end = time.monotonic() + pace
        while (left := end - time.monotonic()) > 0:
            if wait(min(left, GLANCE)) or self._is_left():
                raise ClientDisconnected

    def _is_left(self) -> bool:
        """Say whether the client has hung up; waitress itself does not look while a request is served."""
        try:
            return self.socket is None or not self.socket.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return False
        except OSError:
            return True


def wire_of(environ: dict[str, Any]) -> Wire:
    """Return the connection by which a call came: waitress gives a bound method of it to each call."""
    wire: Wire = environ["waitress.client_disconnected"].__self__
    return wire
