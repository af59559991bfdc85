"""The catalogues are complete: what a person reads exists in each language, with the same gaps to fill."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from catalogue import TRANSLATED, collected, compiled, po_path, read

from xcu_sheets.cli.language import wanted_language
from xcu_sheets.model.errors import BookError
from xcu_sheets.model.text import Said, members_of
from xcu_sheets.words import speaking, told, translate, translate_n

REFRESH = "run: python tests/words/catalogue.py, and translate what is blank"


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_sentence_is_translated(language: str) -> None:
    """None is missing, none is left over, none is blank."""
    catalogue = read(language)
    known = {m.id: m.string for m in catalogue if m.id}
    assert sorted(set(map(str, known)) ^ set(map(str, collected()))) == [], REFRESH
    blank = [id_ for id_, text in known.items() if not all((text,) if isinstance(text, str) else text)]
    assert blank == [], REFRESH
    assert not [m.id for m in catalogue if m.fuzzy]


@pytest.mark.parametrize("language", TRANSLATED)
def test_a_translation_has_the_members_of_its_sentence(language: str) -> None:
    """Whatever is filled into the one is filled into the other."""
    for message in read(language):
        if not message.id:
            continue
        ids, texts = ([t] if isinstance(t, str) else t for t in (message.id, message.string))
        wanted, filled = ({name for text in each for name in members_of(text)} | {"n"} for each in (ids, texts))
        assert filled == wanted, message.id
        assert isinstance(message.id, str) or all({*members_of(t)} >= _in_all(ids) for t in texts), message.id


def _in_all(texts: Sequence[str]) -> set[str]:
    """Return the members that singular and plural share; click has some in the one only."""
    return set.intersection(*(set(members_of(text)) for text in texts)) - {"n"}


@pytest.mark.parametrize("language", TRANSLATED)
def test_the_compiled_catalogue_is_that_of_the_source(language: str) -> None:
    """The .mo beside a .po was made of it."""
    path = po_path(language)
    assert path.with_suffix(".mo").read_bytes() == compiled(read(language)), REFRESH


@pytest.mark.parametrize(
    ("arguments", "environment", "language"),
    [
        ([], {}, "en"),
        ([], {"LANG": "fr_FR.UTF-8"}, "fr"),
        ([], {"LANG": "fr_FR.UTF-8", "LC_ALL": "C"}, "en"),
        ([], {"LANG": "de_DE.UTF-8"}, "en"),
        (["check", "--lang", "fr"], {"LANG": "C"}, "fr"),
        (["--lang=en", "check"], {"LANG": "fr_FR"}, "en"),
        (["--lang", "xx"], {"LANG": "fr_FR"}, "en"),
        (["--lang"], {}, "en"),
        ([], {"LANGUAGE": "de:fr"}, "fr"),
        ([], {"LANG": "frr_DE"}, "en"),
        ([], {"LANG": "fr_CA@euro"}, "fr"),
    ],
)
def test_the_option_comes_before_the_system(arguments: list[str], environment: dict[str, str], language: str) -> None:
    """--lang, else the variables in gettext's order, else English."""
    assert wanted_language(arguments, environment) == language


def test_a_language_ends_with_its_block() -> None:
    """What is spoken inside `speaking` is not spoken after it."""
    with speaking("fr"):
        assert translate("Nothing was sent.") != "Nothing was sent."
    assert translate("Nothing was sent.") == "Nothing was sent."


def test_an_error_is_said_whole_in_the_other_language() -> None:
    """A sentence within a sentence is translated too; a name in braces is text, not a gap."""
    inner = BookError("{path}: there is no such file", path="{path}.xlsx")
    outer = BookError("{path}: {error}", path="a", error=inner)
    assert str(outer) == "a: {path}.xlsx: there is no such file"
    with speaking("fr"):
        assert "there is no" not in told(outer)
        assert "{path}.xlsx" in told(outer)
    assert told(Said("{n} of {m}", n=1)) == "1 of {m}"


def test_french_says_zero_and_one_in_the_singular() -> None:
    """Each language has its own rule for the plural."""
    with speaking("fr"):
        assert translate_n("{n} call", "{n} calls", 0) == "0 appel"
        assert translate_n("{n} call", "{n} calls", 2) == "2 appels"
