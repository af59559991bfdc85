"""Findings on people and their CTI logins; the number of each rule in DOMAIN section 2 is beside it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..model.problems import Severity
from ..model.resources import LOGIN_RULE
from ..model.text import fold_name
from .findings import Finding, make_finding
from .scene import Scene, groups

_LOGIN = re.compile(rf"(?:{LOGIN_RULE.pattern})\Z")


def same_names(scene: Scene) -> Iterator[Finding]:
    """U20: two users of the same names on one XiVO may be one person, made twice."""
    for (xivo, _), users in groups(scene.users, lambda u: (u.xivo, fold_name(f"{u.first_name} {u.last_name}".strip()))):
        members = [user.member for user in users]
        params = {"name": members[0].label, "xivo": xivo, "count": str(len(users))}
        yield make_finding("same_person_twice", Severity.WARNING, members, **params)


def logins_twice(scene: Scene) -> Iterator[Finding]:
    """U16: a CTI login is used once on a XiVO, whatever its case."""
    for (xivo, _), users in groups(scene.users, lambda user: (user.xivo, user.login.casefold())):
        params = {"login": users[0].login, "xivo": xivo, "count": str(len(users))}
        yield make_finding("login_twice", Severity.ERROR, (user.member for user in users), **params)


def logins_against_rule(scene: Scene) -> Iterator[Finding]:
    """U15: what XiVO accepts as a login."""
    for user in scene.users:
        if user.login and not _LOGIN.match(user.login):
            yield make_finding("login_against_rule", Severity.WARNING, [user.member], login=user.login)


def users_without_login(scene: Scene) -> Iterator[Finding]:
    """Yield those without a CTI login: information, for a lift or a fax needs none."""
    for user in scene.users:
        if not user.login:
            yield make_finding("user_without_login", Severity.INFO, [user.member], label=user.member.label)
