"""Which record of one reading is which of the other: by id on one server, by what it is called where they differ."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import partial

import pandas as pd

from ..model.resources import RESOURCES
from ..model.text import fold_name
from ..model.view import View
from .names import Names, Pairs

_Keys = dict[str, tuple[str, ...]]  # by record id, what it is known by


def is_same_server(before: View, after: View) -> bool:
    """Tell whether two readings are of one server, so that an id means one record.

    They share a XiVO (by uuid), and the address, or all that would show another XCU over the same XiVOs: the ids of
    those XiVOs and the names of entities with the same id.
    """
    known = [set(filter(None, view.xivo_uuids)) for view in (before, after)]
    if not all(known):
        return before.server == after.server
    if not known[0] & known[1]:
        return False
    return before.server == after.server or _same_ids(before, after)


def _same_ids(before: View, after: View) -> bool:
    ids = [view.column("xivos", "uuid", "id") for view in (before, after)]
    names = [view.column("entities", "id", "name") for view in (before, after)]
    if any(ids[0][uuid] != ids[1][uuid] for uuid in ids[0].keys() & ids[1].keys()):
        return False
    shared = names[0].keys() & names[1].keys()
    return 2 * sum(names[0][id_] == names[1][id_] for id_ in shared) >= len(shared)


def match_records(before: View, after: View, *, same_server: bool) -> Names:
    """Return the names of two readings, with the pairs of ids of every sheet that both have."""
    names = Names(before, after, same_server=same_server)
    for name in ("xivos", "entities", "templates", "administrators", "users"):
        if name in before.frames and name in after.frames:
            frames = before.frame(name), after.frame(name)
            names.add(name, _by_id(*frames) if same_server else _by_name(name, names, frames))
    return names


def _by_id(before: pd.DataFrame, after: pd.DataFrame) -> Pairs:
    known = set(after.index)
    return {id_: id_ for id_ in before.index if id_ in known}


def _by_name(name: str, names: Names, frames: tuple[pd.DataFrame, pd.DataFrame]) -> Pairs:
    """Pair records step by step: each way of knowing one counts among those that no earlier way has paired."""
    pairs: Pairs = {}
    cells = [_cells(name, names, side, frame) for side, frame in enumerate(frames)]
    for columns in _WAYS[name]:
        keys = [dict(_keys(listed, columns)) for listed in cells]
        pairs |= _pair(keys[0], keys[1], pairs)
    return pairs


# The columns by which a record is the same one, the surest first. A person is known by number and names, then by login
# and names, by names that nobody shares, by a login that nobody shares, and by number and one of the names.
_WAYS: dict[str, Sequence[tuple[str, ...]]] = {
    "xivos": (("uuid",), ("name",)),
    "entities": (("xivo", "name"), ("combined_id",), ("name",)),
    "templates": (("name",),),
    "administrators": (("login",),),
    "users": (
        ("entity", "internal_number", "first_name", "last_name"),
        ("cti_login", "first_name", "last_name"),
        ("first_name", "last_name"),
        ("cti_login",),
        ("entity", "internal_number", "last_name"),
        ("entity", "internal_number", "first_name"),
    ),
}


def _cells(name: str, names: Names, side: int, frame: pd.DataFrame) -> pd.DataFrame:
    """Return the columns by which records are known: references as records, people's names without case and accents."""
    wanted = {column for way in _WAYS[name] for column in way} & set(frame.columns)
    cells = {}
    for column in wanted:
        field = RESOURCES[name].by_name[column]
        change = partial(names.token, side, field) if field.ref else fold_name if column in _PEOPLES else str
        known = {text: change(text) for text in frame[column].unique()}
        cells[column] = frame[column].map(known)
    return pd.DataFrame(cells, index=frame.index)


_PEOPLES = {"first_name", "last_name", "cti_login"}


def _keys(cells: pd.DataFrame, columns: tuple[str, ...]) -> Iterator[tuple[str, tuple[str, ...]]]:
    if not set(columns) <= set(cells.columns):
        return
    rows = zip(*(cells[column] for column in columns), strict=True)
    yield from ((id_, key) for id_, key in zip(cells.index, rows, strict=True) if all(key))


def _pair(before: _Keys, after: _Keys, paired: Pairs) -> Pairs:
    """Return the pairs of one key that one record only has on each side, all records counted."""
    single = _single(before.values()) & _single(after.values())
    found = {key: id_ for id_, key in after.items() if key in single}
    taken = set(paired.values())
    fresh = ((id_, found[key]) for id_, key in before.items() if key in single and id_ not in paired)
    return {id_: other for id_, other in fresh if other not in taken}


def _single(keys: Iterable[tuple[str, ...]]) -> set[tuple[str, ...]]:
    return {key for key, count in Counter(keys).items() if count == 1}
