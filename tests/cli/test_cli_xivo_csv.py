"""`export --format xivo-csv`: users in the format of XiVO's own import, one file for each XiVO."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from unicodedata import normalize

import pytest
from support import Cli, live_user

from xcu_sheets.files.xivo_csv import render_xivo_csv, xivo_paths
from xcu_sheets.sandbox import Sandbox

FORMAT = ("--format", "xivo-csv")
OUTSIDE = "4"  # the sandbox's user whose number lies outside his entity


def imported(path: Path) -> list[dict[str, str]]:
    """Read a file as XiVO's import does: plain UTF-8, cut at every line feed, then commas and quotes."""
    return list(csv.DictReader(path.read_bytes().decode("utf-8").split("\n")))


def test_one_file_for_each_xivo_as_the_import_reads_it(cli: Cli, server: Sandbox, tmp_path: Path) -> None:
    """Every user of the server is in the file of his XiVO, as he is, or is named with the reason."""
    result = cli("export", tmp_path / "out.csv", *FORMAT, "--entity-id", "3", code=1)
    rows = {host: imported(tmp_path / f"out-xivo-{host}.csv") for host in ("220", "221")}
    assert sorted(p.name for p in tmp_path.glob("*.csv")) == ["out-xivo-220.csv", "out-xivo-221.csv"]
    assert "not written: id 4 Sous sol Logistique" in result.output and "lies outside" in result.output
    everybody = [row for found in rows.values() for row in found]
    live = [live_user(server, n) for n in range(1, 61) if str(n) != OUTSIDE]
    names = {(normalize("NFC", u["first_name"]), u["last_name"], u["internal_number"]) for u in live}
    assert {(r["firstname"], r["lastname"], r["exten"]) for r in everybody} == names
    assert {r["entity_id"] for r in everybody} == {"3"} and {r["line_protocol"] for r in everybody} == {"sip"}
    assert {r["context"] for r in rows["221"]} == {"default", "default_analogique"}


def test_the_bytes_are_those_that_the_import_takes(cli: Cli, server: Sandbox, tmp_path: Path) -> None:
    """No mark at the beginning, commas, line feeds, no apostrophe before a name that looks like a formula."""
    server.edit_user(6, first_name="=1+1", last_name='O"Brien, Sean')
    cli("export", tmp_path / "out.csv", *FORMAT, "--entity-id", "1", code=1)
    content = (tmp_path / "out-xivo-221.csv").read_bytes()
    assert content.startswith(b"entity_id,firstname,lastname,email,")
    assert b'\n1,=1+1,"O""Brien, Sean",' in content and b"\r" not in content and b";" not in content
    assert "Sean" in [row["lastname"].split(", ")[-1] for row in imported(tmp_path / "out-xivo-221.csv")]
    assert (tmp_path / "out-xivo-221.csv").stat().st_mode & 0o077 == 0


def test_passwords_are_there_only_with_secrets(cli: Cli, server: Sandbox, tmp_path: Path) -> None:
    """Without: a login, no password, the CTI profile off. With: the password, the profile on, and it is said."""
    plain = ("export", tmp_path / "plain.csv", *FORMAT, "--entity-id", "1", "--cti-profile", "Client")
    cli(*plain, code=1)
    secret = server.password_of(6)
    (row,) = [r for r in imported(tmp_path / "plain-xivo-221.csv") if r["lastname"] == "O'Brien"]
    assert (row["username"], row["password"], row["cti_profile_enabled"], row["cti_profile_name"]) == (
        server.user_row(6)["cti_login"],
        "",
        "0",
        "Client",
    )
    assert secret not in "".join(p.read_text() for p in tmp_path.glob("plain-*.csv"))
    result = cli("export", tmp_path / "full.csv", *plain[2:], "--with-secrets", code=1)
    (row,) = [r for r in imported(tmp_path / "full-xivo-221.csv") if r["lastname"] == "O'Brien"]
    assert (row["password"], row["cti_profile_enabled"]) == (secret, "1")
    assert "clear text" in result.output and secret not in result.output


def test_the_constants_of_the_target(cli: Cli, tmp_path: Path) -> None:
    """An id for each XiVO, a context of another name, another protocol: then nobody is refused."""
    options = ("--entity-id", "1", "--entity-id", "xivo-221=7", "--line-protocol", "sccp")
    cli("export", tmp_path / "out.csv", *FORMAT, *options, "--context-map", "Postes analogiques=analogue")
    rows = {host: imported(tmp_path / f"out-xivo-{host}.csv") for host in ("220", "221")}
    assert ({r["entity_id"] for r in rows["220"]}, {r["entity_id"] for r in rows["221"]}) == ({"1"}, {"7"})
    assert {r["context"] for r in rows["221"]} == {"default", "analogue"}
    assert {r["line_protocol"] for r in rows["220"]} == {"sccp"}


