"""The throw-away template and users of a probe: made, read, edited and removed, one call each."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from ...model.errors import ApiError, XcuError
from ...model.records import Record, Secret
from ...model.resources import TEMPLATES, USERS
from ...model.text import Said, safe_text
from ...server import Client, update_payload
from ..sending import DONE, UNKNOWN
from .cleanup import FIRST_NAME, Traces, full_name, last_name
from .site import ProbeSite
from .writes import Told, Write, Writer


class Open(XcuError):
    """A question that stays open; its text says why."""


class ProbeRecords:
    """The records that a probe works on.

    `template` is {} before there is one; `users` are by number as last listed, `ids` those of all of them so far.
    `doubtful` tells that a create may be carried out later than its answer was given up, `refused` what was said of the
    last one that failed; `notes` are for the person.
    """

    def __init__(self, client: Client, site: ProbeSite, writer: Writer, traces: Traces) -> None:
        self.template: Record = {}
        self.users: dict[str, Record] = {}
        self.ids: set[str] = set()
        self.notes: list[str] = []
        self.doubtful = False
        self.refused = ""
        self._client, self._site, self._writer, self._traces = client, site, writer, traces
        self._password = Secret(f"Xs1-{secrets.token_hex(8)}")

    def send(self, *writes: Write) -> list[Told]:
        """Send writes, several at the same moment."""
        told = self._writer.send(*writes)
        for write, one in zip(writes, told, strict=True):
            self.doubtful |= write.method == "create" and one.status == UNKNOWN
            if write.method == "create" and one.status != DONE:
                self.refused = str(one)
        return told

    def make_template(self) -> None:
        """Make the template, or take one that is there; raises XcuError where there is none."""
        site = self._site
        payload = {
            "name": full_name(site.run_id),
            "xivos": [site.entity["xivo"]["id"]],
            "entities": [str(e["combinedId"]) for e in (site.entity, site.other) if e],
            "peerSipName": "auto",
            "ringingTime": 30,
            "routedInbound": False,
            "callerIdMode": "anonymous",
            "voiceMailEnabled": False,
        }
        self._traces.watch(TEMPLATES)
        (told,) = self.send(Write("create", TEMPLATES, "a template to try", payload=payload))
        self.template = self._own_template(told) or self._other_template(told)

    def _own_template(self, told: Told) -> Record:
        if told.status not in (DONE, UNKNOWN):
            self._traces.unwatch(TEMPLATES)
            return {}
        try:
            own = self._traces.read(TEMPLATES)
        except ApiError:
            return {}
        return own[0] if own else {}

    def _other_template(self, told: Told) -> Record:
        why = told.said if told.detail else Said("it is not in the list")
        reason = Said("no template could be made ({why})", why=why)
        if not self._site.template:
            raise XcuError(
                "{reason}, and none is offered to this entity: ask for the right, or have one offered to it",
                reason=reason,
            )
        name = safe_text(self._site.template.get("name"))
        self.notes.append(Said("{reason}: the users were made with {template}", reason=reason, template=name))
        return self._site.template

    def new_user(self, number: str, entity: Record, step: str, *, login: bool = False) -> Write:
        """Return the write that makes a user; raises Open where there is no template."""
        if not self.template:
            raise Open("there is no template to make a user with")
        payload = {
            "entityCId": entity["combinedId"],
            "templateId": self.template["id"],
            "firstName": FIRST_NAME,
            "lastName": last_name(self._site.run_id),
            "internalNumber": number,
        }
        if login:
            payload |= {"ctiLogin": f"probe-{self._site.run_id}", "ctiPassword": self._password}
        self._traces.watch(USERS, entity["combinedId"])
        return Write("create", USERS, step, payload=payload)

    def list_users(self) -> list[Record]:
        """Return the probe's users in its own entity as the server lists them; raises ApiError."""
        own = self._traces.read(USERS, self._site.cid)
        self.users = {str(user.get("internalNumber")): user for user in own}
        self.ids |= {str(user["id"]) for user in own}
        return own

    def made(self, at: int) -> Record:
        """Return the first or second user as the list showed it; raises Open where it could not be made."""
        numbers = self._site.numbers
        if at < len(numbers) and numbers[at] in self.users:
            return self.users[numbers[at]]
        who = Said("the second probe user") if at else Said("the probe user")
        if not self.refused:
            raise Open("{who} could not be made", who=who)
        raise Open("{who} could not be made ({why})", who=who, why=self.refused)

    def read(self, user: Mapping[str, Any]) -> Record:
        """Return a user as its own GET shows it; raises ApiError."""
        return self._client.get_record(USERS, str(user["id"]))

    def put(self, user: Record, step: str, *, omit: str = "", **changes: Any) -> Told:
        """Replace a user by itself with changes, as an import does but for its password, which is left out.

        Sent a second time where it is unknown whether it was done: the same record twice is the same as once.
        """
        payload = update_payload(USERS, user, {}, self._site.directory, {}, None) | changes
        payload.pop(omit, None)
        if user.get("entity") and changes.get("entityCId"):
            self._traces.watch(USERS, changes["entityCId"])
        write = Write("update", USERS, step, str(user["id"]), payload)
        (told,) = self.send(write)
        return told if told.status == DONE or told.said_no else self.send(write)[0]

    def remove(self, *numbers: str) -> None:
        """Delete the users made with these numbers, wherever they are by now; raises Open where that fails."""
        for user in [self.users[number] for number in numbers if number in self.users]:
            write = Write("delete", USERS, "removed again", str(user["id"]))
            (told,) = self.send(write)
            told = told if told.is_gone else self.send(write)[0]
            if not told.is_gone:
                raise Open("a probe user could not be removed first ({why})", why=told.said)
            self._traces.alive.pop((USERS.name, write.key), None)

    def look_of_password(self, user: Record) -> str:
        """Return how a read shows the password: `clear`, `null` or `masked`."""
        shown = user.get("ctiPassword")
        if not isinstance(shown, Secret) or not shown.reveal():
            return "null"
        return "clear" if shown.reveal() == self._password.reveal() else "masked"
