"""One edit: read the record, look whether it is still the one the plan saw, replace it."""

from __future__ import annotations

from collections.abc import Mapping

from ..model.directory import Directory
from ..model.fields import Resource
from ..model.records import Record, Secret
from ..model.snapshot import cell_text
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

    Where an edited cell no longer shows the text in `seen`, nothing is sent and the result tells, by column, what it
    shows now. Between the read and the write a gap remains: the API has no If-Match.
    """
    live = client.get_record(resource, key)
    shown = {column: cell_text(resource.by_name[column], live, directory) for column in edits}
    moved = {c: text for c, text in shown.items() if resource.by_name[c].shown and text != seen.get(c, "")}
    if not moved:
        client.update_record(resource, key, update_payload(resource, live, edits, directory, secrets, listed))
    return moved
