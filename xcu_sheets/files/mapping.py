"""A person's sheet with our columns added beside theirs, as columns.toml says: theirs come back in the report."""

from __future__ import annotations

import string
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from ..model.errors import BookError
from ..model.problems import Problem
from ..model.resources import USERS
from ..model.text import clean_text, fold, safe_text
from .columns import OTHERS, ColumnMap, names_in, targets_of
from .raw import Fault, RawSheet, Traits
from .recognition import HEADER_ROWS, read_header

_THEIRS = " (list)"  # behind a header of theirs that would mean a column of ours, and does not
_Position = tuple[int, int]


def map_sheets(raws: Sequence[RawSheet], columns: ColumnMap) -> list[RawSheet]:
    """Return the sheets, the one that has the map's columns with ours added; raises BookError where none or two have.

    A report or problems copy of a list that was read with the map has ours already, and stays as it is.
    """
    if any(map(_is_ours, raws)):
        return list(raws)
    fits = {n: at for n, raw in enumerate(raws) if (at := _header_of(raw, columns)) is not None}
    if len(fits) != 1:
        raise BookError(_misfit([raws[n] for n in fits] or list(raws), columns, several=bool(fits)))
    return [_Mapped(raw, fits[n], columns).sheet() if n in fits else raw for n, raw in enumerate(raws)]


def _is_ours(raw: RawSheet) -> bool:
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


def _misfit(raws: Sequence[RawSheet], columns: ColumnMap, *, several: bool) -> str:
    names = ", ".join(f'"{safe_text(raw.shown)}"' for raw in raws)
    if several:
        return f"{names} have the columns that --columns names: leave one"
    rows = [{fold(cell) for cell in cells} for raw in raws for _, cells in raw.rows[:HEADER_ROWS]]
    best = max(rows, key=lambda cells: sum(fold(h) in cells for h in columns.headers), default=set())
    missing = [safe_text(h) for h in columns.headers if fold(h) not in best]
    said = " and ".join(missing) or "of a name"
    return f"--columns: no sheet has the column {said} in one of its first {HEADER_ROWS} rows"


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
                    raise BookError(f'{self._place()}: two columns are called "{safe_text(cell)}": rename one')
        self.width = max(len(cells) for _, cells in self.raw.rows)

    def sheet(self) -> RawSheet:
        """Return the sheet with a new column on the right for each of ours that is not there yet."""
        header, renamed = self._header(), self._renamed()
        makers = [name for name in self._targets() if not self._is_there(name, renamed)]
        rows: list[tuple[int, Sequence[str]]] = []
        for position, (number, cells) in enumerate(self.raw.rows):
            full = [*cells, *[""] * (self.width - len(cells))]
            if position == self.at:
                rows.append(
                    (number, [*header, *[""] * (self.width - len(header)), *(USERS.by_name[n].label for n in makers)])
                )
            elif position < self.at:
                rows.append((number, cells))
            else:
                made = [self._cell(name, number, full, self.width + n) for n, name in enumerate(makers)]
                rows.append((number, [*full, *made]))
        return replace(self.raw, rows=rows, faults={**self.raw.faults, **self.faults}, traits=self._traits(makers))

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

    def _header(self) -> list[str]:
        """Return their headers: a password's is ours, and one that would mean what it does not is told from ours."""
        renamed = self._renamed()
        return [renamed.get(place, cell) for place, cell in enumerate(self.header)]

    def _renamed(self) -> dict[int, str]:
        renamed: dict[int, str] = {}
        for theirs, ours in self.columns.columns.items():
            place = self.place[fold(theirs)]
            known = USERS.by_header.get(fold(theirs))
            if ours and USERS.by_name[ours].secret:
                renamed[place] = USERS.by_name[ours].label
            elif known and known.name != ours:
                renamed[place] = self.header[place] + _THEIRS
        return renamed

    def _targets(self) -> list[str]:
        columns = self.columns
        tables = [name for table in columns.values.values() for name in targets_of(table)]
        return [*filter(None, columns.columns.values()), *columns.joined, *tables, *columns.constants]

    def _is_there(self, name: str, renamed: Mapping[int, str]) -> bool:
        """Tell whether a column of ours is in the sheet: under a header that means it anyhow.

        Raises BookError where the list has that column and the map makes another.
        """
        header = [renamed.get(place, cell) for place, cell in enumerate(self.header)]
        known = read_header(USERS, self.at, self.row, header)
        found = next((column for column in known.columns if column.field and column.field.name == name), None)
        if found is None:
            return False
        own = [fold(theirs) for theirs, ours in self.columns.columns.items() if ours == name]
        if fold(self.header[found.at]) in own:
            return True
        shown = safe_text(found.header)
        raise BookError(
            f'{self._place()}: column {found.letter} "{shown}" and --columns both give {name}: leave one, or write '
            f'"{shown}" = "" in [columns]'
        )

    def _place(self) -> str:
        return f"{safe_text(self.raw.shown)}, row {self.row}"

    def _cell(self, name: str, number: int, cells: Sequence[str], place: int) -> str:
        """Return the text of a new cell; a source without value makes it one too."""
        columns = self.columns
        theirs = next((theirs for theirs, ours in columns.columns.items() if ours == name), "")
        sources = [theirs] if theirs else names_in(columns.joined.get(name, ""))
        table = next((h for h, lines in columns.values.items() if name in targets_of(lines)), "")
        for source in self._sources(name):
            fault = self.raw.faults.get((number, source))
            if fault:
                self.faults[number, place] = fault
                return ""
        if theirs:
            return cells[self.place[fold(theirs)]]
        if sources:
            return self._join(columns.joined[name], sources, cells)
        return self._look_up(name, table, number, cells, place) if table else self._constant(name, cells)

    def _constant(self, name: str, cells: Sequence[str]) -> str:
        return self.columns.constants[name] if any(cell.strip() for cell in cells) else ""

    def _join(self, text: str, sources: Sequence[str], cells: Sequence[str]) -> str:
        found = {source: clean_text(cells[self.place[fold(source)]]) for source in sources}
        pieces = [plain + found.get(name or "", "") for plain, name, _, _ in string.Formatter().parse(text)]
        return clean_text("".join(pieces)) if any(found.values()) else ""

    def _look_up(self, name: str, theirs: str, number: int, cells: Sequence[str], place: int) -> str:
        lines, value = self.columns.values[theirs], clean_text(cells[self.place[fold(theirs)]])
        if not value:
            return ""
        line = lines.get(fold(value) or value, lines.get(OTHERS))
        if line is None:
            self.faults[number, place] = Fault("value_not_mapped", value)
            return ""
        return line.get(name, "")
