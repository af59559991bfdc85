"""The base of every HTML page: texts stay texts, nothing is fetched, and the evidence stands at its end."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from jinja2 import UndefinedError
from support import Cli

from xcu_sheets.files import read_book
from xcu_sheets.reports.evidence import Evidence, Source, evidence_lines, file_digest, source_of
from xcu_sheets.reports.page import Page, percent, render_page, thousands, write_page
from xcu_sheets.running.inputs import live_input
from xcu_sheets.sandbox import Sandbox
from xcu_sheets.server import Client, read_snapshot

EVIDENCE = Evidence(
    command="xcu-sheets audit out.html",
    version="9.9",
    made_at="2026-11-24T08:00:00Z",
    inputs=(Source("live", "ab" * 32, "http://xcu.example:9001", "admin", "2026-11-24T07:59:00Z"),),
)


def page(title: str = "A page", lead: str = "of one line") -> Page:
    """Return what surrounds a page's content."""
    return Page(title, lead, evidence_lines(EVIDENCE))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
        ('" onload="x', "&#34; onload=&#34;x"),
        ("\x1b[2J", r"\x1b[2J"),
        ("\u202ecod.exe", r"\u202ecod.exe"),
        ("{{ page }}", "{{ page }}"),
        ("a\nb", r"a\x0ab"),
    ],
)
def test_a_hostile_text_is_shown_as_text(text: str, shown: str) -> None:
    """Markup is escaped, and what a browser would act on or turn round is made visible."""
    html = render_page("base.html", page(lead=text))
    assert f"<p>{shown}</p>" in html


def test_a_page_names_no_address_and_no_script() -> None:
    """What a page of ours may not do is also forbidden to the browser, by the page itself."""
    html = render_page("base.html", page())
    assert not re.search(r"<script|javascript:|https?:(?!//xcu\.example)|@import|url\(|\bsrc=|\bhref=", html)
    assert "default-src 'none'" in html


def test_a_missing_member_is_an_error() -> None:
    """A page never has a silent gap."""
    with pytest.raises(UndefinedError):
        render_page("base.html", None)  # type: ignore[arg-type]


def test_a_page_is_written_for_its_owner_only(tmp_path: Path) -> None:
    """It names people."""
    saved = write_page(tmp_path / "p.html", "base.html", page())
    assert saved.stat().st_mode & 0o077 == 0
    assert "xcu-sheets audit out.html" in saved.read_text(encoding="utf-8")


def test_the_evidence_names_each_of_several_inputs() -> None:
    """Two inputs are told apart by number; what is not known is no line."""
    two = Evidence("xcu-sheets diff a b", "9.9", "now", (*EVIDENCE.inputs, Source("b.xlsx", "cd" * 32, version="9.8")))
    lines = dict(evidence_lines(two))
    assert lines["Input (1)"] == "the server as it was read"
    assert lines["Input (2)"] == "b.xlsx"
    assert lines["Written by (2)"] == "xcu-sheets 9.8"
    assert lines["SHA-256 (2)"] == "cd" * 32
    assert "Server (2)" not in lines
    assert two.to_json()["inputs"][1]["sha256"] == "cd" * 32


def test_a_server_has_the_digest_of_its_export(server: Sandbox, cli: Cli, tmp_path: Path) -> None:
    """Who holds the book of the same moment can prove that a report is about what it says."""
    cli("export", tmp_path / "book.xlsx")
    with Client(server.url, "admin", "superpass") as client:
        source = source_of(live_input(read_snapshot(client, taken_at="now")))
        assert source.sha256 == read_book(tmp_path / "book.xlsx").digest()
        server.edit_user(5, last_name="Other")
        assert live_input(read_snapshot(client, taken_at="now")).sha256 != source.sha256


def test_a_file_has_the_digest_of_its_bytes(tmp_path: Path) -> None:
    """It is what sha256sum prints."""
    (tmp_path / "a").write_bytes(b"abc")
    assert file_digest(tmp_path / "a").startswith("ba7816bf8f01cfea")


def test_shares_and_counts_read_well() -> None:
    """Almost full is not full, almost empty not empty, nothing to divide by is a dash."""
    assert [percent(x) for x in (0.0, 0.0001, 0.5, 0.9999, 1.0, None)] == ["0 %", "1 %", "50 %", "99 %", "100 %", "–"]
    assert [thousands(n) for n in (0, 1234567, None)] == ["0", "1 234 567", "–"]
