"""The whole server into one Snapshot, in as few calls as the API allows."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from functools import partial
from typing import TypeVar

from ..model.errors import ApiError, Refused
from ..model.fields import Resource
from ..model.records import Record, each_once
from ..model.resources import ADMINISTRATORS, ENTITIES, TEMPLATES, USERS, XIVOS
from ..model.snapshot import Snapshot
from ..model.text import Said, safe_text
from .client import Client

READERS = 4
_ALWAYS = (XIVOS, ENTITIES)  # they name what the others refer to, and whose server this is
_OPTIONAL = (TEMPLATES, ADMINISTRATORS)

Progress = Callable[[int, int], None]
K = TypeVar("K", bound=Hashable)
T = TypeVar("T")
Read = list[Record] | ApiError


def read_snapshot(
    client: Client,
    *,
    taken_at: str,
    readers: int = READERS,
    entities: Collection[str] | None = None,
    resources: Collection[str] | None = None,
    progress: Progress | None = None,
) -> Snapshot:
    """Read the server: all of it, or the users of `entities` (combined ids) and the `resources` named.

    XiVOs and entities are always read. What this login cannot read is in the snapshot's `unreadable`; a failing list
    of entities ends the reading. `progress` is told (user lists read, user lists in all).
    """
    client.log_in()
    wanted = {"users", *(r.name for r in _OPTIONAL)} if resources is None else set(resources)
    lists = [*_ALWAYS, *(r for r in _OPTIONAL if r.name in wanted)]
    found = gather({r.name: partial(_try_list, client, r) for r in lists}, readers)
    records, failed = _sort_out(found, _is_fatal)
    unreadable = {name: _reason(error) for name, error in failed.items()}
    listed = list(dict.fromkeys(str(e[ENTITIES.key]) for e in records[ENTITIES.name]))
    chosen = [cid for cid in listed if entities is None or cid in entities]
    for missing in sorted({*(entities or ())} - {*listed}):
        unreadable[missing] = Said("no such entity, or not visible to {login}", login=safe_text(client.login_name))
    if USERS.name in wanted:
        users, not_read = read_users(client, chosen, readers, progress)
        records[USERS.name] = each_once(user for cid in chosen for user in users.get(cid, ()))
        unreadable.update({cid: _reason(error) for cid, error in not_read.items()})
    return Snapshot(client.origin, client.login_name, taken_at, records, unreadable)


def read_users(
    client: Client, combined_ids: Iterable[str], readers: int = READERS, progress: Progress | None = None
) -> tuple[dict[str, list[Record]], dict[str, ApiError]]:
    """Return the users by entity, in the order asked for, and by entity why its users could not be read."""
    jobs = {cid: partial(_try_list, client, USERS, cid) for cid in combined_ids}
    return _sort_out(gather(jobs, readers, progress), lambda name, error: False)


def _try_list(client: Client, resource: Resource, parent: str = "") -> Read:
    try:
        return client.list_records(resource, parent)
    except ApiError as error:
        return error


def _is_fatal(name: str, error: ApiError) -> bool:
    return name == ENTITIES.name or (name == XIVOS.name and not isinstance(error, Refused))


def _sort_out(
    found: Mapping[str, Read], is_fatal: Callable[[str, ApiError], bool]
) -> tuple[dict[str, list[Record]], dict[str, ApiError]]:
    records: dict[str, list[Record]] = {}
    unreadable: dict[str, ApiError] = {}
    for name, read in found.items():
        if not isinstance(read, ApiError):
            records[name] = read
        elif is_fatal(name, read):
            raise read
        else:
            unreadable[name] = read
    return records, unreadable


def _reason(error: ApiError) -> str:
    if error.status and error.detail:
        return Said("{status} {detail}", status=error.status, detail=error.detail)
    return error.detail or str(error.status or "")


def gather(jobs: Mapping[K, Callable[[], T]], readers: int, progress: Progress | None = None) -> dict[K, T]:
    """Run jobs side by side and return their results in the jobs' order.

    An exception, Ctrl-C included, ends it at once: jobs not yet begun never run, and nobody waits for the others.
    """
    pool = ThreadPoolExecutor(max(1, readers), thread_name_prefix="xcu-reader")
    try:
        futures = {pool.submit(job): key for key, job in jobs.items()}
        for done, future in enumerate(as_completed(futures), 1):
            future.result()
            if progress:
                progress(done, len(jobs))
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        raise
    pool.shutdown()
    return {key: future.result() for future, key in futures.items()}
