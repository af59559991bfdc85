"""Escapes: xlsx `_xHHHH_` and the CSV apostrophe, lossless both ways."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xcu_sheets.files.csv_text import parse_csv, render_csv
from xcu_sheets.files.escapes import escape_xlsx, guard, needs_guard, unescape_xlsx, unguard
from xcu_sheets.model.snapshot import text_frame

# Pieces from which texts are built that look like escapes, guards, dates and numbers.
PIECES = st.sampled_from(
    ["_", "x", "_x", "005F", "0041_", "'", "=", "+", "0", "12", "-", "/", " ", "\r", "\n", "\x01", "é", "janv"]
)
TEXTS = st.one_of(st.text(), st.lists(PIECES).map("".join))


@given(TEXTS)
def test_xlsx_escape_is_lossless(text):
    """Whatever is escaped comes back by decoding once."""
    assert unescape_xlsx(escape_xlsx(text)) == text


@given(TEXTS)
def test_guard_is_lossless(text):
    """A guarded cell loses exactly its guard."""
    assert unguard(guard(text)) == text


@given(TEXTS)
def test_guard_is_closed_under_itself(text):
    """Every text that begins with an apostrophe is guarded, so that no own apostrophe is lost."""
    assert needs_guard("'" + text)


@given(TEXTS)
def test_guarded_cells_begin_harmlessly(text):
    """No guarded cell begins with what starts a formula."""
    assert guard(text)[:1] not in set("=+-@\t\r\n|%")


@given(st.lists(st.lists(TEXTS.filter(lambda t: "\0" not in t), min_size=2, max_size=2), max_size=5))
def test_csv_text_is_lossless(rows):
    """Whole frames survive a CSV, line breaks, quotes and all."""
    columns = list(zip(*rows, strict=True)) or [(), ()]
    header, found = parse_csv(render_csv(text_frame({"a": columns[0], "b": columns[1]})))
    assert (list(header), found) == (["a", "b"], rows)


def test_long_texts_take_no_time():
    """A cell made to hurt the patterns is looked at in bounded time, and stays lossless."""
    for text in ("1" + " " * 32_000 + "x", "1 " * 16_000, "jan 1" + "." * 30_000, "9" * 32_000):
        assert unguard(guard(text)) == text


@pytest.mark.parametrize(
    ("stored", "text"),
    [
        ("_x005F_x0041_", "_x0041_"),
        ("_x005F_x0041_x0042_", "_x0041_x0042_"),
        ("_x005f_x005f_", "_x005f_"),
        ("a_x000D_\nb", "a\r\nb"),
        ("_x005F_", "_"),
        ("x005F_", "x005F_"),
    ],
)
def test_what_others_write_is_decoded(stored, text):
    """Excel's, XlsxWriter's and LibreOffice's escapes of a literal."""
    assert unescape_xlsx(stored) == text


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("_x0041_", "_x005F_x0041_"),
        ("\0", "_x0000_"),
        ("a\rb", "a_x000D_b"),
        ("_x0041_x0042_", "_x005F_x0041_x0042_"),
        ("_x0041\x01", "__x0078_0041_x0001_"),
        ("\uffff", "_xFFFF_"),
        ("snake_case_x", "snake_case_x"),
    ],
)
def test_xlsx_escape_by_example(text, stored):
    """What is stored is read in one way by every reader."""
    assert escape_xlsx(text) == stored


@pytest.mark.parametrize(
    "text",
    [
        *("=1+1", "+33139", "-1", "@x", "|x", "%x", "＝1", "＋1", "0612", "00", "3-4", "03/04", "12:30", "1.5", "1,5"),
        *("1e5", "50%", "(5)", "$5", ".5", "2024-01-31", "TRUE", "faux", "vrai", "FALSE", "MAR1", "5-mars", "janv-24"),
        *("1234567890123456", "#N/A", "1961-12", "'x", " x", "x ", "\tx", "6 260", "5 mars", "jan 5", "5 €"),
        *("1:30 PM", "3/4 ", "\u00a0x", "10, 20"),
    ],
)
def test_what_a_spreadsheet_would_convert_is_guarded(text):
    """Formulas, dates, numbers with other spellings, truths and outer blanks take an apostrophe."""
    assert guard(text) == f"'{text}"


@pytest.mark.parametrize(
    "text",
    ["6260", "0", "999999999999999", "1700-1799, 1961", "1700-1799, 1961, 2600-2799", "Martin", "O'Brien", "NULL", "NA",
     "default@192.168.29.221", "<clear>", "Mars", "May", "xivo1", "a=b", "Élodie", "12B"],
)  # fmt: skip
def test_what_is_lossless_is_not_guarded(text):
    """Plain integers, interval lists and names stay clean."""
    assert guard(text) == text
