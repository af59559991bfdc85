"""THE TABLE: one Field per column, one Resource per sheet. All else follows from it.

Sources: the API document for keys, types, "compulsory if" and "optional"; DOMAIN section 2 for the rules (their
numbers stand beside them); DOMAIN 3.3 for the words by which people call a column.
"""

from __future__ import annotations

from .fields import Field, Ref, Resource, Rule
from .kinds import ACTION, BOOL, INTEGER, INTERVALS, NUMBER, REFERENCE, REFERENCES, TEXT, choice
from .text import Label

# XiVO's own rules, quoted in DOMAIN 1.5 and 1.4 [SRC S15].
LOGIN_NO_ANSWER = Rule("login_yes_no", r"(?!(?i:yes|no|oui|non|true|false|vrai|faux)\Z).*")
LOGIN_RULE = Rule("login_pattern", r"[a-zA-Z0-9\-._~!$&'()*+,;=%@]{2,254}")  # U15
PASSWORD_RULE = Rule("password_pattern", r"[a-zA-Z0-9\-._~!$&'()*+,;=:%]{4,64}")  # U19
# What no name holds: a lost letter, what a wrong encoding or a web page makes of an accent, a date that Excel made.
_GARBLED = (
    r"[\ufffd‚„†‡ˆ‰‹›•˜¢£¤¥¦§¨©¬®¯±¶¼½¾¿×÷\u0080-\u009f]"
    r"|[ÃÂ][€ƒ…Š‘’“”–—™šœžŸŽŒ¡ª«°²³´µ·¸¹º»]|â€|&(?:[a-zA-Z]+|#[0-9]+);"
)
_DATE = r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?: [0-9:]{8})?\Z|[0-9]{2}:[0-9]{2}:[0-9]{2}\Z"
NAME_RULES = (
    Rule("name_too_long", r".{1,128}"),  # U4
    Rule("name_quote", r'[^"\\]*', error=False),  # U5
    Rule("name_garbled", rf"(?!.*(?:{_GARBLED})).*", error=False),
    Rule("name_is_date", rf"(?!{_DATE}).*"),
)
ENTITY_NAME_RULE = Rule("entity_name_pattern", r"(?!(?i:xivo)-)[a-zA-Z0-9_-]{1,39}")  # E6
DISPLAY_NAME_RULE = Rule("display_name_length", r".{3,128}")  # E6
INTERVAL_LENGTH_RULE = Rule("interval_long", r"[0-9]{1,6}(?:[-, ]+[0-9]{1,6})*", error=False)  # E2
RINGING_RULES = (
    Rule("ringing_not_positive", r"0*[1-9][0-9]*"),
    Rule("ringing_unusual", r"(?:[1-5]?[05]|60)", error=False),
)  # T7

_ACTION = Field(
    "action",
    ACTION,
    "Action",
    "Action",
    "What to do with this row; blank means: work it out. `create`, `update`, `delete` or `skip`.",
    aliases=("opération", "operation"),
    width=9,
)


def _id(doc: str) -> Field:
    return Field("id", NUMBER, "Id", "Id", doc, read="id", width=8)


