"""The first sheets of an audit's workbook: what a manager looks at, its chart, and the numbers behind the chart."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from xlsxwriter.utility import quote_sheetname

from ..auditing.overview import EntityLine, XivoLine
from ..files.sheets import AMBER, SEVERITY_COLOURS
from ..words import translate, translate_n
from .audit import AuditReport
from .audit_figures import by_share, figures, lead, look_of, notes
from .audit_wording import SEVERITIES, title
from .evidence import evidence_lines

CHARTED = 30  # entities: a chart of more is longer than a page
_COLOURS = {"normal": "#3D7AB0", "high": "#DC9A1C", "full": "#B3261E"}
_BLUE, _SOFT, _LINE = "#1F4E78", "#5A6875", "#D0D7DE"
_HEADER = {
    "bold": True,
    "bg_color": _BLUE,
    "font_color": "#FFFFFF",
    "num_format": "@",
    "text_wrap": True,
    "valign": "vcenter",
}
_ROW_HEIGHT = 18
_WIDTHS = (16, 42, 11, 14, 3)  # severity or name, text, two counts, a gap before the chart
_CHART_COLUMN = len(_WIDTHS)


class _Looks:
    """The formats of these sheets, made once."""

    def __init__(self, book: Any) -> None:
        text = {"num_format": "@", "valign": "vcenter", "text_wrap": True}
        edge = {"bottom": 1, "bottom_color": _LINE}
        self.title = book.add_format({"bold": True, "font_size": 20, "font_color": _BLUE, "num_format": "@"})
        self.lead = book.add_format({"font_color": _SOFT, "num_format": "@"})
        self.heading = book.add_format({"bold": True, "font_size": 13, "font_color": _BLUE, "num_format": "@"})
        self.label = book.add_format({**text, **edge, "font_color": _SOFT, "font_size": 9})
        self.right = book.add_format({**text, **edge, "font_color": _SOFT, "font_size": 9, "align": "right"})
        self.text = book.add_format({**text, **edge})
        self.name = book.add_format({**edge, "num_format": "@", "valign": "vcenter"})  # runs on into the next cell
        self.inner = book.add_format({**text, **edge, "indent": 1})
        self.plain = book.add_format({**text, "font_size": 9})
        self.soft = book.add_format({**text, "font_size": 9, "font_color": _SOFT})
        self.note = book.add_format({**text, "bg_color": AMBER})
        self.count = book.add_format({**edge, "num_format": "#,##0", "valign": "vcenter", "align": "right"})
        self.share = book.add_format({**edge, "num_format": "0.0 %", "valign": "vcenter", "align": "right"})
        self.header = book.add_format(_HEADER)
        self.header_right = book.add_format({**_HEADER, "align": "right"})
        pill = {**text, **edge, "bold": True}
        self.severity = {s: book.add_format({**pill, "bg_color": colour}) for s, colour in SEVERITY_COLOURS.items()}


class _Cover:
    """Writes the first sheet from top to bottom, as its constant memory needs it."""

    def __init__(self, sheet: Any, looks: _Looks) -> None:
        self.sheet, self.looks, self.row = sheet, looks, 0

    def line(self, *cells: tuple[Any, Any], height: float = 0) -> None:
        """Write one row, a (value, look) each; None is a blank cell."""
        if height:
            self.sheet.set_row(self.row, height)
        for at, (value, look) in enumerate(cells):
            if value is None:
                self.sheet.write_blank(self.row, at, None, look)
            elif isinstance(value, str):
                self.sheet.write_string(self.row, at, value, look)
            else:
                self.sheet.write_number(self.row, at, value, look)
        self.row += 1

    def heading(self, text: str) -> None:
        """Write a heading below an empty row."""
        self.row += 1
        self.line((text, self.looks.heading), height=24)


def write_cover(sheet: Any, book: Any, report: AuditReport, capacity_sheet: str) -> None:
    """Write the first sheet: figures, findings by rule, XiVOs and evidence, and a chart beside them."""
    cover = _Cover(sheet, _Looks(book))
    sheet.hide_gridlines(2)
    _lay_out(sheet, _WIDTHS)
    _write_head(cover, report)
    top = cover.row + 1
    _write_figures(cover, report)
    _write_glance(cover, report)
    _write_xivos(cover, report.audit.xivos)
    _write_evidence(cover, report)
    _insert_chart(sheet, book, report, capacity_sheet, top)


def _write_head(cover: _Cover, report: AuditReport) -> None:
    looks = cover.looks
    cover.line((translate("XCU audit"), looks.title), height=34)
    cover.line((lead(report), looks.lead))
    for note in notes(report):
        cover.sheet.merge_range(cover.row, 0, cover.row, _CHART_COLUMN - 2, "", looks.note)
        cover.line((note, looks.note), height=16 * (1 + len(note) // 76))


def _write_figures(cover: _Cover, report: AuditReport) -> None:
    cover.heading(translate("In figures"))
    for number, said, _ in figures(report):
        cover.line((said, cover.looks.name), (None, cover.looks.name), (number, cover.looks.count))


def _write_glance(cover: _Cover, report: AuditReport) -> None:
    looks = cover.looks
    cover.heading(translate("At a glance"))
    for section in report.sections:
        severity = translate(SEVERITIES[section.severity])
        cover.line(
            (severity, looks.severity[section.severity]),
            (title(section.rule), looks.inner),
            (len(section.findings), looks.count),
        )
    if not report.sections:
        cover.line((translate("Nothing was found."), looks.text))


def _write_xivos(cover: _Cover, lines: Sequence[XivoLine]) -> None:
    looks = cover.looks
    cover.heading(translate("Slots per XiVO"))
    names = ((translate("XiVO"), looks.label), (None, looks.label))
    cover.line(*names, (translate("Users"), looks.right), (translate("Slots left"), looks.right))
    for line in lines:
        left = "–" if line.slots_left is None else line.slots_left
        cover.line((line.member.label, looks.name), (None, looks.name), (line.users, looks.count), (left, looks.count))


def _write_evidence(cover: _Cover, report: AuditReport) -> None:
    cover.heading(translate("What this audit rests on"))
    for name, text in evidence_lines(report.evidence):
        cover.line((name, cover.looks.soft), (text, cover.looks.plain), height=14 * (1 + len(text) // 52))


def _insert_chart(sheet: Any, book: Any, report: AuditReport, capacity_sheet: str, top: int) -> None:
    """Put the chart beside the lists: the fullest entity on top, its colour by how full it is."""
    lines = [line for line in by_share(report.audit.entities) if line.share is not None][:CHARTED]
    if not lines:
        return
    chart, where = book.add_chart({"type": "bar"}), quote_sheetname(capacity_sheet)
    chart.add_series(
        {
            "categories": f"={where}!$A$2:$A${len(lines) + 1}",
            "values": f"={where}!${_SHARE_COLUMN}$2:${_SHARE_COLUMN}${len(lines) + 1}",
            # Given here, because the cells are not in memory any more: a viewer that does not calculate shows them.
            "categories_data": [line.member.label for line in lines],
            "values_data": [line.share for line in lines],
            "points": [{"fill": {"color": _COLOURS[look_of(line.share)]}} for line in lines],
            "gap": 45,
            "data_labels": {"value": True, "num_format": "0.0 %", "font": {"size": 9}},
        }
    )
    chart.set_title({"name": _chart_title(report, len(lines)), "name_font": {"size": 13, "color": _BLUE}})
    chart.set_legend({"none": True})
    chart.set_y_axis({"reverse": True, "num_font": {"size": 9}, "line": {"color": _LINE}, "major_tick_mark": "none"})
    grid = {"visible": True, "line": {"color": "#E3E8ED"}}
    chart.set_x_axis({"min": 0, "max": 1, "num_format": "0 %", "major_gridlines": grid, "label_position": "low"})
    chart.set_chartarea({"border": {"color": _LINE}})
    chart.set_size({"width": 600, "height": 100 + 25 * max(len(lines), 3)})
    sheet.insert_chart(top, _CHART_COLUMN, chart, {"description": _chart_title(report, len(lines))})


def _chart_title(report: AuditReport, charted: int) -> str:
    if charted == len(report.audit.entities):
        return translate("Fill rate per entity")
    return translate_n("Fill rate of the fullest entity", "Fill rate of the {n} fullest entities", charted)


_SHARE_COLUMN = "G"


def write_capacity(sheet: Any, book: Any, report: AuditReport) -> None:
    """Write the numbers of every entity, the fullest first: what the chart shows, and more."""
    looks, columns = _Looks(book), _capacity_columns()
    _lay_out(sheet, [width for _, width, _ in columns])
    sheet.freeze_panes(1, 1)
    sheet.repeat_rows(0)
    sheet.ignore_errors({"number_stored_as_text": "A1:XFD1048576"})
    lines = by_share(report.audit.entities)
    sheet.autofilter(0, 0, max(len(lines), 1), len(columns) - 1)
    cover = _Cover(sheet, looks)
    heads = {True: looks.header_right, False: looks.header}
    cover.line(*((name, heads[is_count]) for name, _, is_count in columns), height=32)
    for line in lines:
        cover.line(*_capacity_cells(line, looks))


def _lay_out(sheet: Any, widths: Sequence[int]) -> None:
    sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.5)
    sheet.set_default_row(_ROW_HEIGHT)
    for at, width in enumerate(widths):
        sheet.set_column(at, at, width)


def _capacity_columns() -> list[tuple[str, int, bool]]:
    """Return the columns as (header, width, whether it counts)."""
    return [
        (translate("Entity"), 32, False),
        (translate("XiVO"), 14, False),
        (translate("Intervals"), 38, False),
        (translate("Numbers"), 11, True),
        (translate("Taken"), 11, True),
        (translate("Free"), 11, True),
        (translate("Fill rate"), 11, True),
        (translate("Users"), 11, True),
        (translate("Users outside"), 11, True),
        (translate("Next free numbers"), 28, False),
        (translate("Longest free block"), 22, False),
        (translate("Numbers in it"), 13, True),
        (translate("Combined id"), 34, False),
    ]


def _capacity_cells(line: EntityLine, looks: _Looks) -> Iterator[tuple[Any, Any]]:
    text, count = looks.text, looks.count
    inner = looks.inner
    yield from ((line.member.label, text), (line.xivo, text), (line.intervals, text), (line.capacity, count))
    if line.known:
        yield from ((line.used, count), (line.free, count), (line.share, looks.share))
        yield from ((line.users, count), (line.outside, count))
        yield from ((", ".join(line.next_free), inner), (line.longest_free, text), (line.longest_size, count))
    else:
        yield from [(None, text)] * 8
    yield line.member.entity, inner
