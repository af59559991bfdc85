"""Rules about one cell: pandera schemas built from the table, run lazily, every failure a Problem.

An untouched cell that breaks a rule is a warning, a new or changed one an error (DESIGN rule 5). pandera's own
texts hold the values it refuses, so they are never shown: a failure is turned into a code and made anew.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial

import pandas as pd
import pandera.pandas as pa
from pandera.errors import SchemaErrors

from ..model.fields import Field, Resource
from ..model.kinds import NUMBER
from ..model.problems import Problem, Severity, problem
from ..model.text import CLEAR, asks_auto, is_auto, is_left_out

KIND, REQUIRED, NO_CLEAR, REQUIRED_IF, IDLE = "kind", "required", "cannot_clear", "required_if", "idle"


def check_values(resource: Resource, wanted: pd.DataFrame, changed: pd.DataFrame, creates: pd.Series) -> list[Problem]:
    """Return every broken rule about single cells of one sheet.

    `wanted` is the text each cell would have after the import (blank where it has none), `changed` a frame of bools
    of the same shape, `creates` tells which rows are new: only those need their required cells filled.
    """
    schema = make_schema(resource, wanted, creates)
    try:
        schema.validate(wanted, lazy=True)
    except SchemaErrors as failed:
        cases = failed.failure_cases[["index", "column", "check"]]
    else:
        return []
    return [
        p
        for row, column, check in cases.itertuples(index=False)
        for p in _explain(resource, resource.by_name[column], wanted, changed, creates, int(row), str(check))
    ]


def make_schema(resource: Resource, wanted: pd.DataFrame, creates: pd.Series) -> pa.DataFrameSchema:
    """Return the schema of one sheet: the same columns as `wanted`, each with the checks its Field asks for.

    Rules on two columns are closures over the frame bound to one column: a frame-level check would report every
    column of the row.
    """
    fields = [resource.by_name[name] for name in wanted.columns]
    return pa.DataFrameSchema(
        {
            f.name: pa.Column(None, [pa.Check(test, error=name) for name, test in _checks(f, wanted, creates)])
            for f in fields
        }
    )


Test = Callable[[pd.Series], pd.Series]


def _checks(field: Field, wanted: pd.DataFrame, creates: pd.Series) -> Iterator[tuple[str, Test]]:
    if field.required and field.editable:
        yield REQUIRED, lambda cells: (cells != "") | ~creates
    if field.write and not field.clear:
        yield NO_CLEAR, lambda cells: cells != CLEAR
    if field.editable:
        yield KIND, partial(_each_value, field, lambda text: field.kind.fault(text) is None)
    for rule in field.rules:
        yield (
            rule.code,
            partial(_each_value, field, partial(_obeys, field, re.compile(rf"(?:{rule.pattern})\Z", re.DOTALL))),
        )
    if field.required_if and field.required_if[0] in wanted:
        needed = wanted[field.required_if[0]] == field.required_if[1]
        yield REQUIRED_IF, lambda cells: ~needed | (cells != "") & (cells != CLEAR)
    if field.idle_unless and field.idle_unless[0] in wanted:
        idle = wanted[field.idle_unless[0]] != field.idle_unless[1]
        yield IDLE, lambda cells: ~idle | cells.isin(["", CLEAR, "no"])


def _each_value(field: Field, test: Callable[[str], bool], cells: pd.Series) -> pd.Series:
    """Apply a test to each different text once; blanks and the words for "empty" and "choose" always pass.

    Only a number is chosen inside a range.
    """
    chooses = is_auto if field.kind.name == NUMBER.name else asks_auto
    known = {text: text in ("", CLEAR) or chooses(text) or test(text) for text in cells.unique()}
    return cells.map(known).astype(bool)


def _obeys(field: Field, pattern: re.Pattern[str], text: str) -> bool:
    """Tell whether a text that is a value of its kind matches the pattern; other texts have their own problem."""
    if field.secret and is_left_out(text):
        return True
    return pattern.match(text) is not None or field.kind.fault(text) is not None


def _explain(
    resource: Resource,
    field: Field,
    wanted: pd.DataFrame,
    changed: pd.DataFrame,
    creates: pd.Series,
    row: int,
    check: str,
) -> Iterator[Problem]:
    text = str(wanted.at[row, field.name])
    touched = bool(changed.at[row, field.name])
    where = {"sheet": resource.name, "row": row, "column": field.name, "value": "" if field.secret else text}
    severity = Severity.ERROR if touched else Severity.WARNING
    if check == KIND:
        bad = field.kind.fault(text)
        if bad:
            yield problem(bad.code, severity, **where, **bad.params)
    elif check in (REQUIRED_IF, IDLE):
        column, value = (field.required_if if check == REQUIRED_IF else field.idle_unless) or ("", "")
        with_, holds = field.required_with or (column, value)
        touched = touched or bool(changed.at[row, column]) or bool(changed.at[row, with_])
        error = check == REQUIRED_IF and touched and wanted.at[row, with_] == holds
        yield problem(check, Severity.ERROR if error else Severity.WARNING, **where, other=column, needs=value)
    elif check in (REQUIRED, NO_CLEAR):
        if check == NO_CLEAR and creates.at[row]:
            yield problem("cannot_clear_new", **where)
            return
        yield problem(check, **where)
    else:
        rule = next(r for r in field.rules if r.code == check)
        yield problem(check, severity if rule.error else Severity.WARNING, **where)
