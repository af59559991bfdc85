"""The sentences that a plan's workbook and page share, in English; they are translated where they are said."""

from __future__ import annotations

from collections import Counter

from ..model.resources import RESOURCES
from ..planning.plan import Plan
from ..words import spoken, translate, translate_n

# What hurts, by kind, in the order in which it is shown.
HURT_TITLES = {
    "delete": "Deleted",
    "password": "New passwords for people who are there",
    "renamed": "First and last name both change",
    "number_passes": "Numbers that pass from one person to another",
    "template": "Templates applied to people who are there",
}
HURT_REASONS = {
    "delete": "A deleted user can be made again with another id and provisioning code only: the phone must be bound "
    "anew, and voice mail messages are lost.",
    "password": "The password they use today stops working when the plan is sent.",
    "renamed": "Another person gets this number, login and phone: was that meant, or is it the wrong row?",
    "number_passes": "Whoever calls such a number reaches somebody else.",
    "template": "What was set for them by hand may be replaced by what the template says: ringing time, voice mail, "
    "caller id.",
}
TITLES = {
    "plan": "Plan to approve",
    "hurts": "What hurts",
    "entities": "Rows of each entity",
    "rows": "Every row that would be sent",
    "notes": "Rows that stay behind, and remarks",
    "all_users": "All users",
    "approved_by": "Approved by",
    "date": "Date",
    "no_hurt": "Nothing here hurts: nothing is deleted, nobody who is there gets another name, another password or a "
    "template, and no number changes hands.",
    "no_rows": "No row of this book asks the server to do anything.",
    "blocked": "REFUSED AS A WHOLE: nothing of this plan can be sent, for the errors below that name no row.",
}
SHEETS = {"hurts": "What hurts", "entities": "Entities", "rows": "Rows", "notes": "Remarks"}
HURT_HEADS = ("Row", "Who", "Entity", "Before", "After")
COUNT_HEADS = ("Entity", "XiVO", "New", "Changed", "Deleted", "Unchanged", "Skipped", "In conflict", "Refused")
LINE_HEADS = ("Sheet", "Row", "Action", "Who", "Entity", "Column", "Before", "After", "Remark")
NOTE_HEADS = ("Severity", "Row", "Who", "What is said")
VERBS = {"create": "new", "update": "change", "delete": "delete"}


def titled(name: str) -> str:
    """Return one of TITLES in the language of this context."""
    return translate(TITLES[name])


def sheet_label(name: str) -> str:
    """Return what people call a sheet."""
    resource = RESOURCES[name]
    return resource.label_fr if spoken() == "fr" else resource.label


def in_words(texts: tuple[str, ...]) -> list[str]:
    """Return headings in the language of this context."""
    return [translate(text) for text in texts]


def total_counts(plan: Plan) -> Counter[str]:
    """Return how many rows of the whole plan have each action."""
    total: Counter[str] = Counter()
    for counts in plan.counts().values():
        total.update(counts)
    return total


def headline(plan: Plan) -> str:
    """Return the whole plan in one line: `12 new, 3 changed, 60 unchanged`."""
    total = total_counts(plan)
    phrases = {
        "create": translate_n("{n} new", "{n} new", total["create"]),
        "update": translate_n("{n} changed", "{n} changed", total["update"]),
        "delete": translate_n("{n} deleted", "{n} deleted", total["delete"]),
        "unchanged": translate_n("{n} unchanged", "{n} unchanged", total["unchanged"]),
        "skipped": translate_n("{n} skipped", "{n} skipped", total["skipped"]),
        "conflict": translate_n("{n} in conflict", "{n} in conflict", total["conflict"]),
        "refused": translate_n("{n} refused", "{n} refused", total["refused"]),
    }
    return ", ".join(said for action, said in phrases.items() if total[action]) or translate("nothing to do")


def staying_behind(plan: Plan) -> str:
    """Return how many rows are refused or in conflict, and so not sent; blank where there are none."""
    behind = sum(change.action in ("refused", "conflict") for change in plan.changes)
    if not behind:
        return ""
    return translate_n(
        "{n} row has problems and is not sent: see the remarks.",
        "{n} rows have problems and are not sent: see the remarks.",
        behind,
    )


def more_lines(left: int) -> str:
    """Return that so many lines are left out here; blank where none are."""
    if left <= 0:
        return ""
    return translate_n("and {n} more line, in the workbook", "and {n} more lines, in the workbook", left)
