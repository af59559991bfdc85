"""The XiVOs behind a server are its identity: pinned at first use, as ssh pins host keys (DESIGN rule 15)."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence

import click

from ..model.errors import PlanError
from ..model.text import Said, safe_text
from ..words import translate
from .connection import Connection
from .known_servers import known_path, learn_or_say
from .output import confirm

SHOWN = 3


def check_pins(session: Connection, uuids: Iterable[str], *, writes: bool) -> None:
    """Return where the XiVOs that were read are those of the server that was meant; pin them at first use.

    Raises PlanError for XiVOs that are all strange, and for a changed set that is not confirmed: on a terminal by its
    answer, else by --accept-xivos; a command that `writes` nothing only notes it there.
    """
    seen, pinned = {u for u in uuids if u}, set(session.known.get("xivo_uuids", ()))
    if not seen:
        _note_unseen(session, pinned, writes=writes)
    elif pinned and not seen & pinned:
        raise PlanError(
            "{key} is known for XiVO {known}, but {server} shows {shown}: another server? Check the "
            'address; if it was replaced, take "{key}" out of {file}.',
            key=session.key,
            known=_list(pinned),
            server=session.client.origin,
            shown=_list(seen),
            file=known_path(),
        )
    elif seen != pinned and (not pinned or _is_accepted(session, _changes(pinned, seen), writes=writes)):
        learn_or_say(session.key, xivo_uuids=sorted(seen))


def _is_accepted(session: Connection, changes: Said, *, writes: bool) -> bool:
    said = Said("The XiVOs of {key} changed: {changes}", key=session.key, changes=changes)
    if session.accept_xivos:
        click.echo(translate("Note: {change}: accepted.", change=said), err=True)
        return True
    if sys.stdin.isatty():
        if confirm(translate("{change}. Is that right?", change=said)):
            return True
        raise PlanError("{change}: nothing was done.", change=said)
    if writes:
        raise PlanError("{change}. If that is right, run again with --accept-xivos: nothing was sent.", change=said)
    click.echo(translate("Note: {change}. --accept-xivos says that this is right.", change=said), err=True)
    return False


def _changes(pinned: set[str], seen: set[str]) -> Said:
    new, gone = _list(seen - pinned), _list(pinned - seen)
    if new and gone:
        return Said("new {new}; gone, or not visible to this login {gone}", new=new, gone=gone)
    return Said("new {new}", new=new) if new else Said("gone, or not visible to this login {gone}", gone=gone)


def _note_unseen(session: Connection, pinned: set[str], *, writes: bool) -> None:
    """Say that a login without sight of any XiVO cannot tell one server from another."""
    if pinned and writes:
        login = safe_text(session.client.login_name)
        click.echo(
            translate(
                "Note: {login} sees no XiVO, so nothing shows that this is the server that was meant.", login=login
            ),
            err=True,
        )


def _list(uuids: Iterable[str]) -> str:
    names: Sequence[str] = [safe_text(uuid) for uuid in sorted(uuids)]
    shown = ", ".join(names[:SHOWN])
    return Said("{names} and {n} more", names=shown, n=len(names) - SHOWN) if len(names) > SHOWN else shown
