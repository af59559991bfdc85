"""Kinds: what a cell's text and a value of the API have in common, and what no kind accepts."""

from __future__ import annotations

import unicodedata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xcu_sheets.model.kinds import (
    ACTION,
    BOOL,
    INTEGER,
    INTERVALS,
    NUMBER,
    REFERENCES,
    TEXT,
    BadCell,
    Kind,
    choice,
    interval_order,
)
from xcu_sheets.model.resources import RESOURCES
from xcu_sheets.model.text import (
    auto_range,
    clean_text,
    first_control,
    fold,
    fold_name,
    has_line_break,
    is_auto,
    is_clear,
    join_list,
    safe_text,
    split_list,
)

NBSP, NARROW, MINUS = "\u00a0", "\u202f", "\u2013"
CHOICE = choice({"incomingNo": "numéro SDA", "anonymous": "anonyme", "custom": "personnalisé"})

CANONICAL = [
    (NUMBER, "1700", "1700"),
    (NUMBER, "0100", "0100"),
    (NUMBER, "6260.0", "6260"),
    (NUMBER, "6260,00", "6260"),
    (NUMBER, "6 260", "6260"),
    (NUMBER, f"6{NBSP}260", "6260"),
    (NUMBER, f"6{NARROW}260", "6260"),
    (NUMBER, "'0100", "0100"),
    (NUMBER, "6,26E+03", "6260"),
    (NUMBER, "6.26e3", "6260"),
    (NUMBER, " 1700\t", "1700"),
    (NUMBER, "\ufeff1700\u200b", "1700"),
    (NUMBER, "1" * 16, "1" * 16),
    (INTEGER, "030", "30"),
    (INTEGER, "30.0", "30"),
    *[(BOOL, word, "yes") for word in ("yes", "Y", "TRUE", "Vrai", "OUI", "o", "x", "X", "1")],
    *[(BOOL, word, "no") for word in ("no", "N", "FALSE", "Faux", "non", "0")],
    (INTERVALS, "1700-1799;1961", "1700-1799, 1961"),
    (INTERVALS, f"1700 {MINUS} 1799", "1700-1799"),
    (INTERVALS, "1700\u22121799\n2600\u20142799", "1700-1799, 2600-2799"),
    (INTERVALS, "1961-1961", "1961"),
    (INTERVALS, "0100-0199", "0100-0199"),
    (CHOICE, "INCOMINGNO", "incomingNo"),
    (CHOICE, "Incoming no", "incomingNo"),
    (ACTION, "Create", "create"),
    (REFERENCES, 'b; "a, c"\nd', 'b, "a, c", d'),
    (REFERENCES, '"say ""hi""", x', '"say ""hi""", x'),
    (TEXT, "  Jean -  Pierre ", "Jean - Pierre"),
    (TEXT, "e\u0301te\u0301", "été"),
    (TEXT, "e\u200b\u0301", "é"),
    (TEXT, "soft\u00adhyphen", "softhyphen"),
    *[(TEXT, word, word) for word in ("NULL", "NA", "TRUE", "=1+1", "O'Brien", "D’Aubigné", '"quoted"', "-")],
    *[(kind, " ", "") for kind in (TEXT, NUMBER, BOOL, INTERVALS, REFERENCES)],
]


@pytest.mark.parametrize(("kind", "typed", "canonical"), CANONICAL)
def test_canonical_form(kind: Kind, typed: str, canonical: str) -> None:
    """What people and spreadsheets write has one canonical form, which stays as it is."""
    assert kind.tidy(typed) == canonical
    assert kind.tidy(canonical) == canonical


BAD = [
    (NUMBER, "1" * 17, "number_too_long"),
    (NUMBER, "6260.5", "number_not_exact"),
    (NUMBER, "1,000", "number_not_exact"),
    (NUMBER, "2.600", "number_not_exact"),
    (NUMBER, "1,23456789012E+15", "number_not_exact"),
    (NUMBER, "1e99", "number_not_exact"),
    (NUMBER, "1e999999", "not_a_number"),
    (NUMBER, "1700\n1701", "not_a_number"),
    (NUMBER, "12a", "not_a_number"),
    (NUMBER, "-5", "not_a_number"),
    (NUMBER, "+33139", "not_a_number"),
    (NUMBER, "", "not_a_number"),
    (NUMBER, "١٧٠٠", "not_a_number"),
    (NUMBER, "１７００", "not_a_number"),
    (NUMBER, "²", "not_a_number"),
    (INTEGER, "30 s", "not_a_number"),
    (BOOL, "peut-être", "not_yes_or_no"),
    (BOOL, "", "not_yes_or_no"),
    (BOOL, "2", "not_yes_or_no"),
    (INTERVALS, "1799-1700", "interval_backwards"),
    (INTERVALS, "99-100", "interval_backwards"),
    (INTERVALS, "1700-", "not_an_interval"),
    (INTERVALS, "1700-1799-1800", "not_an_interval"),
    (INTERVALS, "1700, x", "not_an_interval"),
    (INTERVALS, "١٧٠٠", "not_an_interval"),
    (CHOICE, "TRUE", "choice_not_yes_or_no"),
    (ACTION, "remove", "not_a_choice"),
    (TEXT, "a\nb", "line_break"),
    (TEXT, "a\x07b", "control_character"),
    (TEXT, "a\ud800", "control_character"),
    (TEXT, "a\ufffe", "control_character"),
]


