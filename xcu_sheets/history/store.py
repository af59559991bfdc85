"""The file itself: numbered, checksummed entries, one SQLite table of them.

One table rather than one per kind, so that completeness can be proved: the numbers of its rows have no gap, and the
last of them stands in a second file. Entries are only ever added, but for `rewrite`, by which a person has personal
data removed; there is no index that could go wrong unnoticed.
"""

from __future__ import annotations

import json
import os
import secrets
import socket
import sqlite3
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple
from zlib import crc32

from ..model.errors import HistoryError
from ..model.text import Said
from .entries import HistoryHeld, Holder
from .seal import Seal, read_seal, write_seal

FORMAT = 2  # 1 lacked what calls showed, and their steps: such entries are read as they are
APPLICATION_ID = 0x58435553  # "XCUS"
BUSY_SECONDS = 2.0

_SCHEMA = (
    "CREATE TABLE entries (seq INTEGER PRIMARY KEY, crc INTEGER NOT NULL, kind TEXT NOT NULL, "
    "run_id TEXT NOT NULL, at TEXT NOT NULL, body TEXT NOT NULL)"
)
_SELECT = "SELECT seq, kind, run_id, at, body FROM entries"
_ADVICE = Said(
    "put both files back from one copy, or move both away to begin anew (earlier imports are then forgotten)"
)


class Entry(NamedTuple):
    """One row of the history."""

    seq: int
    kind: str
    run_id: str
    at: str
    body: dict[str, Any]


@dataclass(frozen=True)
class Draft:
    """An entry before it has a number and a time."""

    kind: str
    run_id: str
    body: Mapping[str, object]


