"""Books read: a workbook, a folder of CSVs or a single CSV, made into sheets with what is wrong with them."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import IO

from ..model.book import Baseline, Book, Sheet
from ..model.errors import BookError
from ..model.fields import Resource
from ..model.problems import Problem, Severity, problem
from ..model.resources import RESOURCES, USERS
from ..model.snapshot import text_frame
from ..model.text import Said, fold, joined, safe_text
from .baseline import LIMIT, Damaged, check_format, digest, make_baseline, payload_of, unpack
from .baseline import SHEET as BASELINE_SHEET
from .columns import ColumnMap
from .csv_folder import ABOUT, BASELINE_FOLDER
from .csv_reader import read_csv_file
from .csv_text import RaggedLine, parse_csv, render_csv
from .gate import file_kind
from .in_words import named_as_before
from .interpretation import interpret
from .isolation import read_isolated
from .mapping import is_ours, map_sheets, without_mapped
from .raw import Limits, RawSheet
from .read_me import SHEET as READ_ME_SHEET
from .recognition import HEADER_ROWS, Header, best_fit, check_header, find_header, resource_named

_LIMITS = Limits()
_OUR_OWN = {fold(READ_ME_SHEET), fold(READ_ME_SHEET.french)}
TABLES = (".csv", ".tsv", ".txt")
_NOT_READ = frozenset({"_lists"})
_Found = tuple[RawSheet, Resource, Header]
_Raws = tuple[list[RawSheet], Baseline | None, list[Problem]]


def read_book(path: Path | str, *, limits: Limits = _LIMITS, columns: ColumnMap | None = None) -> Book:
    """Read .xlsx, .xlsm, .xls, .xlsb, .ods, a folder of CSVs or one CSV (.csv, .tsv, .txt).

    `columns` say what those of a list mean.

    Raises BookError, one sentence, where the file is no book; what is wrong with cells and columns is in
    `Book.problems`. A secret column's text is in `Sheet.frame` and `Sheet.original`, and in no Problem.
    """
    path = Path(path)
    also = frozenset(map(fold, columns.headers)) if columns else frozenset()
    raws, baseline, problems = read_raws(path, limits, also)
    if not columns:
        return _book(path, raws, baseline, problems)
    try:
        problems += [problem("columns_not_used", Severity.INFO)] if any(map(is_ours, raws)) else []
        raws = map_sheets(raws, columns)
    except BookError as error:
        raise BookError("{path}: {error}", path=path, error=error) from error
    book = _book(path, raws, baseline, problems)
    return replace(book, problems=without_mapped(book.problems, columns))


def read_raws(path: Path, limits: Limits = _LIMITS, also: Collection[str] = ()) -> _Raws:
    """Return a file's sheets before anyone asks what they mean, its baseline, and what is wrong with that.

    Raises BookError as `read_book` does; `also` are folded headers by which a CSV's delimiter is known too.
    """
    try:
        if path.is_dir():
            return _read_folder(path, limits, also)
        if path.suffix.lower() == ".json" and path.exists():
            raise BookError(
                "{path}: is JSON, not a book: a snapshot goes with --snapshot, diff, sandbox --load; a plan with apply",
                path=path,
            )
        with path.open("rb") as file:
            if file_kind(path, file, limits) != "csv":
                return _read_workbook(path, file, limits)
        return [read_csv_file(path, limits, also)], None, []
    except FileNotFoundError as error:
        raise BookError("{path}: there is no such file", path=path) from error
    except PermissionError as error:
        raise BookError("{path}: no permission to read it (is it open in another program?)", path=path) from error
    except OSError as error:
        raise BookError("{path}: cannot be read ({strerror})", path=path, strerror=error.strerror or error) from error


def _read_workbook(path: Path, file: IO[bytes], limits: Limits) -> _Raws:
    try:
        book = read_isolated(file, limits)
    except BookError as error:
        raise BookError("{path}: {error}", path=path, error=error) from error
    raws = [raw for raw in book.sheets if raw.name not in _NOT_READ]
    packed = next((raw for raw in raws if raw.name == BASELINE_SHEET), None)
    baseline, problems = _unpacked(path, packed)
    problems += [problem("linked_values", Severity.INFO)] if book.links else []
    return [raw for raw in raws if raw is not packed], baseline, problems


def _unpacked(path: Path, raw: RawSheet | None) -> tuple[Baseline | None, list[Problem]]:
    if raw is None:
        return None, []
    try:
        return unpack([cells[0] for _, cells in raw.rows]), []
    except Damaged as error:
        return None, [problem("baseline_damaged", Severity.WARNING, reason=str(error))]
    except BookError as error:
        raise BookError("{path}: {error}", path=path, error=error) from error


def _read_folder(folder: Path, limits: Limits, also: Collection[str]) -> _Raws:
    files = sorted(file for file in folder.iterdir() if file.suffix.lower() in TABLES and file.is_file())
    named = [file for file in files if resource_named(file.stem)]
    tables = [file for file in files if file.suffix.lower() != ".txt"]  # a .txt without a sheet's name is a letter
    raws = [_csv_sheet(file, limits, also) for file in named or tables]
    if not (named or also or any(map(best_fit, raws))):
        raise BookError(
            "{folder}: holds no sheet: expected users.csv, templates.csv or another as export writes them",
            folder=folder,
        )
    baseline, problems = _folder_baseline(folder / BASELINE_FOLDER, limits)
    problems += [_ignored(file.name) for file in tables if named and file not in named]
    return raws, baseline, problems


def _csv_sheet(file: Path, limits: Limits, also: Collection[str]) -> RawSheet:
    with file.open("rb") as opened:
        if file_kind(file, opened, limits) != "csv":
            raise BookError("{file}: a workbook named .csv: give its own path, or save it as CSV UTF-8", file=file)
    return read_csv_file(file, limits, also)


def _folder_baseline(folder: Path, limits: Limits) -> tuple[Baseline | None, list[Problem]]:
    if not (folder / ABOUT).is_file():
        return None, [problem("baseline_missing", Severity.INFO, folder=str(folder))]
    try:
        return _load_baseline(folder), []
    except (Damaged, RaggedLine, OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        return None, [problem("baseline_damaged", Severity.WARNING, reason=str(error) or type(error).__name__)]
    except BookError as error:
        raise BookError("{folder}: {error}", folder=folder, error=error) from error


def _load_baseline(folder: Path) -> Baseline:
    texts = {name: folder / f"{name}.csv" for name in RESOURCES if (folder / f"{name}.csv").is_file()}
    if sum(file.stat().st_size for file in [*texts.values(), folder / ABOUT]) > LIMIT:
        raise Damaged(Said("too large"))
    about = json.loads((folder / ABOUT).read_text(encoding="utf-8-sig"))
    check_format(int(about["format"]))
    signed = about.pop("digest")
    sheets = {name: _normal(file.read_bytes().decode("utf-8-sig")) for name, file in texts.items()}
    if digest(payload_of(about, sheets)) != signed:
        raise Damaged(Said("changed since it was written"))
    return make_baseline(about, sheets)


def _normal(text: str) -> str:
    """Return a CSV as we would write it: another program's quotes and line ends are no change."""
    header, rows = parse_csv(text)
    columns = zip(*rows, strict=True) if rows else [()] * len(header)
    return render_csv(text_frame(dict(zip(header, columns, strict=True))))


