"""A plan as a value: what each row would do, and plan.json, in which it can be reviewed and carried elsewhere."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from hashlib import sha256
from typing import Any

from ..model.errors import PlanError
from ..model.memory import Made
from ..model.problems import Problem, Severity

PLAN_FORMAT = 1
PASSWORD_LENGTH = 16
LOGIN_PATTERN = "{first:.1}{last}"
HIDDEN = "***"  # stands for a secret in a plan; the value itself is read from the book when it is sent

SENDS = ("create", "update", "delete")


@dataclass(frozen=True)
class Options:
    """What a person allows or asks for, beyond the book: the import's options as data.

    `passwords_survive` and `put_needs_template` are what is known of the server, None where nobody knows. `undo` is the
    run that a plan takes back. `fill` gives, by column of the users sheet, what blank cells of new rows hold (`--set`);
    `columns` is the path of the file by which the book was read (`--columns`);
    `login_pattern` makes logins of names, and generated passwords have `password_length` characters.
    `hidden` says what becomes of rows that the person does not see: refuse, include, skip. `any_template` lets users
    have templates that are not offered to their entity. `moves` lets a row with an id put its user into
    another entity (`migrate --move put`).
    """

    include: tuple[str, ...] = ()
    allow_delete: bool = False
    allow_changes: int = 0
    on_conflict: str = "stop"
    allow_permutation: tuple[str, ...] = ()
    strict_numbers: bool = False
    default_template: str = ""
    never_assign: tuple[str, ...] = ()
    passwords_survive: bool | None = None
    put_needs_template: bool | None = None
    key: str = ""
    undo: str = ""
    fill: Mapping[str, str] = field(default_factory=dict)
    columns: str = ""
    login_pattern: str = LOGIN_PATTERN
    password_length: int = PASSWORD_LENGTH
    hidden: str = "refuse"
    any_template: bool = False
    moves: bool = False


@dataclass(frozen=True)
class Edit:
    """One cell that changes: texts as the person sees them, `***` for a secret."""

    column: str
    before: str
    after: str


@dataclass(frozen=True)
class Change:
    """One row that is not simply unchanged.

    `action` is create, update or delete for rows that will be sent, else conflict, refused, skipped.
    `cells` are a new record's texts, `edits` an existing one's. `refs` name, by column, the records that reference
    cells mean: `id:5`, or `row:templates!7` for one that this plan creates. `auto` asks for a number: `any` or a
    range; `assigned` tells that the number was chosen by us. `identity` is how the row is known again, `key` the digest
    of its key (`--key`). `matched` tells that the record was found by its natural key or its key, not by id.
    `makes_password` tells that its password is generated when it is sent. `detour` is the free number that its user
    holds meanwhile where numbers go round in a ring; `step` names a call that only prepares the row's own.
    `namesakes` is how many people of the same names lived in the entity when it was planned. `made_way` names the row
    whose user gives up number or login for this new one, and gets them back if it cannot be made.
    """

    sheet: str
    row: int
    action: str
    id: str = ""
    label: str = ""
    entity: str = ""
    cells: Mapping[str, str] = field(default_factory=dict)
    edits: tuple[Edit, ...] = ()
    refs: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    auto: str = ""
    assigned: bool = False
    identity: str = ""
    key: str = ""
    matched: bool = False
    has_login: bool = False
    makes_password: bool = False
    detour: str = ""
    step: str = ""
    namesakes: int = 0
    made_way: int = 0

    @property
    def sends(self) -> bool:
        """Tell whether this row asks the server to do something."""
        return self.action in SENDS

    @property
    def step_key(self) -> tuple[str, int, str]:
        """What tells this call of a row from all others: sheet, row and step."""
        return self.sheet, self.row, self.step

    @property
    def number(self) -> str:
        """The internal number this row gives to its user, empty where it gives none."""
        edited = {e.column: e.after for e in self.edits}
        return edited.get("internal_number", "") if self.edits else self.cells.get("internal_number", "")

    @property
    def old_number(self) -> str:
        """The internal number this row takes away from its user, empty where it takes none."""
        return next((e.before for e in self.edits if e.column == "internal_number"), "")

    @property
    def freed_number(self) -> str:
        """The number that is free once this row is carried out: the one it changes, or its deleted user's."""
        if self.sheet == "users" and self.action == "delete":
            return self.cells.get("internal_number", "")
        return self.old_number

    def stopped(self, action: str) -> Change:
        """Return this row as one that sends nothing: `refused` or `conflict`, with what tells whose row it is."""
        return Change(self.sheet, self.row, action, self.id, self.label, self.entity)

    def with_number(self, number: str) -> Change:
        """Return this change with another internal number for its user, chosen by us."""
        if self.action == "create":
            return replace(self, cells={**self.cells, "internal_number": number}, assigned=True)
        return replace(self, edits=self._edits_with("after", number), assigned=True)

    def coming_from(self, number: str) -> Change:
        """Return this change for a user who holds `number` by now."""
        return replace(self, edits=self._edits_with("before", number))

    def _edits_with(self, side: str, number: str) -> tuple[Edit, ...]:
        return tuple(replace(e, **{side: number}) if e.column == "internal_number" else e for e in self.edits)

    @property
    def hidden_columns(self) -> frozenset[str]:
        """The columns whose secret this row sends; their values are in the book alone."""
        texts = [(e.column, e.after) for e in self.edits] + list(self.cells.items())
        return frozenset(column for column, text in texts if text == HIDDEN)

    @property
    def typed_secrets(self) -> frozenset[str]:
        """The columns whose secret is to be taken from the book: not those that are generated."""
        return self.hidden_columns - ({"cti_password"} if self.makes_password else set())

    @property
    def waits_for(self) -> frozenset[str]:
        """The rows (`templates!7`) whose records must exist before this one."""
        named = (name for names in self.refs.values() for name in names)
        return frozenset(name.removeprefix("row:") for name in named if name.startswith("row:"))


