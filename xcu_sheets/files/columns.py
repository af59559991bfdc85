"""columns.toml: which column of a person's list means which of ours, as a checked value."""

from __future__ import annotations

import string
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..model.errors import BookError, XcuError
from ..model.fields import Field
from ..model.resources import USERS
from ..model.text import Said, asks_auto, clean_text, fold, safe_text
from .recognition import nearest_field

PARTS = ("columns", "constants", "joined", "values")
OTHERS = "*"
_SECTIONS = ", ".join(f"[{part}]" for part in PARTS)


@dataclass(frozen=True)
class ColumnMap:
    """What a list's columns mean. Our columns go by machine name, theirs by header as written in the file.

    `columns` give ours by theirs, "" for one that is none of ours; `constants` are texts for every row; `joined` are
    formats with their headers in braces; `values` say, by their header and the folded text of a cell (`*` for any
    other), what ours are.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    constants: Mapping[str, str] = field(default_factory=dict)
    joined: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, Mapping[str, str]]] = field(default_factory=dict)

    @property
    def headers(self) -> list[str]:
        """Their headers that the map speaks of, each once."""
        named = [*self.columns, *(h for text in self.joined.values() for h in names_in(text)), *self.values]
        return list(dict.fromkeys(named))

    def described(self) -> list[Said]:
        """Return a line for each of our columns that gets its text from this map, and of theirs left alone."""
        return [
            *(_moved(theirs, ours) for theirs, ours in self.columns.items()),
            *(_moved(text, ours) for ours, text in self.joined.items()),
            *(_looked_up(theirs, lines) for theirs, lines in self.values.items()),
            *(Said("{ours} = {text} in every row", ours=ours, text=text) for ours, text in self.constants.items()),
        ]


def _moved(theirs: str, ours: str) -> Said:
    return (
        Said("{theirs} -> {ours}", theirs=theirs, ours=ours)
        if ours
        else Said("{theirs} is none of ours", theirs=theirs)
    )


def _looked_up(theirs: str, lines: Mapping[str, Mapping[str, str]]) -> Said:
    ours = ", ".join(targets_of(lines))
    return Said("{theirs} ({n} values) -> {ours}", theirs=theirs, n=len(lines), ours=ours)


def names_in(text: str) -> list[str]:
    """Return the headers that stand in braces in a format."""
    return [name for _, name, _, _ in string.Formatter().parse(text) if name is not None]


def targets_of(table: Mapping[str, Mapping[str, str]]) -> list[str]:
    """Return our columns that a value table fills, each once."""
    return list(dict.fromkeys(ours for cells in table.values() for ours in cells))


def read_columns(path: Path | str) -> ColumnMap:
    """Read columns.toml. Raises BookError, one line that names the key, for the first thing that is wrong in it."""
    try:
        body = tomllib.loads(Path(path).read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise BookError(
            "{path}: there is no such file: xcu-sheets columns BOOK -o {path} drafts one", path=path
        ) from None
    except OSError as failed:
        raise BookError(
            "{path}: cannot be read ({strerror})", path=path, strerror=failed.strerror or failed
        ) from failed
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as failed:
        raise BookError("{path} is not readable as TOML: {failed}", path=path, failed=failed) from failed
    except RecursionError:
        raise BookError("{path} is not readable as TOML: brackets within brackets without end", path=path) from None
    try:
        return _Parser().parse(body)
    except _Wrong as wrong:
        raise BookError("{path} {wrong}", path=path, wrong=wrong) from None


class _Wrong(XcuError):
    """What is wrong at one key of the file."""


class _Parser:
    """Turns the parts of a file into a map, and remembers which key gave each of our columns."""

    def __init__(self) -> None:
        self._given: dict[str, str] = {}
        self._theirs: dict[str, str] = {}

    def parse(self, body: Mapping[str, Any]) -> ColumnMap:
        for part, members in body.items():
            if part not in PARTS:
                raise _Wrong("[{part}]: is no part of this file: it has {parts}", part=part, parts=_SECTIONS)
            if not isinstance(members, dict):
                raise _Wrong("{part}: write a section [{part}]", part=part)
        columns = {theirs: self._column(theirs, ours) for theirs, ours in body.get("columns", {}).items()}
        secret = {fold(theirs) for theirs, ours in columns.items() if ours and USERS.by_name[ours].secret}
        constants = dict(self._constant(key, text) for key, text in body.get("constants", {}).items())
        joined = dict(self._joined(key, text, secret) for key, text in body.get("joined", {}).items())
        values = {theirs: self._table(theirs, table, secret) for theirs, table in body.get("values", {}).items()}
        if not (columns or constants or joined or values):
            raise _Wrong("says nothing: fill in [columns]")
        return ColumnMap(columns, constants, joined, values)

    def _column(self, theirs: str, ours: Any) -> str:
        where = f"[columns] {safe_text(theirs)}"
        if not fold(theirs):
            raise _Wrong("{where}: write a header of the list", where=where)
        first = self._theirs.setdefault(fold(theirs), theirs)
        if first != theirs:
            raise _Wrong("{where}: is the same header as {first}: leave one", where=where, first=safe_text(first))
        if not isinstance(ours, str):
            raise _Wrong('{where}: write one of our columns in quotes, or "" for none', where=where)
        known = USERS.by_header.get(fold(theirs))
        if not ours and known and known.secret:
            raise _Wrong(
                "{where}: a column of passwords is not kept as one of the list's own: write cti_password", where=where
            )
        return self._target(where, ours).name if ours else ""

    def _constant(self, key: str, text: Any) -> tuple[str, str]:
        ours = self._target(f"[constants] {safe_text(key)}", key)
        return ours.name, self._text(f"[constants] {safe_text(key)}", ours, text)

    def _joined(self, key: str, text: Any, secret: set[str]) -> tuple[str, str]:
        where = f"[joined] {safe_text(key)}"
        ours = self._target(where, key)
        if not isinstance(text, str) or ours.secret:
            raise _Wrong(
                '{where}: write headers of the list in braces, such as "{First} {Second}"; no passwords', where=where
            )
        try:
            pieces = list(string.Formatter().parse(text))
        except ValueError:
            pieces = []
        if not any(name for _, name, _, _ in pieces) or any(name == "" or cut or how for _, name, cut, how in pieces):
            raise _Wrong(
                '{where}: {text} lacks headers in braces: write it as "{First} {Second}"',
                where=where,
                text=safe_text(text),
            )
        for name in names_in(text):
            self._open(where, name, secret)
        return ours.name, text

    def _table(self, theirs: str, table: Any, secret: set[str]) -> dict[str, dict[str, str]]:
        where = f"[values.{safe_text(theirs)}]"
        if not isinstance(table, dict) or not table:
            raise _Wrong('{where}: write a line for each value, such as "Bloc" = { entity = "Chirurgie" }', where=where)
        self._open(where, theirs, secret)
        for ours in dict.fromkeys(key for cells in table.values() if isinstance(cells, dict) for key in cells):
            self._target(where, ours)
        return dict(self._line(where, value, cells) for value, cells in table.items())

    def _line(self, where: str, value: str, cells: Any) -> tuple[str, dict[str, str]]:
        place = f"{where} {safe_text(value)}"
        if not isinstance(cells, dict):
            raise _Wrong(
                '{where}: write { entity = "...", template = "..." }, or what else this value says', where=place
            )
        fields = {_named(f"{place} {safe_text(key)}", key): text for key, text in cells.items()}
        texts = {ours.name: self._text(f"{place} {ours.name}", ours, text) for ours, text in fields.items()}
        return value if value == OTHERS else fold(value) or clean_text(value), texts

    def _target(self, where: str, name: str) -> Field:
        """Return our column; each gets its text from one key only."""
        ours = _named(where, name)
        first = self._given.setdefault(ours.name, where)
        if first != where:
            raise _Wrong(
                "{where}: {ours} is given by {first} already: leave one", where=where, ours=ours.name, first=first
            )
        return ours

    @staticmethod
    def _text(where: str, ours: Field, text: Any) -> str:
        if not isinstance(text, str):
            raise _Wrong('{where}: write text in quotes, such as "{text}"', where=where, text=safe_text(text))
        if ours.secret and text and not asks_auto(text):
            raise _Wrong("{where}: a password is not given to several people: write auto to make each one", where=where)
        return text

    @staticmethod
    def _open(where: str, theirs: str, secret: set[str]) -> None:
        known = USERS.by_header.get(fold(theirs))
        if fold(theirs) in secret or (known and known.secret):
            raise _Wrong(
                "{where}: {theirs} holds passwords: they go to cti_password and nowhere else",
                where=where,
                theirs=safe_text(theirs),
            )


def _named(where: str, name: str) -> Field:
    ours = USERS.by_header.get(fold(name))
    if ours and ours.editable:
        return ours
    columns = ", ".join(_possible())
    if ours:
        raise _Wrong("{where}: {ours} cannot be written, only {columns}", where=where, ours=ours.name, columns=columns)
    nearest = nearest_field(USERS, name)
    hint = Said("did you mean {known}?", known=nearest) if nearest else Said("write one of {columns}", columns=columns)
    raise _Wrong("{where}: {name} is none of our columns: {hint}", where=where, name=safe_text(name), hint=hint)


def _possible() -> Iterator[str]:
    return (f.name for f in USERS.fields if f.editable)
