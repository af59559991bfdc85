"""One edit: read the record, look whether it is still the one the plan saw, replace it."""

from __future__ import annotations

from collections.abc import Mapping

from ..model.directory import Directory
from ..model.fields import Resource
from ..model.records import Record, Secret
from ..model.snapshot import cell_text
from ..model.text import is_clear
from .client import Client
from .payloads import update_payload


def edit_record(
    client: Client,
    resource: Resource,
    key: str,
    seen: Mapping[str, str],
    edits: Mapping[str, str],
    directory: Directory,
    secrets: Mapping[str, Secret],
    listed: Record | None = None,
) -> dict[str, str]:
    """Replace one record by itself with `edits`; return {} once that is done.

    Where an edited cell shows neither the text in `seen` nor the one wanted, nothing is sent and the result tells, by
    column, what it shows now. Edits that have all arrived (an earlier attempt's answer was lost) are not sent again.
    Between the read and the write a gap remains: the API has no If-Match.
    """
    live = client.get_record(resource, key)
    shown = {c: cell_text(resource.by_name[c], live, directory) for c in edits if resource.by_name[c].shown}
    wanted = {c: "" if is_clear(edits[c]) else edits[c] for c in shown}
    moved = {c: text for c, text in shown.items() if text not in (seen.get(c, ""), wanted[c])}
    if not moved and (shown != wanted or len(shown) < len(edits) + len(secrets)):
        client.update_record(resource, key, update_payload(resource, live, edits, directory, secrets, listed))
    return moved
