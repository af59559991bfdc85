"""What a cell refers to on either side: references of two readings made comparable by the record they mean."""

from __future__ import annotations

from ..model.fields import Field
from ..model.resources import RESOURCES
from ..model.text import join_list, split_list
from ..model.view import View

Pairs = dict[str, str]  # id before -> id after

_UNLISTED = "#"  # how a reference by id to a record that is not listed is shown


class Names:
    """The records of two views by the names that cells have for them, and which of them are one record."""

    def __init__(self, before: View, after: View, *, same_server: bool) -> None:
        self.views = (before, after)
        self.same_server = same_server
        self.pairs: dict[str, Pairs] = {}
        self._tokens: dict[str, tuple[dict[str, str], dict[str, str]]] = {}

    def add(self, resource: str, pairs: Pairs) -> None:
        """Say which records of a sheet are the same; cells of later sheets refer to them."""
        self.pairs[resource] = pairs
        before, after = (labels_of(view, resource) for view in self.views)
        back = {} if self.same_server else {other: id_ for id_, other in pairs.items()}
        seen = {label: f"={back[id_]}" if id_ in back else self._lone(id_) for label, id_ in after.items()}
        self._tokens[resource] = ({label: f"={id_}" for label, id_ in before.items()}, seen)

    def _lone(self, id_: str) -> str:
        return f"={id_}" if self.same_server else f"+{id_}"

    def token(self, side: int, field: Field, text: str) -> str:
        """Return what a cell refers to, the same text on both sides for the same records; `side` is 0 or 1.

        A list is sorted: intervals, too, are the same in another order.
        """
        if field.kind.many:
            items = split_list(text)
            return join_list(sorted(self._one(side, field, item) for item in items) if field.ref else sorted(items))
        return self._one(side, field, text) if field.ref and text else text

    def _one(self, side: int, field: Field, label: str) -> str:
        own, other = self._sides(field, side)
        if label in own:
            return own[label]
        if self.same_server and label.startswith(_UNLISTED) and label[1:].isdecimal():
            return f"={label[1:]}"
        return other.get(label, label)  # a record that this side does not list may be known to the other

    def _sides(self, field: Field, side: int) -> tuple[dict[str, str], dict[str, str]]:
        found = self._tokens.get(field.ref.resource if field.ref else "", ({}, {}))
        return found[side], found[1 - side]


def labels_of(view: View, resource: str) -> dict[str, str]:
    """Return the ids of a sheet's records by the names that cells have for them."""
    frame, known = view.frame(resource), RESOURCES[resource].natural_key[0]
    if known not in frame:
        return {}
    labels = {}
    for id_, shown in zip(frame.index, frame[known], strict=True):
        entry = view.directory.find(resource, "id", id_)
        labels[entry.label if entry else shown] = str(id_)
    return labels
