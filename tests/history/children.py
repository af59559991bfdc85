"""Python processes that use a history, spoken with line by line."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


@contextmanager
def child(script: str, path: Path, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """A Python process that runs `script` on the history at `path`; killed at the end if it still lives."""
    command = [sys.executable, "-c", script, str(path), *arguments]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def hear(process: subprocess.Popen[str]) -> list[Any]:
    """Wait for the next line of a child, and return the words in it."""
    return json.loads(process.stdout.readline())


def tell(process: subprocess.Popen[str]) -> None:
    """Let a child that waits go on."""
    process.stdin.write("\n")
    process.stdin.flush()
