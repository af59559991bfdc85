"""`xcu-sheets new`: an empty book for who announces new people, filled in, checked and imported."""

from __future__ import annotations

import json
import shutil
import subprocess
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest
from openpyxl import load_workbook
from support import Cli, reads, write_csv, writes

from xcu_sheets.files import read_book
from xcu_sheets.model.resources import RESOURCES
from xcu_sheets.model.text import fold
from xcu_sheets.sandbox import Sandbox

OFFICE = shutil.which("soffice")
ADA = {"first_name": "Ada", "last_name": "Lovelace"}
ALAN = {"first_name": "Alan", "last_name": "Turing"}
PLACE = {"entity": "Chirurgie ambulatoire", "template": "Modèle standard"}
PRESET = ("--entity", "Chirurgie ambulatoire", "--template", "Modèle standard")


def fill(path: Path, *people: Mapping[str, str], row: int = 3) -> None:
    """Type people into the users sheet as somebody does who sees its headers, in either language."""
    book = load_workbook(path)
    sheet = book.worksheets[1]
    meant = RESOURCES["users"].by_header
    at = {meant[fold(cell.value)].name: cell.column for cell in sheet[1]}
    for number, cells in enumerate(people, start=row):
        for name, text in cells.items():
            sheet.cell(number, at[name]).value = text
    book.save(path)


def posts(server: Sandbox) -> int:
    """Return how many people were made."""
    return [path for method, path in writes(server) if method == "POST"].count("/users")


@pytest.fixture
def book(cli: Cli, tmp_path: Path) -> Path:
    """A book for new people of any entity."""
    path = tmp_path / "new.xlsx"
    cli("new", path)
    return path


def test_three_lists_are_read_and_nobodys_data(cli: Cli, server: Sandbox, tmp_path: Path) -> None:
    """The book needs XiVOs, entities and templates, and holds no name of a person."""
    server.clear_calls()
    cli("new", tmp_path / "new.xlsx")
    assert len(reads(server)) == 3 and not any("users" in path for path in reads(server))
    baseline = read_book(tmp_path / "new.xlsx").baseline
    assert baseline is not None
    assert set(baseline.frames) == {"entities", "templates", "xivos"}


@pytest.mark.parametrize("made", [(), PRESET, ("--lang", "fr")])
def test_an_untouched_book_is_nothing_to_do(cli: Cli, server: Sandbox, tmp_path: Path, made: tuple[str, ...]) -> None:
    """Blank rows and the example count for nothing; that the example is left out is said."""
    path = tmp_path / "new.xlsx"
    cli("new", path, *made)
    assert "users!2: the example, exactly as the book came with it: left out" in cli("check", path).output
    assert "nothing to do" in cli("plan", path).output
    cli("import", path, "--yes")
    assert writes(server) == []
    assert not path.with_name("new.problems.xlsx").exists()


def test_two_rows_make_two_people_once(cli: Cli, server: Sandbox, book: Path) -> None:
    """Filled in, checked, planned, imported; again: nobody; with one more: one more."""
    fill(book, {**ADA, **PLACE}, {**ALAN, **PLACE, "internal_number": "2150"})
    assert "2 rows in users: no errors" in cli("check", book).output
    assert "2 to create" in cli("plan", book).output
    cli("import", book, "--yes")
    assert posts(server) == 2
    assert "2 unchanged" in cli("import", book, "--yes").output
    fill(book, {"first_name": "Grace", "last_name": "Hopper", **PLACE}, row=120)
    assert "1 created" in cli("import", book, "--yes").output
    assert posts(server) == 3


