"""Findings go to JSON and come back; what cannot be one is not known."""

from __future__ import annotations

import json
from dataclasses import fields
from typing import Any

import pytest

from xcu_sheets.model.findings import Findings

ALL = Findings(
    post_answer="nothing",
    post_status=201,
    put_answer="object",
    put_status=200,
    put_needs_template=False,
    put_clears_omitted=True,
    put_takes_own_values=True,
    put_changes_unasked=("externalNumber", "mail"),
    passwords_survive=False,
    list_shows_password="null",
    get_shows_password="masked",
    number_unique_in_entity=True,
    number_unique_in_xivo=False,
    creates_at_once=True,
    put_moves_entity=False,
    move_keeps_number=True,
    expired_session="401",
    write_median=0.25,
    write_longest=3,
)


@pytest.mark.parametrize("findings", [ALL, Findings()], ids=["all known", "nothing known"])
def test_json_and_back(findings: Findings) -> None:
    """What is written is read again, every member present, nothing but JSON values."""
    text = json.dumps(findings.to_json())
    assert Findings.from_json(json.loads(text)) == findings
    assert set(json.loads(text)) == {f.name for f in fields(Findings)}


def test_every_member_is_in_the_sample() -> None:
    """The sample above leaves no member out."""
    assert None not in ALL.to_json().values()


@pytest.mark.parametrize("body", [None, [], "x", {"passwords_survive": None, "from_the_future": 1}])
def test_what_is_no_findings_tells_nothing(body: object) -> None:
    """Another kind of value, a missing or an unknown member: nothing is known, nothing breaks."""
    assert Findings.from_json(body) == Findings()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("passwords_survive", "yes"),
        ("passwords_survive", 1),
        ("post_status", True),
        ("post_status", 2.5),
        ("post_answer", 5),
        ("put_changes_unasked", "mail"),
        ("put_changes_unasked", [1]),
        ("write_median", "1"),
        ("write_median", False),
    ],
)
def test_a_value_of_another_kind_is_not_known(name: str, value: Any) -> None:
    """A fact typed into the file by hand is not taken for another one."""
    assert Findings.from_json({**ALL.to_json(), name: value}).to_json() == {**ALL.to_json(), name: None}
