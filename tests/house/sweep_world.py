"""A small world with one of everything, somebody of every kind, and what each endpoint is asked about.

A new endpoint needs a row in ABOUT; what it needs in its address is filled in from the world by the name of
the parameter.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.calls import Call, CallQuestion
from models.decisions import Decision, Recognition, Release
from models.entries import Entry
from models.notes import EntryNote
from models.operation import OutgoingMail
from models.people import ApiToken, Organisation, UserSession
from models.reviews import Assignment, Review
from procedure.facts import ANYWHERE, NOTHING, ItemFacts
from procedure.policy import LISTS
from services.allocations import asking
from services.assignments import assign
from services.attachments import add_attachment
from services.calibration.samples import Invented, invent, set_reference
from services.call_acts import propose_act
from services.call_questions import ask as ask_question
from services.clock import utc_now
from services.collaborators import accept
from services.collaborators import invite as invite_helper
from services.conflicts import declare
from services.decisions.releasing import release_one
from services.decisions.rows import decision_facts
from services.entries.drafts import new_link
from services.facts import assignment_facts, call_facts, entry_facts
from services.fellowships import practice
from services.fellowships.files import add_file
from services.introductions.steps import propose, shortlist
from services.recognitions import issue
from services.secrets import new_secret, secret_hash
from services.sessions import actor_of_account
from tests.factories import (
    link_holder,
    make_account,
    make_actor,
    make_call,
    make_draft,
    make_published,
    make_submitted,
)
from tests.fellowship_factories import fellowship_facts, fellowship_world, nomination_facts
from tests.panels import MET, deliberate, make_bench, make_decided, make_reviewed
from vocabulary.actions import Action
from vocabulary.fellowships import NominationDocument
from vocabulary.people import SIGNED_OUT, Actor, Role, Scope
from vocabulary.states import CallActKind, CollaboratorLevel, ConflictAnswer, EntryKind, Publication

SIGNED_OUT_NAME, STRANGER, OWNER, LINK_HOLDER = "signed_out", "stranger", "owner", "link_holder"
HELPER = "helper"
PERSONAS = (SIGNED_OUT_NAME, STRANGER, OWNER, HELPER, LINK_HOLDER, *(role.value for role in Role))
PDF = b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer << /Root 1 0 R >>\n%%EOF\n"


@dataclass(slots=True)
class World:
    """References of what is there, and the account of each persona."""

    now: datetime
    call: str = ""
    organisation: str = ""
    draft: str = ""
    request: str = ""
    public: str = ""
    offer: str = ""
    match: str = ""
    allocation: str = ""
    assignment: str = ""
    file: str = ""
    link: str = ""
    fellowship: str = ""
    nomination: str = ""
    nominee_file: str = ""
    run: str = ""
    panel: str = ""
    review: str = ""
    decision: str = ""
    recognition: str = ""
    mail_id: int = 0
    session_id: int = 0
    token_id: int = 0
    helper_id: int = 0
    act_id: int = 0
    question_id: int = 0
    note_id: int = 0
    accounts: dict[str, int] = field(default_factory=dict)


def make_world(session: Session) -> World:
    """One draft, one submitted request, one published request and offer, an assignment, a file, a call."""
    world = World(now := utc_now())
    for role in Role:
        country = "KEN" if role is Role.FOCAL_POINT else None
        account = make_account(session, role, email=f"{role.value}@people.example", country=country)
        world.accounts[role.value] = account.id
    for name in (STRANGER, OWNER):
        world.accounts[name] = make_account(session, email=f"{name}@people.example").id
    world.accounts[HELPER] = make_account(session, email="helper@friends.example").id
    owner = actor_of_account(session, world.accounts[OWNER])
    call = make_call(session, now=now)
    world.call = call.ref
    request = make_submitted(session, actor=owner, now=now, call=call)
    world.request = request.ref
    world.helper_id = _helping(session, world, owner, now)
    world.file = add_attachment(session, owner, request.ref, "plan.pdf", PDF, now=now).ref
    world.draft = make_draft(session, actor=owner, now=now, contact_email="owner@people.example").entry.ref
    world.public = make_published(session, actor=owner, now=now).ref
    world.offer = make_published(session, EntryKind.OFFER, actor=owner, now=now).ref
    world.organisation = session.execute(sa.select(sa.func.min(Organisation.ref))).scalar_one()
    world.link = new_link(session, _entry(session, world.draft), now=now)
    officer = actor_of_account(session, world.accounts[Role.OFFICER.value])
    world.allocation = asking.ask(session, officer, asking.Asked("Places of this year"), now=now)
    world.match = _proposed(session, world, now)
    world.assignment = _assigned(session, world, now)
    invent(session, officer, call.ref, Invented("A sample", "en", {"activities": "A workshop."}), now=now)
    set_reference(session, officer, call.ref, 1, {"9": {"value": 2}}, 1, now=now)
    colleague = make_actor(session, Role.OFFICER, email="colleague@people.example")
    act = propose_act(session, colleague, call.ref, CallActKind.CANCEL, {}, "no money", now=now)
    ask_question(session, owner, call.ref, "May we?", None, now=now)
    world.act_id = act.id
    world.question_id = session.execute(sa.select(sa.func.max(CallQuestion.id))).scalar_one()
    request_id = session.execute(sa.select(Entry.id).where(Entry.ref == world.request)).scalar_one()
    writer = world.accounts[Role.OFFICER.value]
    note = EntryNote(entry_id=request_id, text="Internal.", written_by_id=writer, written_at=now)
    session.add(note)
    session.flush()
    world.note_id = note.id
    world.fellowship, world.nomination, world.run = fellowship_world(session, owner, now=now)
    _sample(session, officer, world.fellowship, now)
    cv = NominationDocument.CV
    world.nominee_file = add_file(session, owner, world.nomination, cv, "cv.pdf", PDF, now=now).ref
    _panel(session, world, now)
    return world


def _sample(session: Session, officer: Actor, ref: str, now: datetime) -> None:
    """A sample nomination with its reference."""
    given = Invented("A sample", "en", {"statement": "I study invented lakes."})
    version = practice.add(session, officer, ref, given, now=now).version
    marks = {code: {"value": 5, "reason": "As agreed."} for code in ("merit", "fit")}
    practice.set_reference(session, officer, ref, 1, marks, {"value": "B"}, version, now=now)


def _helping(session: Session, world: World, owner: Actor, now: datetime) -> int:
    """The helper edits the request with its owner."""
    helper = actor_of_account(session, world.accounts[HELPER])
    number = invite_helper(session, owner, world.request, helper.email or "", CollaboratorLevel.EDIT, now=now)
    link = session.execute(
        sa.select(OutgoingMail.values).where(OutgoingMail.template == "collaborator")
    ).scalar_one()["link"]
    accept(session, helper, link.rsplit("/", 1)[1], now=now)
    return number


def _panel(session: Session, world: World, now: datetime) -> None:
    """A request in deliberation; another that is decided, and a third that is released and recognised."""
    bench = make_bench(session, now=now, n_reviewers=1)
    scored = make_reviewed(session, bench, (MET,), now=now)
    world.panel = deliberate(session, bench, scored, now=now).ref
    world.review = session.execute(sa.select(Review.ref).where(Review.entry_id == scored.id)).scalar_one()
    decided = make_decided(session, bench, now=now)
    world.decision = session.execute(
        sa.select(Decision.ref).where(Decision.entry_id == decided.id)
    ).scalar_one()
    released = make_decided(session, bench, now=now)
    releaser = make_actor(session, Role.DECIDER)
    decision = session.execute(sa.select(Decision).where(Decision.entry_id == released.id)).scalar_one()
    batch = Release(
        ref="REL-0000-0001",
        released_by_id=releaser.account_id,
        released_at=now,
        n_decisions=1,
        n_letters=1,
        seen_hash="0" * 64,
    )
    session.add(batch)
    session.flush()
    release_one(session, releaser, released, decision, batch, now=now)
    world.recognition = issue(session, bench.officer, released.ref, None, now=now).ref
    world.mail_id = session.execute(
        sa.select(OutgoingMail.id).where(OutgoingMail.template == "recognition")
    ).scalar_one()


def _proposed(session: Session, world: World, now: datetime) -> str:
    """A match of the owner's request with an offer of the owner's, proposed to both sides."""
    officer = actor_of_account(session, world.accounts[Role.OFFICER.value])
    match = shortlist(session, officer, world.request, world.offer, now=now, reason="for the pilot")
    propose(session, officer, match.ref, match.version, now + timedelta(days=14), now=now)
    return match.ref


def _assigned(session: Session, world: World, now: datetime) -> str:
    """The reviewer is asked to score the request, and has no conflict."""
    officer = actor_of_account(session, world.accounts[Role.OFFICER.value])
    reviewer = actor_of_account(session, world.accounts[Role.REVIEWER.value])
    made = assign(session, officer, world.request, "reviewer@people.example", None, now=now)
    declare(session, reviewer, made.ref, ConflictAnswer.NONE, [], None, now=now)
    return made.ref


def _entry(session: Session, ref: str) -> Entry:
    return session.execute(sa.select(Entry).where(Entry.ref == ref)).scalar_one()


def actor_of(session: Session, world: World, persona: str) -> Actor:
    """The Actor that a door makes of this persona."""
    if persona == SIGNED_OUT_NAME:
        return SIGNED_OUT
    if persona == LINK_HOLDER:
        return link_holder(_entry(session, world.draft).id)
    return actor_of_account(session, world.accounts[persona])


def token_headers(session: Session, account_id: int) -> dict[str, str]:
    """Headers of a program with a token for everything: then the scopes refuse nothing, only the roles do."""
    secret, now = new_secret(), utc_now()
    session.add(
        ApiToken(
            account_id=account_id,
            name="sweep",
            token_hash=secret_hash(session, secret),
            scopes=[scope.value for scope in Scope],
            created_at=now,
            expires_at=now + timedelta(days=1),
        )
    )
    return {"Authorization": f"Bearer {secret}"}


def keys_of(session: Session, account_id: int) -> tuple[int, int]:
    """Which sign-in and which token somebody has, by number."""
    signed_in = sa.select(UserSession.id).where(UserSession.account_id == account_id)
    token = sa.select(ApiToken.id).where(ApiToken.account_id == account_id)
    return session.execute(signed_in).scalar_one(), session.execute(token).scalar_one()


# --- what each endpoint is asked about --------------------------------------------------------------------

ABOUT: Mapping[str, str] = {
    # nothing in particular: a role, or everybody
    "home.show": "nothing",
    "help.show": "nothing",
    "help.accessibility": "nothing",
    "help.criteria": "nothing",
    "help.privacy": "nothing",
    "entries.requests": "published",
    "entries.offers": "published",
    "entries.requests_file": "nothing",
    "entries.offers_file": "nothing",
    "feeds.requests": "published",
    "feeds.offers": "published",
    "feeds.all_calls": "call",
    "calls.show_all": "call",
    "calls.show": "call",
    "calls.ask": "call",
    "call_desk.new": "nothing",
    "call_desk.create": "nothing",
    "call_desk.edit": "call",
    "call_desk.save": "call",
    "call_desk.show": "call",
    "call_desk.publish": "call",
    "call_desk.new_version": "call",
    "call_desk.move_on": "call",
    "call_desk.change": "call",
    "call_desk.propose": "call",
    "call_desk.confirm": "call",
    "call_desk.drop": "call",
    "call_desk.answer": "call",
    "call_desk.decline": "call",
    "call_desk.four_eyes": "call",
    "call_desk.set_four_eyes": "call",
    "board.show": "board",
    "board.work": "board",
    "board.plan": "board",
    "board.carry_out": "board",
    "drafts.new": "new",
    "drafts.create": "new",
    "lookups.entries": "new",
    "lookups.organisations": "new",
    "mine.show": "nothing",
    "assignments.make": "request",
    "assignments.show_all": "nothing",
    "reviews.queue": "nothing",
    "erasures.show": "nothing",
    "erasures.prepare": "nothing",
    "erasures.approve": "other account",
    "erasures.erase": "other account",
    # oneself
    "account.sign_in": "nothing",
    "account.check_password": "nothing",
    "account.send_link": "nothing",
    "account.show_link": "secret",
    "account.use_link": "secret",
    "account.sign_out": "self",
    "account.show": "self",
    "account.edit": "self",
    "account.change_password": "self",
    "account.end_session": "owner's",
    "account.end_other_sessions": "self",
    "account.create_token": "nothing",
    "account.revoke_token": "owner's",
    "account.export": "self",
    "affiliations.show": "self",
    "affiliations.state": "self",
    "affiliations.remove": "self",
    "erasures.ask": "self",
    "trail.show": "self",
    "trail.as_file": "self",
    "trail.ask_check": "nothing",
    "api_trail.get_list": "self",
    "api_trail.get_check": "nothing",
    "api_trail.ask_check": "nothing",
    "glass.show": "request",
    "glass.open_it": "request",
    "glass.end": "nothing",
    # one entry
    "entries.request_page": "public",
    "entries.offer_page": "offer",
    "drafts.check": "draft",
    "drafts.discard": "draft",
    "drafts.begin_again": "request",
    "drafts.edit": "draft",
    "drafts.save": "draft",
    "drafts.submit": "draft",
    "files.show": "draft",
    "files.add": "draft",
    "files.remove": "request",
    "files.download": "request",
    "matches.of_entry": "request",
    "matches.pair": "request",
    "introductions.show_all": "nothing",
    **{
        f"{door}allocations.{name}": "allocation"
        for door, names in (
            ("", ("show_all", "make", "show", "cancel", "take_up", "download")),
            ("api_", ("get_list", "create", "get_one", "cancel", "take_up")),
        )
        for name in names
    },
    "introductions.own": "nothing",
    "introductions.shortlist": "request",
    **{
        f"{door}introductions.{name}": "match"
        for door, names in (
            ("", ("show", "propose", "answer", "start", "cancel", "tell_outcome")),
            ("api_", ("get_one", "propose", "answer", "start", "cancel", "tell_outcome")),
        )
        for name in names
    },
    "api_introductions.get_list": "nothing",
    "api_introductions.get_own": "nothing",
    "api_introductions.get_partners": "request",
    "api_introductions.create": "request",
    "submitted.receipt": "request",
    "submitted.versions": "request",
    "submitted.ask_withdrawal": "request",
    "submitted.withdraw": "request",
    "links.ask_confirmation": "secret",
    "links.confirm": "secret",
    "links.resume": "secret",
    "screening.received": "nothing",
    "screening.show": "request",
    "notes.show": "request",
    "notes.write": "request",
    "notes.strike": "request",
    "api_notes.get_list": "request",
    "api_notes.create": "request",
    "api_notes.strike": "request",
    "screening.eligible": "request",
    "screening.check_offer": "offer",
    "screening.give_back": "request",
    "screening.give_back_offer": "request",
    "screening.propose_return": "request",
    "screening.ineligible": "request",
    "screening.confirm": "request",
    "screening.reverse": "request",
    "screening.reopen": "request",
    "screening.restore": "request",
    "drafts.check_self": "draft",
    **{f"messages.{name}": "request" for name in ("show", "write")},
    "consultations.show_all": "nothing",
    **{f"consultations.{name}": "request" for name in ("show", "answer")},
    **dict.fromkeys(("consultations.ask", "consultations.answer_by_link"), "secret"),
    **{f"collaborators.{name}": "request" for name in ("show", "invite", "change", "remove")},
    **dict.fromkeys(("collaborators.ask_leave", "collaborators.leave"), "request"),
    **dict.fromkeys(("collaborators.ask", "collaborators.answer"), "secret"),
    **{f"standing.{name}": "offer" for name in ("show", "pause", "resume", "renew", "close", "keep_open")},
    **dict.fromkeys(("standing.ask", "standing.answer"), "secret"),
    "screening.publish": "request",
    "screening.unpublish": "public",
    # the same by the API
    "api_documents.openapi": "nothing",
    "api_documents.docs": "nothing",
    "api_documents.health_live": "nothing",
    "api_documents.health_ready": "nothing",
    "api_criteria.list_criteria": "nothing",
    "api_criteria.evaluate": "nothing",
    "api_criteria.list_vocabularies": "nothing",
    "api_criteria.get_vocabulary": "nothing",
    "api_calls.get_list": "call",
    "api_calls.get_one": "call",
    "api_calls.create": "nothing",
    "api_calls.change": "call",
    "api_calls.publish": "call",
    "api_call_desk.new_version": "call",
    "api_call_desk.move_on": "call",
    "api_call_desk.set_four_eyes": "call",
    "api_call_desk.list_acts": "call",
    "api_call_desk.propose": "call",
    "api_call_desk.confirm": "call",
    "api_call_desk.drop": "call",
    "api_call_desk.list_extensions": "call",
    "api_call_desk.list_questions": "call",
    "api_call_desk.ask": "call",
    "api_call_desk.answer": "call",
    "api_call_desk.get_board": "board",
    "api_screening.get_screening": "request",
    "api_screening.find": "request",
    "api_screening.get_self_check": "request",
    **{
        f"api_messages.{name}_{noun}": noun[:-1]
        for name in ("list_of", "write_to")
        for noun in ("requests", "offers")
    },
    "api_consultations.get_own": "nothing",
    **{f"api_consultations.{name}": "request" for name in ("get_answers", "put_answer")},
    **{
        f"api_collaborators.{name}_{noun}": noun[:-1]
        for name in ("list_of", "invite_to", "change_in", "remove_from")
        for noun in ("requests", "offers")
    },
    **{
        f"api_standing.{name}": "offer"
        for name in ("get_standing", "pause", "resume", "renew", "close", "keep_open")
    },
    "api_organisations.list_organisations": "nothing",
    "api_reports.get_coverage": "nothing",
    "api_reports.get_bundles": "nothing",
    "coverage.bundles": "nothing",
    "coverage.show": "nothing",
    "coverage.cell": "nothing",
    "alike.show_all": "nothing",
    "alike.rule": "request",
    "api_alike.get_list": "nothing",
    "api_alike.rule": "request",
    "weights.show": "nothing",
    "weights.preview": "nothing",
    "weights.adopt": "nothing",
    "api_organisations.get_organisation": "organisation",
    "api_account.who": "self",
    "api_account.list_affiliations": "self",
    "api_account.state_affiliation": "self",
    "api_account.remove_affiliation": "self",
    "api_account.list_tokens": "self",
    "api_account.create_token": "nothing",
    "api_account.revoke_token": "owner's",
    "api_files.list_of_requests": "request",
    "api_files.add_to_requests": "request",
    "api_files.list_of_offers": "offer",
    "api_files.add_to_offers": "offer",
    "api_files.download": "request",
    "api_files.remove": "request",
    **{
        f"api_{noun}.{name}": about
        for noun, one in (("requests", "request"), ("offers", "offer"))
        for name, about in (
            ("get_list", "published"),
            ("create", "new"),
            ("get_one", "public" if one == "request" else one),
            ("list_similar", "public" if one == "request" else one),
            ("change", one),
            ("discard", "draft" if one == "request" else one),
            ("submit", one),
            ("withdraw", one),
            ("publish", one),
            ("get_revisions", one),
            ("get_matches", one),
        )
    },
    # fellowships
    "api_nominations.get_list": "nothing",
    "api_nominations.create": "new nomination",
    **{
        f"api_nominations.{name}": "nomination"
        for name in ("get_one", "change", "discard", "submit", "reopen", "withdraw")
    },
    **{
        f"api_fellowships.{name}": "fellowship"
        for name in (
            "get_settings",
            "put_settings",
            "start_review",
            "seat_members",
            "lock_marks",
            "name_seed",
            "list_runs",
            "ask_run",
        )
    },
    **{f"api_fellowships.{name}": "run" for name in ("get_run", "cancel_run", "approve", "compare")},
    **{
        f"api_fellowship_panel.{name}": "fellowship"
        for name in ("get_members", "get_plan", "adopt_plan", "get_conflicts", "put_ruling", "get_agreement")
    },
    "api_fellowship_panel.get_sheets": "nothing",
    **{f"api_fellowship_panel.{name}": "nomination" for name in ("get_sheet", "put_answer", "put_marks")},
    **{f"api_nomination_desk.{name}": "fellowship" for name in ("get_retention", "put_retention")},
    **{
        f"api_nomination_desk.{name}": "nomination"
        for name in ("admit", "add_late_file", "ask_erasure", "erase")
    },
    "nominations.own": "nothing",
    "nominations.start": "new nomination",
    "nominations.begin": "new nomination",
    **{
        f"nominations.{name}": "nomination"
        for name in (
            "show",
            "edit",
            "save",
            "check",
            "submit",
            "reopen",
            "withdraw",
            "add_file",
            "remove_file",
            "download",
        )
    },
    "approvals.show": "secret",
    "approvals.answer": "secret",
    "api_nominations.invite": "new invitation",
    "api_nominations.enter_many": "fellowship",
    **{f"nomination_import.{name}": "fellowship" for name in ("show", "template", "send")},
    **{f"nomination_desk.{name}": "fellowship" for name in ("alike", "rule", "keep", "set_months")},
    **{
        f"nomination_desk.{name}": "nomination"
        for name in ("show_late", "admit", "add_file", "erase", "ask_erasure")
    },
    "invitations.new": "new invitation",
    "invitations.create": "new invitation",
    "invitations.show": "secret",
    "invitations.take_up": "secret",
    "invitations.refuse": "secret",
    "marks.queue": "nothing",
    "marks.show": "nomination",
    "marks.answer": "nomination",
    "marks.give": "nomination",
    **{
        f"fellowships.{name}": "fellowship"
        for name in ("room", "start_review", "seat", "lock", "seed", "ask_run")
    },
    **{f"fellowship_settings.{name}": "fellowship" for name in ("show", "save")},
    **{
        f"fellowship_panel.{name}": "fellowship"
        for name in ("members", "show_plan", "make_plan", "rule", "agreement")
    },
    **{
        f"practice.{name}": "fellowship"
        for name in ("show", "add", "reference", "set_reference", "remove", "practise", "mark")
    },
    **{
        f"api_practice.{name}": "fellowship"
        for name in ("get_results", "add", "put_reference", "remove", "get_sample", "mark")
    },
    **{f"placing.{name}": "fellowship" for name in ("show", "release", "call_up")},
    "placing.confirm": "nomination",
    **{f"fellow_support.{name}": "nomination" for name in ("confirm_travel", "meetings")},
    **{f"api_placing.{name}": "nomination" for name in ("confirm", "start", "finish", "confirm_travel")},
    **{f"api_placing.{name}": "fellowship" for name in ("places", "next_up", "call_up")},
    "placing.answer": "nomination",
    "placing.fellows": "nothing",
    "api_placing.release": "fellowship",
    "api_placing.answer": "nomination",
    "api_placing.fellows": "nothing",
    **{f"fellowships.{name}": "run" for name in ("run", "record", "cancel", "approve")},
    **{f"shortlists.{name}": "run" for name in ("person", "pin", "relax")},
    "api_fellowships.pin": "nominee of the call",
    "api_fellowships.lift_pin": "nominee of the call",
    # one assignment and the review that answers it
    "assignments.rule": "assignment",
    "reviews.decline": "assignment",
    **{
        f"assignments.{name}": "assignment"
        for name in ("remind", "invite_again", "reassign", "move_due_date")
    },
    **{
        f"api_assignments.{name}": "assignment"
        for name in ("remind", "invite_again", "reassign", "move_due_date")
    },
    "assignments.propose": "request",
    "assignments.answer_proposal": "nothing",
    "api_assignments.list_proposals": "nothing",
    "api_assignments.propose_reviewer": "request",
    "api_assignments.answer_proposal": "nothing",
    **{f"assignment_plans.{name}": "call" for name in ("matrix", "settings", "draft", "from_file")},
    **{f"assignment_plans.{name}": "nothing" for name in ("show", "commit", "discard")},
    **{f"api_assignment_plans.{name}": "call" for name in ("get_matrix", "patch_settings", "draft")},
    **{f"api_assignment_plans.{name}": "nothing" for name in ("get_plan", "commit", "discard")},
    "api_reviews.decline": "assignment",
    "conflicts.own": "nothing",
    "conflicts.none_for_these": "nothing",
    "conflicts.register": "nothing",
    "conflicts.gate": "request",
    "conflicts.declare": "request",
    "conflicts.rule": "about a person",
    "conflicts.answer_hint": "about a person",
    "conflicts.propose_lift": "about a person",
    "conflicts.approve_lift": "about a person",
    "api_conflicts.list_own": "nothing",
    "api_conflicts.put_answer": "request",
    "api_conflicts.get_register": "nothing",
    "api_conflicts.put_ruling": "about a person",
    "api_conflicts.answer_hint": "about a person",
    "api_conflicts.propose_lift": "about a person",
    "api_conflicts.approve_lift": "about a person",
    "reviews.show": "assignment",
    "reviews.save": "assignment",
    "reviews.gate": "assignment",
    "reviews.declare": "assignment",
    "reviews.autosave": "assignment",
    "reviews.receipt": "assignment",
    "reviews.reopen": "assignment",
    "reviews.take_revision": "assignment",
    "reviews.step_back": "assignment",
    "scorecard_documents.show": "assignment",
    "scorecard_documents.download": "assignment",
    "scorecard_documents.read": "assignment",
    "api_scorecard_documents.download": "assignment",
    "api_scorecard_documents.read": "assignment",
    # the panel, decisions and what follows
    "panels.show_all": "nothing",
    "panels.open_all": "call",
    "panels.show": "panel",
    "panels.open_one": "panel",
    "panels.agree": "panel",
    "panels.note": "panel",
    "panels.decide": "panel",
    **{
        f"{door}.{name}": "panel"
        for door in ("panels", "api_panels")
        for name in ("give_back", "void", "confirm_act", "drop_act")
    },
    "decisions.show_all": "nothing",
    "decisions.show": "decision",
    "decisions.letter": "decision",
    "decisions.approve": "decision",
    "decisions.take_back": "decision",
    "decisions.edit_letter": "decision",
    "decisions.prepare": "decision",
    "decisions.decide_again": "decision",
    "decisions.decision_file": "decision",
    "decisions.preview": "call",
    "decisions.release": "call",
    "decisions.own": "request",
    "decisions.own_letter": "request",
    "decisions.ask": "request",
    "outbox.show_all": "nothing",
    "outbox.show": "recognition",
    "outbox.release": "recognition",
    "outbox.retry": "recognition",
    "recognitions.show": "recognition",
    "endorsements.show": "offer",
    "endorsements.propose": "offer",
    "endorsements.approve": "decision",
    "endorsements.take_back": "decision",
    "api_endorsements.propose": "offer",
    "api_endorsements.approve": "decision",
    "decisions.own_of_offer": "offer",
    "recognitions.issue": "request",
    "recognitions.retract": "recognition",
    "recognitions.renewal": "recognition",
    "recognitions.ask_renewal": "recognition",
    "statistics.show": "call",
    **{f"calibration.{name}": "call" for name in ("show", "add", "reference", "set_reference", "remove")},
    **{f"calibration.{name}": "call" for name in ("practise", "score", "autosave")},
    **{f"api_calibration.{name}": "call" for name in ("get_results", "add", "put_reference", "remove")},
    **{f"api_calibration.{name}": "call" for name in ("get_sample", "score", "put_draft")},
    "api_panels.get_list": "nothing",
    "api_panels.get_one": "panel",
    "api_panels.open_one": "panel",
    "api_panels.put_consensus": "panel",
    "api_panels.add_note": "panel",
    "api_decisions.get_list": "nothing",
    "api_decisions.propose": "panel",
    "api_decisions.get_one": "decision",
    "api_decisions.approve": "decision",
    "api_decisions.take_back": "decision",
    "api_decisions.get_preview": "call",
    "api_decisions.release": "call",
    "api_decisions.get_own": "request",
    "api_decisions.ask": "request",
    "api_decisions.get_recognition": "recognition",
    "api_decisions.ask_renewal": "recognition",
    "statistics.scores": "call",
    "statistics.decision_file": "call",
    "api_assignments.list_assignments": "nothing",
    "api_assignments.make_assignment": "request",
    "api_reviews.list_reviews": "nothing",
    "api_reviews.get_review": "assignment",
    "api_reviews.patch_review": "assignment",
    "api_reviews.put_conflict": "assignment",
    "api_reviews.put_ruling": "assignment",
    "api_reviews.submit_review": "assignment",
    "api_reviews.reopen_review": "assignment",
    "api_reviews.step_back": "assignment",
    "api_reviews.take_revision": "assignment",
}

SEEN: Mapping[str, tuple[str, ...]] = {
    "entries.request_page": ("public", "request", "draft"),
    "entries.offer_page": ("offer",),
    "api_requests.get_one": ("public", "request", "draft"),
    "api_offers.get_one": ("offer",),
}
"""Endpoints that show an entry, as much of it as somebody may see, and the entries to ask for."""

BODIES: Mapping[str, Mapping[str, Any]] = {
    "call_desk.move_on": {"action": "start_review"},
    "panels.open_one": {"reason": "as agreed"},
    "api_panels.open_one": {"reason": "as agreed"},
    "api_panels.put_consensus": {"value": 2, "reason": "as agreed"},
    "api_panels.add_note": {"kind": "note", "text": "noted"},
    "api_decisions.propose": {"entry": "{panel}", "outcome": "endorsed", "reason": "it fits"},
    "api_decisions.take_back": {"reason": "a slip"},
    "api_decisions.release": {"seen_hash": "0"},
    "api_decisions.ask": {"ground": "fact", "text": "It was there."},
    "panels.agree": {"criterion": "9", "value": "2", "reason": "as agreed"},
    **{
        f"{door}.{name}": {"reason": "by mistake"}
        for door in ("panels", "api_panels")
        for name in ("give_back", "void")
    },
    "panels.note": {"kind": "note", "text": "noted"},
    **{f"{door}notes.{name}": {"text": "noted"} for door, name in (("", "write"), ("api_", "create"))},
    **{f"{door}notes.strike": {"reason": "by mistake"} for door in ("", "api_")},
    "glass.open_it": {"reason": "A court asks for it."},
    "panels.decide": {"outcome": "endorsed", "reason": "it fits"},
    "decisions.take_back": {"reason": "a slip"},
    "decisions.decision_file": {"purpose": "the archive"},
    "recognitions.retract": {"reason": "it ended"},
    "calibration.add": {"title": "A sample", "language": "en", "activities": "A workshop."},
    "api_calibration.add": {"title": "A sample", "activities": "A workshop."},
    "api_calibration.put_reference": {"reference": {"9": {"value": 2}}},
    "api_calibration.score": {"scores": dict.fromkeys(map(str, range(1, 13)), 2)},
    "api_calibration.put_draft": {"scores": {"9": 2}},
    "calibration.score": {f"score.{code}": "2" for code in range(1, 13)},
    "statistics.scores": {"shape": "long", "file": "csv", "purpose": "the report"},
    "statistics.decision_file": {"purpose": "the archive"},
    "screening.unpublish": {"reason": "at the owner's wish"},
    "affiliations.state": {"organisation_name": "Forest Research Centre"},
    "api_account.state_affiliation": {"organisation_name": "Forest Research Centre"},
    "account.create_token": {"name": "mine", "scopes": "read", "days": "30"},
    "erasures.prepare": {"email": "stranger@people.example", "reason": "asked by letter"},
    "assignments.make": {"entry": "{request}", "reviewer": "reviewer@people.example"},
    "assignments.rule": {"ruling": "cleared", "reason": "a distant colleague"},
    "api_account.create_token": {"name": "mine", "scopes": ["read"], "days": 30},
    "api_assignments.make_assignment": {"entry": "{request}", "reviewer": "reviewer@people.example"},
    "api_calls.create": {"kind": "requests", "title": {"en": "A call"}, "opens_at": "2099-01-01T00:00:00Z"},
    "alike.rule": {"first": "{request}", "second": "{public}", "ruling": "other"},
    "api_alike.rule": {"first": "{request}", "second": "{public}", "is_same": False},
    "allocations.make": {"title": "Places of this year"},
    "api_allocations.create": {"title": "Places of this year"},
    "api_allocations.take_up": {"pairs": [{"request": "REQ-1999-0001", "offer": "OFF-1999-0001"}]},
    "introductions.shortlist": {"request": "{request}", "offer": "{offer}", "reason": "for the pilot"},
    "api_introductions.create": {"request": "{request}", "offer": "{offer}", "reason": "for the pilot"},
    "api_introductions.propose": {"answer_by_at": "2099-01-01T00:00:00Z"},
    "api_introductions.answer": {"answer": "yes"},
    "api_introductions.start": {"starts_on": "2026-07-01"},
    "api_introductions.cancel": {"reason": "for the sweep"},
    "api_introductions.tell_outcome": {"result": "completed", "outcome": "Done."},
    "introductions.propose": {"answer_by_on": "2099-01-01"},
    "introductions.answer": {"answer": "yes"},
    "introductions.start": {"starts_on": "2026-07-01"},
    "introductions.cancel": {"reason": "for the sweep"},
    "introductions.tell_outcome": {"result": "completed", "outcome": "Done."},
    "api_call_desk.move_on": {"action": "start_review"},
    "api_call_desk.set_four_eyes": {"four_eyes": True, "reason": "two again"},
    "api_call_desk.propose": {"kind": "cancel", "reason": "no money"},
    "api_call_desk.ask": {"question": "May we?"},
    "api_call_desk.answer": {"question": {"en": "May we?"}, "answer": {"en": "Yes."}},
    "api_screening.find": {"finding": "eligible"},
    "api_requests.create": {"title": "A request"},
    "api_offers.create": {"title": "An offer"},
    "api_requests.change": {"title": "Another title"},
    "api_offers.change": {"title": "Another title"},
    "api_requests.withdraw": {"reason": "no longer needed"},
    "messages.write": {"text": "A word."},
    "api_messages.write_to_requests": {"text": "A word."},
    "api_messages.write_to_offers": {"text": "A word."},
    "consultations.answer": {"answer": "confirm"},
    "consultations.answer_by_link": {"answer": "confirm"},
    "api_consultations.put_answer": {"answer": "confirm"},
    "collaborators.invite": {"email": "friend@people.example", "level": "view"},
    "collaborators.change": {"level": "view"},
    **{
        f"api_collaborators.invite_to_{noun}": {"email": "friend@people.example", "level": "view"}
        for noun in ("requests", "offers")
    },
    **{f"api_collaborators.change_in_{noun}": {"level": "view"} for noun in ("requests", "offers")},
    "api_standing.keep_open": {"reason": "a standing fund"},
    "standing.keep_open": {"reason": "a standing fund"},
    "standing.renew": {"valid_until": "2099-01-01"},
    "api_offers.withdraw": {"reason": "no longer needed"},
    "api_reviews.put_conflict": {"answer": "none"},
    "reviews.decline": {"reason": "no time"},
    "api_reviews.decline": {"reason": "no time"},
    "conflicts.declare": {"answer": "none"},
    "assignments.propose": {"entry": "{request}", "reviewer": "reviewer@people.example"},
    "api_assignments.propose_reviewer": {"entry": "{request}", "reviewer": "reviewer@people.example"},
    "api_assignments.answer_proposal": {"answer": "dismiss"},
    "assignments.reassign": {"reviewer": "reviewer@people.example"},
    "api_assignments.reassign": {"reviewer": "reviewer@people.example"},
    "api_conflicts.put_answer": {"answer": "none"},
    **{
        f"{door}.{name}": body
        for door in ("conflicts", "api_conflicts")
        for name, body in (
            ("rule", {"ruling": "cleared", "reason": "a distant colleague"}),
            ("put_ruling", {"ruling": "cleared", "reason": "a distant colleague"}),
            ("answer_hint", {"fingerprint": "0" * 40, "answer": "dismissed"}),
            ("propose_lift", {"reason": "it was a namesake"}),
        )
    },
    "api_reviews.put_ruling": {"ruling": "cleared", "reason": "a distant colleague"},
    "api_nominations.create": {"call": "{fellowship}", "first_name": "Ada"},
    "api_nominations.invite": {
        "call": "{fellowship}",
        "nominee_email": "ada@nominee.example",
        "first_name": "Ada",
        "last_name": "Obi",
        "nominator_name": "Joseph Kamau",
        "nominator_body": "Ministry",
        "nominator_kind": "government",
        "nominator_country": "KEN",
    },
    "api_nominations.enter_many": {"rows": [{"first_name": "Ada"}], "dry_run": True},
    "api_nominations.change": {"first_name": "Ada"},
    "api_fellowships.put_settings": {"targets": []},
    "api_fellowships.seat_members": {
        "pairs": [{"nomination": "{nomination}", "member": "reviewer@people.example"}]
    },
    "api_fellowships.name_seed": {"seed": "7", "source": "a public draw"},
    "api_fellowships.ask_run": {},
    "api_fellowship_panel.adopt_plan": {"each": 1, "most": 9, "mode": "fair", "fingerprint": "0"},
    "api_fellowship_panel.put_ruling": {"ruling": "cleared", "reason": "for the sweep"},
    "api_fellowship_panel.put_answer": {"answer": "none"},
    "api_fellowship_panel.put_marks": {"marks": {}},
    "api_practice.add": {"title": "A sample", "statement": "Invented."},
    "api_practice.put_reference": {"marks": {}, "band": {"value": "A"}},
    "api_practice.mark": {"marks": {}, "band": "A"},
    "api_nomination_desk.admit": {"late_until": "2099-01-01T00:00:00Z", "late_reason": "for the sweep"},
    "api_nomination_desk.put_retention": {"months_kept": 6},
    "api_placing.release": {"answer_by_at": "2099-01-01T00:00:00Z"},
    "api_placing.answer": {"accepts": True},
    "api_placing.confirm": {"mentor": "Ana"},
    "api_placing.confirm_travel": {"supported": {}, "basis": "a list"},
    "api_placing.call_up": {"nomination": "NOM-1999-0001", "answer_by_at": "2099-01-01T00:00:00Z"},
    "placing.answer": {"answer": "accept"},
    "placing.release": {"answer_by_at": "2099-01-01"},
    "placing.call_up": {"answer_by_at": "2099-01-01"},
    "placing.confirm": {"call": "{fellowship}"},
    "api_fellowships.pin": {"is_in": True, "reason": "for the sweep"},
}
"""What is sent, where an empty body would be refused before anybody looks at who asks."""

NARROWER: Mapping[str, str] = {
    "decisions.own": "the owner's own page; the secretariat reads the decision under its reference",
    "decisions.own_of_offer": "the owner's own page; the secretariat reads the decision under its reference",
    "api_decisions.get_own": "the owner's own result; the secretariat reads the decision under its reference",
    "decisions.own_letter": "the owner's own page; the secretariat reads the decision under its reference",
    **{
        f"{door}.{name}": "a plan is its maker's own"
        for door in ("assignment_plans", "api_assignment_plans")
        for name in ("show", "get_plan", "commit", "discard")
    },
    "assignments.answer_proposal": "no proposal has this number",
    **{
        f"api_collaborators.{name}_offers": "nobody helps with this offer"
        for name in ("change_in", "remove_from")
    },
    "api_assignments.answer_proposal": "no proposal has this number",
    "submitted.receipt": "the owner's own page; others read the entry elsewhere",
    "reviews.gate": "one's own assignment; others declare a conflict with no page yet",
    "reviews.declare": "one's own assignment; others declare a conflict with no page yet",
    "api_reviews.put_conflict": "one's own assignment; others declare a conflict with no page yet",
    "api_requests.create": "the API answers nobody's entries: a program has a token",
    "api_offers.create": "the API answers nobody's entries: a program has a token",
    "api_call_desk.ask": "a program has a token; people ask on the page of the call",
    "affiliations.remove": "one's own statements only; nobody here has made this one",
    "api_account.remove_affiliation": "one's own statements only; nobody here has made this one",
    "glass.end": "one's own access; nothing is open",
    "account.revoke_token": "an administrator revokes by `flask tokens revoke`",
    "account.show_link": "a made-up secret opens nothing",
    "account.use_link": "a made-up secret opens nothing",
    "links.ask_confirmation": "a made-up secret opens nothing",
    "links.confirm": "a made-up secret opens nothing",
    "links.resume": "a made-up secret opens nothing",
    "consultations.ask": "a made-up secret opens nothing",
    "consultations.answer_by_link": "a made-up secret opens nothing",
    "collaborators.ask": "a made-up secret opens nothing",
    "collaborators.answer": "a made-up secret opens nothing",
    "standing.ask": "a made-up secret opens nothing",
    "standing.answer": "a made-up secret opens nothing",
    "approvals.show": "a made-up secret opens nothing",
    "approvals.answer": "a made-up secret opens nothing",
    "invitations.show": "a made-up secret opens nothing",
    "invitations.take_up": "a made-up secret opens nothing",
    "invitations.refuse": "a made-up secret opens nothing",
    **dict.fromkeys(
        (
            "placing.confirm",
            "fellow_support.meetings",
            "api_placing.confirm",
            "api_placing.start",
            "api_placing.finish",
        ),
        "a decider sees nominations while the panel is at work",
    ),
}
"""Endpoints that answer "not found" to some whom the action allows, and why."""

WIDER: Mapping[tuple[str, str], str] = {
    ("mine.show", "signed_out"): "shows the drafts whose private links this browser holds: here none",
    ("mine.show", "link_holder"): "shows the drafts whose private links this browser holds",
    **{
        (f"api_files.list_of_{noun}", persona): "an empty list for whom may see the entry and not its files"
        for noun in ("requests", "offers")
        for persona in PERSONAS
    },
    **{
        (f"{door}.{name}", persona): "the first of two steps, or its refusal: both read declarations anyway"
        for door in ("conflicts", "api_conflicts")
        for name in ("propose_lift", "approve_lift")
        for persona in ("auditor", "decider")
    },
    **{
        (f"{door}.{name}", "officer"): "the first of two steps, or word that nothing waits for the second"
        for door in ("panels", "api_panels")
        for name in ("give_back", "void", "confirm_act", "drop_act")
    },
    ("api_screening.get_screening", "moderator"): "proposes questions there, and can do nothing else",
    ("screening.show", "moderator"): "proposes questions there, and is shown nothing else to do",
    ("decisions.release", "decider"): "whoever may release is told that nothing is ready",
    ("api_decisions.release", "decider"): "whoever may release is told that nothing is ready",
    ("erasures.show", "auditor"): "one page for the three steps; each shows only what is the reader's to do",
    ("erasures.show", "admin"): "one page for the three steps; each shows only what is the reader's to do",
}
"""Cells that show a page though the action named on it is another's, and why."""

