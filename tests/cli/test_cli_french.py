"""The command line in French: a session, its prompts, every help and refusal; what a machine reads stays English."""

from __future__ import annotations

import ast
import importlib
import json
import os
import re
from collections.abc import Iterator
from inspect import cleandoc
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner
from support import Cli, edit, row_of, write_csv, writes
from terminal import on_a_terminal
from words.catalogue import CLICKS, collected

from xcu_sheets import cli as command_line
from xcu_sheets.cli import COMMANDS
from xcu_sheets.cli.language import METAVARS
from xcu_sheets.cli.output import confirm
from xcu_sheets.migrating.sheets import SHEETS
from xcu_sheets.sandbox import Sandbox
from xcu_sheets.words import speaking, translate

FRENCH = {"LANG": "fr_FR.UTF-8"}
GOOD = {
    "first_name": "Ada",
    "last_name": "Lovelace",
    "entity": "chirurgie@192.168.29.220",
    "template": "Modèle standard",
    "internal_number": "auto",
}
BAD = {**GOOD, "first_name": "Alan", "last_name": "Turing", "internal_number": "deux mille"}
TRANSLATING = ("translate", "translate_n", "Said", "XcuError", "BookError", "PlanError", "HistoryError", "LoginFailed")
# A line of the log of calls, and the machine names of the sheets of a mapping book.
MACHINE_READ = {" ms attempt ", *SHEETS}


def plain(text: str) -> str:
    """Return a text without its blanks, as it is however its lines were broken."""
    return "".join(text.split())


@pytest.fixture
def listed(tmp_path: Path) -> Path:
    """A good row and a bad one."""
    return write_csv(tmp_path / "people.csv", [GOOD, BAD])


def test_check_speaks_french(cli: Cli, listed: Path) -> None:
    """The problem, the counts and what was not checked; the language is the system's."""
    shown = cli("check", listed, code=1, env=FRENCH).output
    assert re.search(r"^  erreur +Utilisateurs!", shown, re.MULTILINE)
    assert "2 lignes dans Utilisateurs\u00a0: 1 erreur" in shown
    assert "Non vérifié ici\u00a0: les id, entités" in shown
    assert "Les problèmes dans leurs cellules" in shown
    assert "\\xa0" not in shown


def test_plan_speaks_french(cli: Cli, listed: Path) -> None:
    """By `--lang` too, whatever the system speaks."""
    shown = cli("plan", listed, "--lang", "fr", code=1).output
    assert re.search(r"\+ ligne 2 +Ada Lovelace  chirurgie@\S+  numéro \d+ \(attribué\)  modèle Modèle standard", shown)
    assert re.search(r"Plan \S+\u00a0: 1 à créer, 1 refusée\.", shown)


def test_an_edit_keeps_the_blanks_before_a_colon(cli: Cli, tmp_path: Path) -> None:
    """What is made visible in a name is not made visible in a sentence of ours."""
    book = tmp_path / "book.xlsx"
    cli("export", book)
    row = row_of(book, "users", "first_name", "Agrippa")
    edit(book, "users", {(row, "last_name"): "Lovelace"})
    shown = cli("plan", book, env=FRENCH).output
    assert re.search(r"~ ligne \d+ .*  Nom\u00a0: .+ -> Lovelace", shown)
    assert "1 à modifier" in shown


@pytest.mark.skipif(os.name != "posix", reason="pseudo-terminals are POSIX")
@pytest.mark.parametrize(("answer", "created", "end"), [("o\n", 1, "1 créée"), ("non\n", 0, "")])
def test_an_import_is_answered_in_french(server: Sandbox, tmp_path: Path, answer: str, created: int, end: str) -> None:
    """`o` sends, `non` does not; the question says what stays behind and which answer is the usual one."""
    path = write_csv(tmp_path / "people.csv", [GOOD, BAD])
    asked = "Envoyer 1 ligne (1 ligne a des problèmes et est laissée de côté)\u00a0? [o/N]\u00a0: "
    got, shown = on_a_terminal(
        ["import", path, "--url", server.url], [(asked, answer)], {**FRENCH, "XCU_PASSWORD": "superpass"}
    )
    assert got == 1, shown
    assert len(writes(server)) == created
    if end:
        assert f"Résultat\u00a0: {end}, 1 refusée." in shown or f"Résultat\u00a0: 1 refusée, {end}." in shown
    else:
        assert "Rien n'a été envoyé." in shown


def test_a_failure_is_said_in_french(tmp_path: Path) -> None:
    """One line on stderr; with --json the object says it in English."""
    result = Cli("", tmp_path)("export", tmp_path / "x.xlsx", "--json", code=2, env={**FRENCH, "XCU_URL": ""})
    assert result.stderr.startswith("Erreur\u00a0: Aucun serveur indiqué")
    assert json.loads(result.stdout)["error"].startswith("No server given")


@pytest.mark.parametrize(("command", "code"), [("check", 1), ("plan", 1), ("import", 1)])
def test_json_is_english(cli: Cli, listed: Path, command: str, code: int) -> None:
    """The object is that of an English run, made of the same code; stderr is French."""
    more = ["--yes"] if command == "import" else []
    result = cli(command, listed, "--json", *more, code=code, env=FRENCH)
    body = json.loads(result.stdout)
    assert "lignes" not in result.stdout and "écrivez" not in result.stdout
    assert "Les problèmes dans leurs cellules" in result.stderr or "refusée" in result.stderr
    if command == "check":
        assert body == json.loads(cli(command, listed, "--json", code=code).stdout)
        assert body["not_checked"].startswith("ids, entities")
    if command == "import":
        assert [row["status"] for row in body["rows"]] == ["created", "refused"]
        assert "is not a number" in body["rows"][1]["message"]


