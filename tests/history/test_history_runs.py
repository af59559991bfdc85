"""The history as one process uses it: what goes in comes out, and what must not go in does not."""

from __future__ import annotations

import os
import stat
import threading
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import pytest

from xcu_sheets.history import CallOutcome, History, HistoryHeld, Intent, RunStart, default_path
from xcu_sheets.model.errors import HistoryError
from xcu_sheets.model.memory import Made
from xcu_sheets.model.outcomes import Outcome
from xcu_sheets.model.records import Secret

SERVER = "http://xcu.example:9001"
RUN = RunStart(
    run_id="20260201-1200-abcd",
    server=SERVER,
    login="root",
    xivo_uuids=("u-1", "u-2"),
    book_id="book-1",
    book_digest="d" * 64,
    plan_checksum="c" * 64,
    plan_json='{"changes": ["é"]}',
    tool_version="0.1.0",
    options={"workers": 4},
    snapshot_ids={"users": ("1", "2")},
)
CREATE = Intent("users", 7, "POST", "2001", after={"first_name": "Zoé \ud83d", "last_name": "=1+1"}, action="create")


def clock() -> str:
    return "2026-02-01T12:00:00Z"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "history.sqlite3"


def test_what_was_recorded_is_read_back_after_closing(path):
    """Run, plan, start ids, intents, outcomes and row ends survive closing, surrogates included."""
    with History.open(path, now=clock) as history:
        assert history.start_run(RUN) is None
        first, second = history.record_intents(RUN.run_id, [CREATE, replace(CREATE, row=8, before=None)])
        history.record_outcomes(
            [(first, CallOutcome("created", "559", ({"code": "ok"},), {"first_name": "Marie"}, True, 80))]
        )
        history.end_run(RUN.run_id, "interrupted", [Outcome("users", 7, "create", "created", "559", "2001", "123456")])
    with History.open(path, now=clock) as history:
        one, two = history.calls(RUN.run_id)
        assert (one.call_id, one.intent, one.outcome) == (
            first,
            CREATE,
            CallOutcome("created", "559", ({"code": "ok"},), {"first_name": "Marie"}, True, 80),
        )
        assert (two.call_id, two.outcome) == (second, None)
        assert history.plan(RUN.run_id) == (RUN.plan_json, {"users": ("1", "2")})
        assert history.report(RUN.run_id)[0]["id"] == "559"
        (run,) = history.runs()
        assert (run.status, run.calls, run.unanswered, run.options) == ("interrupted", 2, 1, {"workers": 4})
        assert (run.started, run.ended, run.xivo_uuids) == (clock(), clock(), ("u-1", "u-2"))


@pytest.mark.parametrize(
    ("plan", "book_path"),
    [('{"book": {"path": "/é.csv"}}', "/é.csv"), ("{}", ""), ('{"p": 1}{"p": 1}', ""), ("[]", "")],
)
def test_a_run_tells_where_its_book_lay(path, plan, book_path):
    """The list names the book without reading any plan; a plan without a book has none."""
    with History.open(path, now=clock) as history:
        history.start_run(replace(RUN, plan_json=plan))
        assert history.run(RUN.run_id).book_path == book_path


def test_provisioning_numbers_are_not_kept(path):
    """A provisioning number in an outcome does not reach the file (DESIGN rule 14)."""
    with History.open(path, now=clock) as history:
        history.start_run(RUN)
        history.end_run(RUN.run_id, "finished", [Outcome("users", 7, "create", "created", "559", "2001", "654321")])
    assert b"654321" not in path.read_bytes()


def test_a_plan_is_applied_once(path):
    """A run id that was ever started is refused, with the date, and the history stays free for others."""
    with History.open(path, now=clock) as history:
        history.start_run(RUN)
        history.end_run(RUN.run_id, "finished")
        with pytest.raises(HistoryError, match=r"already applied on 2026-02-01.*make a new plan"):
            history.start_run(RUN)
    with History.open(path, now=clock) as history:
        with pytest.raises(HistoryError, match="already applied"):
            history.start_run(RUN)
        history.start_run(replace(RUN, run_id="another"))


