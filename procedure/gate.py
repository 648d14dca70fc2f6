"""What opens only after the conflict question, where a call asks everybody who holds an office?

The same rule as for reviewers, whose cells of the permission table ask it one by one (procedure/policy.py).
"""

from __future__ import annotations

from vocabulary.actions import Action

CLOSED_BEFORE_ANSWER = frozenset(
    {
        Action.ENTRY_READ,
        Action.ENTRY_READ_PROTECTED,
        Action.ENTRY_SCREEN,
        Action.ENTRY_PROPOSE_RETURN,
        Action.ENTRY_RETURN,
        Action.ENTRY_PROPOSE_INELIGIBLE,
        Action.ENTRY_MARK_INELIGIBLE,
        Action.ENTRY_RESTORE,
        Action.ENTRY_MESSAGE,
        Action.ENTRY_NOTE,
        Action.ENTRY_EDIT_ON_BEHALF,
        Action.ATTACHMENT_DOWNLOAD,
        Action.CONFLICT_RULE,
        Action.CONFLICT_SUGGEST,
        Action.REVIEW_RETURN,
        Action.REVIEW_VOID,
        Action.REVIEW_READ_OTHERS,
        Action.REVIEW_READ_AUTHOR,
        Action.REVIEW_READ_RESULTS,
        Action.REVIEW_RECORD_CONSENSUS,
        Action.PANEL_OPEN,
        Action.PANEL_DISCUSS,
        Action.DECISION_PROPOSE,
        Action.DECISION_APPROVE,
        Action.DECISION_READ,
        Action.RECOGNITION_PROPOSE,
        Action.RECOGNITION_APPROVE,
        Action.MATCH_READ,
        Action.MATCH_READ_CONTACTS,
    }
)
"""No answer, no content, and no say: where a call asks everybody, whoever holds an office over an entry does
none of these before the conflict question is answered. Title, people and institutions stay open to them."""
