"""Every sentence of ours, collected; run as a program it brings the catalogues up to date.

    python tests/words/catalogue.py

adds to each xcu_sheets.po the sentences that are new, takes out those that are gone, and compiles it.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from datetime import UTC, datetime
from inspect import cleandoc
from io import SEEK_END, BytesIO
from pathlib import Path

import click
from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

import xcu_sheets
from xcu_sheets.cli import COMMANDS, cli
from xcu_sheets.migrating.sheets import SHEETS
from xcu_sheets.model.resources import RESOURCES, RESULT_FIELDS
from xcu_sheets.reports.findings import CATALOGUE as FINDINGS
from xcu_sheets.reports.wording import CATALOGUE
from xcu_sheets.words import DOMAIN, LANGUAGES, LOCALE

PACKAGE = Path(xcu_sheets.__file__).parent
TRANSLATED = tuple(language for language in LANGUAGES if language != "en")
# What is called with a sentence of ours, and where the sentence stands among the arguments.
ERRORS = ("XcuError", "BookError", "PlanError", "HistoryError", "LoginFailed", "NoSuchProfile", "_Wrong", "Open")
KEYWORDS = {**dict.fromkeys(("translate", "Said", *ERRORS), None), "translate_n": (1, 2)}
SINCE = datetime(2026, 1, 1, tzinfo=UTC)
# No dates and no addresses: the same sentences are the same bytes.
HEADER = """msgid ""
msgstr ""
"Language: {language}\\n"
"Plural-Forms: {plural}\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"

"""
# Where sentences are data: module -> names of tables whose texts are all sentences.
TABLES: dict[str, tuple[str, ...]] = {
    "reports.counting": ("WORDS",),
    "cli.language": ("METAVARS",),
    "cli.runs": ("_REASONS",),
    "reports.audit_wording": ("CATALOGUE", "SEVERITIES", "STATUSES"),
    "reports.plan_words": (
        *("HURT_TITLES", "HURT_REASONS", "TITLES", "SHEETS", "VERBS"),
        *("HURT_HEADS", "COUNT_HEADS", "LINE_HEADS", "NOTE_HEADS"),
    ),
}
# What click says in a command's help and where it refuses one.
CLICKS: tuple[str | tuple[str, str], ...] = (
    "Usage:",
    "Options",
    "Show this message and exit.",
    "default: {default}",
    "required",
    "Error: {message}",
    "Try '{command} {option}' for help.",
    "Missing command.",
    "Missing argument",
    "Missing option",
    ("Got unexpected extra argument ({args})", "Got unexpected extra arguments ({args})"),
    ("Did you mean {possibility}?", "(Did you mean one of: {possibilities}?)"),
    "No such command {name!r}.",
    "No such option {name!r}.",
    "Option {name!r} does not take a value.",
    ("Option {name!r} requires an argument.", "Option {name!r} requires {nargs} arguments."),
    "Invalid value: {message}",
    "Invalid value for {param_hint}: {message}",
    ("{value!r} is not {choice}.", "{value!r} is not one of {choices}."),
    "{value!r} is not a valid {number_type}.",
    "{value!r} is not a valid boolean. Recognized values: {states}",
    "{value} is not in the range {range}.",
    "{name} {filename!r} does not exist.",
    "{name} {filename!r} is a file.",
    "{name} {filename!r} is a directory.",
    "{name} {filename!r} is not readable.",
)

Message = str | tuple[str, str]


def collected() -> dict[Message, None]:
    """Return every sentence, in the order of the source; a pair is one in singular and plural."""
    return dict.fromkeys(filter(None, [*_in_calls(), *_in_tables(), *_in_help(), *CLICKS]))


def _in_calls() -> Iterator[Message]:
    for path in sorted(PACKAGE.rglob("*.py")):
        if path.parent.name == "sandbox":
            continue
        with path.open("rb") as file:
            yield from (message for _, message, _, _ in extract("python", file, KEYWORDS) if message)


def _in_tables() -> Iterator[str]:
    yield from CATALOGUE.values()
    for entry in FINDINGS:
        yield from (entry.asked, *_texts(list(entry.answers.values())), entry.so)
    for resource in (*RESOURCES.values(), *SHEETS.values()):
        yield from (text for field in resource.fields for text in (field.doc, field.hint))
    yield from (field.doc for field in RESULT_FIELDS)
    for module, names in TABLES.items():
        for name in names:
            yield from _texts(getattr(importlib.import_module(f"xcu_sheets.{module}"), name))


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for one in value.values():
            yield from _texts(one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _texts(one)


def _in_help() -> Iterator[str]:
    commands: list[click.Command] = [cli]
    for module, line in COMMANDS.values():
        yield line
        commands.append(importlib.import_module(f"xcu_sheets.cli.{module}").command)
    for command in commands:
        yield cleandoc(command.help or "")
        yield from (option.help for option in command.params if isinstance(option, click.Option) and option.help)


def po_path(language: str) -> Path:
    return LOCALE / language / "LC_MESSAGES" / f"{DOMAIN}.po"


def read(language: str) -> Catalog:
    path = po_path(language)
    with BytesIO(path.read_bytes() if path.exists() else b"") as file:
        catalog = read_po(file, locale=language, domain=DOMAIN)
    catalog.creation_date = SINCE  # else it is now, in each .mo
    return catalog


def compiled(catalog: Catalog) -> bytes:
    out = BytesIO()
    write_mo(out, catalog)
    return out.getvalue()


def update(language: str) -> int:
    """Bring one catalogue up to date; returns how many sentences are not translated."""
    old, new = read(language), Catalog(locale=language, domain=DOMAIN)
    for message in collected():
        known = old.get(message[0] if isinstance(message, tuple) else message)
        new.add(message, known.string if known else None)
    out = BytesIO(HEADER.format(language=language, plural=old.plural_forms).encode())
    out.seek(0, SEEK_END)
    write_po(out, new, width=120, sort_output=True, omit_header=True)
    po_path(language).write_bytes(out.getvalue())
    po_path(language).with_suffix(".mo").write_bytes(compiled(read(language)))
    return sum(not all(_strings(m.string)) for m in new if m.id)


def _strings(string: str | tuple[str, ...]) -> tuple[str, ...]:
    return string if isinstance(string, tuple) else (string,)


if __name__ == "__main__":
    for each in TRANSLATED:
        left = update(each)
        print(f"{po_path(each)}: {left} sentences to translate")
