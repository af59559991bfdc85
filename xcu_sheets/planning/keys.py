"""The column of a person's own that tells who is who in every file (DESIGN rule 6, `--key`)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

import pandas as pd

from ..model.book import Book, Sheet
from ..model.errors import PlanError
from ..model.memory import Made, Memory, keyed_digest
from ..model.problems import Severity
from ..model.text import AUTO, CLEAR, clean_text, fold, safe_text
from ..model.view import View

# Columns of ours that belong to one person and outlive a new name; a number is handed on to the next one.
KEY_FIELDS = ("mail", "cti_login")


@dataclass(frozen=True)
class Keys:
    """The keys of one sheet's rows: none at all where no key was asked for.

    `header` is the column as the person wrote it. `digests` has each row whose key is not blank; `known` are the
    records of all keys that earlier runs saw, by digest. `lasting` is False where no history gave its own key for
    them: then they serve to compare, and are not to be kept.
    """

    header: str = ""
    digests: Mapping[int, str] = field(default_factory=dict)
    known: Mapping[str, Made] = field(default_factory=dict)
    lasting: bool = False

    def record(self, row: int) -> Made | None:
        """Return the record that a row's key is known to mean."""
        return self.known.get(self.digests.get(row, ""))

    def kept(self, row: int) -> str:
        """Return the digest that a later run may know this row's key by, empty where there is none."""
        return self.digests.get(row, "") if self.lasting else ""

    def doubled(self, rows: Iterable[int]) -> dict[int, list[int]]:
        """Return, of the given rows, each that shares its key with others, and which these are."""
        found: dict[str, list[int]] = defaultdict(list)
        for row in rows:
            if row in self.digests:
                found[self.digests[row]].append(row)
        return {row: [r for r in same if r != row] for same in found.values() if len(same) > 1 for row in same}


def read_keys(sheet: Sheet, name: str, memory: Memory) -> Keys:
    """Return the keys in the column `name` of a sheet; case and odd blanks make no other key.

    Raises PlanError where the sheet has no such column, or one that cannot tell people apart.
    """
    header = key_header(sheet, name)
    ours = {h: n for n, h in sheet.headers.items()}
    cells = sheet.frame[ours[header]] if header in ours else sheet.original[header]
    texts = {int(str(row)): clean_text(str(text)).casefold() for row, text in cells.items()}
    nobody = ("", CLEAR, AUTO) if header in ours else ("", CLEAR)
    digests = {row: keyed_digest(memory.key, "key", text) for row, text in texts.items() if text not in nobody}
    return Keys(header, digests, memory.keys, lasting=bool(memory.key))


def key_header(sheet: Sheet, name: str) -> str:
    """Return the header of the column that `name` means, as it is written; case, accents and signs do not matter.

    Raises PlanError as `read_keys` does.
    """
    own = {_folded(header): header for header in sheet.unknown}
    if _folded(name) in own:
        return own[_folded(name)]
    known = sheet.resource.by_header.get(fold(name))
    if known and known.name not in KEY_FIELDS:
        raise PlanError(
            "--key {name}: the column {column} does not tell one person from all others for good: "
            "name a column of your own, or {first} or {second}.",
            name=safe_text(name),
            column=known.name,
            first=KEY_FIELDS[0],
            second=KEY_FIELDS[1],
        )
    if known and known.name in sheet.headers:
        return sheet.headers[known.name]
    columns = safe_text(", ".join(sheet.original.columns), 300)
    raise PlanError(
        "--key {name}: the sheet {title} has no such column, it has {columns}: correct the name, "
        'or go without (--key "").',
        name=safe_text(name),
        title=safe_text(sheet.title),
        columns=columns,
    )


def has_key(book: Book, name: str) -> bool:
    """Tell whether a book has people and a column that can be their key."""
    try:
        return "users" in book.sheets and bool(key_header(book.sheets["users"], name))
    except PlanError:
        return False


def claim_key(book: Book, name: str) -> Book:
    """Return the book with what is wrong in its key's cells made errors: nobody knows whom such a row means.

    Raises PlanError as `read_keys` does.
    """
    if not name or "users" not in book.sheets:
        return book
    header = key_header(book.sheets["users"], name)
    problems = tuple(
        replace(p, severity=Severity.ERROR) if (p.sheet, p.column) == ("users", header) and p.row else p
        for p in book.problems
    )
    return replace(book, problems=problems)


def new_keys(keys: Keys, frame: pd.DataFrame, unchanged: Mapping[int, str], view: View) -> Iterator[Made]:
    """Yield what rows with nothing to do teach: the record of each key that no run has seen with it.

    A row without id teaches only of a record that has no key yet: it may be a namesake of the one who has.
    """
    live, having = view.frame("users"), {made.record_id for made in keys.known.values()}
    for row, id_ in sorted(unchanged.items()):
        known, digest = keys.record(row), keys.kept(row)
        sure = frame.at[row, "id"] == id_ or id_ not in having
        if digest and sure and id_ in live.index and (known is None or known.record_id != id_):
            cells = live.loc[id_]
            label, number = f"{cells['first_name']} {cells['last_name']}", str(cells["internal_number"])
            yield Made("users", row, id_, "", label, number, digest, str(cells["entity"]))


def _folded(header: str) -> str:
    return fold(header) or header.strip()