class Store:
    """An open history file with its two companions; not locked against threads (History is)."""

    def __init__(self, path: Path, now: Callable[[], str]) -> None:
        self.path = path.absolute()
        self._now = now
        self._seal_path = self.path.with_suffix(".seq")
        self._holder_path = self.path.with_suffix(".holder")
        self.seen = 0
        self.holding = self._closed = False
        with self._speaking():
            _create_private(self.path, missing_is_new=not self._seal_path.exists())
            self._connection = sqlite3.connect(
                f"{self.path.as_uri()}?mode=rw",
                uri=True,
                timeout=BUSY_SECONDS,
                isolation_level=None,
                check_same_thread=False,
            )
        try:
            with self._speaking():
                self._prepare()
        except BaseException:
            self._connection.close()
            raise

    def close(self) -> None:
        """Close the file; a run that was not ended stays unfinished."""
        try:
            if self.holding:
                self._clear_holder()
        finally:
            self.holding, self._closed = False, True
            self._connection.close()

    def hold(self, holder: Holder) -> Holder | None:
        """Take the file for a run, or raise HistoryHeld; return the holder before, if it vanished without a word."""
        with self._speaking(), self._transaction("EXCLUSIVE"):
            self._check(after=self.seen)
            vanished = _read_holder(self._holder_path)
            self._write_holder(holder)
            self._connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        self.holding = True
        return vanished if vanished.process else None

    def release(self) -> None:
        """Give the file back to other processes."""
        with self._speaking():
            self._clear_holder()
            self._connection.execute("PRAGMA locking_mode = NORMAL")
            self._one("SELECT max(seq) FROM entries")  # The lock goes with the next reading.
        self.holding = False

    def append(self, drafts: Sequence[Draft]) -> list[int]:
        """Write the drafts in one commit, durable before return; HistoryError if that cannot be promised."""
        if not drafts:
            return []
        bodies = [_canonical_json(draft.body) for draft in drafts]
        at = self._now()
        with self._speaking():
            with self._transaction("IMMEDIATE"):
                first = self._last() + 1
                numbers = list(range(first, first + len(drafts)))
                rows = zip(numbers, drafts, bodies, strict=True)
                self._insert((seq, draft.kind, draft.run_id, at, body) for seq, draft, body in rows)
            self._seal(numbers[-1])
        return numbers

    def entries(self, *kinds: str, runs: Collection[str] | None = None) -> list[Entry]:
        """Return the entries of these kinds in order, of all runs or of some."""
        marks = ", ".join("?" * len(kinds))
        with self._speaking():
            rows = self._connection.execute(f"{_SELECT} WHERE kind IN ({marks}) ORDER BY seq", kinds)
            return [_entry(*row) for row in rows if runs is None or row[2] in runs]

    def entry(self, seq: int) -> Entry | None:
        """Return the entry of this number."""
        with self._speaking():
            row = self._connection.execute(f"{_SELECT} WHERE seq = ?", (seq,)).fetchone()
        return _entry(*row) if row else None

    @property
    def key(self) -> bytes:
        """The random key of this file's keyed digests."""
        return bytes.fromhex(self._birth()["key"])

    @property
    def version(self) -> tuple[int, int]:
        """What is another one after every change to the file, whoever made it."""
        with self._speaking():
            return int(self._one("PRAGMA data_version")), self._connection.total_changes

    def rewrite(self, bodies: Mapping[int, Mapping[str, object]]) -> None:
        """Replace the bodies of entries, by number, in one commit; what stood there is overwritten on the disk."""
        texts = {seq: _canonical_json(body) for seq, body in bodies.items()}
        with self._speaking(), self._transaction("EXCLUSIVE"):
            self._check(after=0)
            for seq, text in texts.items():
                row = self._connection.execute(f"{_SELECT} WHERE seq = ?", (seq,)).fetchone()
                crc = _checksum((*row[:4], text))
                self._connection.execute("UPDATE entries SET body = ?, crc = ? WHERE seq = ?", (text, crc, seq))

    @property
    def vanished(self) -> Holder | None:
        """Who held this file and went without a word, None where nobody did. Asked while no run lasts."""
        holder = _read_holder(self._holder_path)
        return holder if holder.process and not self.holding else None

    def refresh(self) -> None:
        """Check what other processes added since, so that it counts as seen."""
        if not self.holding:
            with self._speaking(), self._transaction("DEFERRED"):
                self._check(after=self.seen)

    def _prepare(self) -> None:
        sealed = self._seal_path.exists()  # Asked before the size: who creates a history seals it last.
        if not self.path.stat().st_size:
            if sealed:
                raise self._damaged(Said("it is empty"))
            self._create()
        version = self._one("PRAGMA user_version")
        ours = self._one("PRAGMA application_id") == APPLICATION_ID
        if ours and version > FORMAT:
            raise HistoryError(
                "{path} was written by a newer xcu-sheets (format {version}, this one knows {format}): "
                "use that version; nothing was changed",
                path=self.path,
                version=version,
                format=FORMAT,
            )
        if not ours or version < 1:
            raise HistoryError(
                "{path} is not a history of xcu-sheets, or is damaged: {advice}", path=self.path, advice=_ADVICE
            )
        # What SQLite moves from page to page leaves no copy behind, so that a rewritten entry is gone from every byte.
        for pragma in ("journal_mode = TRUNCATE", "synchronous = FULL", "cell_size_check = ON", "secure_delete = ON"):
            self._connection.execute(f"PRAGMA {pragma}")
        with self._transaction("DEFERRED"):
            if self._connection.execute("SELECT sql FROM sqlite_master").fetchall() != [(_SCHEMA,)]:
                raise self._damaged(Said("its table is not as it was made"))
            found = self._one("PRAGMA quick_check(1)")
            if found != "ok":
                raise self._damaged(str(found))
            self._check(after=0)
        if version < FORMAT:
            self._migrate(version)

    def _migrate(self, version: int) -> None:
        """Lift a file of an older format, so that an older program does not add to it what it does not understand."""
        with self._transaction("EXCLUSIVE"):
            if self._one("PRAGMA user_version") == version:
                self._connection.execute(f"PRAGMA user_version = {FORMAT}")

    def _create(self) -> None:
        self._connection.execute("PRAGMA journal_mode = TRUNCATE")
        self._connection.execute("PRAGMA synchronous = FULL")
        with self._transaction("EXCLUSIVE"):
            if self._one("SELECT count(*) FROM sqlite_master"):
                return
            self._connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            self._connection.execute(f"PRAGMA user_version = {FORMAT}")
            self._connection.execute(_SCHEMA)
            birth = {"format": FORMAT, "file_id": secrets.token_hex(16), "key": secrets.token_hex(32)}
            self._insert([(1, "file", "", self._now(), _canonical_json(birth))])
        _sync_folder(self.path.parent)

    def _check(self, after: int) -> None:
        """Check number and checksum of every entry past `after`, and the last number against the seal."""
        rows = self._connection.execute(
            "SELECT seq, kind, run_id, at, body, crc FROM entries WHERE seq > ? ORDER BY seq", (after,)
        )
        last = after
        for *row, crc in rows:
            last += 1
            if row[0] != last or _checksum(row) != crc:
                raise self._damaged(Said("entry {n} is missing or altered", n=last))
        if not last or self._last() != last:
            raise self._damaged(Said("it lost entries"))
        self._compare_seal(last)
        self.seen = last

    def _compare_seal(self, last: int) -> None:
        seal = read_seal(self._seal_path)
        file_id = self._birth()["file_id"]
        if seal is None:
            if last > 1:
                raise HistoryError(
                    "{name} is missing beside {path}, so nobody can tell whether the history is complete: {advice}",
                    name=self._seal_path.name,
                    path=self.path,
                    advice=_ADVICE,
                )
            self._seal(last)
        elif seal.file_id != file_id:
            raise HistoryError(
                "{path} belongs to another history than {name}: {advice}",
                path=self._seal_path,
                name=self.path.name,
                advice=_ADVICE,
            )
        elif seal.seq > last:
            raise HistoryError(
                "{path} lost its last entries ({seq} were written, {last} are there): {advice}",
                path=self.path,
                seq=seal.seq,
                last=last,
                advice=_ADVICE,
            )
        elif seal.seq < last:
            self._seal(last)  # The process ended between a commit and its seal.

    def _seal(self, last: int) -> None:
        write_seal(self._seal_path, Seal(self._birth()["file_id"], last))
        if last == 1:
            _sync_folder(self.path.parent)
        self.seen = last

    def _birth(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self._one("SELECT body FROM entries WHERE seq = 1"))
        return found

    def _last(self) -> int:
        return int(self._one("SELECT coalesce(max(seq), 0) FROM entries"))

    def _insert(self, rows: Iterable[tuple[int, str, str, str, str]]) -> None:
        self._connection.executemany(
            "INSERT INTO entries (seq, kind, run_id, at, body, crc) VALUES (?, ?, ?, ?, ?, ?)",
            ((*row, _checksum(row)) for row in rows),
        )

    def _one(self, query: str) -> Any:
        row = self._connection.execute(query).fetchone()
        return row[0] if row else None

    @contextmanager
    def _transaction(self, mode: str) -> Iterator[None]:
        self._connection.execute(f"BEGIN {mode}")
        try:
            yield
            self._connection.execute("COMMIT")
        except BaseException:
            with suppress(sqlite3.Error):
                self._connection.execute("ROLLBACK")
            raise

    def _write_holder(self, holder: Holder) -> None:
        _create_private(self._holder_path, missing_is_new=True)
        self._holder_path.write_text(json.dumps(asdict(holder)), encoding="ascii")

    def _clear_holder(self) -> None:
        with suppress(OSError):
            self._holder_path.write_bytes(b"")

    def _unusable(self, error: sqlite3.Error) -> HistoryError:
        if not self.holding:
            return HistoryError("{path} cannot be read or written: {error}", path=self.path, error=error)
        return HistoryError(
            "{path} cannot be read or written: {error}; no further call is made. Make room, then: xcu-sheets resume "
            "(or import again)",
            path=self.path,
            error=error,
        )

    def _damaged(self, how: str) -> HistoryError:
        why = how if isinstance(how, Said) else " ".join(how.split())
        return HistoryError("{path} is damaged ({why}): {advice}", path=self.path, why=why, advice=_ADVICE)

    @contextmanager
    def _speaking(self) -> Iterator[None]:
        """Turn what SQLite and the file system raise into one HistoryError; a closed file is not asked at all."""
        if self._closed:
            raise HistoryError(
                "{path} is closed: its run has ended, and no call is made or recorded any more", path=self.path
            )
        try:
            yield
        except sqlite3.ProgrammingError:
            raise
        except sqlite3.Error as error:
            code = getattr(error, "sqlite_errorcode", 0) & 0xFF
            if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
                raise HistoryHeld(_read_holder(self._holder_path)) from error
            if code in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN):
                raise self._unusable(error) from error
            raise self._damaged(str(error)) from error
        except UnicodeDecodeError as error:  # Python decodes SQLite's own names and messages, too.
            raise self._damaged(error.reason) from error
        except OSError as error:
            raise HistoryError(
                "{path} cannot be read or written: {strerror}",
                path=error.filename or self.path,
                strerror=error.strerror,
            ) from error


