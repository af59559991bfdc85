"""The plan for the people who approve it: what hurts and why, how many rows per entity, and how the files say it."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path

import pytest
from openpyxl import load_workbook
from planning.worlds import (
    C1,
    D1,
    DEFAULT_1,
    USERS,
    X1,
    edited,
    entity,
    exported,
    hand_made,
    person,
    planned,
    user,
    with_rows,
    world,
)

from xcu_sheets.model.book import Book
from xcu_sheets.model.snapshot import Snapshot
from xcu_sheets.model.view import View
from xcu_sheets.planning.plan import Plan
from xcu_sheets.reports.approval import Approval, make_approval
from xcu_sheets.reports.plan_book import write_plan_book
from xcu_sheets.reports.plan_page import SHOWN_HURTS, write_plan_page
from xcu_sheets.reports.plan_words import HURT_TITLES, TITLES
from xcu_sheets.words import speaking

LIVE = world()


def plan_of(book: Book, live: Snapshot = LIVE, **options: object) -> Plan:
    """Return the plan with its numbers, however many rows change."""
    return planned(book, live, available={}, allow_changes=99, allow_delete=True, **options)


def shown(book: Book, live: Snapshot = LIVE, **options: object) -> Approval:
    """Return what is shown of a book's plan."""
    return make_approval(plan_of(book, live, **options), View.of_snapshot(live))


def hurts(approval: Approval) -> list[tuple[str, str, str, str, str]]:
    """Return (kind, row, who, before, after) of what hurts."""
    return [(h.kind, h.row, h.who, h.before, h.after) for h in approval.hurts]


# Rows of the exported book: 2 Marie Martin 1700, 3 Sean O'Brien 1701, 4 Zoé Durand 2100 (C1), 5 Luc Petit 1705 (D2).
HURTING = [
    ({(2, "action"): "delete"}, ("delete", "Internal number: 1700; CTI login: mmartin", "")),
    ({(2, "cti_password"): "N3w-One"}, ("password", "(not shown)", "the one typed in the book")),
    ({(2, "cti_password"): "auto"}, ("password", "(not shown)", "one that is made when the plan is sent")),
    (
        {(2, "first_name"): "Ada", (2, "last_name"): "Lovelace", (2, "action"): "update"},
        ("renamed", "Marie Martin", "Ada Lovelace"),
    ),
    ({(2, "template"): "Bureau"}, ("template", "(not shown)", "Bureau")),
]


@pytest.mark.parametrize(("cells", "expected"), HURTING)
def test_what_hurts_by_itself(cells: dict[tuple[int, str], str], expected: tuple[str, str, str]) -> None:
    """A deletion, a password, both names, a template: each once, with what was there and what comes."""
    kind, before, after = expected
    assert hurts(shown(edited(exported(LIVE), "users", cells))) == [(kind, "users!2", "Marie Martin", before, after)]


HARMLESS = [
    {(2, "internal_number"): "1703"},
    {(2, "first_name"): "Ada"},
    {(2, "first_name"): "MARIE", (2, "last_name"): "MARTIN"},
    {(2, "cti_login"): "m.martin"},
]


@pytest.mark.parametrize("cells", HARMLESS)
def test_what_does_not_hurt(cells: dict[tuple[int, str], str]) -> None:
    """A free number, one of two names, other capitals, another login: changes like any other."""
    approval = shown(edited(exported(LIVE), "users", cells))
    assert approval.hurts == () and approval.lines


def test_new_people_do_not_hurt() -> None:
    """A template and a password are nothing taken from anybody where nobody was."""
    approval = shown(hand_made("users", person("Ada", "Lovelace", cti_login="ada", cti_password="S3cret")))
    assert approval.hurts == ()


def test_a_number_that_a_deleted_one_leaves_to_a_new_one() -> None:
    """Who calls it reaches somebody else: the taker's row, and whose it was."""
    book = with_rows(
        edited(exported(LIVE), "users", {(3, "action"): "delete"}), "users", person("Ada", "Lovelace", "1701")
    )
    passing = [h for h in hurts(shown(book)) if h[0] == "number_passes"]
    assert passing == [
        ("number_passes", "users!6", "Ada Lovelace", "1701: Sean O'Brien (users!3)", "1701: Ada Lovelace")
    ]


