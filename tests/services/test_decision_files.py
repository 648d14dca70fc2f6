"""The file of a decision: what is in it, and that no byte of it can be changed unseen."""

from __future__ import annotations

import io
import json
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services import decision_files
from services.decision_files import NotWhole, check, packed
from tests.factories import MADE_AT, make_actor
from tests.fixtures import SECRETS, Opened
from tests.panels import make_bench, make_decided, make_reviewed
from tests.services.test_panels import declare_conflict
from vocabulary.errors import Invalid, NotFound, Refused
from vocabulary.people import Role

NAMES = (
    "entry", "revisions", "declarations", "reviews", "results", "consensus", "notes", "decisions",
    "letters", "releases", "reconsiderations", "recognitions", "mails", "internal_notes",
)  # fmt: skip
KEY = SECRETS["AUDIT_KEY"].encode()
SMALL = packed(
    {"REQ-1/a.json": b"{}\n", "REQ-1/b.json": b"[1]\n"},
    {"schema": 1, "subject": "REQ-1", "made_at": "x"},
    KEY,
)


def test_a_file_holds_what_the_decision_stands_on_and_checks(write: Opened):
    with write() as session:
        bench = make_bench(session)
        entry = make_decided(session, bench)
        ref = entry.ref

        made = decision_files.of_entry(session, bench.officer, ref, "for the archive", now=MADE_AT)

    with zipfile.ZipFile(io.BytesIO(made)) as file:
        names = {name.partition("/")[2] for name in file.namelist() if "/" in name}
        reviews = json.loads(file.read(f"{ref}/reviews.json"))
        declarations = json.loads(file.read(f"{ref}/declarations.json"))
        trail = json.loads(file.read(f"{ref}/trail.json"))
    assert names == {f"{name}.json" for name in NAMES} | {"trail.json"}
    assert [len(review["versions"]) for review in reviews] == [1, 1, 1]
    assert {tuple(sorted(row)) for row in declarations} == {
        ("account_id", "answer", "answered_at", "kinds", "ruled_at", "ruled_by_id", "ruling")
    }
    assert trail == []  # the events of this very transaction are sealed at its end
    assert check(made, KEY).subject == ref


def test_a_file_needs_a_purpose_and_the_right(write: Opened):
    with write() as session:
        bench = make_bench(session)
        entry = make_decided(session, bench)

        with pytest.raises(Invalid):
            decision_files.of_entry(session, bench.officer, entry.ref, " ", now=MADE_AT)
        with pytest.raises(Refused):
            decision_files.of_entry(session, bench.moderator, entry.ref, "x", now=MADE_AT)
        stranger = make_actor(session, Role.REQUESTER)
        with pytest.raises(NotFound):
            decision_files.of_entry(session, stranger, entry.ref, "x", now=MADE_AT)


def test_the_file_of_a_call_leaves_out_what_the_officer_has_a_conflict_on(write: Opened):
    with write() as session:
        bench = make_bench(session)
        kept, barred = make_decided(session, bench), make_decided(session, bench)
        make_reviewed(session, bench)
        declare_conflict(session, bench.officer, barred)

        made = decision_files.of_call(session, bench.officer, bench.call, "audit", now=MADE_AT)

        with zipfile.ZipFile(io.BytesIO(made)) as file:
            folders = {name.partition("/")[0] for name in file.namelist() if "/" in name}
        assert folders == {kept.ref}
        assert barred.ref not in made.decode("latin-1")


@settings(max_examples=300, deadline=None)
@given(st.integers(0, len(SMALL) - 1), st.integers(1, 255))
def test_no_byte_can_be_changed(at: int, by: int):
    changed = bytearray(SMALL)
    changed[at] ^= by

    with pytest.raises(NotWhole):
        check(bytes(changed), KEY)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"PK",
        SMALL[:-1],
        SMALL + b"\x00",
        SMALL + SMALL,
        packed({}, {"subject": "x", "made_at": "y"}, b"other"),
    ],
)
def test_what_is_no_whole_file_of_ours_is_refused(content: bytes):
    with pytest.raises(NotWhole):
        check(content, KEY)


def test_a_file_with_another_file_added_is_refused():
    out = io.BytesIO(SMALL)
    with zipfile.ZipFile(out, "a") as file:
        file.writestr("REQ-1/c.json", b"{}")

    with pytest.raises(NotWhole) as refused:
        check(out.getvalue(), KEY)

    assert str(refused.value) == "files were added or taken away"


def test_a_whole_file_checks_with_the_key_it_was_made_with_only():
    assert check(SMALL, KEY).n_files == 2
    with pytest.raises(NotWhole):
        check(SMALL, b"another key")
