"""XML of strangers, parsed as a stream: no DTD, no entity, nothing fetched, nothing kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import IO
from xml.parsers import expat

from ..model.text import Said
from .gate import unreadable

Start = Callable[[str, Mapping[str, str]], None]
_CHUNK = 1 << 18
_PIECE = 4 * 1024**2  # expat goes through an unfinished tag or comment again with every chunk


def walk(
    source: IO[bytes],
    part: str,
    *,
    start: Start,
    end: Callable[[str], None] | None = None,
    text: Callable[[str], None] | None = None,
    namespace: Callable[[str | None, str | None], None] | None = None,
) -> None:
    """Call `start` and `end` with each element as `namespace name`, and `text` with what stands between.

    `namespace` is called with each prefix and what it means. Raises BookError where the part is no XML, or declares a
    document type: no office program writes one.
    """
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _no_doctype
    parser.StartElementHandler = start
    if end:
        parser.EndElementHandler = end
    if namespace:
        parser.StartNamespaceDeclHandler = namespace
    if text:
        parser.CharacterDataHandler = text
    try:
        fed = 0
        while chunk := source.read(_CHUNK):
            parser.Parse(chunk, False)
            fed += len(chunk)
            if fed - parser.CurrentByteIndex > _PIECE:
                raise unreadable(
                    Said("a single piece of the part {part} is longer than {n} MiB", part=part, n=_PIECE // 1024**2)
                )
        parser.Parse(b"", True)
    except (expat.ExpatError, LookupError, ValueError) as error:
        raise unreadable(Said("the part {part} of the workbook is damaged (no XML)", part=part)) from error


def _no_doctype(*_args: object) -> None:
    raise unreadable(Said("the workbook declares an XML document type, as no office program does"))
