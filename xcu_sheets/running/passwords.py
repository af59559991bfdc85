"""Passwords for cells that say `auto`: made when a plan is sent, told in one file, recognised by a resume.

The file is whole before the first call leaves, so that no kill can lose the password of somebody who was made. A resume
reads it back: a row that may have been sent keeps its password, and only a row that was never sent can get another.
"""

from __future__ import annotations

import re
import secrets
import string
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ..files.credentials import Credential, read_credentials, write_credentials
from ..files.escapes import needs_guard
from ..model.errors import PlanError
from ..model.memory import keyed_digest
from ..model.outcomes import Outcome
from ..model.records import Secret
from ..model.resources import PASSWORD_RULE, RESULT_WORDS
from ..model.snapshot import Snapshot
from ..model.text import Label, Said
from ..planning.plan import Change, Plan
from .run import Past
from .sending import Secrets, Sent

COLUMN = "cti_password"
UNCONFIRMED, LOST = Said("not confirmed"), Said("password not known: give a new one")
# Letters and digits only (both rules of XiVO allow them), without those that are read wrongly: 0 O 1 l I.
_READABLE = [c for c in string.ascii_letters + string.digits if c not in "0O1lI"]
_CLASSES = (str.islower, str.isupper, str.isdigit)
_ALLOWED = re.compile(rf"(?:{PASSWORD_RULE.pattern})\Z")
_GOOD = {"created", "updated", "unknown"}


def make_password(length: int) -> str:
    """Return a random password of 4 to 64 letters and digits, some of each, that no spreadsheet takes for a number."""
    while True:
        text = "".join(secrets.choice(_READABLE) for _ in range(length))
        if all(any(map(is_one, text)) for is_one in _CLASSES) and not needs_guard(text):
            return text


@dataclass(frozen=True)
class Credentials:
    """The generated passwords of one run, as they lie in a file.

    `others` are rows of the file that are not of this run; `is_new` tells that there was no such file before.
    """

    path: Path
    rows: Mapping[int, Credential]
    others: Sequence[Credential] = ()
    is_new: bool = True

    @property
    def secrets(self) -> Secrets:
        """The passwords by (sheet, row) and column, as `apply` takes them."""
        return {("users", row): {COLUMN: one.password} for row, one in self.rows.items() if one.password}

    def write(self) -> Credentials:
        """Write the file; return these credentials with the path where they lie."""
        return replace(self, path=write_credentials(self.path, [*self.others, *self.rows.values()]))


def asking(plan: Plan) -> tuple[Change, ...]:
    """Return the rows of a plan whose password is to be generated."""
    return tuple(change for change in plan.to_send if change.makes_password)


def refuse_existing(path: Path) -> None:
    """Raise PlanError for a file that is there already: the passwords in it may be somebody's."""
    if path.exists():
        raise PlanError(
            "{path} exists already, and its passwords may be in use: name a new file. Nothing was sent.", path=path
        )


def begin_credentials(plan: Plan, snapshot: Snapshot, path: Path) -> Credentials:
    """Make a password for each row that asks for one, and write them, before anything is sent.

    Raises PlanError where the file exists.
    """
    refuse_existing(path)
    rows = {change.row: _new(plan, change, snapshot) for change in asking(plan)}
    return Credentials(path, rows).write()


def resume_credentials(plan: Plan, snapshot: Snapshot, past: Past, path: Path, key: bytes) -> Credentials:
    """Return the passwords of an interrupted run from its file; where that has none, open rows get new ones.

    A row that may have been sent and is not in the file is looked up first: if somebody was made, nobody knows the
    password, which the end of the run tells (`end_credentials`). Raises PlanError where the file is of another run, or
    a password in it is not the one that was sent: `key`, the history's, tells that.
    """
    found = read_credentials(path) if path.exists() else []
    known = {one.row: one for one in found if one.run == plan.run_id and one.password}
    if found and not any(one.run == plan.run_id for one in found):
        raise PlanError(
            "{path} is not the credentials file of run {run_id}: give that, or the name of a new file.",
            path=path,
            run_id=plan.run_id,
        )
    rows = {}
    for change in asking(plan):
        call, one = past.calls.get(change.step_key), known.get(change.row)
        if one and one.password:
            _check(path, one.password, call, key)
            rows[change.row] = one
        else:
            rows[change.row] = _new(plan, change, snapshot, lost=call is not None and call.settled)
    others = [one for one in found if one.run != plan.run_id]
    return Credentials(path, rows, others, is_new=not found).write()


def open_rows(plan: Plan, past: Past | None) -> tuple[Change, ...]:
    """Return the rows that ask for a password and have not come to their end."""
    over = {key for key, one in past.calls.items() if one.settled} if past else set()
    return tuple(change for change in asking(plan) if change.step_key not in over)


def end_credentials(credentials: Credentials, outcomes: Sequence[Outcome], *, resumable: bool) -> Credentials:
    """Return the credentials as the run left them: with final numbers, without rows that came to nothing.

    A run that can be resumed keeps the passwords of rows that are still to be sent.
    """
    ends = {outcome.row: outcome for outcome in outcomes if outcome.sheet == "users"}
    kept = {row: one for row, one in credentials.rows.items() if resumable or ends[row].status in _GOOD}
    return replace(credentials, rows={row: _ended(one, ends[row]) for row, one in kept.items()})


def _ended(one: Credential, outcome: Outcome) -> Credential:
    number = outcome.internal_number or one.cells.get("internal_number", "")
    word = RESULT_WORDS[outcome.status]
    state = Label(word.replace("_", " "), word.french)
    password = None if any(n.code == "secret_changed_since" for n in outcome.notes) else one.password
    known = password or outcome.status not in _GOOD
    cells = {**one.cells, "internal_number": number}
    return replace(
        one, cells=cells, password=password, state=state if known else Said("{state}, {lost}", state=state, lost=LOST)
    )


def _new(plan: Plan, change: Change, snapshot: Snapshot, *, lost: bool = False) -> Credential:
    password = None if lost else Secret(make_password(plan.options.password_length))
    return Credential(plan.run_id, change.row, _told(change, snapshot), password, LOST if lost else UNCONFIRMED)


def _told(change: Change, snapshot: Snapshot) -> dict[str, str]:
    """Return what a person will be, from their row and what the server shows of them."""
    live = snapshot.frames["users"]
    shown = live.loc[change.id].to_dict() if change.id in live.index else {}
    wanted = {**shown, **change.cells, **{edit.column: edit.after for edit in change.edits}}
    names = ("first_name", "last_name", "internal_number", "cti_login")
    return {"entity": change.entity, **{name: str(wanted.get(name, "")) for name in names}}


def _check(path: Path, password: Secret, call: Sent | None, key: bytes) -> None:
    """Raise PlanError where a password is not the one that left with a call, or can be none."""
    sent = call.ticket.digests.get(COLUMN) if call and call.ticket and _may_have_left(call) else None
    text = password.reveal()
    if (sent and sent != keyed_digest(key, text)) or not _ALLOWED.match(text):
        raise PlanError(
            "{path} was changed: a password in it is not the one that the run made. Give the file as it was.", path=path
        )


def _may_have_left(call: Sent | None) -> bool:
    return call is not None and (call.settled or not call.never_left)
