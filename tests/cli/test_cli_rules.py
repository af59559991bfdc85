"""Rules that a person meets on the command line: what is said, and what is sent all the same."""

from __future__ import annotations

from pathlib import Path

from support import Cli, people, write_csv, writes

from xcu_sheets.sandbox import Sandbox

CHIRURGIE, ANALOGUE = "chirurgie@192.168.29.220", "default_analogique@192.168.29.221"


def test_warnings_stop_nobody(cli: Cli, server: Sandbox, tmp_path: Path) -> None:
    """A template on one of two lists, a direct number of the wrong length, the same names twice: said, and sent."""
    half = people(1, CHIRURGIE, "Modèle 220", prefix="Half")
    long = people(1, ANALOGUE, "SDA directe", prefix="Long")
    twice = [{**people(1, entity)[0], "first_name": "Ada", "last_name": "Twice"} for entity in (CHIRURGIE, ANALOGUE)]
    twice[0]["entity"] = "default@192.168.29.221"
    book = write_csv(tmp_path / "people.csv", [*half, *long, *twice])
    output = cli("import", book, "--yes").output
    assert "Modèle 220 is offered to chirurgie@192.168.29.220 by one of its two lists only" in output
    assert "behind the prefix 047211 of SDA directe a French direct number has 4 digits more" in output
    assert "39990000-39999999 has 7, 8" in output
    assert "the same names are new in another entity too (row 5)" in output
    assert len(writes(server)) == 4


def test_any_template_sends_what_is_not_offered(cli: Cli, server: Sandbox, tmp_path: Path) -> None:
    """Without it the row is refused and the way out named; with it the server has the last word."""
    book = write_csv(tmp_path / "people.csv", people(1, CHIRURGIE, "Analogique"))
    assert "use --any-template" in cli("plan", book, code=1).output
    output = cli("plan", book, "--any-template").output
    assert "1 to create" in output and "warning" in output