USERS = Resource(
    name="users",
    label="Users",
    label_fr="Utilisateurs",
    path="/users",
    listing="/entities/{}/users",
    natural_key=("entity", "internal_number"),
    person_key=("first_name", "last_name"),
    methods=frozenset({"get", "create", "update", "delete"}),
    hidden=("ctiPassword",),
    sheet_writes="always",
    fields=(
        _ACTION,
        _id("The server's number for this user. Blank on a new row; never change it on an existing one."),
        Field(
            "entity",
            REFERENCE,
            "Entity",
            "Entité",
            "The entity (XiVO context) the user belongs to: its combined id, or its name or display name, with "
            "the XiVO in brackets where several share it. It cannot be changed on an existing user.",
            read="entity",
            write="entityCId",
            required=True,
            ref=Ref("entities", "combinedId"),
            aliases=("site", "contexte", "context", "établissement"),
            width=30,
            hint="Where the person works. Choose it in the list.",
        ),
        Field(
            "template",
            REFERENCE,
            "Template",
            "Modèle",
            "The line template by name. Needed for a new user. The server never shows it, so it is blank on existing "
            "ones; a name written there applies that template.",
            write="templateId",
            required=True,
            ref=Ref("templates"),
            aliases=("profil", "gabarit", "line template"),
            width=22,
            hint="What the telephone may do. Choose it in the list.",
        ),
        Field(
            "first_name",
            TEXT,
            "First name",
            "Prénom",
            "First name, 1 to 128 characters.",
            read="firstName",
            write="firstName",
            required=True,
            rules=NAME_RULES,
            aliases=("firstname", "given name", "prénoms", "prénom(s)"),
            width=20,
            hint="As it is to be shown on telephones.",
        ),
        Field(
            "last_name",
            TEXT,
            "Last name",
            "Nom",
            "Last name, 1 to 128 characters.",
            read="lastName",
            write="lastName",
            required=True,
            rules=NAME_RULES,
            aliases=("lastname", "nom de famille", "surname", "family name"),
            width=20,
            hint="As it is to be shown on telephones.",
        ),
        Field(
            "internal_number",
            NUMBER,
            "Internal number",
            "Numéro interne",
            "The internal phone number, inside one of the entity's intervals. Blank or `auto` on a new row: a free "
            "number is chosen.",
            read="internalNumber",
            write="internalNumber",
            auto=True,
            aliases=(
                "poste",
                "n° de poste",
                "n° poste",
                "no poste",
                "numéro poste",
                "no de poste",
                "numéro de poste",
                "numéro court",
                "n° court",
                "n° interne",
                "interne",
                "extension",
                "exten",
                "phonenumber",
                "number",
            ),
            width=16,
            hint="Leave it blank: a free number is given. Or write the number that was agreed on, inside "
            "the entity's range.",
        ),
        Field(
            "external_number",
            TEXT,
            "External number",
            "Numéro externe",
            "What the server's list shows as external number, often the caller id. Read-only.",
            read="externalNumber",
            aliases=("sda", "ligne directe", "numéro public"),
            width=26,
        ),
        Field(
            "mail",
            TEXT,
            "Mail",
            "Courriel",
            "E-mail address. Read-only: this API cannot set it.",
            read="mail",
            aliases=("email", "e-mail", "adresse mail"),
            width=26,
        ),
        Field(
            "cti_login",
            TEXT,
            "CTI login",
            "Login CTI",
            "Login of the desktop client, 2 to 254 characters without blanks or accents, unique on its XiVO. `auto`: "
            "made of the names where there is none.",
            read="ctiLogin",
            write="ctiLogin",
            auto=True,
            clear="null",
            rules=(LOGIN_RULE, LOGIN_NO_ANSWER),
            aliases=("identifiant", "login", "username"),
            width=20,
            hint="Leave it blank, or write auto for a login made of the names. Only for people who use the "
            "telephone on their computer.",
        ),
        Field(
            "cti_password",
            TEXT,
            "CTI password",
            "Mot de passe CTI",
            "Password of the desktop client, 4 to 64 characters. Never shown; blank keeps what the server has. `auto`: "
            "made when it is sent, and told in the file of `--credentials`.",
            write="ctiPassword",
            auto=True,
            secret=True,
            rules=(PASSWORD_RULE,),
            aliases=("mot de passe", "password"),
            width=16,
        ),
        Field(
            "provisioning_number",
            TEXT,
            "Provisioning number",
            "Code de provisioning",
            "The 6-digit code that binds a phone to this line. Read-only: the server makes it.",
            read="provisioningNumber",
            aliases=("provisioning_code", "code provisioning"),
            width=18,
        ),
    ),
)

