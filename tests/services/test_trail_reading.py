"""Who is told of which event, and how much of it? One request through its whole life, read by everybody."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.audit import AuditEvent
from models.calls import Call
from models.entries import Entry
from models.reviews import ConflictDeclaration
from services import audit
from services.trail.narrowing import Wanted
from services.trail.reading import MOST_ROWS, Line, trail_page, trail_rows
from tests.factories import MADE_AT, make_actor, make_submitted
from tests.fixtures import Opened
from tests.panels import Bench, decide, deliberate, entry_of, make_bench, make_reviewed
from vocabulary.errors import Invalid, Unauthenticated
from vocabulary.events import EVENTS
from vocabulary.people import SIGNED_OUT, SYSTEM, Actor, Glass, Role
from vocabulary.states import ConflictAnswer

EVERYTHING = Wanted()


def life(session: Session) -> Bench:
    """A request that was reviewed, deliberated and decided; nothing is released."""
    bench = make_bench(session, asks_everybody=False)
    entry = make_reviewed(session, bench)
    deliberate(session, bench, entry)
    decide(session, bench, entry)
    return bench


def lines(session: Session, actor: Actor, wanted: Wanted = EVERYTHING) -> tuple[Line, ...]:
    return trail_rows(session, actor, wanted, now=MADE_AT)


def names(found: tuple[Line, ...]) -> set[str]:
    return {line.action for line in found}


def test_owner_is_told_of_own_steps_and_of_no_step_of_the_review(write: Opened) -> None:
    with write() as session:
        bench = life(session)
        audit.seal(session)

        found = lines(session, bench.owner)

    assert names(found) == {"entry.create", "entry.submit", "organisation.create"}
    assert {str(line.by) for line in found} == {"You"}
    assert [line.by_name for line in found if line.by_name] == []
    assert {name for line in found for name, _, _ in line.values} <= {"fields", "public_fields"}


def test_officer_is_told_everything_of_the_call_with_names(write: Opened) -> None:
    with write() as session:
        bench = life(session)
        audit.seal(session)
        every = session.scalars(sa.select(AuditEvent.action)).all()

        found = lines(session, bench.officer)

    inside = {name for name in every if not name.startswith(("account.", "organisation.", "role."))}
    assert names(found) == inside
    assert {line.by_name for line in found if line.action == "review.submit"} != {None}
    proposed = next(line for line in found if line.action == "decision.propose")
    assert "outcome" in {name for name, _, _ in proposed.values}


def test_reviewer_is_told_of_own_actions_only(write: Opened) -> None:
    with write() as session:
        bench = life(session)
        audit.seal(session)

        found = lines(session, bench.reviewers[0])

    assert "review.submit" in names(found)
    assert {str(line.by) for line in found} == {"You"}
    assert [line for line in found if line.subject_kind == "decision"] == []


def test_stranger_is_told_nothing_and_signed_out_is_refused(write: Opened) -> None:
    with write() as session:
        life(session)
        audit.seal(session)
        stranger = make_actor(session, Role.REQUESTER)

        found = lines(session, stranger)

        with pytest.raises(Unauthenticated):
            lines(session, SIGNED_OUT)
    assert found == ()


def test_auditor_is_told_of_every_event_but_not_what_a_glass_covers(write: Opened) -> None:
    with write() as session:
        bench = life(session)
        audit.seal(session)
        auditor = make_actor(session, Role.AUDITOR)
        every = session.scalars(sa.select(AuditEvent.action)).all()
        opened = Glass("A court asks.", entry_id=entry_of(session, bench.entries[0]).id)

        closed_ = lines(session, auditor)
        open_ = lines(session, replace(auditor, glasses=frozenset({opened})))

    assert sorted(line.action for line in closed_) == sorted(every)
    for name in ("decision.propose", "review.submit", "entry.submit"):
        assert [line.values for line in closed_ if line.action == name and line.values] == []
    assert {line.by_name for line in closed_ if line.action in ("review.submit", "entry.submit")} == {None}
    assert {line.by_name for line in closed_ if line.action == "decision.propose"} != {None}
    assert next(line.values for line in open_ if line.action == "decision.propose") != ()
    assert None not in {line.by_name for line in open_ if line.action == "review.submit"}


def test_administrator_is_told_of_technical_events_only(write: Opened) -> None:
    with write() as session:
        life(session)
        admin = make_actor(session, Role.ADMIN)
        audit.record(session, SYSTEM, "token.create", ("account", "7"), now=MADE_AT)
        audit.seal(session)

        found = lines(session, admin)

    assert {line.subject_kind for line in found} <= {"account", "organisation"}
    assert "token.create" in names(found)


@pytest.mark.parametrize("answer", [ConflictAnswer.CONFLICT, ConflictAnswer.POSSIBLE])
@pytest.mark.parametrize("office", ["officer", "moderator", "decider", "auditor"])
def test_conflict_leaves_a_trail_as_if_the_entry_were_not_there(
    write: Opened, office: str, answer: ConflictAnswer
) -> None:
    with write() as session:
        bench = life(session)
        make_submitted(session, actor=make_actor(session, Role.REQUESTER), call=call_of(session, bench))
        audit.record(
            session,
            SYSTEM,
            "decision.release",
            ("call", bench.call),
            now=MADE_AT,
            after={"n": 1, "entries": [bench.entries[0]]},
        )
        audit.record(session, SYSTEM, "call.close", ("call", bench.call), now=MADE_AT, after={"n": 2})
        audit.seal(session)
        actor = make_actor(session, Role.AUDITOR) if office == "auditor" else getattr(bench, office)
        before = lines(session, actor)
        conflicted(session, entry_of(session, bench.entries[0]), actor, answer)

        after = lines(session, actor)

    of_entry = [line for line in before if line.entries and line.entries[0][1] == bench.entries[0]]
    naming = [line for line in before if line.action == "decision.release"]
    kept = [line for line in before if line not in of_entry and line not in naming]
    assert len(of_entry) > 5
    assert [line.action for line in after] == [line.action for line in kept]
    assert next(line for line in after if line.action == "call.close").values == ()


def call_of(session: Session, bench: Bench) -> Call:
    return session.get_one(Call, bench.call_id)


def conflicted(session: Session, entry: Entry, actor: Actor, answer: ConflictAnswer) -> None:
    session.add(
        ConflictDeclaration(
            entry_id=entry.id,
            account_id=actor.account_id,
            answer=answer,
            kinds=[],
            answered_at=MADE_AT,
            created_at=MADE_AT,
            updated_at=MADE_AT,
        )
    )
    session.flush()


def test_owner_is_told_the_same_whatever_the_panel_does(write: Opened, read: Opened) -> None:
    """Non-interference: two worlds, in one of which the request is reviewed, deliberated and decided."""
    with write() as session:
        bench = make_bench(session, asks_everybody=False)
        ref = make_submitted(session, actor=bench.owner, now=MADE_AT, call=call_of(session, bench)).ref
        audit.seal(session)
        untouched = lines(session, bench.owner)
        page = trail_page(session, bench.owner, Wanted(about=ref), now=MADE_AT, limit=1)
    with write() as session:
        make_reviewed(session, bench, title="Another request")
        other = entry_of(session, bench.entries[-1])
        deliberate(session, bench, other)
        decide(session, bench, other)
        session.execute(sa.update(Entry).where(Entry.ref == other.ref).values(owner_id=None))
        audit.record(session, bench.officer, "entry.mark_ineligible", ("entry", ref), now=MADE_AT)
        audit.record(session, bench.officer, "entry.note", ("entry", ref), now=MADE_AT)
        audit.record(session, bench.officer, "entry.start_review", ("entry", ref), now=MADE_AT)
    with read() as session:
        reviewed = [line for line in lines(session, bench.owner) if line.subject_ref == ref]
        again = trail_page(session, bench.owner, Wanted(about=ref), now=MADE_AT, limit=1)

    assert reviewed == [line for line in untouched if line.subject_ref == ref]
    assert (again.lines, again.next) == (page.lines, page.next)


def test_pages_follow_each_other_without_gap_or_double(write: Opened) -> None:
    with write() as session:
        bench = life(session)
        for minute in range(7):
            at = MADE_AT + timedelta(minutes=minute // 3)
            audit.record(
                session, bench.officer, "call.edit", ("call", bench.call), now=at, after={"n": minute}
            )
        audit.seal(session)
        whole = lines(session, bench.officer)
        found: list[Line] = []
        cursor = None
        for _ in range(len(whole) + 1):
            page = trail_page(session, bench.officer, EVERYTHING, now=MADE_AT, cursor=cursor, limit=2)
            found += page.lines
            cursor = page.next
            if cursor is None:
                break

    assert tuple(found) == whole
    assert list(whole) == sorted(whole, key=lambda line: line.at, reverse=True)


@pytest.mark.parametrize("mark", ["x", "é", "MjAyNi0wMS0wMXw", "A" * 300, "MjAyNi0wMS0wMVQwMDowMDowMHww"])
def test_page_mark_that_is_not_ours_is_refused(write: Opened, mark: str) -> None:
    with write() as session:
        actor = make_actor(session, Role.AUDITOR)

        with pytest.raises(Invalid):
            trail_page(session, actor, EVERYTHING, now=MADE_AT, cursor=mark)


def test_filters_narrow_down(write: Opened) -> None:
    with write() as session:
        bench = life(session)
        audit.record(
            session, SYSTEM, "call.close", ("call", bench.call), now=MADE_AT + timedelta(days=2), after={}
        )
        audit.seal(session)
        whole = lines(session, bench.officer)
        by_service = lines(session, bench.officer, Wanted(by="service"))
        submitted = lines(session, bench.officer, Wanted(action="review.submit"))
        about = lines(session, bench.officer, Wanted(about=bench.entries[0]))
        late = lines(session, bench.officer, Wanted(since=date(2026, 6, 2)))
        early = lines(session, bench.officer, Wanted(until=date(2026, 6, 1)))

    assert names(by_service) >= {"call.close"}
    assert {str(line.by) for line in by_service} == {"The service itself"}
    assert names(submitted) == {"review.submit"}
    assert {"review.submit", "decision.approve", "entry.submit"} <= names(about)
    assert {line.entries[0][1] for line in about} == {bench.entries[0]}
    assert [line.action for line in late] == ["call.close"]
    assert len(early) == len(whole) - 1
    assert MOST_ROWS < 1000


def test_sentence_stands_for_its_event(write: Opened) -> None:
    with write() as session:
        bench = life(session)
        audit.seal(session)
        found = lines(session, bench.officer)

    assert {line.words for line in found} == {EVENTS[line.action].words for line in found}
    assert str(next(line.words for line in found if line.action == "review.submit")) == "Scorecard submitted"


def test_declared_conflict_of_a_reviewer_takes_own_actions_away_too(write: Opened) -> None:
    with write() as session:
        bench = make_bench(session, asks_everybody=False)
        make_reviewed(session, bench)
        reviewer = bench.reviewers[0]
        audit.seal(session)
        before = lines(session, reviewer)
        session.execute(
            sa.text("UPDATE conflict_declaration SET answer = 'conflict' WHERE account_id = :who"),
            {"who": reviewer.account_id},
        )
        session.expire_all()

        after = lines(session, reviewer)

    assert "review.submit" in names(before)
    assert [line for line in after if line.entries] == []
