"""How a person wants a plan sent: the options of every command that writes, as one value."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import click

from ..files import Limits
from ..files.credentials import check_credentials_path
from ..files.replace_file import check_target
from ..model.errors import BookError, XcuError
from ..model.findings import Findings
from ..model.text import Said
from ..reports.result import ENDINGS
from ..running.run import BATCH_SIZE, SETTLE_SECONDS, Manner
from ..words import translate
from .lists import USUAL
from .options import stacked

sending_options = stacked(
    click.option("--yes", is_flag=True, help="Send without asking; rows with problems stay behind."),
    click.option(
        "--workers",
        type=click.IntRange(0, 64),
        default=0,
        help="The most writes in flight in all; fewer at first and after trouble [default: one a XiVO].",
    ),
    click.option(
        "--batch-size", type=click.IntRange(1, 1000), default=BATCH_SIZE, show_default=True, help="Rows a batch."
    ),
    click.option(
        "--settle",
        "settle_seconds",
        type=click.FloatRange(0),
        help="Seconds in which a call without answer may still take effect, before the list is read a second time "
        f"[default: {SETTLE_SECONDS:g}, or twice the longest write that probe saw].",
    ),
    click.option("--max-failures", type=click.IntRange(0), default=0, help="Stop when so many rows have failed."),
    click.option("--pin-numbers", is_flag=True, help="Never choose another number for one that was lost meanwhile."),
    click.option("--stop-at", metavar="HH:MM", help="Begin no row after this local time; resume goes on from there."),
    click.option(
        "--report",
        "reports",
        multiple=True,
        type=click.Path(dir_okay=False),
        help="Write the result to FILE (.xlsx, .csv, .json); repeatable [default: BOOK.report-RUN.xlsx].",
    ),
)
_MANNER = ("workers", "batch_size", "settle_seconds", "max_failures", "pin_numbers")


@dataclass(frozen=True)
class Choices:
    """What the person chose for one run; `stop_at` is the moment (seconds of the epoch) after which no row begins."""

    yes: bool = False
    only_if_clean: bool = False
    reports: Sequence[str] = ()
    manner: Manner = Manner()  # noqa: RUF009 - frozen
    stop_at: float = math.inf
    settle_given: bool = False
    as_json: bool = False
    credentials: str = ""
    limits: Limits = USUAL
    contact: str = ""


def take_choices(options: dict[str, Any], **others: Any) -> Choices:
    """Take the sending options out of a command's options; raises BookError for a file that could not be written."""
    given = {name: options.pop(name) for name in _MANNER}
    manner = Manner(**{name: value for name, value in given.items() if value is not None})
    stop_at = moment_of(options.pop("stop_at"), datetime.now().astimezone())
    choices = Choices(
        options.pop("yes"),
        reports=options.pop("reports"),
        credentials=options.pop("credentials", None) or "",
        manner=manner,
        stop_at=stop_at,
        settle_given=given["settle_seconds"] is not None,
        **others,
    )
    check_reports(choices.reports)
    if choices.credentials:
        check_credentials_path(choices.credentials)
        if Path(choices.credentials).absolute() in {Path(name).absolute() for name in choices.reports}:
            raise BookError(
                "{credentials} is named for the report too, which would replace it: name two files.",
                credentials=choices.credentials,
            )
    return choices


def follow_findings(choices: Choices, known: Mapping[str, Any], *, contact: str = "") -> Choices:
    """Return the choices with what a probe found of this server: how long it takes, and whether one write must wait.

    What the person gave counts more, but for workers on a server that refuses two creates at once: that is said.
    `contact` is whom the reports name.
    """
    findings, manner = Findings.from_json(known.get("findings")), choices.manner
    if not choices.settle_given:
        manner = replace(manner, settle_seconds=max(SETTLE_SECONDS, 2 * (findings.write_longest or 0)))
    if findings.creates_at_once is False and manner.workers != 1:
        click.echo(
            translate("Note: this server refused two creates at once when it was probed: one write at a time."),
            err=True,
        )
        manner = replace(manner, workers=1)
    return replace(choices, manner=manner, contact=contact)


def moment_of(clock: str | None, now: datetime) -> float:
    """Return the next moment (seconds of the epoch) at which a local clock shows `clock`; never where it is None."""
    if not clock:
        return math.inf
    try:
        wanted = datetime.strptime(clock, "%H:%M").time()
    except ValueError:
        raise XcuError("--stop-at {clock}: write a time of day such as 03:30.", clock=clock) from None
    today = datetime.combine(now.date(), wanted).astimezone()
    tomorrow = datetime.combine(now.date() + timedelta(days=1), wanted).astimezone()
    return (today if today > now else tomorrow).timestamp()


def check_reports(reports: Sequence[str]) -> None:
    """Raise BookError for a report that could not be written at the end: known before anything is sent."""
    for name in reports:
        check_target(name, ENDINGS, Said("a report ends in {endings}", endings=", ".join(ENDINGS)))
