"""`--columns`: a list whose headers nobody could guess, read by a file that says what they mean."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from cli.test_cli_secrets import every_byte
from openpyxl import Workbook, load_workbook
from support import Cli, live_user, read_sheet, write_csv, writes

from xcu_sheets import read_book
from xcu_sheets.files.columns import read_columns
from xcu_sheets.sandbox import Fault, Sandbox

CHIRURGIE = "chirurgie@192.168.29.220"
ROWS = [
    {
        "NOM_USUEL": "Lovelace",
        "NOM_2": "King",
        "PRENOM_1": "Ada",
        "LIB_SERVICE": "Bloc",
        "Poste": "Chef",
        "MDP": "Secret-123",
    },
    {
        "NOM_USUEL": "Turing",
        "NOM_2": "",
        "PRENOM_1": "Alan",
        "LIB_SERVICE": "bloc",
        "Poste": "Cadre",
        "MDP": "Secret-456",
    },
    {"NOM_USUEL": "Hopper", "NOM_2": "", "PRENOM_1": "Grace", "LIB_SERVICE": "Accueil", "Poste": "", "MDP": ""},
]
MAP = """
[columns]
"PRENOM_1" = "first_name"
"Poste" = ""
"mdp" = "cti_password"
[constants]
"Modèle" = "Modèle standard"
cti_login = "auto"
[joined]
last_name = "{NOM_USUEL} {NOM_2}"
[values."LIB_SERVICE"]
"Bloc" = { entity = "Chirurgie" }
"*" = { entity = "default@192.168.29.221" }
"""


@pytest.fixture
def columns(tmp_path: Path) -> Path:
    """The map of the list."""
    return write_map(tmp_path, MAP)


def write_map(folder: Path, text: str) -> Path:
    """Write a columns.toml."""
    path = folder / "columns.toml"
    path.write_text(text, "utf-8")
    return path


def as_book(path: Path) -> Path:
    """Write the list as a workbook, a title above its header."""
    book = Workbook()
    sheet = book.active
    sheet.title = "Extraction"
    sheet.append(["Arrivées de juin"])
    sheet.append(list(ROWS[0]))
    for row in ROWS:
        sheet.append(list(row.values()))
    book.save(path)
    return path


def people_of(server: Sandbox, report: Path) -> list[tuple[str, str, str | None, str | None]]:
    """Return names, login and password of a report's people, as the server has them."""
    users = [live_user(server, int(row["id"])) for row in json.loads(report.read_text())["rows"]]
    return [(u["first_name"], u["last_name"], u["cti_login"], u["cti_password"]) for u in users]


@pytest.mark.parametrize("kind", ["semicolon", "comma", "pipe", "xlsx"])
def test_a_list_of_hr_becomes_people(cli: Cli, server: Sandbox, tmp_path: Path, columns: Path, kind: str) -> None:
    """Renamed, joined, constant and looked-up columns, from a CSV of any delimiter and from a workbook."""
    if kind == "xlsx":
        book = as_book(tmp_path / "hr.xlsx")
    else:
        book = write_csv(tmp_path / "hr.csv", ROWS, delimiter={"semicolon": ";", "comma": ",", "pipe": "|"}[kind])
    report = tmp_path / "r.json"
    cli("import", book, "--columns", columns, "--yes", "--report", report)
    assert people_of(server, report) == [
        ("Ada", "Lovelace King", "alovelaceking", "Secret-123"),
        ("Alan", "Turing", "aturing", "Secret-456"),
        ("Grace", "Hopper", "ghopper", None),
    ]
    server.clear_calls()
    assert "3 unchanged" in cli("import", book, "--columns", columns, "--yes").output
    assert writes(server) == []


def test_check_shows_what_means_what(cli: Cli, tmp_path: Path, columns: Path) -> None:
    """A line for each of our columns; a column that the map speaks of is not called unknown, another one is."""
    book = write_csv(tmp_path / "hr.csv", [{**row, "Matricule": "1"} for row in ROWS])
    said = cli("check", book, "--columns", columns).output
    for line in (
        "PRENOM_1 -> first_name",
        "Poste is none of ours",
        "{NOM_USUEL} {NOM_2} -> last_name",
        "LIB_SERVICE (2 values) -> entity",
        "template = Modèle standard in every row",
    ):
        assert f"column  {line}" in said
    assert [line for line in said.splitlines() if "is not known" in line] == [
        "  warning users!G1: column Matricule is not known: it is kept and comes back in the report"
    ]
    assert "PRENOM_1 -> first_name" in json.loads(cli("check", book, "--columns", columns, "--json").stdout)["columns"]


