"""Views of small servers, made of the records that a server would show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from xcu_sheets.comparing.compare import make_diff
from xcu_sheets.comparing.diff import Diff, Difference
from xcu_sheets.model.snapshot import Snapshot
from xcu_sheets.model.view import View

Record = dict[str, Any]


def xivo(id_: int = 1, **members: Any) -> Record:
    """Return a XiVO."""
    name = f"xivo{id_}"
    return {"id": id_, "uuid": f"uuid-{id_}", "name": name, "host": f"10.0.0.{id_}", "remainingSlots": 90, **members}


def entity(id_: int = 17, name: str = "default", of: Record | None = None, **members: Any) -> Record:
    """Return an entity whose combinedId follows its XiVO's host, as XCU's does."""
    home = of or xivo()
    own = {"id": id_, "combinedId": f"{name}@{home['host']}", "name": name, "displayName": name.title(), "xivo": home}
    return {**own, "intervals": [{"start": "1000", "end": "1999"}], "presentedNumber": "inbNo", **members}


def user(id_: int, name: str = "Marie Martin", number: str = "", of: Record | None = None, **members: Any) -> Record:
    """Return a user of an entity."""
    first, _, last = name.partition(" ")
    own = {"id": id_, "entity": of or entity(), "firstName": first, "lastName": last}
    shown = {"internalNumber": number or f"1{id_:03d}", "externalNumber": f'"{name}"', "mail": None, "ctiLogin": None}
    return {**own, **shown, "provisioningNumber": f"{id_:06d}", **members}


def template(id_: int = 1, name: str = "Standard", **members: Any) -> Record:
    """Return a template."""
    own = {"id": id_, "name": name, "peerSipName": "auto", "routedInbound": False, "ringingTime": 30}
    return {**own, "xivos": [1], "entities": ["default@10.0.0.1"], **members}


def admin(login: str = "admin", **members: Any) -> Record:
    """Return a super-administrator."""
    return {"id": 1, "login": login, "name": "", "ldap": False, "superAdmin": True, "entities": [], **members}


def view(
    users: Sequence[Record] = (),
    *,
    xivos: Sequence[Record] | None = None,
    entities: Sequence[Record] | None = None,
    templates: Sequence[Record] = (),
    admins: Sequence[Record] | None = None,
    server: str = "http://xcu:9001",
    login: str = "admin",
    unreadable: Mapping[str, str] | None = None,
    without: Sequence[str] = (),
) -> View:
    """Return what one login reads of a server of one XiVO and one entity, unless told otherwise."""
    records = {
        "users": users,
        "templates": templates,
        "entities": [entity()] if entities is None else entities,
        "xivos": [xivo()] if xivos is None else xivos,
        "administrators": [admin()] if admins is None else admins,
    }
    shown = {name: listed for name, listed in records.items() if name not in without}
    return View.of_snapshot(Snapshot(server, login, "2026-02-01T10:00:00Z", shown, unreadable or {}))


def compared(before: View, after: View) -> list[tuple[str, str, str]]:
    """Return the differences as (kind, sheet, name)."""
    return [(d.kind, d.resource, d.name) for d in make_diff(before, after).differences]


def only(diff: Diff) -> Difference:
    """Return the one difference there is."""
    (found,) = diff.differences
    return found


def fields(difference: Difference) -> dict[str, tuple[str, str]]:
    """Return the changed cells of a difference."""
    return {field.column: (field.before, field.after) for field in difference.fields}


def left_out(diff: Diff) -> list[tuple[str, str, str, str, int]]:
    """Return what was not compared as (sheet, name, why, side, people)."""
    return [(n.resource, n.name, n.why, n.side, n.people) for n in diff.not_compared]
