"""Books written as .xlsx: the resource sheets with all that helps to edit them, a report's sheets, a problems copy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from ..model.book import Baseline
from ..model.resources import RESOURCES
from ..words import speaking, spoken
from .baseline import pack, without_secrets
from .in_words import Names, in_words
from .marked import Listed, MarkedSheet
from .read_me import ReadMe, read_me_rows
from .replace_file import replace_file
from .sheets import SheetSpec, record_lists, resource_sheet, word_lists


def write_book(
    path: Path | str,
    frames: Mapping[str, pd.DataFrame],
    *,
    baseline: Baseline | None,
    read_me: ReadMe,
    lang: str = "en",
    choices: Mapping[str, Sequence[str]] | None = None,
    names: Names | None = None,
) -> Path:
    """Write canonical frames, by resource name, as a workbook in the words of `lang`; return where it was saved.

    That is `path`, or a new name beside it where `path` is open in Excel. The references that dropdowns show are taken
    from the frames, else from the baseline; `choices` (by resource name) overrides them. `names` (see `shown_names`)
    are what cells show for records; the baseline stays canonical.
    """
    cells = in_words(frames, names or {}, lang)
    sheets = [
        resource_sheet(resource, cells[name], lang=lang) for name, resource in RESOURCES.items() if name in frames
    ]
    known = record_lists(baseline.frames) if baseline else {}
    shown = {**known, **record_lists(frames), **(choices or {})}
    with speaking(lang):
        return write_sheets(path, sheets, baseline=baseline, read_me=read_me, choices=shown)


def write_sheets(
    path: Path | str,
    sheets: Sequence[SheetSpec],
    *,
    baseline: Baseline | None = None,
    read_me: ReadMe | None = None,
    choices: Mapping[str, Sequence[str]] | None = None,
    in_memory: bool = False,
) -> Path:
    """Write any sheets as a workbook, a report's too, in the language of this context; return where it was saved.

    `in_memory` leaves no part of it elsewhere on the
    disk while it is written.
    """
    from .xlsx_writer import write_xlsx

    about = read_me_rows(read_me, has_baseline=baseline is not None) if read_me else []
    lists = _shown_lists(sheets, choices or {})
    packed = pack(without_secrets(baseline)) if baseline else []
    with replace_file(Path(path)) as file:
        write_xlsx(file.temporary, sheets, lists=lists, read_me=about, baseline=packed, in_memory=in_memory)
    return file.saved


def write_marked(
    path: Path | str,
    sheets: Sequence[MarkedSheet],
    problems: Sequence[Listed],
    *,
    title: str,
    facts: Sequence[tuple[str, str]],
    baseline: Baseline | None,
    choices: Mapping[str, Sequence[str]],
) -> Path:
    """Write a problems copy; return where it was saved. `choices` are as in `write_book`."""
    from .marked_book import write_marked_book

    known = record_lists(baseline.frames) if baseline else {}
    lists = _shown_lists([sheet.spec for sheet in sheets], {**known, **choices})
    packed = pack(without_secrets(baseline)) if baseline else []
    with replace_file(Path(path)) as file:
        write_marked_book(file.temporary, sheets, problems, title=title, facts=facts, lists=lists, baseline=packed)
    return file.saved


def _shown_lists(sheets: Sequence[SheetSpec], choices: Mapping[str, Sequence[str]]) -> dict[str, Sequence[str]]:
    shown = {column.choices for spec in sheets for column in spec.columns}
    lists = {**word_lists(list(RESOURCES.values()), lang=spoken()), **choices}
    return {name: words for name, words in lists.items() if name in shown}
