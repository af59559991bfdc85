"""The language a person is spoken to in: what `--lang` says, else the system's."""

from __future__ import annotations

import gettext
import locale
import os
from collections.abc import Mapping, Sequence
from copy import copy

import click

from ..words import DOMAIN, LANGUAGES, LOCALE, translate

_VARIABLES = ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")  # in the order in which gettext asks them


def wanted_language(arguments: Sequence[str], environment: Mapping[str, str]) -> str:
    """Return the language that is asked for; English where nothing, or one that there is not, is asked for."""
    for at, word in enumerate(arguments):
        given = word[7:] if word.startswith("--lang=") else "".join(arguments[at + 1 : at + 2])
        if word == "--lang" or word.startswith("--lang="):
            return given if given in LANGUAGES else LANGUAGES[0]
    asked = next((environment[name] for name in _VARIABLES if environment.get(name)), None)
    asked = asked or locale.getlocale()[0] or ""  # Windows has no such variables
    return next((language for language in LANGUAGES if asked.casefold().startswith(language)), LANGUAGES[0])


def teach_click(language: str) -> None:
    """Let click's own words (Usage, Options, prompts) come from our catalogue; it asks gettext by the environment."""
    os.environ["LANGUAGE"] = language
    gettext.bindtextdomain(DOMAIN, str(LOCALE))
    gettext.textdomain(DOMAIN)


def in_words(command: click.Command) -> click.Command:
    """Return a command with its help in the language of this context, and with the option `--lang`."""
    own = copy(command)
    own.help = translate(command.help) if command.help else None
    own.params = [*map(_in_words, command.params), lang_option()]
    return own


def _in_words(parameter: click.Parameter) -> click.Parameter:
    own = copy(parameter)
    if isinstance(own, click.Option):
        own.help = translate(own.help) if own.help else None
    return own


def lang_option() -> click.Option:
    """Return the option that every command has; `wanted_language` has read it before."""
    said = "Language of what is written and said [default: the system's]."
    return click.Option(["--lang"], type=click.Choice(LANGUAGES), expose_value=False, help=translate(said))
