"""What the tests of problems copies begin with."""

from __future__ import annotations

from pathlib import Path

import pytest
from lists_with_problems import hand_made


@pytest.fixture
def arrivals(tmp_path: Path) -> Path:
    """The list of an HR department."""
    return hand_made(tmp_path / "arrivals.xlsx")
