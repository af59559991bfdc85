"""Books written as CSV: a folder with one file per sheet and the baseline beside them, or a single file."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from pathlib import Path

import pandas as pd

from ..model.book import Baseline
from ..model.errors import BookError
from ..model.resources import RESOURCES
from .baseline import digest, payload_of, sheet_texts, without_secrets
from .csv_text import encode_csv
from .replace_file import cannot_write, replace_file

BASELINE_FOLDER = "baseline"
ABOUT = "book.json"


def write_folder(folder: Path | str, frames: Mapping[str, pd.DataFrame], *, baseline: Baseline | None) -> Path:
    """Write frames of text, by resource name, as `users.csv`, `templates.csv`, ...; return the folder.

    Every text is made before the first file is replaced. An older baseline there is removed. Raises BookError where
    the folder holds another sheet: old rows under a new baseline would look like edits.
    """
    folder = Path(folder)
    refuse_leftovers(folder, frames)
    return put_files(folder, _files(folder, frames), baseline=baseline)


def put_files(folder: Path, files: Mapping[Path, bytes], *, baseline: Baseline | None) -> Path:
    """Put a folder's sheets, by their paths, and its baseline in place of older ones; return the folder."""
    old = {folder / BASELINE_FOLDER / f"{name}.csv" for name in RESOURCES} | {folder / BASELINE_FOLDER / ABOUT}
    if baseline:
        files = {**files, **_baseline_files(folder / BASELINE_FOLDER, without_secrets(baseline))}
    for parent in dict.fromkeys([folder, *(path.parent for path in files)]):
        _make_folder(parent)
    for path in old - set(files):
        path.unlink(missing_ok=True)
    for path, content in files.items():
        write_bytes(path, content, beside=False)
    return folder


def write_csv(path: Path | str, frame: pd.DataFrame) -> Path:
    """Write one frame of text as a CSV file; return where it was saved."""
    return write_bytes(Path(path), encode_csv(frame, Path(path).name), beside=True)


def refuse_leftovers(folder: Path, frames: Collection[str]) -> None:
    """Raise BookError where a folder holds a sheet that is not among those to be written."""
    left = [f"{name}.csv" for name in RESOURCES if name not in frames and (folder / f"{name}.csv").exists()]
    if left:
        raise BookError(
            "{folder}: holds {left} of another export: choose another folder", folder=folder, left=", ".join(left)
        )


def _files(folder: Path, frames: Mapping[str, pd.DataFrame]) -> dict[Path, bytes]:
    """Return the content of each file; names come from the table only, never from data."""
    return {folder / f"{name}.csv": encode_csv(frames[name], f"{name}.csv") for name in RESOURCES if name in frames}


def _baseline_files(folder: Path, baseline: Baseline) -> dict[Path, bytes]:
    about = baseline.about()
    signed = {**about, "digest": digest(payload_of(about, sheet_texts(baseline)))}
    return _files(folder, baseline.frames) | {folder / ABOUT: json.dumps(signed, indent=1).encode("ascii")}


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise cannot_write(folder, error) from error


def write_bytes(path: Path, content: bytes, *, beside: bool) -> Path:
    """Put a file in place of an older one; return where it was saved, with `beside` maybe under a free name."""
    with replace_file(path, beside=beside) as file:
        file.temporary.write_bytes(content)
    return file.saved
