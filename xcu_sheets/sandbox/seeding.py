"""The data a sandbox begins with: any size, always the same for the same configuration."""

import random
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from .names import ANALOGUE, People, entity_name, fold
from .numbers import expand
from .passwords import blob_of
from .settings import SandboxConfig
from .state import Store, to_json

FIRST_ENTITY_ID = 17
OUTSIDE_NUMBER = "6260"
LETTERS = "abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"


@dataclass(frozen=True)
class SeededEntity:
    """What the later steps of seeding need to know of an entity."""

    id: int
    combined_id: str
    xivo_id: int
    intervals: list[dict[str, Any]]


def provisioning_number(seed: int, user_id: int) -> str:
    """Return the 6-digit code of a user: 7919 is prime to 10, so a million users get a million codes."""
    return f"{(user_id * 7919 + seed * 104_729 + 106_214) % 1_000_000:06d}"


def seed_store(store: Store, config: SandboxConfig) -> None:
    """Fill an empty store, all or nothing."""
    with store.transaction():
        _seed_xivos(store, config)
        entities = [_seed_entity(store, config, index) for index in range(config.entities)]
        _seed_templates(store, config, entities)
        _seed_administrators(store, entities)
        store.insert_users(_users(config, entities))


def _seed_xivos(store: Store, config: SandboxConfig) -> None:
    """Insert ``xivo-220`` and following, each with at least as many free places as users; another seed, other uuids."""
    capacity = max(1000, 2 * config.users)
    for place in range(config.xivos):
        host = f"192.168.29.{220 + place}"
        identity = str(uuid.uuid5(uuid.NAMESPACE_DNS, f"{config.seed}.{host}"))
        sql = "INSERT INTO xivos (uuid, name, host, capacity) VALUES (?, ?, ?, ?)"
        store.run(sql, identity, f"xivo-{220 + place}", host, capacity)