def test_the_report_has_their_columns_and_no_password(cli: Cli, server: Sandbox, tmp_path: Path, columns: Path) -> None:
    """Theirs come back as they were; it can be imported again with the map and without it."""
    report = tmp_path / "report.xlsx"
    book = write_csv(tmp_path / "hr.csv", ROWS)
    cli("import", book, "--columns", columns, "--yes", "--report", report)
    rows = read_sheet(report, "users")
    assert [(row["NOM_USUEL"], row["LIB_SERVICE"], row["Poste (list)"]) for row in rows] == [
        ("Lovelace", "Bloc", "Chef"),
        ("Turing", "bloc", "Cadre"),
        ("Hopper", "Accueil", ""),
    ]
    assert [row["Last name"] for row in rows] == ["Lovelace King", "Turing", "Hopper"]
    kept = [content for path, content in every_byte(tmp_path).items() if path != book]
    assert not [content for content in kept if b"Secret-" in content]
    server.clear_calls()
    for again in ((), ("--columns", columns)):
        cli("import", report, *again, "--yes")
    assert writes(server) == []


def test_a_value_without_a_line_is_a_problem_of_its_row(cli: Cli, server: Sandbox, tmp_path: Path) -> None:
    """The others are sent; the marked copy is mended and imported without the map."""
    columns = write_map(tmp_path, MAP.replace('"*" = { entity = "default@192.168.29.221" }', ""))
    book = write_csv(tmp_path / "hr.csv", ROWS)
    said = cli("import", book, "--columns", columns, "--yes", code=1).output
    assert "entity: Accueil is not in the value table of --columns" in said
    assert "2 created" in said
    copy = tmp_path / "hr.problems.csv"
    with copy.open(newline="", encoding="utf-8-sig") as file:
        rows = list(csv.reader(file, delimiter=";"))
    (row,) = [row for row in rows if "Grace" in row]
    row[rows[0].index("Entity")] = "default@192.168.29.221"
    with copy.open("w", newline="", encoding="utf-8-sig") as file:
        csv.writer(file, delimiter=";").writerows(rows)
    assert "--columns was not needed and not used" in cli("check", copy, "--columns", columns, code=None).output
    server.clear_calls()
    assert "1 created, 2 unchanged" in cli("import", copy, "--yes").output
    assert [path for _, path in writes(server)] == ["/users"]


def test_resume_reads_the_list_by_the_same_map(cli: Cli, server: Sandbox, tmp_path: Path, columns: Path) -> None:
    """The plan knows the file: passwords are found in the list again without naming it."""
    book, report = write_csv(tmp_path / "hr.csv", ROWS), tmp_path / "r.json"
    away = {"Location": "http://elsewhere.invalid/"}
    server.add_fault(Fault("status", method="POST", path="/users", nth=2, code=301, headers=away))
    cli("import", book, "--columns", columns, "--yes", code=3)
    cli("resume", "--yes", "--settle", 0.05, "--report", report)
    assert [password for *_, password in people_of(server, report)] == ["Secret-123", "Secret-456", None]


def test_draft_fill_in_import(cli: Cli, server: Sandbox, tmp_path: Path) -> None:
    """The draft names every header and is read as it is; filled in, it does what it says."""
    book = write_csv(tmp_path / "hr.csv", [{**row, "Login": "", "Courriel": ""} for row in ROWS], delimiter=",")
    draft = tmp_path / "columns.toml"
    said = cli("columns", book, "-o", draft).output
    assert f"Draft: {draft}" in said
    text = draft.read_text("utf-8")
    for header in (*ROWS[0], "Login", "Courriel"):
        assert f'"{header}"' in text
    assert '"Login" = "cti_login"' in text.splitlines()
    assert '"Poste" = "internal_number"' in text.splitlines()
    assert '# "Accueil" = { entity = "...", template = "..." }' in text
    assert read_columns(draft).columns == {"Poste": "internal_number", "Login": "cti_login"}
    filled = (
        text.replace('"Poste" = "internal_number"', '"Poste" = ""')
        .replace('# "NOM_USUEL" = "..."', '"NOM_USUEL" = "last_name"')
        .replace('# "PRENOM_1" = "first_name"', '"PRENOM_1" = "first_name"')
        .replace('# "MDP" = "..."', '"MDP" = ""')
        .replace('# [values."LIB_SERVICE"]', '[values."LIB_SERVICE"]')
        .replace('# template = "Modèle standard"', 'template = "Modèle standard"')
    )
    for service, entity in (("Bloc", "Chirurgie"), ("Accueil", "default@192.168.29.221")):
        filled = filled.replace(
            f'# "{service}" = {{ entity = "...", template = "..." }}', f'"{service}" = {{ entity = "{entity}" }}'
        )
    draft.write_text(filled, "utf-8")
    cli("check", book, "--columns", draft)
    assert "3 created" in cli("import", book, "--columns", draft, "--yes").output
    assert [path for _, path in writes(server)] == ["/users"] * 3


