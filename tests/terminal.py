"""Commands run on a real pseudo-terminal, their questions answered."""

from __future__ import annotations

import os
import select
import struct
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence


def on_a_terminal(
    arguments: Sequence[object], answers: Sequence[tuple[str, str]], environment: Mapping[str, str] | None = None
) -> tuple[int, str]:
    """Run a command on a pseudo-terminal, answering each question when it is asked; return its code and all it showed.

    `answers` are (part of the question, what is typed).
    """
    import fcntl  # POSIX only, all three
    import pty
    import termios

    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 160, 0, 0))
    process = subprocess.Popen(
        [sys.executable, "-m", "xcu_sheets", *map(str, arguments)],
        stdin=slave,
        stdout=slave,
        stderr=slave,
        env={**os.environ, **(environment or {})},
        start_new_session=True,
    )
    os.close(slave)
    shown, deadline = "", time.monotonic() + 60
    waiting = list(answers)
    while time.monotonic() < deadline:
        if not select.select([master], [], [], 1)[0]:
            continue
        try:
            piece = os.read(master, 4096).decode("utf-8", "replace")
        except OSError:  # the other side closed
            break
        shown += piece
        if waiting and waiting[0][0] in shown:
            os.write(master, waiting.pop(0)[1].encode())
    os.close(master)  # hangs up on a command that still waits
    return process.wait(timeout=30), shown