def test_blank_cells_mean_what_the_book_was_made_for(cli: Cli, server: Sandbox, tmp_path: Path) -> None:
    """With --entity and --template names are enough; the plan says where the rest comes from, a typed cell counts."""
    path = tmp_path / "new.xlsx"
    cli("new", path, "--entity", "chirurgie", "--template", "Modèle standard")
    fill(path, ADA, {**ALAN, "template": "SDA directe"})
    shown = cli("plan", path).output
    assert "entity: Chirurgie ambulatoire in 2 new rows" in shown
    assert "template: Modèle standard in 1 new rows that leave it blank, as this book is made for it" in shown
    assert "Ada Lovelace  chirurgie@192.168.29.220" in shown and "template SDA directe" in shown
    cli("import", path, "--yes")
    assert posts(server) == 2
    assert "2 unchanged" in cli("import", path, "--yes").output


def test_set_counts_more_than_the_book(cli: Cli, tmp_path: Path) -> None:
    """Who imports may mean another template."""
    path = tmp_path / "new.xlsx"
    cli("new", path, *PRESET)
    fill(path, ADA)
    assert "template SDA directe" in cli("plan", path, "--set", "template=SDA directe").output


def test_a_preset_that_is_gone_is_said_once(cli: Cli, server: Sandbox, tmp_path: Path) -> None:
    """The template was deleted since: not an error on each row, but one line with the way out."""
    path = tmp_path / "new.xlsx"
    cli("new", path, *PRESET)
    fill(path, ADA, ALAN)
    server.world.store.run("DELETE FROM templates WHERE id = 1")
    output = cli("plan", path, code=2).output
    assert "Where template is blank this book means Modèle standard" in output
    assert output.count("--set template=...") == 1
    assert "2 to create" in cli("plan", path, "--set", "template=SDA directe").output


def test_a_book_for_one_entity_names_no_other(cli: Cli, tmp_path: Path) -> None:
    """Neither its lists nor what is hidden in it tell of the others; only templates for it are offered."""
    path = tmp_path / "new.xlsx"
    cli("new", path, "--entity", "Chirurgie ambulatoire")
    baseline = read_book(path).baseline
    assert baseline is not None
    told = "".join(frame.to_csv() for frame in baseline.frames.values())
    assert "Siège" not in told and "Clinique" not in told and "Analogique" not in told
    lists = load_workbook(path)["_lists"]
    assert [cell.value for cell in lists["A"] if cell.value] == ["entities", "Chirurgie ambulatoire"]


def test_an_edited_example_is_a_person_with_cells_to_mend(cli: Cli, server: Sandbox, book: Path) -> None:
    """Whoever writes over its names only is told about the cells that are left; nobody is made by a slip."""
    fill(book, ADA, row=2)
    result = cli("import", book, "--yes", code=1)
    assert "users!C2 entity: (choose in the list) is left of the example" in result.output
    assert posts(server) == 0
    fill(book, {**ADA, **PLACE}, row=2)
    cli("import", book, "--yes")
    assert posts(server) == 1


@pytest.mark.parametrize(("column", "text"), [("internal_number", "2150"), ("last_name", "example"), ("template", "")])
def test_the_example_is_left_out_only_as_it_was_written(cli: Cli, book: Path, column: str, text: str) -> None:
    """One cell more, less or otherwise, and it is a row like any other, which is refused as it stands."""
    fill(book, {column: text}, row=2)
    result = cli("plan", book, code=1)
    assert "left out" not in result.output
    assert "1 refused" in result.output


def test_copies_of_the_example_are_left_out_too(cli: Cli, book: Path) -> None:
    """Wherever it stands, each is named; a person between them is made."""
    example = {"first_name": "Jane", "last_name": "Example", "entity": "(choose in the list)"}
    fill(book, {**ADA, **PLACE}, {**example, "template": "(choose in the list)"}, row=9)
    result = cli("plan", book)
    assert "users!2: the example" in result.output and "users!10: the example" in result.output
    assert "1 to create" in result.output


