"""The SHA-256 of what was written or read: of a file its bytes, of a folder of CSVs the list of its files."""

from __future__ import annotations

import hashlib
from pathlib import Path

from ..model.errors import BookError
from .csv_folder import ABOUT, BASELINE_FOLDER
from .reading import TABLES


def sha256_of(path: Path | str) -> str:
    """Return the SHA-256 of a file's bytes, or of a folder what `sha256sum` would print of its files, sorted by name.

    Those are the lines `DIGEST  NAME` of every .csv, .tsv and .txt file in it and of its baseline, so that
    `sha256sum users.csv ... baseline/book.json | sha256sum` gives the same. Raises BookError where one cannot be read.
    """
    path = Path(path)
    if not path.is_dir():
        return _digest(path)
    return hashlib.sha256("".join(f"{sha}  {name}\n" for name, sha in file_digests(path).items()).encode()).hexdigest()


def file_digests(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of each file of a folder of CSVs and of its baseline, by name with `/`, sorted."""
    within = folder / BASELINE_FOLDER
    named = {file.name: file for file in folder.iterdir() if file.suffix.lower() in TABLES and file.is_file()}
    if within.is_dir():
        kept = (file for file in within.iterdir() if file.suffix == ".csv" or file.name == ABOUT)
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
