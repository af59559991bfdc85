"""Names people write and the records they mean: references resolved both ways (DESIGN rule 8)."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from .fields import Ref
from .kinds import REFERENCE
from .records import Record, keys_of
from .text import clean_text, fold, is_auto

_LONGEST = 128  # of a display name [DOMAIN E6]; a longer one makes no good cell
WEB_DAMAGE = "[email"  # what a web page shows instead of a combinedId [DOMAIN 1.4.1]


@dataclass(frozen=True)
class Entry:
    """One record that can be referred to: its label (the canonical cell text) and the keys the API knows it by.

    `aliases` are folded; `shown` is what to call it in a sentence where that is not the label.
    """

    label: str
    keys: Mapping[str, Any]
    aliases: frozenset[str] = frozenset()
    shown: str = ""

    @property
    def said(self) -> str:
        """What to call it in a sentence: a name that a person may write in a cell, too."""
        return self.shown or self.label


class Unresolved(ValueError):
    """A name means no record, or several; `code` and `params` become a Problem."""

    def __init__(self, code: str, **params: str) -> None:
        super().__init__(code)
        self.code, self.params = code, params


class Directory:
    """The records of one server, or of a book's baseline, by every name that people may write for them."""

    def __init__(self, entries: Mapping[str, Iterable[Entry]]) -> None:
        self._by_label: dict[str, dict[str, list[Entry]]] = {}
        self._by_alias: dict[str, dict[str, list[Entry]]] = {}
        self._by_key: dict[str, dict[tuple[str, str], Entry]] = {}
        for resource, listed in entries.items():
            self._add(resource, listed)

    def _add(self, resource: str, entries: Iterable[Entry]) -> None:
        labels, keys = self._by_label.setdefault(resource, {}), self._by_key.setdefault(resource, {})
        aliases: dict[str, list[Entry]] = self._by_alias.setdefault(resource, defaultdict(list))
        for entry in entries:
            labels.setdefault(entry.label, []).append(entry)
            keys.update({(name, str(value)): entry for name, value in entry.keys.items()})
            for alias in (entry.aliases | {fold(entry.label)}) - {""}:
                aliases[alias].append(entry)

    def resolve(self, resource: str, text: str) -> Entry:
        """Return the record that `text` names: by label, else by an alias where that means one record only.

        Raises Unresolved: `reference_unknown`, `reference_ambiguous` (with the candidates) or `reference_damaged`.
        """
        found = self._found(resource, text)
        if len(found) == 1:
            return found[0]
        if found:
            raise Unresolved("reference_ambiguous", candidates=", ".join(e.said for e in found), resource=resource)
        raise Unresolved("reference_unknown", resource=resource, known=self._nearest(resource, text))

    def _found(self, resource: str, text: str) -> list[Entry]:
        exact = self._by_label.get(resource, {}).get(text, [])
        if WEB_DAMAGE in text and not exact:
            raise Unresolved("reference_damaged")
        return exact or self._by_alias.get(resource, {}).get(fold(text), [])

    def _nearest(self, resource: str, text: str) -> str:
        from difflib import get_close_matches

        said: dict[str, str] = {}
        for listed in self._by_label.get(resource, {}).values():
            said |= {name: entry.said for entry in listed for name in {*entry.aliases, fold(entry.label)}}
        near = get_close_matches(fold(text), said, n=3, cutoff=0.6)
        return ", ".join(dict.fromkeys(said[name] for name in near))

    def find(self, resource: str, key: str, value: object) -> Entry | None:
        """Return the record whose API key has this value, None where it is not known."""
        return self._by_key.get(resource, {}).get((key, str(value)))

    def labels(self, resource: str) -> list[str]:
        """Return the canonical names of a resource's records, in the server's order."""
        return list(self._by_label.get(resource, {}))

    def shown(self, resource: str) -> dict[str, str]:
        """Return, by label, what cells show of a resource's records: a name that means that one alone, or the label."""
        entries = (entry for listed in self._by_label.get(resource, {}).values() for entry in listed)
        return {entry.label: entry.said if self._means(resource, entry) else entry.label for entry in entries}

    def _means(self, resource: str, entry: Entry) -> bool:
        """Tell whether what an entry is called is read back as that entry, and as a name at all."""
        name = entry.said
        odd = name[:1] in "<'" or WEB_DAMAGE in name or is_auto(name) or len(name) > _LONGEST
        if odd or clean_text(name) != name or REFERENCE.fault(name):
            return False
        return self._found(resource, name) == [entry]

    def label_of(self, ref: Ref, value: Any) -> list[str]:
        """Return the labels of the records that an API value refers to; an unknown one is shown by its key."""
        labels = []
        for shown in keys_of(value, ref.key):
            entry = self.find(ref.resource, ref.key, shown) or self.find(ref.resource, "id", shown)
            bare = f"#{shown}" if ref.key == "id" and shown.isdecimal() else clean_text(shown)
            labels.append(entry.label if entry else bare)
        return labels


def make_directory(records: Mapping[str, Iterable[Record]]) -> Directory:
    """Return the directory of a snapshot's XiVOs, entities and templates.

    Entities are labelled by combinedId and answer to name, display name and `name@XiVO name`; XiVOs and templates
    are labelled by name, with `#id` behind it where two share one.
    """
    return Directory(
        {
            "xivos": _named(records.get("xivos", ())),
            "templates": _named(records.get("templates", ())),
            "entities": _entities(records.get("entities", ())),
        }
    )


def _entities(records: Iterable[Record]) -> list[Entry]:
    """Return entities that know what to be called: by display name, with the XiVO's name where it is not unique."""
    listed = [(_entity_entry(record), record) for record in records]
    holders = Counter(alias for entry, _ in listed for alias in {*entry.aliases, fold(entry.label)})
    return [replace(entry, shown=_unique_name(record, holders)) for entry, record in listed]


def _unique_name(record: Record, holders: Mapping[str, int]) -> str:
    display = clean_text(str(record.get("displayName") or ""))
    xivo = clean_text(str((record.get("xivo") or {}).get("name") or ""))
    names = (display, f"{display} ({xivo})") if display else ()
    return next((name for name in names if holders[fold(name)] == 1), "")


def _named(records: Iterable[Record]) -> list[Entry]:
    listed = list(records)
    names = Counter(clean_text(str(r.get("name") or "")) for r in listed)
    entries = []
    for record in listed:
        name, id_ = clean_text(str(record.get("name") or "")), record.get("id")
        label = name if name and names[name] == 1 else f"{name} #{id_}".strip()
        entries.append(Entry(label, {"id": id_}, frozenset({fold(name)} - {""})))
    return entries


def _entity_entry(record: Record) -> Entry:
    cid, name = str(record.get("combinedId") or ""), str(record.get("name") or "")
    display, xivo = str(record.get("displayName") or ""), str((record.get("xivo") or {}).get("name") or "")
    aliases = {fold(name), fold(display), fold(f"{name}@{xivo}"), fold(f"{display}@{xivo}")} - {""}
    return Entry(cid, {"combinedId": cid, "id": record.get("id")}, frozenset(aliases))