def test_runs_speak_french_and_their_json_english(cli: Cli, listed: Path) -> None:
    """The same run: `modèle` words for people, status words for machines."""
    cli("import", listed, "--yes", code=1)
    run = json.loads(cli("runs", "--json", env=FRENCH).stdout)["runs"][0]
    assert run["status"] == "finished"
    assert "terminée" in cli("runs", env=FRENCH).output
    shown = cli("runs", run["run_id"], env=FRENCH).output
    assert "Utilisateurs!2 créer" in shown and "Résultat\u00a0: 1 faite." in shown


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize(
    ("typed", "wanted"),
    [("y", True), ("Yes", True), ("o", True), ("OUI", True), ("n", False), ("no", False), ("non", False), ("", False)],
)
def test_an_answer_counts_in_any_language(language: str, typed: str, wanted: bool) -> None:
    """What is not understood is asked again; a blank line is the answer in capitals."""
    with CliRunner().isolation(input=f"peut-être\n{typed}\n") as (_, err, _), speaking(language):
        assert confirm("Go on?") is wanted
        shown = err.getvalue().decode()
    assert shown.count({"en": "Go on? [y/N]: ", "fr": "Go on? [o/N]\u00a0: "}[language]) == 2


def test_a_question_that_nobody_answers_stops() -> None:
    """The end of the input is no answer, and not the usual one."""
    with CliRunner().isolation(input=""), pytest.raises(click.Abort):
        confirm("Go on?", default=True)


@pytest.mark.parametrize("name", ["", *COMMANDS])
def test_a_help_is_french_throughout(name: str, tmp_path: Path) -> None:
    """The command's own text, each option's, and click's words: the French is there, the English is not."""
    module = COMMANDS[name][0] if name else ""
    command: click.Command = importlib.import_module(f"xcu_sheets.cli.{module}").command if name else command_line.cli
    shown = plain(Cli("", tmp_path)(*([name] if name else []), "--help", env=FRENCH).output)
    texts = [cleandoc(command.help or ""), "Usage:", "Show this message and exit."]
    texts += [p.help for p in command.params if isinstance(p, click.Option) and p.help]
    texts += [] if name else [line for _, line in COMMANDS.values()]
    for english in texts:
        with speaking("fr"):
            french = translate(english)
        assert french != english
        assert plain(french) in shown
        assert plain(english) not in shown
    for parameter in command.params:
        assert parameter.type.name.upper() in METAVARS
        assert parameter.metavar in {*METAVARS, "A", "B", "E", "T", "S", "HH:MM", None}
    for word in ("[default:", "[required]", "INTEGER", "RANGE", "PATH", "FILE", "BOOK", "DIRECTORY", "TEXT]"):
        assert word not in shown


@pytest.mark.parametrize(
    ("arguments", "french", "english"),
    [
        (["frob"], "Il n'y a pas de commande 'frob'.", "No such command 'frob'."),
        (["check"], "Il manque l'argument 'CLASSEUR'.", "Missing argument 'BOOK'."),
        (["check", "a", "b"], "Argument en trop (b)", "Got unexpected extra argument (b)"),
        (["probe"], "Il manque l'option '--entity'.", "Missing option '--entity'."),
        (["plan", "b", "--key"], "L'option '--key' demande une valeur.", "Option '--key' requires an argument."),
        (["plan", "b", "--password-file", "/no"], "Fichier '/no' n'existe pas.", "File '/no' does not exist."),
        (["runs", "--calls"], "--calls montre une seule exécution", "--calls shows one run"),
    ],
)
def test_a_refused_command_line(tmp_path: Path, arguments: list[str], french: str, english: str) -> None:
    """Click's words are French on stderr, and English in the object of --json."""
    result = Cli("", tmp_path)(*arguments[:1], "--json", *arguments[1:], code=2, env=FRENCH)
    assert french in result.stderr
    assert english in json.loads(result.stdout)["error"]


def test_the_language_ends_with_the_command(tmp_path: Path) -> None:
    """A French run leaves nothing behind for the next one in the same process."""
    run = Cli("", tmp_path)
    before = run("check", code=2).output
    assert run("check", "--lang", "fr", code=2).output != before
    assert run("check", code=2).output == before


def test_what_click_says_is_asked_for_as_it_says_it() -> None:
    """Each of CLICKS is a sentence of the installed click, letter for letter."""
    said = set(_sentences_of_click())
    assert [message for message in CLICKS if message not in said] == []


def _sentences_of_click() -> Iterator[Any]:
    assert click.__file__
    for path in Path(click.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("_", "ngettext"):
                texts = tuple(a.value for a in node.args[:2] if isinstance(a, ast.Constant))
                yield texts if node.func.id == "ngettext" else "".join(texts)
    yield "required"  # said through a variable


def test_no_sentence_of_the_command_line_escapes_the_catalogue() -> None:
    """Two words in a row that stand in its source stand in a docstring, an option, a translated call, or a table."""
    known = {text for message in collected() for text in ([message] if isinstance(message, str) else message)}
    assert command_line.__file__
    for path in sorted(Path(command_line.__file__).parent.glob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        spared = {id(node) for node in _docstrings_and_arguments(tree)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in spared:
                loose = re.search(r"[A-Za-z]{2,} [A-Za-z]", node.value) and node.value not in known | MACHINE_READ
                assert not loose, f"{path.name}:{node.lineno}: {node.value}"


def _docstrings_and_arguments(tree: ast.AST) -> Iterator[ast.AST]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr):
            yield node.value
        elif isinstance(node, ast.Call):
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            if name in TRANSLATING or name in ("option", "argument"):
                yield from (found for given in (*node.args, *node.keywords) for found in ast.walk(given))