TEMPLATES = Resource(
    name="templates",
    label="Templates",
    label_fr="Modèles",
    path="/templates",
    listing="/templates",
    natural_key=("name",),
    methods=frozenset({"get", "create", "update", "delete"}),
    sheet_writes="always",
    fields=(
        _ACTION,
        _id("The server's number for this template. Blank on a new row."),
        Field(
            "name",
            TEXT,
            "Name",
            "Nom",
            "Name of the template; users name it by this.",
            read="name",
            write="name",
            required=True,
            rules=NAME_RULES[:1],
            aliases=("template", "modèle"),
            width=26,
        ),
        Field(
            "xivos",
            REFERENCES,
            "XiVOs",
            "XiVO",
            "The XiVOs it is available to, by name, separated by commas.",
            read="xivos",
            write="xivos",
            ref=Ref("xivos", many=True),
            clear="empty",
            width=22,
        ),
        Field(
            "entities",
            REFERENCES,
            "Entities",
            "Entités",
            "The entities it is available to, separated by commas.",
            read="entities",
            write="entities",
            ref=Ref("entities", "combinedId", many=True),
            clear="empty",
            width=36,
        ),
        Field(
            "peer_sip_name",
            choice({"auto": "auto", "model": "modèle"}, also={"automatique": "auto"}),
            "Peer SIP name",
            "Nom SIP",
            "How the SIP peer is named: `auto` or `model`.",
            read="peerSipName",
            write="peerSipName",
            required=True,
            width=14,
        ),
        Field(
            "ringing_time",
            INTEGER,
            "Ringing time",
            "Durée de sonnerie",
            "Seconds before an incoming call is rejected; usually a multiple of 5, at most 60.",
            read="ringingTime",
            write="ringingTime",
            required=True,
            rules=RINGING_RULES,
            aliases=("ring_seconds",),
            width=13,
        ),
        Field(
            "routed_inbound",
            BOOL,
            "Routed inbound",
            "Joignable de l'extérieur",
            "Whether the phone can be called from outside.",
            read="routedInbound",
            write="routedInbound",
            required=True,
            width=15,
        ),
        Field(
            "routed_inbound_prefix",
            TEXT,
            "Routed inbound prefix",
            "Préfixe SDA",
            "SDA (direct number) prefix. Needed where routed inbound is yes.",
            read="routedInboundPrefix",
            write="routedInboundPrefix",
            required_if=("routed_inbound", "yes"),
            idle_unless=("routed_inbound", "yes"),
            clear="omit",
            width=20,
        ),
        Field(
            "caller_id_mode",
            choice(
                {"incomingNo": "numéro SDA", "anonymous": "anonyme", "custom": "personnalisé"},
                also={"SDA": "incomingNo"},
            ),
            "Caller id mode",
            "Numéro présenté",
            "What outgoing calls show: `incomingNo` (the SDA), `anonymous` or `custom`.",
            read="callerIdMode",
            write="callerIdMode",
            required=True,
            width=15,
        ),
        Field(
            "custom_caller_id",
            TEXT,
            "Custom caller id",
            "Numéro présenté personnalisé",
            "The number shown. Needed where the caller id mode is custom.",
            read="customCallerId",
            write="customCallerId",
            required_if=("caller_id_mode", "custom"),
            idle_unless=("caller_id_mode", "custom"),
            clear="omit",
            width=17,
        ),
        Field(
            "voice_mail_enabled",
            BOOL,
            "Voice mail enabled",
            "Messagerie vocale",
            "Whether there is a voice mail box.",
            read="voiceMailEnabled",
            write="voiceMailEnabled",
            required=True,
            width=18,
        ),
        Field(
            "voice_mail_number_mode",
            choice({"short_number": "numéro court", "custom": "personnalisé"}, also={"n° court": "short_number"}),
            "Voice mail number mode",
            "Mode du numéro de messagerie",
            "Which number calls the voice mail: `short_number` or `custom`. Needed where voice mail is enabled.",
            read="voiceMailNumberMode",
            write="voiceMailNumberMode",
            required_if=("voice_mail_enabled", "yes"),
            clear="omit",
            width=23,
        ),
        Field(
            "voice_mail_custom_number",
            TEXT,
            "Voice mail custom number",
            "Numéro de messagerie personnalisé",
            "The number that calls the voice mail. Needed where its mode is custom.",
            read="voiceMailCustomNumber",
            write="voiceMailCustomNumber",
            required_if=("voice_mail_number_mode", "custom"),
            required_with=("voice_mail_enabled", "yes"),
            idle_unless=("voice_mail_number_mode", "custom"),
            clear="omit",
            width=24,
        ),
        Field(
            "voice_mail_send_email",
            BOOL,
            "Voice mail send e-mail",
            "Courriel à chaque message",
            "Whether an e-mail is sent for each new message.",
            read="voiceMailSendEmail",
            write="voiceMailSendEmail",
            idle_unless=("voice_mail_enabled", "yes"),
            clear="omit",
            width=21,
        ),
    ),
)

