"""What is this file really, and does it hold something that is not taken?

Looks at the content only. Taken are PDF, Word (DOCX), OpenDocument text (ODT), PNG, JPEG and WebP.
Refused are programs in any of them: macros, scripts, embedded files, links to be launched, and archives made
to burst.
"""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree import ElementTree

from vocabulary.errors import Invalid
from vocabulary.messages import Message


@dataclass(frozen=True, slots=True)
class FileKind:
    """A kind of file that is taken."""

    media_type: str
    suffix: str


PDF = FileKind("application/pdf", ".pdf")
DOCX = FileKind("application/vnd.openxmlformats-officedocument.wordprocessingml.document", ".docx")
ODT = FileKind("application/vnd.oasis.opendocument.text", ".odt")
PNG = FileKind("image/png", ".png")
JPEG = FileKind("image/jpeg", ".jpg")
WEBP = FileKind("image/webp", ".webp")

MOST_MEMBERS = 2_000
MOST_UNPACKED = 200 * 1024 * 1024
HIGHEST_RATIO = 100
MOST_PIXELS = 50_000_000
MOST_XML = 20 * 1024 * 1024

NOT_TAKEN = Message("This kind of file is not taken. Send a PDF, Word, OpenDocument, PNG, JPEG or WebP file.")
BROKEN = Message("The file is damaged or not what it seems to be. Save it anew and try again.")
ACTIVE = Message("The file holds programs or embedded files, which are not taken. Save it without them.")
BURSTING = Message("The file unpacks to far more than it seems. Save it anew and try again.")
LOCKED = Message("The file is locked with a password. Save it without one.")


def recognise(data: bytes) -> FileKind:
    """The kind of a file by its content. Raises Invalid saying what is wrong with it."""
    if data.startswith(b"%PDF-"):
        _check_pdf(data)
        return PDF
    if data.startswith(b"PK\x03\x04"):
        return _packed(data)
    kind = _picture(data)
    if kind is None:
        raise _refused(NOT_TAKEN)
    return kind


def _refused(message: Message) -> Invalid:
    return Invalid({"file": [message]}, message, code="file_refused")


# --- PDF --------------------------------------------------------------------------------------------------


def _spelt(*names: bytes) -> bytes:
    """A pattern for names, each letter of which may be written as #xx."""
    return b"|".join(b"".join(b"(?:%c|#(?i:%02x))" % (letter, letter) for letter in name) for name in names)


_PDF_ACTIVE = re.compile(
    rb"/(?:"
    + _spelt(b"JavaScript", b"Launch", b"EmbeddedFile", b"RichMedia", b"XFA", b"SubmitForm", b"ImportData")
    + rb")s?(?![A-Za-z0-9])|/(?:"
    + _spelt(b"JS")
    + rb")(?=\s*(?:[(<%]|\d+\s+\d+\s+R))"  # three signs alone stand in many a picture by chance
)
_PDF_LOCKED = re.compile(rb"/(?:" + _spelt(b"Encrypt") + rb")(?![A-Za-z0-9])")
_PDF_OBJECTS = re.compile(rb"/(?:" + _spelt(b"ObjStm") + rb")(?![A-Za-z0-9])")
_STREAM = re.compile(rb"stream(?:\r\n|\n|\r)")
_LIKE_OBJECTS = re.compile(rb"[\x00-\x04\s]*\d+\s+\d+\s")
"""How packed objects begin: numbers and places, behind a sign of a predictor if there is one."""

_MOST_INFLATED = 50 * 1024 * 1024
_MOST_STREAMS = 50_000
_DEEPEST = 3
_LOOKED_AT = 4096


def _check_pdf(data: bytes) -> None:
    """No scripts, launched programs or embedded files; not encrypted, since then nothing can be looked at."""
    if b"%%EOF" not in data[-2048:]:
        raise _refused(BROKEN)
    if _PDF_ACTIVE.search(data):
        raise _refused(ACTIVE)
    if _PDF_LOCKED.search(data):
        raise _refused(LOCKED)
    left = _MOST_INFLATED
    for at, is_declared in _object_streams(data):
        objects = _objects(memoryview(data)[at:], left, is_declared=is_declared)
        left -= len(objects)
        if left <= 0:
            raise _refused(BURSTING)
        if _PDF_ACTIVE.search(objects):
            raise _refused(ACTIVE)


