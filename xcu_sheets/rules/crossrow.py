"""Rules that look at several rows, or at a row and the server: duplicates, intervals, templates, capacity.

Each function takes the rows that would be sent and returns Problems; its number in DOMAIN section 2 is beside it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

from ..model.problems import Problem, Severity, problem
from ..model.text import fold_name, split_list
from ..model.view import View
from .numbering import Range, contains, make_ranges, overlap, with_lost_zeros

E, W, I = Severity.ERROR, Severity.WARNING, Severity.INFO  # noqa: E741 - DOMAIN's own letters


@dataclass(frozen=True)
class UserRow:
    """One user row that would be sent: what its user would have afterwards, and which of it is new.

    `entity` is a combinedId, or the name of an entity that this book creates. `gives_up` is the number that the row
    takes away from its user (all of it for a delete).
    """

    row: int
    action: str
    id: str
    entity: str
    number: str = ""
    login: str = ""
    template: str = ""
    label: str = ""
    takes_number: bool = False
    takes_login: bool = False
    sends_password: bool = False
    gives_up: str = ""
    gives_up_login: str = ""


@dataclass(frozen=True)
class Scene:
    """All that the rules on users look at: the rows, the server, and templates and entities as they would be.

    `templates` gives, by name, (xivos, entities) as cell texts; `intervals` and `xivos` are by entity.
    """

    rows: Sequence[UserRow]
    view: View
    templates: Mapping[str, tuple[str, str]]
    intervals: Mapping[str, str]
    xivos: Mapping[str, str]
    strict_numbers: bool = False
    ranges: dict[str, list[Range]] = field(default_factory=dict)

    def ranges_of(self, entity: str) -> list[Range]:
        """Return an entity's ranges, read once."""
        if entity not in self.ranges:
            self.ranges[entity] = make_ranges(self.intervals.get(entity, ""))
        return self.ranges[entity]

    def xivo_of(self, entity: str) -> str:
        """Return the XiVO of an entity; an unknown entity is its own."""
        return self.xivos.get(entity, entity)


def _at(row: UserRow, code: str, column: str, severity: Severity = E, **params: str) -> Problem:
    value = {"internal_number": row.number, "cti_login": row.login, "template": row.template}.get(column, "")
    return problem(code, severity, sheet="users", row=row.row, column=column, value=value, **params)


def number_inside(scene: Scene) -> Iterator[Problem]:
    """U7: a new or changed number lies inside one of its entity's intervals, length included."""
    for row in scene.rows:
        known = row.takes_number and row.number and row.entity in scene.intervals
        ranges = scene.ranges_of(row.entity) if known else []
        if known and not contains(ranges, row.number):
            intervals, nearest = scene.intervals[row.entity], with_lost_zeros(ranges, row.number)
            where = {"entity": row.entity, "intervals": intervals, "nearest": nearest}
            yield _at(row, "number_outside", "internal_number", E, **where)


def number_twice_in_book(scene: Scene) -> Iterator[Problem]:
    """U11: two rows ask for one number on one XiVO: both are wrong, each names the other."""
    claims: dict[tuple[str, str], list[UserRow]] = defaultdict(list)
    for row in scene.rows:
        if row.takes_number and row.number:
            claims[scene.xivo_of(row.entity), row.number].append(row)
    for rows in claims.values():
        for row in rows if len(rows) > 1 else ():
            others = ", ".join(str(o.row) for o in rows if o is not row)
            yield _at(row, "number_twice_in_book", "internal_number", rows=others)


def number_taken(scene: Scene) -> Iterator[Problem]:
    """U8 and U9: nobody else on the XiVO has the number (unless this book frees it); elsewhere it is a warning."""
    wanted = {row.number for row in scene.rows if row.takes_number and row.number}
    holders = _holders(scene.view, "internal_number", wanted)
    freed = {(row.id, row.gives_up) for row in scene.rows if row.gives_up}
    for row in scene.rows:
        if not (row.takes_number and row.number and row.entity in scene.xivos):
            continue
        for id_, entity, label in holders.get(row.number, ()):
            if id_ == row.id or (id_, row.number) in freed:
                continue
            here = scene.xivo_of(entity) == scene.xivo_of(row.entity)
            if here:
                yield _at(row, "number_taken", "internal_number", label=label, id=id_, entity=entity)
            else:
                severity = E if scene.strict_numbers else W
                yield _at(row, "number_elsewhere", "internal_number", severity, label=label, id=id_, entity=entity)


