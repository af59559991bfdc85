"""Reading a payload: every field is looked at, all that is wrong is refused in one answer of Play's shape."""

import re
from collections.abc import Callable, Iterable
from typing import Any

Payload = dict[str, Any]


class Refusal(Exception):
    """An answer other than success; its status and JSON body."""

    def __init__(self, status: int, payload: Payload) -> None:
        super().__init__(status)
        self.status = status
        self.payload = payload


def not_found(what: str) -> Refusal:
    """Return the 404 of a record that is not there."""
    return Refusal(404, {"error": f"{what} not found"})


def forbidden() -> Refusal:
    """Return the 403 of an administrator whose rights do not reach."""
    return Refusal(403, {"error": "You are not allowed to do this"})


class Form:
    """A payload and what is wrong with it so far; a key that is absent and one that is null are the same."""

    def __init__(self, payload: Payload) -> None:
        self.payload = payload
        self._wrong: dict[str, list[Payload]] = {}

    def refuse(self, name: str, message: str) -> None:
        """Note that a field is wrong."""
        self._wrong.setdefault(f"obj.{name}", []).append({"msg": [message], "args": []})

    def check(self) -> None:
        """Raise the 400 if anything was wrong."""
        if self._wrong:
            raise Refusal(400, self._wrong)

    def text(
        self, name: str, *, required: bool = True, pattern: str = r"(?s).*", message: str = "error.pattern"
    ) -> str | None:
        """Return a text that matches the whole pattern, or None if it is not there or wrong."""
        value = self._value(name, required=required, is_right=lambda value: isinstance(value, str), kind="jsstring")
        if value is not None and not re.fullmatch(pattern, value):
            self.refuse(name, message)
            return None
        return None if value is None else str(value)

    def choice(self, name: str, choices: Iterable[str], *, required: bool = True) -> str | None:
        """Return a text that is one of the documented words."""
        words = "|".join(map(re.escape, choices))
        return self.text(name, required=required, pattern=words, message="error.expected.validenumvalue")

    def boolean(self, name: str, *, required: bool = True) -> bool | None:
        """Return a boolean."""
        value = self._value(name, required=required, is_right=lambda value: isinstance(value, bool), kind="jsboolean")
        return None if value is None else bool(value)

    def integer(self, name: str, *, required: bool = True) -> int | None:
        """Return an integer; true is not 1 and "1" is not 1."""
        value = self._value(name, required=required, is_right=_is_integer, kind="jsnumber")
        return None if value is None else int(value)

    def array(self, name: str, *, of: type) -> list[Any]:
        """Return an array whose every element is an int or a str; [] if it is wrong."""
        value = self._value(name, required=True, is_right=lambda value: isinstance(value, list), kind="jsarray")
        right = _is_integer if of is int else (lambda element: isinstance(element, of))
        if value is not None and not all(map(right, value)):
            self.refuse(name, f"error.expected.array.of.{of.__name__}")
            return []
        return value or []

    def _value(self, name: str, *, required: bool, is_right: Callable[[Any], bool], kind: str) -> Any:
        value = self.payload.get(name)
        if value is None:
            if required:
                self.refuse(name, "error.path.missing")
            return None
        if not is_right(value):
            self.refuse(name, f"error.expected.{kind}")
            return None
        return value


def unknown_keys(payload: Payload, known: Iterable[str]) -> Payload:
    """Return the part of a payload that the document does not know; the server keeps and shows it."""
    names = frozenset(known)
    return {key: value for key, value in payload.items() if key not in names}


def _is_integer(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**63
