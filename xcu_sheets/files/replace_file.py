"""Files are replaced, never overwritten: whole and new, or untouched (DESIGN rule 17)."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path

from ..model.errors import BookError


class Replacement:
    """A file being written: write to `temporary`; once the block has ended, `saved` is where it lies."""

    def __init__(self, temporary: Path, target: Path) -> None:
        self.temporary, self.saved = temporary, target


@contextmanager
def replace_file(target: Path, *, beside: bool = True) -> Iterator[Replacement]:
    """Give a temporary file (mode 0600) beside `target` and put it in its place when the block ends without error.

    A target that may not be replaced (open in Excel on Windows) is left alone: with `beside` the new file takes
    a free name, which `Replacement.saved` tells. Raises BookError where nothing can be written.
    """
    target = Path(target)
    try:
        handle, name = tempfile.mkstemp(prefix=_prefix(target), suffix=target.suffix, dir=target.parent)
        os.close(handle)
    except OSError as error:
        raise cannot_write(target, error) from error
    replacement = Replacement(Path(name), target)
    try:
        yield replacement
        _sync(replacement.temporary)
        replacement.saved = _put(replacement.temporary, target, beside)
        _sync_folder(target.parent)
    except OSError as error:
        raise cannot_write(target, error) from error
    finally:
        with suppress(OSError):
            replacement.temporary.unlink()


def check_target(name: str, endings: Sequence[str], said: str) -> None:
    """Raise BookError for a file that could not be written later, for its ending (`said`) or for want of its folder."""
    path = Path(name)
    if path.suffix.lower() not in endings:
        raise BookError("{name}: {said}: choose one of these", name=name, said=said)
    if not path.absolute().parent.is_dir():
        raise BookError("{name}: there is no folder {parent}", name=name, parent=path.absolute().parent)


def sweep(target: Path) -> None:
    """Remove what a process left that was killed while it wrote `target`: where that must lie nowhere else."""
    for left in target.absolute().parent.iterdir():
        if left.name.startswith(_prefix(target)) and left.suffix == target.suffix:
            with suppress(OSError):
                left.unlink()


def _prefix(target: Path) -> str:
    return f".xcu-{target.stem[:40]}-"


def cannot_write(target: Path, error: OSError) -> BookError:
    """Return the one line that says why a file could not be written."""
    if not target.parent.is_dir():
        return BookError(
            "{target}: the folder {parent} does not exist: make it first", target=target, parent=target.parent
        )
    return BookError(
        "{target}: cannot be written ({strerror}); the file that was there is unchanged",
        target=target,
        strerror=error.strerror or error,
    )


def _put(temporary: Path, target: Path, beside: bool) -> Path:
    try:
        temporary.replace(target)
    except PermissionError:
        if not beside or not target.is_file():
            raise
        target = _free_name(target)
        temporary.replace(target)
    return target


def _free_name(target: Path) -> Path:
    names = (target.with_name(f"{target.stem} ({number}){target.suffix}") for number in count(2))
    return next(name for name in names if not name.exists())


def _sync(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    """Make the new name durable; Windows cannot open folders and needs no such call."""
    flag = getattr(os, "O_DIRECTORY", None)
    if flag is None:
        return
    handle = os.open(folder, os.O_RDONLY | flag)
    try:
        os.fsync(handle)
    except OSError:
        pass  # some network shares refuse; the file itself is written
    finally:
        os.close(handle)
