"""`--set COLUMN=VALUE` as it is typed: which column is meant, and whether it can be filled at all."""

from __future__ import annotations

from collections.abc import Sequence

from ..files.recognition import nearest_field
from ..model.errors import PlanError
from ..model.fields import Field
from ..model.resources import RESOURCES
from ..model.text import asks_auto, clean_text, fold, is_auto, is_clear, safe_text

_USERS = RESOURCES["users"]


def parse_settings(texts: Sequence[str]) -> dict[str, str]:
    """Return canonical text by column of the users sheet. Raises PlanError, one line, for what cannot be set."""
    fill: dict[str, str] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        value = clean_text(value)
        if not equals or not value or is_clear(value):
            raise PlanError("--set {name}: write COLUMN=VALUE, such as --set entity=Chirurgie.", name=safe_text(name))
        field = _field(name)
        if field.name in fill:
            raise PlanError("--set {name}: {column} is set twice: leave one.", name=safe_text(name), column=field.name)
        if field.secret and not asks_auto(value):
            raise PlanError(
                "--set {name}: a password is not given to several people: write auto to make each one.", name=field.name
            )
        fill[field.name] = _value(field, value)
    return fill


def _field(name: str) -> Field:
    field = _USERS.by_header.get(fold(name))
    if field and field.write:
        return field
    shown, columns = safe_text(name), ", ".join(f.name for f in _USERS.writable)
    if field:
        raise PlanError(
            "--set {name}: {column} cannot be set, only {columns}.", name=shown, column=field.name, columns=columns
        )
    if nearest := nearest_field(_USERS, name):
        raise PlanError(
            "--set {name}: the users sheet has no such column: did you mean {nearest}?", name=shown, nearest=nearest
        )
    raise PlanError(
        "--set {name}: the users sheet has no such column: write one of {columns}.", name=shown, columns=columns
    )


def _value(field: Field, value: str) -> str:
    if field.auto and is_auto(value):
        return value.casefold()
    return field.kind.tidy(value)
