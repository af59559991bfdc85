"""Where the people of each entity of the source live at the target: an entity that is there, or one to be made."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property

from ..model.resources import ENTITIES
from ..model.snapshot import text_rows
from ..model.view import View
from .mapping import MoveMap, Place
from .numbers import shift_intervals
from .sheets import CREATE

Cells = Mapping[str, str]


@dataclass(frozen=True)
class Homes:
    """The target's entities by the source's, as the mapping says."""

    move_map: MoveMap
    source: View
    target: View

    @cached_property
    def before(self) -> dict[str, dict[str, str]]:
        """The source's entities by combinedId."""
        return {cells["combined_id"]: cells for cells in text_rows(self.source.frame("entities"))}

    @cached_property
    def after(self) -> dict[str, dict[str, str]]:
        """By the source's entity, the cells of the target's; `combined_id` is blank of one that is still to be made."""
        live = {cells["combined_id"]: cells for cells in text_rows(self.target.frame("entities"))}
        homes = {}
        for cid, place in self.move_map.places.items():
            if place.target == CREATE:
                homes[cid] = self._made(cid) or self._new(cid, place)
            elif place.target in live:
                homes[cid] = live[place.target]
        return homes

    def _xivo(self, cid: str) -> str:
        return self.move_map.xivos.get(self.before[cid]["xivo"], "")

    def _made(self, cid: str) -> dict[str, str] | None:
        """Return what an entity to be created has become already, None where it is not there."""
        name, xivo = self.before[cid]["name"].casefold(), self._xivo(cid)
        same = (e for e in text_rows(self.target.frame("entities")) if e["xivo"] == xivo)
        return next((e for e in same if e["name"].casefold() == name), None)

    def _new(self, cid: str, place: Place) -> dict[str, str]:
        was = self.before[cid]
        intervals = shift_intervals(place.numbers, was["intervals"])
        return {**was, "combined_id": "", "xivo": self._xivo(cid), "intervals": intervals}

    def new_rows(self, wanted: Collection[str]) -> dict[int, dict[str, str]]:
        """Return the rows of the entities that are to be made, of those wanted; a row is that of the mapping."""
        rows = {}
        for cid, place in self.move_map.places.items():
            home = self.after.get(cid)
            if home and cid in wanted and not home["combined_id"]:
                cells = {name: home[name] for name in ENTITIES.columns if name in home}
                rows[place.row] = {**cells, "action": "create", "id": "", "combined_id": ""}
        return rows


def label_of_home(home: Cells) -> str:
    """Return how a users sheet names an entity: by its combinedId, or by name and XiVO while it is still to be made."""
    return home["combined_id"] or f"{home['name']}@{home['xivo']}"
