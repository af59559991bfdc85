"""Users as rows of XiVO's own import, and the reasons for which it would refuse some of them."""

from __future__ import annotations

from typing import Any

import pytest
from planning.worlds import C1, CHIRURGIE_1, D1, DEFAULT_1, DEFAULT_2, MARTIN, STANDARD, user, world

from xcu_sheets.model.records import Secret
from xcu_sheets.model.snapshot import Snapshot
from xcu_sheets.model.view import View
from xcu_sheets.reports.wording import message
from xcu_sheets.rules.xivo_import import Constants, ImportRows, import_rows

IDS = {"xivo1": "1", "xivo2": "7"}


def converted(live: Snapshot, passwords: dict[str, Secret] | None = None, **constants: Any) -> ImportRows:
    """Return the import rows of a server."""
    return import_rows(View.of_snapshot(live), Constants(**{"entity_ids": IDS, **constants}), passwords or {})


def cells(found: ImportRows, xivo: str = "xivo1", row: int = 0) -> dict[str, str]:
    """Return the filled cells of one row."""
    return {name: text for name, text in zip(found.columns, found.rows[xivo][row], strict=True) if text}


def reasons(found: ImportRows) -> dict[str, list[str]]:
    """Return, by user id, the codes of why a user is not among the rows."""
    return {r.id: sorted(p.code for p in r.problems) for r in found.refused}


def test_a_person_becomes_a_row() -> None:
    """Every column that XCU knows something for, and the constants; nothing is invented for the others."""
    people = [{**MARTIN, "mail": "m@x.fr"}]
    assert cells(converted(world(people), cti_profile="Client")) == {
        "entity_id": "1",
        "firstname": "Marie",
        "lastname": "Martin",
        "email": "m@x.fr",
        "enabled": "1",
        "simultaneous_calls": "5",
        "cti_profile_enabled": "0",
        "username": "mmartin",
        "cti_profile_name": "Client",
        "exten": "1700",
        "context": "default",
        "line_protocol": "sip",
    }


def test_rows_go_to_their_own_xivo() -> None:
    """One list for each XiVO, with the id of its own entity, in the order of entity and number."""
    found = converted(world())
    assert [row[found.columns.index("exten")] for row in found.rows["xivo1"]] == ["2100", "1700", "1701"]
    assert cells(found, "xivo2")["entity_id"] == "7"
    assert found.refused == ()


def test_the_cti_profile_is_on_only_with_login_and_password() -> None:
    """XiVO wants name, login and password together; a password without login goes nowhere."""
    secrets = {"1": Secret("S3cret"), "2": Secret("Other1")}
    found = converted(world(), secrets, cti_profile="Client")
    martin, obrien = (cells(found, row=row) for row in (1, 2))
    assert (martin["cti_profile_enabled"], martin["password"]) == ("1", "S3cret")
    assert (obrien["cti_profile_enabled"], obrien.get("password"), obrien.get("cti_profile_name")) == ("0", None, None)
    assert cells(converted(world(), secrets), row=1)["cti_profile_enabled"] == "0"


def test_somebody_without_number_gets_no_half_of_a_line() -> None:
    """exten, context and protocol are all there, or none of them."""
    found = cells(converted(world([user(1, DEFAULT_1, "Marie", "Martin", None)])))
    assert not {"exten", "context", "line_protocol"} & set(found)


def test_wazo_knows_no_entity_and_no_cti_profile() -> None:
    """Its columns are those of XiVO less three."""
    found = converted(world(), entity_ids=None)
    assert not {"entity_id", "cti_profile_enabled", "cti_profile_name"} & set(found.columns)
    assert len(found.columns) == 32 and len(found.rows["xivo1"][0]) == 32


def test_a_context_may_be_called_otherwise() -> None:
    """The mapped entity's people go there, the others to the context of their entity's name."""
    found = converted(world(), contexts={C1: "bloc"})
    assert [cells(found, row=row)["context"] for row in range(3)] == ["bloc", "default", "default"]