def _object_streams(data: bytes) -> Iterator[tuple[int, bool]]:
    """Where packed objects begin, in which names could hide, and whether they say that they are such."""
    declared = _declared_objects(data)
    for n, mark in enumerate(_STREAM.finditer(data)):
        if n == _MOST_STREAMS:
            raise _refused(BROKEN)
        if mark.end() in declared or _may_hold_objects(data, mark.end()):
            yield mark.end(), mark.end() in declared


def _declared_objects(data: bytes) -> frozenset[int]:
    """Where the streams begin that say of themselves that they hold packed objects."""
    found: set[int] = set()
    at = 0
    while (name := _PDF_OBJECTS.search(data, at)) is not None:
        mark = _STREAM.search(data, name.end())
        if mark is None:
            break
        found.add(mark.end())
        at = mark.end()
    return frozenset(found)


def _may_hold_objects(data: bytes, at: int) -> bool:
    """Does a stream begin like packed objects, whatever it says of itself? Pictures and pages do not."""
    begins = data[at : at + _LOOKED_AT]
    for _ in range(_DEEPEST):
        try:
            begins = zlib.decompressobj().decompress(begins, _LOOKED_AT)
        except zlib.error:
            return False
        if _LIKE_OBJECTS.match(begins):
            return True
    return False


def _objects(packed: memoryview | bytes, most: int, *, is_declared: bool) -> bytes:
    """Objects unpacked, also when packed several times; refused where they cannot be read plainly."""
    for _ in range(_DEEPEST):
        try:
            packed = zlib.decompressobj().decompress(packed, max(1, most))
        except zlib.error as wrong:
            raise _refused(BROKEN) from wrong
        if packed[:1] in b"\x00\x01\x02\x03\x04" and (is_declared or _LIKE_OBJECTS.match(packed)):
            break  # written by differences: what is read so says nothing of what it holds
        if len(packed) >= most or packed[:1] not in b"\x08\x18\x28\x38\x48\x58\x68\x78":
            return bytes(packed)
    if not packed:
        return b""
    raise _refused(BROKEN)


# --- DOCX and ODT -----------------------------------------------------------------------------------------

_WORD_MAIN = b"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
_ODT_TYPE = b"application/vnd.oasis.opendocument.text"
_ACTIVE_MEMBERS = re.compile(
    r"vbaproject|vbadata|activex|/embeddings/|oleobject|^basic/|^scripts/|\.(?:exe|dll|js|vbs|bat|cmd|com|scr|jar|ps1|sh)$",
    re.IGNORECASE,
)
_ENTITIES = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_HARMLESS_LINKS = ("/hyperlink", "/image")
_MACRO_LINK = re.compile(rb"vnd\.sun\.star\.(?:script|expand)|macro:///", re.IGNORECASE)
MOST_XML_IN_ALL = 60 * 1024 * 1024


def _packed(data: bytes) -> FileKind:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
            _check_members(members, len(data))
            kind = _document_kind(archive, {member.filename for member in members})
            _check_xml(archive, members)
            return kind
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, ValueError, RuntimeError) as wrong:
        raise _refused(BROKEN) from wrong


def _check_members(members: list[zipfile.ZipInfo], size: int) -> None:
    unpacked = sum(member.file_size for member in members)
    is_bomb = len(members) > MOST_MEMBERS or unpacked > min(MOST_UNPACKED, 1024 * 1024 + HIGHEST_RATIO * size)
    if is_bomb or any(
        m.file_size > 1024 * 1024 and m.file_size > HIGHEST_RATIO * m.compress_size for m in members
    ):
        raise _refused(BURSTING)
    if any(member.flag_bits & 1 for member in members):
        raise _refused(LOCKED)
    names = [member.filename for member in members]
    if len(set(names)) != len(names) or any(_is_outside(name) for name in names):
        raise _refused(BROKEN)
    if any(_ACTIVE_MEMBERS.search(name) for name in names):
        raise _refused(ACTIVE)


def _is_outside(name: str) -> bool:
    parts = name.replace("\\", "/").split("/")
    return name.startswith(("/", "\\")) or ".." in parts or "\x00" in name


def _document_kind(archive: zipfile.ZipFile, names: set[str]) -> FileKind:
    if "mimetype" in names and {"content.xml", "META-INF/manifest.xml"} <= names:
        if _read(archive, "mimetype").strip() == _ODT_TYPE:
            if b"manifest:encryption-data" in _read(archive, "META-INF/manifest.xml"):
                raise _refused(LOCKED)
            return ODT
    elif {"[Content_Types].xml", "word/document.xml", "_rels/.rels"} <= names:
        types = _read(archive, "[Content_Types].xml")
        if b"macroEnabled" in types:
            raise _refused(ACTIVE)
        if _WORD_MAIN in types:
            return DOCX
    raise _refused(NOT_TAKEN)


