"""What stands in the fields of a filled-in document, DOCX or ODT? Texts by the code of the field.

Looks at what the file is before it reads it (services/file_kinds.py): programs, entities, archives made to
burst and other kinds of file are refused. Knows nothing of what the fields mean.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from services.file_kinds import BROKEN, DOCX, ODT, recognise
from vocabulary.errors import Invalid
from vocabulary.messages import Message

MOST_BYTES = 5 * 1024 * 1024
MOST_TEXT = 8 * 1024 * 1024
"""Bytes of the part that holds the text; a filled-in form has a few hundred thousand."""
MOST_FIELDS = 2_000

NOT_A_DOCUMENT = Message("This is no Word or OpenDocument text. Send the document you downloaded, filled in.")
TOO_LARGE = Message("The document is too large. Send the document you downloaded, without pictures.")
EMPTY_FILE = Message("Choose the document first.")

_CODE = re.compile(r"\[\s*([^\[\]\s]{1,100})\s*\]")
_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_COMPATIBLE = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_OASIS = "{urn:oasis:names:tc:opendocument:xmlns:"
_TEXT, _TABLE, _OFFICE = f"{_OASIS}text:1.0}}", f"{_OASIS}table:1.0}}", f"{_OASIS}office:1.0}}"

_LEFT_OUT = frozenset(
    {
        f"{_W}del",
        f"{_W}moveFrom",
        f"{_W}instrText",
        f"{_W}pPr",
        f"{_W}rPr",
        f"{_W}sdtPr",
        f"{_W}tcPr",
        f"{_COMPATIBLE}Fallback",
        f"{_OFFICE}annotation",
        f"{_TEXT}tracked-changes",
        f"{_TEXT}note",
    }
)
"""What was struck out, remarks in the margin, and settings: no part of the text."""


@dataclass(frozen=True, slots=True)
class FoundField:
    """One field as it stands in the document."""

    code: str
    text: str


def read_fields(data: bytes) -> list[FoundField]:
    """Every field with a code, in the order of the document. Raises Invalid for anything but a document."""
    if not data:
        raise _refused(EMPTY_FILE)
    if len(data) > MOST_BYTES:
        raise _refused(TOO_LARGE)
    kind = recognise(data)
    if kind not in (DOCX, ODT):
        raise _refused(NOT_A_DOCUMENT)
    root = _parsed(data, "word/document.xml" if kind == DOCX else "content.xml")
    rows = _word_rows(root) if kind == DOCX else _odt_rows(root)
    found = []
    for cells in rows:
        codes = _CODE.findall(_text(cells[0])) if len(cells) > 1 else []
        if codes:
            found.append(FoundField(codes[-1], _text(cells[1]).strip()))
        if len(found) > MOST_FIELDS:
            raise _refused(TOO_LARGE)
    return found


def _refused(message: Message) -> Invalid:
    return Invalid({"file": [message]}, message, code="file_refused")


def _parsed(data: bytes, part: str) -> Element:
    with zipfile.ZipFile(io.BytesIO(data)) as archive, archive.open(part) as member:
        xml = member.read(MOST_TEXT + 1)
    if len(xml) > MOST_TEXT:
        raise _refused(TOO_LARGE)
    try:
        return ElementTree.fromstring(xml)  # noqa: S314 -- without entities, which were refused
    except ElementTree.ParseError as wrong:
        raise _refused(BROKEN) from wrong


def _word_rows(root: Element) -> Iterator[list[Element]]:
    for row in root.iter(f"{_W}tr"):
        yield list(_word_cells(row))


def _word_cells(row: Element) -> Iterator[Element]:
    """The cells of a row, also those inside content controls; not those of a table within a cell."""
    waiting = [row]
    while waiting:
        place = waiting.pop()
        if place.tag == f"{_W}tc":
            yield place
        elif place.tag not in _LEFT_OUT:
            waiting.extend(reversed(place))


def _odt_rows(root: Element) -> Iterator[list[Element]]:
    for row in root.iter(f"{_TABLE}table-row"):
        yield [cell for cell in row if cell.tag == f"{_TABLE}table-cell"]


def _text(cell: Element) -> str:
    """The paragraphs of a cell, a line each."""
    pieces: list[str] = []
    _gather(cell, pieces)
    lines = "".join(pieces).replace("\u00a0", " ").split("\n")
    return "\n".join(line.rstrip() for line in lines).strip("\n")


def _gather(place: Element, pieces: list[str]) -> None:
    """Depth first without recursion: a document may be nested as deep as its maker likes."""
    waiting: list[Element | str] = [place]
    while waiting:
        item = waiting.pop()
        if isinstance(item, str):
            pieces.append(item)
            continue
        if item.tag in _LEFT_OUT:
            continue
        waiting.extend(reversed(_inside(item)))


def _inside(item: Element) -> list[Element | str]:
    """What an element holds, in order: texts and elements; blanks, tabs and lines as what they stand for."""
    tag = item.tag
    if tag in (f"{_W}t", f"{_TEXT}label"):
        return [item.text or ""]
    if tag in (f"{_W}tab", f"{_TEXT}tab"):
        return ["\t"]
    if tag in (f"{_W}br", f"{_W}cr", f"{_TEXT}line-break"):
        return ["\n"]
    if tag == f"{_TEXT}s":
        n = item.get(f"{_TEXT}c", "1")
        return [" " * (int(n) if n.isascii() and n.isdigit() and len(n) < 4 else 1)]
    is_odt_text = tag.startswith((_TEXT, "{http://www.w3.org/1999/xlink}"))
    found: list[Element | str] = [item.text or ""] if is_odt_text else []
    for child in item:
        found.append(child)
        if is_odt_text:
            found.append(child.tail or "")
    if tag in (f"{_W}p", f"{_TEXT}p", f"{_TEXT}h"):
        found.append("\n")
    return found
