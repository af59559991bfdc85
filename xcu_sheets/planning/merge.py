"""The three-way difference, cell by cell: baseline, live, wanted (DESIGN rules 1, 2 and 4)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from ..model.fields import Resource
from ..model.memory import Memory, keyed_digest
from ..model.problems import Problem, Severity, problem
from ..model.text import CLEAR, asks_auto, is_auto, is_clear, is_left_out
from ..model.view import View


@dataclass(frozen=True)
class Merged:
    """Rows with a record, after the difference: `after` is the text each cell would have, `edits` where it changes.

    All frames have the same shape; `conflicts` are cells that changed on both sides.
    """

    after: pd.DataFrame
    edits: pd.DataFrame
    conflicts: pd.DataFrame
    problems: tuple[Problem, ...]


def merge_rows(
    resource: Resource,
    wanted: pd.DataFrame,
    base: pd.DataFrame,
    live: pd.DataFrame,
    *,
    exported: pd.Series,
    present: frozenset[str],
    memory: Memory,
    on_conflict: str = "stop",
    moves: bool = False,
) -> Merged:
    """Compare rows with their records. `wanted`, `base` and `live` are aligned by row and have the same columns.

    `wanted` holds the ids in its `id` column; `exported` tells which rows have a baseline of their own; `present` are
    the columns that the book has: others touch nothing. With `moves` a user's entity may change as any cell.
    """
    compared = [f.name for f in resource.compared if f.name in present]
    after, edits = live.copy(), pd.DataFrame(False, index=wanted.index, columns=wanted.columns)
    conflicts, problems = edits.copy(), []
    remembered = _remembered(resource, wanted, memory)
    for name in compared:
        cells = _merge_column(wanted[name], base[name], live[name], remembered.get(name, {}))
        conflict = cells["conflict"] & (on_conflict != "mine")
        edits[name] = cells["edit"] | cells["conflict"] & (on_conflict == "mine")
        conflicts[name] = conflict
        after[name] = after[name].where(~edits[name], cells["wanted"])
        for row in wanted.index[cells["emptied"] & exported]:
            where = {"sheet": resource.name, "row": int(row), "column": name}
            code = "blank_keeps" if resource.by_name[name].clear else "blank_stays"
            problems.append(problem(code, Severity.WARNING, **where, before=base.at[row, name]))
        for row in wanted.index[conflict]:
            problems.append(_conflict(resource, wanted, base, live, int(row), name, bool(cells["stale"][row])))
    problems += _ignored_edits(resource, wanted, base, live, present, moves)
    return Merged(after, edits, conflicts, tuple(problems))


def _merge_column(w: pd.Series, b0: pd.Series, l: pd.Series, remembered: Mapping[int, str]) -> pd.DataFrame:  # noqa: E741
    """Merge one column; `remembered` is, by row, what the server showed after the last import of this book (b1)."""
    b, stale = b0, pd.Series(False, index=w.index)
    if remembered:
        b1 = pd.Series(remembered, index=w.index, dtype=b0.dtype)
        knows = b1.notna()
        stale = knows & (b1.fillna("") != b0) & (w == b0)
        b = b0.where(~knows, b1.fillna(""))
    cleared, blank = w.map(is_clear).astype(bool), w == ""
    value = w.where(~cleared, "")
    keeps = w.map(is_auto).astype(bool)
    differs = (value != l) & ~blank & ~keeps
    stale &= differs
    edit = differs & (l == b) & ~stale
    # w = b means untouched, but a stale copy also shows w = b0: that is what `stale` tells apart.
    conflict = differs & (value != b) & (l != b) | stale
    shown = w.where(~cleared, CLEAR)
    return pd.DataFrame(
        {
            "wanted": shown,
            "edit": (edit & (value != b)).to_numpy(dtype=bool),
            "conflict": conflict.to_numpy(dtype=bool),
            "stale": stale.to_numpy(dtype=bool),
            "emptied": (blank & (b0 != "") & (l != "")).to_numpy(dtype=bool),
        },
        index=w.index,
    )


def _remembered(resource: Resource, wanted: pd.DataFrame, memory: Memory) -> dict[str, dict[int, str]]:
    columns: dict[str, dict[int, str]] = {}
    if memory.cells:
        for row, id_ in wanted["id"].items():
            for name, text in memory.cells.get((resource.name, id_), {}).items():
                columns.setdefault(name, {})[int(str(row))] = text
    return columns


def _conflict(
    resource: Resource, wanted: pd.DataFrame, base: pd.DataFrame, live: pd.DataFrame, row: int, name: str, stale: bool
) -> Problem:
    texts = {"wanted": wanted.at[row, name], "before": base.at[row, name], "now": live.at[row, name]}
    where = {"sheet": resource.name, "row": row, "column": name, "value": texts["wanted"]}
    return problem("conflict_stale" if stale else "conflict", **where, **texts)


def _ignored_edits(
    resource: Resource,
    wanted: pd.DataFrame,
    base: pd.DataFrame,
    live: pd.DataFrame,
    present: frozenset[str],
    moves: bool,
) -> list[Problem]:
    """Warn about edits in cells that the server never takes (U22), and refuse a changed entity (DESIGN rule 6)."""
    problems = []
    for f in resource.fields:
        fixed = f.read and not f.write and f.name != "id"
        moved = f.name == "entity" and resource.person_key and not moves
        if f.name not in present or not (fixed or moved):
            continue
        typed = (wanted[f.name] != "") & (wanted[f.name] != base[f.name]) & (wanted[f.name] != live[f.name])
        for row in wanted.index[typed]:
            where = {"sheet": resource.name, "row": int(row), "column": f.name, "value": wanted.at[row, f.name]}
            if moved:
                problems.append(problem("entity_changed", **where, now=live.at[row, f.name]))
            else:
                problems.append(problem("read_only_edited", Severity.WARNING, **where, now=live.at[row, f.name]))
    return problems


def unseen_edits(
    resource: Resource,
    wanted: pd.DataFrame,
    written: pd.DataFrame,
    base: pd.DataFrame,
    *,
    memory: Memory,
    present: frozenset[str],
    view: View,
    matched: frozenset[int] = frozenset(),
) -> pd.DataFrame:
    """Return where cells that the server never shows (template, passwords) are to be sent (DESIGN rule 4).

    That is where the cell differs from the baseline's, this book has not sent the same value before, and the server
    did not happen to tell that very password (an export with secrets brought back is no edit). `auto` is fulfilled by
    any password that this book has sent. `written` are the cells before names were resolved: a name written loosely is
    no edit either. A secret that a copy left out is never sent. Of rows that were `matched`
    without id nobody knows what is there: a cell is sent only if it is known to differ from what was sent before.
    """
    names = [f.name for f in resource.fields if f.write and not f.read and f.name in present]
    sends = pd.DataFrame(False, index=wanted.index, columns=names)
    for name in names:
        known = base.loc[wanted.index, name]
        typed = (wanted[name] != "") & (wanted[name] != known) & (written.loc[wanted.index, name] != known)
        if resource.by_name[name].secret:
            typed &= ~wanted[name].map(is_left_out).astype(bool)
        for row in wanted.index[typed]:
            id_, text = str(wanted.at[row, "id"]), str(wanted.at[row, name])
            sent = memory.sent.get((resource.name, id_), {}).get(name)
            kept = sent == keyed_digest(memory.key, text) or _made_before(resource, name, text)
            known = kept if sent is not None else int(str(row)) in matched
            sends.at[row, name] = not known and not view.has_secret(resource, id_, name, text)
    return sends


def _made_before(resource: Resource, name: str, text: str) -> bool:
    """Tell whether a cell asks for a secret to be made, which is done once."""
    return resource.by_name[name].secret and asks_auto(text)