def this_process(run_id: str, server: str, since: str) -> Holder:
    """Return this process as a holder."""
    return Holder(run_id, server, since, os.getpid(), socket.gethostname())


def _canonical_json(body: Mapping[str, object]) -> str:
    """Return the one JSON text of `body`; TypeError for a Secret, as for anything else that is no JSON value."""
    return json.dumps(body, sort_keys=True, separators=(",", ":"), allow_nan=False, default=_plain)


def _plain(value: object) -> dict[Any, Any]:
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} is not written to the history")


def _entry(seq: int, kind: str, run_id: str, at: str, body: str) -> Entry:
    return Entry(seq, kind, run_id, at, json.loads(body))


def _checksum(row: Sequence[object]) -> int:
    return crc32("\x1f".join(map(str, row)).encode("utf-8"))


def _create_private(path: Path, *, missing_is_new: bool) -> None:
    """Make sure that `path` exists and only its owner can read it."""
    if not path.exists():
        if not missing_is_new:
            raise HistoryError(
                "{path} is gone, but {stem}.seq beside it is still there: {advice}",
                path=path,
                stem=path.stem,
                advice=_ADVICE,
            )
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # SQLite's locks die when the process closes any descriptor of the file: open it by hand only while it is new.
        with suppress(FileExistsError):
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    if os.name == "posix" and path.stat().st_mode & 0o077:
        path.chmod(0o600)


def _read_holder(path: Path) -> Holder:
    try:
        return Holder(**json.loads(path.read_text(encoding="ascii")))
    except (OSError, ValueError, TypeError):
        return Holder()


def _sync_folder(folder: Path) -> None:
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
