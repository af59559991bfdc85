"""What an empty book says of itself is read as a stranger's word: blank cells, the example."""

from __future__ import annotations

import json
import zlib
from base64 import b64decode, b64encode
from dataclasses import replace
from pathlib import Path

import pytest
from files_samples import baseline, frames
from support import write_csv

from xcu_sheets.files import read_book
from xcu_sheets.files.baseline import Damaged, digest, pack, unpack

MADE = replace(baseline(frames()), fill={"entity": "default@192.168.29.220"}, contact="Telecom, 4000")
EXAMPLE = {"Prénom": "Marie", "Nom": "Exemple", "Entité": "(choisir dans la liste)", "Modèle": "(laisser vide)"}


def test_what_blank_cells_mean_is_kept() -> None:
    """And whom to ask."""
    assert (unpack(pack(MADE)).fill, unpack(pack(MADE)).contact) == (MADE.fill, MADE.contact)


def test_blank_cells_mean_a_record_or_nothing() -> None:
    """No name, number, login or password comes from a hidden sheet."""
    said = {"entity": "e@x", "first_name": "Eve", "internal_number": "1", "cti_password": "s3cret", "id": "7", "x": "y"}
    assert unpack(pack(replace(MADE, fill=said))).fill == {"entity": "e@x"}


@pytest.mark.parametrize("member", ["fill", "unreadable"])
def test_a_member_of_another_kind_is_damage(member: str) -> None:
    """A list where a table belongs, signed or not, makes the book one without baseline."""
    mark, _, *pieces = pack(MADE)
    content = json.loads(zlib.decompress(b64decode("".join(pieces))))
    content["about"][member] = ["entity"]
    payload = json.dumps(content, sort_keys=True).encode("ascii")
    with pytest.raises(Damaged):
        unpack([mark, digest(payload), b64encode(zlib.compress(payload)).decode("ascii")])


@pytest.mark.parametrize(
    ("cells", "left_out"),
    [
        ({}, True),
        ({"Prénom": " Marie ", "Nom": "Exemple\u00a0"}, True),  # what a program adds and nobody sees
        ({"Prénom": "Exemple", "Nom": "Marie"}, False),
        ({"Nom": "EXEMPLE"}, False),
        ({"Entité": "Siège"}, False),
        ({"Entité": ""}, False),
        ({"Entité": "(choose in the list)"}, False),
        ({"Matricule": "12"}, False),
        ({"Prénom": "Marie", "Nom": "Dupont"}, False),
    ],
)
def test_the_example_is_known_by_its_cells(tmp_path: Path, cells: dict[str, str], left_out: bool) -> None:
    """All of them, and nothing beside them, in a column of the person's own either."""
    rows = [{**EXAMPLE, "Matricule": "", **cells}, {"Prénom": "Ada", "Nom": "Lovelace"}]
    book = read_book(write_csv(tmp_path / "people.csv", rows))
    assert list(book.sheets["users"].frame.index) == ([3] if left_out else [2, 3])
    codes = {p.code for p in book.problems if p.row}
    assert ("example_left_out" in codes) is left_out
    assert left_out or "Matricule" in cells or codes <= {"example_kept", "example_cell"}


def test_people_of_such_names_are_people_where_no_cell_says_otherwise(tmp_path: Path) -> None:
    """A list without entity and template has no example."""
    book = read_book(write_csv(tmp_path / "people.csv", [{"Prénom": "Marie", "Nom": "Exemple"}]))
    assert len(book.sheets["users"].frame) == 1
