"""The file beside the history that holds its last sequence number, so that lost entries are noticed."""

from __future__ import annotations

import os
import re
import threading
from dataclasses import dataclass
from pathlib import Path
from zlib import crc32

from ..model.errors import HistoryError

# Two slots of one size, written in turn and in place: the other one survives a torn write, and a full disk stops none.
_SLOT = re.compile(rb"([0-9a-f]{32}) ([0-9]{20}) ([0-9a-f]{8})\n")
_SLOT_BYTES = 63


@dataclass(frozen=True)
class Seal:
    """The last entry that a history is known to hold, and which history that is."""

    file_id: str
    seq: int

    def to_bytes(self) -> bytes:
        """Return the slot that `from_bytes` reads."""
        text = f"{self.file_id} {self.seq:020d}".encode("ascii")
        return text + f" {crc32(text):08x}\n".encode("ascii")

    @classmethod
    def from_bytes(cls, slot: bytes) -> Seal | None:
        """Return what a slot says, None if it is torn or damaged."""
        found = _SLOT.fullmatch(slot)
        if not found or int(found[3], 16) != crc32(slot[: found.end(2)]):
            return None
        return cls(found[1].decode("ascii"), int(found[2]))


def read_seal(path: Path) -> Seal | None:
    """Return the newest readable slot, None if there is no file; HistoryError if neither slot is readable."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise HistoryError("{path} cannot be read: {strerror}", path=path, strerror=error.strerror) from error
    slots = (Seal.from_bytes(content[at : at + _SLOT_BYTES]) for at in (0, _SLOT_BYTES))
    seals = [seal for seal in slots if seal]
    if not seals:
        raise HistoryError(
            "{path} is damaged, so nobody can tell whether the history beside it is complete: put "
            "both files back from one copy, or move both away to begin anew (earlier imports are "
            "then forgotten)",
            path=path,
        )
    return max(seals, key=lambda seal: seal.seq)


def write_seal(path: Path, seal: Seal) -> None:
    """Put `seal` into the file, durably; the slot before it stays as it is."""
    if not path.exists():
        _begin(path, seal)
        return
    with path.open("r+b") as file:
        first, second = (Seal.from_bytes(file.read(_SLOT_BYTES)) for _ in range(2))
        newest_is_first = first is not None and (second is None or first.seq > second.seq)
        file.seek(_SLOT_BYTES if newest_is_first else 0)
        file.write(seal.to_bytes())
        file.flush()
        os.fsync(file.fileno())


def _begin(path: Path, seal: Seal) -> None:
    """Make the file at once with its first slot: several processes may do this together."""
    new = path.with_name(f"{path.name}.{os.getpid()}.{threading.get_ident()}")
    try:
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(seal.to_bytes())
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)
    finally:
        new.unlink(missing_ok=True)
