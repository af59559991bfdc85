"""Small servers as views: entities, templates and people written down in a line each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from xcu_sheets.migrating.mapping import MoveMap, Place
from xcu_sheets.migrating.numbers import parse_rule
from xcu_sheets.model.snapshot import Snapshot
from xcu_sheets.model.view import View

Entity = tuple[str, str, str, str]  # name, display name, XiVO, intervals
Person = tuple[str, str, str, str, str]  # entity, first name, last name, number, login


def view(server: str, entities: Sequence[Entity], people: Sequence[Person] = ()) -> View:
    """Return a server's view; its XiVOs are those that its entities name, each user has the next id."""
    xivos = {name: n for n, name in enumerate(dict.fromkeys(e[2] for e in entities), start=1)}
    records: dict[str, list[dict[str, object]]] = {
        "xivos": [
            {"id": n, "uuid": f"{server}-{n}", "name": x, "host": x, "remainingSlots": 99} for x, n in xivos.items()
        ],
        "entities": [_entity(n, e, xivos) for n, e in enumerate(entities, start=1)],
    }
    shown = {e["combinedId"]: e for e in records["entities"]}
    records["templates"] = [_template(1, "Standard", list(xivos.values())), _template(2, "Accueil", [])]
    records["users"] = [
        {
            "id": n,
            "entity": shown[entity],
            "firstName": first,
            "lastName": last,
            "internalNumber": number,
            "ctiLogin": login or None,
        }
        for n, (entity, first, last, number, login) in enumerate(people, start=1)
    ]
    records["administrators"] = []
    return View.of_snapshot(Snapshot(f"http://{server}", "admin", "2026-11-24T00:00:00Z", records))


def _entity(id_: int, entity: Entity, xivos: Mapping[str, int]) -> dict[str, object]:
    name, display, xivo, intervals = entity
    parts = [part.partition("-") for part in intervals.split(", ")]
    return {
        "id": id_,
        "combinedId": f"{name}@{xivo}",
        "name": name,
        "displayName": display,
        "xivo": {"id": xivos[xivo], "name": xivo},
        "intervals": [{"start": start, "end": end} for start, _, end in parts],
        "presentedNumber": "inbNo",
    }


def _template(id_: int, name: str, xivos: Sequence[int]) -> dict[str, object]:
    return {"id": id_, "name": name, "xivos": xivos, "entities": []}


def mapped(**rules: str) -> MoveMap:
    """Return a mapping that sends each entity (its name before the @) to the one of the target with the same name."""
    places = {}
    for row, (name, rule) in enumerate(rules.items(), start=2):
        numbers = parse_rule(rule)
        assert numbers is not None
        places[f"{name}@old"] = Place(row, f"{name}@new", numbers, "Standard")
    return MoveMap(places)
