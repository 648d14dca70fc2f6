"""Are programs found where somebody hides them, and quickly, whatever the file is made of?"""

from __future__ import annotations

import random
import time
import zlib
from contextlib import suppress

import pytest

from services.file_kinds import recognise
from tests.services.test_attachments import TEXT, WORD, packed, pdf
from vocabulary.errors import Invalid

SCRIPT = b"9 0 << /S /JavaScript /JS (app.alert(1)) >>"
LINK = b"<All><One Type='http://x/%s' Target='http://evil.example/t' TargetMode='%s'/></All>"


OUTSIDE = LINK % (b"frame", b"External")


def stream(head: bytes, data: bytes) -> bytes:
    return pdf(tail=b"2 0 obj << " + head + b" >>\nstream\n" + data + b"\nendstream\nendobj\n")


@pytest.mark.parametrize(
    "data",
    [
        stream(b"/Type /Obj#53tm", zlib.compress(SCRIPT)),
        stream(b"/Type /ObjStm /Pad (" + b"x" * 900 + b")", zlib.compress(SCRIPT)),
        stream(b"/Type /ObjStm /Pad (1 0 obj)", zlib.compress(SCRIPT)),
        stream(b"/Type /ObjStm", zlib.compress(zlib.compress(SCRIPT))),
        stream(b"/Type /ObjStm /Filter /ASCIIHexDecode", SCRIPT.hex().encode()),
        stream(b"/Type /ObjStm /DecodeParms << /Predictor 12 >>", zlib.compress(b"\x02" + SCRIPT)),
        stream(b"/Length 9", zlib.compress(SCRIPT)),
        pdf(b"<< /OpenAction << /S /#4aava#53cript /#4A#53 3 0 R >> >>"),
        pdf(b"<< /JS 3 0 R >>"),
        pdf(b"<< /En#63rypt 4 0 R >>"),
        packed(**(WORD | {"word___rels__settings.xml.rels": LINK % (b"attachedTemplate", b"External")})),
        packed(**(WORD | {"word___rels__document.xml.rels": LINK % (b"oleObject", b"external")})),
        packed(**(WORD | {"word___rels__a.rels": OUTSIDE.decode().encode("utf-16")})),
        packed(**(TEXT | {"styles.xml": b"<a href='vnd.sun.star.script:x?language=Basic'/>"})),
    ],
)
def test_hidden_program_is_found(data: bytes) -> None:
    with pytest.raises(Invalid):
        recognise(data)


def test_what_people_send_is_taken() -> None:
    picture = random.Random(1).randbytes(3_000_000)
    links = WORD | {"word___rels__document.xml.rels": LINK % (b"hyperlink", b"External")}
    plain = [
        stream(b"/Type /ObjStm", zlib.compress(b"9 0 << /Type /Page >>")),
        stream(b"/Subtype /Image", zlib.compress(picture)),
        stream(b"/Subtype /Image /Filter /DCTDecode", b"\xff\xd8" + picture),
        stream(b"/Subtype /Image", b"\xff\xd8 /JS\x9a /JSa"),
        stream(b"/Length 3", zlib.compress(b"0 0 m 10 10 l (JavaScript) Tj")),
        packed(**links),
    ]

    assert [recognise(data).suffix for data in plain] == [".pdf"] * 5 + [".docx"]


@pytest.mark.parametrize(
    "piece",
    [b"stream\n", b"/#", b"/ObjStm stream\n", b"/A#41", b"/J#61", b"/", b"0 0 stream\nx\x9c"],
)
def test_ten_megabytes_of_anything_are_read_in_a_second_or_two(piece: bytes) -> None:
    data = b"%PDF-1.7\n" + piece * (10_000_000 // len(piece)) + b"\n%%EOF"

    began = time.process_time()
    with suppress(Invalid):
        recognise(data)
    spent = time.process_time() - began

    assert spent < 3


def test_many_small_parts_that_burst_are_refused_at_once() -> None:
    data = packed(**(WORD | {f"word__{n}.xml": b"<" * 1_000_000 for n in range(150)}))

    began = time.process_time()
    with pytest.raises(Invalid):
        recognise(data)
    assert time.process_time() - began < 1
