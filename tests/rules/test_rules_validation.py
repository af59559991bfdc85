"""Rules about one cell: an error where it is new or changed, a warning where nobody touched it."""

from __future__ import annotations

import pytest
from planning.worlds import D1

from xcu_sheets.model.problems import Severity
from xcu_sheets.model.resources import RESOURCES
from xcu_sheets.model.snapshot import text_frame
from xcu_sheets.rules.validation import check_values

E, W = Severity.ERROR, Severity.WARNING
GOOD = {
    "users": {"entity": D1, "template": "Standard", "first_name": "Ada", "last_name": "Lovelace"},
    "templates": {
        "name": "T",
        "xivos": "xivo1",
        "peer_sip_name": "auto",
        "ringing_time": "30",
        "routed_inbound": "no",
        "caller_id_mode": "incomingNo",
        "voice_mail_enabled": "no",
    },
    "entities": {
        "name": "default",
        "display_name": "Default",
        "xivo": "xivo1",
        "intervals": "1700-1799",
        "presented_number": "inbNo",
    },
}


def found(
    name: str, cells: dict[str, str], *, touched: bool = True, creates: bool = False
) -> list[tuple[str, str, str]]:
    """Return (column, code, severity) of each problem of one row."""
    resource = RESOURCES[name]
    row = {**dict.fromkeys(resource.columns, ""), **GOOD[name], **cells}
    frame = text_frame({c: [t] for c, t in row.items()}).set_axis([2])
    changed = frame == frame if touched else frame != frame
    problems = check_values(resource, frame, changed, frame["action"] == ("" if creates else "never"))
    assert all((p.sheet, p.row) == (name, 2) for p in problems)
    return [(p.column, p.code, p.severity) for p in problems]


@pytest.mark.parametrize("name", GOOD)
@pytest.mark.parametrize("creates", [True, False])
def test_good_rows_have_no_problems(name: str, creates: bool) -> None:
    """The smallest complete row of each sheet."""
    assert found(name, {}, creates=creates) == []


RULES = [
    # sheet, cells, column, code, severity where touched
    ("users", {"first_name": "x" * 129}, "first_name", "name_too_long", E),  # U4
    ("users", {"last_name": "a\nb"}, "last_name", "line_break", E),  # U4
    ("users", {"last_name": "b\x07"}, "last_name", "control_character", E),
    ("users", {"last_name": 'the "Boss"'}, "last_name", "name_quote", W),  # U5
    ("users", {"last_name": "a\\b"}, "last_name", "name_quote", W),
    ("users", {"internal_number": "17a"}, "internal_number", "not_a_number", E),  # U6
    ("users", {"internal_number": "١٧٠٠"}, "internal_number", "not_a_number", E),
    ("users", {"internal_number": "1" * 17}, "internal_number", "number_too_long", E),
    ("users", {"cti_login": "a"}, "cti_login", "login_pattern", E),  # U15
    ("users", {"cti_login": "ab\n"}, "cti_login", "login_pattern", E),
    ("users", {"cti_login": "é-login"}, "cti_login", "login_pattern", E),
    ("users", {"cti_login": "with blank"}, "cti_login", "login_pattern", E),
    ("users", {"cti_login": "x" * 255}, "cti_login", "login_pattern", E),
    ("users", {"cti_password": "abc"}, "cti_password", "password_pattern", E),  # U19
    ("users", {"cti_password": "abcd\n"}, "cti_password", "password_pattern", E),
    ("users", {"cti_password": "x" * 65}, "cti_password", "password_pattern", E),
    ("entities", {"intervals": "1799-1700"}, "intervals", "interval_backwards", E),  # E1
    ("entities", {"intervals": "17-x"}, "intervals", "not_an_interval", E),
    ("entities", {"intervals": "3990000-3999999"}, "intervals", "interval_long", W),  # E2
    ("entities", {"name": "xivo-users"}, "name", "entity_name_pattern", E),  # E6
    ("entities", {"name": "été"}, "name", "entity_name_pattern", E),
    ("entities", {"name": "default\n"}, "name", "entity_name_pattern", E),
    ("entities", {"name": "x" * 40}, "name", "entity_name_pattern", E),
    ("entities", {"display_name": "ab"}, "display_name", "display_name_length", E),
    ("templates", {"routed_inbound": "yes"}, "routed_inbound_prefix", "required_if", E),  # T1
    ("templates", {"caller_id_mode": "custom"}, "custom_caller_id", "required_if", E),  # T2
    (
        "templates",
        {"voice_mail_enabled": "yes", "voice_mail_number_mode": "custom"},
        "voice_mail_custom_number",
        "required_if",
        E,
    ),  # T3
    ("templates", {"voice_mail_enabled": "yes"}, "voice_mail_number_mode", "required_if", E),  # T4
    ("templates", {"peer_sip_name": "manual"}, "peer_sip_name", "not_a_choice", E),  # T5
    ("templates", {"voice_mail_number_mode": "TRUE"}, "voice_mail_number_mode", "choice_not_yes_or_no", E),  # T6
    ("templates", {"ringing_time": "0"}, "ringing_time", "ringing_not_positive", E),  # T7
    ("templates", {"ringing_time": "31"}, "ringing_time", "ringing_unusual", W),
    ("templates", {"ringing_time": "65"}, "ringing_time", "ringing_unusual", W),
    ("templates", {"routed_inbound": "perhaps"}, "routed_inbound", "not_yes_or_no", E),
    ("templates", {"routed_inbound_prefix": "0139"}, "routed_inbound_prefix", "idle", W),  # T8
    ("templates", {"custom_caller_id": "0139"}, "custom_caller_id", "idle", W),
    ("templates", {"voice_mail_send_email": "yes"}, "voice_mail_send_email", "idle", W),
    (
        "templates",
        {"voice_mail_number_mode": "custom"},
        "voice_mail_custom_number",
        "required_if",
        W,
    ),  # T3, switched off
    ("templates", {"name": "x" * 129}, "name", "name_too_long", E),
]