@pytest.mark.parametrize("made", [(), ("--lang", "fr"), PRESET])
def test_the_example_is_known_in_a_csv(cli: Cli, tmp_path: Path, made: tuple[str, ...]) -> None:
    """Saved as CSV the book is no book any more, and the example still nobody."""
    path = tmp_path / "new.xlsx"
    cli("new", path, *made)
    fill(path, {**ADA, **PLACE})
    header, *rows = load_workbook(path).worksheets[1].iter_rows(values_only=True)
    filled = [dict(zip(header, (cell or "" for cell in row), strict=True)) for row in rows]
    saved = write_csv(tmp_path / "saved.csv", filled, encoding="cp1252")
    assert "1 to create" in cli("plan", saved).output


def test_another_server_refuses_the_book(cli: Cli, server: Sandbox, book: Path) -> None:
    """The book knows its XiVOs, as exports do."""
    fill(book, {**ADA, **PLACE})
    server.world.store.run("UPDATE xivos SET uuid = 'other-' || id")
    cli("import", book, "--yes", "--accept-xivos", code=2)
    assert posts(server) == 0


def test_a_filled_in_book_is_never_replaced(cli: Cli, book: Path) -> None:
    """`new` once more under the same name is refused."""
    fill(book, ADA)
    before = book.read_bytes()
    assert "may be filled in: choose another name" in cli("new", book, code=2).output
    assert book.read_bytes() == before


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (("--entity", "Nirgends"), "--entity Nirgends is not one of the entities: write one of "),
        (("--template", "Nirgends"), "--template Nirgends is not one of the templates: write one of "),
        (("--entity", "Siège", "--template", "Analogique"), "Analogique is not offered to Siège"),
    ],
)
def test_what_the_server_does_not_have_is_refused(cli: Cli, tmp_path: Path, given: tuple[str, ...], said: str) -> None:
    """No file is left."""
    assert said in cli("new", tmp_path / "new.xlsx", *given, code=2).output
    assert not (tmp_path / "new.xlsx").exists()
    assert "OUT.xlsx" in cli("new", tmp_path / "new.csv", code=2).output


def test_the_json_says_where_the_book_is(cli: Cli, server: Sandbox, tmp_path: Path) -> None:
    """One object on stdout."""
    said = json.loads(cli("new", tmp_path / "new.xlsx", "--json").stdout)
    assert said == {"out": str(tmp_path / "new.xlsx"), "server": server.url, "unreadable": {}}


@pytest.mark.parametrize("lang", ["en", "fr"])
def test_every_cell_says_what_goes_there(cli: Cli, tmp_path: Path, lang: str) -> None:
    """Lists and hints reach down to --rows, within Excel's lengths; all is text; what must be filled in has a star."""
    path = tmp_path / "new.xlsx"
    cli("new", path, "--rows", 500, "--lang", lang)
    sheet = load_workbook(path).worksheets[1]
    assert sheet.freeze_panes == "A2"
    headers = [cell.value for cell in sheet[1]]
    starred = [RESOURCES["users"].by_header[fold(h)].name for h in headers if h.endswith("*")]
    assert starred == ["first_name", "last_name", "entity", "template"]
    assert len({cell.fill.fgColor.rgb for cell in sheet[1]}) == 2
    rules = {str(rule.sqref)[:1]: rule for rule in sheet.data_validations.dataValidation}
    assert list(rules) == list("ABCDEF")
    for letter, rule in rules.items():
        assert str(rule.sqref) == f"{letter}2:{letter}502"
        assert 0 < len(rule.promptTitle) <= 32 and 0 < len(rule.prompt) <= 255
        assert (rule.type == "list") == (letter in "CD")
    dimensions = sheet.column_dimensions.values()
    assert {dimension.number_format for dimension in dimensions} == {"@"}
    assert sum((d.max - d.min + 1) * d.width for d in dimensions) < 150  # characters: one screen


