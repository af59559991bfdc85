"""README, ARCHITECTURE and CONTRIBUTING say what is so."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest

from xcu_sheets.cli import COMMANDS, LazyGroup, cli
from xcu_sheets.cli.fields import markdown
from xcu_sheets.model.resources import RESOURCES

ROOT = Path(__file__).parents[2]
DOCS = ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md")
# Options in the documents that belong to other programs.
FOREIGN = {"--durations"}


def text_of(name: str) -> str:
    """Return a document; a test of one that is not written yet is skipped."""
    path = ROOT / name
    if not path.exists():
        pytest.skip(f"there is no {name} yet")
    return path.read_text(encoding="utf-8")


def code_in(text: str) -> list[str]:
    """Return what a document sets as code: fenced blocks and inline pieces."""
    fence = re.compile(r"^```[^\n]*\n(.*?)^```", re.DOTALL | re.MULTILINE)
    return [*fence.findall(text), *re.findall(r"`([^`\n]+)`", fence.sub("", text))]


def options_of(name: str) -> set[str]:
    """Return the options of a command."""
    command = cli.get_command(click.Context(cli), name)
    assert command is not None
    return {o for p in command.params for o in (*p.opts, *p.secondary_opts) if o.startswith("--")} | {"--help"}


def test_code_is_found_in_fences_and_lines() -> None:
    """The parser of this file sees both, and each once."""
    assert code_in("a `xcu-sheets one` b\n```sh\nxcu-sheets two\n```\n`three`") == [
        "xcu-sheets two\n",
        "xcu-sheets one",
        "three",
    ]


@pytest.mark.parametrize("name", DOCS)
def test_every_command_in_the_documents_exists(name: str) -> None:
    """`xcu-sheets WORD` is a command."""
    words = {w for code in code_in(text_of(name)) for w in re.findall(r"\bxcu-sheets +([a-z][a-z-]*)", code)}
    assert words <= set(COMMANDS)


@pytest.mark.parametrize("name", DOCS)
def test_every_option_in_the_documents_exists(name: str) -> None:
    """Each `--option` is one of a command, and of that command where it stands on its line."""
    every = {"--version", *FOREIGN}.union(*(options_of(command) for command in COMMANDS))
    wrong = []
    for line in "\n".join(code_in(text_of(name))).splitlines():
        named = re.search(r"\bxcu-sheets +([a-z][a-z-]*)", line)
        known = options_of(named[1]) if named and named[1] in COMMANDS else every
        wrong += [
            f"{option} in {line!r}" for option in re.findall(r"(?<![\w-])--[a-z][a-z-]*", line) if option not in known
        ]
    assert not wrong


def test_the_readme_names_every_command() -> None:
    """A command that README does not know is one that nobody finds."""
    code = "\n".join(code_in(text_of("README.md")))
    assert [name for name in COMMANDS if not re.search(rf"xcu-sheets +{name}\b", code)] == []


def test_the_readme_opens_with_the_two_commands() -> None:
    """Set-up and main job, then set-up and tests: `.ci/run` reads the second one from there."""
    blocks = [code.strip() for code in code_in(text_of("README.md"))]
    assert blocks[:2] == [
        "python3 -m venv .venv && .venv/bin/pip install '.[sandbox]' && .venv/bin/xcu-sheets demo",
        "python3 -m venv .venv && .venv/bin/pip install -e '.[sandbox,test]' && .venv/bin/pytest",
    ]


@pytest.mark.parametrize("name", RESOURCES)
def test_the_readme_tables_are_what_fields_prints(name: str) -> None:
    """Between the marks of a resource stands what `xcu-sheets fields RESOURCE` prints."""
    text = text_of("README.md")
    if f"<!-- fields:{name} -->" not in text and "<!-- fields:" not in text:
        pytest.skip("README has no field tables yet")
    table = re.search(rf"<!-- fields:{name} -->\n(.*?)\n<!-- /fields -->", text, re.DOTALL)
    assert table
    assert table[1].strip() == markdown(RESOURCES[name])


def test_every_command_says_in_the_list_what_it_does() -> None:
    """The list of --help names each command, and each has a help of its own with an example or an argument."""
    assert isinstance(cli, LazyGroup)
    shown = cli.get_help(click.Context(cli, info_name="xcu-sheets"))
    for name, (_, line) in COMMANDS.items():
        command = cli.get_command(click.Context(cli), name)
        assert command is not None
        assert command.name == name
        assert command.help
        assert name in shown
        assert line.split(",")[0].split(":")[0][:30] in shown
