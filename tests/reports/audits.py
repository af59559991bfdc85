"""A server whose people and places have hostile names, and audits of servers."""

from __future__ import annotations

from dataclasses import replace

from xcu_sheets.auditing.audit import make_audit
from xcu_sheets.auditing.comparison import Earlier, compare
from xcu_sheets.model.view import View
from xcu_sheets.reports.audit import AuditReport
from xcu_sheets.reports.evidence import Evidence, source_of
from xcu_sheets.running.inputs import live_input
from xcu_sheets.sandbox import Sandbox
from xcu_sheets.server import Client, read_snapshot

SCRIPT = "<script>document.title='taken'</script>"
IMAGE = '"><img src=http://127.0.0.1:9/x onerror=alert(1)>'
COMMAND = "=cmd|' /C calc'!A0"
ESCAPE = "\x1b[2Jgone\x07"
REVERSED = "abc\u202etxt.exe"
LITERAL = "_x001B_[2J <r>bold</r>"
HALF = "half \ud800"
HOSTILE = (SCRIPT, IMAGE, COMMAND, ESCAPE, REVERSED, LITERAL, "+1+1", "@SUM(A1)", "{{ 7*7 }}")
PASSWORD, CODE = "Canary-Pass", "987654-canary"


def make_hostile(server: Sandbox) -> None:
    """Give people, entities, templates and logins names that attack whoever shows them; all of them become findings."""
    for user, name in enumerate(HOSTILE, start=1):
        secrets = {"cti_password": PASSWORD, "provisioning_number": CODE}
        server.edit_user(user, first_name=name, last_name=COMMAND, cti_login=name, internal_number="99", **secrets)
    run = server.world.store.run
    run("UPDATE entities SET display_name = ? WHERE id = 17", SCRIPT)
    run("UPDATE entities SET display_name = ? WHERE id = 18", COMMAND)
    run("UPDATE entities SET display_name = ? WHERE id = 19", ESCAPE)
    run("UPDATE xivos SET name = ? WHERE id = 1", IMAGE)
    run("""UPDATE templates SET body = json_set(body, '$.name', ?, '$.entities', json_array(?))""", SCRIPT, REVERSED)


def report_of(server: Sandbox, earlier: Earlier | None = None, *, half: int = 0) -> AuditReport:
    """Look at a server, and compare it with an earlier audit; the names of the user `half` hold half a character."""
    with Client(server.url, "admin", "superpass") as client:
        snapshot = read_snapshot(client, taken_at="2026-11-24T08:00:00Z")
    if half:
        names = dict.fromkeys(("firstName", "lastName", "ctiLogin"), HALF)
        users = [{**user, **names} if user["id"] == half else user for user in snapshot.records["users"]]
        snapshot = replace(snapshot, records={**snapshot.records, "users": users})
    view = View.of_snapshot(snapshot)
    audit = make_audit(view)
    since = compare(audit, earlier) if earlier else None
    evidence = Evidence(f"xcu-sheets audit {SCRIPT}", "9.9", "2026-11-24T08:00:01Z", (source_of(live_input(snapshot)),))
    return AuditReport(audit, view, evidence, since)
