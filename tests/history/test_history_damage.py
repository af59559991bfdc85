"""A history that was cut, altered or separated from its seal opens whole or says why not; it never forgets silently."""

from __future__ import annotations

import json
import random
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from zlib import crc32

import pytest

from xcu_sheets.history import CallOutcome, History, Intent, RunStart
from xcu_sheets.history.seal import Seal, read_seal, write_seal
from xcu_sheets.model.errors import HistoryError
from xcu_sheets.model.memory import Made

SERVER = "http://xcu.example:9001"
CALLS = 60


def clock() -> str:
    return "2026-02-01T12:00:00Z"


def write_run(path: Path, run_id: str = "run", calls: int = CALLS) -> None:
    """Record one whole run."""
    with History.open(path, now=clock) as history:
        history.start_run(RunStart(run_id, SERVER, "root", ("u1",), run_id, "", "", '{"p": 1}' * 700, "0"))
        ids = history.record_intents(
            run_id,
            [Intent("users", row, "POST", str(2000 + row), after={"last_name": f"N{row}"}) for row in range(calls)],
        )
        history.record_outcomes([(call, CallOutcome("created", str(call))) for call in ids])
        history.remember(run_id, [Made("users", 1, "5", "i", "A")], freed=[("1", "2001")])
        history.end_run(run_id, "finished")


def everything(path: Path) -> tuple:
    """All that the history tells."""
    with History.open(path, now=clock) as history:
        return (
            history.runs(),
            history.calls("run"),
            history.plan("run"),
            history.report("run"),
            history.memory(SERVER, ["u1"], "run"),
        )


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("good") / "history.sqlite3"
    write_run(path)
    return path


@pytest.fixture(scope="module")
def told(good: Path) -> tuple:
    return everything(good)


@pytest.fixture
def path(good: Path, tmp_path: Path) -> Iterator[Path]:
    """A copy to damage."""
    for file in good.parent.iterdir():
        shutil.copy(file, tmp_path / file.name)
    return tmp_path / good.name


def whole_or_refused(path: Path, told: tuple) -> bool:
    """Tell whether the history opened; if it did it must tell everything, if not be left as it was."""
    before = path.read_bytes()
    try:
        assert everything(path) == told
    except HistoryError as error:
        assert path.read_bytes() == before
        assert "\n" not in str(error)
        return False
    return True


def test_a_good_history_is_not_rewritten_by_reading(path, told):
    """Opening and reading changes no byte of file or seal."""
    before = path.read_bytes(), path.with_suffix(".seq").read_bytes()
    assert whole_or_refused(path, told)
    assert (path.read_bytes(), path.with_suffix(".seq").read_bytes()) == before


def test_a_cut_history_is_refused(path, told):
    """Cut at every byte of its last 4 KiB, and at every 97th byte before: never opened, never changed."""
    content = path.read_bytes()
    size = len(content)
    for length in (*range(0, size - 4096, 97), *range(size - 4096, size)):
        path.write_bytes(content[:length])
        assert not whole_or_refused(path, told), f"opened when cut to {length}"


