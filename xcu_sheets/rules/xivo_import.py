"""One server's users in the format of XiVO's own user import, and why it would refuse some [DOMAIN 4.2, 4.3, 4.6]."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from ..model.fields import Rule
from ..model.problems import Problem, problem
from ..model.records import Secret
from ..model.resources import LOGIN_RULE, PASSWORD_RULE, USERS
from ..model.snapshot import natural_order, text_rows
from ..model.text import first_control, has_line_break
from ..model.view import View
from .numbering import contains, make_ranges

NAME_LENGTH, MAIL_LENGTH = 128, 254  # XiVO's columns [SRC wazo-confd user/schema.py]


@dataclass(frozen=True)
class Column:
    """One column of the format. Its value is `always`, or that of a row's member `of`; blank where it has neither.

    The import takes a blank for what XiVO does by default. `xivo_only` columns do not exist on Wazo.
    """

    name: str
    of: str = ""
    always: str = ""
    xivo_only: bool = False


# In the order of XiVO's documentation. Some versions refuse a blank `simultaneous_calls`; 5 is what it is by default.
COLUMNS = (
    Column("entity_id", "entity_id", xivo_only=True),
    Column("firstname", "first_name"),
    Column("lastname", "last_name"),
    Column("email", "mail"),
    Column("language"),
    Column("mobile_phone_number"),
    Column("outgoing_caller_id"),
    Column("enabled", always="1"),
    Column("supervision_enabled"),
    Column("call_transfer_enabled"),
    Column("dtmf_hangup_enabled"),
    Column("simultaneous_calls", always="5"),
    Column("ring_seconds"),
    Column("call_permission_password"),
    Column("cti_profile_enabled", "cti_enabled", xivo_only=True),
    Column("username", "cti_login"),
    Column("password", "cti_password"),
    Column("cti_profile_name", "cti_profile", xivo_only=True),
    Column("exten", "internal_number"),
    Column("context", "context"),
    Column("line_protocol", "line_protocol"),
    Column("sip_username"),
    Column("sip_secret"),
    Column("incall_exten"),
    Column("incall_context"),
    Column("incall_ring_seconds"),
    Column("voicemail_name"),
    Column("voicemail_number"),
    Column("voicemail_context"),
    Column("voicemail_password"),
    Column("voicemail_email"),
    Column("voicemail_attach_audio"),
    Column("voicemail_delete_messages"),
    Column("voicemail_ask_password"),
    Column("call_permissions"),
)


@dataclass(frozen=True)
class Constants:
    """What XCU does not know of the target.

    `entity_ids` are the ids of XiVO's own entities (organisations) by XiVO name; None for a Wazo, which has none.
    `contexts` are by combinedId, for entities whose context there is called otherwise than the entity.
    """

    entity_ids: Mapping[str, str] | None
    line_protocol: str = "sip"
    contexts: Mapping[str, str] = field(default_factory=dict)
    cti_profile: str = ""

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns that the target knows."""
        return tuple(c for c in COLUMNS if self.entity_ids is not None or not c.xivo_only)


@dataclass(frozen=True)
class Refusal:
    """A user whom the import would refuse, or take for somebody else, and every reason."""

    id: str
    label: str
    entity: str
    problems: tuple[Problem, ...]


@dataclass(frozen=True)
class ImportRows:
    """The rows for each XiVO, by its name: texts in the order of `columns`; and who is not among them."""

    columns: tuple[str, ...]
    rows: Mapping[str, Sequence[tuple[str, ...]]]
    refused: tuple[Refusal, ...]


Cells = Mapping[str, str]


def import_rows(view: View, constants: Constants, passwords: Mapping[str, Secret]) -> ImportRows:
    """Return the users of a server as import rows by XiVO, in natural order. `passwords` are by user id."""
    people = _people(view, constants, passwords)
    faults = _faults(people, view, constants)
    rows: dict[str, list[tuple[str, ...]]] = defaultdict(list)
    for person in people:
        if not faults[person["id"]]:
            rows[person["xivo"]].append(tuple(c.always or person.get(c.of, "") for c in constants.columns))
    refused = [Refusal(p["id"], p["label"], p["entity"], tuple(f)) for p in people if (f := faults[p["id"]])]
    return ImportRows(tuple(c.name for c in constants.columns), dict(rows), tuple(refused))


def _people(view: View, constants: Constants, passwords: Mapping[str, Secret]) -> list[Cells]:
    users = view.frame(USERS.name)
    names = view.column("entities", "combined_id", "name")
    listed = text_rows(natural_order(USERS, users)) if len(users) else []
    return [_person(cells, names, view.xivo_of, constants, passwords) for cells in listed]


