"""What has been kept for its time is archived: nothing personal stays anywhere, and every figure stays."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.assignments import AssignmentPlan, AssignmentProposal
from models.audit import AuditEvent
from models.calls import Call, CallAct, CallQuestion, Extension
from models.collaborators import Collaborator
from models.conflicts import ConflictLift, HintReply
from models.consultations import Consultation
from models.database import db
from models.decisions import Decision, Letter, Recognition, Reconsideration
from models.entries import Attachment, Entry, EntryTerm, OfferReminder, Revision
from models.glass import OpenGlass
from models.matches import Match, SameEntryRuling
from models.messages import EntryMessage
from models.notes import EntryNote
from models.operation import OutgoingMail
from models.panels import ConsensusScore, PanelNote
from models.people import PrivateLink
from models.reviews import Assignment, ConflictDeclaration, CriterionScore, Review, ReviewAct, ReviewVersion
from models.screening import Screening
from models.vectors import EntryVectors
from services import audit, decision_files
from services.archiving.blanking import KEPT, TEXTS, blank_entries
from services.archiving.clock import AT_ONCE, archive_calls, archive_due
from services.archiving.falling_due import falling_due
from services.attachments import add_attachment, sweep
from services.entries.publication import consent, publish, unpublish
from services.entries.submission import withdraw
from services.queries import board, bulk_exports
from services.queries.decisions import decision_page
from services.queries.statistics import score_rows, statistics
from services.runtime import runtime
from tests.factories import OFFICER, make_actor, make_conflict, make_published, make_submitted
from tests.fixtures import NOW, Opened
from tests.panels import MET, Bench, card_of, make_bench
from tests.services.test_attachments import pdf
from tests.services.test_decisions import make_released
from vocabulary.conflicts import HintAnswer, PlanKind, PlanState, ProposalState, TieSource
from vocabulary.errors import Conflict
from vocabulary.people import Actor, Role
from vocabulary.states import (
    ActOutcome,
    CallActKind,
    CallState,
    CollaboratorLevel,
    ConflictAnswer,
    ConsultationAnswer,
    EntryKind,
    MatchAnswer,
    MatchState,
    ReviewActKind,
    ScreeningKind,
)

MARK = "Zqmarker"
EMAIL = "zqmarker@savannah.example"
OVER = datetime(2036, 6, 1, 12, 0, tzinfo=UTC)
"""Ten years after the release at NOW."""
CALL_OVER = OVER + timedelta(days=30)
"""Ten years after the deadline of the call."""
WRITTEN = (
    "title", "summary", "need", "activities", "results", "contact_name", "people_involved", "iplc_involved",
    "stakeholders", "guidance_used", "same_request_elsewhere", "focal_point_name",
)  # fmt: skip
MARKED: dict[str, Any] = {name: f"{MARK} wrote the {name}." for name in WRITTEN} | {
    "contact_email": EMAIL,
    "contact_phone": "+254700999888",
    "organisation_site": "https://savannah.example",
    "focal_point_consulted": "yes",
    "focal_point_consulted_on": "2026-05-01",
    "self_assessment": {"11": {"finding": "met", "text": f"{MARK} said so."}},
}
TIMES = {"created_at": NOW, "updated_at": NOW}
TRACES = (MARK.casefold(), "254700999888")


def everything(session: Session, *but: str) -> str:
    """Every row of every table, the trail apart."""
    tables = [table for table in db.metadata.sorted_tables if table.name not in {"audit_event", *but}]
    rows = [
        {table.name: dict(row._mapping)}
        for table in tables
        for row in session.execute(sa.select(table).order_by(*table.primary_key.columns))
    ]
    return json.dumps(rows, default=str, ensure_ascii=False).casefold()


def where(session: Session, *but: str) -> list[str]:
    """Tables and columns in which a marked value stands, for the message of a test that fails."""
    return [
        f"{table.name}.{column}"
        for table in db.metadata.sorted_tables
        if table.name not in {"audit_event", *but}
        for row in session.execute(sa.select(table))
        for column, value in row._mapping.items()
        if traces(json.dumps(value, default=str, ensure_ascii=False).casefold())
    ]


def traces(text: str) -> list[str]:
    return [trace for trace in TRACES if trace in text]


def stored(session: Session) -> list[bytes]:
    folder = runtime(session).data_dir / "attachments"
    return [path.read_bytes() for path in sorted(folder.glob("*/*"))]


def close_call(session: Session, bench: Bench) -> Call:
    call = session.get_one(Call, bench.call_id)
    call.state, call.updated_at = CallState.RELEASED, NOW
    session.flush()
    return call


def make_marked(session: Session, **changes: Any) -> tuple[Bench, Entry]:
    """A released request that is full of marked values, with a row in every table that knows of it."""
    bench = make_bench(session)
    cards = [
        card_of(MET, conditions=f"{MARK} sends it.", comment_applicant=f"Well done, {MARK}.",
                comment_internal=f"I know {MARK}.", contradiction_reason=f"Because of {MARK}.")
        for _ in range(3)
    ]  # fmt: skip
    for card in cards:
        for answer in card["scores"].values():
            answer |= {"evidence": f"{MARK} shows it.", "pointer": f"CV of {MARK}"}
    entry, _ = make_released(session, bench, cards=cards, **(MARKED | changes))
    surround(session, bench, entry)
    close_call(session, bench)
    return bench, entry


def surround(session: Session, bench: Bench, entry: Entry) -> None:
    """Everything that people may have written around an entry."""
    said, by = f"{MARK} was there.", bench.officer.account_id or 0
    review = session.execute(sa.select(Review).where(Review.entry_id == entry.id).limit(1)).scalar_one()
    decision = session.execute(sa.select(Decision).where(Decision.entry_id == entry.id)).scalar_one()
    letter = session.execute(sa.select(Letter).where(Letter.decision_id == decision.id)).scalar_one()
    criterion = session.execute(sa.select(CriterionScore.criterion_id).limit(1)).scalar_one()
    score = session.execute(sa.select(CriterionScore).limit(1)).scalar_one()
    offer = make_submitted(session, EntryKind.OFFER)
    auditor, decider = make_actor(session, Role.AUDITOR), bench.decider
    reviewer = bench.reviewers[0].account_id or 0
    gone = make_conflict(session, make_actor(session, Role.REVIEWER), entry.ref, ConflictAnswer.CONFLICT)
    gone.text, gone.people_hash, gone.kinds = said, "a" * 64, ["family"]
    letter.note = score.cannot_reason = said
    review.partners = [f"Foundation of {MARK}"]
    session.execute(sa.update(Assignment).where(Assignment.entry_id == entry.id).values(reason=said))
    who: dict[str, Any] = {"entry_id": entry.id}
    rows: list[Any] = [
        Screening(**who, revision_number=1, kind=ScreeningKind.RETURNED, text=said, due_at=NOW, by_id=by,
                  questions=[{"field": "need", "text": said}], at=NOW),
        AssignmentProposal(**who, account_id=reviewer, reason=said, state=ProposalState.OPEN,
                           proposed_by_id=bench.moderator.account_id, **TIMES),
        HintReply(**who, account_id=reviewer, source=TieSource.NAME, fingerprint="f" * 64,
                  answer=HintAnswer.DISMISSED, reason=said, answered_by_id=by, answered_at=NOW),
        ConflictLift(declaration_id=gone.id, reason=said, proposed_by_id=decider.account_id,
                     proposed_as=Role.DECIDER, proposed_at=NOW, approved_by_id=auditor.account_id,
                     approved_at=NOW),
        ConsensusScore(**who, criterion_id=criterion, value=2, reason=said, recorded_by_id=by,
                       recorded_at=NOW, **TIMES),
        PanelNote(**who, kind="minority", text=said, written_by_id=by, written_at=NOW),
        CallAct(**who, call_id=bench.call_id, kind=CallActKind.EXTEND, payload={}, reason=said,
                proposed_by_id=by, proposed_at=NOW, outcome=ActOutcome.DONE, ended_by_id=decider.account_id,
                ended_at=NOW),
        CallAct(call_id=bench.call_id, kind=CallActKind.CANCEL, payload={}, reason=said, proposed_by_id=by,
                proposed_at=NOW),
        Extension(**who, call_id=bench.call_id, until=NOW, reason=said, granted_by_id=by, granted_at=NOW),
        ReviewAct(review_id=review.id, kind=ReviewActKind.RETURN, reason=said, proposed_by_id=by,
                  proposed_at=NOW),
        Reconsideration(decision_id=decision.id, ground="fact", text=said, asked_by_id=bench.owner.account_id,
                        asked_at=NOW, prepared_by_id=by, preparation=said, prepared_at=NOW, **TIMES),
        Match(ref="MAT-2026-9001", request_id=entry.id, offer_id=offer.id, state=MatchState.DECLINED,
              score=0.5, explanation={"parts": {}, "terms": [{"term": MARK, "share": 0.2}]},
              settings_version="1", index_version="1", requester_answer=MatchAnswer.NO,
              partner_answer=MatchAnswer.NONE, requester_reason=said, partner_reason=said,
              requester_outcome=said, partner_outcome=said, outcome=said, **TIMES),
        SameEntryRuling(first_id=min(entry.id, offer.id), second_id=max(entry.id, offer.id), is_same=False,
                        texts_hash="e" * 64, reason=said, ruled_by_id=by, ruled_at=NOW),
        PrivateLink(**who, token_hash="d" * 64, purpose="resume", email=EMAIL, created_at=NOW,
                    expires_at=NOW),
        EntryVectors(**who, model="m", entry_version=1, made_at=NOW, keys=[MARK], vectors=b"",
                     sentence_keys=[MARK], sentence_vectors=b""),
        EntryNote(**who, text=said, written_by_id=by, written_at=NOW, struck_by_id=by, struck_at=NOW,
                  struck_reason=said),
        OpenGlass(**who, account_id=auditor.account_id, reason=said, opened_at=NOW, ends_at=OVER),
        EntryMessage(**who, is_from_office=True, by_id=by, text=said, at=NOW),
        Consultation(**who, account_id=by, country="KEN", token_hash="9" * 64, asked_at=NOW, expires_at=NOW,
                     answer=ConsultationAnswer.OBJECT, text=said, revision_number=1, answered_at=NOW),
        Collaborator(**who, email=EMAIL, level=CollaboratorLevel.EDIT, token_hash="8" * 64, invited_at=NOW,
                     invited_by_id=bench.owner.account_id, expires_at=NOW),
        Collaborator(**who, email=f"two.{EMAIL}", level=CollaboratorLevel.VIEW, token_hash="7" * 64,
                     invited_by_id=bench.owner.account_id, invited_at=NOW, expires_at=NOW,
                     account_id=auditor.account_id, accepted_at=NOW),
        OfferReminder(**who, token_hash="6" * 64, email=EMAIL, ends_on=NOW.date(), days=7, sent_at=NOW,
                      expires_at=NOW),
        Recognition(**who, ref="REC-2026-9001", decision_id=decision.id, language="en", title="Kept",
                    issued_on=NOW.date(), expires_on=OVER.date(), issued_by_id=by, renewal_text=said,
                    **TIMES),
        OutgoingMail(message_id="<one@x>", to_email=EMAIL, language="en", template="returned",
                     values={"title": said}, state="queued", subject_ref=entry.ref, try_after=NOW,
                     created_at=NOW),
        OutgoingMail(message_id="<two@x>", to_email=EMAIL, language="en", template="returned",
                     values={"title": said}, state="sent", sent_at=NOW, subject_ref="MAT-2026-9001",
                     try_after=NOW, created_at=NOW),
        CallQuestion(call_id=bench.call_id, language="en", text=said, email=EMAIL, asked_at=NOW),
        AssignmentPlan(ref="PLAN-2026-9001", call_id=bench.call_id, kind=PlanKind.AUTOMATIC,
                       state=PlanState.OPEN, inputs_hash="c" * 64, made_by_id=by, **TIMES,
                       content={"mode": "sum", "pairs": [{"entry": entry.ref, "account": reviewer,
                                "score": 0.5, "reasons": [], "shared": [MARK]}]}),
    ]  # fmt: skip
    session.add_all(rows)
    session.flush()


def attach(session: Session, owner: Actor, ref: str) -> None:
    add_attachment(session, owner, ref, f"{MARK}.pdf", pdf(MARK.encode()), now=NOW)


def archived(session: Session, now: datetime = OVER) -> int:
    """One run of the clock, seen as another process would see it."""
    n_archived = archive_due(session, now=now)
    session.flush()
    session.expire_all()
    return n_archived


def fetch(session: Session, ref: str) -> Entry:
    return session.execute(sa.select(Entry).where(Entry.ref == ref)).scalar_one()


# --- nothing personal stays -------------------------------------------------------------------------------


def test_nothing_personal_stays_in_any_table_or_file(write: Opened) -> None:
    with write() as session:
        bench, entry = make_marked(session)
        row = Attachment(ref="att_1", entry_id=entry.id, name=f"{MARK}.pdf", media_type="application/pdf",
                         size=9, sha256="b" * 64, uploaded_at=NOW)  # fmt: skip
        session.add(row)
        other = make_submitted(session, actor=bench.owner)
        attach(session, bench.owner, other.ref)
        session.execute(sa.update(Attachment).values(entry_id=entry.id))
        revision = session.execute(sa.select(Revision).where(Revision.entry_id == entry.id)).scalar_one()
        revision.files = [{"ref": "att_1", "name": f"{MARK}.pdf", "size": 9}]
        session.flush()
        before = (traces(everything(session)), MARK.encode() in b"".join(stored(session)))

        n_archived = archived(session)
        n_calls = archive_calls(session, now=CALL_OVER)
        session.flush()
        session.expire_all()
        n_swept = sweep(session, older_than=datetime.now(UTC) + timedelta(days=1))

        assert where(session) == []
        assert before == (list(TRACES), True)
        assert (n_archived, n_calls, n_swept) == (1, 1, 1)
        assert traces(everything(session)) == []
        assert stored(session) == []
        audit.seal(session)
        events = session.execute(sa.select(AuditEvent).where(AuditEvent.at >= OVER)).scalars().all()
        assert [(one.action, one.actor) for one in events] == [
            ("entry.archive", "system"), ("call.archive", "system"), ("call.blank", "system"),
        ]  # fmt: skip
        assert traces(str([(one.before, one.after, one.reason) for one in events])) == []


def test_every_table_that_knows_of_an_entry_has_a_row_in_this_test(write: Opened) -> None:
    """A table added later is named in services/archiving/blanking.py, and filled here."""
    with write() as session:
        make_marked(session)
        naming = {
            table.name: session.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
            for table in db.metadata.sorted_tables
            if {"entry_id", "request_id", "first_id", "review_id", "decision_id", "declaration_id"}
            & {
                key.parent.name
                for key in table.foreign_keys
                if key.column.table.name in ("entry", "review", "decision", "conflict_declaration")
            }
        }
        handled = {model.__tablename__ for model in TEXTS} | set(KEPT) | {
            "attachment", "collaborator", "conflict_lift", "offer_reminder",
            "entry_note", "criterion_score", "entry_vectors", "letter", "match",
            "outgoing_mail", "private_link", "reconsideration", "review_act", "review_version", "revision",
            "same_entry_ruling",
        }  # fmt: skip

        assert sorted(set(naming) - handled) == []
        assert [name for name, n in naming.items() if not n] == ["attachment"]


def test_what_stays_is_the_record_without_the_people(write: Opened) -> None:
    with write() as session:
        _, entry = make_marked(session)
        ref = entry.ref
        decision = session.execute(sa.select(Decision)).scalar_one()
        scores = session.execute(sa.select(CriterionScore.value).order_by(CriterionScore.review_id)).all()
        before = (decision.outcome, decision.reason, decision.ref, scores)

        archived(session)

        entry, decision = fetch(session, ref), session.execute(sa.select(Decision)).scalar_one()
        after = session.execute(sa.select(CriterionScore.value).order_by(CriterionScore.review_id)).all()
        declared = session.execute(
            sa.select(ConflictDeclaration).where(ConflictDeclaration.answer == ConflictAnswer.CONFLICT)
        ).scalar_one()
        note = session.execute(sa.select(PanelNote)).scalar_one()
        assert (entry.state, entry.archived_from, entry.archived_at) == ("archived", "released", OVER)
        assert (entry.organisation_name, entry.organisation_country, str(entry.amount_sought)) == (
            "Institute of Savannah Studies", "KEN", "25000.00",
        )  # fmt: skip
        assert entry.self_assessment == {"11": {"finding": "met", "text": None}}
        assert (decision.outcome, decision.reason, decision.ref, after) == before
        assert (declared.kinds, declared.answered_at, declared.text) == (["family"], NOW, "–")
        assert (note.text, note.kind, note.written_at) == ("–", "minority", NOW)


def test_what_is_published_with_consent_stays_until_it_is_taken_back(write: Opened) -> None:
    with write() as session:
        fields = ["countries", "summary", "title"]
        bench, entry = make_marked(session, public_fields=fields)
        ref = publish(session, OFFICER, entry.ref, entry.version, now=NOW).ref

        archived(session)
        entry = fetch(session, ref)
        kept = (entry.title, entry.summary, entry.need, entry.contact_name, entry.publication.value)
        consent(session, bench.owner, ref, ["countries", "title"], entry.version, now=OVER)
        narrowed = (entry.title, entry.summary, traces(entry.public_search_text))
        unpublish(session, OFFICER, ref, entry.version, "asked to", now=OVER)
        session.flush()

        assert kept == (MARKED["title"], MARKED["summary"], None, None, "published")
        assert narrowed == (MARKED["title"], None, [TRACES[0]])
        assert (entry.title, entry.publication.value) == (None, "unpublished")
        assert where(session, "call_question", "call_act", "assignment_plan") == []
        with pytest.raises(Conflict):
            publish(session, OFFICER, ref, entry.version, now=OVER)


# --- figures and records stay -----------------------------------------------------------------------------


def test_figures_files_and_pages_are_the_same_before_and_after(write: Opened) -> None:
    with write() as session:
        bench, entry = make_marked(session)
        call = session.get_one(Call, bench.call_id)
        call.state = CallState.OPEN
        gone = make_submitted(session, actor=bench.owner, call=call)
        close_call(session, bench)
        withdraw(session, bench.owner, gone.ref, gone.version, "", now=NOW)
        decision = session.execute(sa.select(Decision)).scalar_one()

        def figures() -> Any:
            return statistics(session, bench.officer, bench.call, language="en", now=OVER)

        def scores(shape: str) -> Any:
            columns, rows = score_rows(session, bench.officer, bench.call, shape, "to compare", now=OVER)
            return columns, [
                {name: value for name, value in row.items() if name not in ("evidence", "pointer")}
                for row in rows
            ]

        before = (figures(), scores("long"), scores("wide"))
        n_archived = archived(session)

        assert n_archived == 2
        assert (figures(), scores("long"), scores("wide")) == before
        assert [(str(name), n) for name, n in before[0].states] == [("released", 1), ("withdrawn", 1)]
        page = decision_page(session, bench.officer, decision.ref, now=OVER)
        assert (page.title, page.letter["comments"], page.letter["outcome"]) == (None, [], "endorsed")
        made = decision_files.of_entry(session, bench.officer, entry.ref, "for the archive", now=OVER)
        assert decision_files.check(made, runtime(session).audit_key).subject == entry.ref
        with zipfile.ZipFile(io.BytesIO(made)) as file:
            members = "".join(file.read(name).decode() for name in file.namelist())
        assert traces(members.casefold()) == []
        rows = bulk_exports.every_entry(session, bench.officer, EntryKind.REQUEST, now=OVER)
        assert [row["state"] for row in rows if row["ref"] == entry.ref] == ["archived"]


# --- when -------------------------------------------------------------------------------------------------


def test_an_entry_is_archived_from_its_instant_on_and_not_before(write: Opened) -> None:
    with write() as session:
        _, entry = make_marked(session)
        ref = entry.ref

        early = archived(session, OVER - timedelta(microseconds=1))
        told = [(row.ref, row.due_at) for row in falling_due(session, OVER)]
        late = archived(session)

        assert (early, told, late) == (0, [(ref, OVER)], 1)


def test_the_call_says_how_many_years(write: Opened) -> None:
    with write() as session:
        bench, entry = make_marked(session)
        session.get_one(Call, bench.call_id).retention_years = 2
        session.flush()

        assert [row.ref for row in falling_due(session, NOW.replace(year=2028))] == [entry.ref]
        assert falling_due(session, NOW.replace(year=2028) - timedelta(seconds=1)) == ()


@pytest.mark.parametrize("state", [CallState.REVIEW, CallState.DELIBERATION, CallState.DECIDED])
def test_a_request_waits_until_its_call_is_over(write: Opened, state: CallState) -> None:
    with write() as session:
        bench, _ = make_marked(session)
        session.get_one(Call, bench.call_id).state = state
        session.flush()

        assert archived(session, OVER + timedelta(days=999)) == 0


def test_both_sides_wait_until_their_match_has_ended(write: Opened) -> None:
    with write() as session:
        _, entry = make_marked(session)
        offer = session.execute(sa.select(Entry).where(Entry.kind == EntryKind.OFFER)).scalar_one()
        offer.state, offer.updated_at = "closed", NOW
        match = session.execute(sa.select(Match)).scalar_one()
        match.state, match.requester_answer = MatchState.ACTIVE, MatchAnswer.YES
        match.partner_answer = MatchAnswer.YES
        session.flush()

        waiting = archived(session)
        session.execute(sa.update(Match).values(state=MatchState.COMPLETED))

        assert (waiting, archived(session), fetch(session, entry.ref).state) == (0, 2, "archived")


@pytest.mark.parametrize("kind", list(EntryKind))
def test_what_was_withdrawn_outside_of_any_call_is_archived_ten_years_later(
    write: Opened, kind: EntryKind
) -> None:
    with write() as session:
        owner = make_actor(session, Role.REQUESTER)
        entry = make_published(session, kind, actor=owner, contact_email=EMAIL)
        withdraw(session, owner, entry.ref, entry.version, "", now=NOW)
        ref = entry.ref

        early, late = archived(session, OVER - timedelta(seconds=1)), archived(session)

        entry = fetch(session, ref)
        assert (early, late) == (0, 1)
        assert (entry.state, entry.archived_from, entry.contact_email) == ("archived", "withdrawn", None)


def test_a_lapsed_request_counts_from_the_day_it_lapsed(write: Opened) -> None:
    with write() as session:
        entry = make_submitted(session)
        entry.state = "lapsed"
        session.add(Screening(entry_id=entry.id, revision_number=1, kind=ScreeningKind.LAPSED, questions=[],
                              at=NOW + timedelta(days=7)))  # fmt: skip
        session.flush()

        assert [row.due_at for row in falling_due(session, OVER + timedelta(days=99))] == [
            OVER + timedelta(days=7)
        ]


# --- the clock --------------------------------------------------------------------------------------------


def test_archiving_twice_changes_nothing(write: Opened) -> None:
    with write() as session:
        make_marked(session)
        archived(session)
        archive_calls(session, now=CALL_OVER)
        session.flush()
        once = everything(session)

        again = (archived(session, OVER + timedelta(days=1)), archive_calls(session, now=CALL_OVER))
        entries = session.execute(sa.select(Entry).options(sa.orm.selectinload(Entry.terms))).scalars().all()
        blank_entries(session, [entry for entry in entries if entry.state == "archived"])
        session.flush()

        assert again == (0, 0)
        assert everything(session) == once


def killed(write: Opened) -> None:
    """A run that does not come to its end."""
    with write() as session:
        archive_due(session, now=OVER)
        raise KeyboardInterrupt


def test_many_go_in_batches_that_can_be_broken_off(app: Any, write: Opened, read: Opened) -> None:
    with write() as session:
        owner = make_actor(session, Role.REQUESTER)
        for _ in range(AT_ONCE + 3):
            entry = make_submitted(session, actor=owner, contact_email=EMAIL)
            withdraw(session, owner, entry.ref, entry.version, "", now=NOW)
    with write() as session:
        first = archive_due(session, now=OVER)
    with pytest.raises(KeyboardInterrupt):
        killed(write)
    with read() as session:
        states = sa.select(Entry.state, sa.func.count()).group_by(Entry.state).order_by(Entry.state)
        broken_off = session.execute(states).all()
    with write() as session:
        rest = (archive_due(session, now=OVER), archive_due(session, now=OVER))

    assert first == AT_ONCE
    assert [tuple(row) for row in broken_off] == [("archived", AT_ONCE), ("withdrawn", 3)]
    assert rest == (3, 0)


def test_a_call_is_archived_with_the_last_of_its_entries_and_not_before(write: Opened) -> None:
    with write() as session:
        bench, _ = make_marked(session)
        closes_at = session.get_one(Call, bench.call_id).closes_at or NOW
        late = closes_at.replace(year=closes_at.year + 10)

        with_entries = archive_calls(session, now=late)
        archived(session, late)
        early = archive_calls(session, now=late - timedelta(seconds=1))
        in_time = archive_calls(session, now=late)
        session.flush()

        call = session.get_one(Call, bench.call_id)
        assert (with_entries, early, in_time) == (0, 0, 1)
        assert (call.state, call.blanked_at) == (CallState.ARCHIVED, late)


def test_a_dry_look_changes_nothing(write: Opened) -> None:
    with write() as session:
        make_marked(session)
        session.flush()
        before = everything(session)

        falling_due(session, OVER)
        session.flush()

        assert everything(session) == before


# --- what officers see ------------------------------------------------------------------------------------


def test_the_board_names_what_falls_due_within_thirty_days(write: Opened) -> None:
    with write() as session:
        bench, entry = make_marked(session)

        def rows(now: datetime, actor: Actor = bench.officer) -> list[tuple[str, str]]:
            found = board.work(session, actor, "archive", now=now, language="en")
            return [(row.ref, str(row.note)) for row in found.rows]

        barred = make_actor(session, Role.OFFICER)
        make_conflict(session, barred, entry.ref)

        assert rows(OVER - timedelta(days=31)) == []
        assert [ref for ref, _ in rows(OVER - timedelta(days=30))] == [entry.ref]
        assert rows(OVER, barred) == []


def test_the_words_of_the_panel_are_blanked_and_never_changed(write: Opened) -> None:
    with write() as session:
        make_marked(session)
    with pytest.raises(Exception, match=r"append-only|integrity|meanwhile"), write() as session:
        session.execute(sa.update(PanelNote).values(text="Something else."))
    with pytest.raises(Exception, match=r"append-only|integrity|meanwhile"), write() as session:
        session.execute(sa.update(PanelNote).values(text="–", kind="note"))
    with pytest.raises(Exception, match=r"append-only|integrity|meanwhile"), write() as session:
        session.execute(sa.delete(PanelNote))


def test_codes_stay_for_every_figure(write: Opened) -> None:
    with write() as session:
        _, entry = make_marked(session)
        query = sa.select(EntryTerm.vocabulary, EntryTerm.code).where(EntryTerm.entry_id == entry.id)
        before = sorted(map(tuple, session.execute(query)))

        archived(session)

        assert sorted(map(tuple, session.execute(query))) == before
        versions = session.execute(sa.select(ReviewVersion)).scalars().all()
        assert {len(version.content["scores"]) for version in versions} == {12}