def test_numbers_exchanged_pass_both_ways() -> None:
    """A ring of two is two people who are called by another's number."""
    book = edited(exported(LIVE), "users", {(2, "internal_number"): "1701", (3, "internal_number"): "1700"})
    assert [(h[0], h[1]) for h in hurts(shown(book))] == [("number_passes", "users!2"), ("number_passes", "users!3")]


def test_a_number_freed_on_one_xivo_does_not_pass_to_another() -> None:
    """Numbers of two XiVOs are two numbers; within one XiVO the entity does not matter."""
    freed = edited(exported(LIVE), "users", {(5, "internal_number"): "1706"})
    assert shown(with_rows(freed, "users", person("Ada", "Lovelace", "1705", D1))).hurts == ()
    overlapping = world((*USERS, user(9, LIVE.records["entities"][1], "Luc", "Petit", "1704")))
    gone = edited(exported(overlapping), "users", {(6, "action"): "delete"})
    kinds = [h.kind for h in shown(with_rows(gone, "users", person("Ada", "Lovelace", "1704", D1)), overlapping).hurts]
    assert kinds == ["delete", "number_passes"]


def test_a_row_that_is_not_sent_hurts_nobody() -> None:
    """What is refused changes nothing."""
    book = edited(exported(LIVE), "users", {(2, "action"): "delete", (2, "id"): "999"})
    approval = shown(book)
    assert approval.hurts == () and approval.lines == ()


def test_what_hurts_most_comes_first() -> None:
    """Deletions before passwords before templates, whatever the order of the rows."""
    cells = {
        (2, "template"): "Bureau",
        (3, "cti_login"): "sean",
        (3, "cti_password"): "N3w-One",
        (4, "action"): "delete",
    }
    assert [h.kind for h in shown(edited(exported(LIVE), "users", cells)).hurts] == ["delete", "password", "template"]


def test_every_row_is_counted_once_in_its_entity() -> None:
    """New, changed, unchanged and refused rows, by what people call the entity; the sum is the number of rows."""
    book = edited(exported(LIVE), "users", {(2, "first_name"): "Maria", (3, "internal_number"): "9"})
    book = with_rows(book, "users", person("Ada", "Lovelace", entity_=C1), person("Nobody", "Nowhere", entity_="?"))
    counts = {(e.entity, e.xivo): dict(e.counts) for e in shown(book).entities}
    assert counts == {
        ("Default (xivo1)", "xivo1"): {"update": 1, "refused": 1},
        ("Bloc", "xivo1"): {"create": 1, "unchanged": 1},
        ("Default (xivo2)", "xivo2"): {"unchanged": 1},
        ("?", ""): {"refused": 1},
    }


def test_lines_say_before_and_after_of_every_cell() -> None:
    """One line for each cell that changes, one for a record that is made or goes; the chosen number is said."""
    book = edited(exported(LIVE), "users", {(2, "first_name"): "Maria", (2, "cti_login"): "<clear>"})
    approval = shown(with_rows(book, "users", person("Ada", "Lovelace")))
    assert [(x.row, x.action, x.column, x.before, x.after) for x in approval.lines] == [
        (2, "update", "First name", "Marie", "Maria"),
        (2, "update", "CTI login", "mmartin", "(emptied)"),
        (6, "create", "", "", "Template: Standard; Internal number: 1702"),
    ]
    assert approval.lines[-1].remark.startswith("number chosen")


def test_neither_secrets_nor_provisioning_codes_are_shown() -> None:
    """Not of the book, not of a deleted record, not even one that somebody typed where it is ignored."""
    cells = {
        (2, "cti_password"): "S3cret-One",
        (3, "action"): "delete",
        (4, "provisioning_number"): "777777",
        (5, "cti_password"): "é-S3cret",
    }
    new = person("Ada", "Lovelace", cti_login="ada", cti_password="S3cret-Two")
    approval = shown(with_rows(edited(exported(LIVE), "users", cells), "users", new))
    told = repr((approval.hurts, approval.lines, approval.notes, approval.entities))
    assert "is ignored" in told and "the one typed in the book" in told
    for hidden in ("S3cret", "777777", "100002", "***"):
        assert hidden not in told, hidden


def test_what_stops_the_whole_plan_comes_first_among_the_notes() -> None:
    """A plan of too many changes is refused as a whole: that is said before anything about a row."""
    crowd = world([user(100 + n, DEFAULT_1, f"First{n}", f"Last{n}", str(500000 + n)) for n in range(12)])
    cells = {(row, "last_name"): f"Other{row}" for row in range(2, 9)}
    plan = planned(edited(exported(crowd), "users", cells), crowd, available={})
    approval = make_approval(plan, View.of_snapshot(crowd))
    assert plan.blocked and not approval.notes[0].row and "more than 30 %" in approval.notes[0].text