REFUSED = [
    (user(1, DEFAULT_1, "", "Martin", "1700"), "xivo_no_first_name"),
    (user(1, DEFAULT_1, "x" * 129, "Martin", "1700"), "xivo_too_long"),
    (user(1, DEFAULT_1, "Marie", "x" * 129, "1700"), "xivo_too_long"),
    (user(1, DEFAULT_1, "Marie", "Martin", "1700", mail="x" * 255), "xivo_too_long"),
    (user(1, DEFAULT_1, "Marie", "Mar\ntin", "1700"), "xivo_line_break"),
    (user(1, DEFAULT_1, "Ma\x07rie", "Martin", "1700"), "xivo_line_break"),
    (user(1, DEFAULT_1, "Marie", "Martin", "1799"), "xivo_number_outside"),
    (user(1, DEFAULT_1, "Marie", "Martin", "01700"), "xivo_number_outside"),
    (user(1, DEFAULT_1, "Marie", "Martin", "17a"), "not_a_number"),
    (user(1, DEFAULT_1, "Marie", "Martin", "1700", ctiLogin="é"), "login_pattern"),
    (user(1, {**DEFAULT_1, "combinedId": "gone@10.0.0.9", "id": 99}, "Marie", "Martin", "1700"), "xivo_entity_unknown"),
]


@pytest.mark.parametrize(("person", "code"), REFUSED)
def test_what_the_import_would_refuse_is_left_out_with_the_reason(person: dict[str, Any], code: str) -> None:
    """The others are there; each reason is a sentence."""
    found = converted(world([person, user(2, CHIRURGIE_1, "Zoé", "Durand", "2100")]))
    assert reasons(found) == {"1": [code]}
    assert cells(found)["firstname"] == "Zoé"
    assert message(found.refused[0].problems[0]) != code


def test_a_bad_password_is_refused_and_not_shown() -> None:
    """The sentence says the rule, never the value."""
    found = converted(world([MARTIN]), {"1": Secret("é-s3cret")})
    assert reasons(found) == {"1": ["password_pattern"]}
    assert "s3cret" not in repr(found.refused)


@pytest.mark.parametrize(
    ("one", "other", "code"),
    [
        ({}, {}, "xivo_same_number"),
        ({"ctiLogin": "ada"}, {"ctiLogin": "ADA", "internalNumber": "1702"}, "xivo_same_login"),
        ({"mail": "a@x.fr"}, {"mail": "A@X.fr", "internalNumber": "1702"}, "xivo_same_mail"),
    ],
)
def test_what_two_share_is_refused_for_both(one: dict[str, str], other: dict[str, str], code: str) -> None:
    """Each names the other: the import would give them one line, or refuse the second."""
    people = [user(1, DEFAULT_1, "Marie", "Martin", "1700"), user(2, DEFAULT_1, "Sean", "O'Brien", "1700")]
    found = converted(world([{**people[0], **one}, {**people[1], **other}]))
    assert reasons(found) == {"1": [code], "2": [code]}
    assert [r.problems[0].params["id"] for r in found.refused] == ["2", "1"]


def test_the_same_on_two_xivos_is_no_fault() -> None:
    """Each file goes to a server of its own; within one, the same number in two contexts is two lines."""
    people = [
        user(1, DEFAULT_1, "Marie", "Martin", "1700", ctiLogin="ada", mail="a@x.fr"),
        user(2, DEFAULT_2, "Sean", "O'Brien", "1700", ctiLogin="ada", mail="a@x.fr"),
        user(3, CHIRURGIE_1, "Zoé", "Durand", "1700"),
    ]
    assert reasons(converted(world(people), contexts={C1: "bloc"})) == {}
    assert reasons(converted(world(people), contexts={C1: "default"})) == {
        "1": ["xivo_same_number"],
        "3": ["xivo_same_number"],
    }


def test_numbers_of_a_mapped_context_are_not_compared_with_the_entity() -> None:
    """The target's intervals are not known here: what lies outside the entity's may lie inside them."""
    people = [user(1, DEFAULT_1, "Marie", "Martin", "6260")]
    assert reasons(converted(world(people))) == {"1": ["xivo_number_outside"]}
    assert reasons(converted(world(people), contexts={D1: "new"})) == {}


def test_all_reasons_at_once() -> None:
    """Nothing hides behind the first one."""
    found = converted(world([user(1, DEFAULT_1, "", "x" * 129, "6260", ctiLogin="é")], [STANDARD]))
    assert reasons(found)["1"] == ["login_pattern", "xivo_no_first_name", "xivo_number_outside", "xivo_too_long"]
