"""What one column and one sheet are: Field and Resource, of which the table in `resources` is made."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from .kinds import Kind
from .text import Label, fold


@dataclass(frozen=True)
class Ref:
    """A column that names records of another resource; the API wants their `key`, in a list where `many`."""

    resource: str
    key: str = "id"
    many: bool = False


@dataclass(frozen=True)
class Rule:
    """A rule about the value of one cell, from DOMAIN section 2.

    `pattern` is matched against the whole canonical text; `code` names the problem; `error` False makes it a warning.
    """

    code: str
    pattern: str
    error: bool = True


@dataclass(frozen=True)
class Field:
    """One column: everything known about it, from which sheets, checks, payloads and documents follow.

    `read` and `write` are the API's keys, empty where the server never shows or never takes the value.
    `required` means on create. `required_if` is (column, value): compulsory where that column has that value.
    `required_with` is (column, value) too: where it does not hold, a lack is worth a warning only.
    `idle_unless` is (column, value): without effect elsewhere, which is worth a warning.
    `clear` says how `<clear>` is sent: "null", "omit" (the key is left out), "empty" (an empty list; a blank cell of a
    new row is sent so too) or "" (it cannot be emptied).
    `hint` is what to tell who fills in this cell of a new row, in at most 255 characters.
    `secret` values have no read path: they are never shown, logged or kept.
    """

    name: str
    kind: Kind
    label: str
    label_fr: str
    doc: str
    read: str = ""
    write: str = ""
    required: bool = False
    required_if: tuple[str, str] | None = None
    required_with: tuple[str, str] | None = None
    idle_unless: tuple[str, str] | None = None
    ref: Ref | None = None
    rules: tuple[Rule, ...] = ()
    clear: str = ""
    auto: bool = False
    secret: bool = False
    aliases: tuple[str, ...] = ()
    width: int = 16
    hint: str = ""

    @property
    def called(self) -> Label:
        """What people call this column."""
        return Label(self.label, self.label_fr)

    @property
    def editable(self) -> bool:
        """Tell whether a person may change this cell: the server takes it, or it steers the import."""
        return bool(self.write) or self.name in ("action", "id")

    @property
    def shown(self) -> bool:
        """Tell whether the server shows this value, so that it can be compared."""
        return bool(self.read)

    def headers(self) -> set[str]:
        """Return every folded header by which people may call this column."""
        keys = [key for key in (self.read, self.write) if key]
        return {fold(h) for h in (self.name, self.label, self.label_fr, *keys, *self.aliases)}


@dataclass(frozen=True)
class Resource:
    """One sheet: its columns and the shape of the API behind it, as data.

    `path` is the collection's path; `listing` differs from it where records are listed per parent record, as
    `/entities/{}/users` is. `key` is the record member that stands in the path of one record. `natural_key` are the
    columns by which a record without id is known. `methods` are what the API document offers.
    `hidden` are keys of secrets that are cut out of each record as it arrives.
    `sheet_writes` tells whether an import writes this sheet: "always", "option" (`--include`) or "never".
    """

    name: str
    label: str
    label_fr: str
    fields: tuple[Field, ...]
    path: str = ""
    listing: str = ""
    key: str = "id"
    natural_key: tuple[str, ...] = ()
    person_key: tuple[str, ...] = ()
    methods: frozenset[str] = frozenset()
    hidden: tuple[str, ...] = ()
    sheet_writes: str = "never"

    @property
    def called(self) -> Label:
        """What people call this sheet."""
        return Label(self.label, self.label_fr)

    @property
    def tab(self) -> Label:
        """What the sheet itself is named in a book: the machine name in English."""
        return Label(self.name, self.label_fr)

    @cached_property
    def by_name(self) -> dict[str, Field]:
        """The fields by machine name."""
        return {field.name: field for field in self.fields}

    @cached_property
    def by_header(self) -> dict[str, Field]:
        """The fields by every folded header that names them."""
        return {header: field for field in self.fields for header in field.headers()}

    @property
    def columns(self) -> list[str]:
        """The machine names in the sheet's order."""
        return [field.name for field in self.fields]

    @property
    def writable(self) -> tuple[Field, ...]:
        """The fields that the server takes."""
        return tuple(field for field in self.fields if field.write)

    @property
    def secrets(self) -> tuple[Field, ...]:
        """The fields whose values are never shown."""
        return tuple(field for field in self.fields if field.secret)

    @property
    def compared(self) -> tuple[Field, ...]:
        """The fields that the server both shows and takes: what a plan compares."""
        return tuple(field for field in self.fields if field.read and field.write)

    @cached_property
    def read_only_keys(self) -> frozenset[str]:
        """API keys that a read shows and a write must not send back."""
        written = {field.write for field in self.fields}
        return frozenset({f.read for f in self.fields if f.read} - written)
