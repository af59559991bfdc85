"""The audit of one server: overview and findings, from a View of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from ..model.problems import Severity
from ..model.view import View
from .findings import Finding
from .numbers import (
    entities_overlapping,
    intervals_malformed,
    intervals_overlapping,
    numbers_on_several_xivos,
    numbers_twice,
    users_outside,
    xivos_overlapping,
)
from .overview import EntityLine, XivoLine, entity_lines, xivo_lines, xivos_full
from .people import logins_against_rule, logins_twice, same_names, users_without_login
from .rights import accounts_of_their_own, entities_not_listed, super_administrators
from .scene import Scene
from .templates import entities_without_template, templates_contradictory, templates_for_nobody


@dataclass(frozen=True)
class Rule:
    """One question asked of a server; `needs` are the sheets without which its answer says nothing."""

    name: str
    check: Callable[[Scene], Iterable[Finding]]
    needs: tuple[str, ...]


# In the order in which findings are told; within a rule they follow the rows of its sheet.
RULES = (
    Rule("number_twice", numbers_twice, ("users",)),
    Rule("login_twice", logins_twice, ("users",)),
    Rule("interval_malformed", intervals_malformed, ("entities",)),
    Rule("intervals_overlap", intervals_overlapping, ("entities",)),
    Rule("template_contradictory", templates_contradictory, ("templates",)),
    Rule("xivo_full", xivos_full, ("xivos",)),
    Rule("user_outside_intervals", users_outside, ("users", "entities")),
    Rule("intervals_overlap_entity", entities_overlapping, ("entities",)),
    Rule("same_person_twice", same_names, ("users",)),
    Rule("login_against_rule", logins_against_rule, ("users",)),
    Rule("entity_without_template", entities_without_template, ("entities", "templates")),
    Rule("template_for_nobody", templates_for_nobody, ("templates",)),
    Rule("entity_not_listed", entities_not_listed, ("entities",)),
    Rule("super_administrator", super_administrators, ("administrators",)),
    Rule("account_without_ldap", accounts_of_their_own, ("administrators",)),
    Rule("number_on_several_xivos", numbers_on_several_xivos, ("users",)),
    Rule("intervals_overlap_xivo", xivos_overlapping, ("entities",)),
    Rule("user_without_login", users_without_login, ("users",)),
)


@dataclass(frozen=True)
class Audit:
    """What a server is like. `unreadable` gives, by entity combinedId or sheet, why it could not be looked at."""

    server: str
    login: str
    taken_at: str
    xivo_uuids: tuple[str, ...]
    unreadable: Mapping[str, str]
    xivos: tuple[XivoLine, ...]
    entities: tuple[EntityLine, ...]
    findings: tuple[Finding, ...]

    @property
    def users(self) -> int:
        """How many users were looked at."""
        return sum(line.users for line in self.entities)

    def count(self, severity: Severity) -> int:
        """Return how many findings are as severe as that."""
        return sum(finding.severity is severity for finding in self.findings)


def make_audit(view: View) -> Audit:
    """Look at a server, live or as a book's baseline shows it; nothing of it is changed."""
    scene = Scene(view)
    findings = tuple(finding for rule in RULES for finding in rule.check(scene))
    about = (view.server, view.login, view.taken_at, view.xivo_uuids, view.unreadable)
    return Audit(*about, tuple(xivo_lines(scene)), tuple(entity_lines(scene)), findings)
