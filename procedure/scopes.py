"""Which scope does a token need for an action? Every action needs exactly one; no scope contains another."""

from __future__ import annotations

from vocabulary.actions import Action
from vocabulary.people import Scope

_WRITES_ENTRIES = frozenset(
    {
        Action.ENTRY_CREATE,
        Action.ENTRY_EDIT,
        Action.ENTRY_SUBMIT,
        Action.ENTRY_DISCARD,
        Action.ENTRY_CLAIM,
        Action.ENTRY_WITHDRAW,
        Action.ENTRY_RENEW,
        Action.ENTRY_PAUSE,
        Action.ENTRY_MESSAGE,
        Action.ENTRY_CONSULT,
        Action.CONSULTATION_ANSWER,
        Action.ATTACHMENT_UPLOAD,
        Action.ATTACHMENT_REMOVE,
        Action.RECONSIDERATION_ASK,
        Action.RECOGNITION_ASK_RENEWAL,
        Action.PUBLICATION_CONSENT,
        Action.MATCH_ANSWER,
        Action.MATCH_REPORT_OUTCOME,
        Action.NOMINATION_CREATE,
        Action.NOMINATION_INVITE,
        Action.NOMINATION_TAKE_UP,
        Action.NOMINATION_EDIT,
        Action.NOMINATION_APPROVE,
        Action.NOMINATION_WITHDRAW,
        Action.PLACE_ANSWER,
        Action.COLLABORATOR_GRANT,
        Action.COLLABORATOR_ANSWER,
        Action.COLLABORATOR_LEAVE,
    }
)
_WRITES_REVIEWS = frozenset(
    {
        Action.CONFLICT_DECLARE,
        Action.ASSIGNMENT_ACCEPT,
        Action.ASSIGNMENT_DECLINE,
        Action.ASSIGNMENT_RECUSE,
        Action.REVIEW_WRITE,
        Action.REVIEW_SUBMIT,
        Action.REVIEW_REVISE,
        Action.PANEL_DISCUSS,
        Action.CALIBRATION_SCORE,
        Action.MARK_ANSWER,
        Action.MARK_GIVE,
    }
)
_READS = frozenset(
    action
    for action in Action
    if action.value.partition(".")[2].startswith(("read", "list", "preview", "download", "verify"))
) - {Action.ENTRY_READ_PROTECTED} | {
    Action.EXPORT_PUBLIC,
    Action.EXPORT_OWN,
    Action.CRITERIA_EVALUATE,
    Action.ACCOUNT_SIGN_IN,
}


def scope_needed(action: Action) -> Scope:
    """The scope that a token needs for an action; no scope contains another."""
    if action in _READS:
        return Scope.READ
    if action in _WRITES_ENTRIES:
        return Scope.WRITE_ENTRIES
    return Scope.WRITE_REVIEWS if action in _WRITES_REVIEWS else Scope.MANAGE