ENTITIES = Resource(
    name="entities",
    label="Entities",
    label_fr="Entités",
    path="/entities",
    listing="/entities",
    key="combinedId",
    natural_key=("combined_id",),
    methods=frozenset({"get", "create", "update", "delete"}),
    sheet_writes="option",
    fields=(
        _ACTION,
        _id("The server's number for this entity. Blank on a new row."),
        Field(
            "combined_id",
            TEXT,
            "Combined id",
            "Identifiant combiné",
            "The server's own key for the entity. Read-only: copy it, never make it up.",
            read="combinedId",
            aliases=("combinedid",),
            width=34,
        ),
        Field(
            "name",
            TEXT,
            "Name",
            "Nom",
            "Name of the entity: the XiVO context, up to 39 letters, digits, `_` and `-`.",
            read="name",
            write="name",
            required=True,
            rules=(ENTITY_NAME_RULE,),
            width=22,
        ),
        Field(
            "display_name",
            TEXT,
            "Display name",
            "Nom affiché",
            "Name shown to people, 3 to 128 characters.",
            read="displayName",
            write="displayName",
            required=True,
            rules=(DISPLAY_NAME_RULE,),
            width=26,
        ),
        Field(
            "xivo",
            REFERENCE,
            "XiVO",
            "XiVO",
            "The XiVO it is attached to, by name.",
            read="xivo",
            write="xivoId",
            required=True,
            ref=Ref("xivos"),
            width=14,
        ),
        Field(
            "intervals",
            INTERVALS,
            "Intervals",
            "Plages de numéros",
            "The numbers its users may have: `1700-1799, 1961, 2600-2799`.",
            read="intervals",
            write="intervals",
            required=True,
            rules=(INTERVAL_LENGTH_RULE,),
            aliases=("plages", "intervalles"),
            width=34,
        ),
        Field(
            "presented_number",
            TEXT,
            "Presented number",
            "Numéro présenté",
            "What outgoing calls show: a number or a keyword such as `inbNo`.",
            read="presentedNumber",
            write="presentedNumber",
            required=True,
            width=17,
        ),
    ),
)

XIVOS = Resource(
    name="xivos",
    label="XiVOs",
    label_fr="XiVO",
    path="/xivo",
    listing="/xivo",
    natural_key=("name",),
    methods=frozenset({"get", "create"}),
    fields=(
        Field("id", NUMBER, "Id", "Id", "The server's number for this XiVO.", read="id", width=8),
        Field("uuid", TEXT, "Uuid", "Uuid", "The XiVO's own identity.", read="uuid", width=38),
        Field("name", TEXT, "Name", "Nom", "Display name.", read="name", width=20),
        Field("host", TEXT, "Host", "Hôte", "Host name or address.", read="host", width=20),
        Field(
            "remaining_slots",
            INTEGER,
            "Remaining slots",
            "Places restantes",
            "How many users can still be created on it.",
            read="remainingSlots",
            width=15,
        ),
    ),
)

