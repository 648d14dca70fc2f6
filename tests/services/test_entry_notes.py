"""Internal notes: who writes and reads them, that nobody changes one, and that nobody else learns of them."""

from __future__ import annotations

import json

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.audit import AuditEvent
from models.calls import Call
from models.notes import EntryNote
from models.reviews import ConflictDeclaration
from services import audit, entry_notes
from services.decision_files import of_entry
from tests.factories import MADE_AT, make_actor, make_submitted
from tests.fixtures import Opened
from tests.panels import Bench, entry_of, make_bench, make_decided, make_reviewed
from vocabulary.errors import Conflict, Invalid, NotFound, Refused
from vocabulary.people import Actor, Role
from vocabulary.states import ConflictAnswer

CANARY = "Kanarienvogel-7391"


def noted(session: Session, bench: Bench, actor: Actor, text: str = CANARY) -> EntryNote:
    return entry_notes.write_note(session, actor, bench.entries[0], text, now=MADE_AT)


@pytest.mark.parametrize("office", ["officer", "moderator", "decider"])
def test_those_who_run_the_call_write_and_read(write: Opened, office: str) -> None:
    with write() as session:
        bench = make_bench(session, asks_everybody=False)
        make_reviewed(session, bench)
        noted(session, bench, getattr(bench, office), f"  {CANARY}\r\nTwo lines ")

        page = entry_notes.notes_page(session, bench.officer, bench.entries[0], now=MADE_AT)

    assert [note.text for note in page.notes] == [f"{CANARY}\nTwo lines"]
    assert page.notes[0].at == MADE_AT
    assert page.notes[0].struck_at is None


def test_nobody_else_learns_of_them(write: Opened) -> None:
    with write() as session:
        bench = make_bench(session, asks_everybody=False)
        make_reviewed(session, bench)
        noted(session, bench, bench.officer)
        others = [
            bench.owner,
            bench.reviewers[0],
            *(
                make_actor(session, role)
                for role in (Role.AUDITOR, Role.ADMIN, Role.PARTNER, Role.FOCAL_POINT)
            ),
        ]

        for actor in others:
            with pytest.raises(NotFound):
                entry_notes.notes_page(session, actor, bench.entries[0], now=MADE_AT)
            with pytest.raises(NotFound):
                noted(session, bench, actor)


@pytest.mark.parametrize("answer", [ConflictAnswer.CONFLICT, ConflictAnswer.POSSIBLE])
def test_conflict_closes_the_notes_and_no_answer_keeps_them_closed(
    write: Opened, answer: ConflictAnswer
) -> None:
    with write() as session:
        bench = make_bench(session, asks_everybody=True)
        entry = make_submitted(session, actor=bench.owner, call=session.get_one(Call, bench.call_id))

        with pytest.raises(Refused) as unanswered:
            entry_notes.notes_page(session, bench.officer, entry.ref, now=MADE_AT)
        session.add(
            ConflictDeclaration(
                entry_id=entry.id,
                account_id=bench.officer.account_id,
                answer=answer,
                kinds=[],
                answered_at=MADE_AT,
                created_at=MADE_AT,
                updated_at=MADE_AT,
            )
        )
        session.flush()
        with pytest.raises(NotFound):
            entry_notes.notes_page(session, bench.officer, entry.ref, now=MADE_AT)

    assert unanswered.value.code == "conflict_unanswered"


def test_a_note_is_struck_once_with_a_reason_and_keeps_its_text(write: Opened) -> None:
    with write() as session:
        bench = make_bench(session, asks_everybody=False)
        make_reviewed(session, bench)
        note = noted(session, bench, bench.officer)
        ref = bench.entries[0]

        with pytest.raises(Invalid):
            entry_notes.strike(session, bench.moderator, ref, note.id, " \n", now=MADE_AT)
        entry_notes.strike(session, bench.moderator, ref, note.id, "Another entry was meant.", now=MADE_AT)
        with pytest.raises(Conflict):
            entry_notes.strike(session, bench.officer, ref, note.id, "Again.", now=MADE_AT)
        with pytest.raises(NotFound):
            entry_notes.strike(session, bench.officer, ref, note.id + 1, "None.", now=MADE_AT)
        page = entry_notes.notes_page(session, bench.officer, ref, now=MADE_AT)

    assert [(row.text, row.struck_reason) for row in page.notes] == [(CANARY, "Another entry was meant.")]


def test_a_note_of_another_entry_is_not_found(write: Opened) -> None:
    with write() as session:
        bench = make_bench(session, asks_everybody=False)
        make_reviewed(session, bench)
        make_reviewed(session, bench, title="Another request")
        note = noted(session, bench, bench.officer)

        with pytest.raises(NotFound):
            entry_notes.strike(session, bench.officer, bench.entries[1], note.id, "Not here.", now=MADE_AT)


@pytest.mark.parametrize("text", ["", " \n ", "a" * (entry_notes.LONGEST_NOTE + 1)])
def test_empty_and_long_notes_are_refused(write: Opened, text: str) -> None:
    with write() as session:
        bench = make_bench(session, asks_everybody=False)
        make_reviewed(session, bench)

        with pytest.raises(Invalid):
            noted(session, bench, bench.officer, text)


def test_the_trail_keeps_that_one_was_written_and_not_what_it_says(write: Opened) -> None:
    with write() as session:
        bench = make_bench(session, asks_everybody=False)
        make_reviewed(session, bench)
        note = noted(session, bench, bench.officer)
        entry_notes.strike(session, bench.officer, bench.entries[0], note.id, CANARY, now=MADE_AT)
        audit.seal(session)
        number = note.id
        query = sa.select(AuditEvent.action, AuditEvent.before, AuditEvent.after, AuditEvent.reason)
        events = [tuple(row) for row in session.execute(query)]

    told = [after for action, _, after, _ in events if action in ("entry.note", "entry.strike_note")]
    assert told == [{"note": number}, {"note": number}]
    assert CANARY not in json.dumps(events)


def test_a_decision_file_holds_them_and_archiving_empties_them(write: Opened) -> None:
    with write() as session:
        bench = make_bench(session, asks_everybody=False)
        entry = make_decided(session, bench)
        note = noted(session, bench, bench.officer)
        entry_notes.strike(session, bench.officer, entry.ref, note.id, CANARY, now=MADE_AT)
        audit.seal(session)
        file = of_entry(session, bench.officer, entry.ref, "the archive", now=MADE_AT)

        n_emptied = entry_notes.forget_notes(session, entry_of(session, entry.ref).id)
        session.expire_all()
        left = tuple(session.execute(sa.select(EntryNote.text, EntryNote.struck_reason)).one())

    assert CANARY.encode() in file
    assert (n_emptied, left) == (1, ("", ""))
