"""Reports, problems copies and findings in French: nothing in them is left in English, and any language reads them."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from openpyxl import load_workbook
from support import Cli, read_sheet, write_csv

from xcu_sheets.files import read_book
from xcu_sheets.files.marked import untouched
from xcu_sheets.files.recognition import PROBLEMS_HEADERS
from xcu_sheets.model.findings import Findings
from xcu_sheets.model.problems import Severity, problem
from xcu_sheets.model.text import Said, members_of
from xcu_sheets.planning.make import check
from xcu_sheets.reports.findings import CATALOGUE as FINDINGS
from xcu_sheets.reports.findings import finding_lines
from xcu_sheets.reports.problems_copy import write_problems
from xcu_sheets.reports.wording import CATALOGUE, describe, message, row_message
from xcu_sheets.words import speaking

ROWS = [
    {"Matricule": "H1", "Prénom": "Aïcha", "Nom": "Benali", "Site": "Chirurgie", "Modèle": "Modèle standard"},
    {"Matricule": "H2", "Prénom": "Zoé", "Nom": "Haddad", "Site": "Chirurgie", "N° de poste": "6999"},
]


@pytest.fixture
def reports(cli: Cli, tmp_path: Path) -> Path:
    """The three forms of a report of a French run."""
    path = write_csv(tmp_path / "people.csv", ROWS)
    names = [tmp_path / f"r.{ending}" for ending in ("xlsx", "csv", "json")]
    cli("import", path, "--yes", "--lang", "fr", *(part for name in names for part in ("--report", name)), code=1)
    return tmp_path


def test_a_french_report_is_french(reports: Path) -> None:
    """Headers, results, messages and the first sheet; the results have their colours."""
    rows = read_sheet(reports / "r.xlsx", "Utilisateurs")
    assert list(rows[0])[:5] == [
        "Résultat",
        "Message",
        "Numéro attribué",
        "Code de provisioning attribué",
        "Id attribué",
    ]
    assert [row["Résultat"] for row in rows] == ["créée", "refusée"]
    assert "6999 est hors des plages de" in rows[1]["Message"]
    assert "Modèle\u00a0: est vide" in rows[1]["Message"]
    book = load_workbook(reports / "r.xlsx")
    assert book["Utilisateurs"]["A2"].fill.fgColor.rgb == "FFD5EBD2"
    first = {str(cell.value) for row in book["Lisez-moi"].iter_rows() for cell in row if cell.value}
    assert {"Serveur", "Vérifié", "Appels", "Pour continuer"} <= first
    assert not {"Server", "Calls", "Verified"} & first


def test_the_json_of_a_french_run_is_english(reports: Path) -> None:
    """A machine reads it."""
    rows = json.loads((reports / "r.json").read_text(encoding="utf-8"))["rows"]
    assert [row["status"] for row in rows] == ["created", "refused"]
    assert "6999 lies outside" in rows[1]["message"]


def test_the_csv_of_a_french_run_is_french(reports: Path) -> None:
    """Headers and results."""
    text = (reports / "r.csv").read_bytes().decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text), delimiter=";"))
    assert [row["Résultat"] for row in rows] == ["créée", "refusée"]


@pytest.mark.parametrize("name", ["r.xlsx", "r.csv"])
@pytest.mark.parametrize("lang", ["en", "fr"])
def test_a_french_report_is_read_in_any_language(reports: Path, cli: Cli, name: str, lang: str) -> None:
    """The columns of the report are none of the person's, and a row that was made is known again."""
    assert read_book(reports / name).sheets["users"].unknown == ["Matricule"]
    planned = json.loads(cli("import", reports / name, "--dry-run", "--json", "--lang", lang, code=1).stdout)
    assert [change["action"] for change in planned["changes"]] == ["refused"]