def test_a_french_book_by_someone_who_knows_no_english(cli: Cli, server: Sandbox, tmp_path: Path) -> None:
    """Tab, headers, guide, example and hints are French; it is read whatever the language of who imports it."""
    path = tmp_path / "nouveaux.xlsx"
    cli("new", path, "--lang", "fr")
    book = load_workbook(path)
    assert book.sheetnames[:2] == ["Lisez-moi", "Utilisateurs"]
    sheet = book["Utilisateurs"]
    headers = [cell.value for cell in sheet[1]]
    assert headers == ["Prénom *", "Nom *", "Entité *", "Modèle *", "Numéro interne", "Login CTI"]
    assert [cell.value for cell in sheet[2]][:3] == ["Marie", "Exemple", "(choisir dans la liste)"]
    fill(path, {**ADA, **PLACE}, {**ALAN, **PLACE})
    cli("import", path, "--yes")
    assert posts(server) == 2
    guide = " ".join(str(cell.value or "") for row in book["Lisez-moi"].rows for cell in row)
    for english in (" the ", " row ", " is ", "Server", "Hand"):
        assert english not in guide


def test_whom_to_ask_stands_in_every_book(cli: Cli, tmp_path: Path) -> None:
    """The profile's contact: in a new book, an export, a report and a copy with problems, made with or without it."""
    (tmp_path / "config").mkdir()
    profile = tmp_path / "config" / "profiles.toml"
    profile.write_text('[default]\ncontact = "Telecom, 4000"\n')
    new, export, report = (tmp_path / f"{name}.xlsx" for name in ("new", "export", "report"))
    cli("new", new)
    cli("export", export)
    fill(new, ADA)
    cli("import", new, "--yes", "--report", report, code=1)
    books = [new, export, report, tmp_path / "new.problems.xlsx"]
    assert all(_asks(path, "Telecom, 4000") for path in books)
    profile.unlink()
    books[-1].unlink()
    cli("check", new, code=1)
    assert _asks(books[-1], "Telecom, 4000")


def _asks(path: Path, contact: str) -> bool:
    rows = load_workbook(path)["Read me"].iter_rows(values_only=True)
    return any(row[:2] == ("Questions to", contact) for row in rows)


def test_a_copy_with_problems_is_mended_and_imported(cli: Cli, server: Sandbox, tmp_path: Path) -> None:
    """What blank cells mean goes along with the copy, and with the report in which a refused row is mended."""
    path, report = tmp_path / "new.xlsx", tmp_path / "report.xlsx"
    cli("new", path, *PRESET)
    fill(path, {**ADA, "internal_number": "9"}, ALAN)
    cli("import", path, "--yes", "--report", report, code=1)
    assert posts(server) == 1
    copy = tmp_path / "new.problems.xlsx"
    for mended in (copy, report):
        book = load_workbook(mended)
        sheet = book.worksheets[1]
        at = next(cell.column for cell in sheet[1] if cell.value == "Internal number")
        row = next(row for row in range(2, 9) if sheet.cell(row, at).value == "9")
        sheet.cell(row, at).value = ""
        book.save(mended)
        plan = cli("plan", mended).output
        assert "1 to create" in plan and "1 unchanged" in plan
    cli("import", copy, "--yes")
    assert posts(server) == 2


@pytest.mark.skipif(not OFFICE, reason="LibreOffice is not installed")
def test_a_book_saved_by_libreoffice(cli: Cli, server: Sandbox, tmp_path: Path) -> None:
    """Its example, its identity and its presets live on, and the people in it are made."""
    path, out = tmp_path / "new.xlsx", tmp_path / "saved"
    cli("new", path, *PRESET, "--rows", 20)
    fill(path, ADA)
    command = [OFFICE, f"-env:UserInstallation=file://{tmp_path / 'profile'}", "--headless"]
    command += ["--convert-to", "xlsx", "--outdir", str(out), str(path)]
    subprocess.run(command, check=True, capture_output=True, timeout=110)
    result = cli("import", out / "new.xlsx", "--yes")
    assert "the example" in result.output and "1 created" in result.output
    assert "1 unchanged" in cli("import", path, "--yes").output
    assert posts(server) == 1


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [("--max-file", "1", "larger than 1 MiB"), ("--max-seconds", "0.01", "takes longer than 0.01 s")],
)
def test_a_limit_that_was_reached_names_its_option(cli: Cli, book: Path, option: str, value: str, said: str) -> None:
    """The message says how to read more; with a higher limit the book is read."""
    with zipfile.ZipFile(book, "a", zipfile.ZIP_STORED) as archive:
        archive.writestr("docProps/ballast.bin", bytes(range(256)) * 6000)
    for command in ("check", "plan", "import"):
        output = cli(command, book, option, value, code=2).output
        assert said in output and option in output
    cli("check", book, "--max-file", 64, "--max-memory", 600, "--max-seconds", 60)