def cells_of(path: Path, sheet: str) -> list[list[str]]:
    """Return a sheet's rows as text, blank cells as empty text; every cell must be text or a count."""
    found = load_workbook(path)[sheet]
    assert {cell.data_type for row in found.iter_rows() for cell in row} <= {"s", "n", "inlineStr"}
    return [["" if v is None else str(v) for v in row] for row in found.iter_rows(values_only=True)]


HOSTILE = ("=cmd|'/c calc'!A1", "<script>alert(1)</script>", "\x1b[31mred", "\u202egnp.exe", "@SUM(1)")


@pytest.fixture
def hostile() -> Approval:
    """What is shown of a plan whose people have names that mean harm."""
    rows = [person(name, "Doe") for name in HOSTILE]
    live = world([*USERS, *(user(50 + n, DEFAULT_1, name, "Roe", f"196{n}") for n, name in enumerate(HOSTILE[3:]))])
    return shown(with_rows(edited(exported(live), "users", {(6, "action"): "delete"}), "users", *rows), live)


def test_the_workbook_has_what_hurts_first_then_entities_then_rows(tmp_path: Path, hostile: Approval) -> None:
    """Its sheets in that order; the front lists each way of hurting, those that do not occur as well."""
    path = write_plan_book(tmp_path / "plan.xlsx", hostile)
    assert load_workbook(path).sheetnames == ["What hurts", "Entities", "Rows", "Remarks"]
    front = cells_of(path, "What hurts")
    titles = {row[1]: row[0] for row in front if row[1] in HURT_TITLES.values()}
    assert titles == {title: str(len(hostile.of_kind(kind))) for kind, title in HURT_TITLES.items()}
    assert ["Plan, SHA-256", hostile.plan.checksum] in [row[:2] for row in front]
    assert len(cells_of(path, "Rows")) == 1 + len(hostile.lines)
    entities = cells_of(path, "Entities")
    assert next(row for row in entities if row[0] == "All users")[2:5] == ["4", "0", "1"]


def test_hostile_names_stay_text_in_the_workbook(tmp_path: Path, hostile: Approval) -> None:
    """No formula, no escape, no mark that turns the writing round."""
    path = write_plan_book(tmp_path / "plan.xlsx", hostile)
    rows = [text for sheet in load_workbook(path).sheetnames for line in cells_of(path, sheet) for text in line]
    assert any(text.startswith("=cmd|") for text in rows)
    assert not any(char in text for text in rows for char in "\x1b\u202e")
    assert any("\\u202egnp.exe" in text for text in rows)


