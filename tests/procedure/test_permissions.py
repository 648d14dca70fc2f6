"""The policy against permissions.csv, which people wrote and review; expanded over situations.

Words of a cell, all of which must hold: yes; o own object; d before the deadline (and the call open);
edit editor; c conflict cleared; p:… in the phase; r after release; 2 a second person (2AUD: who is an
auditor); b break-glass; the others are what they say. Empty: no.
"""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from procedure.access import refusal
from procedure.facts import ItemFacts, Standing
from procedure.policy import TABLE
from procedure.reasons import REASONS
from tests.procedure.worlds import KINDS, ME, NOW, SITUATIONS, STAFF, actor_of
from vocabulary.actions import Action
from vocabulary.people import Role

with (Path(__file__).parent / "permissions.csv").open(encoding="utf-8", newline="") as file:
    ROWS = {line["action"]: line for line in csv.DictReader(file)}

REVIEWED = {"request": {"submitted", "returned", "in_review"}, "offer": {"submitted", "checked", "active"}}
UNDER_WAY = {
    "request": {
        "submitted",
        "returned",
        "ineligible",
        "in_review",
        "deliberation",
        "decided",
        "released",
        "reconsideration",
    },
    "offer": {"submitted", "returned", "checked", "active", "paused", "expired"},
}
PHASES: dict[str, dict[str, set[str]]] = {
    "under_way": UNDER_WAY,
    "request": {"request": UNDER_WAY["request"]},
    "editable": {
        "request": {"draft", "submitted", "returned"},
        "offer": {"draft", "submitted", "returned", "checked", "active", "paused"},
    },
    "draft": {"request": {"draft"}, "offer": {"draft"}},
    "just_submitted": {"request": {"submitted"}},
    "returnable": {"request": {"submitted", "deliberation"}, "offer": {"submitted"}},
    "assigning": REVIEWED,
    "scoring": REVIEWED,
    "reviewing": {"request": {*REVIEWED["request"], "deliberation"}, "offer": REVIEWED["offer"]},
    "deliberation": {"request": {"deliberation"}},
    "deliberated": {"request": {"deliberation", "decided"}},
    "late": {"request": {"deliberation", "decided", "released", "reconsideration"}},
    "decided": {"request": {"decided", "ineligible"}},
    "released": {"request": {"released", "reconsideration"}},
    "reconsideration": {"request": {"reconsideration"}},
    "recognisable": {"offer": {"checked", "active", "paused"}},
}
SECONDS = {"2AUD": Role.AUDITOR, "2DEC": Role.DECIDER, "2OFF": Role.OFFICER}


def in_phase(phase: str, facts: ItemFacts) -> bool:
    if phase == "panel":
        return facts.call_phase in ("review", "deliberation", "decided")
    if phase == "panel_begun":
        return facts.call_phase in ("review", "deliberation", "decided", "released", "archived")
    if phase == "scoring" and facts.call_phase not in (None, "open", "closed", "review"):
        return False
    return facts.state in PHASES[phase].get(str(facts.kind), set())


def in_time(facts: ItemFacts) -> bool:
    if facts.opens_at is not None and facts.opens_at > NOW:
        return False
    if facts.call_phase in ("draft", "scheduled", "decided", "cancelled"):
        return False
    if facts.call_phase not in (None, "open") and (facts.closes_at is None or facts.closes_at > NOW):
        return False
    if facts.deadline_at is None:
        return facts.call_phase in (None, "open")
    return facts.deadline_at > NOW


def is_own(kind: str, facts: ItemFacts, *, is_entry: bool) -> bool:
    """Whether "own object" holds: some kinds are themselves the tie, others ask whom the thing concerns."""
    if kind == "OWN" or (is_entry and kind in ("COL", "NOM", "NEE")):
        return True
    return facts.owner_id == ME if is_entry and kind == "PAR" else facts.subject_id == ME


