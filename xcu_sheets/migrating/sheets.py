"""The sheets of the mapping book, as data: what a person fills in to say who goes where."""

from __future__ import annotations

from ..model.fields import Field, Ref, Resource
from ..model.kinds import INTEGER, NUMBER, REFERENCE, TEXT, choice
from ..model.text import fold

CREATE, LEAVE = "create", "leave"
KEEP, KEEP_FREE, ASSIGN = "keep", "keep where free", "assign"
NUMBER_RULES = (KEEP, KEEP_FREE, ASSIGN)
THERE, REFUSE, ANOTHER = "already there", "refuse", "create"
SAME = ("number", "login", "names")
# What a French person calls each word; both are read, whatever the language of the book.
FRENCH = {
    CREATE: "créer",
    LEAVE: "laisser",
    KEEP: "garder",
    KEEP_FREE: "garder si libre",
    ASSIGN: "attribuer",
    THERE: "déjà présent",
    REFUSE: "refuser",
}
_WORDS = {fold(text): word for word, french in FRENCH.items() for text in (word, french)}


def word_of(text: str) -> str:
    """Return the word that a cell says, in whichever language and case; any other text as it is."""
    return _WORDS.get(fold(text), text)


def _shown(name: str, label: str, label_fr: str, doc: str, width: int = 18) -> Field:
    """Return a column that tells a person which row is about whom."""
    return Field(name, TEXT, label, label_fr, doc, read=name, width=width)


_SOURCE_ENTITY = _shown("entity", "Entity", "Entité", "The entity of the source, by its combined id.", 32)
_NOTE = _shown("note", "Note", "Remarque", "Why the cells in amber want a look.", 60)


def _target(label: str, label_fr: str, resource: str, doc: str) -> Field:
    """Return the column that names what a row's record becomes at the target."""
    return Field("target", REFERENCE, label, label_fr, doc, read="target", write="target", ref=Ref(resource), width=32)


XIVOS = Resource(
    name="move xivos",
    label="Move XiVOs",
    label_fr="XiVO à migrer",
    sheet_writes="always",
    fields=(
        _shown("xivo", "XiVO", "XiVO", "A XiVO of the source.", 24),
        _target(
            "Target XiVO",
            "XiVO cible",
            "xivos",
            "The XiVO of the target on which entities of this one are created.",
        ),
        _NOTE,
    ),
)

ENTITIES = Resource(
    name="move entities",
    label="Move entities",
    label_fr="Entités à migrer",
    sheet_writes="always",
    fields=(
        _SOURCE_ENTITY,
        _shown("display_name", "Display name", "Nom affiché", "What people call it.", 26),
        _shown("users", "Users", "Utilisateurs", "How many people it has.", 8),
        _target(
            "Target entity",
            "Entité cible",
            "entities",
            "Where its people go: an entity of the target; create to make this one there, intervals and all; leave to "
            "let its people stay.",
        ),
        Field(
            "numbers",
            REFERENCE,
            "Numbers",
            "Numéros",
            "keep, keep where free (else a free one), assign (always a free one), or a shift such as 2xxx -> 52xxx; "
            "several shifts are separated by commas.",
            write="numbers",
            ref=Ref("number rules"),
            aliases=("number rule",),
            width=22,
        ),
        Field(
            "template",
            REFERENCE,
            "Target template",
            "Modèle cible",
            "The template of the target that its people get: no server tells which one somebody has.",
            write="template",
            ref=Ref("templates"),
            width=26,
        ),
        Field("wave", INTEGER, "Wave", "Vague", "In which wave they move: 1, 2, 3.", write="wave", width=8),
        _NOTE,
    ),
)

TEMPLATES = Resource(
    name="move templates",
    label="Move templates",
    label_fr="Modèles à migrer",
    sheet_writes="always",
    fields=(
        _shown("template", "Template", "Modèle", "A template of the source.", 28),
        _target(
            "Target template",
            "Modèle cible",
            "templates",
            "The template of the target that stands for it, where a list names people's templates.",
        ),
        _NOTE,
    ),
)

EXCEPTIONS = Resource(
    name="exceptions",
    label="Exceptions",
    label_fr="Exceptions",
    sheet_writes="always",
    fields=(
        Field(
            "user",
            NUMBER,
            "User id",
            "Id utilisateur",
            "The id that the user has at the source.",
            write="user",
            width=10,
        ),
        Field(
            "name",
            TEXT,
            "Name",
            "Nom",
            "For the reader: it is not looked at.",
            write="name",
            width=28,
        ),
        Field(
            "template",
            REFERENCE,
            "Target template",
            "Modèle cible",
            "Another template than that of the entity.",
            write="template",
            ref=Ref("templates"),
            width=26,
        ),
        Field(
            "number",
            TEXT,
            "New number",
            "Nouveau numéro",
            "The number to give to this user, or assign for a free one.",
            write="number",
            width=14,
        ),
        Field(
            "move",
            choice({"yes": "oui", LEAVE: FRENCH[LEAVE]}),
            "Move",
            "Migrer",
            "yes, or leave for somebody who stays.",
            write="move",
            width=10,
        ),
    ),
)

PEOPLE_THERE = Resource(
    name="people there",
    label="People there",
    label_fr="Déjà présents",
    sheet_writes="always",
    fields=(
        _shown("same", "Same", "Même", "What somebody of the target has in common with somebody who moves.", 12),
        Field(
            "meaning",
            choice({word: FRENCH[word] for word in (THERE, REFUSE, ANOTHER)}),
            "Meaning",
            "Signification",
            "already there: the same person, who is not made again. refuse: left for you to look at. create: another "
            "person.",
            write="meaning",
            width=18,
        ),
        _NOTE,
    ),
)

SHEETS = {r.name: r for r in (ENTITIES, EXCEPTIONS, XIVOS, TEMPLATES, PEOPLE_THERE)}

# The numbers list: what a migration hands over, and what `--delete-source` reads back.
MOVED = Resource(
    name="moved",
    label="Moved people",
    label_fr="Personnes migrées",
    fields=(
        _shown("first_name", "First name", "Prénom", "First name.", 20),
        _shown("last_name", "Last name", "Nom", "Last name.", 20),
        _shown("old_entity", "Old entity", "Ancienne entité", "The entity at the source.", 30),
        _shown("old_number", "Old number", "Ancien numéro", "The internal number at the source.", 14),
        _shown("new_entity", "New entity", "Nouvelle entité", "The entity at the target.", 30),
        _shown("new_number", "New number", "Nouveau numéro", "The internal number at the target.", 14),
        _shown("provisioning", "Provisioning code", "Code de provisioning", "The code to type on the phone.", 17),
        _shown("cti_login", "CTI login", "Login CTI", "The login at the target.", 20),
        _shown("state", "State", "État", "moved, or was there: somebody who was at the target before.", 12),
        _shown("source_id", "Source id", "Id source", "The user's id at the source.", 10),
        _shown("target_id", "Target id", "Id cible", "The user's id at the target.", 10),
        _shown("run", "Run", "Exécution", "The run that moved them.", 22),
    ),
)
MOVED_STATE, THERE_STATE = "moved", "was there"
