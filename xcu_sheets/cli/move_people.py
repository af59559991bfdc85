"""One migration carried out: the mapping read, the book made, planned, sent, and its lists written."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path

import click

from ..files.mapping_book import MappingBook, errors_of
from ..history import History
from ..history.checks import follower_of
from ..migrating.mapping import MoveMap, read_move_map
from ..migrating.rows import Moving, make_rows
from ..migrating.saying import said_of_movers
from ..migrating.servers import are_one_server, lists_wanted, migration_id
from ..migrating.within import BY_CREATE, BY_PUT, Within, pair_rows
from ..model.errors import PlanError
from ..model.findings import Findings
from ..model.problems import locate
from ..model.snapshot import Snapshot
from ..model.view import View
from ..planning.plan import Plan
from ..running.apply import Result
from ..running.clock import utc_now
from ..running.moves import made_rows
from ..running.open_calls import open_calls
from ..running.outcomes import row_outcomes
from ..running.preparing import fetch_numbers
from ..words import translate, translate_n
from .choices import Choices
from .connection import Connection
from .look_up import look_up_book, read_server
from .moves import say_moves
from .output import print_json, print_plan, print_problems
from .pins import check_pins
from .plan import prepare_with_progress, usual_planning
from .resume import resume_run, wants_resume
from .runs import may_send, report_unsent, run_plan
from .sources import Source


@dataclass
class MovePeople:
    """One migration: from `side`, which is only read, to the server of `session`, by a mapping that was filled in.

    `wave` is 0 for all; `by` tells how people move inside one server.
    """

    side: Source
    session: Connection
    history: History
    choices: Choices
    mapping: MappingBook
    wave: int
    without_passwords: bool
    by: str = BY_CREATE

    @property
    def path(self) -> str:
        """The path beside which reports and lists lie: the book's, or the mapping's for a live source."""
        return self.side.path or str(Path(self.mapping.path).absolute())

    def dry_run(self) -> int:
        """Show what would be sent, and send nothing."""
        snapshot = self._read(writes=False)
        plan, _ = self._plan(snapshot)
        click.echo(translate("Dry run: nothing was sent."), err=True)
        if self.choices.as_json:
            print_json(plan.to_json)
        return 2 if plan.blocked else 0 if plan.clean else 1

    def migrate(self) -> int:
        """Finish what an earlier run of this migration left, or plan, ask, and send."""
        client, history = self.session.client, self.history
        snapshot = self._read(writes=True)
        book_id = migration_id(self.side.view, self.side.path, View.of_snapshot(snapshot))
        before = history.unfinished(client.origin, book_id)
        if before and not follower_of(before, history.runs()) and wants_resume(before, self.choices):
            moving = self._moving(self._move_map(snapshot), snapshot)
            choices = replace(self.choices, yes=True)
            return resume_run(before, self.session, history, choices, self.path, secrets_in=moving.book)
        if open_calls(history, client.origin, book_id, utc_now()):
            look_up_book(book_id, client, history, self.choices.manner)
            snapshot = read_server(client)
        plan, moving = self._plan(snapshot)
        self._check(moving, plan)
        if not may_send(plan, snapshot, self.choices, self.session.profile):
            code = report_unsent(plan, snapshot, moving.book, self.choices, self.path)
            result = Result(tuple(row_outcomes(plan, snapshot, {})), snapshot)
            say_moves(plan, result, history, unsent=True)
            return code
        return run_plan(plan, client, snapshot, moving.book, history, self.choices, self.path)

    def _read(self, *, writes: bool) -> Snapshot:
        snapshot = read_server(self.session.client)
        check_pins(self.session, snapshot.xivo_uuids, writes=writes)
        return snapshot

    def _move_map(self, snapshot: Snapshot) -> MoveMap:
        """Return the mapping. Raises PlanError where it cannot be used; every problem is said before."""
        book = self.mapping
        move_map, found = read_move_map(book.frames, self.side.view, View.of_snapshot(snapshot))
        problems = locate([*book.problems, *found], book.letters)
        print_problems(problems, err=True)
        errors = errors_of(problems)
        if errors:
            raise PlanError(
                "{path} has problems ({n}): correct the cells above. Nothing was sent.",
                path=book.path,
                n=len(errors),
            )
        waves = move_map.waves
        if len(waves) > 1 and not self.wave:
            listed = ", ".join(map(str, waves))
            raise PlanError(
                "The mapping has waves {waves}: say which one moves now, with --wave {first}.",
                waves=listed,
                first=waves[0],
            )
        if self.wave and self.wave not in waves:
            listed = ", ".join(map(str, waves))
            raise PlanError("--wave {n}: the mapping has no such wave, only {waves}.", n=self.wave, waves=listed)
        return move_map

    def _moving(self, move_map: MoveMap, snapshot: Snapshot) -> Moving:
        target = View.of_snapshot(snapshot)
        book_id = migration_id(self.side.view, self.side.path, target)
        memory = self.history.memory(target.server, target.xivo_uuids, book_id)
        return make_rows(
            move_map,
            self.side.view,
            target,
            path=self.path,
            wave=self.wave,
            known=made_rows(memory),
            listed=fetch_numbers(self.session.client, lists_wanted(move_map, self.side.view, target)),
            passwords=self.side.passwords,
            auto_passwords=bool(self.choices.credentials),
            within=self._within(target),
        )

    def _within(self, target: View) -> Within:
        """Return how people move inside one server. Raises PlanError for a PUT of which nobody knows that it moves."""
        findings = Findings.from_json(self.session.known.get("findings"))
        needs_template = bool(findings.put_needs_template)
        if self.by == BY_CREATE:
            return Within(needs_template=needs_template)
        if not are_one_server(self.side.view, target):
            raise PlanError("--move put is for entities of one server: leave it out to move people to another one.")
        if not findings.put_moves_entity:
            if findings.put_moves_entity is False:
                raise PlanError("--move put: this server does not move a user by a PUT, as probe found: leave it out.")
            raise PlanError(
                "--move put needs proof that this server moves a user by a PUT: run xcu-sheets probe, or leave it out. "
                "Nothing was sent."
            )
        return Within(BY_PUT, bool(findings.move_keeps_number), needs_template)

    def _plan(self, snapshot: Snapshot) -> tuple[Plan, Moving]:
        moving = self._moving(self._move_map(snapshot), snapshot)
        include = ("entities",) if moving.makes_entities else ()
        planning = {**usual_planning(), "include": include, "allow_changes": moving.edits, "moves": self.by == BY_PUT}
        prepared = prepare_with_progress(moving.book, self.session, self.history, planning, snapshot)
        plan = said_of_movers(replace(prepared.plan, came_from=moving.origins))
        plan = pair_rows(plan, moving.pairs)
        print_plan(plan, err=self.choices.as_json)
        _say_moving(moving, plan)
        return plan, moving

    def _check(self, moving: Moving, plan: Plan) -> None:
        """Raise PlanError for a wave before its time, and for logins of which nobody said what password they get."""
        if moving.earlier:
            raise PlanError(
                "{n} people of waves before {wave} are not at the target yet: finish those first, or write leave for "
                "them in the mapping. Nothing was sent.",
                n=moving.earlier,
                wave=self.wave,
            )
        bare = _without_password(plan)
        if bare and not self.without_passwords:
            raise PlanError(
                "{n} logins would arrive without a password, for passwords do not travel: give --credentials FILE to "
                "make new ones, or --without-passwords. Nothing was sent.",
                n=bare,
            )


def _without_password(plan: Plan) -> int:
    """Return how many new logins would arrive without a password."""
    return sum(c.action == "create" and c.has_login and not c.hidden_columns for c in plan.to_send)


def _say_moving(moving: Moving, plan: Plan) -> None:
    there = Counter(match.by for match in moving.matches.values())
    before = there.pop("history", 0)
    lines = [translate_n("Moved before: {n} person.", "Moved before: {n} people.", before)] if before else []
    lines += [
        translate_n(
            "At the target already, known by the same {what}: {n} person.",
            "At the target already, known by the same {what}: {n} people.",
            count,
            what=by,
        )
        for by, count in there.items()
    ]
    for wave, count in sorted(moving.later.items()):
        lines.append(
            translate_n(
                "Waiting for wave {wave}: {n} person.", "Waiting for wave {wave}: {n} people.", count, wave=wave
            )
        )
    if moving.staying:
        lines.append(
            translate_n(
                "In entities that stay where they are: {n} person.",
                "In entities that stay where they are: {n} people.",
                moving.staying,
            )
        )
    if bare := _without_password(plan):
        lines.append(translate("Logins that arrive without a password: {n}.", n=bare))
    for line in lines:
        click.echo(line, err=True)
