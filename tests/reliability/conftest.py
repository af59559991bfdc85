"""A history of their own for runs that tests drive through the library."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from reliability.stories import open_history

from xcu_sheets.history import History


@pytest.fixture
def history(tmp_path: Path) -> Iterator[History]:
    with open_history(tmp_path / "h") as opened:
        yield opened