def login_unique(scene: Scene) -> Iterator[Problem]:
    """U16: a CTI login is used once per XiVO, in the book and on the server, whatever its case."""
    rows = [row for row in scene.rows if row.takes_login and row.login]
    claims: dict[tuple[str, str], list[UserRow]] = defaultdict(list)
    for row in rows:
        claims[scene.xivo_of(row.entity), row.login.casefold()].append(row)
    for same in claims.values():
        for row in same if len(same) > 1 else ():
            others = ", ".join(str(o.row) for o in same if o is not row)
            yield _at(row, "login_twice_in_book", "cti_login", rows=others)
    freed = {(row.id, row.gives_up_login.casefold()) for row in scene.rows if row.gives_up_login}
    holders = _holders(scene.view, "cti_login", {row.login.casefold() for row in rows}, str.casefold)
    for row in rows:
        for id_, entity, label in holders.get(row.login.casefold(), ()):
            free = id_ == row.id or (id_, row.login.casefold()) in freed
            if not free and scene.xivo_of(entity) == scene.xivo_of(row.entity):
                yield _at(row, "login_taken", "cti_login", label=label, id=id_)


def _holders(
    view: View, column: str, wanted: Collection[str], form: Callable[[str], str] = str
) -> dict[str, list[tuple[str, str, str]]]:
    """Return, by text, the (id, entity, label) of live users who hold one of the wanted texts."""
    users = view.frame("users")
    if not wanted or column not in users:
        return {}
    texts = users[column].map(form)
    held: dict[str, list[tuple[str, str, str]]] = defaultdict(list)
    found = users[texts.isin(list(wanted))]
    for id_, text, cells in zip(found.index, texts[found.index], found.to_dict("records"), strict=True):
        held[text].append((str(id_), cells["entity"], f"{cells['first_name']} {cells['last_name']}"))
    return held


def credentials(scene: Scene) -> Iterator[Problem]:
    """U17 and U18: a password goes with a login, and a new login with a password."""
    for row in scene.rows:
        if row.sends_password and not row.login:
            yield _at(row, "password_without_login", "cti_password")
        if row.action == "create" and row.login and not row.sends_password:
            yield _at(row, "login_without_password", "cti_login", W)


def same_names_on_xivo(scene: Scene) -> Iterator[Problem]:
    """U20: somebody of the same names in another entity of the XiVO is worth a look."""
    creates = [row for row in scene.rows if row.action == "create"]
    users = scene.view.frame("users")
    if not creates or users.empty:
        return
    labels = (users["first_name"] + " " + users["last_name"]).map(fold_name)
    wanted = {fold_name(row.label) for row in creates}
    living: dict[tuple[str, str], list[tuple[str, str]]] = defaultdict(list)
    for id_ in users.index[labels.isin(list(wanted))]:
        entity = users.at[id_, "entity"]
        living[scene.xivo_of(entity), labels[id_]].append((str(id_), entity))
    for row in creates:
        for id_, entity in living.get((scene.xivo_of(row.entity), fold_name(row.label)), ()):
            if entity != row.entity:
                yield _at(row, "same_names_elsewhere", "last_name", W, id=id_, entity=entity)


def template_available(scene: Scene) -> Iterator[Problem]:
    """U3: the template is offered to the entity, by its own list or its XiVO's; by neither is an error."""
    for row in scene.rows:
        if not scene.view.known or row.template not in scene.templates or row.entity not in scene.xivos:
            continue
        xivos, entities = (split_list(text) for text in scene.templates[row.template])
        if row.entity not in entities and scene.xivo_of(row.entity) not in xivos:
            yield _at(row, "template_not_offered", "template", entity=row.entity)


