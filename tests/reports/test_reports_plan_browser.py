"""The plan's page in a real browser: it fetches nothing, runs nothing, and fits wide and narrow screens."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from planning.worlds import USERS, exported, person, planned, with_rows, world

from xcu_sheets.model.view import View
from xcu_sheets.reports.approval import make_approval
from xcu_sheets.reports.plan_page import write_plan_page

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = pytest.mark.skipif(not CHROMIUM, reason="Chromium is not installed")

HOSTILE = ("<script>alert(1)</script>", "<img src=x onerror=alert(2)>", "x" * 120, "=cmd|'/c calc'!A1")


@pytest.fixture(scope="module")
def page_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of a plan whose people have names that mean harm."""
    live = world(USERS)
    book = with_rows(exported(live), "users", *(person(name, "Doe") for name in HOSTILE))
    plan = planned(book, live, available={})
    return write_plan_page(tmp_path_factory.mktemp("plan") / "plan.html", make_approval(plan, View.of_snapshot(live)))


def test_the_page_in_a_browser(page_file: Path) -> None:
    """No request but its own, no dialog, no script; names are read as names; nothing runs off the screen."""
    heard: list[str] = []
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": 1400, "height": 900})
        page.on("request", lambda request: heard.append(request.url))
        page.on("console", lambda message: heard.append(message.text))
        page.on("dialog", lambda dialog: (heard.append(dialog.message), dialog.dismiss()))
        page.goto(page_file.as_uri())
        read, scripts = page.inner_text("main"), page.locator("script, img, iframe").count()
        widths = []
        for width in (1400, 420):
            page.set_viewport_size({"width": width, "height": 900})
            widths.append(page.evaluate("document.documentElement.scrollWidth") - width)
        browser.close()
    assert heard == [page_file.as_uri()] and scripts == 0
    assert all(f"{name} Doe" in read for name in HOSTILE)
    assert widths == [0, 0]