MISSING = "REQ-1999-0001"
"""A reference that nothing has: the answer to it is what "not found" looks like."""


REFS = (
    "call",
    "organisation",
    "draft",
    "request",
    "public",
    "offer",
    "match",
    "allocation",
    "fellowship",
    "nomination",
    "run",
    "panel",
    "decision",
    "recognition",
)
"""What a {ref} in an address can be, besides an assignment."""


FELLOWSHIPS = (
    "fellowship",
    "run",
    "nominee of the call",
    "nomination",
    "new nomination",
    "new invitation",
)


def parameters(world: World, about: str, names: frozenset[str]) -> dict[str, Any]:
    """What the address of an endpoint holds; raises KeyError for a parameter that nobody thought of."""
    refs = {name: getattr(world, name) for name in REFS}
    known: dict[str, Any] = {
        "ref": refs.get(
            {
                "about a person": "request",
                "nominee of the call": "nomination",
                "new nomination": "fellowship",
                "new invitation": "fellowship",
            }.get(about, about),
            world.assignment,
        ),
        "noun": "offers" if about == "offer" else "requests",
        "code": {"nothing": "needs", "board": "screen", "nomination": "person"}.get(about, "need"),
        "kind": "cancel",
        "act_id": world.act_id,
        "question_id": world.question_id,
        "note_id": world.note_id,
        "glass_id": 999_999,
        "form": "csv",
        "file_ref": world.nominee_file if about == "nomination" else world.file,
        "other": world.offer,
        "secret": new_secret(),
        "account_id": world.accounts[STRANGER],
        "proposal_id": 999_999,
        "affiliation_id": 999_999,
        "session_id": world.session_id,
        "seat_id": 999_999,
        "nominee": world.nomination,
        "token_id": world.token_id,
        "number": world.helper_id,
        "mail_id": world.mail_id,
        "criterion": "9",
        "position": 1,
        "review_ref": world.review,
    }
    return {name: known[name] for name in names}


