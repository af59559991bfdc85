"""What a migration hands over: the list of old and new numbers, and the list of what could not move and why."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from ..files import write_csv
from ..migrating.sheets import MOVED, MOVED_STATE, THERE_STATE
from ..model.snapshot import text_frame
from ..running.moves import Move
from ..words import translate
from .wording import row_message

_HEADERS = ("What", "First name", "Last name", "Entity", "Number", "Source id", "Why")


def _never() -> dict[str, str]:
    """Return what never moves, and what to do about it."""
    return {
        translate("Mail addresses"): translate("no address can be set over this API: enter them at the target by hand"),
        translate("Voice mail messages"): translate(
            "no message leaves its server: let people listen to theirs before the old one is gone"
        ),
        translate("Provisioning codes"): translate(
            "each phone gets a new one: type the code of the numbers list on it"
        ),
    }


def numbers_path(book_path: str) -> Path:
    """Return `BOOK.numbers.csv` beside a book, or beside the folder of a CSV book."""
    return _beside(book_path, "numbers")


def not_moved_path(book_path: str) -> Path:
    """Return `BOOK.not-moved.csv`, likewise."""
    return _beside(book_path, "not-moved")


def _beside(book_path: str, what: str) -> Path:
    path = Path(book_path)
    return path.absolute().parent / f"{path.name if path.is_dir() else path.stem}.{what}.csv"


def write_numbers(path: Path, moves: Iterable[Move]) -> Path:
    """Write who has which number now, readable by its owner only; return where it was saved."""
    rows = [_told(move) for move in sorted(moves, key=_order) if move.shown]
    return write_csv(path, text_frame({f.label: [row[f.name] for row in rows] for f in MOVED.fields}))


def _told(move: Move) -> dict[str, str]:
    shown, origin = move.shown or {}, move.origin
    return {
        "first_name": shown["first_name"],
        "last_name": shown["last_name"],
        "old_entity": origin.get("entity", ""),
        "old_number": origin.get("internal_number", ""),
        "new_entity": shown["entity"],
        "new_number": shown["internal_number"],
        "provisioning": shown["provisioning_number"],
        "cti_login": shown["cti_login"],
        "state": MOVED_STATE if move.made else THERE_STATE,
        "source_id": origin.get("id", ""),
        "target_id": move.id,
        "run": move.run,
    }


def write_not_moved(path: Path, moves: Iterable[Move]) -> Path:
    """Write what never moves, and below it who did not, and why; return where it was saved."""
    rows: list[Sequence[str]] = [(what, "", "", "", "", "", why) for what, why in _never().items()]
    rows += [_missing(move) for move in sorted(moves, key=_order) if not move.shown]
    return write_csv(path, text_frame({header: [row[at] for row in rows] for at, header in enumerate(_HEADERS)}))


def _missing(move: Move) -> Sequence[str]:
    names = ("first_name", "last_name", "entity", "internal_number", "id")
    why = "; ".join(dict.fromkeys(map(row_message, move.notes))) or translate(
        "nothing is on record of why: plan the migration again"
    )
    return (translate("Person"), *(move.origin.get(name, "") for name in names), why)


def _order(move: Move) -> tuple[str, int, str, int]:
    number = move.origin.get("internal_number", "")
    return move.origin.get("entity", ""), len(number), number, move.row
