"""The page of an audit in a real browser: it fetches nothing, runs nothing, fits, and prints."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from audits import COMMAND, IMAGE, SCRIPT, make_hostile, report_of

from xcu_sheets.reports.audit import read_earlier, write_audit
from xcu_sheets.sandbox import Sandbox, SandboxConfig

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = pytest.mark.skipif(not CHROMIUM, reason="Chromium is not installed")


@pytest.fixture(scope="module")
def browser() -> Iterator[playwright.Browser]:
    """Headless Chromium of the system."""
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def audit_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An audit of a server with hostile names, compared with one of before."""
    folder = tmp_path_factory.mktemp("audit")
    with Sandbox(SandboxConfig(entities=9, xivos=3)) as server:
        write_audit(folder / "old.json", report_of(server))
        make_hostile(server)
        report = report_of(server, read_earlier(folder / "old.json"))
    return write_audit(folder / "audit.html", report)


class Visit:
    """A page that was opened, and all that it did meanwhile."""

    def __init__(self, browser: playwright.Browser, path: Path, width: int = 1400) -> None:
        self.page = browser.new_page(viewport={"width": width, "height": 900})
        self.requests: list[str] = []
        self.said: list[str] = []
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("console", lambda message: self.said.append(message.text))
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.page.on("dialog", lambda dialog: (self.said.append(dialog.message), dialog.dismiss()))
        self.page.goto(path.as_uri())


@pytest.fixture(scope="module")
def visit(browser: playwright.Browser, audit_file: Path) -> Iterator[Visit]:
    """The audit, opened on a wide screen."""
    visit = Visit(browser, audit_file)
    yield visit
    visit.page.close()


def test_the_page_asks_for_itself_only_and_runs_nothing(visit: Visit, audit_file: Path) -> None:
    """No other address is asked, nothing is logged, no script and no image is in it, however people are called."""
    assert visit.requests == [audit_file.as_uri()]
    assert visit.said == []
    assert visit.page.title() == "XCU audit"
    assert visit.page.locator("script, img, iframe, link, object, [onerror], [href], [src]").count() == 0


@pytest.mark.parametrize("name", [SCRIPT, IMAGE, COMMAND, r"\x1b[2Jgone", "{{ 7*7 }}", "abctxt.exe"])
def test_a_hostile_name_is_read_as_it_is_written(visit: Visit, name: str) -> None:
    """What a person sees is the name; marks that would turn it round are gone or visible."""
    text = visit.page.locator("main").inner_text()
    assert name in text
    assert "\u202e" not in text
    assert "\x1b" not in text


def test_every_entity_has_its_bar(visit: Visit) -> None:
    """As wide as the share that is said beside it, the fullest on top."""
    bars = visit.page.locator("svg.bar")
    assert bars.count() == 9 + 3
    widths = [
        float(w.rstrip("%"))
        for w in bars.locator("rect:nth-of-type(2)").evaluate_all("r => r.map(e => e.getAttribute('width'))")
    ]
    assert widths[:9] == sorted(widths[:9], reverse=True)
    assert widths[0] > 0
    drawn = bars.first.locator("rect:nth-of-type(2)").bounding_box()
    whole = bars.first.bounding_box()
    assert drawn and whole
    assert drawn["width"] / whole["width"] == pytest.approx(widths[0] / 100, abs=0.02)


def test_what_is_new_and_what_is_gone_is_shown(visit: Visit) -> None:
    """Each finding says whether the earlier audit had it; those that are gone come last."""
    assert visit.page.locator("section .pill.new").count() > 5
    assert visit.page.get_by_role("heading", name="No longer found").count() == 1


def test_the_evidence_is_at_the_end(visit: Visit) -> None:
    """Input, digest, time and command."""
    text = visit.page.locator("footer").inner_text()
    assert "SHA-256" in text
    assert f"xcu-sheets audit {SCRIPT}" in text


@pytest.mark.parametrize("width", [1400, 768, 420, 320])
def test_nothing_is_wider_than_the_screen(browser: playwright.Browser, audit_file: Path, width: int) -> None:
    """A telephone shows the whole page without scrolling sideways."""
    visit = Visit(browser, audit_file, width)
    assert visit.page.evaluate("document.documentElement.scrollWidth") <= width
    visit.page.close()


def test_it_prints_on_paper(browser: playwright.Browser, audit_file: Path) -> None:
    """A4, its band left white, nothing cut off at the side."""
    visit = Visit(browser, audit_file)
    pdf = visit.page.pdf(prefer_css_page_size=True)
    assert pdf.startswith(b"%PDF")
    visit.page.set_viewport_size({"width": 700, "height": 1000})
    visit.page.emulate_media(media="print")
    assert visit.page.evaluate("document.documentElement.scrollWidth") <= 700
    assert visit.page.locator(".band").evaluate("e => getComputedStyle(e).backgroundColor") == "rgba(0, 0, 0, 0)"
    visit.page.close()
