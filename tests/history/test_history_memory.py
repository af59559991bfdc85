"""What earlier runs teach, and to whom they do not (DESIGN rules 2, 4, 6, 10, 15)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from xcu_sheets.history import History, RunStart
from xcu_sheets.model.memory import Made, keyed_digest

SERVER = "http://xcu.example:9001"
REHEARSAL = "http://127.0.0.1:9001"
MARIE = Made("users", 12, "559", "digest-of-marie", "Marie Martin", "2610")
CELLS = {("users", "559"): {"first_name": "Marie", "mobile": "0612"}}
DIGEST = "a" * 64
SENT = {("users", "559"): {"cti_password": DIGEST}}


class Clock:
    def __init__(self) -> None:
        self.text = "2026-02-01T12:00:00Z"

    def __call__(self) -> str:
        return self.text


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "history.sqlite3"


def record(history: History, run_id: str, book_id: str = "b1", server: str = SERVER, uuids=("u1",), **memory) -> None:
    """Record a whole run that remembers `memory`."""
    history.memory(server, uuids, book_id)
    history.start_run(RunStart(run_id, server, "root", tuple(uuids), book_id, "", "", "{}", "0"))
    history.remember(run_id, **memory)
    history.end_run(run_id, "finished")


def test_a_book_is_remembered_across_openings(path, clock):
    """Made records, cells, digests and freed numbers come back from the file."""
    with History.open(path, now=clock) as history:
        record(history, "r1", made=[MARIE], cells=CELLS, sent=SENT, freed=[("1", "2601")])
    with History.open(path, now=clock) as history:
        memory = history.memory(SERVER, ["u1"], "b1")
    assert memory.made == {MARIE.identity: (MARIE,)}
    assert (memory.cells, memory.sent, memory.freed) == (CELLS, SENT, frozenset({("1", "2601")}))


def test_the_key_is_random_and_stays(path, clock, tmp_path):
    """Each history has its own 32 byte key, the same at every opening."""
    keys: list[bytes] = []
    for place in (path, path, tmp_path / "other.sqlite3"):
        with History.open(place, now=clock) as history:
            keys.append(history.memory(SERVER, [], "").key)
    assert keys[0] == keys[1] != keys[2]
    assert len(keys[0]) == 32
    assert keyed_digest(keys[0], "x") != keyed_digest(keys[2], "x")


@pytest.mark.parametrize(
    ("server", "uuids", "book_id"),
    [
        (REHEARSAL, ["u1"], "b1"),
        (SERVER, ["u9"], "b1"),
        (SERVER, [], "b1"),
        (SERVER, ["u1"], "b2"),
        (SERVER, ["u1"], ""),
    ],
)
def test_others_learn_nothing(path, clock, server, uuids, book_id):
    """Another origin with the same uuids, other uuids and another book know nothing of this book's rows."""
    with History.open(path, now=clock) as history:
        record(history, "r1", made=[MARIE], cells=CELLS, sent=SENT)
        memory = history.memory(server, uuids, book_id)
    assert (memory.made, memory.cells, memory.sent) == ({}, {}, {})


def test_one_xivo_in_common_is_enough(path, clock):
    """A XiVO that joined or left does not wipe the memory; two logins that see none are on the same server."""
    with History.open(path, now=clock) as history:
        record(history, "r1", uuids=("u1", "u2"), made=[MARIE])
        record(history, "r2", server="http://empty:9001", uuids=(), made=[MARIE])
        assert history.memory(SERVER, ["u2", "u3"], "b1").made
        assert history.memory("http://empty:9001", [], "b1").made


def test_later_runs_count(path, clock):
    """Per cell, digest and identity the latest run wins; what it does not mention stays."""
    newer = Made("users", 12, "600", MARIE.identity, "Marie Martin", "2611")
    with History.open(path, now=clock) as history:
        record(history, "r1", made=[MARIE], cells=CELLS, sent=SENT)
        record(history, "r2", made=[newer], cells={("users", "559"): {"mobile": "0699"}})
        memory = history.memory(SERVER, ["u1"], "b1")
    assert memory.made == {MARIE.identity: (newer,)}
    assert memory.cells == {("users", "559"): {"first_name": "Marie", "mobile": "0699"}}
    assert memory.sent == SENT


def test_hand_made_files_share_rows_but_no_cells(path, clock):
    """Files without book id know each other's rows on one origin; their cells belong to no one file."""
    with History.open(path, now=clock) as history:
        record(history, "r1", book_id="", made=[MARIE], cells=CELLS, sent=SENT)
        memory = history.memory(SERVER, ["u1"], "")
        elsewhere = history.memory(REHEARSAL, ["u1"], "")
    assert (memory.made, memory.cells, memory.sent) == ({MARIE.identity: (MARIE,)}, {}, SENT)
    assert elsewhere.made == {}


def test_keys_are_known_to_every_book_and_file_of_a_server(path, clock):
    """A key that one run saw is known to all later ones there, the latest record counts; a key makes no row known."""
    keyed = replace(MARIE, key="k1", entity="default@10.0.0.1")
    updated = replace(keyed, record_id="600", identity="")
    with History.open(path, now=clock) as history:
        record(history, "r1", made=[keyed])
        assert [history.memory(SERVER, ["u1"], book).keys for book in ("b1", "b2", "")] == [{"k1": keyed}] * 3
        record(history, "r2", book_id="", made=[updated])
        memory = history.memory(SERVER, ["u1"], "b1")
        assert (memory.made, memory.keys) == ({keyed.identity: (keyed,)}, {"k1": updated})
        assert history.memory(SERVER, ["u1"], "").made == {}
        assert history.memory(REHEARSAL, ["u1"], "b1").keys == {}
        assert history.memory(SERVER, ["u9"], "b1").keys == {}


@pytest.mark.parametrize(
    ("today", "days", "kept"),
    [
        ("2026-02-01T12:00:00Z", 90, True),
        ("2026-05-02T11:59:59+00:00", 90, True),
        ("2026-05-02T12:00:00Z", 90, False),
        ("2026-05-02T13:59:59+02:00", 90, True),
        ("2026-02-03T12:00:00", 2, False),
        ("2026-02-01T12:00:00Z", 0, False),
        ("2025-01-01T00:00:00Z", 90, True),
    ],
)
def test_freed_numbers_rest_for_the_quarantine(path, clock, today, days, kept):
    """A freed number rests for the given days in every book of this server, also if the clock went back."""
    with History.open(path, now=clock) as history:
        record(history, "r1", freed=[("1", "2601")])
        clock.text = today
        assert history.memory(SERVER, ["u1"], "b2", quarantine_days=days).freed == ({("1", "2601")} if kept else set())
        assert history.memory(REHEARSAL, ["u1"], "b1", quarantine_days=days).freed == frozenset()


def test_a_vanished_run_still_teaches(path, clock: Callable[[], str]):
    """What a run remembered before it was cut off counts, end or no end."""
    with History.open(path, now=clock) as history:
        history.start_run(RunStart("r1", SERVER, "root", ("u1",), "b1", "", "", "{}", "0"))
        history.remember("r1", [MARIE])
    with History.open(path, now=clock) as history:
        assert history.memory(SERVER, ["u1"], "b1").made == {MARIE.identity: (MARIE,)}
