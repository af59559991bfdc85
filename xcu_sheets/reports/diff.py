"""A comparison as people and machines read it: a workbook, a page or JSON, from the same lines."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..comparing.diff import SIDES, Diff
from ..files.replace_file import check_target, replace_file
from ..model.text import Said
from ..running.inputs import Input
from .diff_wording import logins_differ
from .evidence import Evidence

ENDINGS = (".xlsx", ".html", ".json")
KIND, FORMAT = "xcu-sheets diff", 1


@dataclass(frozen=True)
class DiffReport:
    """All that a comparison is told from; `inputs` are the earlier and the later side."""

    diff: Diff
    inputs: tuple[Input, Input]
    evidence: Evidence

    def to_json(self) -> dict[str, Any]:
        """Return the report as JSON values, in English."""
        return {
            "kind": KIND,
            "format": FORMAT,
            "evidence": self.evidence.to_json(),
            "logins_differ": logins_differ(self.inputs),
            **self.diff.to_json(),
            "edited_since": {
                side: [e.to_json() for e in one.edits] for side, one in zip(SIDES, self.inputs, strict=True)
            },
        }


def check_diff_target(name: str) -> None:
    """Raise BookError for a file that a comparison could not be written to, before anything is read."""
    check_target(name, ENDINGS, Said("a comparison is written as .xlsx, .html or .json"))


def write_diff(path: Path | str, report: DiffReport) -> Path:
    """Write a comparison by the ending of its name, readable by its owner only; return where it was saved."""
    path = Path(path)
    if path.suffix.lower() == ".xlsx":
        from .diff_book import write_diff_book

        return write_diff_book(path, report)
    if path.suffix.lower() == ".html":
        from .diff_page import write_diff_page

        return write_diff_page(path, report)
    with replace_file(path) as file:
        text = json.dumps(report.to_json(), ensure_ascii=False, indent=1)
        file.temporary.write_text(text + "\n", encoding="utf-8")
    return file.saved
