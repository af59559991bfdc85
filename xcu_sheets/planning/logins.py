"""Logins made of names, where a cell says `auto`: in plain letters, used once on their XiVO (DOMAIN U15, U16)."""

from __future__ import annotations

import re
import string
import unicodedata
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import count

import pandas as pd
from anyascii import anyascii

from ..model.errors import PlanError
from ..model.problems import Problem, problem
from ..model.resources import USERS
from ..model.snapshot import text_cells
from ..model.text import asks_auto, safe_text
from ..model.view import View
from .identity import CREATE, MATCH, MERGE, Verdict, label_of

SHORTEST, LONGEST = 2, 254
_CUT = re.compile(r"(?:\.[1-9][0-9]?)?\Z")
_LITERAL = re.compile(r"[a-zA-Z0-9\-._~!$&'()*+,;=%@]*\Z")  # what a login may hold [DOMAIN 1.5]
_ELSEWHERE = ""  # the XiVO of an entity that is not there yet: its logins are kept apart from everybody's


def check_pattern(pattern: str) -> None:
    """Raise PlanError where a pattern is not made of {first}, {last}, cuts such as {first:.1}, and what logins hold."""
    try:
        pieces = list(string.Formatter().parse(pattern))
    except ValueError:
        pieces = [("", "?", "", None)]
    named = [piece for piece in pieces if piece[1] is not None]
    known = all(name in ("first", "last") and _CUT.match(cut or "") and not how for _, name, cut, how in named)
    if not named or not known or not all(_LITERAL.match(text) for text, *_ in pieces):
        raise PlanError(
            "login_pattern {pattern}: write {first} and {last}, cut as in {first:.1}, and between "
            "them only letters, digits and signs that a login may hold.",
            pattern=safe_text(pattern),
        )


def make_login(pattern: str, first: str, last: str) -> str:
    """Return the login that a checked pattern makes of names, lower case; empty where a name it needs gives nothing."""
    parts = {"first": _plain(first), "last": _plain(last)}
    if not all(parts[name] for _, name, _, _ in string.Formatter().parse(pattern) if name):
        return ""
    login = pattern.format(**parts).lower()[:LONGEST]
    return login if len(login) >= SHORTEST else ""


def _plain(name: str) -> str:
    """Return a name in the letters a-z, digits and hyphens inside: Zoé is zoe, Le Goff legoff, Жанна zhanna."""
    letters = "".join(c for c in name if c == "-" or c.isalnum() or unicodedata.category(c)[0] == "M")
    ascii_ = anyascii(unicodedata.normalize("NFC", letters)).lower()
    return re.sub(r"[^a-z0-9-]", "", ascii_).strip("-")


@dataclass
class _Taken:
    """The logins in use, lower case, by XiVO."""

    by_xivo: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    last: dict[tuple[str, str], int] = field(default_factory=dict)  # the number that a login was given last

    def add(self, xivo: str, login: str) -> None:
        self.by_xivo[xivo].add(login.casefold())

    def free(self, xivo: str, wanted: str) -> str:
        """Take and return the login, numbered from 2 where it is in use."""
        for number in count(self.last.get((xivo, wanted), 0) + 1):
            tail = "" if number == 1 else str(number)
            login = wanted[: LONGEST - len(tail)] + tail
            if not self._has(xivo, login):
                break
        self.last[xivo, wanted] = number
        self.add(xivo, login)
        return login

    def _has(self, xivo: str, login: str) -> bool:
        looked = self.by_xivo.values() if xivo == _ELSEWHERE else (self.by_xivo[xivo], self.by_xivo[_ELSEWHERE])
        return any(login in logins for logins in looked)


def fill_logins(
    frame: pd.DataFrame, verdicts: Mapping[int, Verdict], view: View, pattern: str
) -> tuple[pd.DataFrame, list[Problem]]:
    """Return the users sheet with a login in each cell that asks for one, and a problem where names give none.

    New rows get one, and rows whose record has none; a login that is there is kept. What is typed anywhere in the
    sheet, or known on the server, is given to nobody. Rows come in their order: the same book gives the same logins.
    Raises PlanError as `check_pattern` does.
    """
    asking = _asking(frame, verdicts, view)
    if not asking:
        return frame, []
    check_pattern(pattern)
    taken = _taken(frame, view)
    filled, problems = frame.copy(), []
    for row, cells in sorted(asking.items()):
        wanted = make_login(pattern, cells["first_name"], cells["last_name"])
        if wanted:
            filled.at[row, "cti_login"] = taken.free(view.xivo_of.get(cells["entity"], _ELSEWHERE), wanted)
        else:
            where = {"sheet": "users", "row": row, "column": "cti_login", "value": cells["cti_login"]}
            label = label_of(USERS, cells)
            problems.append(problem("login_not_made", **where, label=label))
    return filled, problems


def _asking(frame: pd.DataFrame, verdicts: Mapping[int, Verdict], view: View) -> dict[int, dict[str, str]]:
    """Return the rows that get a login, each with entity and names: its own, else those of its record."""
    live, found = view.frame("users"), {}
    for row in frame.index[frame["cti_login"].map(asks_auto).astype(bool)]:
        verdict = verdicts[int(row)]
        own = text_cells(frame.loc[row])
        if verdict.what == CREATE:
            found[int(row)] = own
        elif verdict.what in (MERGE, MATCH) and verdict.id in live.index and not live.at[verdict.id, "cti_login"]:
            record = live.loc[verdict.id]
            names = {name: own[name] or str(record[name]) for name in ("first_name", "last_name")}
            found[int(row)] = {**own, **names, "entity": str(record["entity"])}
    return found


def _taken(frame: pd.DataFrame, view: View) -> _Taken:
    taken, entity_of = _Taken(), view.column("users", "id", "entity")
    for name, entity in zip(*_columns(view.frame("users"), "cti_login", "entity"), strict=True):
        if name:
            taken.add(view.xivo_of.get(entity, _ELSEWHERE), name)
    for id_, entity, name in zip(frame["id"], frame["entity"], frame["cti_login"], strict=True):
        if name and name[0] != "<" and not asks_auto(name):
            taken.add(view.xivo_of.get(entity or entity_of.get(id_, ""), _ELSEWHERE), name)
    return taken


def _columns(frame: pd.DataFrame, *names: str) -> list[list[str]]:
    return [list(frame[name]) if name in frame else [] for name in names]