def _block(config: SandboxConfig) -> tuple[int, int]:
    """Return the first number of the first entity's block and the size of a block.

    Three tenths of a block are in intervals, room for one and a half times the users; blocks of one XiVO lie
    one after the other in numbers of one length.
    """
    size, first = 1000, 1000
    while 3 * size < 15 * (config.users // config.entities + 1):
        size *= 10
    while 9 * first < -(-config.entities // config.xivos) * size:
        first *= 10
    return first, size


def _intervals(config: SandboxConfig, index: int) -> list[dict[str, Any]]:
    """Return an entity's intervals: two ranges and a single number, or the document's two wide ranges (analogue)."""
    if index == ANALOGUE:
        span = 10_000
        while span < 2 * (config.users // config.entities):
            span *= 10
        return [{"start": str(399 * span), "end": str(400 * span - 1)}, _range(3999 * span, span)]
    first, size = _block(config)
    start = first + index // config.xivos * size
    single = {"start": str(start + size // 2), "end": ""}
    intervals = [_range(start + size // 10, size // 10), single, _range(start + 6 * size // 10, size // 5)]
    if index in (0, 2):
        intervals[0]["routingMode"] = "routed_with_prefix"
    return intervals


def _range(start: int, length: int) -> dict[str, Any]:
    return {"start": str(start), "end": str(start + length - 1)}


def _seed_entity(store: Store, config: SandboxConfig, index: int) -> SeededEntity:
    """Insert the index-th entity, on the XiVOs in turn."""
    name, display_name = entity_name(index)
    place = index % config.xivos
    if name == "default" and index > 0 and place == 0:
        name = "default_bis"
    entity = SeededEntity(
        FIRST_ENTITY_ID + index, f"{name}@192.168.29.{220 + place}", place + 1, _intervals(config, index)
    )
    store.run(
        "INSERT INTO entities (id, combined_id, name, display_name, xivo_id, intervals, presented_number, extra)"
        " VALUES (?, ?, ?, ?, ?, ?, 'inbNo', '{}')",
        entity.id,
        entity.combined_id,
        name,
        display_name,
        entity.xivo_id,
        to_json(entity.intervals),
    )
    return entity


def _template(name: str, xivos: list[int], entities: list[str], **fields: Any) -> dict[str, Any]:
    common = {
        "name": name,
        "peerSipName": "auto",
        "routedInbound": False,
        "callerIdMode": "incomingNo",
        "ringingTime": 30,
        "voiceMailEnabled": False,
        "voiceMailNumberMode": "short_number",
    }
    return {**common, **fields, "xivos": xivos, "entities": entities}


def _templates(config: SandboxConfig, entities: list[SeededEntity]) -> list[dict[str, Any]]:
    """Return six templates that between them show every documented key and one undocumented."""
    everywhere = list(range(1, config.xivos + 1))
    ids = [entity.combined_id for entity in entities]
    voice_mail = {"voiceMailEnabled": True, "voiceMailSendEmail": True}
    return [
        _template("Modèle standard", everywhere, []),
        _template("Modèle 220", [1], ids[:1]),
        _template("Accueil numéro commun", [], ids[1:3], callerIdMode="custom", customCallerId="0472000000"),
        _template(
            "Messagerie", everywhere, [], voiceMailNumberMode="custom", voiceMailCustomNumber="8000", **voice_mail
        ),
        _template("SDA directe", everywhere, [], routedInbound=True, routedInboundPrefix="047211", recordingMode="off"),
        _template("Analogique", [], ids[ANALOGUE:][:1] or ids[-1:], peerSipName="model", callerIdMode="anonymous"),
    ]


def _seed_templates(store: Store, config: SandboxConfig, entities: list[SeededEntity]) -> None:
    for body in _templates(config, entities):
        store.run("INSERT INTO templates (body) VALUES (?)", to_json(body))


def _seed_administrators(store: Store, entities: list[SeededEntity]) -> None:
    """Insert the super-administrator, one limited to the first entity and one of LDAP, who cannot log in here."""
    ids = [entity.id for entity in entities]
    for login, name, password, super_admin, ldap, entity_ids in (
        ("admin", "", "superpass", True, False, []),
        ("telecom", "Équipe télécom", "telecom-pass", False, False, ids[:1]),
        ("annuaire", "Compte de l’annuaire", None, False, True, ids[:2]),
    ):
        blob = None if password is None else blob_of(login, password)
        store.run(
            "INSERT INTO administrators (login, name, password, super_admin, ldap, entity_ids)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            *(login, name, blob, super_admin, ldap, to_json(entity_ids)),
        )


def _numbers(entity: SeededEntity) -> Iterator[str]:
    """Yield two of every three numbers of an entity, so that the free ones have gaps."""
    return (number for place, number in enumerate(expand(entity.intervals)) if place % 3 != 2)


def _users(config: SandboxConfig, entities: list[SeededEntity]) -> Iterator[dict[str, Any]]:
    """Yield the users, one entity after the other in turn; the one that is no person lies outside its intervals."""
    odd = min(ANALOGUE, len(entities) - 1)
    people = People(config.seed, odd)
    secrets = random.Random(config.seed)  # noqa: S311 - passwords of people who do not exist
    numbers = [_numbers(entity) for entity in entities]
    for index in range(config.users):
        place = index % len(entities)
        number = OUTSIDE_NUMBER if index == odd else next(numbers[place])
        user = _user(index, entities[place], people[index], number, secrets)
        if index == odd:
            user.update(mail=None, cti_login=None, cti_password=None)
        yield {**user, "provisioning_number": provisioning_number(config.seed, index + 1)}


def _user(
    index: int, entity: SeededEntity, person: tuple[str, str], number: str, secrets: random.Random
) -> dict[str, Any]:
    """Return one user: three of five have a login, one of three a mail address, one of seven a label."""
    first_name, last_name = person
    address = f"{fold(first_name)}.{fold(last_name)}"
    has_login = index % 5 < 3
    password = "Cti-" + "".join(secrets.choices(LETTERS, k=8))
    return {
        "id": index + 1,
        "entity_id": entity.id,
        "xivo_id": entity.xivo_id,
        "template_id": (1, 4, 5)[index % 3],
        "first_name": first_name,
        "last_name": last_name,
        "internal_number": number,
        "mail": f"{address}@exemple.fr" if index % 3 == 0 else None,
        "cti_login": f"{address}{index + 1}" if has_login else None,
        "cti_password": password if has_login else None,
        "extra": to_json({"labels": ["bâtiment B"]}) if index % 7 == 0 else "{}",
    }
