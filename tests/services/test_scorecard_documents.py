"""Does a scorecard survive the way out as a document and in again, and is every wrong document refused?"""

from __future__ import annotations

import io
import re
import zipfile
from typing import Any
from xml.etree.ElementTree import SubElement, tostring

import pytest
from defusedxml.ElementTree import fromstring

from models.people import Account
from schemas.reviews import ReviewChangesSchema
from services.documents.fields import MOST_BYTES, read_fields
from services.reviews import drafts
from services.reviews.content import differing
from services.reviews.submission import Declared, submit
from services.scorecard_documents import making, reading
from services.scorecard_documents.making import Format
from tests.factories import MADE_AT as NOW
from tests.factories import make_account, make_call
from tests.fixtures import Opened
from tests.scoring import Sitting, full_card, make_sitting
from translations.catalogues import LANGUAGES
from vocabulary.errors import Conflict, Invalid, NotFound, Refused
from vocabulary.people import Role
from vocabulary.states import ConflictAnswer

TEXT = {Format.DOCX: "word/document.xml", Format.ODT: "content.xml"}


def made(write: Opened, sitting: Sitting, kind: Format = Format.DOCX, language: str = "en") -> bytes:
    with write() as session:
        return making.make(session, sitting.reviewer, sitting.ref, kind, language=language, now=NOW).content


