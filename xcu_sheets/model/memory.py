"""What earlier runs on this machine teach a plan: which row made which record, what was sent, what was then shown."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256

FORGOTTEN = "***"  # stands for a label that a forgotten run no longer holds


@dataclass(frozen=True)
class Made:
    """A record that a row created, or that a row with a key (`--key`) is about: then `identity` may be empty.

    `identity` is the keyed digest by which the row that created it is known again (DESIGN rule 6). Book rows: digest of
    (entity, folded names). Rows of a file without book id: digest of every canonical cell. `key` is the digest of the
    row's key, by which the record is known in every file; `entity` the record's combinedId.
    """

    sheet: str
    row: int
    record_id: str
    identity: str
    label: str
    internal_number: str = ""
    key: str = ""
    entity: str = ""


@dataclass(frozen=True)
class Memory:
    """What the history knows about one book (or, with no book id, about hand-made files) on one server.

    `made` by identity, the latest of each row, for rows of the same names share one; `keys` by the key's digest, from
    the runs of all books and files; `cells` by (sheet, record id): the text of each cell as the server showed it after
    the last run of this book; `sent` by (sheet, record id): keyed digests of never-shown cells as last sent; `freed`
    holds (XiVO name, number) pairs that a run freed within the quarantine time.
    """

    key: bytes = b""
    made: Mapping[str, tuple[Made, ...]] = field(default_factory=dict)
    keys: Mapping[str, Made] = field(default_factory=dict)
    cells: Mapping[tuple[str, str], Mapping[str, str]] = field(default_factory=dict)
    sent: Mapping[tuple[str, str], Mapping[str, str]] = field(default_factory=dict)
    freed: frozenset[tuple[str, str]] = frozenset()


def keyed_digest(key: bytes, *parts: str) -> str:
    """Return the HMAC-SHA-256 of `parts` under the history's own key: recognisable there, meaningless elsewhere."""
    return hmac.new(key, "\x1f".join(parts).encode("utf-8", "surrogatepass"), sha256).hexdigest()