@pytest.mark.parametrize(("kind", "typed", "code"), BAD)
def test_what_is_no_value_has_a_code(kind: Kind, typed: str, code: str) -> None:
    """Nothing is guessed: the text stays as it is and its fault has a code."""
    with pytest.raises(BadCell) as failed:
        kind.parse(typed)
    assert failed.value.code == code
    assert kind.tidy(typed) == clean_text(typed)


def test_a_bad_choice_tells_the_words() -> None:
    """T6: the number mode is documented as a boolean; who writes TRUE is told the words."""
    assert choice({"short_number": "numéro court", "custom": "personnalisé"}).fault("TRUE").params == {
        "choices": "short_number, custom"
    }


WORDED = {
    (resource.name, field.name): field.kind
    for resource in RESOURCES.values()
    for field in resource.fields
    if field.kind.words
}


@pytest.mark.parametrize("place", WORDED, ids="/".join)
def test_words_are_read_in_both_languages(place: tuple[str, str]) -> None:
    """Each word of each column has one French word, in any case, that means it and no other."""
    kind = WORDED[place]
    assert len(set(kind.words_in("fr"))) == len(kind.words)
    for word, french in zip(kind.words, kind.words_in("fr"), strict=True):
        assert kind.word_in("fr", word) == french
        assert [kind.tidy(text) for text in (word, french, french.upper())] == [word] * 3


def test_what_is_no_word_of_the_column_stays_as_it_is() -> None:
    """Only canonical words have a French one."""
    assert BOOL.word_in("fr", "perhaps") == "perhaps"
    assert ACTION.word_in("en", "create") == "create"
    assert TEXT.word_in("fr", "create") == "create"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ([{"start": "1961", "end": ""}], "1961"),
        ([{"start": "1961", "end": "1961"}], "1961"),
        ([{"start": "1961", "end": None}], "1961"),
        ([{"start": "1961"}], "1961"),
        ([{"start": 1700, "end": 1799, "didLength": 4}], "1700-1799"),
        ([], ""),
        (None, ""),
    ],
)
def test_intervals_as_the_server_writes_them(value: Any, text: str) -> None:
    """An empty, absent, null or equal end is a single number; unknown keys are not shown."""
    assert INTERVALS.render(value) == text


def test_the_order_of_intervals_says_nothing() -> None:
    """Shorter numbers first, then by value, as the server or a person has them in any order."""
    value = [{"start": "39000", "end": "39099"}, {"start": "1961", "end": ""}, {"start": "0100", "end": "0199"}]
    assert INTERVALS.render(value) == INTERVALS.render(value[::-1]) == "0100-0199, 1961, 39000-39099"
    assert INTERVALS.tidy("1961; 0100-0199") == "0100-0199, 1961"


LINE_BREAKS = "\n\r\x0b\x0c\x85\u2028\u2029"
CONTROLS = {chr(c) for c in (*range(32), *range(0x7F, 0xA0), 0xD800, 0xDFFF, 0xFFFE, 0xFFFF, 0x1FFFE)} - {
    *LINE_BREAKS,
    "\t",
}


@pytest.mark.parametrize("sign", sorted(CONTROLS), ids=ascii)
def test_every_control_character_inside_a_name_is_refused_by_name(sign: str) -> None:
    """Whatever nobody can see and no name holds; at its ends, too."""
    for text in (f"Mar{sign}tin", f"{sign}Martin", f"Martin{sign}"):
        bad = TEXT.fault(text)
        assert bad
        assert (bad.code, bad.params) == ("control_character", {"sign": f"U+{ord(sign):04X}"})


