"""Books and lists written in French are read again as those in English are."""

from __future__ import annotations

from pathlib import Path

import pytest
from openpyxl import load_workbook

from xcu_sheets.files import ReadMe, read_book, write_book
from xcu_sheets.files.credentials import Credential, read_credentials, write_credentials
from xcu_sheets.files.drafting import draft_columns
from xcu_sheets.model.errors import BookError
from xcu_sheets.model.records import Secret
from xcu_sheets.model.resources import RESOURCES
from xcu_sheets.model.snapshot import text_frame
from xcu_sheets.model.text import Said
from xcu_sheets.words import speaking, told

ABOUT = ReadMe("http://xcu:9001", "admin", "2026-02-01T10:00:00Z", {"e1": Said("the answer is a web page")})
PEOPLE = text_frame(
    {name: [{"id": "5", "last_name": "Martin", "entity": "e"}.get(name, "")] for name in RESOURCES["users"].columns}
)


def book_in(lang: str, path: Path) -> Path:
    return write_book(path, {"users": PEOPLE}, baseline=None, read_me=ABOUT, lang=lang)


def test_a_french_book_says_everything_in_french(tmp_path: Path) -> None:
    """Its first sheet, the headers, and a comment on each of them."""
    book = load_workbook(book_in("fr", tmp_path / "b.xlsx"))
    english = load_workbook(book_in("en", tmp_path / "e.xlsx"))
    first = {cell.value for row in book["Lisez-moi"].iter_rows() for cell in row if cell.value}
    plain = {cell.value for row in english["Read me"].iter_rows() for cell in row if cell.value}
    assert first & plain == {"http://xcu:9001", "admin", "2026-02-01T10:00:00Z", "xcu-sheets", "e1"}
    assert "la réponse est une page web" in first
    headers = [cell.value for cell in book["Utilisateurs"][1]]
    assert headers == [field.label_fr for field in RESOURCES["users"].fields]
    pairs = zip(book["Utilisateurs"][1], english["users"][1], strict=True)
    comments = [(cell.comment.text, was.comment.text) for cell, was in pairs]
    assert len(comments) == len(headers)
    assert not [french for french, was in comments if french == was]
    assert "Valeurs\u00a0: créer, modifier, supprimer, ignorer." in comments[0][0]


def test_a_french_book_is_read_like_an_english_one(tmp_path: Path) -> None:
    """Cell by cell, and its first sheet is no person's."""
    french, english = (read_book(book_in(lang, tmp_path / f"{lang}.xlsx")) for lang in ("fr", "en"))
    assert french.digest() == english.digest()
    assert list(french.sheets) == ["users"]
    assert french.problems == english.problems


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
@pytest.mark.parametrize("lang", ["en", "fr"])
def test_credentials_are_read_in_any_language(tmp_path: Path, ending: str, lang: str) -> None:
    """A run that was begun in one language is resumed in another."""
    one = Credential("r1", 7, {"first_name": "Marie", "cti_login": "mmartin"}, Secret("hunter2"), Said("not confirmed"))
    path = tmp_path / f"c.{ending}"
    with speaking(lang):
        write_credentials(path, [one])
    (found,) = read_credentials(path)
    assert found.password and found.password.reveal() == "hunter2"
    assert (found.run, found.row, found.cells["cti_login"]) == ("r1", 7, "mmartin")
    assert found.state == {"en": "not confirmed", "fr": "non confirmé"}[lang]


def test_credentials_of_two_languages_are_none(tmp_path: Path) -> None:
    """What the run writes is of one language."""
    path = tmp_path / "c.csv"
    path.write_text("Entité;Prénom;Nom;Mot de passe CTI;État;Book row;Run\ne;A;B;x;y;7;r1\n", encoding="utf-8")
    with pytest.raises(BookError, match="not a credentials file"):
        read_credentials(path)


def test_a_draft_has_its_comments_in_french(tmp_path: Path) -> None:
    """What is no comment is the same in both."""
    path = tmp_path / "hr.csv"
    path.write_text("Nom usuel;Prénom;Service;Courriel\nMartin;Marie;Bloc;a@b\nPetit;Jean;Bloc;c@d\n", encoding="utf-8")
    english = draft_columns(path)
    with speaking("fr"):
        french = draft_columns(path)
    said = [(a, b) for a, b in zip(english.splitlines(), french.splitlines(), strict=True) if a != b]
    assert all(line.startswith("# ") for pair in said for line in pair)
    assert "# Ce que signifie chaque colonne de hr.csv" in french
    assert not [b for _, b in said if " means " in b or " our " in b]


def test_a_book_that_cannot_be_read_is_said_in_french(tmp_path: Path) -> None:
    """With the labels that a French person reads, and lists of them joined as in French."""
    path = tmp_path / "b.csv"
    path.write_text("Nom;Entité;Site\nMartin;e;f\n", encoding="utf-8")
    with pytest.raises(BookError) as failed, speaking("fr"):
        read_book(path)
    with speaking("fr"):
        assert "signifient toutes deux entity\u00a0: renommez-en une" in told(failed.value)
    path.write_text("a;b\nc;d\n", encoding="utf-8")
    with pytest.raises(BookError) as failed:
        read_book(path)
    assert "such as Entity, First name and Last name" in str(failed.value)
    with speaking("fr"):
        assert "des colonnes comme Entité, Prénom et Nom" in told(failed.value)
