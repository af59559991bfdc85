"""The result report: the person's own rows, what became of each in front, as a book, CSV or JSON."""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import pandas as pd

from ..files import ReadMe, resource_sheet, write_csv, write_sheets
from ..files.in_words import shown_names
from ..files.read_me import FACT, HEADING
from ..files.replace_file import replace_file
from ..files.sheets import record_lists
from ..model.book import Baseline, Book, Sheet
from ..model.errors import BookError
from ..model.outcomes import Outcome, count_statuses
from ..model.problems import Severity
from ..model.resources import RESOURCES, RESULT_FIELDS, RESULT_WORDS
from ..model.snapshot import TEXT, Snapshot
from ..model.text import Said, safe_text
from ..words import speaking, spoken, told, translate
from .counting import count_rows
from .wording import row_message, tab_row

ENDINGS = (".xlsx", ".csv", ".json")
_LISTED = 200  # rows to look at that the first sheet names
LONGEST_CELL = 32_000  # Excel's limit is 32,767; escapes need some room
CUT = Said(" ... (cut)")


@dataclass(frozen=True)
class Report:
    """All that a report is made from. `book` is None where a plan is applied without its book.

    `facts` are the run's figures and its proof, by name; `contact` is whom to ask.
    """

    run_id: str
    book: Book | None
    outcomes: Sequence[Outcome]
    snapshot: Snapshot
    book_id: str
    made_at: str
    tool_version: str = ""
    stopped: str = ""
    facts: Mapping[str, int] = dataclasses.field(default_factory=dict)
    contact: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return the report as JSON values: run, server, counts that add up to the rows, and the rows, in English."""
        with speaking("en"):
            rows = [{**o.to_json(), "message": outcome_message(o)} for o in self.outcomes]
        return {
            "run": self.run_id,
            "server": self.snapshot.server,
            "stopped": self.stopped,
            "counts": count_statuses(list(self.outcomes)),
            "facts": dict(self.facts),
            "rows": rows,
        }


def outcome_message(outcome: Outcome) -> str:
    """Return why a row ended as it did: errors first, then warnings; what is only good to know is left out if both."""
    order = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.INFO: 2}
    notes = sorted(outcome.notes, key=lambda n: order[n.severity])
    return translate("; ").join(dict.fromkeys(row_message(n) for n in notes))


def default_report_path(book_path: str, run_id: str) -> Path:
    """Return `BOOK.report-RUN.xlsx` beside the book, or beside the folder of a CSV book; a name that is still free."""
    path = Path(book_path)
    stem = f"{path.name if path.is_dir() else path.stem}.report-{run_id}"
    folder = path.absolute().parent
    names = (f"{stem}{'' if n == 1 else f'-{n}'}.xlsx" for n in count(1))
    return next(folder / name for name in names if not (folder / name).exists())


def write_report(path: Path | str, report: Report, *, lang: str = "en") -> Path:
    """Write a report by the ending of its name: .xlsx, .csv (the users sheet, or the only one) or .json (in English).

    Secret cells are blank. Returns where it was saved; raises BookError for another ending.
    """
    with speaking(lang):
        return _write(Path(path), report)


def _write(path: Path, report: Report) -> Path:
    if path.suffix.lower() == ".json":
        return _write_json(path, report)
    if path.suffix.lower() not in ENDINGS:
        raise BookError(
            "{path}: a report ends in {endings}: choose one of these", path=path, endings=", ".join(ENDINGS)
        )
    frames = {name: _report_frame(name, report) for name in _sheet_names(report)}
    if path.suffix.lower() == ".csv":
        return write_csv(path, _as_list(frames.get("users", next(iter(frames.values()), pd.DataFrame()))))
    baseline = _baseline(report)
    sheets = [resource_sheet(RESOURCES[name], frame, lang=spoken(), spare_rows=0) for name, frame in frames.items()]
    about = ReadMe(
        server=report.snapshot.server,
        login=report.snapshot.login,
        taken_at=report.made_at,
        unreadable=report.snapshot.unreadable,
        tool_version=report.tool_version,
        contact=report.contact,
        facts=_fact_lines(report.facts),
        title=translate("Result: {counts}.", counts=_counted(report)),
        guide=_to_look_at(report),
    )
    return write_sheets(path, sheets, baseline=baseline, read_me=about, choices=record_lists(report.snapshot.frames))


def _to_look_at(report: Report) -> list[tuple[str, str, str]]:
    """Return each row that a person has to look at, and how to go on, for the first sheet."""
    bad = [outcome for outcome in report.outcomes if outcome.needs_a_look]
    ends = ((told(RESULT_WORDS[one.status]), outcome_message(one), _who(report, one)) for one in bad[:_LISTED])
    more = [(FACT, "", translate("... and others: filter the column Result"))] if len(bad) > _LISTED else []
    looks = [(HEADING, translate("Rows to look at"), "")] if bad else []
    mend = translate(
        "Mend the rows in this report and import it: it has the ids and numbers given, and what the server held after "
        "the run. Or mend your own list: nobody is made twice."
    )
    return [
        *looks,
        *((FACT, who, translate("{end}: {why}", end=end, why=why)) for end, why, who in ends),
        *more,
        (HEADING, translate("How to go on"), ""),
        (FACT, translate("Edit and import"), mend),
    ]


def _counted(report: Report) -> str:
    return count_rows(count_statuses(list(report.outcomes))) or translate("no rows")


def _who(report: Report, outcome: Outcome) -> str:
    """Return which row of the person's own file an outcome is of, and whom it is about."""
    sheet = report.book.sheets.get(outcome.sheet) if report.book else None
    named = [name for name in RESOURCES[outcome.sheet].person_key or ("name",) if sheet and name in sheet.frame]
    known = sheet is not None and outcome.row in sheet.frame.index
    names = [str(sheet.frame.at[outcome.row, name]) for name in named] if sheet and known else []
    return "  ".join(filter(None, [tab_row(outcome.sheet, outcome.row), safe_text(" ".join(names))]))