def _person(
    cells: Cells,
    names: Mapping[str, str],
    xivo_of: Mapping[str, str],
    constants: Constants,
    passwords: Mapping[str, Secret],
) -> Cells:
    entity, login, has_line = cells["entity"], cells["cti_login"], bool(cells["internal_number"])
    xivo, secret = xivo_of.get(entity, ""), passwords.get(cells["id"])
    password = secret.reveal() if secret and login else ""
    return {
        **cells,
        "label": f"{cells['first_name']} {cells['last_name']}".strip(),
        "xivo": xivo,
        "entity_id": (constants.entity_ids or {}).get(xivo, ""),
        "context": constants.contexts.get(entity, names.get(entity, "")) if has_line else "",
        "line_protocol": constants.line_protocol if has_line else "",
        "cti_enabled": "1" if password and constants.cti_profile else "0",
        "cti_profile": constants.cti_profile if login else "",
        "cti_password": password,
    }


def _faults(people: Sequence[Cells], view: View, constants: Constants) -> dict[str, list[Problem]]:
    """Return every reason for which the import would refuse each user, by id."""
    faults = {person["id"]: [*_own_faults(person), *_number_faults(person, view, constants)] for person in people}
    for person_id, found in _shared_faults(people):
        faults[person_id].append(found)
    return faults


def _fault(person: Cells, code: str, column: str, **params: str) -> Problem:
    value = "" if column == "cti_password" else person.get(column, "")
    return problem(code, sheet=USERS.name, column=column, value=value, **params)


def _own_faults(person: Cells) -> Iterator[Problem]:
    if not person["xivo"]:
        yield _fault(person, "xivo_entity_unknown", "entity")
    if not person["first_name"]:
        yield _fault(person, "xivo_no_first_name", "first_name")
    for column in ("first_name", "last_name", "mail", "cti_login", "context"):
        if has_line_break(person[column]) or first_control(person[column]):
            yield _fault(person, "xivo_line_break", column)
    for column, limit in (("first_name", NAME_LENGTH), ("last_name", NAME_LENGTH), ("mail", MAIL_LENGTH)):
        if len(person[column]) > limit:
            yield _fault(person, "xivo_too_long", column, limit=str(limit))
    if not _obeys(LOGIN_RULE, person["cti_login"]):
        yield _fault(person, "login_pattern", "cti_login")
    if not _obeys(PASSWORD_RULE, person["cti_password"]):
        yield _fault(person, "password_pattern", "cti_password")


def _obeys(rule: Rule, text: str) -> bool:
    return not text or re.fullmatch(rule.pattern, text) is not None


def _number_faults(person: Cells, view: View, constants: Constants) -> Iterator[Problem]:
    number, entity = person["internal_number"], person["entity"]
    if not number:
        return
    if not (number.isascii() and number.isdecimal()):
        yield _fault(person, "not_a_number", "internal_number")
    elif entity not in constants.contexts and entity in view.intervals_of:
        intervals = view.intervals_of[entity]
        if not contains(make_ranges(intervals), number):
            where = {"entity": entity, "intervals": intervals}
            yield _fault(person, "xivo_number_outside", "internal_number", **where)


def _shared_faults(people: Sequence[Cells]) -> Iterator[tuple[str, Problem]]:
    for one, other in _sharing(people, "xivo", "context", "internal_number"):
        named = {"label": other["label"], "id": other["id"]}
        yield one["id"], _fault(one, "xivo_same_number", "internal_number", **named)
    for one, other in _sharing(people, "xivo", "cti_login"):
        named = {"label": other["label"], "id": other["id"]}
        yield one["id"], _fault(one, "xivo_same_login", "cti_login", **named)
    for one, other in _sharing(people, "xivo", "mail"):
        named = {"label": other["label"], "id": other["id"]}
        yield one["id"], _fault(one, "xivo_same_mail", "mail", **named)


def _sharing(people: Iterable[Cells], *members: str) -> Iterator[tuple[Cells, Cells]]:
    """Yield each of those who have the same in all these members, the last one not blank, with another one of them."""
    holders: dict[tuple[str, ...], list[Cells]] = defaultdict(list)
    for person in people:
        if person[members[-1]]:
            holders[tuple(person[name].casefold() for name in members)].append(person)
    for same in holders.values():
        for at, person in enumerate(same if len(same) > 1 else ()):
            yield person, same[at - 1]
