"""A clean server, and one seeded fault for each thing an audit finds."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from xcu_sheets.auditing.audit import Audit, make_audit
from xcu_sheets.auditing.findings import Finding
from xcu_sheets.model.snapshot import Snapshot
from xcu_sheets.model.view import View
from xcu_sheets.sandbox import Sandbox
from xcu_sheets.server import Client, read_snapshot

# Entities of the generated server, by id: two on each XiVO. The users 3, 7, 11 ... are of CHIRURGIE.
SIEGE, CLINIQUE, CHIRURGIE, ANALOGIQUE = 17, 18, 19, 20
ODD_USER = 4  # the one that the seeding puts outside its intervals
TEMPLATE = {
    "peerSipName": "auto",
    "routedInbound": False,
    "callerIdMode": "incomingNo",
    "ringingTime": 30,
    "voiceMailEnabled": False,
    "xivos": [1],
    "entities": [],
}

# What a finding is known by: rule, severity, and its records as "sheet id".
Known = tuple[str, str, frozenset[str]]


@dataclass(frozen=True)
class Seeded:
    """A fault: how it gets into a server, or into what was read of one, and all that an audit then has to say."""

    name: str
    expected: tuple[tuple[str, str, str], ...]
    seed: Callable[[Sandbox], Any] = lambda server: None
    alter: Callable[[Snapshot], Snapshot] = lambda snapshot: snapshot

    @property
    def known(self) -> set[Known]:
        """The findings expected beyond those of the clean server."""
        return {(rule, severity, frozenset(ids.split(", "))) for rule, severity, ids in self.expected}


def make_clean(server: Sandbox) -> None:
    """Mend the one thing that the seeding does wrong on purpose."""
    server.edit_user(ODD_USER, internal_number="3990002")


def read(server: Sandbox, login: str = "admin", password: str = "superpass") -> Snapshot:
    """Read a server whole."""
    with Client(server.url, login, password) as client:
        return read_snapshot(client, taken_at="2026-11-24T08:00:00Z")


def audit_of(snapshot: Snapshot) -> Audit:
    """Look at what was read."""
    return make_audit(View.of_snapshot(snapshot))


def known(finding: Finding) -> Known:
    """Return what a finding is known by in these tests."""
    return finding.rule, str(finding.severity), frozenset(f"{m.sheet} {m.id}" for m in finding.members)


def add_interval(server: Sandbox, entity: int, start: str, end: str) -> None:
    """Give an entity one more interval, unchecked."""
    store = server.world.store
    row = store.one("SELECT intervals FROM entities WHERE id = ?", entity)
    intervals = [*json.loads(row["intervals"]), {"start": start, "end": end}]
    store.run("UPDATE entities SET intervals = ? WHERE id = ?", json.dumps(intervals), entity)


def add_template(server: Sandbox, **fields: Any) -> None:
    """Add a template, unchecked."""
    body = json.dumps({"name": "Seeded", **TEMPLATE, **fields})
    server.world.store.run("INSERT INTO templates (body) VALUES (?)", body)


def add_administrator(server: Sandbox, *, super_admin: bool, ldap: bool) -> None:
    """Add an account."""
    server.world.store.run(
        "INSERT INTO administrators (login, name, super_admin, ldap, entity_ids) VALUES ('seeded', '', ?, ?, '[]')",
        *(super_admin, ldap),
    )


def add_xivo(server: Sandbox) -> None:
    """Add a XiVO with one entity, to which no template is offered."""
    run = server.world.store.run
    run("INSERT INTO xivos (uuid, name, host, capacity) VALUES ('u-3', 'xivo-3', '10.0.0.3', 10)")
    run(
        "INSERT INTO entities (id, combined_id, name, display_name, xivo_id, intervals, presented_number, extra)"
        " VALUES (90, 'new@10.0.0.3', 'new', 'Nouveau', 3, ?, 'inbNo', '{}')",
        json.dumps([{"start": "80000", "end": "80010"}]),
    )


def fill_xivo(server: Sandbox, xivo: int) -> None:
    """Leave a XiVO no slot."""
    users = "(SELECT COUNT(*) FROM users WHERE xivo_id = xivos.id)"
    server.world.store.run(f"UPDATE xivos SET capacity = {users} WHERE id = ?", xivo)


def share_number(server: Sandbox) -> None:
    """Give one free number of the two entities whose intervals are alike to a user of each, on two XiVOs."""
    for user in (5, 10):
        server.edit_user(user, internal_number="1799")


def copy_names(server: Sandbox) -> None:
    """Give a user another one's names, in other letters."""
    row = server.user_row(3)
    assert row is not None
    server.edit_user(7, first_name=row["first_name"].upper(), last_name=row["last_name"].replace("é", "e"))


def copy_login(server: Sandbox) -> None:
    """Give a user another one's login, in other letters."""
    server.edit_user(7, cti_login=server.user_row(3)["cti_login"].upper())


