"""What no file of the repository may hold, and what only the command line may do."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = sorted((ROOT / "xcu_sheets").rglob("*.py"))
# Written in halves, so that this file may be looked at too.
FORBIDDEN = ("/wo" + "rk/", ".lib" + "rary", "--index" + "-url", "pypi" + "-more")


def repository_files() -> list[Path]:
    """Return the files that are in git, or would be with the next `git add .`."""
    git = shutil.which("git")
    if not git or not (ROOT / ".git").exists():
        pytest.skip("not a git repository")
    listed = subprocess.run(
        [git, "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=False,
        text=True,
        encoding="utf-8",
    )
    if listed.returncode:
        pytest.skip(f"git does not list the files: {listed.stderr.strip()}")
    return [path for name in listed.stdout.split("\0") if name and (path := ROOT / name).is_file()]


def test_no_file_names_the_machine_it_was_written_on() -> None:
    """No path of a builder's machine and no package index address is in any file."""
    found = [
        f"{path.relative_to(ROOT)}: {word}"
        for path in repository_files()
        for word in FORBIDDEN
        if word.encode() in path.read_bytes()
    ]
    assert not found


def test_the_lock_pins_names_and_versions_only() -> None:
    """Every line is name==version, in the order that pip prints them, under the command that makes the file."""
    first, *pins = (ROOT / "requirements-dev.lock").read_text(encoding="utf-8").splitlines()
    assert first.startswith("# ")
    assert "pip freeze --exclude-editable" in first
    assert [p for p in pins if not re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.!+]+", p)] == []
    assert [p.lower() for p in pins] == sorted((p.lower() for p in pins), key=lambda p: p.partition("==")[0])


def test_the_lock_pins_everything_that_pyproject_asks_for() -> None:
    """A dependency that was added without refreshing the lock is missed there."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    asked = [*project["dependencies"], *(r for rs in project["optional-dependencies"].values() for r in rs)]
    lock = (ROOT / "requirements-dev.lock").read_text(encoding="utf-8")
    pinned = {_plain(line.partition("==")[0]) for line in lock.splitlines() if "==" in line}
    assert {_plain(re.match(r"[\w.-]+", r)[0]) for r in asked} <= pinned


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_the_changelog_begins_with_the_version() -> None:
    """The newest entry of CHANGELOG.md, "Unreleased" apart, is the version in pyproject.toml."""
    changelog = ROOT / "CHANGELOG.md"
    if not changelog.exists():
        pytest.skip("there is no CHANGELOG.md yet")
    versions = re.findall(r"^## \[?v?(\d[^\]\s]*)", changelog.read_text(encoding="utf-8"), re.MULTILINE)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert versions[0] == project["version"]


def _forbidden(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Yield what only the command line may do: print, exit, ask, and read the environment."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id in ("print", "input", "exit", "quit", "SystemExit", "breakpoint"):
            yield node.lineno, node.id
        elif isinstance(node, ast.Attribute) and ast.unparse(node) in (
            "sys.exit", "os._exit", "os.environ", "os.getenv", "os.environb", "os.putenv", "sys.argv",
        ):  # fmt: skip
            yield node.lineno, ast.unparse(node)
        elif isinstance(node, ast.ImportFrom) and node.module in ("os", "sys"):
            names = {alias.name for alias in node.names} & {"environ", "getenv", "exit", "_exit", "argv"}
            yield from ((node.lineno, f"from {node.module} import {name}") for name in names)


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_only_the_command_line_prints_exits_and_reads_the_environment(path: Path) -> None:
    """Everywhere else what happens is a value or an exception, and settings are arguments."""
    if path.parent.name == "cli":
        return
    found = [f"line {line}: {what}" for line, what in _forbidden(ast.parse(path.read_text(encoding="utf-8")))]
    assert not found


def test_the_scan_sees_what_it_looks_for() -> None:
    """The scan above is not blind."""
    seen = "print(1)\nimport os, sys\nos.environ['A']\nsys.exit(2)\nfrom os import environ\nraise SystemExit\n"
    assert [line for line, _ in sorted(_forbidden(ast.parse(seen)))] == [1, 3, 4, 5, 6]
