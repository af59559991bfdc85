"""What a probe found out about a server: the answers to what the API document leaves open."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

_KINDS: Mapping[str, tuple[type, ...]] = {
    "bool | None": (bool,),
    "int | None": (int,),
    "str | None": (str,),
    "float | None": (float, int),
    "tuple[str, ...] | None": (list, tuple),
}


@dataclass(frozen=True)
class Findings:
    """One member for each question; None means that nobody knows.

    `post_answer`, `put_answer`: what the body of a successful write holds: `nothing`, `id`, `object` or `other`.
    `post_status`, `put_status`: the status of a successful write.
    `put_needs_template`: a PUT of a user without templateId is refused.
    `put_clears_omitted`: an optional member (ctiLogin) that a PUT leaves out is emptied, not kept.
    `put_takes_own_values`: a PUT of what the GET showed is accepted.
    `put_changes_unasked`: the members of a user that such a PUT changed nevertheless, by the API's names.
    `passwords_survive`: a PUT without ctiPassword leaves the stored password as it is.
    `list_shows_password`, `get_shows_password`: `clear`, `null` or `masked`.
    `number_unique_in_entity`, `number_unique_in_xivo`: a taken number is refused in its own entity, and in another
    entity of the same XiVO.
    `creates_at_once`: two creates sent at the same moment both succeed.
    `put_moves_entity`: a PUT may put a user into another entity of the same XiVO.
    `move_keeps_number`: the number may go along, though it is outside the new entity's intervals.
    `expired_session`: what a call without a living session is answered: `401`, `403`, `redirect`, `html`, `open` (it is
    served all the same), or another status.
    `write_median`, `write_longest`: seconds that a successful write took.
    """

    post_answer: str | None = None
    post_status: int | None = None
    put_answer: str | None = None
    put_status: int | None = None
    put_needs_template: bool | None = None
    put_clears_omitted: bool | None = None
    put_takes_own_values: bool | None = None
    put_changes_unasked: tuple[str, ...] | None = None
    passwords_survive: bool | None = None
    list_shows_password: str | None = None
    get_shows_password: str | None = None
    number_unique_in_entity: bool | None = None
    number_unique_in_xivo: bool | None = None
    creates_at_once: bool | None = None
    put_moves_entity: bool | None = None
    move_keeps_number: bool | None = None
    expired_session: str | None = None
    write_median: float | None = None
    write_longest: float | None = None

    def to_json(self) -> dict[str, Any]:
        """Return every member as a JSON value, null where nobody knows."""
        values = ((f.name, getattr(self, f.name)) for f in fields(self))
        return {name: list(value) if isinstance(value, tuple) else value for name, value in values}

    @classmethod
    def from_json(cls, body: object) -> Findings:
        """Return what `to_json` wrote; a member that is missing, unknown or of another kind counts as not known."""
        known = body if isinstance(body, Mapping) else {}
        found = {f.name: _typed(str(f.type), known.get(f.name)) for f in fields(cls)}
        return cls(**found)


def _typed(kind: str, value: Any) -> Any:
    kinds = _KINDS[kind]
    if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
        return None
    if isinstance(value, list | tuple):
        return tuple(value) if all(isinstance(text, str) for text in value) else None
    return value