@dataclass(frozen=True)
class Plan:
    """What an import would do. `unchanged` gives, by sheet and row, the record of each row with nothing to do.

    `keys` are what unchanged rows teach about `--key` that no run has seen yet. `reserved` are the numbers typed in the
    book, by XiVO: none of them is ever chosen for a row. `came_from` tells of a migration, by row of the users sheet,
    who somebody is at the source (see `migrating.rows.Moving`).
    """

    run_id: str
    made_at: str
    server: str
    login: str
    xivo_uuids: tuple[str, ...]
    book_path: str
    book_id: str
    book_digest: str
    tool_version: str
    options: Options
    changes: tuple[Change, ...]
    unchanged: Mapping[str, Mapping[int, str]]
    problems: tuple[Problem, ...]
    letters: Mapping[str, Mapping[str, str]]
    keys: tuple[Made, ...] = ()
    reserved: Mapping[str, frozenset[str]] = field(default_factory=dict)
    came_from: Mapping[int, Mapping[str, str]] = field(default_factory=dict)

    @property
    def blocked(self) -> tuple[Problem, ...]:
        """Errors that concern a whole sheet or the book: nothing of this plan may be sent."""
        return tuple(p for p in self.problems if p.severity is Severity.ERROR and not p.row)

    @property
    def to_send(self) -> tuple[Change, ...]:
        """The rows that ask the server to do something."""
        return tuple(c for c in self.changes if c.sends)

    @property
    def clean(self) -> bool:
        """Tell whether no row is refused or in conflict and nothing blocks the plan."""
        return not self.blocked and all(c.action not in ("refused", "conflict") for c in self.changes)

    def counts(self) -> dict[str, dict[str, int]]:
        """Return, by sheet, how many rows have each action, unchanged ones included."""
        counts: dict[str, dict[str, int]] = {}
        for change in self.changes:
            sheet = counts.setdefault(change.sheet, {})
            sheet[change.action] = sheet.get(change.action, 0) + 1
        for name, rows in self.unchanged.items():
            if rows:
                counts.setdefault(name, {})["unchanged"] = len(rows)
        return counts

    def notes_of(self, sheet: str, row: int) -> tuple[Problem, ...]:
        """Return the problems of one row."""
        return tuple(p for p in self.problems if (p.sheet, p.row) == (sheet, row))

    def to_json(self) -> dict[str, Any]:
        """Return the plan as JSON values with its checksum: the same plan gives the same text."""
        body = self._body()
        return {**body, "checksum": _checksum(body)}

    @property
    def checksum(self) -> str:
        """The SHA-256 over book, server and changes."""
        return _checksum(self._body())

    def _body(self) -> dict[str, Any]:
        return {
            "format": PLAN_FORMAT,
            "run": self.run_id,
            "made_at": self.made_at,
            "server": {"origin": self.server, "login": self.login, "xivo_uuids": list(self.xivo_uuids)},
            "book": {"path": self.book_path, "id": self.book_id, "digest": self.book_digest},
            "tool_version": self.tool_version,
            "options": _plain(asdict(self.options)),
            "changes": [_change_to_json(change) for change in self.changes],
            "unchanged": {n: {str(row): id_ for row, id_ in rows.items()} for n, rows in self.unchanged.items()},
            "keys": [asdict(made) for made in self.keys],
            "problems": [p.to_json() for p in self.problems],
            "letters": {n: dict(columns) for n, columns in self.letters.items()},
            "reserved": {xivo: sorted(numbers) for xivo, numbers in sorted(self.reserved.items()) if numbers},
            **({"came_from": {str(row): dict(who) for row, who in self.came_from.items()}} if self.came_from else {}),
        }

    @classmethod
    def from_json(cls, body: Any) -> Plan:
        """Return the plan that `to_json` wrote. Raises PlanError: not a plan, of a newer format, tampered with."""
        if not isinstance(body, dict) or not isinstance(body.get("format"), int) or "checksum" not in body:
            raise PlanError("This file is not a plan of xcu-sheets: make one with `xcu-sheets plan BOOK -o plan.json`.")
        if body["format"] > PLAN_FORMAT:
            raise PlanError("This plan was made by a newer xcu-sheets: update this one, or make the plan again.")
        unsigned = {key: value for key, value in body.items() if key != "checksum"}
        if _checksum(unsigned) != body["checksum"]:
            raise PlanError("This plan was changed after it was made (its checksum differs): make it again.")
        return _plan_of(unsigned)


