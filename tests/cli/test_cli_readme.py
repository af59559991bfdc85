"""README's own lines run."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from openpyxl import load_workbook
from support import people, write_csv

from xcu_sheets.sandbox import Sandbox

README = Path(__file__).parents[2] / "README.md"


def test_the_library_lines_of_readme_run(server: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """README's ten lines export, plan, apply and report against a real server."""
    (code,) = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    assert len([line for line in code.splitlines() if line.strip()]) <= 10
    write_csv(tmp_path / "people.csv", people(2, "chirurgie@192.168.29.220"))
    monkeypatch.chdir(tmp_path)
    exec(compile(code.replace("http://127.0.0.1:9001", server.url), "README.md", "exec"), {})
    users = load_workbook(tmp_path / "result.xlsx")["users"]
    assert [row[0].value for row in users.iter_rows(min_row=2)] == ["created", "created"]
    assert (tmp_path / "xcu.xlsx").exists()
