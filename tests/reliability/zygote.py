"""A process that has everything imported and forks one child per command: commands start at once, and can be killed.

It reads one JSON object per line (`argv`, `env`, `kill_at`, `full_at`, `room`, `output`) and answers with one: how the
child ended and how many moments it passed at which it could have been killed. Such moments are before every commit of
the history and between it and its seal, and for every write between sending it and its answer, and right after that.
With `full_at` the disk is full from that commit on, but for files of less than a page; with `room` it is full from the
start, but for files of no more than so many bytes.
"""

from __future__ import annotations

import itertools
import json
import os
import resource
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl  # noqa: F401 - imported once, for all children
import pandera.pandas  # noqa: F401
import xlsxwriter  # noqa: F401

from xcu_sheets import cli
from xcu_sheets.cli import import_, resume  # noqa: F401
from xcu_sheets.history.store import Store
from xcu_sheets.reports import result  # noqa: F401
from xcu_sheets.server import transport


def watch(kill_at: int, passed: Callable[[int], None]) -> None:
    """Let each moment pass, and end this process like a power cut at the one that is asked for."""
    moments = itertools.count(1)

    def moment() -> None:
        number = next(moments)
        passed(number)
        if number == kill_at:
            os.kill(os.getpid(), signal.SIGKILL)

    append, seal = Store.append, Store._seal

    def append_watched(self: Store, drafts: Any) -> list[int]:
        moment()
        return append(self, drafts)

    def seal_watched(self: Store, last: int) -> None:
        moment()
        seal(self, last)

    Store.append, Store._seal = append_watched, seal_watched
    for kind in (transport._Http, transport._Https):
        answer = kind.getresponse

        def answer_watched(self: Any, answer: Any = answer) -> Any:
            if self._method in ("POST", "PUT", "DELETE"):
                moment()
            found = answer(self)
            if self._method in ("POST", "PUT", "DELETE"):
                moment()
            return found

        kind.getresponse = answer_watched


def fill_disk(full_at: int) -> None:
    """From a commit of the history on, let no file grow beyond a page: no commit's journal is that small."""
    commits, append = itertools.count(1), Store.append

    def append_watched(self: Store, drafts: Any) -> list[int]:
        if next(commits) == full_at:
            resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
        return append(self, drafts)

    Store.append = append_watched


def child(order: dict[str, Any], count_to: int) -> None:
    """Run one command as the real program does, and end."""
    out = os.open(order["output"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    os.dup2(out, 1)
    os.dup2(out, 2)
    os.environ.update(order["env"])
    sys.argv = ["xcu-sheets", *order["argv"]]
    watch(order["kill_at"], lambda number: os.pwrite(count_to, str(number).encode(), 0) and None)
    if order["room"]:
        resource.setrlimit(resource.RLIMIT_FSIZE, (order["room"], order["room"]))
    fill_disk(order["full_at"])
    code = 1
    try:
        cli.main()
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else 0
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def serve() -> None:
    """Carry out orders until there are no more."""
    for line in sys.stdin:
        order = json.loads(line)
        counter = os.memfd_create("moments")
        process = os.fork()
        if not process:
            child(order, counter)
        _, status = os.waitpid(process, 0)
        os.lseek(counter, 0, os.SEEK_SET)
        moments = int(os.read(counter, 20) or 0)
        os.close(counter)
        said = Path(order["output"]).read_text(encoding="utf-8", errors="replace")
        print(json.dumps({"code": os.waitstatus_to_exitcode(status), "moments": moments, "said": said}), flush=True)


if __name__ == "__main__":
    serve()