def slots(scene: Scene) -> Iterator[Problem]:
    """U14: a XiVO has room for all its new users, counting those that this book deletes."""
    places = {n: int(s) for n, s in scene.view.column("xivos", "name", "remaining_slots").items() if s.isdecimal()}
    balance = Counter(scene.xivo_of(r.entity) for r in scene.rows if r.action == "create")
    balance.subtract(scene.xivo_of(r.entity) for r in scene.rows if r.action == "delete")
    for xivo, wanted in balance.items():
        if xivo in places and wanted > places[xivo]:
            over = [r for r in scene.rows if r.action == "create" and scene.xivo_of(r.entity) == xivo]
            for row in over[len(over) - (wanted - places[xivo]) :]:
                yield _at(row, "no_slot_left", "entity", xivo=xivo, slots=str(places[xivo]), wanted=str(wanted))


UserRule = Callable[[Scene], Iterable[Problem]]

# What is wrong with one row whatever becomes of the others, and what depends on which rows are sent.
ROW_RULES: tuple[UserRule, ...] = (
    number_inside,
    number_taken,
    login_unique,
    credentials,
    same_names_on_xivo,
    template_available,
)
USER_RULES: tuple[UserRule, ...] = (*ROW_RULES, number_twice_in_book, slots)


def check_users(scene: Scene, rules: tuple[UserRule, ...] = USER_RULES) -> list[Problem]:
    """Return every broken rule among the user rows."""
    return [found for rule in rules for found in rule(scene)]


def untouched_outside(users: pd.DataFrame, view: View) -> list[Problem]:
    """U7 for rows that change nothing: a live number outside its entity's intervals is a warning.

    `users` are sheet rows with canonical `entity` and `internal_number`.
    """
    found = []
    for entity, rows in users[users["internal_number"].str.isdecimal()].groupby("entity", sort=False):
        ranges = make_ranges(view.intervals_of.get(str(entity), ""))
        numbers = rows["internal_number"]
        outside = numbers[~numbers.map(lambda n, ranges=ranges: contains(ranges, n)).astype(bool)]
        where = {"entity": str(entity), "intervals": view.intervals_of.get(str(entity), "")}
        found += [
            problem("number_kept_outside", W, sheet="users", row=int(r), column="internal_number", value=n, **where)
            for r, n in outside.items()
            if ranges
        ]
    return found


def check_templates(after: pd.DataFrame, touched: Collection[int], view: View) -> list[Problem]:
    """T11 and T12: a template that nobody could use, and a name that means two templates.

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
    return found


def check_entities(after: pd.DataFrame, touched: Collection[int], view: View) -> list[Problem]:
    """E3, E4, E5 and E7: overlapping intervals, and users who would fall outside a shrunk interval.

    `after` is the sheet as it would be, by row; `touched` are the rows to be sent.
    """
    others = {cid: make_ranges(text) for cid, text in view.intervals_of.items()}
    found = []
    for row in touched:
        cells = after.loc[row]
        where = {"sheet": "entities", "row": row, "column": "intervals", "value": cells["intervals"]}
        parts = [make_ranges(part) for part in split_list(cells["intervals"])]
        inside = next((o for n, a in enumerate(parts) for b in parts[:n] if (o := overlap(a, b))), None)
        if inside:
            found.append(problem("intervals_overlap", **where, part=_shown(inside)))
        found += _overlaps_elsewhere(cells, where, others, view)
        found += _left_outside(cells, where, view)
    return found


def _overlaps_elsewhere(
    cells: Mapping[str, str], where: Mapping[str, object], others: Mapping[str, list[Range]], view: View
) -> Iterator[Problem]:
    own = make_ranges(cells["intervals"])
    for cid, ranges in others.items():
        shared = overlap(own, ranges) if cid != cells["combined_id"] else None
        if shared:
            here = view.xivo_of.get(cid) == cells["xivo"]
            code, severity = ("intervals_overlap_entity", W) if here else ("intervals_overlap_xivo", I)
            yield problem(code, severity, **where, part=_shown(shared), entity=cid)


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