def test_an_unfinished_run_is_found_and_continued(path):
    """A run that was interrupted, failed or never ended is offered for its book and server, a finished one is not."""
    with History.open(path, now=clock) as history:
        history.start_run(RUN)
        (call,) = history.record_intents(RUN.run_id, [CREATE])
    with History.open(path, now=clock) as history:
        found = history.unfinished(SERVER, "book-1")
        assert found is not None
        assert (found.run_id, found.status, found.unanswered) == (RUN.run_id, "unfinished", 1)
        assert history.unfinished(SERVER, "book-2") is None
        assert history.unfinished("http://other:9001", "book-1") is None
        assert history.unfinished(SERVER, "book-1", "e" * 64) is None
        history.continue_run(RUN.run_id)
        history.record_outcomes([(call, CallOutcome("unknown"))])
        history.record_outcomes([(call, CallOutcome("created", "9"))])
        history.end_run(RUN.run_id, "failed")
        assert history.calls(RUN.run_id)[0].outcome == CallOutcome("created", "9")
        found = history.unfinished(SERVER, "book-1")
        assert found is not None
        assert (found.status, found.unanswered) == ("failed", 0)
        history.continue_run(RUN.run_id)
        assert history.run(RUN.run_id).status == "unfinished"
        history.end_run(RUN.run_id, "finished")
        assert history.unfinished(SERVER, "book-1") is None
        with pytest.raises(HistoryError, match="nothing is left to resume"):
            history.continue_run(RUN.run_id)
        with pytest.raises(HistoryError, match="there is no run nobody"):
            history.continue_run("nobody")
        with pytest.raises(HistoryError, match="there is no plan of a run nobody"):
            history.plan("nobody")


def test_nothing_is_recorded_outside_a_run(path):
    """Intents, outcomes and memories need the run that holds the history."""
    with History.open(path, now=clock) as history:
        with pytest.raises(HistoryError, match="not under way"):
            history.record_intents(RUN.run_id, [CREATE])
        history.start_run(RUN)
        (call,) = history.record_intents(RUN.run_id, [CREATE])
        assert history.record_intents(RUN.run_id, []) == []
        with pytest.raises(HistoryError, match="not under way"):
            history.remember("another", [Made("users", 7, "1", "i", "A")])
        with pytest.raises(HistoryError, match="still under way in this process"):
            history.start_run(replace(RUN, run_id="another"))
        with pytest.raises(ValueError, match="not a call of this run"):
            history.record_outcomes([(call + 1, CallOutcome("created"))])
        with pytest.raises(ValueError, match="not a call of this run"):
            history.record_outcomes([(1, CallOutcome("created"))])
        with pytest.raises(ValueError, match="a run ends"):
            history.end_run(RUN.run_id, "done")


@pytest.mark.parametrize("run_id", ["", "é", "a\nb", "\ud800"])
def test_odd_run_ids_are_refused(path, run_id):
    """A run id from a tampered plan cannot spoil the history."""
    with History.open(path, now=clock) as history, pytest.raises(ValueError, match="printable"):
        history.start_run(replace(RUN, run_id=run_id))


def test_a_clock_without_sense_is_refused(path):
    """A time that could not be read back is never written."""
    with pytest.raises(ValueError, match="yesterday"), History.open(path, now=lambda: "yesterday"):
        pass


SECRET = Secret("s3cr3t")


@pytest.mark.parametrize(
    "write",
    [
        lambda h: h.record_intents(RUN.run_id, [replace(CREATE, after={"first_name": SECRET})]),
        lambda h: h.record_intents(RUN.run_id, [replace(CREATE, before={SECRET: "x"})]),
        lambda h: h.record_intents(RUN.run_id, [replace(CREATE, before={"id": 12})]),
        lambda h: h.record_intents(RUN.run_id, [replace(CREATE, after={"cti_password": "s3cr3t"})]),
        lambda h: h.record_intents(RUN.run_id, [replace(CREATE, after={"ctiPassword": "s3cr3t"})]),
        lambda h: h.record_intents(RUN.run_id, [CREATE, replace(CREATE, internal_number=SECRET)]),
        lambda h: h.record_outcomes([(4, CallOutcome("failed", notes=(SECRET,)))]),
        lambda h: h.remember(RUN.run_id, [Made("users", 7, "1", "i", SECRET)]),
        lambda h: h.remember(RUN.run_id, cells={("users", "1"): {"cti_password": "s3cr3t"}}),
        lambda h: h.remember(RUN.run_id, cells={("users", "1"): {"first_name": SECRET}}),
        lambda h: h.remember(RUN.run_id, sent={("users", "1"): {"cti_password": SECRET}}),
        lambda h: h.remember(RUN.run_id, sent={("users", "1"): {"cti_password": "s3cr3t"}}),
        lambda h: h.remember(RUN.run_id, freed=[("1", SECRET)]),
    ],
)
def test_secrets_are_refused(path, write):
    """A Secret, a secret column or a value where a digest belongs is a TypeError, and nothing of the batch is kept."""
    with History.open(path, now=clock) as history:
        history.start_run(RUN)
        history.record_intents(RUN.run_id, [CREATE])
        before = path.read_bytes()
        with pytest.raises(TypeError):
            write(history)
        assert path.read_bytes() == before
        history.end_run(RUN.run_id, "finished")


