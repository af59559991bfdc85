"""Findings on accounts, and on names of what the server does not list."""

from __future__ import annotations

from collections.abc import Iterator

from ..model.problems import Severity
from ..model.text import split_list
from .findings import Finding, make_finding
from .scene import Scene


def super_administrators(scene: Scene) -> Iterator[Finding]:
    """Who may manage everything."""
    for member, cells in scene.rows("administrators", "login"):
        if cells["super_admin"] == "yes":
            yield make_finding("super_administrator", Severity.INFO, [member], login=member.label)


def accounts_of_their_own(scene: Scene) -> Iterator[Finding]:
    """Who logs in with a password that no directory rules."""
    for member, cells in scene.rows("administrators", "login"):
        if cells["ldap"] != "yes":
            yield make_finding("account_without_ldap", Severity.INFO, [member], login=member.label)


def entities_not_listed(scene: Scene) -> Iterator[Finding]:
    """T11: the entities that a template or an administrator names exist.

    A login that may not see the administrators sees some entities only, so for it this is information.
    """
    sees_all = "administrators" in scene.frames
    severity = Severity.WARNING if sees_all else Severity.INFO
    for sheet, label in (("templates", "name"), ("administrators", "login")):
        for member, cells in scene.rows(sheet, label):
            for entity in split_list(cells["entities"]):
                if entity not in scene.listed:
                    params = {"label": member.label, "entity": entity}
                    yield make_finding("entity_not_listed", severity, [member], subject=[entity], **params)
