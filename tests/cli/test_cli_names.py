"""What cells show for entities and words: names people know, in their language, and nothing lost on the way back."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from openpyxl import load_workbook
from support import Cli, add_rows, edit, read_sheet, row_of, writes

from xcu_sheets.sandbox import Sandbox

SIEGE, CHIRURGIE = "default@192.168.29.220", "chirurgie@192.168.29.220"
OTHER = "default@192.168.29.221"
HOSTILE = [
    "Bloc, urgences; réa",
    'Le "Grand" Bloc',
    "=HYPERLINK(1)",
    "<clear>",
    "<#N/A>",
    "auto",
    "auto 2600-2699",
    "'Bloc",
    "+33 Bloc",
    "X" * 300,
    "chirurgie@192.168.29.220",
    "[email protected]",
    "Entité",
    "??? ",
    "0612",
    "Total",
    "a\u00a0 b",
    "NULL",
    "_x0041_",
]


ENTITIES = (SIEGE, CHIRURGIE, OTHER, "default_analogique@192.168.29.221")
BATCHES = [HOSTILE[at : at + 4] for at in range(0, len(HOSTILE), 4)]


def rename(server: Sandbox, entity: str, name: str) -> None:
    """Give an entity another display name, whatever a server would allow."""
    server.world.store.run("UPDATE entities SET display_name = ? WHERE combined_id = ?", name, entity)


def test_cells_and_lists_show_display_names(cli: Cli, tmp_path: Path) -> None:
    """In users, in templates' lists of entities, in the dropdown; the folder of CSVs stays canonical."""
    cli("export", tmp_path / "book.xlsx")
    book = load_workbook(tmp_path / "book.xlsx")
    assert {row["Entity"] for row in read_sheet(tmp_path / "book.xlsx", "users")} >= {"Siège", "Chirurgie ambulatoire"}
    assert "Siège" in [row["Entities"] for row in read_sheet(tmp_path / "book.xlsx", "templates")]
    assert "Siège" in [cell.value for column in book["_lists"].columns for cell in column]
    cli("export", tmp_path / "folder", "--lang", "fr")
    text = (tmp_path / "folder" / "users.csv").read_text(encoding="utf-8-sig")
    assert SIEGE in text and "Siège" not in text
    assert "yes" in (tmp_path / "folder" / "templates.csv").read_text(encoding="utf-8-sig")


def test_two_entities_of_one_name_are_told_apart(cli: Cli, server: Sandbox, tmp_path: Path) -> None:
    """By their XiVO where that is enough, by the combined id where it is not; a new person goes where it says."""
    rename(server, OTHER, "Siège")
    book = tmp_path / "book.xlsx"
    cli("export", book)
    shown = {row["Entity"] for row in read_sheet(book, "users")}
    assert {"Siège (xivo-220)", "Siège (xivo-221)"} <= shown
    rename(server, CHIRURGIE, "Siège")
    cli("export", book)
    shown = {row["Entity"] for row in read_sheet(book, "users")}
    assert {SIEGE, CHIRURGIE, "Siège (xivo-221)"} <= shown
    new = {"first_name": "Ada", "last_name": "Lovelace", "template": "Modèle standard"}
    add_rows(book, "users", [{**new, "entity": "Siège (xivo-221)"}])
    assert f"Ada Lovelace  {OTHER}" in cli("plan", book).output


@pytest.mark.parametrize("names", BATCHES, ids=range(len(BATCHES)))
def test_no_display_name_breaks_an_unedited_export(cli: Cli, server: Sandbox, tmp_path: Path, names: list[str]) -> None:
    """Whatever an entity is called, its people stay its people and templates keep their lists."""
    for entity, name in zip(ENTITIES, names, strict=False):
        rename(server, entity, name)
    book = tmp_path / "book.xlsx"
    cli("export", book, "--lang", "fr")
    server.clear_calls()
    report = tmp_path / "report.json"
    cli("import", book, "--yes", "--report", report, code=None)  # `<clear>` in the sheet entities itself is refused
    assert writes(server) == []
    rows = json.loads(report.read_text())["rows"]
    assert {row["status"] for row in rows if row["sheet"] != "entities"} == {"unchanged"} and len(rows) == 70


