"""Edits as a person makes them: real workbooks opened, changed and saved; CSV files likewise."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
from click.testing import CliRunner, Result
from openpyxl import load_workbook

from xcu_sheets.model.resources import RESOURCES
from xcu_sheets.sandbox import Sandbox


@dataclass(frozen=True)
class Cli:
    """The command line against one server."""

    url: str
    state: Path

    def __call__(self, *arguments: object, code: int | None = 0, state: Path | None = None, **kwargs: object) -> Result:
        """Run one command; its exit code must be `code` (None: any)."""
        from xcu_sheets.cli import main

        environment = {
            "XCU_URL": self.url,
            "XCU_PASSWORD": "superpass",
            "XCU_SHEETS_STATE": str(state or self.state),
            "LANGUAGE": "",  # put back afterwards: a command says there in which language it speaks
            **kwargs.pop("env", {}),
        }
        result = CliRunner().invoke(_as_command(main), [*map(str, arguments)], env=environment, **kwargs)
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert code is None or result.exit_code == code, result.output
        return result


def _as_command(main: Callable[[], None]):
    """Let click's runner call our own `main`, exit codes, error lines and all."""

    @click.command(context_settings={"ignore_unknown_options": True, "help_option_names": []})
    @click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
    def entry(arguments: tuple[str, ...]) -> None:
        before, sys.argv = sys.argv, ["xcu-sheets", *arguments]
        try:
            main()
        finally:
            sys.argv = before

    return entry


def environment(url: str, state: Path) -> dict[str, str]:
    """Return the environment of a command in a process of its own, on a machine of its own."""
    own = {"XCU_URL": url, "XCU_SHEETS_STATE": str(state), "XCU_SHEETS_CONFIG": str(state / "config")}
    return {**os.environ, **own, "XCU_PASSWORD": "superpass"}


def start(url: str, state: Path, *arguments: object) -> subprocess.Popen[str]:
    """Start one command in a process of its own; all it says comes on its stdout."""
    command = [sys.executable, "-m", "xcu_sheets", *map(str, arguments)]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    return subprocess.Popen(command, env=environment(url, state), text=True, **pipes)


def wait_until(is_so: Callable[[], bool]) -> None:
    """Return as soon as it is so; a minute is too long."""
    deadline = time.monotonic() + 60
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.01)


WRITES = ("POST", "PUT", "DELETE")


def column_of(sheet: Any, name: str) -> int:
    """Return the column (from 1) whose header is a field's label or machine name."""
    field = RESOURCES[sheet.title].by_name.get(name)
    wanted = {name, field.label} if field else {name}
    return next(cell.column for cell in sheet[1] if cell.value in wanted)


def row_of(path: Path, sheet: str, column: str, value: str) -> int:
    """Return the row number whose cell in a column holds a value."""
    book = load_workbook(path)
    found = book[sheet]
    at = column_of(found, column)
    return next(row for row in range(2, found.max_row + 1) if found.cell(row, at).value == value)


def edit(path: Path, sheet: str, cells: Mapping[tuple[int, str], Any]) -> None:
    """Type values into cells, given by (row, column's machine name)."""
    book = load_workbook(path)
    for (row, name), value in cells.items():
        book[sheet].cell(row, column_of(book[sheet], name)).value = value
    book.save(path)


def add_rows(path: Path, sheet: str, rows: Iterable[Mapping[str, Any]]) -> list[int]:
    """Write rows below the last filled one and return their numbers."""
    book = load_workbook(path)
    found = book[sheet]
    last = max((c.row for line in found.iter_rows() for c in line if c.value is not None), default=1)
    numbers = []
    for number, cells in enumerate(rows, start=last + 1):
        numbers.append(number)
        for name, value in cells.items():
            found.cell(number, column_of(found, name)).value = value
    book.save(path)
    return numbers


def read_sheet(path: Path, sheet: str) -> list[dict[str, str]]:
    """Return a sheet's rows by the header that is written there."""
    lines = list(load_workbook(path)[sheet].iter_rows(values_only=True))
    return [dict(zip(lines[0], ["" if v is None else str(v) for v in line], strict=True)) for line in lines[1:]]


def write_csv(path: Path, rows: Iterable[Mapping[str, str]], encoding: str = "utf-8-sig", delimiter: str = ";") -> Path:
    """Write a CSV as a person's Excel does."""
    listed = list(rows)
    columns = list(dict.fromkeys(name for row in listed for name in row))
    with path.open("w", newline="", encoding=encoding) as file:
        writer = csv.DictWriter(file, columns, delimiter=delimiter, restval="")
        writer.writeheader()
        writer.writerows(listed)
    return path


def writes(server: Sandbox) -> list[tuple[str, str]]:
    """Return the write calls that reached the server, logins apart."""
    return [(c.method, c.path) for c in server.calls if c.method in WRITES and c.path != "/login"]


def reads(server: Sandbox) -> list[str]:
    """Return the paths of the read calls that reached the server."""
    return [c.path for c in server.calls if c.method == "GET"]


def people(count: int, entity: str, template: str = "Modèle standard", prefix: str = "Person") -> list[dict[str, str]]:
    """Return onboarding rows for new people of one entity."""
    return [
        {"entity": entity, "template": template, "first_name": f"{prefix} {n}", "last_name": f"Test{entity[:3]}{n}"}
        for n in range(count)
    ]


def live_user(server: Sandbox, user_id: int) -> dict[str, Any]:
    """Return a user's row behind the API."""
    row = server.user_row(user_id)
    assert row is not None
    return row
