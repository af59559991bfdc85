"""The findings of an audit as sentences: what is so, and what to do about it, by rule."""

from __future__ import annotations

from typing import NamedTuple

from ..auditing.findings import Finding
from ..model.problems import Severity
from ..model.resources import RESOURCES
from ..words import spoken, translate


class Wording(NamedTuple):
    """What is said of one rule: its heading, one finding as a sentence, and what to do about all of them."""

    title: str
    says: str
    to_do: str


# {names} are the finding's parameters.
CATALOGUE = {
    "number_twice": Wording(
        "Numbers used twice on one XiVO",
        "{number} is the number of {count} users of {xivo}",
        "A call reaches one of them at most: give the others a number of their own.",
    ),
    "login_twice": Wording(
        "CTI logins used twice on one XiVO",
        "{login} is the login of {count} users of {xivo}",
        "A login belongs to one user of a XiVO, whatever its case: give the others one of their own.",
    ),
    "interval_malformed": Wording(
        "Malformed intervals",
        "{entity} has intervals that cannot be read: {parts}",
        "Write both ends with the same number of digits, the lower one first. Until then nobody can tell whether the "
        "numbers of this entity's users lie inside.",
    ),
    "intervals_overlap": Wording(
        "Intervals that overlap inside an entity",
        "{part} stands in two intervals of {entity}",
        "Keep each number in one interval, or the server may offer it twice.",
    ),
    "template_contradictory": Wording(
        "Contradictory templates",
        "{template} has no value for {column}, which it needs because {other} is {value}",
        "Fill in the value, or change the choice that asks for it.",
    ),
    "xivo_full": Wording(
        "XiVOs with no slot left",
        "{xivo} has no slot left beside its {users} users",
        "Nobody can be created there: delete users who are gone, or have the number of slots raised.",
    ),
    "user_outside_intervals": Wording(
        "Users outside their entity's intervals",
        "{number} lies outside {entity} ({intervals})",
        "Give the user a number inside, or widen the entity's intervals.",
    ),
    "intervals_overlap_entity": Wording(
        "Intervals shared by two entities of one XiVO",
        "{part} belongs to {one} and to {other}",
        "Keep each number in one entity, or nobody can say which one a new user of that number belongs to.",
    ),
    "same_person_twice": Wording(
        "Probable duplicate persons",
        "{name} is there {count} times on {xivo}",
        "If this is one person, keep the record that is used and delete the other. If not, there is nothing to do.",
    ),
    "login_against_rule": Wording(
        "CTI logins that break the rule",
        "{login} is no login that XiVO takes",
        "Use 2 to 254 letters, digits or signs, without blanks or accents.",
    ),
    "entity_without_template": Wording(
        "Entities without a template",
        "No template is offered to {entity} or to its XiVO",
        "Nobody can be created there: offer it a template.",
    ),
    "template_for_nobody": Wording(
        "Templates that nobody can use",
        "{template} is offered to no entity and to no XiVO",
        "Offer it to those who need it, or delete it.",
    ),
    "entity_not_listed": Wording(
        "Entities that are named but not there",
        "{label} names {entity}, which the server does not list",
        "The entity may have been deleted: take it out there.",
    ),
    "super_administrator": Wording(
        "Super-administrators",
        "{login} may manage everything",
        "Check that each of them still needs that.",
    ),
    "account_without_ldap": Wording(
        "Accounts outside LDAP",
        "{login} logs in with a password of its own",
        "Check that the account is still used: leaving the directory does not close it.",
    ),
    "number_on_several_xivos": Wording(
        "Numbers used on several XiVOs",
        "{number} is used on {xivos}",
        "This is allowed. Look at it before users move from one XiVO to another.",
    ),
    "intervals_overlap_xivo": Wording(
        "Intervals shared by two XiVOs",
        "{part} belongs to {one} and to {other}, on different XiVOs",
        "This is allowed. Look at it before users move from one XiVO to another.",
    ),
    "user_without_login": Wording(
        "Users without a CTI login",
        "{label} has no CTI login",
        "A lift, a fax or a room needs none; a person who is to use the client does.",
    ),
}

SEVERITIES = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "information"}
STATUSES = {"new": "new", "still_there": "still there", "gone": "gone", "not_looked_at": "not looked at"}


def title(rule: str) -> str:
    """Return the heading of a rule; one that a newer version knew is shown as its code."""
    return translate(CATALOGUE[rule].title) if rule in CATALOGUE else rule


def to_do(rule: str) -> str:
    """Return what to do about the findings of a rule."""
    return translate(CATALOGUE[rule].to_do) if rule in CATALOGUE else ""


def sentence(finding: Finding) -> str:
    """Return what a finding says."""
    if finding.rule not in CATALOGUE:
        return finding.rule
    words = dict(finding.params)
    if finding.rule == "template_contradictory":
        words |= {name: _column(words.get(name, "")) for name in ("column", "other")}
    return translate(CATALOGUE[finding.rule].says, **words)


def _column(name: str) -> str:
    field = RESOURCES["templates"].by_name.get(name)
    return name if not field else field.label_fr if spoken() == "fr" else field.label