def _fact_lines(facts: Mapping[str, int]) -> list[tuple[str, str]]:
    """Return a run's figures as lines of the Read me sheet."""
    if not facts:
        return []
    lines = [
        (translate("Calls"), translate("{calls}, of which {retries} retries", **facts)),
        (translate("Writes in flight"), translate("at most {most}", most=facts["most_in_flight"])),
        (
            translate("A write took"),
            translate("{median} ms (median), {longest} ms (95 %)", median=facts["median_ms"], longest=facts["p95_ms"]),
        ),
    ]
    if "of" in facts:
        verified = translate("{verified} of {of} rows, against the lists read at the end", **facts)
        lines[:0] = [(translate("Verified"), verified), (translate("New users of others"), str(facts["foreign"]))]
    return lines


def _as_list(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a sheet with the headers that its language has for the columns of a report."""
    return frame.rename(columns={f.name: f.label_fr for f in RESULT_FIELDS}) if spoken() == "fr" else frame


def _write_json(path: Path, report: Report) -> Path:
    import json

    with replace_file(path) as file:
        file.temporary.write_text(json.dumps(report.to_json(), ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    return file.saved


def _sheet_names(report: Report) -> list[str]:
    if report.book:
        return [name for name in report.book.sheets if RESOURCES[name].sheet_writes != "never"]
    return list(dict.fromkeys(o.sheet for o in report.outcomes))


def _report_frame(name: str, report: Report) -> pd.DataFrame:
    """Return one sheet: result columns, then the person's own, ids and numbers filled in, secrets blank."""
    outcomes = {o.row: o for o in report.outcomes if o.sheet == name}
    sheet = report.book.sheets[name] if report.book else None
    rows = sheet.original.index if sheet else pd.Index(sorted(outcomes))
    results: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        for field, text in _result_cells(outcomes.get(int(row))).items():
            results[field].append(text)
    front = pd.DataFrame({f.name: results[f.name] for f in RESULT_FIELDS}, index=rows, dtype=TEXT)
    if not sheet:
        return front
    return pd.concat([front, _named_as_now(sheet, _own_cells(sheet, outcomes), report.snapshot)], axis=1)


def _result_cells(outcome: Outcome | None) -> dict[str, str]:
    if outcome is None:
        return dict.fromkeys((f.name for f in RESULT_FIELDS), "")
    return {
        "result": told(RESULT_WORDS[outcome.status]),
        "result_message": outcome_message(outcome),
        "result_number": outcome.internal_number,
        "result_provisioning": outcome.provisioning_number,
        "result_id": outcome.id if outcome.status not in ("refused", "conflict") else "",
    }


def _own_cells(sheet: Sheet, outcomes: Mapping[int, Outcome]) -> pd.DataFrame:
    own = sheet.original.map(cut_cell)
    for field in sheet.resource.secrets:
        if field.name in sheet.headers:
            own[sheet.headers[field.name]] = ""
    given = {row: o for row, o in outcomes.items() if o.status in ("created", "updated", "unchanged") and o.id}
    for name, value in (("id", "id"), ("internal_number", "internal_number")):
        if name not in sheet.resource.by_name:
            continue
        header = sheet.headers.get(name, name)
        texts = own[header] if header in own else pd.Series("", index=own.index, dtype=TEXT)
        filled = {row: getattr(o, value) for row, o in given.items() if getattr(o, value)}
        own[header] = pd.Series([filled.get(int(r), t) for r, t in texts.items()], index=own.index, dtype=TEXT)
    return own


def _named_as_now(sheet: Sheet, own: pd.DataFrame, snapshot: Snapshot) -> pd.DataFrame:
    """Return the cells with records under the names they have now: the report's baseline knows no others."""
    shown = shown_names(snapshot.directory)
    for field in sheet.resource.fields:
        if field.ref and not field.kind.many and field.name in sheet.frame and field.name in sheet.headers:
            names, header = shown.get(field.ref.resource, {}), sheet.headers[field.name]
            pairs = zip(sheet.frame[field.name], own[header], strict=True)
            texts = [names.get(label, text) if text != label else text for label, text in pairs]
            own[header] = pd.Series(texts, index=own.index, dtype=TEXT)
    return own


def cut_cell(text: str) -> str:
    """Return a cell's text as a report can hold it: the report must be written whatever the book held."""
    cut = told(CUT)
    return text if len(text) <= LONGEST_CELL else text[: LONGEST_CELL - len(cut)] + cut


def _baseline(report: Report) -> Baseline:
    """Return what the report book is compared with when it is edited on: the server as it is after the run.

    Cells that the server never shows (the template) stand there as the book has them: they have been sent.
    """
    frames = {name: frame.copy() for name, frame in report.snapshot.frames.items()}
    for outcome in report.outcomes if report.book else ():
        frame, sheet = frames.get(outcome.sheet), report.book.sheets.get(outcome.sheet) if report.book else None
        if frame is None or sheet is None or outcome.status not in ("created", "updated", "unchanged"):
            continue
        for field in sheet.resource.fields:
            unseen = field.write and not field.read and not field.secret and field.name in sheet.frame
            if unseen and outcome.id in frame.index:
                frame.at[outcome.id, field.name] = sheet.frame.at[outcome.row, field.name]
    return Baseline(
        book_id=report.book_id,
        server=report.snapshot.server,
        login=report.snapshot.login,
        taken_at=report.made_at,
        frames=frames,
        xivo_uuids=report.snapshot.xivo_uuids,
        tool_version=report.tool_version,
        unreadable=report.snapshot.unreadable,
        contact=report.contact,
        fill=report.book.fill if report.book else {},
    )
