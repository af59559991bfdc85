"""Awkward headers, rows and files: what stands there, what a careful clerk would do, and what we do.

A header: (rows of a sheet, the clerk, the fields by column letter or words of the refusal).
Rows: (rows under the header `Nom, Prénom, Poste`, the clerk, the numbers of those that are records).
A file: (name, bytes, the clerk, (line, first name, last name, internal number) of each person or words of the refusal).
"""
# ruff: noqa: E501 - one input, one line

from __future__ import annotations

NBSP = "\u00a0"
ZOE = ["Zoé", "Martin", "0612"]

HEADERS = [
    ([["Prénom", "Nom", "N° de poste"], ZOE], "reads French headers", {"A": "first_name", "B": "last_name", "C": "internal_number"}),
    ([["PRENOM", "NOM", "Numero interne"], ZOE], "minds no case, no accent", {"A": "first_name", "B": "last_name", "C": "internal_number"}),
    ([["Prénom ", f"{NBSP}Nom", "Poste"], ZOE], "minds no blank", {"A": "first_name", "B": "last_name", "C": "internal_number"}),
    ([["Pre\u0301nom", "Nom", "Nº poste"], ZOE], "minds no way to write é and º", {"A": "first_name", "B": "last_name", "C": "internal_number"}),
    ([["Nom*", "Prénom *", "n°interne"], ZOE], "minds no star of a compulsory column", {"A": "last_name", "B": "first_name", "C": "internal_number"}),
    ([["firstName", "lastName", "internalNumber", "entityCId"], ZOE], "knows the API's names", {"A": "first_name", "B": "last_name", "C": "internal_number", "D": "entity"}),
    ([["firstname", "lastname", "exten", "context", "username", "password"], ZOE], "knows XiVO's names", {"A": "first_name", "B": "last_name", "C": "internal_number", "D": "entity", "E": "cti_login", "F": "cti_password"}),
    ([["entity_id", "firstname", "lastname", "exten", "context", "userfield"], ["1", *ZOE]], "knows that XiVO's entity_id is another number", {"B": "first_name", "C": "last_name", "D": "internal_number", "E": "entity"}),
    ([["Given name", "Family name", "Extension", "E-mail"], ZOE], "reads English headers", {"A": "first_name", "B": "last_name", "C": "internal_number", "D": "mail"}),
    ([["Nom (obligatoire)", "Prénom\n(texte)", "Poste [4 chiffres]", "Login (max 254)"], ZOE], "minds no note behind a header", {"A": "last_name", "B": "first_name", "C": "internal_number", "D": "cti_login"}),
    ([["Nom", "Prénom", "Nom (responsable)"], ZOE], "sees that the third is another person", {"A": "last_name", "B": "first_name"}),
    ([["Nom", "Prénom", "Poste (ancien)"], ZOE], "does not take the old number", {"A": "last_name", "B": "first_name"}),
    ([["Poste", "Site", "Nom", "Prénom"], ZOE], "minds no order", {"A": "internal_number", "B": "entity", "C": "last_name", "D": "first_name"}),
    ([["Prénom", "", "Nom", "", "", "Poste"], ZOE], "minds no blank column between", {"A": "first_name", "C": "last_name", "F": "internal_number"}),
    ([["Liste du personnel"], [], ["Site de Lyon", "2026"], ["Nom", "Prénom"], ZOE], "finds the header under titles", {"A": "last_name", "B": "first_name"}),
    ([*[[f"Ligne {n}"] for n in range(1, 20)], ["Nom", "Prénom"], ZOE], "finds the header in row 20", {"A": "last_name", "B": "first_name"}),
    ([["Entité", "Lyon", "Modèle", "Standard"], ["Nom", "Prénom", "Poste", "Site"], ZOE], "sees that the fuller row is the header", {"A": "last_name", "B": "first_name", "C": "internal_number", "D": "entity"}),
    ([["", "Identité", "", "Téléphonie"], ["Matricule", "Nom", "Prénom", "Poste"], ZOE], "minds no row of groups", {"B": "last_name", "C": "first_name", "D": "internal_number"}),
    ([["Nom", "Prénom", "Name of the dog"], ZOE], "keeps a column that is not ours", {"A": "last_name", "B": "first_name"}),
    ([["Nom", "Prénom", "Last name"], ZOE], "asks which of two", 'A "Nom" and C "Last name" both mean last_name'),
    ([["Nom", "Prénom", "Poste", "N° interne"], ZOE], "asks which of two", 'C "Poste" and D "N° interne" both mean internal_number'),
    ([["Nom", "Prénom", "Nom"], ZOE], "asks which of two", "both mean last_name"),
    ([["Nom", "Prénom", "Note", "NOTE"], ZOE], "asks which of two", "have the same header"),
    ([["Prenon", "Nom", "Poste"], ZOE], "asks whether that is the first name", 'First name (first_name), nor Id: add it to the header, or rename A "Prenon"'),
    ([["Nom", "Poste", "Site"], ZOE], "asks where the first names are", "no column First name"),
    ([[f"Ligne {n}"] for n in range(1, 21)] + [["Nom", "Prénom"], ZOE], "looks no further than row 20", "no header found in the first 20 rows"),
    ([["Zoé", "Martin", "0612"]], "asks for a header", "no header found"),
]  # fmt: skip

