"""The public names, and what is loaded to answer."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

import xcu_sheets

HEAVY = {"pandas", "pandera", "openpyxl", "xlsxwriter", "requests", "flask", "jinja2"}
CALL = "from xcu_sheets.cli import main; main()"
ONBOARDING = Path(__file__).parents[2] / "sample_data" / "onboarding" / "users.csv"


def loaded(program: str, *arguments: object) -> set[str]:
    """Return the modules that a fresh interpreter imports, by its own account."""
    command: Sequence[str] = [sys.executable, "-X", "importtime", "-c", program, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", timeout=60, check=True)
    lines = [line for line in done.stderr.splitlines() if line.startswith("import time:")]
    return {line.rpartition("|")[2].strip() for line in lines}


def test_the_public_names_are_those_of_the_lazy_table() -> None:
    """`__all__` is sorted and says exactly what the table can load."""
    assert xcu_sheets.__all__ == sorted(xcu_sheets._HOME_OF)
    assert set(dir(xcu_sheets)) == {*xcu_sheets.__all__, "__version__"}


@pytest.mark.parametrize("name", [*xcu_sheets.__all__, "__version__"])
def test_every_public_name_can_be_got(name: str) -> None:
    """No name of the table has moved away from its home."""
    assert getattr(xcu_sheets, name)


@pytest.mark.parametrize("name", sorted(xcu_sheets.__all__))
def test_every_public_name_is_documented(name: str) -> None:
    """Each has a docstring of its own, not one that its base lends it."""
    found = getattr(xcu_sheets, name)
    assert found.__dict__.get("__doc__") if isinstance(found, type) else found.__doc__


def test_an_unknown_name_is_an_attribute_error() -> None:
    """A misspelled name fails as in any module."""
    with pytest.raises(AttributeError, match="no attribute 'Clinet'"):
        xcu_sheets.Clinet  # noqa: B018


@pytest.mark.parametrize(
    ("program", "arguments"),
    [("import xcu_sheets", ()), (CALL, ("--help",)), (CALL, ("--version",))],
    ids=["import", "help", "version"],
)
def test_nothing_heavy_is_loaded_to_say_hello(program: str, arguments: tuple[str, ...]) -> None:
    """`import xcu_sheets`, --help and --version load no data, HTTP or sandbox library."""
    modules = loaded(program, *arguments)
    assert "xcu_sheets" in modules
    assert not modules & HEAVY


def test_checking_a_csv_loads_neither_http_nor_workbooks() -> None:
    """`check` on a CSV needs pandas and pandera, nothing to call a server or to read a workbook."""
    modules = loaded(CALL, "check", ONBOARDING)
    assert "pandera" in modules
    assert not modules & {"requests", "openpyxl", "xlsxwriter", "flask"}


def test_the_fields_need_no_rules_and_no_server() -> None:
    """`fields` prints the table: no pandera, no HTTP, no workbook."""
    assert not loaded(CALL, "fields", "users") & (HEAVY - {"pandas"})
