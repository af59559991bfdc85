"""What `export --format xivo-csv` asks for and says: the constants of the target, and who would be refused there."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from ..files.replace_file import check_target
from ..files.xivo_csv import write_xivo_csvs
from ..model.directory import Unresolved
from ..model.errors import XcuError
from ..model.resources import RESOURCES, USERS
from ..model.snapshot import Snapshot
from ..model.text import Said, first_control, safe_sentence, safe_text
from ..model.view import View
from ..reports.wording import row_message
from ..rules.xivo_import import Constants, ImportRows, Refusal, import_rows
from ..words import translate, translate_n
from .options import stacked
from .output import SHOWN_ROWS, more_rows, print_json, print_unreadable

XIVO_CSV = "xivo-csv"
NAMES = ("entity_ids", "line_protocol", "context_map", "cti_profile")
_WAZO = "none"
_CONTEXT = re.compile(r"[a-zA-Z0-9_-]{1,79}")

xivo_options = stacked(
    click.option(
        "--format",
        "form",
        type=click.Choice(["book", XIVO_CSV]),
        default="book",
        show_default=True,
        help="xivo-csv: one file OUT-XIVO.csv for each XiVO, in the format of its own user import; the next four "
        "options say what XCU does not know. Never in it, for XCU does not show them: voice mail, incoming numbers, "
        "ring time, call permissions.",
    ),
    click.option(
        "--entity-id",
        "entity_ids",
        multiple=True,
        metavar="[XIVO=]ID",
        help="xivo-csv: id of the organisation on the XiVO that gets the users (XiVO calls it entity, too); for one "
        "XiVO only with XIVO= before it. none: for a Wazo, which has no such column. Repeatable.",
    ),
    click.option(
        "--line-protocol",
        type=click.Choice(["sip", "sccp", "webrtc"]),
        help="xivo-csv: what the phones speak [default: sip].",
    ),
    click.option(
        "--context-map",
        multiple=True,
        metavar="ENTITY=CONTEXT",
        help="xivo-csv: the context that people of this entity get there, if it is not called as the entity; numbers "
        "are then not compared with the entity's intervals. Repeatable.",
    ),
    click.option(
        "--cti-profile",
        metavar="NAME",
        help="xivo-csv: CTI profile (Client, say) of people with a login. It is switched on only where their password "
        "is in the file too (--with-secrets).",
    ),
)


def check_choice(out: str, form: str, chosen: Mapping[str, Any], others: Mapping[str, Any]) -> None:
    """Raise before the server is asked where options do not go together. `others` are those that a book takes only."""
    if form != XIVO_CSV:
        given = next((name for name in NAMES if chosen[name]), "")
        if given:
            raise XcuError("{option} goes with --format xivo-csv only.", option=_option(given))
        return
    given = next((name for name, value in others.items() if value), "")
    if given:
        raise XcuError("{option} does not go with --format xivo-csv.", option=_option(given))
    check_target(out, (".csv",), Said("xivo-csv is written as OUT.csv"))
    if not chosen["entity_ids"]:
        raise XcuError("--format xivo-csv needs --entity-id: the id of the entity on the XiVO, or none for a Wazo.")
    if first_control(chosen["cti_profile"] or ""):
        raise XcuError("--cti-profile: write the name of a profile.")


def _option(name: str) -> str:
    return f"--{name.removesuffix('s') if name == 'entity_ids' else name}".replace("_", "-")


def export_xivo_csv(out: str, snapshot: Snapshot, chosen: Mapping[str, Any], *, secrets: bool, as_json: bool) -> int:
    """Write the files, say who is not in them and why, and return the exit code: 1 where somebody is not.

    Raises XcuError for a XiVO, entity or context that is none.
    """
    view = View.of_snapshot(snapshot)
    passwords = {str(r.get("id")): r["ctiPassword"] for r in snapshot.records[USERS.name] if r.get("ctiPassword")}
    found = import_rows(view, _constants(view, chosen), passwords if secrets else {})
    saved = write_xivo_csvs(Path(out), found.columns, found.rows)
    _say(found, saved, snapshot, as_json=as_json)
    if secrets:
        said = translate("These files hold passwords in clear text: keep them to yourself.")
        click.secho(said, fg="yellow", err=True)
    return 1 if found.refused or set(snapshot.unreadable) - set(RESOURCES) else 0


def _constants(view: View, chosen: Mapping[str, Any]) -> Constants:
    contexts = dict(_context(view, text) for text in chosen["context_map"])
    protocol = chosen["line_protocol"] or "sip"
    return Constants(_entity_ids(view, chosen["entity_ids"]), protocol, contexts, chosen["cti_profile"] or "")


def _entity_ids(view: View, texts: Sequence[str]) -> dict[str, str] | None:
    """Return the id for each XiVO that has users; None where the target is a Wazo."""
    if _WAZO in texts:
        return None
    for_all, by_xivo = "", {}
    for text in texts:
        name, _, id_ = text.rpartition("=")
        if not re.fullmatch("[0-9]{1,9}", id_):
            raise XcuError("--entity-id {text}: write a number, XIVO=number, or none.", text=safe_text(text))
        if name:
            by_xivo[_resolved(view, "xivos", name, "--entity-id")] = id_
        else:
            for_all = id_
    users = view.frame(USERS.name)
    wanted = {view.xivo_of[e] for e in users.get("entity", ()) if e in view.xivo_of}
    ids = {xivo: by_xivo.get(xivo, for_all) for xivo in wanted}
    missing = sorted(xivo for xivo, id_ in ids.items() if not id_)
    if missing:
        raise XcuError("--entity-id is missing for {xivo}: add --entity-id {xivo}=ID.", xivo=safe_text(missing[0]))
    return ids


def _context(view: View, text: str) -> tuple[str, str]:
    entity, _, context = text.rpartition("=")
    if not entity or not _CONTEXT.fullmatch(context):
        raise XcuError("--context-map {text}: write ENTITY=CONTEXT.", text=safe_text(text))
    return _resolved(view, "entities", entity, "--context-map"), context


def _resolved(view: View, resource: str, name: str, option: str) -> str:
    try:
        return view.directory.resolve(resource, name).label
    except Unresolved as failed:
        known = failed.params.get("candidates") or ", ".join(view.directory.labels(resource))
        raise XcuError(
            "{option} {name}: write one of {known}.", option=option, name=safe_text(name), known=safe_text(known, 600)
        ) from None


def _say(found: ImportRows, saved: Mapping[str, Path], snapshot: Snapshot, *, as_json: bool) -> None:
    for refused in found.refused[:SHOWN_ROWS]:
        click.secho(f"  {safe_sentence(_sentence(refused), 600)}", fg="red", err=True)
    if len(found.refused) > SHOWN_ROWS:
        click.echo(more_rows(len(found.refused) - SHOWN_ROWS), err=True)
    print_unreadable(snapshot.unreadable)
    if as_json:
        print_json(lambda: _as_json(found, saved, snapshot))
        return
    if not saved:
        click.echo(translate("No file was written: there is no user that XiVO would take."))
    for xivo, path in saved.items():
        said = translate_n("{path}: {n} user", "{path}: {n} users", len(found.rows[xivo]), path=path)
        click.echo(said)


def _sentence(refused: Refusal) -> str:
    why = "; ".join(row_message(p) for p in refused.problems)
    return translate(
        "not written: id {id} {label} ({entity}): {why}",
        id=refused.id,
        label=refused.label,
        entity=refused.entity,
        why=why,
    )


def _as_json(found: ImportRows, saved: Mapping[str, Path], snapshot: Snapshot) -> dict[str, Any]:
    refused = [
        {"id": r.id, "label": r.label, "entity": r.entity, "problems": [p.to_json() for p in r.problems]}
        for r in found.refused
    ]
    return {
        "server": snapshot.server,
        "files": {xivo: str(path) for xivo, path in saved.items()},
        "counts": {xivo: len(rows) for xivo, rows in found.rows.items()},
        "refused": refused,
        "unreadable": dict(snapshot.unreadable),
    }