def test_a_wazo_has_fewer_columns(cli: Cli, tmp_path: Path) -> None:
    """`--entity-id none` leaves out what it does not know."""
    cli("export", tmp_path / "out.csv", *FORMAT, "--entity-id", "none", code=1)
    assert (tmp_path / "out-xivo-220.csv").read_text().startswith("firstname,lastname,")


def test_one_entity_only(cli: Cli, tmp_path: Path) -> None:
    """--entity narrows it: the other XiVO needs no file, and no id."""
    entity = ("--entity", "Chirurgie ambulatoire", "--entity-id", "xivo-220=1")
    cli("export", tmp_path / "out.csv", *FORMAT, *entity)
    assert [p.name for p in tmp_path.glob("*.csv")] == ["out-xivo-220.csv"]
    assert {r["context"] for r in imported(tmp_path / "out-xivo-220.csv")} == {"chirurgie"}


def test_nobody_to_write_is_said(cli: Cli, server: Sandbox, tmp_path: Path) -> None:
    """An entity of whom nobody would be taken makes no file, and that is no silence."""
    for user in [n for n in range(1, 61) if live_user(server, n)["entity_id"] == 17]:
        server.edit_user(user, first_name="")
    output = cli("export", tmp_path / "out.csv", *FORMAT, "--entity", "Siège", "--entity-id", "1", code=1).output
    assert "No file was written" in output and output.count("is blank, and XiVO's import needs it") == 15
    assert not list(tmp_path.glob("*.csv"))


def test_what_a_machine_reads(cli: Cli, tmp_path: Path) -> None:
    """--json tells files, counts, and each refused user with the codes of why."""
    found = json.loads(cli("export", tmp_path / "out.csv", *FORMAT, "--entity-id", "1", "--json", code=1).stdout)
    assert found["counts"] == {"xivo-220": 30, "xivo-221": 29}
    assert [(r["id"], [p["code"] for p in r["problems"]]) for r in found["refused"]] == [
        (OUTSIDE, ["xivo_number_outside"])
    ]
    assert all(Path(path).exists() for path in found["files"].values())


WRONG = [
    (("out.csv", *FORMAT), "needs --entity-id"),
    (("out.xlsx", *FORMAT, "--entity-id", "1"), "xivo-csv is written as OUT.csv"),
    (("out.csv", *FORMAT, "--entity-id", "1", "--only", "users"), "--only does not go with"),
    (("out.csv", *FORMAT, "--entity-id", "1", "--no-baseline"), "--no-baseline does not go with"),
    (("out.xlsx", "--entity-id", "1"), "--entity-id goes with --format xivo-csv only"),
    (("out.xlsx", "--context-map", "a=b"), "--context-map goes with --format xivo-csv only"),
]


@pytest.mark.parametrize(("arguments", "why"), WRONG)
def test_options_that_do_not_go_together_ask_no_server(
    cli: Cli, server: Sandbox, tmp_path: Path, arguments: tuple[str, ...], why: str
) -> None:
    """Usage is known before anybody logs in."""
    server.clear_calls()
    assert why in cli("export", tmp_path / arguments[0], *arguments[1:], code=2).output
    assert not server.calls


UNKNOWN = [
    (("--entity-id", "x"), "write a number"),
    (("--entity-id", "xivo-9=1"), "write one of xivo-220, xivo-221"),
    (("--entity-id", "xivo-220=1"), "missing for xivo-221"),
    (("--entity-id", "1", "--context-map", "nowhere=x"), "--context-map nowhere: write one of"),
    (("--entity-id", "1", "--context-map", "Siège=a b"), "write ENTITY=CONTEXT"),
]


@pytest.mark.parametrize(("arguments", "why"), UNKNOWN)
def test_names_that_the_server_does_not_know(cli: Cli, tmp_path: Path, arguments: tuple[str, ...], why: str) -> None:
    """They are said with the names that there are, and no file is written."""
    assert why in cli("export", tmp_path / "out.csv", *FORMAT, *arguments, code=2).output
    assert not list(tmp_path.glob("*.csv"))


def test_a_xivo_by_any_name_is_a_file_beside_the_others() -> None:
    """A name never becomes a path, and two that look alike become two files."""
    names = ["../../etc/passwd", "xivo/1", "xivo:1", "", "XIVO/1"]
    paths = xivo_paths(Path("folder/out.csv"), names)
    assert len({p.name.casefold() for p in paths.values()}) == len(names)
    assert {p.parent for p in paths.values()} == {Path("folder")}
    assert not [p for p in paths.values() if set(p.name) & set("/\\: ")]


def test_what_is_written_is_what_is_read() -> None:
    """Quotes, commas and blanks at either end come back as they were."""
    cells = ['a "b"', "c,d", " e ", "'f", "=g", ""]
    assert next(csv.reader(render_xivo_csv(["h"] * 6, [cells]).split("\n")[1:])) == cells