BODIES = [
    ([["Martin", "Zoé", "0612"], [], ["Durand", "Ali", ""]], "skips a blank row", [2, 4]),
    ([["(texte)", "(texte)", "(4 chiffres)"], ["Martin", "Zoé", ""]], "sees a row of units", [3]),
    ([["obligatoire", "obligatoire", "facultatif"], ["Martin", "Zoé", ""]], "sees a row of notes", [3]),
    ([["Martin", "Zoé", ""], ["Nom", "Prénom", "Poste"], ["Durand", "Ali", ""]], "sees a header printed again", [2, 4]),
    ([["lastname", "firstname", "exten"], ["Martin", "Zoé", ""]], "sees a second header, in a program's words", [3]),
    ([["Nom", "Zoé", ""]], "meets Mrs Nom", [2]),
    ([["Martin", "Zoé", ""], ["Total", "", "1"]], "sees a total", [2]),
    ([["Martin", "Zoé", ""], ["Total : 1 personne"]], "sees a total", [2]),
    ([["Martin", "Zoé", ""], ["", "", "Sous-total", "1"]], "sees a total", [2]),
    ([["Total", "Zoé", ""]], "meets Mrs Total", [2]),
    ([["Martin", "", ""], ["Durand", "", ""]], "asks for the first names", [2, 3]),
    ([["(Martin)", "(Zoé)", ""], ["Durand", "Ali", ""], ["(Petit)", "(Luc)", ""]], "asks what the brackets mean", [3, 4]),
]  # fmt: skip

HEAD = "Prénom;Nom;Poste"
GOOD = [(2, "Zoé", "Martin", "0612"), (3, "Ali", "D'Arc", "0613")]
LINES = [["Prénom", "Nom", "Poste"], ["Zoé", "Martin", "0612"], ["Ali", "D'Arc", "0613"]]


def _csv(delimiter: str, end: str, quote: str = "") -> str:
    return end.join(delimiter.join(f"{quote}{cell}{quote}" for cell in line) for line in LINES) + end


def _dialects() -> list[tuple[str, bytes, str, list[tuple[object, ...]]]]:
    """Every delimiter with every encoding, quoting and line end, each once: 4 x 5 x 2 x 3."""
    return [
        (f"{ord(d):02x}-{code}{'-quoted' if q else ''}-{end.encode().hex()}.csv", _csv(d, end, q).encode(code), "reads it", GOOD)
        for d in ";,\t|"
        for code in ("utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-32")
        for q in ("", '"')
        for end in ("\r\n", "\n", "\r")
    ]  # fmt: skip


def _text(*lines: str, end: str = "\r\n") -> bytes:
    return (end.join(lines) + end).encode()


