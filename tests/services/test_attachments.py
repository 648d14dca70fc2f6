"""Are files kept for what they are, opened only by whoever may, and refused when they hold programs?"""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import struct
import zipfile
import zlib

import pytest
import sqlalchemy as sa

from models.audit import AuditEvent
from models.entries import Attachment
from services.attachments import (
    MOST_FILES,
    add_attachment,
    clean_name,
    open_attachment,
    remove_attachment,
    stored_at,
    sweep,
)
from services.entries.submission import revisions, submit
from services.file_kinds import recognise
from tests.factories import OFFICER, link_holder, make_actor, make_draft, make_published, make_submitted
from tests.fixtures import NOW, Opened
from vocabulary.errors import Invalid, NotFound, Refused, Unavailable
from vocabulary.people import SIGNED_OUT, Role


def pdf(body: bytes = b"<< /Type /Catalog >>", tail: bytes = b"") -> bytes:
    """A file that begins and ends like a PDF."""
    return b"%PDF-1.7\n1 0 obj\n" + body + b"\nendobj\n" + tail + b"trailer << /Root 1 0 R >>\n%%EOF\n"


def packed(**members: bytes) -> bytes:
    """A ZIP archive of these members; `__` stands for `/`."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name.replace("__", "/").replace("Types", "[Content_Types]"), data)
    return out.getvalue()


WORD_MAIN = b"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
WORD = {
    "Types.xml": b"<Types><Override ContentType='" + WORD_MAIN + b"'/></Types>",
    "_rels__.rels": b"<Relationships/>",
    "word__document.xml": b"<w:document/>",
}
TEXT = {
    "mimetype": b"application/vnd.oasis.opendocument.text",
    "content.xml": b"<office/>",
    "META-INF__manifest.xml": b"<manifest/>",
}


def png(width: int = 3, height: int = 2) -> bytes:
    """A PNG with a whole frame."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(b"\0" * 20)) + chunk(b"IEND", b"")


JPEG = (
    b"\xff\xd8\xff\xe0\x00\x04ab\xff\xc0\x00\x0b\x08\x00\x02\x00\x03\x01\x01\x11\x00\xff\xda\x00\x02\xff\xd9"
)
WEBP = (
    b"RIFF"
    + struct.pack("<I", 26)
    + b"WEBPVP8X"
    + struct.pack("<I", 10)
    + b"\0\0\0\0\2\0\0\1\0\0"
    + b"\0" * 4
)


@pytest.mark.parametrize(
    ("data", "suffix"),
    [
        (pdf(), ".pdf"),
        (packed(**WORD), ".docx"),
        (packed(**TEXT), ".odt"),
        (png(), ".png"),
        (JPEG, ".jpg"),
        (WEBP, ".webp"),
    ],
)
def test_kind_is_told_by_content(data: bytes, suffix: str) -> None:
    assert recognise(data).suffix == suffix


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"<html><script>alert(1)</script></html>", "not taken"),
        (b"MZ\x90\x00", "not taken"),
        (packed(readme=b"hello"), "not taken"),
        (b"%PDF-1.7 cut off", "damaged"),
        (png()[:-4], "damaged"),
        (png().replace(b"IDAT", b"IDAX"), "damaged"),
        (b"\xff\xd8\xff\xe0", "damaged"),
        (packed(**WORD)[:-30], "damaged"),
        (pdf(b"<< /OpenAction << /S /JavaScript /JS (app.alert) >> >>"), "programs"),
        (pdf(b"<< /S /Java#53cript >>"), "programs"),
        (pdf(b"<< /S /Launch /F (cmd.exe) >>"), "programs"),
        (pdf(b"<< /Names << /EmbeddedFiles 3 0 R >> >>"), "programs"),
        (
            pdf(tail=b"2 0 obj << /Type /ObjStm >>\nstream\n" + zlib.compress(b"/JS (x)") + b"\nendstream\n"),
            "programs",
        ),
        (pdf(b"<< /Encrypt 4 0 R >>"), "password"),
        (packed(**WORD, **{"word__vbaProject.bin": b"x"}), "programs"),
        (packed(**WORD, **{"word__embeddings__a.bin": b"x"}), "programs"),
        (packed(**TEXT, **{"Basic__Standard__Module1.xml": b"<x/>"}), "programs"),
        (packed(**TEXT | {"content.xml": b"<!DOCTYPE a [<!ENTITY b 'c'>]><a/>"}), "programs"),
        (packed(**TEXT | {"content.xml": "<!ENTITY b 'c'>".encode("utf-16")}), "programs"),
        (packed(**WORD, **{"..__evil.xml": b"<x/>"}), "damaged"),
        (packed(**WORD, **{"word__media.bin": b"\0" * 5_000_000}), "unpacks"),
        (png(20_000, 20_000), "unpacks"),
    ],
)
def test_what_is_not_taken_is_refused_with_the_reason(data: bytes, said: str) -> None:
    with pytest.raises(Invalid) as refused:
        recognise(data)

    assert [said in str(text) for text in refused.value.errors["file"]] == [True]


@pytest.mark.parametrize("whole", [pdf(), packed(**WORD), packed(**TEXT), png(), JPEG, WEBP])
def test_cut_files_are_answered_and_never_crash(whole: bytes) -> None:
    for length in range(1, len(whole) - 64):
        with contextlib.suppress(Invalid):
            recognise(whole[:length])


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("plan.pdf", "plan.pdf"),
        ("../../etc/passwd", "passwd.pdf"),
        ("C:\\files\\plan.exe", "plan.pdf"),
        ("план работы.PDF", "план работы.pdf"),
        ("评估\u202efdp.exe", "评估fdp.pdf"),
        ('a"b\r\nX: y.pdf', "abX y.pdf"),
        ("", "file.pdf"),
        ("...", "file.pdf"),
        ("x" * 500, "x" * 120 + ".pdf"),
    ],
)
def test_names_are_cleaned(given: str, kept: str) -> None:
    assert clean_name(given, ".pdf") == kept