def name_unlisted(snapshot: Snapshot) -> Snapshot:
    """Let an administrator be of an entity that is not there; the sandbox would not say so."""
    people = [{**r, "entities": [17, 99]} if r["id"] == 2 else r for r in snapshot.records["administrators"]]
    return replace(snapshot, records={**snapshot.records, "administrators": people})


FAULTS = (
    Seeded(
        "a number twice on a XiVO",
        (("number_twice", "error", "users 3, users 7"),),
        lambda s: s.edit_user(7, internal_number=s.user_row(3)["internal_number"]),
    ),
    Seeded("a login twice", (("login_twice", "error", "users 3, users 7"),), copy_login),
    Seeded(
        "an interval whose ends differ in length",
        (("interval_malformed", "error", "entities 19"),),
        lambda s: add_interval(s, CHIRURGIE, "2700", "27"),
    ),
    Seeded(
        "an interval that runs backwards",
        (("interval_malformed", "error", "entities 19"),),
        lambda s: add_interval(s, CHIRURGIE, "2950", "2900"),
    ),
    Seeded(
        "an interval without a start",
        (("interval_malformed", "error", "entities 19"),),
        lambda s: add_interval(s, CHIRURGIE, "", "2900"),
    ),
    Seeded(
        "a number in two intervals of an entity",
        (("intervals_overlap", "error", "entities 19"),),
        lambda s: add_interval(s, CHIRURGIE, "2190", "2210"),
    ),
    Seeded(
        "intervals of two entities of one XiVO",
        (("intervals_overlap_entity", "warning", "entities 18, entities 20"),),
        lambda s: add_interval(s, CLINIQUE, "3999000", "3999000"),
    ),
    Seeded(
        "intervals of two XiVOs",
        (("intervals_overlap_xivo", "info", "entities 19, entities 20"),),
        lambda s: add_interval(s, ANALOGIQUE, "2150", "2160"),
    ),
    Seeded("a number on two XiVOs", (("number_on_several_xivos", "info", "users 5, users 10"),), share_number),
    Seeded(
        "a number outside",
        (("user_outside_intervals", "warning", "users 7"),),
        lambda s: s.edit_user(7, internal_number="9999"),
    ),
    Seeded(
        "a number that lost its zero",
        (("user_outside_intervals", "warning", "users 7"),),
        lambda s: s.edit_user(7, internal_number="02102"),
    ),
    Seeded("a person twice", (("same_person_twice", "warning", "users 3, users 7"),), copy_names),
    Seeded(
        "a login with a blank",
        (("login_against_rule", "warning", "users 7"),),
        lambda s: s.edit_user(7, cti_login="marie martin"),
    ),
    Seeded("no login", (("user_without_login", "info", "users 7"),), lambda s: s.edit_user(7, cti_login=None)),
    Seeded(
        "a template for nobody",
        (("template_for_nobody", "warning", "templates 7"),),
        lambda s: add_template(s, xivos=[]),
    ),
    Seeded("an entity without template", (("entity_without_template", "warning", "entities 90"),), add_xivo),
    Seeded(
        "routed inbound without prefix",
        (("template_contradictory", "error", "templates 7"),),
        lambda s: add_template(s, routedInbound=True),
    ),
    Seeded(
        "a caller id of its own that is missing",
        (("template_contradictory", "error", "templates 7"),),
        lambda s: add_template(s, callerIdMode="custom"),
    ),
    Seeded(
        "voice mail without number mode",
        (("template_contradictory", "error", "templates 7"),),
        lambda s: add_template(s, voiceMailEnabled=True),
    ),
    Seeded(
        "voice mail without its own number",
        (("template_contradictory", "error", "templates 7"),),
        lambda s: add_template(s, voiceMailEnabled=True, voiceMailNumberMode="custom"),
    ),
    Seeded(
        "a number mode of no effect without its number",
        (("template_contradictory", "warning", "templates 7"),),
        lambda s: add_template(s, voiceMailNumberMode="custom"),
    ),
    Seeded(
        "a template that names an entity of the past",
        (("entity_not_listed", "warning", "templates 7"),),
        lambda s: add_template(s, entities=["gone@192.168.29.220"]),
    ),
    Seeded(
        "an administrator of an entity of the past",
        (("entity_not_listed", "warning", "administrators 2"),),
        alter=name_unlisted,
    ),
    Seeded(
        "a super-administrator",
        (("super_administrator", "info", "administrators 4"),),
        lambda s: add_administrator(s, super_admin=True, ldap=True),
    ),
    Seeded(
        "an account outside LDAP",
        (("account_without_ldap", "info", "administrators 4"),),
        lambda s: add_administrator(s, super_admin=False, ldap=False),
    ),
    Seeded("a XiVO without slots", (("xivo_full", "warning", "xivos 2"),), lambda s: fill_xivo(s, 2)),
)
