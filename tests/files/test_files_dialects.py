"""Any frame of text comes back the same: from a workbook, from every dialect of CSV and from an .ods of LibreOffice."""

from __future__ import annotations

import csv
import io

import pytest
from files_samples import READ_ME
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from test_files_libreoffice import OFFICE, convert

from xcu_sheets.files import read_book, write_book
from xcu_sheets.files.csv_text import DELIMITERS
from xcu_sheets.files.escapes import guard
from xcu_sheets.model.snapshot import text_frame

# Pieces of which texts are built that are escapes, guards, formulas, dates, numbers or marks to some program.
PIECES = st.sampled_from(
    ["_x", "005F", "_x0041_", "'", "=", "+", "-", "@", "0", "12", "/", " ", "\u00a0", "é", "e\u0301", "\u202f",
     ";", ",", "\t", "|", '"', "\r", "\n", "\r\n", "NULL", "NA", "TRUE", "VRAI", "#N/A", "janv", "<clear>",
     "\u200b", "\u2028"]
)  # fmt: skip
WESTERN = st.text(st.characters(codec="cp1252", exclude_characters="\0"), max_size=12)
ANY = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)
PRINTABLE = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Cn", "Co"]), max_size=12)
MADE = st.lists(PIECES, max_size=5).map("".join)
SAME = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)


def frame_of(texts):
    """Return a users frame with columns of the person's own that hold the texts, a row for each pair."""
    pairs = [texts[at : at + 2] for at in range(0, len(texts) - 1, 2)]
    names = {"first_name": ["Zoé"] * len(pairs), "last_name": ["Martin"] * len(pairs)}
    return text_frame({**names, "Note": [a for a, _ in pairs], "Remarque": [b for _, b in pairs]})


def read_own(path):
    """Return the person's own columns as they are read."""
    return read_book(path).sheets["users"].original[["Note", "Remarque"]].to_numpy().tolist()


def csv_bytes(frame, delimiter, quoting, encoding):
    """Return a frame as another program writes it, in our guards."""
    target = io.StringIO(newline="")
    writer = csv.writer(target, delimiter=delimiter, quoting=quoting)
    writer.writerow(frame.columns)
    writer.writerows([guard(cell) for cell in row] for row in frame.to_numpy().tolist())
    return target.getvalue().encode(encoding)


def survives(path, frame, delimiter, quoting, encoding):
    """Write, read and compare."""
    path.write_bytes(csv_bytes(frame, delimiter, quoting, encoding))
    assert read_own(path) == frame[["Note", "Remarque"]].to_numpy().tolist()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
@SAME
@given(st.lists(MADE | ANY, min_size=2, max_size=10), st.sampled_from(DELIMITERS), st.sampled_from([0, 1]))
def test_any_frame_survives_any_csv(tmp_path, encoding, texts, delimiter, quoting):
    """Delimiters, quotes, line ends, guards and marks inside cells come back, whatever the dialect."""
    survives(tmp_path / "a.csv", frame_of(texts), delimiter, quoting, encoding)


@SAME
@given(st.lists(WESTERN, min_size=2, max_size=10), st.sampled_from(DELIMITERS), st.sampled_from([0, 1]))
def test_any_western_frame_survives_windows_csv(tmp_path, texts, delimiter, quoting):
    """cp1252, too: the header's é shows that it is not UTF-8."""
    frame = frame_of(texts).rename(columns={"first_name": "Prénom", "last_name": "Nom"})
    survives(tmp_path / "a.csv", frame, delimiter, quoting, "cp1252")


@settings(SAME, max_examples=8)
@given(st.lists(MADE | ANY | st.text("\0\x01\x0b\x1f\x85\ufffe_x0B", max_size=8), min_size=100, max_size=300))
def test_any_frame_survives_a_workbook(tmp_path, texts):
    """Control characters and literal escapes come back from .xlsx, hundreds of texts a time."""
    frame = frame_of(texts)
    path = write_book(tmp_path / "a.xlsx", {"users": frame}, baseline=None, read_me=READ_ME)
    assert read_own(path) == frame[["Note", "Remarque"]].to_numpy().tolist()


def as_libreoffice_keeps(text):
    """Return what LibreOffice itself keeps in an .ods: no line end but one, no tab in a cell of several lines."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = text.replace("\t", "") if "\n" in text else text
    return text if text.strip() else ""


@pytest.mark.skipif(not OFFICE, reason="LibreOffice is not installed")
@settings(SAME, max_examples=3, phases=[Phase.generate])
@given(st.lists(MADE | PRINTABLE, min_size=150, max_size=300))
def test_any_frame_survives_libreoffice(tmp_path, texts):
    """An .xlsx of ours saved as .ods reads as the .xlsx did, but for what LibreOffice itself does not keep."""
    frame = frame_of([as_libreoffice_keeps(text) for text in texts])
    path = write_book(tmp_path / "a.xlsx", {"users": frame}, baseline=None, read_me=READ_ME)
    assert read_own(convert(path, tmp_path / "out", "ods")) == read_own(path)
