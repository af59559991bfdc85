"""Sentences in the language of the person: English in the source, the others in gettext catalogues.

The language belongs to the context (a thread, a `with`), so that two of them can be spoken in one process. Only the
edges translate: what lies below hands over codes, or a sentence and its members apart.
"""

from __future__ import annotations

import gettext
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path

from ..model.errors import XcuError
from ..model.text import Label, Said, fill

LANGUAGES = ("en", "fr")
DOMAIN = "xcu_sheets"
LOCALE = Path(__file__).parent / "locale"
_spoken: ContextVar[str] = ContextVar("spoken", default=LANGUAGES[0])


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Translate into this language within the block; one that is not in LANGUAGES is English."""
    before = _spoken.set(language if language in LANGUAGES else LANGUAGES[0])
    try:
        yield
    finally:
        _spoken.reset(before)


def spoken() -> str:
    """Return the language of this context."""
    return _spoken.get()


def translate(said: str, /, **members: object) -> str:
    """Return a sentence in the language of this context, its `{members}` filled in, which may be sentences too."""
    return fill(_catalogue(spoken()).gettext(said) if said else "", _in_words(members))


def translate_n(one: str, many: str, n: int, /, **members: object) -> str:
    """Return the one of two sentences that suits the number `n`, itself a member."""
    return fill(_catalogue(spoken()).ngettext(one, many, n), _in_words({"n": n, **members}))


def told(said: object) -> str:
    """Return an error, a sentence or a name of ours in the language of this context, any other text as it is."""
    said = said.said if isinstance(said, XcuError) else said
    if isinstance(said, Label):
        return said.french if spoken() == "fr" else str(said)
    return translate(said.said, **said.members) if isinstance(said, Said) else str(said)


def is_ours(sentence: str) -> bool:
    """Tell whether a text is a sentence of our catalogue, with the gaps that it has there."""
    return any(_catalogue(language).gettext(sentence) != sentence for language in LANGUAGES[1:])


def _in_words(members: Mapping[str, object]) -> dict[str, object]:
    return {name: told(member) for name, member in members.items()}


@cache
def _catalogue(language: str) -> gettext.NullTranslations:
    return gettext.translation(DOMAIN, LOCALE, [language], fallback=True)