ADMINISTRATORS = Resource(
    name="administrators",
    label="Administrators",
    label_fr="Administrateurs",
    path="/administrators",
    listing="/administrators",
    natural_key=("login",),
    methods=frozenset({"get", "create", "update", "delete"}),
    hidden=("password",),
    fields=(
        Field("id", NUMBER, "Id", "Id", "The server's number for this administrator.", read="id", width=8),
        Field("login", TEXT, "Login", "Login", "Login.", read="login", width=20),
        Field("name", TEXT, "Name", "Nom", "Displayed name.", read="name", width=24),
        Field("ldap", BOOL, "LDAP", "LDAP", "Whether LDAP checks the password.", read="ldap", width=8),
        Field(
            "super_admin",
            BOOL,
            "Super-administrator",
            "Super-administrateur",
            "Whether everything may be managed.",
            read="superAdmin",
            width=19,
        ),
        Field(
            "entities",
            REFERENCES,
            "Entities",
            "Entités",
            "The entities that may be managed.",
            read="entities",
            ref=Ref("entities", "id", many=True),
            width=36,
        ),
    ),
)

NUMBERS = Resource(
    name="numbers",
    label="Free numbers",
    label_fr="Numéros libres",
    natural_key=("entity",),
    fields=(
        Field("entity", REFERENCE, "Entity", "Entité", "The entity.", ref=Ref("entities", "combinedId"), width=30),
        Field("capacity", INTEGER, "Capacity", "Capacité", "How many numbers its intervals hold.", width=10),
        Field("used", INTEGER, "Used", "Utilisés", "How many of them are taken on its XiVO.", width=10),
        Field("free", INTEGER, "Free", "Libres", "How many of them are free.", width=10),
        Field(
            "next_free_number", NUMBER, "Next free number", "Prochain numéro libre", "The lowest free one.", width=17
        ),
        Field(
            "longest_free_block",
            TEXT,
            "Longest free block",
            "Plus long bloc libre",
            "The longest run of free numbers, as first-last.",
            width=20,
        ),
    ),
)

# Sheet order; writing goes entities, templates, users (DOMAIN section 2, order of work).
RESOURCES = {r.name: r for r in (USERS, TEMPLATES, ENTITIES, XIVOS, ADMINISTRATORS, NUMBERS)}
WRITE_ORDER = ("entities", "templates", "users")

# The end of a row, by its status, as a report tells people: of "ligne", which is feminine.
RESULT_WORDS = {
    "created": Label("created", "créée"),
    "updated": Label("updated", "modifiée"),
    "deleted": Label("deleted", "supprimée"),
    "unchanged": Label("unchanged", "inchangée"),
    "conflict": Label("conflict", "conflit"),
    "refused": Label("refused", "refusée"),
    "failed": Label("failed", "échouée"),
    "unknown": Label("unknown", "inconnue"),
    "skipped": Label("skipped", "ignorée"),
    "not_sent": Label("not_sent", "non envoyée"),
}
RESULT_STATUSES = tuple(RESULT_WORDS)

# What a report puts before the person's own columns; a reader knows and ignores them.
RESULT_FIELDS = (
    Field(
        "result", TEXT, "Result", "Résultat", "What became of the row: " + ", ".join(RESULT_STATUSES) + ".", width=11
    ),
    Field("result_message", TEXT, "Message", "Message", "Why, and what to do.", width=60),
    Field("result_number", TEXT, "Number given", "Numéro attribué", "The internal number the user now has.", width=14),
    Field(
        "result_provisioning",
        TEXT,
        "Provisioning code",
        "Code de provisioning attribué",
        "The code to type on the phone.",
        width=17,
    ),
    Field("result_id", TEXT, "Record id", "Id attribué", "The server's number for the record.", width=10),
)