@pytest.mark.parametrize("sealed", [True, False])
def test_a_history_cut_into_whole_pages_is_refused(path, told, sealed):
    """A cut at each page, with the size in the header made to fit, with its sibling or without: it is noticed."""
    content = path.read_bytes()
    if not sealed:
        path.with_suffix(".seq").unlink()
    for pages in range(1, len(content) // 4096):
        short = bytearray(content[: pages * 4096])
        short[28:32] = pages.to_bytes(4, "big")
        path.write_bytes(bytes(short))
        assert not whole_or_refused(path, told)


def test_flipped_bytes_are_noticed_or_harmless(path, told):
    """One altered byte, 1,200 places all over the file: refused, or all is still there."""
    content = path.read_bytes()
    chosen = random.Random(11)
    places = {*range(100), *(chosen.randrange(len(content)) for _ in range(1100))}
    opened = 0
    for place in sorted(places):
        altered = bytearray(content)
        altered[place] ^= chosen.choice((0x01, 0x20, 0x80, 0xFF))
        path.write_bytes(bytes(altered))
        opened += whole_or_refused(path, told)
    assert opened < len(places) / 2


def test_torn_pages_are_noticed(path, told):
    """A page of zeroes, or an older page, instead of any page of the file is noticed."""
    content = path.read_bytes()
    for start in range(0, len(content), 4096):
        for page in (bytes(4096), content[4096:8192]):
            altered = content[:start] + page + content[start + 4096 :]
            if altered != content:
                path.write_bytes(altered)
                assert not whole_or_refused(path, told)


def test_lost_entries_are_noticed(path):
    """Entries deleted with SQLite's own tools, at the end or in the middle, are noticed."""
    content = path.read_bytes()
    for where in ("seq = (SELECT max(seq) FROM entries)", "seq = 30", "seq = 1", "1"):
        path.write_bytes(content)
        connection = sqlite3.connect(path)
        with connection:
            connection.execute(f"DELETE FROM entries WHERE {where}")
        connection.close()
        with pytest.raises(HistoryError), History.open(path, now=clock):
            pass


def test_altered_entries_are_noticed(path):
    """An entry rewritten with SQLite's own tools is noticed by its checksum."""
    connection = sqlite3.connect(path)
    with connection:
        connection.execute("UPDATE entries SET body = replace(body, '2010', '2011') WHERE body LIKE '%2010%'")
    connection.close()
    with pytest.raises(HistoryError, match="is missing or altered"), History.open(path, now=clock):
        pass


def test_an_older_copy_of_the_file_is_refused(path):
    """A history put back from before the last run, beside the newer seal, says how many entries it lost."""
    older = path.read_bytes()
    write_run(path, "second")
    path.write_bytes(older)
    with pytest.raises(HistoryError, match="lost its last entries") as caught, History.open(path, now=clock):
        pass
    assert "put both files back" in str(caught.value)


def test_an_older_seal_loses_nothing(path, told):
    """A seal from before the last commit is brought up to date; every entry is there."""
    seal_path = path.with_suffix(".seq")
    now = read_seal(seal_path)
    assert now is not None
    seal_path.unlink()
    write_seal(seal_path, Seal(now.file_id, now.seq - 2))
    assert whole_or_refused(path, told)
    assert read_seal(seal_path) == now


def test_a_missing_seal_is_refused(path):
    """Without its sibling nobody can tell whether the history is whole: one line says so, nothing is made anew."""
    path.with_suffix(".seq").unlink()
    before = path.read_bytes()
    with pytest.raises(HistoryError, match=r"history\.seq is missing beside .*put both files back"):
        everything(path)
    assert path.read_bytes() == before
    assert not path.with_suffix(".seq").exists()


def test_a_missing_or_empty_file_beside_a_seal_is_refused(path):
    """The seal alone proves that there was a history: no new one is begun in its place."""
    path.write_bytes(b"")
    with pytest.raises(HistoryError, match="it is empty"), History.open(path, now=clock):
        pass
    assert path.read_bytes() == b""
    path.unlink()
    with pytest.raises(HistoryError, match=r"is gone, but history\.seq"), History.open(path, now=clock):
        pass
    assert not path.exists()


def test_a_new_history_without_seal_is_sealed(tmp_path):
    """A crash between making the file and sealing it leaves nothing that could be lost."""
    path = tmp_path / "history.sqlite3"
    with History.open(path, now=clock):
        pass
    path.with_suffix(".seq").unlink()
    with History.open(path, now=clock) as history:
        assert history.runs() == []
    assert path.with_suffix(".seq").exists()


def test_an_empty_file_without_seal_becomes_a_history(tmp_path):
    """A crash just after the file was created is healed."""
    path = tmp_path / "history.sqlite3"
    path.touch()
    write_run(path)
    assert len(everything(path)[1]) == CALLS


def test_the_seal_of_another_history_is_refused(path, tmp_path):
    """File and seal that do not belong together are refused."""
    other = tmp_path / "other" / "history.sqlite3"
    write_run(other)
    shutil.copy(other.with_suffix(".seq"), path.with_suffix(".seq"))
    with pytest.raises(HistoryError, match="belongs to another history"), History.open(path, now=clock):
        pass


def test_a_damaged_seal_is_repaired_from_its_other_slot_or_refused(path, told):
    """Each byte of the seal altered, and each cut: all is there, or one line says why not."""
    seal_path = path.with_suffix(".seq")
    content = seal_path.read_bytes()
    for place in range(len(content)):
        seal_path.write_bytes(content[:place] + bytes([content[place] ^ 0x11]) + content[place + 1 :])
        assert whole_or_refused(path, told)
    for length in range(len(content)):
        seal_path.write_bytes(content[:length])
        assert whole_or_refused(path, told) == (length >= len(content) // 2)
    seal_path.write_bytes(bytes(len(content)))
    with pytest.raises(HistoryError, match="is damaged"), History.open(path, now=clock):
        pass


def test_a_garbled_seal_is_refused(path):
    """Anything but a seal in its place, or behind it: one line says so, or all is there; the seal stays as it was."""
    seal_path = path.with_suffix(".seq")
    content = seal_path.read_bytes()
    chance = random.Random(3)
    garbage = [b"", b"\n", b"x", chance.randbytes(len(content)), content[::-1], content.swapcase(), content[1:]]
    for junk in (*garbage, *(chance.randbytes(n) for n in range(1, 300, 7))):
        seal_path.write_bytes(junk)
        with pytest.raises(HistoryError, match=r"history\.seq (is damaged|belongs)"), History.open(path, now=clock):
            pass
        assert seal_path.read_bytes() == junk
    seal_path.write_bytes(content + b"more")
    with History.open(path, now=clock) as history:
        assert history.calls("run")


def test_a_lost_or_garbled_holder_is_harmless(path, told):
    """Who holds the history is only said, the lock is the file's own: without that file nothing is lost."""
    holder = path.with_suffix(".holder")
    for junk in (b"", b"{", b"[]", b'{"process": "x"}', b"\xff\xfe", bytes(4096), None):
        holder.unlink(missing_ok=True)
        if junk is not None:
            holder.write_bytes(junk)
        assert whole_or_refused(path, told)


def test_a_strange_journal_is_whole_or_refused(path, told):
    """Bytes of no commit of ours where SQLite keeps its journal: all is there, or one line says why not."""
    content, chance = path.read_bytes(), random.Random(4)
    journal = path.with_name(path.name + "-journal")
    for junk in (
        b"x",
        bytes(512),
        chance.randbytes(5000),
        content[:8192],
        b"\xd9\xd5\x05\xf9\x20\xa1\x63\xd7" + bytes(600),
    ):
        journal.write_bytes(junk)
        assert whole_or_refused(path, told)
        path.write_bytes(content)


def test_a_seal_is_written_in_turn(tmp_path):
    """The slot before the newest always stays readable, also after a torn one."""
    path = tmp_path / "history.seq"
    for seq in range(1, 9):
        write_seal(path, Seal("f" * 32, seq))
        assert read_seal(path) == Seal("f" * 32, seq)
        assert path.stat().st_size == (63 if seq == 1 else 126)
    path.write_bytes(b"x" + path.read_bytes()[1:])
    assert read_seal(path) == Seal("f" * 32, 8)
    write_seal(path, Seal("f" * 32, 9))
    assert [Seal.from_bytes(path.read_bytes()[at : at + 63]) for at in (0, 63)] == [
        Seal("f" * 32, 9),
        Seal("f" * 32, 8),
    ]


def test_a_newer_format_is_refused_and_left_alone(path):
    """A history of a newer version is one clear line, and no byte of it changes."""
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 3")
    connection.close()
    before = {file.name: file.read_bytes() for file in path.parent.iterdir()}
    with pytest.raises(HistoryError, match=r"newer xcu-sheets \(format 3, this one knows 2\)"):
        everything(path)
    assert {file.name: file.read_bytes() for file in path.parent.iterdir()} == before


def test_an_older_format_is_read_and_lifted(path, told):
    """A history of format 1, whose outcomes held a plain text, loses nothing; an old program then leaves it alone."""
    connection = sqlite3.connect(path)
    seq, kind, run_id, at, body = connection.execute(
        "SELECT seq, kind, run_id, at, body FROM entries WHERE kind = 'outcome' LIMIT 1"
    ).fetchone()
    old = json.dumps(
        {"call": json.loads(body)["call"], "status": "done", "record_id": "7", "detail": "outcome_unknown"}
    )
    crc = crc32("\x1f".join(map(str, (seq, kind, run_id, at, old))).encode())
    connection.execute("UPDATE entries SET body = ?, crc = ? WHERE seq = ?", (old, crc, seq))
    connection.execute("PRAGMA user_version = 1")
    connection.commit()
    connection.close()
    with History.open(path, now=clock) as history:
        first = next(call for call in history.calls("run") if call.outcome)
        assert first.outcome == CallOutcome("done", "7")
    connection = sqlite3.connect(path)
    assert connection.execute("PRAGMA user_version").fetchone() == (2,)
    connection.close()
    assert everything(path)[0] == told[0]


@pytest.mark.parametrize("content", [b"not a database at all, but long enough to be one" * 20, b"x", bytes(5000)])
def test_other_files_are_refused_and_left_alone(tmp_path, content):
    """A file that is no history is refused, not overwritten."""
    path = tmp_path / "history.sqlite3"
    path.write_bytes(content)
    with pytest.raises(HistoryError), History.open(path, now=clock):
        pass
    assert path.read_bytes() == content


def test_another_sqlite_database_is_refused_and_left_alone(tmp_path):
    """A database of another program is refused, not written to."""
    path = tmp_path / "history.sqlite3"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE entries (seq)")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(HistoryError, match="not a history of xcu-sheets"), History.open(path, now=clock):
        pass
    assert path.read_bytes() == before


def test_a_changed_table_is_refused(path):
    """A history whose table got an index or another shape is refused."""
    connection = sqlite3.connect(path)
    connection.execute("CREATE INDEX by_run ON entries (run_id)")
    connection.close()
    with pytest.raises(HistoryError, match="its table is not as it was made"), History.open(path, now=clock):
        pass


def test_a_folder_in_the_way_is_one_line(tmp_path):
    """A path that cannot be a file is a HistoryError, not a traceback."""
    (tmp_path / "history.sqlite3").mkdir()
    with pytest.raises(HistoryError), History.open(tmp_path / "history.sqlite3", now=clock):
        pass
    (tmp_path / "file").write_text("")
    with pytest.raises(HistoryError), History.open(tmp_path / "file" / "history.sqlite3", now=clock):
        pass


def test_a_seal_that_cannot_be_read_is_one_line(path):
    """A folder where the seal belongs is a HistoryError that names it."""
    path.with_suffix(".seq").unlink()
    path.with_suffix(".seq").mkdir()
    with pytest.raises(HistoryError, match=r"history\.seq cannot be read"), History.open(path, now=clock):
        pass


def test_entries_lost_while_it_is_open_are_noticed(path):
    """A history swapped for an older copy between planning and starting is refused at the start of the run."""
    older = {file: file.read_bytes() for file in path.parent.iterdir()}
    write_run(path, "second")
    with History.open(path, now=clock) as history:
        for file, content in older.items():
            file.write_bytes(content)
        with pytest.raises(HistoryError):
            history.start_run(RunStart("third", SERVER, "root", ("u1",), "b", "", "", "{}", "0"))


def test_a_commit_cut_off_half_way_is_rolled_back(path, told, tmp_path):
    """Pages of an unfinished commit already in the file: undone with the journal; without it refused or whole."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode = TRUNCATE")
    connection.execute("PRAGMA cache_size = 2")
    connection.execute("BEGIN IMMEDIATE")
    connection.execute("UPDATE entries SET body = body || ' '")
    rows = [(1000 + n, 0, "call", "run", clock(), "x" * 900) for n in range(200)]
    connection.executemany("INSERT INTO entries VALUES (?, ?, ?, ?, ?, ?)", rows)
    (tmp_path / "crashed").mkdir()
    crashed = tmp_path / "crashed" / path.name
    for file in path.parent.glob("history.*"):
        shutil.copy(file, crashed.parent / file.name)
    connection.execute("ROLLBACK")
    connection.close()
    journal = crashed.with_name(path.name + "-journal")
    assert journal.stat().st_size > 0
    assert crashed.read_bytes() != path.read_bytes()
    content = crashed.read_bytes()
    assert everything(crashed) == told
    crashed.write_bytes(content)
    journal.unlink(missing_ok=True)
    assert not whole_or_refused(crashed, told)
