"""The language a person is spoken to in: what `--lang` says, else the system's."""

from __future__ import annotations

import gettext
import locale
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import copy
from inspect import cleandoc
from typing import Any

import click

from ..words import DOMAIN, LANGUAGES, LOCALE, speaking, translate

# What a help calls the value of an option or argument.
METAVARS = (
    *("BOOK", "OUT", "OUT.xlsx", "RUN", "PLAN.json", "FILE", "NAME", "AGE", "MIB"),
    *("COLUMN", "COLUMN=VALUE", "NAME=VALUE", "SHEETS", "OUT...", "FILE.json", "OLD.json", "PROFILE", "NUMBERS"),
    *("[XIVO=]ID", "ENTITY=CONTEXT"),
    *(
        "[OPTIONS]",
        "COMMAND [ARGS]...",
        "TEXT",
        "PATH",
        "DIRECTORY",
        "INTEGER",
        "INTEGER RANGE",
        "FLOAT RANGE",
        "CHOICE",
        "BOOLEAN",
    ),
)
_NAME, _LONG = re.compile("[a-z]*"), {"french": "fr", "english": "en"}
_VARIABLES = ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")  # in the order in which gettext asks them


def wanted_language(arguments: Sequence[str], environment: Mapping[str, str]) -> str:
    """Return the language that is asked for; English where nothing, or one that there is not, is asked for."""
    for at, word in enumerate(arguments):
        given = word[7:] if word.startswith("--lang=") else "".join(arguments[at + 1 : at + 2])
        if word == "--lang" or word.startswith("--lang="):
            return given if given in LANGUAGES else LANGUAGES[0]
    asked = next((environment[name] for name in _VARIABLES if environment.get(name)), None)
    asked = asked or locale.getlocale()[0] or ""  # Windows has no such variables, and says French_France
    names = (_NAME.match(one.casefold())[0] for one in asked.split(":"))  # type: ignore[index]
    return next((known for name in names if (known := _LONG.get(name, name)) in LANGUAGES), LANGUAGES[0])


@contextmanager
def speaking_all(language: str) -> Iterator[None]:
    """Speak this language within the block, click too: its words (Usage, Options) come from our catalogue then.

    Click asks gettext, which goes by the environment.
    """
    before = os.environ.get("LANGUAGE")
    os.environ["LANGUAGE"] = language
    gettext.bindtextdomain(DOMAIN, str(LOCALE))
    gettext.textdomain(DOMAIN)
    try:
        with speaking(language):
            yield
    finally:
        os.environ.pop("LANGUAGE") if before is None else os.environ.update(LANGUAGE=before)


def in_words(command: click.Command) -> click.Command:
    """Return a command with its help in the language of this context, and with the option `--lang`."""
    own = copy(command)
    own.help = translate(cleandoc(command.help)) if command.help else None
    own.options_metavar = translate(command.options_metavar) if command.options_metavar else None
    if isinstance(own, click.Group):
        own.subcommand_metavar = translate(own.subcommand_metavar)
    own.params = [*map(_in_words, command.params), lang_option()]
    return own


def _in_words(parameter: click.Parameter) -> click.Parameter:
    own = copy(parameter)
    own.type = _kind_in_words(own.type)
    if isinstance(own, click.Option):
        own.help = translate(own.help) if own.help else None
        own.metavar = translate(own.metavar) if own.metavar else None
    elif own.name and not isinstance(own.type, click.Choice):
        shown = translate(own.metavar or own.name.replace("_", " ").upper())
        own.metavar = shown if own.required else f"[{shown}]"
    return own


def _kind_in_words(kind: Any) -> Any:
    """Return a type of click's by the name of its kind in this language, as metavars and refusals name it."""
    own = copy(kind)
    own.name = translate(kind.name.upper()).lower()
    return own


def lang_option() -> click.Option:
    """Return the option that every command has; `wanted_language` has read it before."""
    said = translate("Language of what is written and said [default: the system's].")
    return click.Option(["--lang"], type=click.Choice(LANGUAGES), expose_value=False, help=said)