def facts_about(session: Session, world: World, about: str, action: Action, actor: Actor) -> ItemFacts:
    """What the policy is told for such an endpoint."""
    entry = {"published": "public", "about a person": "request", "match": "request"}.get(about, about)
    if about in _FACTS:
        return _FACTS[about](session, world, actor)
    if entry in ("draft", "request", "public", "offer", "panel"):
        facts = entry_facts(session, _entry(session, getattr(world, entry)), actor)
        is_of_person = about == "about a person"
        return replace(facts, subject_id=world.accounts[STRANGER]) if is_of_person else facts
    if about in FELLOWSHIPS:
        return _fellowship_facts(session, world, about, actor)
    if about == "call":
        return call_facts(_call(session, world), opened_at=world.now)
    if about in ("self", "secret"):
        return replace(NOTHING, subject_id=actor.account_id, owner_id=actor.account_id)
    if about in ("other account", "owner's"):
        subject = world.accounts[OWNER if about == "owner's" else STRANGER]
        return replace(NOTHING, subject_id=subject, owner_id=subject)
    return ANYWHERE if action in LISTS else NOTHING


def _fellowship_facts(session: Session, world: World, about: str, actor: Actor) -> ItemFacts:
    if about == "nomination":
        return nomination_facts(session, world.nomination, actor)
    facts = fellowship_facts(session, world.fellowship)
    if about == "new invitation":
        return replace(facts, nominator_id=actor.account_id)
    return replace(facts, nominee_id=actor.account_id) if about == "new nomination" else facts