def test_secrets_in_options_are_refused(path):
    """A run whose options hold a Secret does not start and holds nothing."""
    with History.open(path, now=clock) as history:
        with pytest.raises(TypeError):
            history.start_run(replace(RUN, options={"password": SECRET}))
        history.start_run(RUN)


def test_any_mapping_can_be_an_image(path):
    """Images may be read-only mappings."""
    image = MappingProxyType({"first_name": "Zoé"})
    with History.open(path, now=clock) as history:
        history.start_run(RUN)
        history.record_intents(RUN.run_id, [replace(CREATE, sheet="contacts", before=image)])
        assert history.calls(RUN.run_id)[0].intent.before == image
        assert not history.memory(SERVER, RUN.xivo_uuids, RUN.book_id).cells


def test_threads_share_one_history(path):
    """Eight threads record at once: every call has its own id and its own outcome."""
    ids: list[int] = []

    def work(thread: int) -> None:
        for row in range(10):
            (call,) = history.record_intents(RUN.run_id, [replace(CREATE, row=100 * thread + row)])
            history.record_outcomes([(call, CallOutcome("created", str(100 * thread + row)))])
            ids.append(call)

    with History.open(path, now=clock) as history:
        history.start_run(RUN)
        threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        calls = history.calls(RUN.run_id)
    assert len(set(ids)) == len(calls) == 80
    assert all(call.outcome and call.outcome.record_id == str(call.intent.row) for call in calls)


def test_a_second_history_in_one_process_is_held_off(path):
    """Two histories of one process exclude each other as two processes do."""
    with History.open(path, now=clock) as one, History.open(path, now=clock) as two:
        one.start_run(RUN)
        with pytest.raises(HistoryHeld) as caught:
            two.start_run(replace(RUN, run_id="another"))
        assert (caught.value.holder.run_id, caught.value.holder.process) == (RUN.run_id, os.getpid())
        with pytest.raises(HistoryHeld, match=f"run {RUN.run_id} on {SERVER} since 2026-02-01"):
            two.runs()
        one.end_run(RUN.run_id, "finished")
        assert [run.run_id for run in two.runs()] == [RUN.run_id]


def test_a_plan_older_than_the_last_run_of_its_book_is_refused(path):
    """Whoever planned before another import of the same book began must plan again; other books may go on."""
    with History.open(path, now=clock) as one, History.open(path, now=clock) as two:
        two.memory(SERVER, ["u-1"], "book-1")
        one.start_run(RUN)
        one.end_run(RUN.run_id, "finished")
        with pytest.raises(HistoryError, match=f"run {RUN.run_id} began after this plan was made"):
            two.start_run(replace(RUN, run_id="another"))
        two.start_run(replace(RUN, run_id="other-book", book_id="book-2"))
        two.end_run("other-book", "finished")
        two.memory(SERVER, ["u-1"], "book-1")
        two.start_run(replace(RUN, run_id="another"))


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX")
def test_only_the_owner_can_read_it(path):
    """File, seal and holder are 0600 in a folder 0700, whatever the umask; an opened-up file is closed again."""
    mask = os.umask(0)
    try:
        with History.open(path, now=clock) as history:
            history.start_run(RUN)
            modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}
    finally:
        os.umask(mask)
    assert set(modes) >= {"history.sqlite3", "history.seq", "history.holder"}
    assert set(modes.values()) == {0o600}
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    path.chmod(0o644)
    with History.open(path, now=clock):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_file_is_kept_as_the_issue_asks(path):
    """Rollback journal truncated, every commit synced, no copies left in pages, exclusive during a run only."""
    with History.open(path, now=clock) as history:
        pragma = history._store._one
        assert (pragma("PRAGMA journal_mode"), pragma("PRAGMA synchronous")) == ("truncate", 2)
        assert (pragma("PRAGMA secure_delete"), pragma("PRAGMA locking_mode")) == (1, "normal")
        history.start_run(RUN)
        assert pragma("PRAGMA locking_mode") == "exclusive"
        history.end_run(RUN.run_id, "finished")
        assert pragma("PRAGMA locking_mode") == "normal"


def test_default_path_follows_the_argument_and_the_platform(tmp_path):
    """A state folder wins over the user's own."""
    assert default_path(str(tmp_path)) == tmp_path / "history.sqlite3"
    assert default_path().parent.name == "xcu-sheets"


def test_paths_with_signs_of_addresses_work(tmp_path):
    """A folder called `a?b#c %41` is a folder."""
    path = tmp_path / "a?b#c %41 é" / "history.sqlite3"
    with History.open(path, now=clock) as history:
        history.start_run(RUN)
    with History.open(path, now=clock) as history:
        assert history.runs()[0].run_id == RUN.run_id
    assert sorted(file.name for file in tmp_path.iterdir()) == ["a?b#c %41 é"]
