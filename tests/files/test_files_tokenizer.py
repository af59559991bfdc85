"""The CSV tokenizer against a slow one that looks at every character, and against what other programs write."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from xcu_sheets.files.csv_reader import decode
from xcu_sheets.files.csv_text import DELIMITERS, RaggedLine, check_quotes, parse_rows
from xcu_sheets.model.errors import BookError

PATH = Path("a.csv")
TEXTS = st.text(st.sampled_from('a"; \r\n,'), max_size=14)
CELLS = st.text(st.sampled_from("a\"';,\t| \r\n=é"), max_size=6)


def strict_rows(text):
    """Return the rows of a `;` CSV, character by character, or None where a quote stands where none may."""
    rows, row, cell, state = [], [], "", "start"
    for char in text.replace("\r\n", "\n").replace("\r", "\n") + "\n":
        if state == "quoted":
            state, cell = ("closed", cell) if char == '"' else ("quoted", cell + char)
        elif char == '"':
            if state == "plain":
                return None
            state, cell = "quoted", cell + ('"' if state == "closed" else "")
        elif char in ";\n":
            row.append(cell)
            rows, row = (rows, row) if char == ";" else ([*rows, row], [])
            cell, state = "", "start"
        elif state == "closed":
            return None
        else:
            state, cell = "plain", cell + char
    return None if state == "quoted" else rows


def our_rows(text):
    """Return the rows as ours reads them, line ends in cells plain, None where it refuses."""
    try:
        check_quotes(text, ";")
        rows = [cells for _, cells in parse_rows(text, ";")]
    except RaggedLine:
        return None
    return [[cell.replace("\r\n", "\n").replace("\r", "\n") for cell in row] for row in rows]


@given(TEXTS)
def test_every_text_is_read_or_refused_alike(text):
    """No quote is passed over and none is refused that stands rightly; blank rows apart."""
    slow = strict_rows(text)
    assert our_rows(text) == (slow and [row for row in slow if any(cell.strip() for cell in row)])


@pytest.mark.parametrize("delimiter", DELIMITERS)
@pytest.mark.parametrize("quoting", [csv.QUOTE_MINIMAL, csv.QUOTE_ALL])
@pytest.mark.parametrize("end", ["\r\n", "\n", "\r"])
@given(rows=st.lists(st.lists(CELLS, min_size=1, max_size=3), max_size=4))
def test_what_a_writer_quotes_is_read(delimiter, quoting, end, rows):
    """Whatever the csv module writes is let pass and comes back.

    Of line ends that minimal quoting forgets to quote the module's own reader makes other rows, too.
    """
    foreign = set("\r\n") - set(end)
    assume(quoting == csv.QUOTE_ALL or not any(foreign & set(cell) for row in rows for cell in row))
    target = io.StringIO(newline="")
    csv.writer(target, delimiter=delimiter, quoting=quoting, lineterminator=end).writerows(rows)
    check_quotes(target.getvalue(), delimiter)
    read = [cells for _, cells in parse_rows(target.getvalue(), delimiter)]
    assert read == [row for row in rows if any(cell.strip() for cell in row)]


@pytest.mark.parametrize(
    ("text", "line"),
    [('a;b"c', 1), ('a\r\n"b\r\nc"\r\nd"', 4), ('a\rb\rc"', 3), ('a\n\n"b"x', 3), ('a;"b', 1), ('a; "b"', 1)],
)
def test_the_line_of_a_quote_is_named(text, line):
    """Lines are counted as an editor counts them, those inside quotes too."""
    with pytest.raises(RaggedLine) as refused:
        check_quotes(text, ";")
    assert refused.value.line == line


@given(st.text(st.characters(codec="cp1252", exclude_characters="\0\x1a\ufeff")))
def test_windows_text_and_utf_8_are_told_apart(text):
    """UTF-8 is always known; Windows text is itself or is refused, and is another text only where it is UTF-8 too."""
    assert decode(text.encode(), PATH) == text
    content = text.encode("cp1252")
    try:
        expected = content.decode()
    except UnicodeDecodeError:
        expected = text
    try:
        assert decode(content, PATH) == expected
    except BookError as error:
        assert "is not UTF-8, but line" in str(error)
