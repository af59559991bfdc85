"""Seeded faults are found, each by its rule and by no other; a clean server has nothing to mend."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from seeded import (
    CHIRURGIE,
    FAULTS,
    Seeded,
    add_administrator,
    add_interval,
    add_template,
    add_xivo,
    audit_of,
    copy_login,
    copy_names,
    fill_xivo,
    known,
    make_clean,
    name_unlisted,
    read,
)

from xcu_sheets.auditing.audit import RULES
from xcu_sheets.model.problems import Severity
from xcu_sheets.sandbox import Sandbox, SandboxConfig


@pytest.fixture(scope="module")
def clean() -> Iterator[Sandbox]:
    """A generated server of 60 people with nothing wrong; each test puts it back."""
    with Sandbox(SandboxConfig()) as sandbox:
        make_clean(sandbox)
        sandbox.world.store.keep()
        yield sandbox


@pytest.fixture
def server(clean: Sandbox) -> Sandbox:
    """The clean server, as it was."""
    clean.reset()
    return clean


def test_a_clean_server_has_no_error_and_no_warning(server: Sandbox) -> None:
    """What is left is information, and there is some."""
    audit = audit_of(read(server))
    assert {finding.severity for finding in audit.findings} == {Severity.INFO}


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_seeded_fault_is_found_and_nothing_else(server: Sandbox, fault: Seeded) -> None:
    """Recall and precision are 1: what comes to the clean server's findings is what was seeded."""
    before = {known(finding) for finding in audit_of(read(server)).findings}
    fault.seed(server)
    after = {known(finding) for finding in audit_of(fault.alter(read(server))).findings}
    assert after - before == fault.known


def test_every_rule_has_a_seeded_fault() -> None:
    """A rule that nothing tests could be blind."""
    assert {rule for fault in FAULTS for rule, _, _ in fault.expected} == {rule.name for rule in RULES}


def test_one_of_each_on_one_server(server: Sandbox) -> None:
    """Faults do not hide one another: all errors and warnings, each once."""
    server.edit_user(15, internal_number=server.user_row(11)["internal_number"])
    copy_login(server)
    copy_names(server)
    server.edit_user(19, internal_number="9999")
    server.edit_user(23, cti_login="marie martin")
    add_interval(server, CHIRURGIE, "2190", "2210")
    add_interval(server, 18, "3999000", "3999000")
    add_xivo(server)
    add_interval(server, 90, "80020", "8")
    add_template(server, xivos=[])
    add_template(server, name="Other", routedInbound=True)
    add_template(server, name="Third", entities=["gone@192.168.29.220"])
    add_administrator(server, super_admin=True, ldap=False)
    fill_xivo(server, 2)
    found = [known(f) for f in audit_of(name_unlisted(read(server))).findings if f.severity is not Severity.INFO]
    assert sorted(found, key=repr) == sorted(
        [
            ("number_twice", "error", frozenset({"users 11", "users 15"})),
            ("login_twice", "error", frozenset({"users 3", "users 7"})),
            ("interval_malformed", "error", frozenset({"entities 90"})),
            ("intervals_overlap", "error", frozenset({"entities 19"})),
            ("template_contradictory", "error", frozenset({"templates 8"})),
            ("xivo_full", "warning", frozenset({"xivos 2"})),
            ("user_outside_intervals", "warning", frozenset({"users 19"})),
            ("intervals_overlap_entity", "warning", frozenset({"entities 18", "entities 20"})),
            ("same_person_twice", "warning", frozenset({"users 3", "users 7"})),
            ("login_against_rule", "warning", frozenset({"users 23"})),
            ("entity_without_template", "warning", frozenset({"entities 90"})),
            ("template_for_nobody", "warning", frozenset({"templates 7"})),
            ("entity_not_listed", "warning", frozenset({"templates 9"})),
            ("entity_not_listed", "warning", frozenset({"administrators 2"})),
        ],
        key=repr,
    )


def test_a_number_of_an_entity_that_cannot_be_read_is_not_judged(server: Sandbox) -> None:
    """It may lie in the interval that is malformed; the overview counts what is outside the others."""
    server.edit_user(7, internal_number="9999")
    add_interval(server, CHIRURGIE, "9000", "99")
    rules = [finding.rule for finding in audit_of(read(server)).findings]
    assert "interval_malformed" in rules
    assert "user_outside_intervals" not in rules


def test_what_a_login_may_not_see_is_not_missing(server: Sandbox) -> None:
    """Somebody who sees one entity is told as information only that templates name others."""
    add_template(server, entities=["default@192.168.29.220", "chirurgie@192.168.29.220"])
    audit = audit_of(read(server, "telecom", "telecom-pass"))
    assert "administrators" in audit.unreadable
    assert {finding.severity for finding in audit.findings} == {Severity.INFO}
    assert "entity_not_listed" in {finding.rule for finding in audit.findings}


def test_an_unreadable_list_of_templates_proves_nothing(server: Sandbox) -> None:
    """No entity is called without template because the templates could not be read."""
    snapshot = read(server)
    records = {name: found for name, found in snapshot.records.items() if name != "templates"}
    audit = audit_of(replace(snapshot, records=records, unreadable={"templates": "500"}))
    assert {finding.severity for finding in audit.findings} == {Severity.INFO}
