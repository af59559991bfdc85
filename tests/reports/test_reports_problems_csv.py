"""The problems copy of a CSV and of a folder: the same lines, with what is wrong in front."""

from __future__ import annotations

from pathlib import Path

import pytest
from lists_with_problems import (
    ENTITY,
    SECRET,
    copy_of,
    export,
    person,
    same_reading,
)

from xcu_sheets.files import read_book, write_folder
from xcu_sheets.model.book import Book
from xcu_sheets.model.errors import BookError
from xcu_sheets.planning.make import check
from xcu_sheets.reports.problems_copy import write_problems

LIST = (
    "Nouveaux arrivants;;;;;;\r\n\r\nMatricule;Prénom;Nom;Site;Modèle;N° de poste;Mot de passe\r\n"
    f"007;Jean;Petit;{ENTITY};Standard;1701;{SECRET}\r\n\r\n"
    f'8;"Zoé\n";=1+1;{ENTITY};Standard;17 O1;\r\n'
    f"9;Lou;#REF!;{ENTITY};Standard;1703;\r\n"
)


@pytest.mark.parametrize(("start", "encoding"), [("", "utf-8-sig"), ("sep=;\r\n", "cp1252")])
def test_the_copy_of_a_csv_is_a_csv(tmp_path: Path, start: str, encoding: str) -> None:
    """Same lines, same cells, a column in front that says what is wrong; the password is left out."""
    path = tmp_path / "people.csv"
    path.write_bytes((start + LIST).encode(encoding))
    copy = copy_of(path)
    assert copy.name == "people.problems.csv"
    before, after = read_book(path), read_book(copy)
    assert before.sheets["users"].header_row == after.sheets["users"].header_row == (4 if start else 3)
    assert list(before.sheets["users"].original.columns) == list(after.sheets["users"].original.columns)
    assert before.digest() == after.digest()
    text = copy.read_bytes().decode("utf-8-sig")
    assert SECRET not in text and ";<left out>" in text and ";<#REF!>;" in text
    assert "N° de poste: 17 O1 is not a number: write digits only" in text
    codes = {p.code for p in check(after)}
    assert {"secret_left_out", "cell_error", "not_a_number"} <= codes


def test_a_mended_csv_copy_is_not_replaced(tmp_path: Path) -> None:
    """The digest in its first header tells a file as written from one that was saved since."""
    path = tmp_path / "people.csv"
    path.write_bytes(LIST.encode())
    copy = copy_of(path)
    assert copy_of(path) == copy
    copy.write_bytes(copy.read_bytes().replace(b"17 O1;", b"1702;"))
    assert copy_of(path).name == "people.problems-2.csv"
    assert copy_of(copy).name == "people.problems-2.csv"


def test_the_copy_of_a_folder_is_a_folder(tmp_path: Path) -> None:
    """Every sheet, its baseline and what is wrong: read again it is the same book."""
    book = read_book(export(tmp_path / "book.xlsx", person(1), person(2, internal_number="99")))
    frames = {name: sheet.frame for name, sheet in book.sheets.items()}
    folder = write_folder(tmp_path / "book", frames, baseline=book.baseline)
    broken = (folder / "users.csv").read_text("utf-8-sig").replace(";1701;", ";17 O1;")
    (folder / "users.csv").write_text(broken, "utf-8-sig", newline="")
    copy = copy_of(folder)
    assert sorted(file.name for file in copy.iterdir()) == ["baseline", "entities.csv", "templates.csv", "users.csv"]
    assert copy.name == "book.problems"
    same_reading(read_book(folder), read_book(copy))
    assert "17 O1 is not a number" in (copy / "users.csv").read_text("utf-8-sig")
    assert copy_of(folder) == copy
    (copy / "users.csv").write_text("saved", "utf-8")
    assert copy_of(folder).name == "book.problems-2"


@pytest.mark.parametrize("name", ["copy.ods", "copy"])
def test_another_ending_is_refused(arrivals: Path, name: str) -> None:
    """One sentence that says which endings there are."""
    book = read_book(arrivals)
    with pytest.raises(BookError, match=r"ends in \.xlsx"):
        write_problems(arrivals.with_name(name), book, check(book))


def test_a_baseline_is_never_dropped(tmp_path: Path) -> None:
    """The copy of an export is no single CSV: without its baseline it would mean something else."""
    book = read_book(export(tmp_path / "book.xlsx", person(1)))
    alone = Book(book.path, {"users": book.sheets["users"]}, book.baseline)
    with pytest.raises(BookError, match="without baseline"):
        write_problems(tmp_path / "copy.csv", alone, [])
    assert not (tmp_path / "copy.csv").exists()
