"""Every finding is a sentence, whatever its value."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import pytest

from xcu_sheets.model.findings import Findings
from xcu_sheets.reports.findings import CATALOGUE, finding_lines

# Members that stand in another one's line.
WITHIN = {"post_status", "put_status", "write_longest"}
VALUES: dict[str, tuple[Any, ...]] = {
    "post_answer": ("nothing", "id", "object", "other"),
    "put_answer": ("nothing", "id", "object", "other"),
    "put_changes_unasked": ((), ("mail", "externalNumber")),
    "list_shows_password": ("clear", "null", "masked"),
    "get_shows_password": ("clear", "null", "masked"),
    "expired_session": ("401", "403", "redirect", "html", "open", "404"),
    "write_median": (0.004, 2.5),
}
BASE = Findings(post_status=201, put_status=200, write_longest=9.5)


def test_every_finding_has_a_line() -> None:
    """No member is found out for nobody to read."""
    assert {entry.name for entry in CATALOGUE} | WITHIN == {f.name for f in fields(Findings)}


@pytest.mark.parametrize("name", [entry.name for entry in CATALOGUE])
def test_each_value_is_one_sentence(name: str) -> None:
    """Each value has a sentence of its own, without a full stop, and says what the importer does."""
    said = set()
    values = VALUES.get(name, (True, False))
    for value in values:
        lines = finding_lines(replace(BASE, **{name: value}), {})
        (line,) = (line for line in lines if line.name == name)
        assert line.known and line.so
        for text in (line.says, line.so):
            assert "{" not in text and "None" not in text and not text.endswith(".") and text == " ".join(text.split())
        said.add(line.says)
    assert len(said) == len(values)


def test_what_is_not_known_says_why() -> None:
    """An open question is said as one, with its reason and with what the importer does meanwhile."""
    lines = finding_lines(Findings(), {"passwords_survive": "it never shows one"})
    assert all(not line.known and line.says.startswith("not known: ") and line.so for line in lines)
    (line,) = (line for line in lines if line.name == "passwords_survive")
    assert line.says.endswith("(it never shows one)")


@pytest.mark.parametrize(("median", "said"), [(0.004, "1 s"), (0.5, "50 s"), (6.0, "10 min")])
def test_the_time_of_an_import_is_foretold(median: float, said: str) -> None:
    """A hundred rows take a hundred times the median."""
    line = finding_lines(Findings(write_median=median, write_longest=median), {})[-1]
    assert line.so == f"about {said} for 100 rows"