def _book(path: Path, raws: Iterable[RawSheet], baseline: Baseline | None, problems: list[Problem]) -> Book:
    sheets: dict[str, Sheet] = {}
    looked = [raw for raw in raws if raw.rows and fold(raw.name) not in _OUR_OWN]
    found, ignored = _recognise(path, looked)
    for raw, resource, header in found.values():
        try:
            sheets[resource.name], said = interpret(raw, resource, header)
        except BookError as error:
            raise BookError("{path}: {error}", path=path, error=error) from error
        problems = [*problems, *said]
    in_order = named_as_before({name: sheets[name] for name in RESOURCES if name in sheets}, baseline)
    return Book(str(path), in_order, baseline, (*problems, *map(_ignored, ignored)))


def _recognise(path: Path, raws: Sequence[RawSheet]) -> tuple[Mapping[str, _Found], list[str]]:
    """Return the sheet of each resource, by name or else by header, and the titles of the sheets that are none."""
    found: dict[str, _Found] = {}
    ignored = []
    for raw in raws:
        resource, header = _meaning(path, raw)
        if not resource or not header:
            ignored.append(raw.shown)
            continue
        if resource.name in found:
            first = found[resource.name][0].said
            raise BookError(
                '{path}: "{first}" and "{second}" both are {name} sheets: leave one',
                path=path,
                first=first,
                second=raw.said,
                name=resource.name,
            )
        found[resource.name] = (raw, resource, header)
    if not found:
        _name_missing_columns(path, raws)
        raise _headless(path, ignored)
    return found, ignored


def _headless(path: Path, sheets: Sequence[str]) -> BookError:
    """Return what to say of a file none of whose sheets has a header; without their names where there is only one."""
    needed = joined([USERS.by_name[name].called for name in ("entity", "first_name", "last_name")])
    if not sheets:
        return BookError(
            "{path}: no header found in the first {n} rows: a users sheet needs columns such as {needed}",
            path=path,
            n=HEADER_ROWS,
            needed=needed,
        )
    return BookError(
        "{path}: no header found in the first {n} rows ({sheets}): a users sheet needs columns such as {needed}",
        path=path,
        n=HEADER_ROWS,
        sheets=", ".join(map(safe_text, sheets)),
        needed=needed,
    )


def _name_missing_columns(path: Path, raws: Sequence[RawSheet]) -> None:
    """Raise the BookError of a sheet that is nearly a users sheet."""
    for raw in raws:
        header = find_header(raw, USERS)
        if header:
            check_header(USERS, header, f"{path}: {raw.said}")


def _meaning(path: Path, raw: RawSheet) -> tuple[Resource | None, Header | None]:
    named = resource_named(raw.name)
    if not named:
        return best_fit(raw) or (None, None)
    header = find_header(raw, named)
    if not header and named.sheet_writes == "never":  # a list of people may be called `xivo.csv`
        return best_fit(raw) or (None, None)
    if not header:
        raise BookError(
            "{path}: {sheet}: no header found in the first {n} rows: expected {expected}",
            path=path,
            sheet=raw.said,
            n=HEADER_ROWS,
            expected=joined([field.called for field in named.fields[:5]]),
        )
    return named, header


def _ignored(title: str) -> Problem:
    return problem("sheet_ignored", Severity.INFO, title=title)
