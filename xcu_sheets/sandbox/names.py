"""The people and places of the seeded data; several names are traps for spreadsheets."""

import random
import unicodedata
from itertools import chain

FIRST_NAMES = (
    "Marie/Jean/Élodie/François/Chloé/Loïc/Anaïs/Benoît/Zoé/Jérôme/Gaëlle/Rémi/Hélène/Cédric/Maëlys/"
    "Stéphane/Inès/Théo/Noémie/Grégory/Océane/Raphaël/Aurélie/Sébastien/Léa/Frédéric/Mélanie/Joël/Adèle/"
    "Gérard/Béatrice/Hervé/Solène/André/Cécile/Étienne/Margaux/Clément/Audrey/Pascal/Fatima/Mehdi/Aïcha/"
    "Nicolas/Camille/Yves/Sandrine/Thierry/Jean-Pierre/Anne-Sophie/Marc-Antoine/Lou/Amélie/Gaël"
)

LAST_NAMES = (
    "Martin/Bernard/Thomas/Petit/Robert/Richard/Durand/Dubois/Moreau/Laurent/Simon/Michel/Lefèvre/Leroy/"
    "Roux/Bertrand/Morel/Fournier/Girard/Bonnet/Dupont/Lambert/Fontaine/Rousseau/Vincent/Müller/Lefebvre/"
    "Faure/Mercier/Blanc/Guérin/Boyer/Garnier/Chevalier/François/Legrand/Gauthier/Garcia/Perrin/Robin/"
    "Clément/Morin/Nicolas/Henry/Roussel/Mathieu/Gautier/Masson/Marchand/Duval/Denis/Dumont/Lemaire/Noël/"
    "Meyer/Dufour/Meunier/Brun/Blanchard/Giraud/Joly/Rivière/Lucas/Brunet/Gaillard/Barbier/Arnaud/"
    "Martínez/Gérard/Roche/Renard/Schmitt/Œuvrard/Nguyễn/Çelik/Benaïssa/de La Fontaine/Le Goff/d'Ormesson/"
    "MARTIN"
)

NOT_A_PERSON = ("Sous sol Logistique", "CLF 88:40 P3")

TRICKY_PEOPLE = (
    ("Élodie", "NULL"),
    ("Anna", "NA"),
    ("Jean", "TRUE"),
    ("Chloé", "=1+1"),
    ("Sean", "O'Brien"),
    ("Agrippa", "D’Aubigné"),
    ('Jean "Jeannot"', "Perrault"),
    (unicodedata.normalize("NFD", "Hélène"), "Béranger"),
    ("Jean-Pierre", "LE BRAS"),
    ("Lift n° 3", "+33 bâtiment B"),
)

ENTITY_NAMES = (
    ("default", "Siège"),
    ("default", "Clinique des Érables"),
    ("chirurgie", "Chirurgie ambulatoire"),
    ("default_analogique", "Postes analogiques"),
    ("accueil", "Accueil et standard"),
    ("logistique", "Logistique"),
    ("urgences", "Urgences"),
    ("pediatrie", "Pédiatrie"),
    ("radiologie", "Imagerie médicale"),
    ("direction", "Direction générale"),
    ("informatique", "Systèmes d’information"),
    ("pharmacie", "Pharmacie à usage intérieur"),
    ("laboratoire", "Laboratoire d'analyses"),
    ("maternite", "Maternité"),
    ("restauration", "Restauration"),
    ("rh", "Ressources humaines"),
)

ANALOGUE = 3


def entity_name(index: int) -> tuple[str, str]:
    """Return name and display name of the index-th entity; "default" occurs twice, every other name once."""
    if index < len(ENTITY_NAMES):
        return ENTITY_NAMES[index]
    pool = ENTITY_NAMES[ANALOGUE + 1 :]
    turn, place = divmod(index - len(ENTITY_NAMES), len(pool))
    name, display = pool[place]
    return f"{name}_{turn + 2}", f"{display} {turn + 2}"


def fold(name: str) -> str:
    """Return a name as plain lower-case letters, for logins and mail addresses."""
    plain = unicodedata.normalize("NFKD", name.replace("Œ", "Oe")).encode("ascii", "ignore").decode()
    return "".join(letter for letter in plain.lower() if letter.isalnum())


class People:
    """Names of people by index: the same for the same seed, none twice."""

    def __init__(self, seed: int, not_a_person: int) -> None:
        shuffle = random.Random(seed)  # noqa: S311 - made-up names, no secrets
        self._first = _shuffled(FIRST_NAMES, shuffle)
        self._last = _shuffled(LAST_NAMES, shuffle)
        places = chain(range(not_a_person), range(not_a_person + 1, len(TRICKY_PEOPLE) + 1))
        self._special = {not_a_person: NOT_A_PERSON, **dict(zip(places, TRICKY_PEOPLE, strict=False))}

    def __getitem__(self, index: int) -> tuple[str, str]:
        """Return first and last name; past the product of both lists the last names become double-barrelled."""
        if index in self._special:
            return self._special[index]
        columns, rows = len(self._first), len(self._last)
        turn, place = divmod(index, columns * rows)
        last = self._last[(place // columns + place % columns) % rows]
        return self._first[place % columns], f"{last}-{self._last[turn - 1]}" if turn else last


def _shuffled(names: str, shuffle: random.Random) -> list[str]:
    words = names.split("/")
    return shuffle.sample(words, len(words))
