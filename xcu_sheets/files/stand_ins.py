"""What stands in a cell of a problems copy for what the copy must not carry: a secret, a formula, an error value.

A copy is typed text, and typed text `#N/A` is a name like any other: without a mark of its own a cell that shows no
value would become one on its way through the copy.
"""

from __future__ import annotations

import re

from ..model.text import LEFT_OUT, LEFT_OUT_FR, Label, asks_auto, clean_text
from ..words import told
from .escapes import CELL_ERRORS
from .raw import Fault

_LEFT_OUT = Label(LEFT_OUT, LEFT_OUT_FR)
_FORMULA = re.compile(r"<(=.*)>\Z", re.DOTALL)
_ERRORS = frozenset(f"<{text}>" for text in CELL_ERRORS)

# The problems that say that a cell shows no value.
NO_VALUE = frozenset({"cell_error", "formula_not_calculated"})


def secret_stand_in(text: str) -> str:
    """Return what a copy shows instead of a secret; blank stays blank, and `auto` is none."""
    return told(_LEFT_OUT) if text and not asks_auto(clean_text(text)) else text


def fault_stand_in(text: str) -> str:
    """Return what a copy shows for a cell without value: what the person saw, in angle brackets."""
    return f"<{text.strip()}>"


def fault_of(text: str) -> Fault | None:
    """Return the fault that a cell of a copy stands for, None for any other text."""
    if text in _ERRORS:
        return Fault("cell_error", text[1:-1])
    formula = _FORMULA.match(text) if text[:2] == "<=" else None
    return Fault("formula_not_calculated", formula[1]) if formula else None
