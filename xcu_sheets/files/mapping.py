"""A person's sheet with our columns added beside theirs, as columns.toml says: theirs come back in the report."""

from __future__ import annotations

import string
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from operator import itemgetter

from ..model.errors import BookError
from ..model.problems import Problem
from ..model.resources import USERS
from ..model.text import Said, clean_text, fold, joined, safe_text
from .columns import OTHERS, ColumnMap, names_in, targets_of
from .raw import Fault, RawSheet, Traits
from .recognition import HEADER_ROWS, read_header

_THEIRS = " (list)"  # behind a header of theirs that would mean a column of ours, and does not
_Position = tuple[int, int]
_Maker = Callable[[int, Sequence[str]], str | Fault]


def map_sheets(raws: Sequence[RawSheet], columns: ColumnMap) -> list[RawSheet]:
    """Return the sheets, the one that has the map's columns with ours added; raises BookError where none or two have.

    A report or problems copy of a list that was read with the map has ours already, and stays as it is.
    """
    if any(map(is_ours, raws)):
        return list(raws)
    fits = {n: at for n, raw in enumerate(raws) if (at := _header_of(raw, columns)) is not None}
    if len(fits) != 1:
        raise _misfit([raws[n] for n in fits] or list(raws), columns, several=bool(fits))
    return [_Mapped(raw, fits[n], columns).sheet() if n in fits else raw for n, raw in enumerate(raws)]


def is_ours(raw: RawSheet) -> bool:
    """Tell whether a sheet is one of a report or a problems copy."""
    headers = (read_header(USERS, 0, row, cells) for row, cells in raw.rows[:HEADER_ROWS])
    return any(header.results and len(header.known) > 1 for header in headers)


def _header_of(raw: RawSheet, columns: ColumnMap) -> int | None:
    """Return the position of the row that has all of the map's headers; without any, of one that names people."""
    wanted = {fold(header) for header in columns.headers}
    for position, (row, cells) in enumerate(raw.rows[:HEADER_ROWS]):
        if wanted and wanted <= {fold(cell) for cell in cells}:
            return position
        if not wanted and len(read_header(USERS, position, row, cells).known) > 1:
            return position
    return None


def _misfit(raws: Sequence[RawSheet], columns: ColumnMap, *, several: bool) -> BookError:
    if several:
        names = [Said('"{sheet}"', sheet=safe_text(raw.shown)) for raw in raws]
        return BookError("{sheets} have the columns that --columns names: leave one", sheets=joined(names))
    rows = [{fold(cell) for cell in cells} for raw in raws for _, cells in raw.rows[:HEADER_ROWS]]
    best = max(rows, key=lambda cells: sum(fold(h) in cells for h in columns.headers), default=set())
    missing = [safe_text(h) for h in columns.headers if fold(h) not in best]
    if not missing:
        return BookError("--columns: no sheet names a person in one of its first {n} rows", n=HEADER_ROWS)
    return BookError(
        "--columns: no sheet has the column {missing} in one of its first {n} rows",
        missing=joined(missing),
        n=HEADER_ROWS,
    )


def without_mapped(problems: Sequence[Problem], columns: ColumnMap) -> tuple[Problem, ...]:
    """Return the problems without those that call a column unknown which the map speaks of."""
    known = {fold(header) for header in columns.headers}
    return tuple(p for p in problems if p.code != "column_unknown" or fold(p.column.removesuffix(_THEIRS)) not in known)


