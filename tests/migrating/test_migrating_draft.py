"""What a draft makes of names, and what a mapping that is read back means."""

from __future__ import annotations

import pandas as pd
from migrating.worlds import view

from xcu_sheets.migrating.draft import draft_mapping
from xcu_sheets.migrating.mapping import read_move_map
from xcu_sheets.migrating.sheets import CREATE, LEAVE
from xcu_sheets.model.snapshot import text_frame

OLD = view(
    "old",
    [
        ("default", "Clinique des Érables", "xivo-a", "2000-2099"),
        ("default", "Site nord", "xivo-b", "3000-3099"),
        ("bloc", "Bloc opératoire", "xivo-b", "4000-4099"),
    ],
    [("default@xivo-a", "Ada", "A", "2001", ""), ("default@xivo-a", "Bob", "B", "9001", "")],
)
NEW = view(
    "new",
    [
        ("default", "Clinique des erables", "xivo-b", "2000-2099"),
        ("default", "Autre chose", "xivo-a", "5000-5099"),
        ("nord", "Site Nord (2)", "xivo-b", "3000-3099"),
    ],
)


def test_names_decide_exact_ones_first() -> None:
    """A display name counts for more than `default`, which is on every XiVO; a near one is marked."""
    draft = draft_mapping(OLD, NEW)
    rows = {r["entity"]: r for r in draft.frames["move entities"].to_dict("records")}
    assert rows["default@xivo-a"]["target"] == "default@xivo-b"
    assert rows["default@xivo-b"]["target"] == "nord@xivo-b"
    assert rows["bloc@xivo-b"]["target"] == ""
    marked = {(n.row, n.column, n.code) for n in draft.notes if n.sheet == "move entities"}
    assert (2, "target") not in {(row, column) for row, column, _ in marked}
    assert (3, "target", "draft_close") in marked
    assert (4, "target", "draft_none") in marked
    assert (2, "numbers", "draft_numbers") in marked
    assert rows["default@xivo-a"]["numbers"] == "keep where free"
    assert rows["default@xivo-a"]["template"] == "Standard"


def test_inside_one_server_everybody_stays_until_somebody_says_otherwise() -> None:
    """An entity is most like itself: nobody wants that proposed."""
    draft = draft_mapping(OLD, OLD)
    assert set(draft.frames["move entities"]["target"]) == {LEAVE}


def entities(*rows: dict[str, str]) -> dict[str, pd.DataFrame]:
    """Return a mapping with these rows of its main sheet."""
    full = [{"numbers": "keep", "template": "Standard", **row} for row in rows]
    columns = {
        name: [row.get(name, "") for row in full] for name in ("entity", "target", "numbers", "template", "wave")
    }
    return {"move entities": text_frame(columns, pd.RangeIndex(2, 2 + len(full)))}


def test_names_are_taken_as_people_write_them() -> None:
    """A display name means its entity, on either side; a blank wave is the first."""
    frames = entities({"entity": "Bloc opératoire", "target": "site nord (2)"})
    move_map, problems = read_move_map(frames, OLD, NEW)
    assert problems == []
    assert move_map.places["bloc@xivo-b"].target == "nord@xivo-b"
    assert move_map.waves == [1]


def test_what_cannot_be_meant_is_said_cell_by_cell() -> None:
    """Unknown and ambiguous names, an entity twice, two new ones of one name, a XiVO that is not mapped."""
    frames = entities(
        {"entity": "default@xivo-a", "target": CREATE},
        {"entity": "default@xivo-b", "target": CREATE},
        {"entity": "bloc@xivo-b", "target": "default", "template": "Rouge"},
        {"entity": "bloc@xivo-b", "target": LEAVE},
        {"entity": "gone@xivo-b", "target": LEAVE},
    )
    _, problems = read_move_map(frames, OLD, NEW)
    assert {(p.code, p.row, p.column) for p in problems} == {
        ("move_xivo_needed", 2, "target"),
        ("move_xivo_needed", 3, "target"),
        ("move_name_twice", 3, "target"),
        ("move_target_unknown", 4, "target"),
        ("move_target_unknown", 4, "template"),
        ("move_twice", 5, "entity"),
        ("move_source_unknown", 6, "entity"),
    }