@pytest.mark.parametrize("names", BATCHES, ids=range(len(BATCHES)))
def test_what_a_dropdown_offers_means_its_entity(cli: Cli, server: Sandbox, tmp_path: Path, names: list[str]) -> None:
    """Each item of the list of an empty book, chosen as it is, makes a person of one entity."""
    for entity, name in zip(ENTITIES, names, strict=False):
        rename(server, entity, name)
    path = tmp_path / "new.xlsx"
    cli("new", path)
    book = load_workbook(path)
    offered = [cell.value for cell in book["_lists"]["A"][1:] if cell.value]
    assert len(set(offered)) == 4
    for row, item in enumerate(offered, start=3):
        for at, text in enumerate((f"Ada {row}", "Lovelace", item, "Modèle standard"), start=1):
            book["users"].cell(row, at).value = text
            book["users"].cell(row, at).data_type = "s"
    book.save(path)
    shown = cli("plan", path, code=None).output
    entities = [line.split("Lovelace  ")[1].split()[0] for line in shown.splitlines() if "Lovelace  " in line]
    assert sorted(entities) == sorted(ENTITIES)


def test_names_mean_what_they_meant_when_the_book_was_written(cli: Cli, server: Sandbox, tmp_path: Path) -> None:
    """Two entities exchange their names meanwhile: nobody moves, a new row goes where its name then meant."""
    book = tmp_path / "book.xlsx"
    cli("export", book)
    rename(server, SIEGE, "Chirurgie ambulatoire")
    rename(server, CHIRURGIE, "Siège")
    new = {"entity": "Siège", "template": "Modèle standard", "first_name": "Ada", "last_name": "Lovelace"}
    add_rows(book, "users", [new])
    output = cli("plan", book).output
    assert f"Ada Lovelace  {SIEGE}" in output
    assert "1 to create" in output and "to update" not in output and "conflict" not in output


def test_a_report_says_names_as_they_are_now(cli: Cli, server: Sandbox, tmp_path: Path) -> None:
    """An entity that was renamed since the export: the report, imported as it is, is nothing to do."""
    book, report = tmp_path / "book.xlsx", tmp_path / "report.xlsx"
    cli("export", book, "--only", "users")
    rename(server, SIEGE, "Maison mère")
    cli("import", book, "--yes", "--report", report)
    assert "Maison mère" in {row["Entity"] for row in read_sheet(report, "users")}
    assert ": 60 unchanged." in cli("import", report, "--yes").output
    assert writes(server) == []


def test_a_changed_entity_is_still_refused(cli: Cli, server: Sandbox, tmp_path: Path) -> None:
    """Another display name in the cell of an existing person is no move."""
    book = tmp_path / "book.xlsx"
    cli("export", book)
    row = row_of(book, "users", "entity", "Siège")
    edit(book, "users", {(row, "entity"): "Chirurgie ambulatoire"})
    assert "entity" in cli("import", book, "--yes", code=1).output
    assert writes(server) == []


def test_french_words_come_back(cli: Cli, server: Sandbox, tmp_path: Path) -> None:
    """A French export holds French words; an edit in either language is one edit, the rest is untouched."""
    book = tmp_path / "livre.xlsx"
    cli("export", book, "--lang", "fr")
    opened = load_workbook(book)
    sheet = opened["Modèles"]
    header = [cell.value for cell in sheet[1]]
    column = header.index("Joignable de l'extérieur") + 1
    assert {sheet.cell(row, column).value for row in range(2, 8)} == {"oui", "non"}
    assert "supprimer" in [cell.value for line in opened["_lists"].columns for cell in line]
    row = next(row for row in range(2, 8) if sheet.cell(row, header.index("Nom") + 1).value == "Modèle standard")
    sheet.cell(row, header.index("Durée de sonnerie") + 1).value = "25"
    sheet.cell(row, header.index("Messagerie vocale") + 1).value = "NON"
    sheet.cell(row, 1).value = "modifier"
    opened.save(book)
    assert "1 to update, 69 unchanged" in cli("plan", book).output
    cli("import", book, "--yes")
    assert [method for method, _ in writes(server)] == ["PUT"]