def holds(word: str, kind: str, action: str, facts: ItemFacts) -> bool:
    """One word of one cell; written from the legend, not from the code."""
    if word.startswith("p:"):
        return in_phase(word[2:], facts)
    if word in SECONDS:
        return facts.proposed_by_id not in (None, ME) and SECONDS[word] in facts.proposer_roles
    is_entry = not action.startswith(("account.", "export.", "token."))
    meanings = {
        "yes": lambda: True,
        "o": lambda: is_own(kind, facts, is_entry=is_entry),
        "d": lambda: in_time(facts),
        "comment": lambda: ME in facts.commenter_ids,
        "edit": lambda: ME in facts.editor_ids,
        "c": lambda: facts.conflict is Standing.CLEARED,
        "r": lambda: in_phase("released", facts),
        "told": lambda: in_phase("released", facts) or facts.is_result_out,
        "2": lambda: not facts.four_eyes or facts.proposed_by_id not in (None, ME),
        "b": lambda: (facts.break_glass_reason or "").strip() != "",
        "received": lambda: facts.state != "draft",
        "published": lambda: facts.publication == "published",
        "announced": lambda: facts.call_phase is not None and facts.call_phase != "draft",
        "open_names": lambda: not facts.is_blind,
        "open_names_or_r": lambda: not facts.is_blind or in_phase("released", facts),
        "names": lambda: facts.reviewers_see_names,
        "sent": lambda: facts.is_review_submitted,
        "shown": lambda: facts.shows_own_verdict,
        "agreed": lambda: facts.contacts_shared,
        "over": lambda: facts.is_call_over,
        "side": lambda: facts.owner_id == ME or ME in facts.partner_ids,
        "not_own": lambda: facts.subject_id not in (None, ME),
        "uninvolved": lambda: ME not in facts.involved_ids,
        "in_call": lambda: facts.call_id is not None,
        "technical": lambda: facts.entry_id is None and facts.call_id is None,
    }
    return meanings[word]()


def kinds_held(kind: str, facts: ItemFacts) -> set[str]:
    """The kind that the world was made for, and what the situation adds or takes away."""
    held = {"PUB", kind}
    if kind in STAFF and facts.call_id != 3:
        held.discard(kind)
    if kind == "FOC" and "KEN" not in facts.countries:
        held.discard("FOC")
    if kind == "OWN" and facts.owner_id != ME:
        held.discard("OWN")
    if kind not in ("PUB", "SYS"):
        held |= {"OWN"} if facts.owner_id == ME else set()
        held |= {"PAR"} if facts.owner_id == ME and facts.kind == "offer" else set()
        held |= {"COL"} if ME in facts.editor_ids | facts.commenter_ids else set()
    return held


CLOSED_BEFORE_ANSWER = {
    *("entry.read", "entry.read_protected", "entry.screen", "entry.note", "entry.edit_on_behalf"),
    *("entry.propose_return", "entry.return", "entry.mark_ineligible", "attachment.download"),
    *("entry.propose_ineligible", "entry.restore", "entry.message"),
    *("conflict.rule", "conflict.suggest", "review.return", "review.void", "review.read_others"),
    *("review.read_author", "review.read_results", "review.record_consensus"),
    *("panel.open", "panel.discuss"),
    *("recognition.propose", "recognition.approve"),
    *("decision.propose", "decision.approve", "decision.read", "match.read", "match.read_contacts"),
}


def is_before_answer(action: str, facts: ItemFacts) -> bool:
    """Where everybody is asked, no office opens content or judges before the conflict answer."""
    is_asked = facts.asks_everybody and facts.entry_id is not None
    return is_asked and facts.conflict is Standing.UNANSWERED and action in CLOSED_BEFORE_ANSWER


def expected(action: str, kind: str, facts: ItemFacts) -> bool:
    held = kinds_held(kind, facts)
    if facts.conflict in (Standing.UNDECIDED, Standing.UPHELD):
        held &= (
            {"PUB", "OWN", "REV"} if action in ("assignment.decline", "assignment.recuse") else {"PUB", "OWN"}
        )
    if is_before_answer(action, facts):
        held -= set(STAFF)
    helpers = facts.collaborator_ids | facts.commenter_ids | facts.editor_ids | facts.past_helper_ids
    if facts.owner_id == ME or ME in helpers:  # nobody judges what they wrote, help to write or once did
        held -= {*STAFF, "FOC"}
        held -= set() if action in ("assignment.decline", "assignment.recuse") else {"REV"}
    return any(
        ROWS[action][one] and all(holds(word, one, action, facts) for word in ROWS[action][one].split())
        for one in held
    )


def test_table_and_file_list_the_same_actions():
    actions = {str(action) for action in Action}

    assert set(ROWS) == actions
    assert {str(action) for action in TABLE} == actions


@pytest.mark.parametrize("action", Action, ids=str)
def test_refusal_agrees_with_the_table_for_every_kind_in_every_situation(action):
    differences = [
        (kind, code, facts)
        for kind in KINDS
        for facts in SITUATIONS[kind]
        if ((code := refusal(actor_of(kind), action, facts, NOW)) is None) != expected(action, kind, facts)
        or not (code is None or code in REASONS)
    ]

    assert differences == []
