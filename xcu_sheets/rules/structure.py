"""Rules on templates and entities, the structure that users live in; numbers are DOMAIN section 2's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

import pandas as pd

from ..model.problems import Problem, Severity, problem
from ..model.text import fold_name, split_list
from ..model.view import View
from .numbering import Range, contains, make_ranges, overlap

W, I = Severity.WARNING, Severity.INFO  # noqa: E741 - DOMAIN's own letters


def check_templates(after: pd.DataFrame, touched: Collection[int], view: View) -> list[Problem]:
    """T9, T11 and T12: a caller id that nobody can call back, a template for nobody, a name of two templates.

    `after` is the sheet as it would be, by row; `touched` are the rows to be sent.
    """
    found = []
    names = Counter(after["name"].map(fold_name))
    in_book = set(after["id"])
    frame = view.frame("templates")
    names.update(fold_name(n) for i, n in zip(frame.index, frame.get("name", ()), strict=True) if i not in in_book)
    for row in touched:
        cells = after.loc[row]
        where = {"sheet": "templates", "row": row}
        if not cells["xivos"] and not cells["entities"]:
            found.append(problem("template_for_nobody", W, **where, column="entities"))
        if names[fold_name(cells["name"])] > 1:
            found.append(problem("template_name_twice", W, **where, column="name", value=cells["name"]))
        if cells.get("caller_id_mode") == "incomingNo" and cells.get("routed_inbound") == "no":
            found.append(problem("caller_id_not_routed", I, **where, column="caller_id_mode", value="incomingNo"))
    return found


@dataclass(frozen=True)
class _Site:
    """An entity as it would be: what it is called, where it is, and its numbers."""

    entity: str
    xivo: str
    ranges: list[Range]


def check_entities(after: pd.DataFrame, touched: Collection[int], view: View) -> list[Problem]:
    """E3, E4, E5 and E7: overlapping intervals, and users who would fall outside a shrunk interval.

    `after` is the sheet as it would be, by row; `touched` are the rows to be sent.
    """
    sites = _sites(after, touched, view)
    found = []
    for row in touched:
        cells = after.loc[row]
        where = {"sheet": "entities", "row": row, "column": "intervals", "value": cells["intervals"]}
        parts = [make_ranges(part) for part in split_list(cells["intervals"])]
        inside = next((o for n, a in enumerate(parts) for b in parts[:n] if (o := overlap(a, b))), None)
        if inside:
            found.append(problem("intervals_overlap", **where, part=_shown(inside)))
        own = _key(row, cells)
        found += _overlaps(sites[own], [site for key, site in sites.items() if key != own], where)
        found += _left_outside(cells, where, view)
    return found


def _key(row: int, cells: Mapping[str, str]) -> str:
    return cells["combined_id"] or f"row {row}"


def _sites(after: pd.DataFrame, touched: Collection[int], view: View) -> dict[str, _Site]:
    """Return every entity as it would be: the live ones, and over them the rows to be sent."""
    live = {cid: _Site(cid, view.xivo_of.get(cid, ""), make_ranges(text)) for cid, text in view.intervals_of.items()}
    rows = ((row, after.loc[row]) for row in touched)
    sent = {
        _key(row, c): _Site(c["combined_id"] or c["name"], c["xivo"], make_ranges(c["intervals"])) for row, c in rows
    }
    return live | sent


def _overlaps(own: _Site, others: Collection[_Site], where: Mapping[str, object]) -> Iterator[Problem]:
    for other in others:
        shared = overlap(own.ranges, other.ranges)
        if shared:
            here = other.xivo == own.xivo
            code, severity = ("intervals_overlap_entity", W) if here else ("intervals_overlap_xivo", I)
            yield problem(code, severity, **where, part=_shown(shared), entity=other.entity)


def _left_outside(cells: Mapping[str, str], where: Mapping[str, object], view: View) -> Iterator[Problem]:
    users = view.frame("users")
    if users.empty or not cells["combined_id"]:
        return
    numbers = users.loc[users["entity"] == cells["combined_id"], "internal_number"]
    before, after = make_ranges(view.intervals_of.get(cells["combined_id"], "")), make_ranges(cells["intervals"])
    lost = [n for n in numbers if contains(before, n) and not contains(after, n)]
    if lost:
        yield problem("users_left_outside", W, **where, count=str(len(lost)), numbers=", ".join(lost[:5]))


def _shown(range_: Range) -> str:
    return f"{range_.text(range_.first)}-{range_.text(range_.last)}"