def _check_xml(archive: zipfile.ZipFile, members: list[zipfile.ZipInfo]) -> None:
    """Every part unpacks to what it says, and no XML part defines entities, runs or fetches anything."""
    left = MOST_XML_IN_ALL
    for member in members:
        name = member.filename.lower()
        if not name.endswith((".xml", ".rels", ".rdf")):
            continue
        xml = _read(archive, member.filename)
        left -= len(xml)
        if left < 0:
            raise _refused(BURSTING)
        if _defines_entities(xml) or _MACRO_LINK.search(xml) or _MACRO_LINK.search(xml.replace(b"\x00", b"")):
            raise _refused(ACTIVE)
        if name.endswith(".rels") and _fetches(xml):
            raise _refused(ACTIVE)


def _fetches(xml: bytes) -> bool:
    """Does a part of a Word file lead outside, to a template, an object or a frame that opening it loads?"""
    try:
        links = ElementTree.fromstring(xml)  # noqa: S314 -- without entities, which were refused
    except ElementTree.ParseError as wrong:
        raise _refused(BROKEN) from wrong
    return any(
        link.get("TargetMode", "").casefold() == "external"
        and not link.get("Type", "").casefold().endswith(_HARMLESS_LINKS)
        for link in links.iter()
    )


def _defines_entities(xml: bytes) -> bool:
    """Looked for in every encoding that an XML parser would take without being told."""
    return bool(_ENTITIES.search(xml) or _ENTITIES.search(xml.replace(b"\x00", b"")))


def _read(archive: zipfile.ZipFile, name: str) -> bytes:
    """One part, and never more of it than is allowed whatever its head says."""
    with archive.open(name) as part:
        content = part.read(MOST_XML + 1)
    if len(content) > MOST_XML:
        raise _refused(BURSTING)
    return content


# --- pictures ---------------------------------------------------------------------------------------------

_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_JPEG_SIZES = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})
"""Marks of a JPEG's segment that holds its height and width."""


def _picture(data: bytes) -> FileKind | None:
    """The kind of a picture whose frame is whole, or None; its pixels are never decoded here."""
    for begins, kind, size_of in (
        (data.startswith(_PNG_SIGNATURE), PNG, _png_size),
        (data.startswith(b"\xff\xd8\xff"), JPEG, _jpeg_size),
        (data.startswith(b"RIFF") and data[8:12] == b"WEBP", WEBP, _webp_size),
    ):
        if begins:
            try:
                width, height = size_of(data)
            except (struct.error, IndexError) as wrong:
                raise _refused(BROKEN) from wrong
            if width * height == 0:
                raise _refused(BROKEN)
            if width * height > MOST_PIXELS:
                raise _refused(BURSTING)
            return kind
    return None


def _png_size(data: bytes) -> tuple[int, int]:
    at, size = len(_PNG_SIGNATURE), (0, 0)
    while True:
        length, name = struct.unpack_from(">I4s", data, at)
        (written,) = struct.unpack_from(">I", data, at + 8 + length)
        if written != zlib.crc32(data[at + 4 : at + 8 + length]):
            raise _refused(BROKEN)
        if name == b"IHDR":
            size = struct.unpack_from(">II", data, at + 8)
        if name == b"IEND":
            return size
        at += 12 + length


def _jpeg_size(data: bytes) -> tuple[int, int]:
    if b"\xff\xd9" not in data[-64:]:
        raise _refused(BROKEN)
    at = 2
    while data[at] == 0xFF:
        mark = data[at + 1]
        if mark in _JPEG_SIZES:
            height, width = struct.unpack_from(">HH", data, at + 5)
            return width, height
        at += 1 if mark == 0xFF else 2 + int(struct.unpack_from(">H", data, at + 2)[0])
    raise _refused(BROKEN)


def _webp_size(data: bytes) -> tuple[int, int]:
    (length,) = struct.unpack_from("<I", data, 4)
    if length + 8 > len(data):
        raise _refused(BROKEN)
    if data[12:16] == b"VP8X":
        return 1 + int.from_bytes(data[24:27], "little"), 1 + int.from_bytes(data[27:30], "little")
    if data[12:16] == b"VP8L":
        bits = int(struct.unpack_from("<I", data, 21)[0])
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    width, height = struct.unpack_from("<HH", data, 26)
    return (width & 0x3FFF, height & 0x3FFF) if data[12:16] == b"VP8 " else (0, 0)