@pytest.mark.parametrize("sign", LINE_BREAKS, ids=ascii)
def test_every_line_break_inside_a_name_is_refused(sign: str) -> None:
    """At its ends it is a blank like others."""
    assert [getattr(TEXT.fault(t), "code", "") for t in (f"Mar{sign}tin", f"{sign}Martin")] == ["line_break", ""]
    assert TEXT.tidy(f" {sign} Martin{sign} ") == "Martin"


digits = st.text("0123456789", min_size=1, max_size=6)
name = (
    st.text(min_size=1, max_size=12)
    .map(clean_text)
    .filter(lambda t: t and not has_line_break(t) and not first_control(t))
)


@st.composite
def interval(draw: Any) -> dict[str, str]:
    start = draw(digits)
    end = draw(st.text("0123456789", min_size=len(start), max_size=len(start)))
    return {"start": min(start, end), "end": "" if start == end else max(start, end)}


VALUES = {
    "text": (TEXT, name),
    "number": (NUMBER, digits),
    "integer": (INTEGER, st.integers(0, 10**16 - 1)),
    "bool": (BOOL, st.booleans()),
    "intervals": (INTERVALS, st.lists(interval(), max_size=4).map(lambda v: sorted(v, key=interval_order))),
    "choice": (CHOICE, st.sampled_from(CHOICE.words)),
    "references": (REFERENCES, st.lists(name, max_size=4)),
}


@pytest.mark.parametrize("kind_name", VALUES)
@given(data=st.data())
def test_a_value_survives_its_cell(kind_name: str, data: st.DataObject) -> None:
    """parse(render(v)) == v."""
    kind, values = VALUES[kind_name]
    value = data.draw(values)
    assert kind.parse(kind.render(value)) == value


@pytest.mark.parametrize("kind_name", VALUES)
@given(text=st.text(max_size=20))
def test_tidying_twice_changes_nothing(kind_name: str, text: str) -> None:
    """A canonical form is its own canonical form, whatever was typed."""
    kind = VALUES[kind_name][0]
    assert kind.tidy(kind.tidy(text)) == kind.tidy(text)


@given(st.lists(name, max_size=5))
def test_a_list_survives_its_cell(names: list[str]) -> None:
    """Commas, semicolons, quotes and blanks inside names come back."""
    assert split_list(join_list(names)) == names


@given(st.text(max_size=200))
def test_safe_text_shows_everything_and_hides_nothing(text: str) -> None:
    """No control, format, surrogate or odd blank character is left, and never more than 80 characters."""
    shown = safe_text(text)
    assert len(shown) <= 80
    assert [c for c in shown if unicodedata.category(c)[0] in "CZ" and c != " "] == []


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\x1b[31mb", "a\\x1b[31mb"),
        ("a\u202eb", "a\\u202eb"),
        ("a\nb", "a\\x0ab"),
        ("\U000e0001", "\\U000e0001"),
        ("x" * 81, "x" * 79 + "…"),
        ("x" * 80, "x" * 80),
        (5, "5"),
    ],
)
def test_safe_text_by_example(text: object, shown: str) -> None:
    """Escapes are visible, long texts end in an ellipsis."""
    assert safe_text(text) == shown


@pytest.mark.parametrize(
    ("text", "auto", "inside"),
    [
        ("auto", True, ""),
        ("AUTO", True, ""),
        ("auto 2600-2699", True, "2600-2699"),
        ("Auto  2600–2699, 1961", True, "2600–2699, 1961"),
        ("automatic", False, ""),
        ("auto x", False, ""),
        ("auto ١", False, ""),
        ("", False, ""),
        ("1700", False, ""),
    ],
)
def test_auto_and_its_range(text: str, auto: bool, inside: str) -> None:
    """`auto` may be followed by a range, by nothing else."""
    assert (is_auto(text), auto_range(text)) == (auto, inside)


@pytest.mark.parametrize(
    ("text", "clear"), [("<clear>", True), ("<CLEAR>", True), ("<vider>", True), ("clear", False), ("", False)]
)
def test_clear_in_both_languages(text: str, clear: bool) -> None:
    """The word that empties a cell."""
    assert is_clear(text) is clear


def test_names_are_compared_without_case_accents_and_signs() -> None:
    """Two names of signs only stay apart."""
    assert fold_name("D’AUBIGNÉ") == fold_name("d'Aubigne")
    assert fold_name("Œuvre") == fold_name("œuvre")
    assert fold_name("???") != fold_name("!!!")
    assert fold("N° de poste") == fold("n°DE-POSTE")
