"""The sheets of one server as text, whether it was read just now or comes from a book's baseline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import pandas as pd

from .book import Baseline
from .directory import Directory, make_directory
from .fields import Resource
from .records import Record, Secret
from .snapshot import TEXT, Snapshot, text_rows


@dataclass(frozen=True)
class View:
    """What a book is compared with: frames of canonical text indexed by record id, and how their records are named.

    `online` is False for a baseline: then nothing here is known to be still true. `known` is False where there is
    nothing to compare with at all (a hand-made file checked without a server).
    """

    frames: Mapping[str, pd.DataFrame]
    directory: Directory
    server: str = ""
    login: str = ""
    taken_at: str = ""
    xivo_uuids: tuple[str, ...] = ()
    unreadable: Mapping[str, str] = field(default_factory=dict)
    online: bool = True
    known: bool = True
    records: Mapping[str, Sequence[Record]] = field(default_factory=dict, repr=False)

    @classmethod
    def of_snapshot(cls, snapshot: Snapshot) -> View:
        """Return the view of a server that was read."""
        return cls(
            snapshot.frames,
            snapshot.directory,
            snapshot.server,
            snapshot.login,
            snapshot.taken_at,
            snapshot.xivo_uuids,
            snapshot.unreadable,
            records=snapshot.records,
        )

    @classmethod
    def of_baseline(cls, baseline: Baseline | None) -> View:
        """Return the view of a book's own baseline, for a check without a server."""
        if baseline is None:
            return cls({}, Directory({}), online=False, known=False)
        frames = {name: by_id(frame) for name, frame in baseline.frames.items()}
        return cls(
            frames,
            directory_of(frames),
            baseline.server,
            baseline.login,
            baseline.taken_at,
            baseline.xivo_uuids,
            baseline.unreadable,
            online=False,
        )

    def frame(self, name: str) -> pd.DataFrame:
        """Return a sheet's frame, an empty one where it was not read."""
        return self.frames.get(name, pd.DataFrame(index=pd.Index([], dtype=TEXT)))

    def column(self, name: str, key: str, value: str) -> dict[str, str]:
        """Return one column of a sheet by another one's text, as a dict."""
        frame = self.frame(name)
        if key not in frame or value not in frame:
            return {}
        return dict(zip(frame[key], frame[value], strict=True))

    def has_secret(self, resource: Resource, id_: str, column: str, text: str) -> bool:
        """Tell whether the server showed this very secret: then there is nothing to send."""
        record = self._sealed.get((resource.name, id_), {})
        shown = record.get(resource.by_name[column].write)
        return isinstance(shown, Secret) and shown.reveal() == text

    @cached_property
    def _sealed(self) -> dict[tuple[str, str], Record]:
        return {(name, str(r.get("id", ""))): r for name, listed in self.records.items() for r in listed}

    @cached_property
    def xivo_of(self) -> dict[str, str]:
        """By entity (combinedId), its XiVO's name."""
        return self.column("entities", "combined_id", "xivo")

    @cached_property
    def intervals_of(self) -> dict[str, str]:
        """By entity (combinedId), its intervals as cell text."""
        return self.column("entities", "combined_id", "intervals")


def by_id(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a baseline sheet indexed by its id column; rows without or with a repeated id are left out."""
    if "id" not in frame:
        return frame.iloc[:0]
    usable = frame[(frame["id"] != "") & ~frame["id"].duplicated()]
    return usable.set_index(pd.Index(usable["id"], dtype=TEXT, name=None))


def directory_of(frames: Mapping[str, pd.DataFrame]) -> Directory:
    """Return the names by which the records of sheets of text are referred to."""

    def rows(name: str) -> list[dict[str, str]]:
        return text_rows(frames[name]) if name in frames else []

    return make_directory(
        {
            "xivos": rows("xivos"),
            "templates": rows("templates"),
            "entities": [
                {
                    "id": r.get("id", ""),
                    "combinedId": r.get("combined_id", ""),
                    "name": r.get("name", ""),
                    "displayName": r.get("display_name", ""),
                    "xivo": {"name": r.get("xivo", "")},
                }
                for r in rows("entities")
            ],
        }
    )
