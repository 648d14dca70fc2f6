"""procedure/access.py: default deny, reasons, private links, tokens, conflicts, roles and their places."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from typing import Any, cast

import pytest

from procedure.access import (
    is_open_to_signed_out,
    is_visible,
    may,
    may_propose,
    refusal,
    require,
)
from procedure.facts import ANYWHERE, NOTHING, ItemFacts, Kind, Standing, kinds_of
from procedure.policy import (
    BY_NOMINATORS_LINK,
    BY_NOMINEES_LINK,
    BY_PRIVATE_LINK,
    KEPT_UNDER_CONFLICT,
    LISTS,
    TABLE,
)
from procedure.reasons import REASONS
from procedure.scopes import scope_needed
from tests.procedure.worlds import CALL, ENTRY, KINDS, ME, NOW, OTHER, STAFF, TIES, VARIATIONS, actor_of, item
from vocabulary.actions import Action
from vocabulary.errors import Refused
from vocabulary.people import SIGNED_OUT, SYSTEM, Actor, Grant, Role, Scope
from vocabulary.states import CallState, EntryKind, OfferState, Publication, RequestState

NAMES_OF_TIES = {name for tie in TIES.values() for name in tie}
DRAFT = item("PUB", state=RequestState.DRAFT, publication=Publication.NONE, owner_id=None)
BY_LINK = Actor(entry_ids=frozenset({ENTRY}))


def someone(*roles: Role, call_id: int | None = None, **changes: Any) -> Actor:
    grants = frozenset(Grant(role, call_id=call_id) for role in roles)
    return Actor(account_id=ME, grants=grants, **changes)


@pytest.mark.parametrize(
    ("actor", "action", "facts"),
    [
        (None, Action.PAGE_READ, NOTHING),
        (SYSTEM, Action.PAGE_READ, None),
        (SYSTEM, "page.destroy", NOTHING),
        (SYSTEM, None, NOTHING),
        ("officer", Action.CALL_EDIT, NOTHING),
    ],
)
def test_refusal_refuses_a_question_that_makes_no_sense(actor, action, facts):
    assert refusal(cast(Any, actor), cast(Any, action), cast(Any, facts), NOW) == "unknown"


def test_refusal_answers_the_same_to_named_arguments():
    asked = {"actor": someone(), "action": Action.ENTRY_READ, "facts": item("PUB"), "now": NOW}

    assert refusal(**cast(Any, asked)) == refusal(someone(), Action.ENTRY_READ, item("PUB"), NOW) == "role"


def test_refusal_refuses_nearly_everything_about_nothing_in_particular():
    allowed = {action for action in Action if may(someone(), action, NOTHING, NOW)}

    assert allowed == {
        Action.ENTRY_CREATE,
        Action.COVERAGE_READ,
        Action.RECOGNITION_READ,
        Action.FELLOW_READ,
        Action.ORGANISATION_READ,
        Action.ACCOUNT_CREATE,
        Action.ACCOUNT_SIGN_IN,
        Action.COLLABORATOR_ANSWER,
        Action.CONSULTATION_ANSWER,
        Action.EXPORT_PUBLIC,
        Action.PAGE_READ,
        Action.REFERENCE_READ,
        Action.CRITERIA_READ,
        Action.CRITERIA_EVALUATE,
    }


def test_require_raises_the_sentence_and_the_code():
    with pytest.raises(Refused) as refused:
        require(someone(), Action.ENTRY_MARK_INELIGIBLE, item("PUB"), NOW)

    assert (refused.value.code, refused.value.message) == ("role", "Your roles do not allow this.")


def test_require_lets_pass_what_is_allowed():
    require(SIGNED_OUT, Action.ENTRY_READ_PUBLIC, item("PUB"), NOW)


def test_every_reason_has_a_sentence_and_every_sentence_a_reason():
    conditions = {c.code for row in TABLE.values() for cell in row.values() for c in cell}

    assert conditions | {"unknown", "sign_in", "role", "scope", "conflict_of_interest"} == set(REASONS)
    assert all(text.msgid.endswith(".") for text in REASONS.values())


@pytest.mark.parametrize(
    ("actor", "action", "facts", "code"),
    [
        (SIGNED_OUT, Action.ENTRY_EDIT, DRAFT, "sign_in"),
        (someone(), Action.ENTRY_EDIT, DRAFT, "role"),
        (someone(), Action.ENTRY_EDIT, item("OWN", deadline_at=NOW), "deadline_passed"),
        (someone(), Action.ENTRY_EDIT, item("OWN", state="in_review"), "frozen"),
        (someone(), Action.ENTRY_SUBMIT, item("OWN", call_phase=CallState.CANCELLED), "call_not_open"),
        (someone(), Action.ENTRY_EDIT, item("COL"), "view_only"),
        (someone(), Action.ENTRY_DISCARD, item("OWN"), "not_a_draft"),
        (someone(), Action.ENTRY_READ, item("REV", conflict=Standing.UNANSWERED), "conflict_unanswered"),
        (someone(), Action.ENTRY_READ, item("REV", conflict=Standing.UNDECIDED), "conflict_of_interest"),
        (someone(), Action.REVIEW_WRITE, item("REV", state="deliberation"), "scoring_closed"),
        (someone(), Action.REVIEW_WRITE, item("REV", subject_id=OTHER), "not_yours"),
        (someone(), Action.REVIEW_READ_RESULTS, item("REV"), "before_deliberation"),
        (
            someone(),
            Action.REVIEW_READ_VERDICT,
            item("REV", is_review_submitted=False),
            "review_not_submitted",
        ),
        (someone(Role.OFFICER), Action.CALL_PUBLISH, item("PUB", proposed_by_id=None), "needs_second_person"),
        (someone(Role.ADMIN), Action.ENTRY_READ, item("PUB", break_glass_reason=None), "needs_reason"),
        (someone(), Action.ENTRY_READ_PUBLIC, DRAFT, "not_published"),
        (someone(), Action.MATCH_READ_CONTACTS, item("OWN", contacts_shared=False), "not_agreed"),
        (someone(Role.OFFICER), Action.CONFLICT_RULE, item("PUB"), "own_case"),
    ],
)
def test_refusal_gives_the_reason_that_helps(actor, action, facts, code):
    assert refusal(actor, action, facts, NOW) == code


def test_private_link_makes_an_owner_without_account_for_what_it_is_meant_for():
    allowed = {
        action
        for action in Action
        if may(BY_LINK, action, DRAFT, NOW) and not may(SIGNED_OUT, action, DRAFT, NOW)
    }

    assert allowed == BY_PRIVATE_LINK
    assert {str(action) for action in BY_PRIVATE_LINK} == {
        "entry.list_own",
        "entry.read",
        "entry.read_identity",
        "entry.edit",
        "entry.submit",
        "entry.discard",
        "entry.claim",
        "entry.withdraw",
        "entry.renew",
        "entry.pause",
        "entry.message",
        "attachment.upload",
        "attachment.remove",
        "attachment.download",
        "publication.consent",
        "match.read",
    }


def test_nominators_link_opens_one_nomination_for_what_it_is_meant_for():
    holder = Actor(nomination_ids=frozenset({9}))
    facts = replace(item("PUB"), entry_id=None, nomination_id=9)

    allowed = {
        action
        for action in Action
        if may(holder, action, facts, NOW) and not may(SIGNED_OUT, action, facts, NOW)
    }

    assert {str(action) for action in allowed} == {
        "nomination.read",
        "nomination.approve",
        "nomination.withdraw",
    }
    other = replace(facts, nomination_id=10)
    assert not any(may(holder, action, other, NOW) for action in allowed)


def test_link_of_an_invited_nominee_takes_up_or_ends_that_nomination_and_reads_nothing():
    holder = Actor(invited_ids=frozenset({9}))
    facts = replace(item("PUB"), entry_id=None, nomination_id=9)

    allowed = {
        action
        for action in Action
        if may(holder, action, facts, NOW) and not may(SIGNED_OUT, action, facts, NOW)
    }

    assert {str(action) for action in allowed} == {"nomination.take_up", "nomination.withdraw"}
    other = replace(facts, nomination_id=10)
    assert not any(may(holder, action, other, NOW) for action in allowed)


def test_role_of_a_reviewer_or_nominator_opens_no_nomination():
    facts = replace(item("PUB"), entry_id=None, nomination_id=9)

    for role in (Role.REVIEWER, Role.NOMINATOR):
        assert not may(someone(role), Action.NOMINATION_READ, facts, NOW)


def test_private_link_opens_no_other_entry_and_nothing_after_the_deadline():
    other = replace(DRAFT, entry_id=ENTRY + 1)

    assert refusal(BY_LINK, Action.ENTRY_READ, other, NOW) == "sign_in"
    assert refusal(BY_LINK, Action.ENTRY_SUBMIT, replace(DRAFT, deadline_at=NOW), NOW) == "deadline_passed"


def test_signed_out_people_own_nothing_that_has_no_owner():
    facts = item("PUB", owner_id=None, subject_id=None, publication=Publication.NONE)

    assert kinds_of(SIGNED_OUT, facts) == {Kind.PUB}
    assert {a for a in Action if may(SIGNED_OUT, a, facts, NOW)} & {
        Action.ENTRY_READ,
        Action.EXPORT_OWN,
    } == set()


def test_a_fact_left_out_opens_nothing():
    facts = ItemFacts(kind=EntryKind.REQUEST, entry_id=ENTRY, state=RequestState.DELIBERATION)
    reviewer = replace(facts, assigned_reviewer_ids=frozenset({ME}), subject_id=ME)
    cleared = replace(reviewer, conflict=Standing.CLEARED)

    assert kinds_of(BY_LINK, facts) == {Kind.PUB}
    assert refusal(someone(), Action.ENTRY_READ, reviewer, NOW) == "conflict_unanswered"
    assert refusal(someone(), Action.ENTRY_READ_IDENTITY, cleared, NOW) == "blind_call"
    assert refusal(someone(), Action.REVIEW_READ_AUTHOR, cleared, NOW) == "names_hidden"
    assert refusal(someone(), Action.REVIEW_READ_VERDICT, cleared, NOW) == "review_not_submitted"
    assert refusal(someone(), Action.REVIEW_READ_STATISTICS, cleared, NOW) == "call_not_over"
    assert refusal(someone(Role.OFFICER), Action.CALL_PUBLISH, facts, NOW) == "needs_second_person"
    assert refusal(someone(Role.AUDITOR), Action.ENTRY_READ, facts, NOW) == "needs_reason"
    assert refusal(someone(), Action.MATCH_READ_CONTACTS, replace(facts, owner_id=ME), NOW) == "not_agreed"
    assert refusal(someone(), Action.ENTRY_READ_PUBLIC, facts, NOW) == "not_published"
    assert refusal(someone(Role.OFFICER, call_id=CALL), Action.ENTRY_READ, facts, NOW) == "role"


def test_anybody_may_begin_an_entry_while_the_call_is_open():
    assert may(SIGNED_OUT, Action.ENTRY_CREATE, NOTHING, NOW)
    assert may(SIGNED_OUT, Action.ENTRY_CREATE, ItemFacts(call_id=CALL, call_phase=CallState.OPEN), NOW)
    assert not may(SIGNED_OUT, Action.ENTRY_CREATE, ItemFacts(call_id=CALL, call_phase=CallState.CLOSED), NOW)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("standing", [Standing.UNDECIDED, Standing.UPHELD])
def test_conflict_leaves_the_public_and_the_own_and_the_way_out(kind, standing):
    facts = item(kind, conflict=standing)
    kept = {Kind.PUB, Kind.OWN}

    allowed = {action for action in Action if may(actor_of(kind), action, facts, NOW)}

    reachable = {action for action in Action if kept & set(TABLE[action]) & kinds_of(actor_of(kind), facts)}
    assert allowed <= reachable | (KEPT_UNDER_CONFLICT if kind == "REV" else set())
    assert kind != "REV" or allowed >= KEPT_UNDER_CONFLICT


@pytest.mark.parametrize("role", STAFF.values())
def test_role_of_one_call_holds_for_that_call_only(role):
    actor = someone(role, call_id=CALL)

    held = [
        bool(kinds_of(actor, item("PUB", call_id=call_id)) - {Kind.PUB}) for call_id in (CALL, CALL + 1, None)
    ]

    assert held == [True, False, False]


def test_role_counts_wherever_held_for_lists_only():
    actor = someone(Role.OFFICER, call_id=CALL)

    held = {action for action in Action if may(actor, action, ANYWHERE, NOW)} - {
        action for action in Action if may(someone(), action, NOTHING, NOW)
    }

    assert held == {action for action in LISTS if {Kind.OFF, Kind.OWN} & set(TABLE[action])}
    assert {action for action in Action if ".list" in action.value} == LISTS


def test_focal_point_sees_requests_that_touch_the_country_and_no_review():
    focal_point, elsewhere = actor_of("FOC"), item("PUB", countries=frozenset({"TZA"}))
    here = item("PUB", state="in_review")

    assert may(focal_point, Action.ENTRY_READ, here, NOW)
    assert not may(focal_point, Action.ENTRY_READ, elsewhere, NOW)
    assert not may(focal_point, Action.ENTRY_READ, replace(here, kind=EntryKind.OFFER, state="active"), NOW)
    assert not may(focal_point, Action.ENTRY_READ, replace(here, state="draft"), NOW)
    assert not may(focal_point, Action.REVIEW_READ_RESULTS, here, NOW)


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        (ItemFacts(), None),
        (ItemFacts(call_id=CALL), "not_technical"),
        (ItemFacts(entry_id=ENTRY), "not_technical"),
        (ItemFacts(entry_id=ENTRY, call_id=CALL), "not_technical"),
    ],
)
def test_administrator_reads_technical_records_and_not_those_of_calls_and_entries(facts, code):
    assert refusal(someone(Role.ADMIN), Action.AUDIT_READ, facts, NOW) == code


def test_administrator_grants_roles_outside_of_calls_with_a_second_person():
    admin, colleague = someone(Role.ADMIN), ItemFacts(proposed_by_id=OTHER)

    assert refusal(admin, Action.ROLE_GRANT, NOTHING, NOW) == "needs_second_person"
    assert refusal(admin, Action.ROLE_GRANT, colleague, NOW) is None
    assert refusal(admin, Action.ROLE_GRANT, replace(colleague, call_id=CALL), NOW) == "not_technical"


def test_officer_and_administrator_never_write_a_score():
    facts = item("REV", assigned_reviewer_ids=frozenset({OTHER}))

    for role in (Role.OFFICER, Role.ADMIN, Role.MODERATOR, Role.DECIDER, Role.AUDITOR):
        for action in (Action.REVIEW_WRITE, Action.REVIEW_SUBMIT, Action.REVIEW_REVISE):
            assert refusal(someone(role), action, facts, NOW) == "role"


def test_two_kinds_together_give_no_more_than_each_gives_alone():
    for first, second in combinations([k for k in KINDS if k not in ("PUB", "SYS")], 2):
        both = Actor(account_id=ME, grants=actor_of(first).grants | actor_of(second).grants)
        for variation in VARIATIONS[::3]:
            alone = [item(kind, **variation) for kind in (first, second)]
            ties = {
                name: getattr(alone[1], name)
                for name in NAMES_OF_TIES
                if getattr(alone[1], name) not in (None, frozenset(), OTHER)
            }
            together = replace(alone[0], **ties)
            for action in Action:
                union = may(actor_of(first), action, together, NOW) or may(
                    actor_of(second), action, together, NOW
                )
                assert may(both, action, together, NOW) == union, (first, second, action)


@pytest.mark.parametrize(
    ("scopes", "allowed"),
    [
        (None, {"read", "edit", "public", "create"}),
        (frozenset(), {"public"}),
        ({Scope.READ}, {"read", "public"}),
        ({Scope.WRITE_ENTRIES}, {"edit", "public", "create"}),
        ({Scope.WRITE_REVIEWS, Scope.MANAGE}, {"public"}),
        (set(Scope), {"read", "edit", "public", "create"}),
    ],
)
def test_token_may_do_what_its_scopes_and_its_owner_may(scopes, allowed):
    actor = someone(scopes=None if scopes is None else frozenset(scopes))
    asked = {
        "read": Action.ENTRY_READ,
        "edit": Action.ENTRY_EDIT,
        "public": Action.ENTRY_READ_PUBLIC,
        "create": Action.ENTRY_CREATE,
        "screen": Action.ENTRY_SCREEN,
    }

    codes = {name: refusal(actor, action, item("OWN"), NOW) for name, action in asked.items()}

    assert {name for name, code in codes.items() if code is None} == allowed
    assert {codes[name] for name in {"read", "edit", "create"} - allowed} <= {"scope"}
    assert codes["screen"] == "role"


def test_scope_needed_parts_reading_from_writing_and_from_managing():
    of_scope = {scope: {str(a) for a in Action if scope_needed(a) is scope} for scope in Scope}

    assert of_scope[Scope.WRITE_REVIEWS] == {
        "conflict.declare",
        "assignment.accept",
        "assignment.decline",
        "assignment.recuse",
        "review.write",
        "review.submit",
        "review.revise",
        "calibration.score",
        "panel.discuss",
        "mark.answer",
        "mark.give",
    }
    assert of_scope[Scope.WRITE_ENTRIES] == {
        "entry.create",
        "entry.edit",
        "entry.submit",
        "entry.discard",
        "entry.claim",
        "entry.withdraw",
        "entry.renew",
        "entry.pause",
        "entry.message",
        "entry.consult",
        "consultation.answer",
        "attachment.upload",
        "attachment.remove",
        "reconsideration.ask",
        "recognition.ask_renewal",
        "publication.consent",
        "match.answer",
        "match.report_outcome",
        "nomination.create",
        "nomination.invite",
        "nomination.take_up",
        "nomination.edit",
        "nomination.approve",
        "nomination.withdraw",
        "place.answer",
        "collaborator.grant",
        "collaborator.answer",
        "collaborator.leave",
    }
    verbs = {action.partition(".")[2].partition("_")[0] for action in of_scope[Scope.READ]}
    assert verbs == {"read", "list", "preview", "download", "verify", "evaluate", "sign", "own", "public"}
    assert "entry.read_protected" in of_scope[Scope.MANAGE]


def test_first_of_two_steps_may_be_taken_by_whoever_may_take_the_second():
    facts = item("PUB", proposed_by_id=None)

    assert may_propose(someone(Role.OFFICER), Action.CALL_PUBLISH, facts, NOW)
    assert not may_propose(someone(), Action.CALL_PUBLISH, facts, NOW)
    assert may(someone(Role.OFFICER), Action.CALL_PUBLISH, replace(facts, four_eyes=False), NOW)
    assert may_propose(someone(Role.OFFICER), Action.CALL_PUBLISH, replace(facts, four_eyes=False), NOW)


@pytest.mark.parametrize(
    ("kind", "changes", "visible"),
    [
        ("PUB", {}, True),
        ("PUB", {"publication": Publication.CONSENTED}, False),
        ("OWN", {"publication": Publication.NONE, "state": "draft"}, True),
        ("REV", {"publication": Publication.NONE, "conflict": Standing.UNANSWERED}, True),
        ("REV", {"publication": Publication.NONE, "conflict": Standing.UPHELD}, False),
        ("OFF", {"publication": Publication.NONE}, True),
        *(
            (kind, {"publication": Publication.NONE, "state": "draft"}, False)
            for kind in ("MOD", "OFF", "DEC")
        ),
        ("OFF", {"publication": Publication.NONE, "conflict": Standing.UPHELD}, False),
        ("ADM", {"publication": Publication.NONE, "break_glass_reason": None}, False),
    ],
)
def test_is_visible_to_those_who_may_read_or_preview(kind, changes, visible):
    assert is_visible(actor_of(kind), item(kind, **changes), NOW) is visible


def test_is_open_to_signed_out_lets_through_the_public_and_private_links():
    public = {action for action in Action if Kind.PUB in TABLE[action]}

    assert {action for action in Action if is_open_to_signed_out(action)} == (
        BY_PRIVATE_LINK | BY_NOMINATORS_LINK | BY_NOMINEES_LINK | public
    )
    assert not is_open_to_signed_out(Action.ENTRY_LIST_ALL)
    assert not is_open_to_signed_out(cast(Any, "page.destroy"))


def test_owner_of_an_offer_is_also_a_partner_and_a_partner_by_role_has_no_entry():
    offer = item("OWN", kind=EntryKind.OFFER, state=OfferState.ACTIVE)

    assert kinds_of(someone(), offer) == {Kind.PUB, Kind.OWN, Kind.PAR}
    assert kinds_of(someone(Role.PARTNER), item("PUB")) == {Kind.PUB}
    assert may(someone(Role.PARTNER), Action.TOKEN_CREATE, NOTHING, NOW)