FILES = [
    *_dialects(),
    ("be.csv", b"\xfe\xff" + _csv(";", "\r\n").encode("utf-16-be"), "reads it", GOOD),
    ("users.tsv", _csv("\t", "\n").encode(), "reads it", GOOD),
    ("users.txt", _csv("\t", "\r\n").encode("utf-16"), "reads what Excel calls Unicode text", GOOD),
    ("USERS.CSV", _csv(";", "\r\n").encode(), "reads it", GOOD),
    ("sep.csv", b"sep=,\r\n" + _csv(",", "\r\n").encode(), "skips the line for Excel", [(3, *GOOD[0][1:]), (4, *GOOD[1][1:])]),
    ("sep-cr.csv", b"sep=;\r" + _csv(";", "\r").encode(), "skips the line for Excel", [(3, *GOOD[0][1:]), (4, *GOOD[1][1:])]),
    ("sep-quoted.csv", b'"sep=;"\r\n' + _csv(";", "\r\n").encode(), "skips the line for Excel", [(3, *GOOD[0][1:]), (4, *GOOD[1][1:])]),
    ("sep-tab.csv", b"SEP=\t\r\n" + _csv("\t", "\r\n").encode(), "skips the line for Excel", [(3, *GOOD[0][1:]), (4, *GOOD[1][1:])]),
    ("no-end.csv", _csv(";", "\n").encode().rstrip(b"\n"), "minds no missing line end", GOOD),
    ("ends.csv", f"{HEAD}\rZoé;Martin;0612\nAli;D'Arc;0613\r\n".encode(), "minds no mixed line ends", GOOD),
    ("blank-lines.csv", f"\n\n{HEAD}\n\n;;\nZoé;Martin;0612\n\n".encode(), "skips blank lines, keeps their count", [(6, "Zoé", "Martin", "0612")]),
    ("form-feed.csv", _text(HEAD, "Zoé;Martin;0612", "\f"), "skips a page break", GOOD[:1]),
    ("form-feed-in.csv", _text(HEAD, "\fZoé;Martin;0612"), "sees only the name", GOOD[:1]),
    ("ctrl-z.csv", _text(HEAD, "Zoé;Martin;0612") + b"\x1a", "knows the end mark of DOS", GOOD[:1]),
    ("nbsp.csv", b"Pr\xe9nom\xa0;Nom;Poste\r\nZo\xe9\xa0;\xa0Martin;06\xa012\r\n", "sees blanks", GOOD[:1]),
    ("trailing.csv", _text(HEAD + ";", "Zoé;Martin;0612;", "Ali;D'Arc;0613;"), "minds no delimiter at the end", GOOD),
    ("trailing-head.csv", _text(HEAD + ";;", "Zoé;Martin;0612", "Ali;D'Arc;0613"), "minds no delimiter at the end of the header", GOOD),
    ("trailing-rows.csv", _text(HEAD, "Zoé;Martin;0612;;", "Ali;D'Arc;0613;"), "minds no delimiter at the end of rows", GOOD),
    ("titles.csv", _text("Liste du personnel", "", HEAD, "Zoé;Martin;0612"), "skips the title", [(4, "Zoé", "Martin", "0612")]),
    ("title-site.csv", _text("Site;Lyon;Profil", HEAD + ";Site", "Zoé;Martin;0612;lyon"), "sees which row is the header", [(3, "Zoé", "Martin", "0612")]),
    ("total.csv", _text(HEAD, "Zoé;Martin;0612", "Total;;1"), "sees a total", GOOD[:1]),
    ("decimals.csv", _text("Prénom;Nom;Poste;Temps", "Zoé;Martin;6260,0;0,5"), "reads a French list", [(2, "Zoé", "Martin", "6260")]),
    ("commas.csv", _text("Prénom,Nom,Poste,Note", "Zoé,Martin,0612,a;b;c;d;e"), "sees that ; is no delimiter here", GOOD[:1]),
    ("pipes.csv", _text("Prénom|Nom|Poste", "Zoé|Martin, Durand|0612"), "sees that , is no delimiter here", [(2, "Zoé", "Martin, Durand", "0612")]),
    ("newline.csv", f'{HEAD};Note\r\nZoé;Martin;0612;"a\r\nb"\r\nAli;D\'Arc;0613;x\r\n'.encode(), "keeps a line break in quotes", [GOOD[0], (4, *GOOD[1][1:])]),
    ("quotes.csv", _text(HEAD, 'Zoé;"Mar""tin";0612'), "reads doubled quotes", [(2, "Zoé", 'Mar"tin', "0612")]),
    ("empty-quotes.csv", _text(HEAD, '"Zoé";Martin;""'), "reads empty quotes", [(2, "Zoé", "Martin", "")]),
    ("wrapped.csv", _text(HEAD, 'Zoé;Martin;"=""0612"""'), "knows the formula that keeps a zero", GOOD[:1]),
    ("wrapped-bare.csv", _text(HEAD, 'Zoé;="Martin";="0612"'), "knows it without quotes too", GOOD[:1]),
    ("guarded.csv", _text(HEAD, "Zoé;'=Martin;'0612"), "knows the apostrophe that keeps text", [(2, "Zoé", "=Martin", "0612")]),
    ("apostrophes.csv", _text(HEAD, "Zoé;'Aubigné;0612", "Ali;d'Arc;0613"), "keeps the names", [(2, "Zoé", "'Aubigné", "0612"), (3, "Ali", "d'Arc", "0613")]),
    ("formula.csv", _text(HEAD, "Zoé;=1+1;0612"), "copies it", [(2, "Zoé", "=1+1", "0612")]),
    ("header-only.csv", _text(HEAD), "sees an empty list", []),
    ("header-only-bare.csv", HEAD.encode(), "sees an empty list", []),
    ("xivo.csv", _text("entity_id,firstname,lastname,exten,context,line_protocol,username", "1,Zoé,Martin,0612,default,sip,zmartin"), "reads a file for XiVO", GOOD[:1]),
    ("names.csv", _text(HEAD, "NULL;NA;", "None;nan;", "TRUE;N/A;"), "copies the names", [(2, "NULL", "NA", ""), (3, "None", "nan", ""), (4, "TRUE", "N/A", "")]),
    ("bare-quote.csv", _text(HEAD, "Zoé;Martin;0612", 'Ali;D"Arc;0613'), "asks about the quote in line 3", "line 3 is damaged"),
    ("bare-quote-end.csv", _text(HEAD, 'Zoé;Martin";0612'), "asks about the quote in line 2", "line 2 is damaged"),
    ("blank-quote.csv", _text(HEAD, 'Zoé; "Martin";0612'), "asks about the blank before the quote", "line 2 is damaged"),
    ("inch.csv", _text(HEAD + ";Note", 'Zoé;Martin;0612;"a', 'b"', 'Ali;D\'Arc;0613;24" écran'), "asks about the quote in line 4", "line 4 is damaged"),
    ("open-quote.csv", _text(HEAD, 'Zoé;"Martin;0612', "Ali;D'Arc;0613"), "asks where the quote ends", "line 2 is damaged"),
    ("after-quote.csv", _text(HEAD, 'Zoé;"Mar"tin;0612'), "asks about the quote", "line 2 is damaged"),
    ("backslash.csv", _text(HEAD, 'Zoé;"Mar\\"tin";0612'), "asks about the quote", "line 2 is damaged"),
    ("short.csv", _text(HEAD, "Zoé;Martin;0612", "Ali;D'Arc"), "asks what is missing in line 3", "line 3 has 2 cells, the header has 3"),
    ("long.csv", _text(HEAD, "Zoé;Martin;0612;x"), "asks what is too much in line 2", "line 2 has 4 cells, the header has 3"),
    ("unquoted-comma.csv", _text("Prénom,Nom,Poste", "Zoé,Martin, Durand,0612"), "asks about line 2", "line 2 has 4 cells"),
    ("bom-twice.csv", b"\xef\xbb\xbf\xef\xbb\xbf" + _csv(";", "\r\n", '"').encode(), "minds no mark too many", GOOD),
    ("apostrophes-around.csv", _csv(";", "\n", "'").replace("D'Arc", "Darc").encode(), "asks: apostrophes for quotes", "apostrophes"),
    ("bom-cp1252.csv", b"\xef\xbb\xbfPrenom;Nom\r\nZoe;Martin\r\nZo\xe9;Durand\r\n", "asks: it says UTF-8 and is not", "line 3 is not"),
    ("mixed.csv", "Prénom;Nom\r\nZoé;Martin\r\n".encode() + b"Zo\xe9;Durand\r\n", "asks: two encodings in one file", "line 3 is not"),
    ("undefined.csv", b"Prenom;Nom\r\nZo\x81;Martin\r\n", "asks: no encoding that it knows", "line 2 is not"),
    ("no-bom-16.csv", _csv(";", "\r\n").encode("utf-16-le"), "asks for another way to save it", "UTF-16 without its mark"),
    ("nul.csv", _text(HEAD, "Zoé;Mar\0tin;0612"), "asks what it is", "NUL"),
    ("empty.csv", b"", "says that it is empty", "is empty"),
    ("bom-only.csv", b"\xef\xbb\xbf", "says that it is empty", "no header found"),
    ("blank.csv", b"\r\n;;\r\n", "says that it is empty", "no header found"),
    ("letter.txt", _text("Bonjour,", "voici la liste.", "Zoé"), "asks for the list", "no header found"),
    ("page.csv", b"<html><body>Nom</body></html>", "asks for a list", "web page"),
    ("rtf.txt", b"{\\rtf1 Nom;Prenom}", "asks for a list", "no header found"),
    ("pdf.csv", b"%PDF-1.4\n\0", "asks for a list", "NUL"),
]  # fmt: skip
