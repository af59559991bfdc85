"""Rules that look at several users, or at a user and the server: duplicates, numbers, templates, capacity.

Each function takes the rows that would be sent and returns Problems; its number in DOMAIN section 2 is beside it.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

from ..model.problems import Problem, Severity, problem
from ..model.text import fold_name, split_list
from ..model.view import View
from .numbering import Range, contains, make_ranges, with_lost_zeros

E, W = Severity.ERROR, Severity.WARNING  # DOMAIN's own letters
SIGNIFICANT_DIGITS = 9  # of a French number, behind 0 or the country's code [DOMAIN 3.3]
_FRENCH = re.compile(r"(?:(?:\+|00)(?:33|262|590|594|596)|0(?!0))([0-9]*)")


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

    `templates` gives, by name, (xivos, entities) as cell texts, `prefixes` the direct number prefix of those that are
    routed inbound; `intervals` and `xivos` are by entity.
    """

    rows: Sequence[UserRow]
    view: View
    templates: Mapping[str, tuple[str, str]]
    intervals: Mapping[str, str]
    xivos: Mapping[str, str]
    strict_numbers: bool = False
    any_template: bool = False
    prefixes: Mapping[str, str] = field(default_factory=dict)
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
    """U3: the template is offered to the entity, by its own list or its XiVO's; by neither is an error.

    Whether the server wants both is not known: where both lists are filled and only one has it, that is a warning.
    """
    for row in scene.rows:
        if not scene.view.known or row.template not in scene.templates or row.entity not in scene.xivos:
            continue
        xivos, entities = (split_list(text) for text in scene.templates[row.template])
        listed = row.entity in entities, scene.xivo_of(row.entity) in xivos
        if not any(listed):
            yield _at(row, "template_not_offered", "template", W if scene.any_template else E, entity=row.entity)
        elif not all(listed) and xivos and entities:
            yield _at(row, "template_half_offered", "template", W, entity=row.entity)


def direct_number(scene: Scene) -> Iterator[Problem]:
    """T10: prefix and internal number make a French direct number: 10 digits, or 9 after the country's code.

    A number that is not chosen yet has one of the lengths of its entity's intervals.
    """
    for row in scene.rows:
        prefix = scene.prefixes.get(row.template, "")
        wanted, ranges = digits_behind(prefix), scene.ranges_of(row.entity)
        lengths = {len(row.number)} if row.number else {r.length for r in ranges}
        if wanted is not None and lengths and wanted not in lengths:
            number = row.number or scene.intervals[row.entity]
            counts = {"wanted": str(wanted), "digits": ", ".join(map(str, sorted(lengths)))}
            yield _at(row, "direct_number_length", "template", W, prefix=prefix, number=number, **counts)


def digits_behind(prefix: str) -> int | None:
    """Return how many digits follow a French direct number prefix, None for one of another country or kind."""
    found = _FRENCH.fullmatch(re.sub(r"[ .\-/\u00a0\u202f]|\(0\)", "", prefix))
    return SIGNIFICANT_DIGITS - len(found[1]) if found else None


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


def same_names_in_book(scene: Scene) -> Iterator[Problem]:
    """U20 within the book: new people of the same names in two entities of one XiVO are worth a look."""
    groups: dict[tuple[str, str], list[UserRow]] = defaultdict(list)
    for row in scene.rows:
        if row.action == "create":
            groups[scene.xivo_of(row.entity), fold_name(row.label)].append(row)
    for rows in groups.values():
        for row in rows if len(rows) > 1 else ():
            others = [str(o.row) for o in rows if o.entity != row.entity]
            if others:
                yield _at(row, "same_names_in_book", "last_name", W, rows=", ".join(others))


UserRule = Callable[[Scene], Iterable[Problem]]

# What is wrong with one row whatever becomes of the others, and what depends on which rows are sent.
ROW_RULES: tuple[UserRule, ...] = (
    number_inside,
    number_taken,
    login_unique,
    credentials,
    same_names_on_xivo,
    same_names_in_book,
    template_available,
    direct_number,
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