def test_a_french_problems_copy_is_french_and_read_again(arrivals: Path, tmp_path: Path) -> None:
    """Its list, its column and its comments; the copy of it shows the same problems, and is known as untouched."""
    book = read_book(arrivals)
    saved = write_problems(tmp_path / "out.problems.xlsx", book, check(book), lang="fr")
    listed = load_workbook(saved)["Lisez-moi"]
    texts = [str(cell.value) for row in listed.iter_rows() for cell in row if cell.value]
    assert {"Problèmes de arrivals.xlsx", "Trouvé", "Gravité", "erreur", "Ce qui ne va pas"} <= set(texts)
    assert not [text for text in texts if text.startswith(("Error", "Found", "error", "Problems"))]
    sheet = load_workbook(saved)["Arrivées d'avril"]
    assert sheet["A4"].value == PROBLEMS_HEADERS["fr"]
    assert sheet["I5"].value == "<omis>"
    assert any(cell.comment and cell.comment.text.startswith("Erreur\u00a0:") for row in sheet for cell in row)
    again = {(p.code, p.row) for p in check(read_book(saved))}
    assert {(p.code, p.row) for p in check(book) if p.code != "sheet_ignored"} <= again
    assert ("secret_left_out", 5) in again
    assert untouched(saved)


@pytest.mark.parametrize("code", sorted(CATALOGUE))
def test_every_problem_is_said_in_french(code: str) -> None:
    """With the same words in its gaps, and no gap left."""
    words = dict.fromkeys(members_of(CATALOGUE[code]), "7") | {"choices": "a, b"}
    found = problem(code, Severity.ERROR, **{**words, "sheet": "users", "row": 2, "column": "entity"})
    english = message(found)
    with speaking("fr"):
        french = message(found)
    assert french != english
    assert "{" not in french


def test_names_and_words_of_the_table_are_french_in_a_french_sentence() -> None:
    """Columns go by their label, words by the person's; a person's own text stays as it is."""
    where = {"sheet": "templates", "row": 3}
    needed = problem("required_if", **where, column="custom_caller_id", other="caller_id_mode", needs="custom")
    choice = problem("not_a_choice", **where, column="peer_sip_name", value="manual", choices="auto, model")
    differs = problem("write_update", sheet="users", row=3, label="A", id="7", columns="first_name, last_name")
    hidden = problem("row_hidden", sheet="users", row=3, what="row", action="delete")
    with speaking("fr"):
        assert describe(needed).startswith("Modèles!3 Numéro présenté personnalisé\u00a0: est vide")
        assert "«\u00a0Numéro présenté\u00a0» vaut personnalisé" in row_message(needed)
        assert message(choice).endswith("choisissez parmi auto, modèle")
        assert "diffère par Prénom, Nom\u00a0:" in message(differs)
        assert message(hidden).startswith("la ligne est masquée, et cette ligne devrait supprimer")
    assert "caller_id_mode is custom" in message(needed)
    assert "differs in first_name, last_name" in message(differs)


def test_a_detail_of_ours_is_french_inside_a_problem() -> None:
    """What the server said stays as it said it."""
    ours = problem("server_unavailable", detail=Said("no answer within {n} s", n="5\x1b"))
    theirs = problem("server_refused", status="400", detail="bad name")
    with speaking("fr"):
        assert message(ours).endswith("pas de réponse en 5\\x1b s")
        assert message(theirs).endswith("(400)\u00a0: bad name")
    assert message(ours).endswith("no answer within 5\\x1b s")


def test_every_finding_is_said_in_french() -> None:
    """Known or not, with its reason."""
    known = Findings(put_status=200, put_answer="nothing", list_shows_password="masked", write_median=0.5)
    for findings, reasons in (
        (known, {}),
        (Findings(), {entry.name: Said("no write succeeded") for entry in FINDINGS}),
    ):
        english = finding_lines(findings, reasons)
        with speaking("fr"):
            french = finding_lines(findings, reasons)
        assert [(line.name, line.known) for line in french] == [(line.name, line.known) for line in english]
        assert not [a for a, b in zip(french, english, strict=True) if a.says == b.says or a.so == b.so]
    assert french[0].says.endswith("(aucune écriture n'a réussi)")