CHOSEN = {"entity": "Siège", "template": "Modèle standard"}


def test_the_example_with_its_lists_chosen_is_nobody(cli: Cli, server: Sandbox, book: Path) -> None:
    """Its names are still there: check, plan and import refuse it."""
    fill(book, CHOSEN, row=2)
    assert "the example is not replaced in full" in cli("check", book, code=1).output
    cli("import", book, "--yes", code=1)
    assert posts(server) == 0


def test_a_blank_book_filled_again_tells_of_rows_that_were_never_filled_in(
    cli: Cli, server: Sandbox, book: Path, tmp_path: Path
) -> None:
    """Nobody is renamed or made; the advice needs no column that the book lacks, and following it works."""
    again = tmp_path / "again.xlsx"
    shutil.copy(book, again)
    fill(book, {**ADA, **PLACE})
    cli("import", book, "--yes")
    fill(again, {**ALAN, **PLACE})
    output = cli("import", again, "--yes", code=1).output
    assert "put another person into a row that was never filled in, or into a new book" in output
    assert "to rename" not in output and "(add a column action)" in output
    assert posts(server) == 1
    fill(again, dict.fromkeys((*ALAN, *PLACE), ""))
    fill(again, {**ALAN, **PLACE}, row=4)
    cli("import", again, "--yes")
    assert posts(server) == 2


def test_check_of_a_book_for_one_entity_does_not_deny_another(cli: Cli, tmp_path: Path) -> None:
    """The book cannot know whether there is one: a warning, where the plan accepts it."""
    path = tmp_path / "new.xlsx"
    cli("new", path, *PRESET)
    fill(path, {**ADA, "entity": "Siège"})
    assert "does not tell whether the server has Siège" in cli("check", path).output
    assert "1 to create" in cli("plan", path).output


def test_an_answer_is_no_login(cli: Cli, book: Path) -> None:
    """Who writes yes or non means a choice."""
    fill(book, {**ADA, **PLACE, "cti_login": "non"}, {**ALAN, **PLACE, "cti_login": "Oui"})
    assert cli("check", book, code=1).output.count("write auto for one made of the names") == 2


def test_a_row_emptied_in_the_copy_is_no_row(cli: Cli, book: Path, tmp_path: Path) -> None:
    """What the copy said of it stays in its first column, and counts for nothing."""
    fill(book, {**ADA, **PLACE, "internal_number": "x"}, {**ALAN, **PLACE})
    cli("check", book, code=1)
    copy = tmp_path / "new.problems.xlsx"
    marked = load_workbook(copy)
    for at in range(2, 12):
        marked.worksheets[1].cell(3, at).value = None
    marked.save(copy)
    assert "1 row in users" in cli("check", copy).output


def test_a_name_is_to_be_chosen_where_the_book_has_it(cli: Cli, book: Path) -> None:
    """Not from a sheet that such a book lacks; there is nothing to empty in a new row."""
    fill(book, {**ADA, **PLACE, "entity": "Nirgends"}, {**ALAN, **PLACE, "first_name": "<clear>"})
    output = cli("check", book, code=1).output
    assert "choose one from the list of the cell" in output and "that sheet" not in output
    assert "a new row has nothing to empty yet" in output
