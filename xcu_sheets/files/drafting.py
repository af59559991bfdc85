"""A first draft of columns.toml: every header of a person's list, our guess beside it, and how the rest is written."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..model.errors import BookError
from ..model.resources import USERS
from ..model.text import clean_text, fold, safe_text
from ..words import translate
from .csv_reader import decode
from .csv_text import DELIMITERS, RaggedLine, parse_rows
from .raw import RawSheet
from .reading import read_raws
from .recognition import HEADER_ROWS, find_header, nearest_field

MOST_VALUES = 60
# Headers under which lists say where somebody works: what entity and template follow from, most often.
_LIKELY = ("service", "site", "pole", "direction", "departement", "unite", "secteur", "department", "unit", "division")


@dataclass(frozen=True)
class _List:
    """A list as far as it is to be described: its headers, and under each the different texts in their order."""

    headers: Sequence[str]
    values: Mapping[str, Sequence[str]]
    rows: int


def draft_columns(path: Path, *, shown: str = "") -> str:
    """Return the text of a columns.toml to be filled in, its comments in the language of this context.

    Raises BookError where the file cannot be read.
    `shown` is the book's name in the comments.
    """
    found = _describe(path)
    name = safe_text(shown or path.name)
    lines = [*_introduction(name), "[columns]", *_columns(found), *_constants(), *_joined(found), *_tables(found)]
    return "\n".join(lines) + "\n"


def _describe(path: Path) -> _List:
    raws, _, _ = read_raws(path, also=_first_line(path))
    full = [raw for raw in raws if raw.rows]
    if not full:
        raise BookError("{path}: holds no rows: there is nothing to describe", path=path)
    people = next((raw for raw in full if find_header(raw, USERS)), full[0])
    at = _header(people)
    headers = [clean_text(cell) for cell in people.rows[at][1]]
    body = [cells for _, cells in people.rows[at + 1 :]]
    values = {
        header: list(dict.fromkeys(text for cells in body if place < len(cells) and (text := clean_text(cells[place]))))
        for place, header in enumerate(headers)
        if fold(header)
    }
    return _List(list(values), values, len(body))


def _first_line(path: Path) -> frozenset[str]:
    """Return the folded headers of a CSV by the delimiter that cuts its first line most often: a draft may guess."""
    if path.is_dir() or path.suffix.lower() not in (".csv", ".txt", ".tsv"):
        return frozenset()
    try:
        text = decode(path.read_bytes(), path)
        first = [next(parse_rows(text, delimiter), (0, []))[1] for delimiter in DELIMITERS]
    except (OSError, RaggedLine):
        return frozenset()
    return frozenset(fold(cell) for cell in max(first, key=len))


def _header(raw: RawSheet) -> int:
    """Return the position of the header: the row that names people, else the fullest of the first ones."""
    known = find_header(raw, USERS)
    if known:
        return known.position
    first = raw.rows[:HEADER_ROWS]
    return max(range(len(first)), key=lambda at: sum(bool(fold(cell)) for cell in first[at][1]))


def _introduction(name: str) -> Iterator[str]:
    columns = ", ".join(field.name for field in USERS.fields if field.editable)
    yield "# " + translate(
        "Which column of {name} means what: left a header of the list, right one of our columns, which are", name=name
    )
    yield f"# {columns}"
    yield "# " + translate("(`xcu-sheets fields users` says what each holds). A line that begins with # does nothing.")
    yield "# " + translate("When it is filled in: xcu-sheets check, plan or import BOOK --columns THIS_FILE")
    yield ""


def _columns(found: _List) -> Iterator[str]:
    given: set[str] = set()
    for header in found.headers:
        known = USERS.by_header.get(fold(header))
        if known and known.editable and known.name not in given:
            given.add(known.name)
            yield f'{_quoted(header)} = "{known.name}"'
        elif known and known.editable:
            yield f'{_quoted(header)} = ""  # ' + translate(
                "would mean {known} too: choose one of them", known=known.name
            )
        elif known:
            yield "# " + translate(
                "{header} is {known}, which cannot be written", header=_quoted(header), known=known.name
            )
        else:
            nearest = nearest_field(USERS, header)
            guess = nearest if nearest and USERS.by_name[nearest].editable else "..."
            yield f'# {_quoted(header)} = "{guess}"'
    yield "# " + translate(
        'A header with "" on the right is none of ours, though it looks like it ("Poste" for a job, say).'
    )


def _constants() -> Iterator[str]:
    yield ""
    yield "[constants]"
    yield "# " + translate("What every row of the list has, as if the list had such a column:")
    yield '# template = "Modèle standard"'
    yield '# cti_login = "auto"'


def _joined(found: _List) -> Iterator[str]:
    sample = " ".join(f"{{{header}}}" for header in found.headers[:2] if not set(header) & set("{}:!"))
    yield ""
    yield "[joined]"
    yield "# " + translate("Two columns of the list in one of ours, their headers in braces:")
    yield f"# last_name = {_quoted(sample or '{First} {Second}')}"


def _tables(found: _List) -> Iterator[str]:
    yield ""
    yield "# " + translate("What the values of a column mean, a line for each;")
    yield "# " + translate("* stands for all others, and a value without a line is a problem of its row.")
    column = _likely(found)
    values = found.values[column] if column else ["Bloc opératoire", "Accueil"]
    yield f"# [values.{_quoted(column or 'Service')}]"
    for value in values:
        yield f'# {_quoted(value)} = {{ entity = "...", template = "..." }}'


def _likely(found: _List) -> str:
    """Return the column from which entity and template may follow: one with a likely header, else with few values."""
    own = [h for h in found.headers if fold(h) not in USERS.by_header and 1 < len(found.values[h]) <= MOST_VALUES]
    named = [header for header in own if any(word in fold(header) for word in _LIKELY)]
    repeated = sorted((h for h in own if 2 * len(found.values[h]) <= found.rows), key=lambda h: len(found.values[h]))
    return next(iter([*named, *repeated]), "")


def _quoted(text: str) -> str:
    """Return a text as TOML writes it: JSON's quotes and escapes are TOML's too."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