@dataclass
class _Mapped:
    """One sheet under a map: `at` is the position of its header row."""

    raw: RawSheet
    at: int
    columns: ColumnMap
    faults: dict[_Position, Fault] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.row, self.header = self.raw.rows[self.at]
        self.place: dict[str, int] = {}
        for place, cell in enumerate(self.header):
            if fold(cell):
                first = self.place.setdefault(fold(cell), place)
                if first != place and fold(cell) in {fold(h) for h in self.columns.headers}:
                    raise BookError(
                        '{place}: two columns are called "{cell}": rename one',
                        place=self._place(),
                        cell=safe_text(cell),
                    )
        self.width = max(len(cells) for _, cells in self.raw.rows)

    def sheet(self) -> RawSheet:
        """Return the sheet with a new column on the right for each of ours that is not there yet."""
        names = [name for name in self._targets() if not self._is_there(name)]
        makers = [self._maker(name) for name in names]
        labels = [USERS.by_name[name].label for name in names]
        rows: list[tuple[int, Sequence[str]]] = []
        for position, (number, cells) in enumerate(self.raw.rows):
            if position < self.at:
                rows.append((number, cells))
            elif position == self.at:
                rows.append((number, [*self._filled_up(self._headers), *labels]))
            else:
                full = self._filled_up(cells)
                rows.append((number, [*full, *(self._cell(make, number, full, n) for n, make in enumerate(makers))]))
        return replace(self.raw, rows=rows, faults={**self.raw.faults, **self.faults}, traits=self._traits(names))

    def _filled_up(self, cells: Sequence[str]) -> list[str]:
        return [*cells, *[""] * (self.width - len(cells))]

    def _cell(self, make: _Maker, number: int, cells: Sequence[str], at: int) -> str:
        """Return the text of a new cell; a source without value makes it one too."""
        made = make(number, cells)
        if isinstance(made, str):
            return made
        self.faults[number, self.width + at] = made
        return ""

    def _traits(self, makers: Sequence[str]) -> Traits:
        """Return what is hidden and merged; a column made of such a one is so too."""
        traits = self.raw.traits
        hidden, merged = set(traits.hidden_columns), list(traits.merged)
        for place, name in enumerate(makers, start=self.width):
            sources = self._sources(name)
            if traits.hidden_columns.intersection(sources):
                hidden.add(place)
            for top, left, bottom, right in traits.merged:
                if any(left <= source <= right for source in sources):
                    merged.append((top, place, bottom, place))
        return replace(traits, hidden_columns=frozenset(hidden), merged=tuple(merged))

    def _sources(self, name: str) -> list[int]:
        """Return the places of the columns that one of ours is made of, none for a constant."""
        columns = self.columns
        named = [theirs for theirs, ours in columns.columns.items() if ours == name]
        named += names_in(columns.joined.get(name, ""))
        named += [theirs for theirs, lines in columns.values.items() if name in targets_of(lines)]
        return [self.place[fold(theirs)] for theirs in named]

    @cached_property
    def _headers(self) -> list[str]:
        """Their headers: a password's is ours, and one that would mean what it does not is told from ours."""
        headers = list(self.header)
        for theirs, ours in self.columns.columns.items():
            place = self.place[fold(theirs)]
            known = USERS.by_header.get(fold(theirs))
            if ours and USERS.by_name[ours].secret:
                headers[place] = USERS.by_name[ours].label
            elif known and known.name != ours:
                headers[place] += _THEIRS
        return headers

    def _targets(self) -> list[str]:
        columns = self.columns
        tables = [name for table in columns.values.values() for name in targets_of(table)]
        return [*filter(None, columns.columns.values()), *columns.joined, *tables, *columns.constants]

    def _is_there(self, name: str) -> bool:
        """Tell whether a column of ours is in the sheet: under a header that means it anyhow.

        Raises BookError where the list has that column and the map makes another.
        """
        known = read_header(USERS, self.at, self.row, self._headers)
        found = next((column for column in known.columns if column.field and column.field.name == name), None)
        if found is None:
            return False
        own = [fold(theirs) for theirs, ours in self.columns.columns.items() if ours == name]
        if fold(self.header[found.at]) in own:
            return True
        shown = safe_text(found.header)
        raise BookError(
            '{place}: column {letter} "{shown}" and --columns both give {name}: leave one, or write '
            '"{shown}" = "" in [columns]',
            place=self._place(),
            letter=found.letter,
            shown=shown,
            name=name,
        )

    def _place(self) -> Said:
        return Said("{sheet}, row {row}", sheet=safe_text(self.raw.shown), row=self.row)

    def _maker(self, name: str) -> _Maker:
        """Return what makes one of our cells of a row's number and cells: its text, or why it has none."""
        sources, make = self._sources(name), self._recipe(name)

        def cell(number: int, cells: Sequence[str]) -> str | Fault:
            faults = (self.raw.faults.get((number, source)) for source in sources)
            return next(filter(None, faults), None) or make(cells)

        return cell

    def _recipe(self, name: str) -> Callable[[Sequence[str]], str | Fault]:
        columns = self.columns
        theirs = next((theirs for theirs, ours in columns.columns.items() if ours == name), "")
        if theirs:
            return itemgetter(self.place[fold(theirs)])
        if names_in(columns.joined.get(name, "")):
            return partial(self._join, list(string.Formatter().parse(columns.joined[name])))
        table = next((h for h, lines in columns.values.items() if name in targets_of(lines)), "")
        return partial(self._look_up, name, table) if table else partial(self._constant, name)

    def _constant(self, name: str, cells: Sequence[str]) -> str:
        return self.columns.constants[name] if any(cell.strip() for cell in cells) else ""

    def _join(self, parts: Sequence[tuple[str, str | None, str | None, str | None]], cells: Sequence[str]) -> str:
        named = [(plain, clean_text(cells[self.place[fold(name)]]) if name else "") for plain, name, _, _ in parts]
        return clean_text("".join(map("".join, named))) if any(found for _, found in named) else ""

    def _look_up(self, name: str, theirs: str, cells: Sequence[str]) -> str | Fault:
        lines, value = self.columns.values[theirs], clean_text(cells[self.place[fold(theirs)]])
        if not value:
            return ""
        line = lines.get(fold(value) or value, lines.get(OTHERS))
        return Fault("value_not_mapped", value) if line is None else line.get(name, "")