class Reader(HTMLParser):
    """Reads a page as a browser does: its elements, the text of its headings, and all of its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.addresses: list[str] = []
        self.headings: list[str] = []
        self.texts: list[str] = []
        self._open: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self._open.append(tag)
        self.addresses += [name for name, _ in attrs if name in ("src", "href", "onload", "onerror")]

    def handle_data(self, data: str) -> None:
        self.texts.append(data.strip())
        if self._open[-1:] == ["h2"]:
            self.headings.append(data.strip())
            self._open.append("")


def read_page(path: Path) -> Reader:
    """Return a page as a browser reads it."""
    return Reader(path.read_text(encoding="utf-8"))


def test_the_page_has_what_hurts_first_then_entities_then_rows(tmp_path: Path, hostile: Approval) -> None:
    """In that order, what stays behind after them, and at its end which plan it is."""
    page = read_page(write_plan_page(tmp_path / "plan.html", hostile))
    assert page.headings == [
        "What hurts",
        "Rows of each entity",
        "Every row that would be sent",
        "Rows that stay behind, and remarks",
        "What this page rests on",
    ]
    assert hostile.plan.checksum in page.texts


def test_hostile_names_stay_text_on_the_page(tmp_path: Path, hostile: Approval) -> None:
    """A name with a tag is read as a name, nothing is fetched or run, and a mark that turns writing round is shown."""
    page = read_page(write_plan_page(tmp_path / "plan.html", hostile))
    assert "<script>alert(1)</script> Doe" in page.texts
    assert not {"script", "img", "iframe", "object"} & page.tags and not page.addresses
    assert any("\\u202egnp.exe" in text for text in page.texts)


def test_a_plan_that_hurts_nobody_says_so(tmp_path: Path) -> None:
    """The silence of an empty list is not left to be guessed at."""
    calm = shown(hand_made("users", person("Ada", "Lovelace")))
    assert TITLES["no_hurt"] in read_page(write_plan_page(tmp_path / "plan.html", calm)).texts
    assert [TITLES["no_hurt"]] in [
        row[:1] for row in cells_of(write_plan_book(tmp_path / "plan.xlsx", calm), "What hurts")
    ]


def test_a_refused_plan_says_so_on_top(tmp_path: Path) -> None:
    """Nobody approves what cannot be sent."""
    crowd = world([user(100 + n, DEFAULT_1, f"First{n}", f"Last{n}", str(500000 + n)) for n in range(12)])
    plan = planned(
        edited(exported(crowd), "users", {(r, "last_name"): f"Other{r}" for r in range(2, 9)}), crowd, available={}
    )
    approval = make_approval(plan, View.of_snapshot(crowd))
    page = read_page(write_plan_page(tmp_path / "plan.html", approval))
    assert page.texts.index(TITLES["blocked"]) < page.texts.index("What hurts")
    assert cells_of(write_plan_book(tmp_path / "plan.xlsx", approval), "What hurts")[3][0] == TITLES["blocked"]


def test_long_plans_say_what_the_page_leaves_out(tmp_path: Path) -> None:
    """Nothing is cut without a word, and the workbook has every line."""
    live = world([user(n, DEFAULT_1, f"First{n}", f"Last{n}", str(500000 + n)) for n in range(1, SHOWN_HURTS + 3)])
    cells = {(row, "template"): "Standard" for row in range(2, SHOWN_HURTS + 4)}
    approval = make_approval(
        planned(edited(exported(live), "users", cells), live, available={}, allow_changes=999), View.of_snapshot(live)
    )
    assert "and 2 more lines, in the workbook" in read_page(write_plan_page(tmp_path / "plan.html", approval)).texts
    assert len(cells_of(write_plan_book(tmp_path / "plan.xlsx", approval), "Rows")) == SHOWN_HURTS + 3


def test_a_plan_is_said_in_french(tmp_path: Path) -> None:
    """Titles, columns and what is not shown, in the workbook and on the page; names and numbers stay as they are."""
    book = edited(exported(LIVE), "users", {(2, "first_name"): "Maria", (2, "template"): "Bureau"})
    with speaking("fr"):
        approval = shown(book)
        path = write_plan_book(tmp_path / "plan.xlsx", approval)
        page = read_page(write_plan_page(tmp_path / "plan.html", approval))
    assert load_workbook(path).sheetnames == ["Points sensibles", "Entités", "Lignes", "Remarques"]
    assert ["Prénom", "Marie", "Maria"] in [row[5:8] for row in cells_of(path, "Lignes")]
    assert ["Modèle", "(non affiché)", "Bureau"] in [row[5:8] for row in cells_of(path, "Lignes")]
    assert page.headings[:3] == ["Points sensibles", "Lignes par entité", "Toutes les lignes qui seraient envoyées"]
    assert [text for text in page.texts if text.startswith("1 modifiée, ")]


def test_each_row_to_be_sent_has_a_line(hostile: Approval) -> None:
    """Nothing is sent that the people who approve did not see."""
    assert {(x.sheet, x.row) for x in hostile.lines} == {(c.sheet, c.row) for c in hostile.plan.to_send}
    assert len(hostile.lines) == 5


def test_templates_and_entities_that_go_hurt_as_well() -> None:
    """What they held is shown; nobody's entity is counted for them."""
    spare = entity(31, "spare", X1, "3000-3009")
    live = world(entities=[*LIVE.records["entities"], spare])
    book = edited(exported(live), "templates", {(2, "action"): "delete"})
    book = edited(book, "entities", {(5, "action"): "delete"})
    approval = shown(book, live, include=("entities",))
    told = {h.row: (h.kind, h.who, h.entity, h.before) for h in approval.hurts}
    assert told["templates!2"][:3] == ("delete", "Standard", "") and "Ringing time: 30" in told["templates!2"][3]
    assert told["entities!5"][:2] == ("delete", "spare") and "Intervals: 3000-3009" in told["entities!5"][3]
    assert told["entities!5"][2] == "Spare"
    assert sum(sum(e.counts.values()) for e in approval.entities) == 4
    assert approval.sheets["templates"]["delete"] == 1
