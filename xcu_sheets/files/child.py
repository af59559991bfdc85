"""The process that reads a workbook: bounded in memory and time, it sends plain text and nothing else.

What it runs is `isolation.PROGRAM`; the workbook is its standard input.
"""

from __future__ import annotations

import json
import sys
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import IO, Any

from ..model.errors import BookError
from ..model.text import Said
from .bounds import too_large
from .gate import DAMAGED, SAVE_AS
from .raw import Limits, Scan
from .readers import Found, Opened, open_workbook

_BATCH = 64 * 1024  # characters of cells in one line


def serve(limits: Limits, file: IO[bytes], out: IO[bytes]) -> None:
    """Bound this process, read a workbook and send what is in it."""
    bound(limits)
    sys.modules["numpy"] = None  # type: ignore[assignment]  # openpyxl would load it and never use it: 50 ms, 30 MiB
    answer(limits, file, out)


def answer(limits: Limits, file: IO[bytes], out: IO[bytes]) -> None:
    """Send the sheets of a workbook, one JSON value a line; the last line says how it ended."""
    try:
        for message in messages(open_workbook(file, limits), limits):
            _send(out, message)
    except BookError as error:
        _send(out, _told(error.said))
    except MemoryError:
        most = limits.memory_bytes // 1024**2
        _send(
            out,
            _told(Said("needs more than {n} MiB of memory to be read: not read (--max-memory allows more)", n=most)),
        )
    except (EOFError, zipfile.BadZipFile, zlib.error):
        _send(out, _told(DAMAGED))
    except KeyboardInterrupt:
        return  # the parent got it too
    except BaseException as error:  # openpyxl raises bare TypeError, KeyError..., calamine a panic that is no Exception
        kind = type(error).__name__
        _send(out, _told(Said("the workbook cannot be read ({kind}): {save_as}", kind=kind, save_as=SAVE_AS)))


def _told(said: Said) -> dict[str, Any]:
    """Return a sentence and its members apart, so that the parent can say it in another language."""
    members = {name: _told(m) if isinstance(m, Said) else str(m) for name, m in said.members.items()}
    return {"error": said.said, "members": members}


def bound(limits: Limits) -> None:
    """Hold this process to the limits, where the system can: it ends by itself if its parent is no longer there."""
    if sys.platform == "win32":
        return
    import resource

    wanted = {
        resource.RLIMIT_AS: limits.memory_bytes,
        resource.RLIMIT_CPU: int(limits.seconds) + 5,
        resource.RLIMIT_CORE: 0,
    }
    for kind, most in wanted.items():
        hard = resource.getrlimit(kind)[1]
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        with suppress(OSError, ValueError):  # macOS has limits that cannot be set
            resource.setrlimit(kind, (most, most))


def messages(book: Opened, limits: Limits) -> Iterator[Mapping[str, Any]]:
    """Yield what the parent is told, in order: a sheet, its rows in batches, what was found in it; last the end."""
    cells = text = 0
    for sheet in book.sheets:
        yield {"sheet": sheet.name}
        for batch, count, length in _batches(sheet):
            cells, text = cells + count, text + length
            if cells > limits.cells or text > limits.text:
                raise too_large(limits)
            yield {"rows": batch}
        yield {"found": _found(sheet.scan)}
    yield {"end": True, "links": book.links}


def _batches(sheet: Found) -> Iterator[tuple[list[Any], int, int]]:
    batch: list[Any] = []
    cells = length = 0
    for number, texts in sheet.rows:
        batch.append((number, texts))
        cells += len(texts)
        length += sum(map(len, texts))
        if length + cells > _BATCH:
            yield batch, cells, length
            batch, cells, length = [], 0, 0
    yield batch, cells, length


def _found(scan: Scan) -> Mapping[str, Any]:
    return {
        "hidden": scan.hidden,
        "hidden_rows": sorted(scan.hidden_rows),
        "hidden_columns": sorted(scan.hidden_columns),
        "filtered": scan.filtered,
        "merged": scan.merged,
        "faults": [(*place, fault.code, fault.text) for place, fault in sorted(scan.faults.items())],
    }


def _send(out: IO[bytes], message: Mapping[str, Any]) -> None:
    text = json.dumps(message, ensure_ascii=False, separators=(",", ":"))
    out.write(text.encode("utf-8", "surrogatepass") + b"\n")