def _assignment_facts(session: Session, world: World, actor: Actor) -> ItemFacts:
    row = session.execute(sa.select(Assignment).where(Assignment.ref == world.assignment)).scalar_one()
    review = session.execute(sa.select(Review).where(Review.assignment_id == row.id)).scalar_one_or_none()
    return assignment_facts(entry_facts(session, _entry(session, world.request), actor), row, review)


def _recognition_facts(session: Session, world: World, actor: Actor) -> ItemFacts:
    """Whatever became of the entry, the page of its recognition is there for everybody."""
    query = sa.select(Entry).join(Recognition, Recognition.entry_id == Entry.id)
    entry = session.execute(query.where(Recognition.ref == world.recognition)).scalar_one()
    return replace(entry_facts(session, entry, actor), publication=Publication.PUBLISHED)


def _decision_facts(session: Session, world: World, actor: Actor) -> ItemFacts:
    row = session.execute(sa.select(Decision).where(Decision.ref == world.decision)).scalar_one()
    return decision_facts(session, session.get_one(Entry, row.entry_id), row, actor)


def _call(session: Session, world: World) -> Call:
    return session.execute(sa.select(Call).where(Call.ref == world.call)).scalar_one()


_FACTS: Mapping[str, Callable[[Session, World, Actor], ItemFacts]] = {
    "decision": _decision_facts,
    "recognition": _recognition_facts,
    "assignment": _assignment_facts,
}
