"""make_diff: two readings, and all that differs between them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

import pandas as pd

from ..model.fields import Field, Resource
from ..model.resources import RESOURCES
from ..model.snapshot import text_rows
from ..model.view import View
from .consequences import without_consequences
from .diff import KINDS, MOVING, NEVER_SHOWN, Diff, Difference, FieldChange
from .matching import is_same_server, match_records
from .names import Names
from .scope import COMPARED, Scope, find_scope


def make_diff(before: View, after: View) -> Diff:
    """Return what differs between two readings: of one server by id, of two by what their records are called.

    What one of them could not read, or may not see, is in `not_compared` and never a difference. Numbers of use
    (`numbers`) are no records: they follow from the others. The cost follows the number of differences, not of rows.
    """
    names = match_records(before, after, same_server=is_same_server(before, after))
    scope = find_scope(names)
    found = [d for name in COMPARED if name in names.pairs for d in _differences(name, names, scope)]
    compared = {name: len(names.pairs[name]) for name in COMPARED if name in names.pairs}
    return Diff(names.same_server, compared, tuple(without_consequences(found, names, scope)), tuple(scope.said))


def _differences(name: str, names: Names, scope: Scope) -> list[Difference]:
    resource = RESOURCES[name]
    found = [
        *_one_sided(resource, names, 0, scope.lone(names, 0, name)),
        *_one_sided(resource, names, 1, scope.lone(names, 1, name)),
        *_changed(resource, names),
    ]
    return sorted(found, key=lambda d: (KINDS.index(d.kind), d.place, d.name.casefold(), _number(d)))


def _number(difference: Difference) -> tuple[int, str]:
    id_ = difference.id_after or difference.id_before
    return len(id_), id_


def shown_fields(resource: Resource) -> list[Field]:
    """Return the fields that a comparison looks at: what the server shows, but ids."""
    return [field for field in resource.fields if field.read and not field.secret and field.name != "id"]


def _one_sided(resource: Resource, names: Names, side: int, ids: list[str]) -> Iterator[Difference]:
    """Yield the records that only one side has, with their cells."""
    wanted = [field.name for field in shown_fields(resource) if field.name not in NEVER_SHOWN]
    for id_, cells in zip(ids, text_rows(names.views[side].frame(resource.name).loc[ids]), strict=True):
        shown = [(name, cells[name]) for name in wanted if cells.get(name)]
        fields = (FieldChange(name, "", text) if side else FieldChange(name, text, "") for name, text in shown)
        known = (
            ("added", *_called(resource, cells), "", id_) if side else ("removed", *_called(resource, cells), id_, "")
        )
        yield Difference(resource.name, *known, tuple(fields))


def _changed(resource: Resource, names: Names) -> Iterator[Difference]:
    pairs = names.pairs[resource.name]
    before, after = (view.frame(resource.name) for view in names.views)
    before, after = before.loc[list(pairs)], after.loc[list(pairs.values())]
    found: dict[int, list[FieldChange]] = defaultdict(list)
    for field in _comparable(resource, names):
        if field.name in before and field.name in after:
            was, now = before[field.name], after[field.name]
            for at in _unlike(field, was, now, names):
                found[at].append(_field_change(field, was.iat[at], now.iat[at]))
    for at, cells in zip(found, text_rows(after.iloc[list(found)]), strict=True):
        moved = resource.name == "users" and any(field.column in MOVING for field in found[at])
        known = ("moved" if moved else "changed", *_called(resource, cells))
        yield Difference(resource.name, *known, str(before.index[at]), str(after.index[at]), tuple(found[at]))


def _called(resource: Resource, cells: Mapping[str, str]) -> tuple[str, str]:
    """Return what a record is called and, of a user, its entity."""
    return name_of(resource, cells), cells.get("entity", "")


def _comparable(resource: Resource, names: Names) -> list[Field]:
    """Return the fields of records on both sides: a provisioning number means something on its own server only."""
    return [field for field in shown_fields(resource) if names.same_server or field.name not in NEVER_SHOWN]


def _unlike(field: Field, before: pd.Series, after: pd.Series, names: Names) -> list[int]:
    """Return the positions at which two columns differ; references and lists by what they mean."""
    if field.ref or field.kind.many:
        before, after = (
            column.map({text: names.token(side, field, text) for text in column.unique()})
            for side, column in enumerate((before, after))
        )
    return [int(at) for at in (before.to_numpy() != after.to_numpy()).nonzero()[0]]


def _field_change(field: Field, before: str, after: str) -> FieldChange:
    if field.name in NEVER_SHOWN:
        return FieldChange(field.name, "", "", shown=False)
    return FieldChange(field.name, before, after)


def name_of(resource: Resource, cells: Mapping[str, str]) -> str:
    """Return what a record is called: a person by both names, an entity by display name."""
    if resource.person_key:
        return " ".join(filter(None, (cells.get(key, "") for key in resource.person_key)))
    known = ("display_name", "name", *resource.natural_key)
    return next((cells[key] for key in known if cells.get(key)), "")