def test_a_draft_of_our_own_book_needs_nothing(cli: Cli, tmp_path: Path) -> None:
    """Every header is known; on stdout where no file is named; a file that is there is kept."""
    book = tmp_path / "book.xlsx"
    cli("export", book)
    said = cli("columns", book).output
    assert '"Entity" = "entity"' in said.splitlines()
    assert '# "Mail" is mail, which cannot be written' in said
    there = write_map(tmp_path, said)
    assert "exists already" in cli("columns", book, "-o", there, code=2).output
    assert "such a name" in cli("columns", book, "-o", tmp_path / "c.txt", code=2).output
    assert cli("columns", book, "--json").stdout.startswith("{")
    assert "0 to" not in cli("plan", book, "--columns", there).output


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[columns", "is not readable as TOML"),
        ("[colums]\na = 'b'", "[colums]: is no part of this file: it has [columns], [constants]"),
        ("columns = 3", "columns: write a section [columns]"),
        ("", "says nothing: fill in [columns]"),
        ("[columns]\nA = 3", '[columns] A: write one of our columns in quotes, or "" for none'),
        ("[columns]\nA = 'fist_name'", "[columns] A: fist_name is none of our columns: did you mean first_name?"),
        ("[columns]\nA = 'zzz'", "[columns] A: zzz is none of our columns: write one of action, id, entity"),
        ("[columns]\nA = 'mail'", "[columns] A: mail cannot be written, only action, id, entity"),
        ("[columns]\nA = 'entity'\nB = 'site'", "[columns] B: entity is given by [columns] A already: leave one"),
        ("[columns]\n'É' = 'entity'\n'e' = 'id'", "[columns] e: is the same header as É: leave one"),
        ("[columns]\n'..' = 'entity'", "[columns] ..: write a header of the list"),
        ("[columns]\n'Mot de passe' = ''", "[columns] Mot de passe: a column of passwords is not kept"),
        ("[columns]\nA = 'id'\n[constants]\nid = '5'", "[constants] id: id is given by [columns] A already"),
        ("[constants]\nentity = 5", '[constants] entity: write text in quotes, such as "5"'),
        ("[constants]\ncti_password = 'Geheim-1'", "[constants] cti_password: a password is not given to several"),
        ("[joined]\nlast_name = 'Nom'", '[joined] last_name: Nom lacks headers in braces: write it as "{First}'),
        ("[joined]\nlast_name = '{Nom'", "[joined] last_name: {Nom lacks headers in braces"),
        ("[joined]\nlast_name = '{Nom:9}'", "[joined] last_name: {Nom:9} lacks headers in braces"),
        ("[joined]\ncti_password = '{Nom}'", "[joined] cti_password: write headers of the list in braces"),
        ("[joined]\nlast_name = '{Password}'", "[joined] last_name: Password holds passwords"),
        ("[columns]\nP = 'cti_password'\n[values.P]\na = {id = '1'}", "[values.P]: P holds passwords"),
        ("[values]\nService = 'x'", "[values.Service]: write a line for each value"),
        ("[values.Service]\nBloc = 'x'", '[values.Service] Bloc: write { entity = "..."'),
        ("[values.Service]\nBloc = {entty = 'x'}", "[values.Service]: entty is none of our columns: did you mean"),
        ("[values.Service]\nBloc = {entity = 1}", '[values.Service] Bloc entity: write text in quotes, such as "1"'),
        ("[values.A]\nx = {id = '1'}\n[values.B]\ny = {id = '1'}", "[values.B]: id is given by [values.A] already"),
        ("[columns]\nNOWHERE = 'entity'", "--columns: no sheet has the column NOWHERE in one of its first 20 rows"),
    ],
)  # fmt: skip
def test_every_mistake_is_one_line_that_names_the_key(cli: Cli, tmp_path: Path, text: str, said: str) -> None:
    """Nothing is read by half a map, and no password is repeated."""
    book = write_csv(tmp_path / "hr.csv", ROWS)
    result = cli("check", book, "--columns", write_map(tmp_path, text), code=2)
    assert said in result.output
    assert len(result.output.strip().splitlines()) == 1
    assert "Geheim" not in result.output


