"""Cells as people read them: which names stand for records, and how lists keep them apart."""

from __future__ import annotations

import pytest
from files_samples import frame_of

from xcu_sheets.files.in_words import in_words, shown_names
from xcu_sheets.model.directory import Directory, make_directory


def directory(*display_names: str) -> Directory:
    """Return the directory of entities `e0@x`, `e1@x` ... of these display names."""
    entities = [
        {"id": n, "combinedId": f"e{n}@x", "name": f"e{n}", "displayName": name, "xivo": {"name": "xivo1"}}
        for n, name in enumerate(display_names)
    ]
    return make_directory({"entities": entities})


@pytest.mark.parametrize(
    ("names", "shown"),
    [
        (("Siège", "Bloc"), ["Siège", "Bloc"]),
        (("Siège", "siege"), ["e0@x", "e1@x"]),  # on one XiVO nothing but the combined id tells them apart
        (("e1@x", "Bloc"), ["e1@x (xivo1)", "Bloc"]),
        (("e1", "Bloc"), ["e0@x", "Bloc"]),  # `e1 (xivo1)` would mean the other one, too
        (("", "   "), ["e0@x", "e1@x"]),
        (("<clear>", "<#N/A>"), ["e0@x", "e1@x"]),
        (("auto", "AUTO 12"), ["e0@x", "e1@x"]),
        (("X" * 129, "'Bloc"), ["e0@x", "e1@x"]),
        (("a\nb", "a\x07b"), ["e0@x", "e1@x"]),
        (("=1+1", "A, B"), ["=1+1", "A, B"]),
    ],
)
def test_a_name_is_shown_where_it_means_one_record(names: tuple[str, ...], shown: list[str]) -> None:
    """Else the combined id stands there; whatever stands there is resolved back."""
    known = directory(*names)
    assert list(known.shown("entities").values()) == shown
    assert [known.resolve("entities", name).label for name in shown] == ["e0@x", "e1@x"]


def test_a_list_keeps_the_combined_id_of_a_name_with_a_comma() -> None:
    """Quotes inside a cell would be no name that people know."""
    frame = frame_of("templates", {"id": "1", "name": "T", "entities": "e0@x, e1@x", "routed_inbound": "yes"})
    names = shown_names(directory("Bloc, réa", "Siège"))
    shown = in_words({"templates": frame}, names, "fr")["templates"].loc[0]
    assert shown["entities"] == "e0@x, Siège"
    assert shown["routed_inbound"] == "oui"
    assert in_words({"templates": frame}, {}, "en")["templates"].equals(frame)