def test_file_is_kept_and_opened_by_its_owner_and_officers_only(write: Opened, read: Opened) -> None:
    with write() as session:
        entry = make_published(session)
        holder, stranger = link_holder(entry.id), make_actor(session, Role.PARTNER)
        ref = add_attachment(session, holder, entry.ref, "Our plan.pdf", pdf(), now=NOW).ref

    with read() as session:
        for actor in (holder, OFFICER):
            opened = open_attachment(session, actor, ref, now=NOW)
            assert (opened.name, opened.media_type) == ("Our plan.pdf", "application/pdf")
            assert opened.path.read_bytes() == pdf()
        for actor in (SIGNED_OUT, stranger):
            with pytest.raises(Refused):
                open_attachment(session, actor, ref, now=NOW)


def test_file_of_a_hidden_entry_is_not_there(write: Opened) -> None:
    with write() as session:
        entry = make_submitted(session)
        ref = add_attachment(session, link_holder(entry.id), entry.ref, "a.pdf", pdf(), now=NOW).ref

        for wrong in (ref, "att_unknown"):
            with pytest.raises(NotFound):
                open_attachment(session, SIGNED_OUT, wrong, now=NOW)
        with pytest.raises(NotFound):
            add_attachment(session, SIGNED_OUT, entry.ref, "a.pdf", pdf(), now=NOW)


def test_same_bytes_are_one_attachment(write: Opened) -> None:
    with write() as session:
        entry = make_draft(session).entry
        holder = link_holder(entry.id)
        first = add_attachment(session, holder, entry.ref, "a.pdf", pdf(), now=NOW)
        second = add_attachment(session, holder, entry.ref, "b.pdf", pdf(), now=NOW)

        assert first.ref == second.ref


def test_too_large_and_too_many_are_refused(write: Opened) -> None:
    with write() as session:
        entry = make_draft(session).entry
        holder = link_holder(entry.id)
        for n in range(MOST_FILES):
            add_attachment(session, holder, entry.ref, "a.pdf", pdf(b"<< %d >>" % n), now=NOW)

        for data in (pdf(b"new"), b"", pdf(b" " * 11 * 1024 * 1024)):
            with pytest.raises(Invalid):
                add_attachment(session, holder, entry.ref, "a.pdf", data, now=NOW)


def test_revision_lists_its_files_also_after_removal(write: Opened, read: Opened) -> None:
    with write() as session:
        entry = make_draft(session).entry
        holder, entry_ref = link_holder(entry.id), entry.ref
        ref = add_attachment(session, holder, entry_ref, "a.pdf", pdf(), now=NOW).ref
        submit(session, holder, entry_ref, entry.version, now=NOW)
        remove_attachment(session, holder, ref, now=NOW)
        submit(session, holder, entry_ref, entry.version, now=NOW)

    with read() as session:
        rows = revisions(session, holder, entry_ref, now=NOW)
        actions = session.execute(
            sa.select(AuditEvent.action)
            .where(AuditEvent.action.like("attachment.%"))
            .order_by(AuditEvent.sequence)
        ).scalars()

        assert [[file["name"] for file in row.files] for row in rows] == [["a.pdf"], []]
        assert list(actions) == ["attachment.upload", "attachment.remove"]


def test_disk_that_refuses_changes_nothing(write: Opened, read: Opened) -> None:
    with write() as session:
        entry = make_draft(session).entry
        holder, entry_ref = link_holder(entry.id), entry.ref
        data, in_the_way = next(
            (data, folder)
            for data in (pdf(b"no room %d" % n) for n in range(10_000))
            if not (folder := stored_at(session, hashlib.sha256(data).hexdigest()).parent).exists()
        )
    in_the_way.parent.mkdir(exist_ok=True)
    in_the_way.write_text("a file where a folder should be")

    with pytest.raises(Unavailable), write() as session:
        add_attachment(session, holder, entry_ref, "a.pdf", data, now=NOW)
    in_the_way.unlink()

    with read() as session:
        assert session.execute(sa.select(Attachment)).all() == []


def test_sweep_removes_only_what_no_row_names(write: Opened) -> None:
    with write() as session:
        entry = make_draft(session).entry
        row = add_attachment(session, link_holder(entry.id), entry.ref, "a.pdf", pdf(b"kept"), now=NOW)
        kept = stored_at(session, row.sha256)
        orphan = kept.with_name("f" * 64)
        orphan.write_bytes(b"x")
        far = NOW.replace(year=2200)
        sweep(session, older_than=NOW.replace(year=2000))
        first = orphan.exists()
        sweep(session, older_than=far)

        assert (first, orphan.exists(), kept.exists()) == (True, False, True)
        assert session.execute(sa.select(sa.func.count()).select_from(Attachment)).scalar_one() == 1


def test_sweep_keeps_a_file_that_was_an_orphan_until_a_moment_ago(write: Opened) -> None:
    """A row that names it may be about to be committed."""
    data = pdf(b"found again")
    with write() as session:
        entry = make_draft(session).entry
        orphan = stored_at(session, hashlib.sha256(data).hexdigest())
        orphan.parent.mkdir(parents=True, exist_ok=True)
        orphan.write_bytes(data)
        os.utime(orphan, (0, 0))
        row = add_attachment(session, link_holder(entry.id), entry.ref, "a.pdf", data, now=NOW)
        session.delete(row)  # stands for a row that others do not see yet
        session.flush()

        n_swept = sweep(session, older_than=NOW.replace(year=2000))

        assert (n_swept, orphan.exists()) == (0, True)
