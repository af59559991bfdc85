"""Secrets cut out of what a server says, however it writes them, and nothing else."""

from __future__ import annotations

import base64
import html
import json
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xcu_sheets.server.answers import describe
from xcu_sheets.server.masking import mask
from xcu_sheets.server.transport import Answer

SECRET = "Tr&s'Long=Mot$ é+1"


def as_browsers_quote(text: str) -> str:
    return quote(text, safe="'()*!~")


WRITINGS: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "percent": quote,
    "percent in small letters": lambda s: "".join(f"%{byte:02x}" for byte in s.encode()),
    "as a form": quote_plus,
    "as a browser": as_browsers_quote,
    "percent twice": lambda s: quote(quote(s)),
    "percent of Latin-1": lambda s: quote(s, encoding="latin-1"),
    "JSON": json.dumps,
    "JSON as text": lambda s: json.dumps(s, ensure_ascii=False),
    "JSON that is safe in HTML": lambda s: json.dumps(s).replace("&", "\\u0026").replace("'", "\\u0027"),
    "JSON in JSON": lambda s: json.dumps(json.dumps(json.dumps({"p": s}))),
    "all of it in JSON": lambda s: "".join(f"\\u{ord(c):04X}" for c in s),
    "HTML": html.escape,
    "HTML by decimal": lambda s: "".join(f"&#{ord(c)};" for c in s),
    "HTML by hexadecimal": lambda s: "".join(f"&#x{ord(c):x};" for c in s),
    "HTML twice": lambda s: html.escape(html.escape(s)),
    "percent in HTML": lambda s: "".join(f"&#37;{byte:02X}" for byte in s.encode()),
    "bytes of Python": lambda s: "".join(f"\\x{byte:02x}" for byte in s.encode()),
    "quotes doubled": lambda s: s.replace("'", "''"),
    "Base64": lambda s: base64.b64encode(s.encode()).decode(),
    "Base64 of login and password": lambda s: "Basic " + base64.b64encode(f"admin:{s}".encode()).decode(),
    "Base64 of Latin-1": lambda s: base64.b64encode(b"ab:" + s.encode("latin-1")).decode(),
    "Base64 in an address": lambda s: "/x/" + base64.urlsafe_b64encode(f"a:{s}>>".encode()).decode(),
    "Base64, quoted": lambda s: quote(base64.b64encode(f"a:{s}".encode()).decode(), safe=""),
    "misread bytes": lambda s: s.encode().decode("cp1252"),
}


@pytest.mark.parametrize("write", WRITINGS.values(), ids=WRITINGS.keys())
def test_a_secret_is_found_in_every_writing(write: Callable[[str], str]) -> None:
    """The words around it stay, nothing of it does."""
    shown = mask(f"user 5: ctiPassword {write(SECRET)} is refused", {SECRET, "other"})
    left = shown.replace("Basic ", "").replace('"', "").replace("/x/", "").replace("\\", "").replace("{p: ", "")
    assert left.replace("}", "").replace("=", "") == "user 5: ctiPassword *** is refused"


@pytest.mark.parametrize(
    "text",
    [
        "user 5: internalNumber 2610 is already taken, 100% sure & quoted: 'é' \"\" a+b C:\\new\\table \\u00e9 %41",
        "Entity default@192.168.29.220 still has users; see /entities/default%40192.168.29.220",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0 SWYgeW91IGNhbiByZWFkIHRoaXM=",
        "&amp; &lt;b&gt; &copy=2 &#x110000; \\ud800 %ff %zz \\",
    ],
)
def test_a_text_without_a_secret_stays_as_it_is(text: str) -> None:
    """Escapes are read to be compared, never replaced; a secret that looks like an escape hides no blanks."""
    assert mask(text, {SECRET, "hunter2", "%20%", "&#32;", "%2B", ""}) == text


@pytest.mark.parametrize(
    ("secret", "text"),
    [
        ("p%41&x", "p%41&amp;amp;x"),
        ("100%25x", "100%2525x"),
        ("nabc", "\\nabc"),
        ("41abc", "%41abc"),
        ("a\\b", '"a\\\\b"'),
        ("a+b c", "a%2Bb+c"),
        ("abab", "ababab"),
        ("\U0001f511&key", "\\ud83d\\udd11\\u0026key"),
    ],
)
def test_a_secret_that_itself_looks_escaped_is_found(secret: str, text: str) -> None:
    """Nothing but signs of the writing is left."""
    assert mask(text, [secret]).strip('"\\%') == "***"


def in_json(text: str) -> str:
    return json.dumps(text)[1:-1]


@given(
    secret=st.text(st.characters(exclude_categories=["Cs"]), min_size=4, max_size=12),
    writings=st.lists(st.sampled_from([quote, html.escape, in_json, as_browsers_quote]), max_size=3),
)
def test_no_mixture_of_writings_shows_a_secret(secret: str, writings: list[Callable[[str], str]]) -> None:
    """Whatever the secret is made of, and in whatever order it was escaped."""
    text = secret
    for write in writings:
        text = write(text)
    assert mask(f"<{text}>", [secret]) == "<***>"


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        ("<p>Tr<b>Long</b>x is bad", "*** is bad"),
        (json.dumps({"error": {"Tr<b>Long</b>x": ["bad"]}}), "***: bad"),
        (" " * 19_000 + "no" + " " * 970 + "%54%72%3C%62%3E%4C%6F%6E%67%3C%2F%62%3E%78", "no"),
    ],
)
def test_a_secret_is_cut_out_before_markup_is(body: str, shown: str) -> None:
    """A page is read after its secrets are gone; a text that was cut ends before what may be half a secret."""
    assert describe(Answer(400, body.encode(), "text/html" if body[0] == "<" else ""), ["Tr<b>Long</b>x"]) == shown


@pytest.mark.parametrize("length", [11, 14, 18])
def test_a_secret_that_a_server_cut_short_is_cut_out(length: int) -> None:
    """A parser quotes its source up to some length: more than half of a secret is as bad as all of it."""
    secret = "Tr&s'LongMotDePasse"
    source = f'[Source: (String)"{{"lastName":"x","ctiPassword":"{secret[:length]}"[truncated 51 chars]; line: 1]'
    assert mask(source, [secret]) == source.replace(secret[:length], "***")


def test_what_only_begins_like_a_secret_stays() -> None:
    """A word of the message may be the beginning of a password."""
    assert mask("this user is not known: userland", ["user is not a password at all"]) == (
        "this user is not known: userland"
    )
