"""Findings keep their ids, so that two audits of one server tell what is new, still there and gone."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from seeded import CHIRURGIE, add_administrator, audit_of, copy_login, make_clean, read

from xcu_sheets.auditing.audit import Audit
from xcu_sheets.auditing.comparison import Earlier, Since, compare, is_met, is_same_server
from xcu_sheets.model.view import View
from xcu_sheets.reports.audit import AuditReport, audit_json, read_earlier, write_audit
from xcu_sheets.reports.evidence import Evidence
from xcu_sheets.sandbox import Sandbox


@pytest.fixture(autouse=True)
def mended(server: Sandbox) -> None:
    """Every test here begins with a server that is clean but for one user outside, the seventh."""
    make_clean(server)
    server.edit_user(7, internal_number="9999")


def earlier_of(audit: Audit, folder: Path) -> Earlier:
    """Write an audit and read it back as an earlier one."""
    view = View({}, None)  # type: ignore[arg-type]
    path = folder / "old.json"
    write_audit(path, AuditReport(audit, view, Evidence("xcu-sheets audit old.json", "9.9", "now", ())))
    return read_earlier(path)


def rules(since: Since, audit: Audit) -> dict[str, set[str]]:
    """Return the rules of findings by what came of them, information apart."""
    told = {
        status: {f.rule for f in audit.findings if since.status(f) == status and f.severity != "info"}
        for status in ("new", "still_there")
    }
    return {**told, "gone": {f.rule for f in since.gone}, "not_looked_at": {f.rule for f in since.not_looked_at}}


def test_two_audits_of_one_state_are_the_same(server: Sandbox, tmp_path: Path) -> None:
    """Nothing is new, nothing is gone, and what they say is equal."""
    before, after = audit_of(read(server)), audit_of(read(server))
    since = compare(after, earlier_of(before, tmp_path))
    assert (since.new, since.gone, since.not_looked_at) == (frozenset(), (), ())
    assert after == before


def test_ids_do_not_depend_on_names(server: Sandbox, tmp_path: Path) -> None:
    """A person who marries, an entity that is renamed, a XiVO that moves: the finding is still there."""
    earlier = earlier_of(audit_of(read(server)), tmp_path)
    server.edit_user(7, last_name="Nouveau-Nom")
    run = server.world.store.run
    run("UPDATE entities SET combined_id = 'autre@10.0.0.9', display_name = 'Autre' WHERE id = ?", CHIRURGIE)
    run("UPDATE xivos SET name = 'xivo-autre', host = '10.0.0.9' WHERE id = 1")
    audit = audit_of(read(server))
    assert rules(compare(audit, earlier), audit)["still_there"] == {"user_outside_intervals"}
    assert {f.rule for f in audit.findings if f.id in compare(audit, earlier).new} <= {"entity_not_listed"}


def test_new_and_gone(server: Sandbox, tmp_path: Path) -> None:
    """One fault is mended, another one made."""
    earlier = earlier_of(audit_of(read(server)), tmp_path)
    make_outside = server.user_row(3)["internal_number"]
    server.edit_user(7, internal_number="2102")
    copy_login(server)
    audit = audit_of(read(server))
    told = rules(compare(audit, earlier), audit)
    assert make_outside
    assert told["new"] == {"login_twice"}
    assert told["still_there"] == set()
    assert "user_outside_intervals" in told["gone"]


def test_findings_of_one_rule_are_told_apart(server: Sandbox, tmp_path: Path) -> None:
    """Another user outside is new, the first one is still there."""
    earlier = earlier_of(audit_of(read(server)), tmp_path)
    server.edit_user(11, internal_number="9998")
    audit = audit_of(read(server))
    since = compare(audit, earlier)
    outside = {f.members[0].id: since.status(f) for f in audit.findings if f.rule == "user_outside_intervals"}
    assert outside == {"7": "still_there", "11": "new"}


def test_what_could_not_be_read_is_not_gone(server: Sandbox, tmp_path: Path) -> None:
    """An entity that could not be read this time keeps its findings open."""
    snapshot = read(server)
    earlier = earlier_of(audit_of(snapshot), tmp_path)
    cid = "chirurgie@192.168.29.220"
    users = [u for u in snapshot.records["users"] if u["entity"]["combinedId"] != cid]
    audit = audit_of(replace(snapshot, records={**snapshot.records, "users": users}, unreadable={cid: "500"}))
    told = rules(compare(audit, earlier), audit)
    assert told["not_looked_at"] >= {"user_outside_intervals"}
    assert "user_outside_intervals" not in told["gone"]
    assert [line.known for line in audit.entities] == [line.member.entity != cid for line in audit.entities]


def test_an_unreadable_list_keeps_its_findings_open(server: Sandbox, tmp_path: Path) -> None:
    """Accounts that could not be listed this time are not gone."""
    add_administrator(server, super_admin=True, ldap=False)
    snapshot = read(server)
    earlier = earlier_of(audit_of(snapshot), tmp_path)
    records = {name: found for name, found in snapshot.records.items() if name != "administrators"}
    audit = audit_of(replace(snapshot, records=records, unreadable={"administrators": "403"}))
    told = rules(compare(audit, earlier), audit)
    assert told["not_looked_at"] == {"super_administrator", "account_without_ldap"}
    assert told["gone"] == set()


def test_what_another_login_does_not_see_is_not_gone(server: Sandbox, tmp_path: Path) -> None:
    """The entity of the finding is not among those of the one who looks now."""
    earlier = earlier_of(audit_of(read(server)), tmp_path)
    audit = audit_of(read(server, "telecom", "telecom-pass"))
    told = rules(compare(audit, earlier), audit)
    assert "user_outside_intervals" in told["not_looked_at"]


def test_an_entity_that_is_deleted_takes_its_findings_along(server: Sandbox, tmp_path: Path) -> None:
    """The same login looked, and the entity is not there any more."""
    earlier = earlier_of(audit_of(read(server)), tmp_path)
    server.world.store.run("DELETE FROM users WHERE entity_id = ?", CHIRURGIE)
    server.world.store.run("DELETE FROM entities WHERE id = ?", CHIRURGIE)
    audit = audit_of(read(server))
    assert "user_outside_intervals" in rules(compare(audit, earlier), audit)["gone"]


@pytest.mark.parametrize(
    ("limit", "mend", "fault", "met"),
    [
        ("error", False, False, False),
        ("warning", False, False, True),
        ("new-warning", False, False, False),
        ("error", False, True, True),
        ("new-warning", False, True, True),
        ("warning", True, False, False),
        ("warning", True, True, True),
    ],
)
def test_limits(server: Sandbox, tmp_path: Path, limit: str, mend: bool, fault: bool, met: bool) -> None:
    """A warning is there from the beginning; it may be mended, and an error may come."""
    earlier = earlier_of(audit_of(read(server)), tmp_path)
    if mend:
        server.edit_user(7, internal_number="2102")
    if fault:
        copy_login(server)
    audit = audit_of(read(server))
    assert is_met(limit, audit, compare(audit, earlier)) is met


def test_another_server_is_told_by_its_xivos(server: Sandbox, tmp_path: Path) -> None:
    """The same XiVOs under another address are the same server; other ones under one address are not."""
    audit = audit_of(read(server))
    earlier = earlier_of(audit, tmp_path)
    assert is_same_server(replace(audit, server="http://elsewhere:9001"), earlier)
    assert not is_same_server(replace(audit, xivo_uuids=("other",)), earlier)
    assert not is_same_server(replace(audit, xivo_uuids=(), server="http://elsewhere:9001"), earlier)


def test_a_file_of_other_hands_shows_nothing_hostile(server: Sandbox, tmp_path: Path) -> None:
    """What an earlier audit says is made safe when it is read; what is no text becomes one."""
    body = audit_json(AuditReport(audit_of(read(server)), None, Evidence("", "", "", ())))  # type: ignore[arg-type]
    finding = next(f for f in body["findings"] if f["rule"] == "user_outside_intervals")
    finding["members"][0]["label"] = "\x1b[2J\u202eevil\ud800"
    finding["params"]["number"] = 5
    body["login"] = "\x07bell"
    (tmp_path / "old.json").write_text(json.dumps(body))
    earlier = read_earlier(tmp_path / "old.json")
    read_back = next(f for f in earlier.findings if f.id == finding["id"])
    assert read_back.members[0].label == r"\x1b[2J\u202eevil\ud800"
    assert read_back.params["number"] == "5"
    assert earlier.login == r"\x07bell"