@pytest.mark.parametrize(("name", "cells", "column", "code", "severity"), RULES)
def test_each_rule_of_the_table(name: str, cells: dict[str, str], column: str, code: str, severity: Severity) -> None:
    """The rule's own severity where the cell is new or changed, a warning where it is not (DESIGN rule 5)."""
    assert (column, code, severity) in found(name, cells)
    assert (column, code, W) in found(name, cells, touched=False)
    assert not [s for _, c, s in found(name, cells, touched=False) if c == code and s is E]


@pytest.mark.parametrize(
    ("name", "cells"),
    [
        ("users", {"first_name": "x" * 128, "last_name": "D’Aubigné"}),
        ("users", {"cti_login": "a.b-c_d~e@f%", "cti_password": "abcd"}),
        ("users", {"cti_login": "x" * 254, "cti_password": "x" * 64}),
        ("users", {"cti_login": "<clear>", "internal_number": "auto 1700-1709"}),
        ("templates", {"ringing_time": "5"}),
        ("templates", {"ringing_time": "60", "caller_id_mode": "incomingNo", "routed_inbound": "no"}),  # T9
        ("templates", {"routed_inbound": "yes", "routed_inbound_prefix": "0139"}),
        ("templates", {"routed_inbound_prefix": "<clear>", "voice_mail_send_email": "<clear>"}),
        ("templates", {"voice_mail_send_email": "no"}),  # T8
        ("entities", {"intervals": "100-199, 0100, 123456"}),
        ("entities", {"name": "X" * 39, "display_name": "Site"}),
    ],
)
def test_what_the_rules_allow(name: str, cells: dict[str, str]) -> None:
    """The edges of each rule, from inside."""
    assert found(name, cells) == []


@pytest.mark.parametrize(
    ("name", "column"),
    [(resource, f.name) for resource in GOOD for f in RESOURCES[resource].fields if f.required],
)
def test_required_cells_are_required_of_new_rows_only(name: str, column: str) -> None:
    """U2 and U4: a blank cell of an existing row keeps what is there."""
    assert (column, "required", E) in found(name, {column: ""}, creates=True)
    assert (column, "required", E) not in found(name, {column: ""})


@pytest.mark.parametrize(
    ("name", "column", "clearable"),
    [(n, f.name, bool(f.clear)) for n in GOOD for f in RESOURCES[n].writable],
)
def test_clear_where_it_is_possible(name: str, column: str, clearable: bool) -> None:
    """Each column says itself whether it can be emptied."""
    assert ((column, "cannot_clear", E) in found(name, {column: "<clear>"})) is not clearable


def test_a_needed_value_cannot_be_cleared() -> None:
    """The prefix is needed while routed inbound is yes."""
    row = {"routed_inbound": "yes", "routed_inbound_prefix": "<clear>"}
    assert found("templates", row) == [("routed_inbound_prefix", "required_if", E)]


def test_a_switch_turned_on_makes_the_untouched_blank_beside_it_an_error() -> None:
    """Who sets routed inbound to yes must say the prefix, though that cell was not touched."""
    resource = RESOURCES["templates"]
    row = {**dict.fromkeys(resource.columns, ""), **GOOD["templates"], "routed_inbound": "yes"}
    frame = text_frame({c: [t] for c, t in row.items()}).set_axis([2])
    changed = frame != frame
    changed["routed_inbound"] = True
    (problem,) = check_values(resource, frame, changed, frame["action"] == "never")
    assert (problem.code, problem.severity) == ("required_if", E)


def test_voice_mail_switched_on_makes_the_missing_number_an_error() -> None:
    """T3: while it was off the lack was a warning; who switches it on must fill it in."""
    resource = RESOURCES["templates"]
    row = {**dict.fromkeys(resource.columns, ""), **GOOD["templates"]}
    row |= {"voice_mail_enabled": "yes", "voice_mail_number_mode": "custom"}
    frame = text_frame({c: [t] for c, t in row.items()}).set_axis([2])
    changed = frame != frame
    changed["voice_mail_enabled"] = True
    (problem,) = check_values(resource, frame, changed, frame["action"] == "never")
    assert (problem.column, problem.code, problem.severity) == ("voice_mail_custom_number", "required_if", E)


def test_a_secret_is_in_no_problem() -> None:
    """The refused password is not quoted."""
    resource = RESOURCES["users"]
    row = {**dict.fromkeys(resource.columns, ""), **GOOD["users"], "cti_password": "é-secret"}
    frame = text_frame({c: [t] for c, t in row.items()}).set_axis([2])
    (problem,) = check_values(resource, frame, frame == frame, frame["action"] == "")
    assert "secret" not in repr(problem)


def test_all_problems_of_all_rows_at_once() -> None:
    """Lazily: nothing hides behind the first problem."""
    resource = RESOURCES["users"]
    rows = [{**GOOD["users"], "first_name": "", "cti_login": "a"}, {**GOOD["users"], "internal_number": "x"}]
    frame = text_frame({c: [r.get(c, "") for r in rows] for c in resource.columns}).set_axis([2, 3])
    problems = check_values(resource, frame, frame == frame, frame["action"] == "")
    assert sorted((p.row, p.column, p.code) for p in problems) == [
        (2, "cti_login", "login_pattern"),
        (2, "first_name", "required"),
        (3, "internal_number", "not_a_number"),
    ]
