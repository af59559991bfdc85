"""What a probe found, as sentences: what the server does, and what the importer makes of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..model.findings import Findings
from ..model.text import Said
from ..words import spoken, translate

# Words of findings that stand in sentences.
_WORDS = (Said("nothing"), Said("id"), Said("object"), Said("other"), Said("clear"), Said("null"), Said("masked"))
_ANY = "any value"  # an answer that is the same sentence whatever the value


@dataclass(frozen=True)
class Line:
    """One finding: `says` what the server does, `so` what the importer makes of it; `known` False if it is open."""

    name: str
    says: str
    so: str
    known: bool = True


@dataclass(frozen=True)
class _Entry:
    """One line to be: the finding that decides, what is asked, what is said by answer, and what the importer does.

    An answer may change what the importer does: then it is a pair. `so` holds for the others, and where none is known.
    """

    name: str
    asked: str
    answers: Mapping[object, str | tuple[str, str]]
    so: str


_SECRETS = "a password is sent only where you write one"
_MOVES = "the cell entity of an existing user is not edited"

CATALOGUE = (
    _Entry(
        "post_answer",
        "how a create is answered",
        {
            "nothing": "a create is answered {post_status} and nothing else",
            "id": "a create is answered {post_status} and the new id",
            "object": "a create is answered {post_status} and the new record",
            "other": "a create is answered {post_status} and something that is not its id",
        },
        "new ids are read from the list in any case",
    ),
    _Entry(
        "put_answer",
        "how an edit is answered",
        {_ANY: "an edit is answered {put_status} and {put_answer}"},
        "the list is read again after the edits",
    ),
    _Entry(
        "put_needs_template",
        "whether an edit of a user needs its template",
        {
            True: (
                "an edit of a user without its template is refused",
                "such a row is refused before anything is sent: fill in template, or use --default-template",
            ),
            False: ("an edit of a user needs no template", "the template is sent only where you write one"),
        },
        "the template is sent only where you write one; a server that wants it refuses the row",
    ),
    _Entry(
        "put_clears_omitted",
        "what becomes of a value that an edit leaves out",
        {
            True: "a value that an edit leaves out is emptied",
            False: ("a value that an edit leaves out is kept", "every edit sends the whole record all the same"),
        },
        "every edit sends the whole record",
    ),
    _Entry(
        "put_takes_own_values",
        "whether a user can be written back as it was read",
        {
            True: ("a user can be written back as it was read", "edits can be imported"),
            False: ("a user written back as it was read is refused", "edits of users will fail: try one first"),
        },
        "edits are sent: try one first",
    ),
    _Entry(
        "put_changes_unasked",
        "whether an edit changes more than was asked",
        {
            False: (
                "an edit changes nothing that was not asked for",
                "the list is compared after the edits all the same",
            ),
            True: ("an edit also changes {put_changes_unasked}", "each such change stands in the report"),
        },
        "the list is compared after the edits, and each change stands in the report",
    ),
    _Entry(
        "passwords_survive",
        "whether passwords survive an edit",
        {
            True: ("passwords survive an edit", "people with a login can be edited without further words"),
            False: (
                "an edit empties the password",
                "a plan that edits people with a login warns: give each a new password",
            ),
        },
        "a plan that edits people with a login says so: try one first",
    ),
    _Entry(
        "list_shows_password",
        "how the list shows a password",
        {_ANY: "the list shows a password as: {list_shows_password}"},
        _SECRETS,
    ),
    _Entry(
        "get_shows_password",
        "how a single user shows its password",
        {_ANY: "a single user shows its password as: {get_shows_password}"},
        _SECRETS,
    ),
    _Entry(
        "number_unique_in_entity",
        "whether a taken number is refused in its own entity",
        {
            True: ("a number that is taken in the entity is refused", "no number is given twice"),
            False: ("a number that is taken in the entity is accepted again", "only the importer's own check is left"),
        },
        "the importer checks by itself, against the users that it sees",
    ),
    _Entry(
        "number_unique_in_xivo",
        "whether a number taken in another entity of the XiVO is refused",
        {
            True: ("a number that is taken in another entity of the XiVO is refused", "no number is given twice"),
            False: (
                "a number that is taken in another entity of the XiVO is accepted",
                "only the importer's own check is left",
            ),
        },
        "the importer gives no number twice on a XiVO, as far as it sees the users",
    ),
    _Entry(
        "creates_at_once",
        "whether two users can be created at the same moment",
        {
            True: ("two users can be created at the same moment", "--workers may send several at once to one XiVO"),
            False: (
                "of two users created at the same moment one fails",
                "leave it at one write at a time for each XiVO",
            ),
        },
        "one write at a time for each XiVO, unless --workers says otherwise",
    ),
    _Entry(
        "put_moves_entity",
        "whether an edit can move a user to another entity",
        {
            True: "an edit can move a user to another entity of its XiVO",
            False: "an edit cannot move a user to another entity",
        },
        _MOVES,
    ),
    _Entry(
        "move_keeps_number",
        "whether a moved user can keep its number",
        {
            True: "a moved user keeps its number",
            False: "a moved user needs a number of the new entity",
        },
        _MOVES,
    ),
    _Entry(
        "expired_session",
        "how a call without a session is answered",
        {
            "redirect": ("a call without a session is sent to a login page", "it is recognised: the login is repeated"),
            "html": (
                "a call without a session is answered with a login page",
                "it is recognised: the login is repeated",
            ),
            "open": (
                "a call without a session is served all the same",
                "tell who runs the server: anybody can read it",
            ),
            _ANY: ("a call without a session is answered {expired_session}", "it is recognised: the login is repeated"),
        },
        "401, 403, a redirect and a login page are recognised: the login is repeated",
    ),
    _Entry(
        "write_median",
        "how long a write takes",
        {
            _ANY: (
                "a write takes {write_median} s, the longest here {write_longest} s",
                "about {hundred_rows} for 100 rows",
            )
        },
        "time one small import first",
    ),
)


def finding_lines(findings: Findings, reasons: Mapping[str, str]) -> list[Line]:
    """Return one line for each finding; `reasons` tell why one is not known."""
    values: dict[str, object] = {name: _word(value) for name, value in findings.to_json().items()}
    values["hundred_rows"] = _duration(100 * (findings.write_median or 0))
    values["put_changes_unasked"] = ", ".join(findings.put_changes_unasked or ())
    return [_line(entry, getattr(findings, entry.name), values, reasons) for entry in CATALOGUE]


def _line(entry: _Entry, value: Any, values: Mapping[str, Any], reasons: Mapping[str, str]) -> Line:
    if value is None:
        asked, reason = translate(entry.asked), reasons.get(entry.name, "")
        says = translate("not known: {asked} ({reason})", asked=asked, reason=reason)
        return Line(
            entry.name, says if reason else translate("not known: {asked}", asked=asked), translate(entry.so), False
        )
    key = bool(value) if isinstance(value, tuple) else value
    answer = entry.answers[key] if key in entry.answers else entry.answers[_ANY]
    says, so = (answer, entry.so) if isinstance(answer, str) else answer
    return Line(entry.name, translate(says, **values), translate(so, **values))


def _word(value: object) -> object:
    """Return a finding's value as a person writes it: words in their language, a comma in a French number."""
    if isinstance(value, float):
        return str(value).replace(".", ",") if spoken() == "fr" else value
    return translate(value) if isinstance(value, str) and value in _WORDS else value


def _duration(seconds: float) -> str:
    return f"{seconds / 60:.0f} min" if seconds >= 120 else f"{max(seconds, 1):.0f} s"