def group_by_row(problems: Iterable[Problem]) -> dict[tuple[str, int], tuple[Problem, ...]]:
    """Return the problems by (sheet, row), in order."""
    grouped: dict[tuple[str, int], tuple[Problem, ...]] = {}
    for p in problems:
        grouped[p.sheet, p.row] = (*grouped.get((p.sheet, p.row), ()), p)
    return grouped


def row_name(sheet: str, row: int) -> str:
    """Return the name by which one row refers to another: `templates!7`."""
    return f"{sheet}!{row}"


def _plan_of(body: Mapping[str, Any]) -> Plan:
    server, book = body["server"], body["book"]
    return Plan(
        run_id=body["run"],
        made_at=body["made_at"],
        server=server["origin"],
        login=server["login"],
        xivo_uuids=tuple(server["xivo_uuids"]),
        book_path=book["path"],
        book_id=book["id"],
        book_digest=book["digest"],
        tool_version=body["tool_version"],
        options=_options_of(body["options"]),
        changes=tuple(map(_change_from_json, body["changes"])),
        unchanged={n: {int(row): id_ for row, id_ in rows.items()} for n, rows in body["unchanged"].items()},
        keys=tuple(Made(**made) for made in body.get("keys", ())),
        problems=tuple(map(Problem.from_json, body["problems"])),
        letters=body["letters"],
        reserved={xivo: frozenset(numbers) for xivo, numbers in body.get("reserved", {}).items()},
        came_from={int(row): who for row, who in body.get("came_from", {}).items()},
    )


def _options_of(body: Mapping[str, Any]) -> Options:
    values: dict[str, Any] = {key: tuple(v) if isinstance(v, list) else v for key, v in body.items()}
    return Options(**values)


def _change_to_json(change: Change) -> dict[str, Any]:
    body = {f.name: getattr(change, f.name) for f in fields(change)}
    body["edits"] = [asdict(edit) for edit in change.edits]
    body["refs"] = {column: [_ref_to_json(name) for name in names] for column, names in change.refs.items()}
    return {key: _plain(value) for key, value in body.items() if value not in ("", (), {}, [], False)}


def _change_from_json(body: Mapping[str, Any]) -> Change:
    edits = tuple(Edit(**edit) for edit in body.get("edits", ()))
    refs = {c: tuple(map(_ref_from_json, names)) for c, names in body.get("refs", {}).items()}
    return replace(Change(**{k: v for k, v in body.items() if k not in ("edits", "refs")}), edits=edits, refs=refs)


def _ref_to_json(name: str) -> dict[str, str]:
    kind, _, value = name.partition(":")
    return {kind: value}


def _ref_from_json(body: Mapping[str, str]) -> str:
    ((kind, value),) = body.items()
    return f"{kind}:{value}"


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, tuple | list) else value


def _checksum(body: Mapping[str, Any]) -> str:
    canonical = json.dumps(body, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return sha256(canonical.encode()).hexdigest()
