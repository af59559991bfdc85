"""Two servers, their profiles, and a mapping book filled in as a person does."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from openpyxl import load_workbook

from xcu_sheets.files.escapes import unguard
from xcu_sheets.sandbox import Sandbox

STANDARD = "Modèle standard"


def write_profiles(folder: Path, **urls: str) -> None:
    """Write a profile for each server into the folder of the profile file."""
    folder.mkdir(parents=True, exist_ok=True)
    text = "".join(f'[{name}]\nurl = "{url}"\n' for name, url in urls.items())
    (folder / "profiles.toml").write_text(text)


def fill(path: Path, sheet: str, rows: Mapping[str, Mapping[str, Any]]) -> None:
    """Type values under headers into the rows that begin with these texts."""
    book = load_workbook(path)
    found = book[sheet]
    headers = {cell.value: cell.column for cell in found[1]}
    places = {found.cell(row, 1).value: row for row in range(2, found.max_row + 1)}
    for first, cells in rows.items():
        for header, value in cells.items():
            found.cell(places[first], headers[header]).value = value
    book.save(path)


def append(path: Path, sheet: str, cells: Mapping[str, Any]) -> None:
    """Write a row below the last one."""
    book = load_workbook(path)
    found = book[sheet]
    headers = {cell.value: cell.column for cell in found[1]}
    row = max(r for r in range(1, found.max_row + 1) if any(c.value for c in found[r])) + 1
    for header, value in cells.items():
        found.cell(row, headers[header]).value = value
    book.save(path)


def rows_of(path: Path, sheet: str) -> dict[str, dict[str, str]]:
    """Return a sheet's rows by their first cell."""
    lines = list(load_workbook(path)[sheet].iter_rows(values_only=True))
    rows = (dict(zip(lines[0], ["" if v is None else str(v) for v in line], strict=True)) for line in lines[1:])
    return {next(iter(row.values())): row for row in rows}


def colour_of(path: Path, sheet: str, first: str, header: str) -> str:
    """Return the fill of a cell."""
    found = load_workbook(path)[sheet]
    at = next(cell.column for cell in found[1] if cell.value == header)
    row = next(row for row in range(2, found.max_row + 1) if found.cell(row, 1).value == first)
    return str(found.cell(row, at).fill.fgColor.rgb)


def read_list(path: Path) -> list[dict[str, str]]:
    """Return the lines of one of our CSV files."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        lines = csv.DictReader(file, delimiter=";")
        return [{header: unguard(text) for header, text in line.items()} for line in lines]


def change_entity(server: Sandbox, cid: str, **columns: str) -> None:
    """Change an entity behind the API."""
    for name, text in columns.items():
        with server.world.store.transaction():
            server.world.store.run(f"UPDATE entities SET {name} = ? WHERE combined_id = ?", text, cid)
