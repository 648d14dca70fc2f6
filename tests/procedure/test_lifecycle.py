"""procedure/lifecycle.py: every pair of state and action tried, every state reachable."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from procedure import lifecycle
from procedure.lifecycle import actions_from, advance, advance_entry
from vocabulary import states
from vocabulary.errors import Conflict
from vocabulary.labels import PUBLIC_LABELS, label_of
from vocabulary.states import (
    CLOSED_MATCHES,
    AssignmentAction,
    AssignmentState,
    CallAction,
    CallState,
    EntryAction,
    EntryKind,
    MatchAction,
    MatchState,
    OfferState,
    RequestState,
    ReviewAction,
    ReviewState,
)

# Written as state: action>state, by reading the procedure, not the tables.
EXPECTED: dict[str, str] = {
    "CALL_STEPS": """
        draft: schedule>scheduled cancel>cancelled
        scheduled: open>open cancel>cancelled
        open: close>closed cancel>cancelled
        closed: reopen>open start_review>review cancel>cancelled
        review: deliberate>deliberation cancel>cancelled
        deliberation: decide>decided cancel>cancelled
        decided: release>released cancel>cancelled
        released: archive>archived
        archived:
        cancelled:
    """,
    "REQUEST_STEPS": """
        draft: submit>submitted
        submitted: revise>submitted return>returned mark_ineligible>ineligible start_review>in_review
                   withdraw>withdrawn
        returned: revise>submitted lapse>lapsed withdraw>withdrawn
        lapsed: restore>returned archive>archived
        ineligible: restore>submitted release>released withdraw>withdrawn
        in_review: deliberate>deliberation withdraw>withdrawn
        deliberation: return>returned decide>decided withdraw>withdrawn
        decided: reopen>deliberation release>released withdraw>withdrawn
        released: ask_reconsideration>reconsideration archive>archived
        reconsideration: release>released
        withdrawn: restore>submitted archive>archived
        archived:
    """,
    "OFFER_STEPS": """
        draft: submit>submitted
        submitted: revise>submitted return>returned refuse>refused check>checked withdraw>withdrawn
        returned: revise>submitted withdraw>withdrawn
        refused: restore>submitted archive>archived
        checked: revise>submitted activate>active expire>expired withdraw>withdrawn
        active: revise>submitted pause>paused renew>active expire>expired close>closed withdraw>withdrawn
        paused: revise>submitted resume>active renew>paused expire>expired close>closed withdraw>withdrawn
        expired: renew>active close>closed withdraw>withdrawn archive>archived
        closed: archive>archived
        withdrawn: restore>submitted archive>archived
        archived:
    """,
    "ASSIGNMENT_STEPS": """
        invited: accept>accepted decline>declined recuse>recused expire>expired
        accepted: decline>declined recuse>recused expire>expired
        declined: invite_again>invited
        recused:
        expired: invite_again>invited
    """,
    "REVIEW_STEPS": """
        draft: submit>submitted void>void release>released
        submitted: revise>submitted return>returned lock>locked void>void release>released
        returned: submit>submitted void>void release>released
        locked: return>returned void>void
        void:
        released:
    """,
    "MATCH_STEPS": """
        suggested: shortlist>shortlisted cancel>cancelled
        shortlisted: propose>proposed cancel>cancelled
        proposed: agree>agreed decline>declined lapse>lapsed cancel>cancelled
        agreed: start>active cancel>cancelled
        active: complete>completed end_early>ended_early
        completed:
        ended_early:
        declined:
        lapsed:
        cancelled:
    """,
}
KINDS: dict[str, tuple[Any, Any, Any]] = {
    "CALL_STEPS": (CallState, CallAction, CallState.DRAFT),
    "REQUEST_STEPS": (RequestState, EntryAction, RequestState.DRAFT),
    "OFFER_STEPS": (OfferState, EntryAction, OfferState.DRAFT),
    "ASSIGNMENT_STEPS": (AssignmentState, AssignmentAction, AssignmentState.INVITED),
    "REVIEW_STEPS": (ReviewState, ReviewAction, ReviewState.DRAFT),
    "MATCH_STEPS": (MatchState, MatchAction, MatchState.SUGGESTED),
}


def expected_of(name: str) -> dict[tuple[str, str], str]:
    """(state, action) -> state, read from the text above."""
    pairs, state = {}, ""
    for word in EXPECTED[name].split():
        if word.endswith(":"):
            state = word[:-1]
        else:
            action, _, to = word.partition(">")
            pairs[state, action] = to
    return pairs


def table(name: str) -> Mapping[tuple[Any, Any], Any]:
    return getattr(lifecycle, name)


@pytest.mark.parametrize("name", EXPECTED)
def test_advance_does_what_is_listed_and_refuses_every_other_pair(name):
    state_words, action_words, _ = KINDS[name]
    expected = expected_of(name)

    for state in state_words:
        for action in action_words:
            if (state, action) in expected:
                assert advance(table(name), state, action) == expected[state, action]
            else:
                with pytest.raises(Conflict) as refused:
                    advance(table(name), state, action)
                assert refused.value.code == "wrong_state"
                assert refused.value.extra == {
                    "state": state.value,
                    "possible": [step.value for step in actions_from(table(name), state)],
                }


@pytest.mark.parametrize("name", EXPECTED)
def test_every_state_can_be_reached_from_the_first(name):
    state_words, _, first = KINDS[name]
    reached, todo = {first}, [first]

    while todo:
        state = todo.pop()
        found = {to for (at, _), to in table(name).items() if at is state} - reached
        reached |= found
        todo += found

    assert reached == set(state_words)


@pytest.mark.parametrize("name", EXPECTED)
def test_every_action_stands_for_some_step(name):
    _, action_words, _ = KINDS[name]
    steps = (
        lifecycle.REQUEST_STEPS.keys() | lifecycle.OFFER_STEPS.keys()
        if action_words is EntryAction
        else table(name)
    )

    assert {action for _, action in steps} == set(action_words)


def test_advance_says_which_state_stands_in_the_way():
    with pytest.raises(Conflict) as refused:
        advance(lifecycle.REQUEST_STEPS, RequestState.RETURNED, EntryAction.DECIDE)

    assert refused.value.message == "This cannot be done now: the state is “returned with questions”."
    assert refused.value.extra == {"state": "returned", "possible": ["revise", "lapse", "withdraw"]}


def test_advance_entry_takes_the_table_of_the_kind():
    assert advance_entry(EntryKind.REQUEST, "draft", EntryAction.SUBMIT) is RequestState.SUBMITTED
    assert advance_entry(EntryKind.OFFER, "submitted", EntryAction.CHECK) is OfferState.CHECKED
    with pytest.raises(Conflict):
        advance_entry(EntryKind.REQUEST, "submitted", EntryAction.CHECK)


def test_closed_matches_are_those_that_nothing_follows():
    assert {state for state in MatchState if not actions_from(lifecycle.MATCH_STEPS, state)} == CLOSED_MATCHES


def test_every_state_has_a_word_and_every_request_a_public_label():
    words = {
        member.value
        for name, cls in vars(states).items()
        if name.endswith("State") and isinstance(cls, type)
        for member in cls
    }

    assert {label_of(word).msgid != "" for word in words} == {True}
    assert set(PUBLIC_LABELS) == set(RequestState)
    assert {str(label) for label in PUBLIC_LABELS.values()} == {
        "Draft",
        "Received",
        "Question to you",
        "Under review",
        "Result available",
        "Withdrawn",
        "Closed",
    }


def test_public_label_gives_away_no_decision_before_its_release():
    hidden = (RequestState.INELIGIBLE, RequestState.DELIBERATION, RequestState.DECIDED)

    assert [str(PUBLIC_LABELS[state]) for state in hidden] == ["Received", "Under review", "Under review"]