def filled(document: bytes, answers: dict[str, str]) -> bytes:
    """The document with other texts in some fields, as a word processor would save them."""
    with zipfile.ZipFile(io.BytesIO(document)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    name = "word/document.xml" if "word/document.xml" in parts else "content.xml"
    root = fromstring(parts[name])
    tags = ("tr", "tc", "p", "r", "t") if name != "content.xml" else ("table-row", "table-cell", "p", "", "")
    space = {tag: next((e.tag for e in root.iter() if e.tag.endswith(f"}}{tag}")), "") for tag in tags}
    left = dict(answers)
    for row in root.iter(space[tags[0]]):
        cells = [cell for cell in row if cell.tag == space[tags[1]]]
        code = re.findall(r"\[([^\[\]]+)\]", "".join(cells[0].itertext())) if len(cells) > 1 else []
        if code and code[-1] in left:
            cell, text = cells[1], left.pop(code[-1])
            for paragraph in [part for part in cell if part.tag == space["p"]]:
                cell.remove(paragraph)
            for line in text.split("\n"):
                paragraph = SubElement(cell, space["p"])
                if tags[3]:
                    run = SubElement(paragraph, space["r"])
                    SubElement(run, space["t"]).text = line
                else:
                    paragraph.text = line
    assert left == {}
    return zipped(parts | {name: tostring(root)})


def zipped(parts: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return out.getvalue()


def read(write: Opened, sitting: Sitting, document: bytes) -> reading.Reading:
    with write() as session:
        return reading.read(session, sitting.reviewer, sitting.ref, document, now=NOW)


def changed(found: reading.Reading) -> dict[str, tuple[Any, Any]]:
    return differing(found.saved, ReviewChangesSchema().load(found.answers))


CARD = full_card(expertise={"S1": "low", "S3": "high"}, conditions="  Two\n\nparagraphs & <tags> «x»")


@pytest.mark.parametrize("kind", list(Format))
@pytest.mark.parametrize("language", LANGUAGES)
def test_document_returned_untouched_changes_nothing(write: Opened, kind: Format, language: str) -> None:
    with write() as session:
        sitting = make_sitting(session)
        drafts.save(session, sitting.reviewer, sitting.ref, CARD, 1, now=NOW)

    found = read(write, sitting, made(write, sitting, kind, language))

    assert (found.problems, found.missing, found.is_stale) == ([], [], False)
    assert changed(found) == {}


@pytest.mark.parametrize("kind", list(Format))
def test_every_kind_of_field_comes_back(write: Opened, kind: Format) -> None:
    with write() as session:
        sitting = make_sitting(session)
    document = filled(
        made(write, sitting, kind),
        {
            "scores.1.value": "2 – Met",
            "scores.1.evidence": "First line.\nSecond line.",
            "scores.2.value": "x",
            "scores.2.cannot_reason": "Outside my field.",
            "scores.6.parts.6i": "Y",
            "scores.9.value": "٣",
            "scores.10.value": "3 – 有力",
            "scores.11.parts.11i": "Oui",
            "scores.11.parts.11ii": "U – Unclear",
            "recommendation": "B",
            "confidence": "3",
            "expertise.S2": "1 – Low",
            "comment_internal": "  Kept.  ",
            "minutes_spent": "٤٥",
        },
    )

    found = read(write, sitting, document)

    assert found.problems == []
    assert {name: new for name, (_, new) in changed(found).items()} == {
        "scores.1.value": 2,
        "scores.1.evidence": "First line.\nSecond line.",
        "scores.2.value": "cannot_judge",
        "scores.2.cannot_reason": "Outside my field.",
        "scores.6.parts": {"6i": True},
        "scores.9.value": 3,
        "scores.10.value": 3,
        "scores.11.parts": {"11i": True, "11ii": None},
        "recommendation": "endorse_with_conditions",
        "confidence": "high",
        "expertise": {"S2": "low"},
        "comment_internal": "Kept.",
        "minutes_spent": 45,
    }


def test_what_is_not_understood_is_handed_back_and_the_rest_is_read(write: Opened) -> None:
    with write() as session:
        sitting = make_sitting(session)
    document = made(write, sitting)
    document = filled(document, {"scores.1.value": "4", "scores.3.evidence": "Good.", "confidence": "very"})
    document = renamed(document, "scores.3.pointer", "scores.33.pointer")
    document = filled(document, {"scores.33.pointer": "Page 4"})

    found = read(write, sitting, document)

    assert [(problem.code, problem.text) for problem in found.problems] == [
        ("confidence", "very"),
        ("scores.1.value", "4"),
        ("scores.33.pointer", "Page 4"),
    ]
    assert found.missing == ["scores.3.pointer"]
    assert changed(found) == {"scores.3.evidence": (None, "Good.")}


def renamed(document: bytes, old: str, new: str) -> bytes:
    with zipfile.ZipFile(io.BytesIO(document)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    name = "word/document.xml"
    return zipped(parts | {name: parts[name].replace(f"[{old}]".encode(), f"[{new}]".encode())})


def test_document_made_before_another_save_is_stale_and_shows_both_texts(write: Opened) -> None:
    with write() as session:
        sitting = make_sitting(session)
    document = filled(made(write, sitting), {"comment_internal": "From the train."})
    with write() as session:
        drafts.save(session, sitting.reviewer, sitting.ref, {"comment_internal": "Here."}, 1, now=NOW)

    found = read(write, sitting, document)

    assert (found.is_stale, found.version, found.current_version) == (True, 1, 2)
    assert changed(found) == {"comment_internal": ("Here.", "From the train.")}


def test_row_taken_out_leaves_what_is_saved(write: Opened) -> None:
    with write() as session:
        sitting = make_sitting(session)
        drafts.save(session, sitting.reviewer, sitting.ref, CARD, 1, now=NOW)
    document = made(write, sitting)
    for code in ("scores.11.parts.11ii", "expertise.S3", "scores.9.evidence"):
        document = renamed(document, code, "")

    found = read(write, sitting, document)

    assert found.missing == ["scores.9.evidence", "scores.11.parts.11ii", "expertise.S3"]
    assert changed(found) == {}


@pytest.mark.parametrize(
    ("field", "text", "code"),
    [
        ("document.entry", "REQ-2026-9999", "other_proposal"),
        ("document.scorecard", "ASG-2026-9999", "other_reviewer"),
        ("document.criteria", "another 1 0123456789abcdef", "other_criteria"),
        ("document.version", "", "no_scorecard"),
        ("document.submission", "two", "no_scorecard"),
    ],
)
def test_document_of_something_else_is_refused(write: Opened, field: str, text: str, code: str) -> None:
    with write() as session:
        sitting = make_sitting(session)
    document = filled(made(write, sitting), {field: text})

    with pytest.raises(Invalid) as refused:
        read(write, sitting, document)

    assert refused.value.code == code


def test_scorecard_of_a_colleague_on_the_same_proposal_is_refused(write: Opened) -> None:
    with write() as session:
        first = make_sitting(session)
        second = make_sitting(session, entry_ref=first.entry_ref)
    document = made(write, first)

    with pytest.raises(Invalid) as refused:
        read(write, second, document)

    assert refused.value.code == "other_reviewer"


def test_criteria_of_another_version_are_refused(write: Opened) -> None:
    with write() as session:
        call = make_call(session, now=NOW)
        sitting = make_sitting(session, call=call)
    document = made(write, sitting)
    newer = renamed_text(document, rb"\b([0-9a-f]{16})\b", b"0" * 16)

    with pytest.raises(Invalid) as refused:
        read(write, sitting, newer)

    assert refused.value.code == "other_criteria"


def renamed_text(document: bytes, pattern: bytes, new: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(document)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    name = "word/document.xml"
    return zipped(parts | {name: re.sub(pattern, new, parts[name])})


def with_part(document: bytes, name: str, content: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(document)) as archive:
        parts = {each: archive.read(each) for each in archive.namelist()}
    return zipped(parts | {name: content})


@pytest.mark.parametrize("kind", list(Format))
def test_dangerous_or_other_files_are_refused(write: Opened, kind: Format) -> None:
    with write() as session:
        sitting = make_sitting(session)
    good = made(write, sitting, kind)
    name = TEXT[kind]
    with zipfile.ZipFile(io.BytesIO(good)) as archive:
        xml = archive.read(name)
    wrong = {
        "empty": b"",
        "too large": good + b"0" * MOST_BYTES,
        "not a zip": b"PK\x03\x04 nothing",
        "a PDF": b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer << /Root 1 0 R >>\n%%EOF\n",
        "a text": b"Criterion 1: met",
        "a macro": with_part(good, "word/vbaProject.bin", b"x"),
        "entities": with_part(good, name, b'<!DOCTYPE x [<!ENTITY a "b">]>' + xml),
        "a bomb": with_part(good, "word/more.xml", b"<x>" + b" " * 40_000_000 + b"</x>"),
        "broken XML": with_part(good, name, xml[:-20]),
    }

    for what, data in wrong.items():
        with pytest.raises(Invalid) as refused:
            read(write, sitting, data)
        assert list(refused.value.errors) == ["file"], what


def test_deep_nesting_and_struck_out_text_do_no_harm(write: Opened) -> None:
    with write() as session:
        sitting = make_sitting(session)
    document = filled(made(write, sitting), {"comment_internal": "KEEP"})
    struck = b"<w:del><w:r><w:t>GONE</w:t></w:r></w:del><w:ins><w:r><w:t>KEEP</w:t></w:r></w:ins>"
    deep = renamed_ns(document, b"KEEP", struck)
    nested = with_part(
        document,
        "word/document.xml",
        b'<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:tbl><w:tr>'
        + b"<w:sdt>" * 20_000
        + b"</w:sdt>" * 20_000
        + b"</w:tr></w:tbl></w:document>",
    )

    texts = {field.code: field.text for field in read_fields(deep)}

    assert texts["comment_internal"] == "KEEP"
    assert read_fields(nested) == []


def renamed_ns(document: bytes, text: bytes, xml: bytes) -> bytes:
    """Put runs in place of the run that holds a text, under the prefix that the file uses."""
    with zipfile.ZipFile(io.BytesIO(document)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    name = "word/document.xml"
    prefix = re.search(rb'xmlns:(\w+)="http://schemas.openxmlformats.org/wordprocessingml', parts[name])
    assert prefix is not None
    own = prefix[1] + b":"
    run = b"<" + own + b"r><" + own + b"t>" + text + b"</" + own + b"t></" + own + b"r>"
    assert run in parts[name]
    return zipped(parts | {name: parts[name].replace(run, xml.replace(b"w:", own))})


def test_nobody_else_gets_it_and_the_conflict_question_comes_first(write: Opened) -> None:
    with write() as session:
        sitting = make_sitting(session, answer=None)
        other = make_sitting(session)
        account = session.get_one(Account, other.reviewer.account_id)
        assert account.id != sitting.reviewer.account_id

    with write() as session:
        with pytest.raises(Refused) as gate:
            making.make(session, sitting.reviewer, sitting.ref, Format.DOCX, language="en", now=NOW)
        with pytest.raises(Refused) as gate_again:
            reading.read(session, sitting.reviewer, sitting.ref, b"x", now=NOW)
        for actor in (other.reviewer,):
            with pytest.raises(NotFound):
                making.make(session, actor, sitting.ref, Format.DOCX, language="en", now=NOW)
            with pytest.raises(NotFound):
                reading.read(session, actor, sitting.ref, b"x", now=NOW)
        with pytest.raises(Refused):
            making.make(session, other.officer, other.ref, Format.DOCX, language="en", now=NOW)

    assert (gate.value.code, gate_again.value.code) == ("conflict_unanswered", "conflict_unanswered")


def test_upheld_conflict_closes_the_document(write: Opened) -> None:
    with write() as session:
        sitting = make_sitting(session, answer=ConflictAnswer.CONFLICT)

    with write() as session, pytest.raises((NotFound, Refused)):
        making.make(session, sitting.reviewer, sitting.ref, Format.ODT, language="en", now=NOW)


def test_submitted_scorecard_takes_no_document(write: Opened) -> None:
    with write() as session:
        sitting = make_sitting(session)
        saved = drafts.save(session, sitting.reviewer, sitting.ref, full_card(), 1, now=NOW)
        submit(session, sitting.reviewer, sitting.ref, Declared(True, True), saved.version, now=NOW)
    document = made(write, sitting)

    with pytest.raises(Conflict) as refused:
        read(write, sitting, document)

    assert refused.value.code == "submitted"


def test_document_of_a_blind_call_names_nobody(write: Opened) -> None:
    with write() as session:
        call = make_call(session, now=NOW, blind_mode=True)
        account = make_account(session, Role.REVIEWER)
        sitting = make_sitting(
            session,
            call=call,
            reviewer=account,
            organisation_name="Kingfisher Trust",
            contact_name="Wanjiru Canary",
        )

    with zipfile.ZipFile(io.BytesIO(made(write, sitting))) as archive:
        text = archive.read("word/document.xml").decode()

    assert ("Kingfisher" in text, "Canary" in text) == (False, False)
    assert "Nobody on the team has led an assessment before." in text