def test_a_map_that_is_not_there_names_the_command(cli: Cli, tmp_path: Path) -> None:
    """As does a list that is not there."""
    book = write_csv(tmp_path / "hr.csv", ROWS)
    assert "xcu-sheets columns BOOK -o" in cli("check", book, "--columns", tmp_path / "no.toml", code=2).output
    assert "there is no such file" in cli("columns", tmp_path / "no.csv", code=2).output


def test_two_sources_for_one_column_are_refused(cli: Cli, tmp_path: Path) -> None:
    """The list says it itself, and the map says it otherwise; a header that means nothing of ours ends it."""
    book = write_csv(tmp_path / "hr.csv", [{**row, "Nom": "x"} for row in ROWS])
    said = cli("check", book, "--columns", write_map(tmp_path, MAP), code=2).output
    assert 'hr.csv, row 1: column G "Nom" and --columns both give last_name: leave one, or write "Nom" = ""' in said
    cli("check", book, "--columns", write_map(tmp_path, MAP.replace("[columns]", '[columns]\n"Nom" = ""')))


def test_two_sheets_that_fit_are_named(cli: Cli, tmp_path: Path, columns: Path) -> None:
    """Which of them is meant is not guessed; nor is which of two columns of one name."""
    path = as_book(tmp_path / "hr.xlsx")
    book = load_workbook(path)
    book.copy_worksheet(book.active).title = "Extraction (2)"
    book.save(path)
    said = cli("check", path, "--columns", columns, code=2).output
    assert '"Extraction" and "Extraction (2)" have the columns that --columns names: leave one' in said
    del book["Extraction (2)"]
    book["Extraction"].cell(2, 7).value = "PRENOM_1"
    book.save(path)
    assert 'two columns are called "PRENOM_1": rename one' in cli("check", path, "--columns", columns, code=2).output


def test_cells_without_value_stay_problems(cli: Cli, tmp_path: Path, columns: Path) -> None:
    """An error value in a column of theirs is one in ours, wherever it goes."""
    rows = [{**ROWS[0], "NOM_2": "#REF!"}, {**ROWS[1], "PRENOM_1": "#N/A"}, {**ROWS[2], "LIB_SERVICE": "#N/A"}]
    book = write_csv(tmp_path / "hr.csv", rows)
    found = [
        (p.row, p.column) for p in read_book(book, columns=read_columns(columns)).problems if p.code == "cell_error"
    ]
    ours = {(2, "last_name"), (3, "first_name"), (4, "entity")}
    assert ours <= set(found)


def test_constants_alone_fill_a_known_list(cli: Cli, tmp_path: Path) -> None:
    """A list whose headers we know needs only what it leaves out."""
    book = write_csv(tmp_path / "hr.csv", [{"Prénom": "Ada", "Nom": "Lovelace"}])
    columns = write_map(tmp_path, "[constants]\nentity = 'Chirurgie'\ntemplate = 'Modèle standard'\n")
    assert "1 to create" in cli("plan", book, "--columns", columns).output


def test_braces_in_a_cell_are_text(tmp_path: Path) -> None:
    """What is joined is put in once: a cell that looks like a format is none."""
    rows = [{"A": "{B}", "B": "x"}]
    columns = read_columns(write_map(tmp_path, "[columns]\n'B' = 'first_name'\n[joined]\nlast_name = '{A}-{{{B}}}'\n"))
    frame = read_book(write_csv(tmp_path / "hr.csv", rows), columns=columns).sheets["users"].frame
    assert frame.at[2, "last_name"] == "{B}-{x}"


@pytest.mark.parametrize("row", [3, 4])
def test_what_is_hidden_or_merged_in_theirs_is_so_in_ours(cli: Cli, tmp_path: Path, columns: Path, row: int) -> None:
    """A map is no way round: a hidden column would make people, a merged cell says nothing for one row."""
    path = as_book(tmp_path / "hr.xlsx")
    book = load_workbook(path)
    book["Extraction"].column_dimensions["C"].hidden = True
    book.save(path)
    said = cli("plan", path, "--columns", columns, code=None).output
    assert "hidden" in said
    assert "to create" not in said
    book["Extraction"].column_dimensions["C"].hidden = False
    book["Extraction"].merge_cells(f"C{row}:C{row + 1}")
    book.save(path)
    said = cli("plan", path, "--columns", columns, code=None).output
    assert said.count("first_name: this cell is merged with others") == 2
    assert "1 to create" in said
