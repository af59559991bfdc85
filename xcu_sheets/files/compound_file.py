"""One stream out of an OLE compound file [MS-CFB], the container of .xls and of encrypted workbooks."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from ..model.errors import BookError
from .gate import DAMAGED, SAVE_AS

_END = 0xFFFFFFFA  # this and above are no sectors
_ENTRY = 128


class CompoundFile:
    """A compound file held in memory; every chain is followed once round at most."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        try:
            self._open()
        except (struct.error, IndexError, ValueError) as error:
            raise BookError(DAMAGED) from error

    def _open(self) -> None:
        self._size = self._shift(30)
        self._mini_size = self._shift(32)
        fats, directory, cutoff, mini_fat = (self._word(at) for at in (44, 48, 56, 60))
        self._cutoff = cutoff
        heads = list(struct.unpack_from("<109I", self._content, 76))
        more = self._word(68)
        for _ in range(min(self._word(72), len(self._content) // self._size)):
            *sectors, more = self._words(self._sector(more))
            heads += sectors
        self._fat = [word for head in heads[:fats] if head < _END for word in self._words(self._sector(head))]
        self._entries = dict(self._directory(self._chain(directory)))
        self._mini_fat = self._words(self._chain(mini_fat)) if mini_fat < _END else []

    def _shift(self, at: int) -> int:
        shift = struct.unpack_from("<H", self._content, at)[0]
        if not 4 <= shift <= 16:
            raise ValueError("no sector size")
        return 1 << int(shift)

    def _word(self, at: int) -> int:
        return int(struct.unpack_from("<I", self._content, at)[0])

    def _words(self, data: bytes) -> list[int]:
        return list(struct.unpack(f"<{len(data) // 4}I", data[: len(data) // 4 * 4]))

    def _sector(self, number: int) -> bytes:
        start = (number + 1) * self._size
        if start >= len(self._content):
            raise ValueError("a sector beyond the end")
        return self._content[start : start + self._size]

    def _chain(self, first: int) -> bytes:
        return b"".join(map(self._sector, _followed(self._fat, first)))

    def _directory(self, data: bytes) -> Iterator[tuple[str, tuple[int, int, int]]]:
        for at in range(0, len(data) - _ENTRY + 1, _ENTRY):
            length, kind = struct.unpack_from("<HB", data, at + 64)
            first, size = struct.unpack_from("<II", data, at + 116)
            if kind in (2, 5):
                name = data[at : at + max(0, min(length, 64) - 2)].decode("utf-16-le", "replace")
                yield ("" if kind == 5 else name), (kind, first, size)

    def names(self) -> set[str]:
        """Return the names of the streams."""
        return set(self._entries)

    def stream(self, name: str) -> bytes:
        """Return a stream's bytes; raises BookError where the file is damaged."""
        _, first, size = self._entries[name]
        try:
            if size >= self._cutoff:
                return self._chain(first)[:size]
            room = self._chain(self._entries[""][1])
            step = self._mini_size
            return b"".join(room[n * step : (n + 1) * step] for n in _followed(self._mini_fat, first))[:size]
        except (struct.error, IndexError, ValueError, KeyError) as error:
            raise BookError(DAMAGED) from error


def _followed(table: list[int], first: int) -> Iterator[int]:
    number = first
    for _ in range(len(table) + 1):
        if number >= _END:
            return
        yield number
        number = table[number]
    raise ValueError("a chain that goes round")


def check_encryption(file: CompoundFile) -> None:
    """Refuse a workbook that only its password opens."""
    if file.names() & {"EncryptedPackage", "EncryptionInfo"}:
        raise BookError("password-protected: {save_as} without a password", save_as=SAVE_AS)
