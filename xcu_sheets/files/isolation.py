"""Workbooks of strangers, read in a process of their own: whatever it does, here it is plain text or one sentence."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from subprocess import DEVNULL, PIPE, Popen
from threading import Event, Timer
from typing import IO, Any

from ..model.errors import BookError
from ..model.text import Said, fill, safe_text
from ..words import is_ours
from .gate import SAVE_AS
from .raw import LAST_ROW, Fault, Limits, Place, RawBook, RawSheet, Traits

# The modules are those of this process, found where it finds them; nothing of the environment goes along.
PROGRAM = """
import json, sys
paths, limits = json.loads(sys.argv[1])
sys.path[:] = paths
from xcu_sheets.files.child import serve
from xcu_sheets.files.raw import Limits
serve(Limits(**limits), sys.stdin.buffer, sys.stdout.buffer)
"""
_LINE = 256 * 1024**2  # bytes; a batch of rows is far less
_SENTENCE, _MEMBER = 1000, 300  # characters
_DEPTH, _MEMBERS = 2, 8
_BROKEN = Said(
    "the workbook cannot be read (its reader broke off, perhaps for want of memory, see --max-memory): {save_as}",
    save_as=SAVE_AS,
)


def read_isolated(file: IO[bytes], limits: Limits) -> RawBook:
    """Return a workbook's sheets as text; raises BookError without naming the file, whatever goes wrong inside."""
    late = Event()
    try:
        with _child(file, limits, late) as said:
            return received(said)
    except (ValueError, TypeError, KeyError, RecursionError) as error:  # it said something else, or only half of it
        if late.is_set():
            raise BookError(
                "takes longer than {n} s to be read: {save_as}, without what does not belong there (or give it longer "
                "by --max-seconds)",
                n=f"{limits.seconds:g}",
                save_as=SAVE_AS,
            ) from error
        raise BookError(_BROKEN) from error


@contextmanager
def _child(file: IO[bytes], limits: Limits, late: Event) -> Iterator[IO[bytes]]:
    """Run the reader and yield what it says; it ends with this block, or when its time is over."""
    request = json.dumps([[*map(str, sys.path), str(Path(__file__).parents[2])], asdict(limits)])
    command = [sys.executable, "-I", "-S", "-c", PROGRAM, request]
    nothing: dict[str, str] = {}  # no password of ours goes along; Windows cannot start Python without its environment
    try:
        process = Popen(  # noqa: S603 - this very Python, and a program that is no input
            command, stdin=file, stdout=PIPE, stderr=DEVNULL, env=None if sys.platform == "win32" else nothing
        )
    except OSError as error:
        raise BookError(
            "the process that reads workbooks cannot be started ({strerror})", strerror=error.strerror or error
        ) from error
    timer = Timer(limits.seconds, _stop, (process, late))
    timer.daemon = True
    timer.start()
    with process:
        try:
            assert process.stdout is not None  # noqa: S101 - a pipe was asked for
            yield process.stdout
        finally:
            timer.cancel()
            process.kill()


def _stop(process: Popen[bytes], late: Event) -> None:
    late.set()
    process.kill()


def received(said: IO[bytes]) -> RawBook:
    """Return what the child says, taken for text alone; raises ValueError, TypeError or KeyError where it is not."""
    sheets: list[RawSheet] = []
    rows: list[tuple[int, list[str]]] = []
    name = ""
    for message in _messages(said):
        if "rows" in message:
            rows += [(_row(number), _texts(cells)) for number, cells in message["rows"]]
        elif "sheet" in message:
            name, rows = str(message["sheet"]), []
        elif "found" in message:
            sheets.append(_sheet(name, rows, message["found"]))
        elif "error" in message:
            raise BookError(_said(message))
        elif "end" in message:
            return RawBook(sheets, links=bool(message["links"]))
    raise ValueError("no end")


def _messages(said: IO[bytes]) -> Iterator[Mapping[str, Any]]:
    while line := said.readline(_LINE):
        message = json.loads(line.decode("utf-8", "surrogatepass"))
        if not isinstance(message, dict):
            raise TypeError("no message")
        yield message


def _said(message: Mapping[str, Any], depth: int = 0) -> Said:
    """Return what went wrong there as a sentence: one of ours with text in its gaps, anything else as plain text."""
    sentence, members = message["error"], message.get("members", {})
    if type(sentence) is not str or not isinstance(members, dict) or depth > _DEPTH or len(members) > _MEMBERS:
        raise TypeError("no sentence")
    told = {str(name): _member(member, depth) for name, member in members.items()}
    if is_ours(sentence):
        return Said(sentence, **told)
    return Said(safe_text(fill(sentence[:_SENTENCE], told), _SENTENCE))


def _member(member: Any, depth: int) -> str:
    return _said(member, depth + 1) if isinstance(member, dict) else safe_text(member, _MEMBER)


def _row(number: Any) -> int:
    if type(number) is not int or not 0 < number <= LAST_ROW:
        raise ValueError("no row")
    return number


def _texts(cells: Any) -> list[str]:
    if not isinstance(cells, list) or not all(type(cell) is str for cell in cells):
        raise TypeError("no cells")
    return cells


def _sheet(name: str, rows: list[tuple[int, list[str]]], found: Mapping[str, Any]) -> RawSheet:
    faults = {(_row(row), int(at)): _fault(kind, text) for row, at, kind, text in found["faults"]}
    traits = Traits(
        hidden=bool(found["hidden"]),
        hidden_rows=frozenset(map(_row, found["hidden_rows"])),
        hidden_columns=frozenset(map(int, found["hidden_columns"])),
        filtered=bool(found["filtered"]),
        merged=tuple((int(top), int(left), int(last), int(right)) for top, left, last, right in found["merged"]),
    )
    return RawSheet(name, _with_faults(rows, faults), faults, traits=traits)


def _fault(kind: Any, text: Any) -> Fault:
    if not isinstance(text, str):
        raise TypeError("no fault")
    return Fault("cell_error", text) if kind == "cell_error" else Fault("formula_not_calculated", text)


def _with_faults(rows: list[tuple[int, list[str]]], faults: Mapping[Place, Fault]) -> list[tuple[int, list[str]]]:
    """Put each cell that shows no value into its place as text: it is a problem there, never a blank."""
    by_number = dict(rows)
    for (row, at), fault in faults.items():
        cells = by_number.setdefault(row, [])
        cells.extend([""] * (at + 1 - len(cells)))
        cells[at] = fault.text
    return sorted(by_number.items())
