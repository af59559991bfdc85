"""The SHA-256 of what was written or read: of a file its bytes, of a folder of CSVs the list of its files."""

from __future__ import annotations

import hashlib
from pathlib import Path

from ..model.errors import BookError
from .csv_folder import ABOUT, BASELINE_FOLDER
from .reading import TABLES
from .recognition import resource_named


def sha256_of(path: Path | str) -> str:
    """Return the SHA-256 of a file's bytes, or of a folder that of what `sha256sum` prints of its files by name.

    Those are the lines `DIGEST  NAME` of `file_digests`. Raises BookError where a file cannot be read.
    """
    path = Path(path)
    if not path.is_dir():
        return _digest(path)
    return hashlib.sha256("".join(f"{sha}  {name}\n" for name, sha in file_digests(path).items()).encode()).hexdigest()


def file_digests(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of each file that `read_book` reads of a folder of CSVs, by name with `/`, sorted.

    Those are its sheets by their names, else every table in it, and its baseline.
    """
    found = {file.name: file for file in folder.iterdir() if file.suffix.lower() in TABLES and file.is_file()}
    named = {name: file for name, file in found.items() if resource_named(file.stem)} or found
    if (folder / BASELINE_FOLDER).is_dir():
        kept = (file for file in (folder / BASELINE_FOLDER).iterdir() if file.suffix == ".csv" or file.name == ABOUT)
        named |= {f"{BASELINE_FOLDER}/{file.name}": file for file in kept}
    return {name: _digest(named[name]) for name in sorted(named)}


def _digest(file: Path) -> str:
    try:
        with file.open("rb") as opened:
            return hashlib.file_digest(opened, "sha256").hexdigest()
    except FileNotFoundError as error:
        raise BookError("{path}: there is no such file", path=file) from error
    except OSError as error:
        raise BookError("{path}: cannot be read ({strerror})", path=file, strerror=error.strerror or error) from error
