"""The demonstration world in a database, on both kinds: whole, in its proportions, and open to its people.

Loaded once for each kind of database, with some further entries as for a load test.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session, selectinload

from models.audit import AuditEvent
from models.calibration import CalibrationAnswer, CalibrationDraft, CalibrationSample
from models.calls import Call
from models.conflicts import Affiliation
from models.database import db
from models.decisions import Decision, Recognition
from models.entries import Entry, EntryChange, EntryTerm, Revision
from models.matches import Match
from models.operation import OutgoingMail
from models.people import Account, PrivateLink
from models.reference import CriteriaSet, RuleSet
from models.reviews import Assignment, ConflictDeclaration, CriterionScore, Review
from seed.demo.pilot import MARGINS
from seed.demo.plan import EntryPlan, World
from seed.demo.reference import load_facts
from seed.demo.world import build_world
from seed.load import LIST, Loaded, load_demo
from services import audit, consultations, match_index
from services.accounts import account_by_email
from services.clock import utc_now
from services.collaborators import helpers_of
from services.entries.content import content_hash, content_of
from services.entries.drafts import create_draft
from services.entries.publication import publish
from services.entries.submission import submit
from services.matches import matches_of
from services.queries.entries import helped, list_public, mine
from services.queries.review_queue import queue
from services.recognitions import standing_of
from services.sessions import actor_of_account
from services.transaction import reading
from tests.factories import OFFICER
from tests.fixtures import _empty
from tests.signing_in import post
from vocabulary.people import SIGNED_OUT, Actor, Role
from vocabulary.states import AssignmentState, CallKind, EntryKind, MatchState, Publication, ReviewState

pytestmark = pytest.mark.slow

SIZE = 240
SEED = 1


@dataclass(frozen=True, slots=True)
class Shown:
    """The loaded world: where, when, from which plan, and what the loader said."""

    app: Flask
    now: datetime
    world: World
    done: Loaded
    told: list[tuple[int, int]]


@pytest.fixture(scope="module")
def shown(built_app: Flask) -> Iterator[Shown]:
    """The world, loaded once for this module and each kind of database."""
    now, told = utc_now(), []
    with built_app.app_context():
        done = load_demo(
            environment="demo",
            now=now,
            size=SIZE,
            random_seed=SEED,
            progress=lambda *step: told.append(step),
        )
    world = build_world(SIZE, SEED, load_facts(), today=(now - timedelta(hours=12)).date())
    yield Shown(built_app, now, world, done, told)
    done.list_path.unlink()
    with built_app.app_context():
        _empty()
        with db.engine.begin() as connection:
            for pinned in (CriteriaSet, RuleSet):
                connection.execute(sa.update(pinned).values(locked_at=None))
    match_index.forget()


def accounts(shown: Shown) -> dict[str, dict[str, str]]:
    """What demo.json says of each role."""
    written = json.loads(shown.done.list_path.read_text(encoding="utf-8"))
    return {account["role"]: account for account in written["accounts"]}


def state_in(shown: Shown, plan: EntryPlan) -> str:
    """The state that the plan comes to: what is reviewed is in review, what was decided is decided."""
    reviewed = {assignment.entry for assignment in shown.world.assignments}
    decided = {decision.entry for decision in shown.world.decisions}
    if plan.state != "submitted" or plan.key not in reviewed:
        return plan.state
    if plan.key in decided:
        return "decided"
    sittings = [one for one in shown.world.assignments if one.entry == plan.key]
    is_all_in = all(one.review is None or one.review.submitted_at is not None for one in sittings)
    return "deliberation" if is_all_in else "in_review"


# --- what is in it ----------------------------------------------------------------------------------------


def test_pilot_call_has_the_reported_margins(shown: Shown) -> None:
    pilot = sa.select(Entry.id).join(Call).where(Call.ref == "CALL-2015-0001", Entry.kind == "request")
    named = sa.select(EntryTerm.vocabulary, EntryTerm.code).where(EntryTerm.entry_id.in_(pilot))

    with shown.app.app_context(), reading() as session:
        n_requests = len(session.execute(pilot).all())
        terms = [tuple(row) for row in session.execute(named)]

    categories = Counter(code for vocabulary, code in terms if vocabulary == "categories")
    countries = {code for vocabulary, code in terms if vocabulary == "countries"}
    seeking = [code for vocabulary, code in terms if (vocabulary, code) == ("support", "financial")]
    assert (n_requests, dict(categories), len(countries), len(seeking)) == (94, MARGINS, 95, 89)


def test_every_entry_reaches_the_state_of_the_plan(shown: Shown) -> None:
    planned = Counter(
        (plan.kind, plan.fields["title"], state_in(shown, plan), plan.is_published)
        for plan in shown.world.all_entries()
    )

    with shown.app.app_context(), reading() as session:
        rows = session.execute(sa.select(Entry.kind, Entry.title, Entry.state, Entry.publication)).all()

    on_the_desk = [row.title for row in rows if row.state == "ineligible"]
    found = Counter(
        (
            row.kind.value,
            row.title,
            "submitted" if row.state == "ineligible" else row.state,  # found so by an officer, on the desk
            row.publication == "published",
        )
        for row in rows
    )
    assert found == planned
    assert len(on_the_desk) == 1
    assert len(rows) == shown.done.n_entries == SIZE


def test_references_follow_the_order_in_which_entries_were_begun(shown: Shown) -> None:
    expected: list[tuple[str, str]] = []
    numbers: Counter[tuple[str, int]] = Counter()
    world = [*sorted(shown.world.entries, key=lambda plan: plan.begun_at), *shown.world.more_entries()]
    for plan in world:
        prefix, year = "REQ" if plan.kind == "request" else "OFF", plan.begun_at.year
        numbers[prefix, year] += 1
        expected.append((f"{prefix}-{year}-{numbers[prefix, year]:04d}", plan.fields["title"]))

    with shown.app.app_context(), reading() as session:
        found = [tuple(row) for row in session.execute(sa.select(Entry.ref, Entry.title))]

    assert sorted(found) == sorted(expected)


def test_every_submitted_entry_has_its_revision(shown: Shown) -> None:
    with shown.app.app_context(), reading() as session:
        entries = session.execute(
            sa.select(Entry).options(selectinload(Entry.terms), selectinload(Entry.revisions))
        ).scalars()
        wrong = [
            entry.ref
            for entry in entries
            if [(row.number, row.content, row.content_hash) for row in entry.revisions]
            != (
                []
                if entry.state == "draft"
                else [(1, content_of(entry), content_hash({"content": content_of(entry), "files": []}))]
            )
        ]

    assert wrong == []


def test_everybody_sees_what_is_published(shown: Shown) -> None:
    n_published = Counter(plan.kind for plan in shown.world.all_entries() if plan.is_published)

    with shown.app.app_context(), reading() as session:
        totals = {kind.value: list_public(session, kind, {}).total for kind in EntryKind}

    assert totals == dict(n_published)


def test_reviews_and_decisions_are_those_of_the_plan(shown: Shown) -> None:
    plans = shown.world.assignments
    reviews = [plan.review for plan in plans if plan.review]
    decided = {plan.entry for plan in shown.world.decisions}
    unfinished = {p.entry for p in plans if p.review is not None and p.review.submitted_at is None}
    met = decided | ({p.entry for p in plans} - unfinished)
    n_locked = len([p for p in plans if p.entry in met and p.review and p.review.submitted_at])
    n_drafts = len([review for review in reviews if review.submitted_at is None])

    with shown.app.app_context(), reading() as session:
        ids = sa.select(Entry.id).where(Entry.kind == EntryKind.REQUEST)
        states = Counter(
            session.execute(sa.select(Assignment.state).where(Assignment.entry_id.in_(ids))).scalars()
        )
        written = Counter(session.execute(sa.select(Review.state).where(Review.entry_id.in_(ids))).scalars())
        of_reviewers = sa.and_(
            Assignment.entry_id == ConflictDeclaration.entry_id,
            Assignment.account_id == ConflictDeclaration.account_id,
        )
        answers = Counter(
            session.execute(
                sa.select(ConflictDeclaration.answer)
                .join(Assignment, of_reviewers)
                .where(Assignment.entry_id.in_(ids))
            ).scalars()
        )
        scores = sa.select(sa.func.count()).select_from(CriterionScore).join(Review)
        n_scores = session.execute(scores.where(Review.entry_id.in_(ids))).scalar_one()
        rows = session.execute(
            sa.select(Decision.outcome, Decision.released_at, Decision.approved_by_id).where(
                Decision.entry_id.in_(ids)
            )
        ).all()

    assert states == Counter(plan.state for plan in plans)
    assert written == {
        ReviewState.LOCKED: n_locked,
        ReviewState.SUBMITTED: len(reviews) - n_locked - n_drafts,
        ReviewState.DRAFT: n_drafts,
    }
    assert answers == Counter(plan.conflict for plan in plans if plan.conflict)
    assert n_scores == sum(len(review.scores) for review in reviews)
    assert Counter((row.outcome, row.released_at is not None) for row in rows) == Counter(
        (plan.outcome, plan.is_released) for plan in shown.world.decisions
    )
    assert {row.approved_by_id is None for row in rows} == {False}


def test_partners_are_recognised_and_reviewers_have_practised(shown: Shown) -> None:
    today = shown.world.today
    with shown.app.app_context(), reading() as session:
        found = session.execute(sa.select(Recognition).order_by(Recognition.id)).scalars().all()
        standings = Counter(standing_of(row, today).value for row in found)
        ends = sorted((row.expires_on - today).days for row in found if row.retracted_at is None)
        of_requests = (
            sa.select(CalibrationAnswer.sample_id)
            .join(CalibrationSample, CalibrationSample.id == CalibrationAnswer.sample_id)
            .join(Call, Call.id == CalibrationSample.call_id)
            .where(Call.kind == CallKind.REQUESTS)
        )
        n_scored = Counter(session.execute(of_requests).scalars())
        begun = [len(row.scores) for row in session.execute(sa.select(CalibrationDraft)).scalars()]
        n_stated = session.execute(sa.select(sa.func.count()).select_from(Affiliation)).scalar_one()

    assert standings == {"valid": 2, "retracted": 1}
    assert ends[0] <= 30 < ends[1]
    assert sorted(n_scored.values()) == [6, 7]
    assert (begun, n_stated) == ([5], 2)


def test_matches_stand_where_the_plan_says_with_their_reasons(shown: Shown) -> None:
    planned = Counter(plan.state for plan in shown.world.matches if plan.state != MatchState.SUGGESTED)

    with shown.app.app_context(), reading() as session:
        rows = session.execute(sa.select(Match)).scalars().all()
        found = Counter(row.state for row in rows)
        wrong = [
            row.ref
            for row in rows
            if round(sum(term["share"] for term in row.explanation["terms"]), 6)
            != round(row.explanation["parts"]["text"], 6)
            or row.explanation["blockers"]
            or not row.explanation["reasons"]
        ]

    assert (found, wrong) == (planned, [])


# --- what it leaves behind --------------------------------------------------------------------------------


def test_no_mail_waits_and_no_link_is_about(shown: Shown) -> None:
    with shown.app.app_context(), reading() as session:
        counts = [
            session.execute(sa.select(sa.func.count()).select_from(model)).scalar_one()
            for model in (OutgoingMail, PrivateLink)
        ]

    assert counts == [0, 0]


def test_audit_trail_is_whole_and_in_the_order_of_time(shown: Shown) -> None:
    acted = (
        AuditEvent.subject_kind != "organisation",
        AuditEvent.action.not_in(("entry.load", "reference.load")),
    )
    loaded = sa.select(AuditEvent.at).where(*acted)

    with shown.app.app_context(), reading() as session:
        n_events, fault = audit.verify(session)
        times = list(session.execute(loaded.order_by(AuditEvent.sequence)).scalars())

    assert fault is None
    assert n_events > 1_500
    assert times == sorted(times)
    assert times[0] == datetime(2015, 5, 18, 8, tzinfo=UTC)
    assert times[-1] <= utc_now()


def test_loading_again_changes_nothing(shown: Shown) -> None:
    before = shown.done.list_path.read_bytes()

    with shown.app.app_context():
        again = load_demo(environment="demo", now=utc_now())

    assert again == replace(shown.done, is_new=False)
    assert shown.done.list_path.read_bytes() == before


def test_progress_grows_to_the_end(shown: Shown) -> None:
    assert shown.told == sorted(shown.told)
    assert shown.told[-1] == (SIZE, SIZE)


# --- its people -------------------------------------------------------------------------------------------


def test_list_names_one_account_of_each_role(shown: Shown) -> None:
    content = json.loads(shown.done.list_path.read_text(encoding="utf-8"))

    assert shown.done.list_path.name == LIST
    assert content["address"] == "http://localhost"
    assert [account["role"] for account in content["accounts"]] == [role.value for role in Role]
    assert {tuple(account) for account in content["accounts"]} == {("role", "email", "password", "token")}


@pytest.mark.parametrize("role", list(Role))
def test_person_of_each_role_signs_in_and_holds_a_token(shown: Shown, role: Role) -> None:
    account = accounts(shown)[role.value]

    entered = post(
        shown.app.test_client(), "/sign-in", {"email": account["email"], "password": account["password"]}
    )
    asked = shown.app.test_client().get(
        "/api/v1/account", headers={"Authorization": f"Bearer {account['token']}"}
    )

    with shown.app.app_context(), reading() as session:
        found = account_by_email(session, account["email"])
        roles = actor_of_account(session, found.id).roles() if found else set()
    assert (entered.status_code, asked.status_code) == (303, 200)
    assert roles == {role}


def owned(shown: Shown, role: str, kind: EntryKind) -> Counter[tuple[str, Publication]]:
    """States of what the account of a role owns."""
    email = accounts(shown)[role]["email"]
    query = (
        sa.select(Entry.state, Entry.publication)
        .join(Account, Account.id == Entry.owner_id)
        .where(Account.email == email, Entry.kind == kind)
    )
    with shown.app.app_context(), reading() as session:
        return Counter(tuple(row) for row in session.execute(query))


def test_requester_owns_a_draft_one_to_edit_and_one_that_was_released(shown: Shown) -> None:
    assert owned(shown, "requester", EntryKind.REQUEST) == {
        ("draft", Publication.NONE): 1,
        ("submitted", Publication.CONSENTED): 1,
        ("released", Publication.PUBLISHED): 1,
    }


def test_partner_owns_offers_one_of_them_ends_soon_and_one_is_on_pause(shown: Shown) -> None:
    assert owned(shown, "partner", EntryKind.OFFER) == {
        ("active", Publication.PUBLISHED): 2,
        ("paused", Publication.PUBLISHED): 1,
    }
    with shown.app.app_context(), reading() as session:
        rows = mine(session, actor_for(session, shown, "partner"), now=shown.now)
        assert [row.is_expiring for row in rows].count(True) == 1


def actor_for(session: Session, shown: Shown, role: str) -> Actor:
    """The account of a role."""
    account = account_by_email(session, accounts(shown)[role]["email"])
    return actor_of_account(session, account.id)


def test_nominator_helps_with_the_requester_s_draft_and_a_consultation_waits(shown: Shown) -> None:
    with shown.app.app_context(), reading() as session:
        (shared,) = helped(session, actor_for(session, shown, "nominator"), now=shown.now)
        requester = actor_for(session, shown, "requester")
        asked = helpers_of(session, requester, shared.ref, now=shown.now).rows
        consulted = consultations.own(session, actor_for(session, shown, "focal_point"), now=shown.now)

    assert shared.state == "draft"
    assert [row.accepted_at is not None for row in asked] == [True, False]
    assert [row.answer is None for row in consulted].count(True) == 1
    assert len({row.answer for row in consulted}) == 3


def test_reviewer_has_one_not_opened_and_one_half_scored(shown: Shown) -> None:
    email = accounts(shown)["reviewer"]["email"]

    with shown.app.app_context(), reading() as session:
        account_id = session.execute(sa.select(Account.id).where(Account.email == email)).scalar_one()
        actor = actor_of_account(session, account_id)
        listed = queue(session, actor, language="en", now=utc_now())
        rows = session.execute(
            sa.select(Assignment.state, Review.state, sa.func.count(CriterionScore.criterion_id))
            .outerjoin(Review, Review.assignment_id == Assignment.id)
            .outerjoin(CriterionScore, CriterionScore.review_id == Review.id)
            .where(Assignment.account_id == account_id)
            .group_by(Assignment.id, Assignment.state, Review.state)
        ).all()

    open_ones = [tuple(row) for row in rows if row[1] in (None, ReviewState.DRAFT)]
    assert sorted(open_ones, key=lambda row: row[2]) == [
        (AssignmentState.INVITED, None, 0),
        (AssignmentState.ACCEPTED, ReviewState.DRAFT, 3),
    ]
    assert sorted(row.n_scored for row in listed.rows if row.is_to_do) == [0, 3]


def test_owner_finds_fitting_offers(shown: Shown) -> None:
    email = accounts(shown)["requester"]["email"]

    with shown.app.app_context(), reading() as session:
        account_id = session.execute(sa.select(Account.id).where(Account.email == email)).scalar_one()
        ref = session.execute(
            sa.select(Entry.ref).where(Entry.owner_id == account_id, Entry.state == "released")
        ).scalar_one()
        actor = actor_of_account(session, account_id)
        rows = matches_of(session, actor, ref, now=utc_now(), language="en").rows

    assert "completed" not in {row.state for row in rows}
    assert len(rows) >= 5
    assert rows[0].score > 0.4


# --- entries for load tests -------------------------------------------------------------------------------

SAME = (
    "kind", "publication", "call_id", "organisation_id", "revision_number", "usd_rate", "usd_rate_on",
    "submitted_at", "title_key", "search_text", "organisation_search_text", "public_search_text", "opened_at",
)  # fmt: skip


def test_bulk_entries_are_as_use_cases_make_them(shown: Shown) -> None:
    plans = [next(plan for plan in shown.world.more_entries() if plan.kind == kind) for kind in EntryKind]
    loaded = sa.select(Entry).options(selectinload(Entry.terms)).order_by(Entry.id)

    with shown.app.app_context(), reading() as session:  # whatever is written here is taken back
        for plan in plans:
            bulk = session.execute(loaded.where(Entry.title == plan.fields["title"])).scalars().first()
            made = entered(session, plan)
            assert [getattr(made, name) for name in SAME] == [getattr(bulk, name) for name in SAME]
            assert content_of(made) == content_of(bulk)
            assert revision(session, made) == revision(session, bulk)
            noted = sa.select(sa.func.count()).where(EntryChange.entry_id == bulk.id)
            assert session.execute(noted).scalar_one() == 1


def entered(session: Session, plan: EntryPlan) -> Entry:
    """A plan, entered by its writer and published by an officer."""
    kinds = {"request": "requests", "offer": "offers"}
    call = session.execute(sa.select(Call.ref).where(Call.kind == kinds[plan.kind])).scalar_one()
    kind = EntryKind(plan.kind)
    draft = create_draft(session, SIGNED_OUT, kind, plan.fields, now=plan.begun_at, call_ref=call).entry
    writer = replace(SIGNED_OUT, entry_ids=frozenset({draft.id}))
    submit(session, writer, draft.ref, draft.version, now=plan.submitted_at)
    return publish(session, OFFICER, draft.ref, draft.version, now=utc_now())


def revision(session: Session, entry: Entry) -> tuple[object, ...]:
    found = session.execute(sa.select(Revision).where(Revision.entry_id == entry.id)).scalar_one()
    return found.number, found.content, found.files, found.content_hash, found.submitted_at
