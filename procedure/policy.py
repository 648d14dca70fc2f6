"""Who may do what: the one policy table of the service. What it does not list cannot happen.

A row is an action, a column a kind of actor, a cell the conditions under which that kind may.
Kinds are found from the actor and the facts of the object by procedure/access.py. Public, owner and
so on are *kinds on this object*: an officer who owns a request is OWNER of it too.

Source: docs/permissions.md, which prints this table for people.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from vocabulary.actions import Action
from vocabulary.people import Scope


class Kind(StrEnum):
    """What somebody is towards one object."""

    PUBLIC = "PUB"
    OWNER = "OWN"
    COLLABORATOR = "COL"
    PARTNER = "PAR"
    NOMINATOR = "NOM"
    REVIEWER = "REV"
    MODERATOR = "MOD"
    OFFICER = "OFF"
    DECIDER = "DEC"
    AUDITOR = "AUD"
    ADMIN = "ADM"
    FOCAL_POINT = "FOC"
    SIGNED_IN = "ACC"


class Condition(StrEnum):
    """When a cell says yes."""

    ALWAYS = "always"
    PUBLISHED = "published"
    BEFORE_DEADLINE = "before_deadline"
    IN_PHASE = "in_phase"
    CLEARED = "cleared"
    ASSIGNED_OPEN = "assigned_open"
    DELIBERATION = "deliberation"
    RELEASED = "released"
    AGREED = "agreed"
    NOT_OWN = "not_own"
    WITHDRAWABLE = "withdrawable"


Cell = tuple[Condition, ...]
"""All of these must hold."""

YES: Cell = (Condition.ALWAYS,)
PUBLISHED: Cell = (Condition.PUBLISHED,)
IN_TIME: Cell = (Condition.BEFORE_DEADLINE,)
IN_PHASE: Cell = (Condition.IN_PHASE,)
RELEASED: Cell = (Condition.RELEASED,)

_K = Kind
_ANYBODY: dict[Kind, Cell] = {_K.PUBLIC: YES}
_PANEL: dict[Kind, Cell] = {_K.MODERATOR: IN_PHASE, _K.OFFICER: YES, _K.DECIDER: IN_PHASE}

POLICY: Mapping[Action, Mapping[Kind, Cell]] = {
    Action.SERVICE_READ: _ANYBODY,
    Action.REFERENCE_READ: _ANYBODY,
    Action.CRITERIA_EVALUATE: _ANYBODY,
    Action.SIGN_IN: _ANYBODY,
    # Calls
    Action.CALL_READ: {_K.PUBLIC: PUBLISHED, _K.OFFICER: YES, _K.DECIDER: YES},
    Action.CALL_EDIT: {_K.OFFICER: IN_PHASE, _K.DECIDER: IN_PHASE},
    Action.CALL_PUBLISH: {_K.OFFICER: YES, _K.DECIDER: YES},
    Action.CALL_EXTEND: {_K.OFFICER: YES, _K.DECIDER: YES},
    Action.CALL_CHANGE_CRITERIA: {},
    # Entries
    Action.ENTRY_READ_PUBLIC: {_K.PUBLIC: PUBLISHED},
    Action.ENTRY_CREATE: _ANYBODY,
    Action.ENTRY_READ: {
        _K.OWNER: YES,
        _K.COLLABORATOR: YES,
        _K.REVIEWER: (Condition.CLEARED,),
        **_PANEL,
        _K.FOCAL_POINT: IN_PHASE,
    },
    Action.ENTRY_READ_IDENTITY: {
        _K.OWNER: YES,
        _K.COLLABORATOR: YES,
        _K.REVIEWER: YES,
        _K.MODERATOR: YES,
        _K.OFFICER: YES,
        _K.DECIDER: YES,
    },
    Action.ENTRY_EDIT: {_K.OWNER: IN_TIME, _K.COLLABORATOR: IN_TIME},
    Action.ENTRY_SUBMIT: {_K.OWNER: IN_TIME, _K.COLLABORATOR: IN_TIME},
    Action.ENTRY_WITHDRAW: {_K.OWNER: (Condition.WITHDRAWABLE,)},
    Action.ENTRY_CLAIM: _ANYBODY,
    Action.ENTRY_ATTACH: {_K.OWNER: IN_TIME, _K.COLLABORATOR: IN_TIME},
    Action.ENTRY_DOWNLOAD: {
        _K.PUBLIC: PUBLISHED,
        _K.OWNER: YES,
        _K.COLLABORATOR: YES,
        _K.REVIEWER: (Condition.CLEARED,),
        **_PANEL,
    },
    Action.ENTRY_RETURN: {_K.OFFICER: IN_PHASE},
    Action.ENTRY_MARK_INELIGIBLE: {_K.OFFICER: IN_PHASE},
    Action.ENTRY_MESSAGE: {_K.OWNER: YES, _K.OFFICER: YES},
    Action.ENTRY_NOTE: {_K.MODERATOR: IN_PHASE, _K.OFFICER: IN_PHASE, _K.DECIDER: IN_PHASE},
    Action.ENTRY_CONSENT: {_K.OWNER: YES},
    Action.ENTRY_PUBLISH: {_K.OFFICER: IN_PHASE, _K.DECIDER: IN_PHASE},
    Action.ENTRY_UNPUBLISH: {_K.OFFICER: YES, _K.DECIDER: YES, _K.AUDITOR: YES},
    Action.ENTRY_CHECK: {_K.OFFICER: IN_PHASE},
    Action.ENTRY_HISTORY: {_K.OWNER: YES, _K.OFFICER: YES, _K.AUDITOR: YES},
    Action.ENTRY_CONSULT: {_K.FOCAL_POINT: IN_PHASE},
    # Conflict of interest
    Action.CONFLICT_DECLARE: {
        _K.REVIEWER: YES,
        _K.MODERATOR: YES,
        _K.OFFICER: YES,
        _K.DECIDER: YES,
        _K.AUDITOR: YES,
        _K.ADMIN: YES,
    },
    Action.CONFLICT_READ: {_K.MODERATOR: IN_PHASE, _K.OFFICER: YES, _K.DECIDER: YES, _K.AUDITOR: YES},
    Action.CONFLICT_RULE: {_K.OFFICER: (Condition.NOT_OWN,), _K.DECIDER: (Condition.NOT_OWN,)},
    Action.CONFLICT_LIFT: {_K.DECIDER: (Condition.NOT_OWN,), _K.AUDITOR: (Condition.NOT_OWN,)},
    # Reviews
    Action.REVIEW_LIST: {_K.REVIEWER: YES, _K.MODERATOR: YES, _K.OFFICER: YES, _K.DECIDER: YES},
    Action.REVIEW_ASSIGN: {_K.OFFICER: IN_PHASE},
    Action.REVIEW_ACCEPT: {_K.REVIEWER: YES},
    Action.REVIEW_WRITE: {_K.REVIEWER: (Condition.CLEARED, Condition.ASSIGNED_OPEN)},
    Action.REVIEW_READ_OWN: {_K.REVIEWER: (Condition.CLEARED,)},
    Action.REVIEW_READ_OTHERS: {
        _K.REVIEWER: (Condition.CLEARED, Condition.DELIBERATION),
        **_PANEL,
        _K.OFFICER: IN_PHASE,
    },
    Action.REVIEW_KNOW_AUTHOR: {**_PANEL},
    Action.REVIEW_READ_RESULT: {
        _K.REVIEWER: (Condition.CLEARED, Condition.DELIBERATION),
        **_PANEL,
        _K.OFFICER: IN_PHASE,
    },
    Action.REVIEW_VOID: {_K.MODERATOR: IN_PHASE, _K.OFFICER: IN_PHASE},
    Action.REVIEW_CONSENSUS: {_K.MODERATOR: (Condition.DELIBERATION,), _K.OFFICER: (Condition.DELIBERATION,)},
    # Decisions
    Action.DECISION_PROPOSE: {_K.MODERATOR: IN_PHASE, _K.OFFICER: IN_PHASE, _K.DECIDER: IN_PHASE},
    Action.DECISION_APPROVE: {_K.DECIDER: IN_PHASE},
    Action.DECISION_READ: {
        _K.OWNER: RELEASED,
        _K.COLLABORATOR: RELEASED,
        _K.REVIEWER: RELEASED,
        _K.MODERATOR: YES,
        _K.OFFICER: YES,
        _K.DECIDER: YES,
    },
    # Matches
    Action.MATCH_READ: {_K.PUBLIC: PUBLISHED, _K.OWNER: YES, _K.OFFICER: YES, _K.FOCAL_POINT: IN_PHASE},
    Action.MATCH_PROPOSE: {_K.OFFICER: YES},
    Action.MATCH_ANSWER: {_K.OWNER: YES},
    Action.MATCH_SEE_CONTACT: {_K.OWNER: (Condition.AGREED,), _K.OFFICER: YES},
    Action.MATCH_REPORT: {_K.OWNER: YES, _K.OFFICER: YES},
    # Organisations
    Action.ORGANISATION_READ: _ANYBODY,
    Action.ORGANISATION_EDIT: {_K.OFFICER: YES},
    # Data, accounts, operation
    Action.EXPORT_OWN: {_K.SIGNED_IN: YES},
    Action.EXPORT_BULK: {_K.OFFICER: YES, _K.DECIDER: YES, _K.AUDITOR: YES},
    Action.ACCOUNT_READ_OWN: {_K.SIGNED_IN: YES},
    Action.ACCOUNT_EDIT_OWN: {_K.SIGNED_IN: YES},
    Action.ACCOUNT_MANAGE: {_K.ADMIN: YES},
    Action.ACCOUNT_PREPARE_ERASURE: {_K.OFFICER: YES},
    Action.ACCOUNT_ERASE: {_K.ADMIN: (Condition.NOT_OWN,), _K.AUDITOR: (Condition.NOT_OWN,)},
    Action.TOKEN_CREATE: {_K.SIGNED_IN: YES},
    Action.ROLE_GRANT: {_K.OFFICER: (Condition.NOT_OWN,), _K.ADMIN: (Condition.NOT_OWN,)},
    Action.AUDIT_READ: {_K.AUDITOR: YES},
    Action.SERVICE_OPERATE: {_K.ADMIN: YES},
}

SCOPES: Mapping[Action, Scope] = {
    Action.ENTRY_CREATE: Scope.WRITE_ENTRIES,
    Action.ENTRY_EDIT: Scope.WRITE_ENTRIES,
    Action.ENTRY_SUBMIT: Scope.WRITE_ENTRIES,
    Action.ENTRY_WITHDRAW: Scope.WRITE_ENTRIES,
    Action.ENTRY_ATTACH: Scope.WRITE_ENTRIES,
    Action.ENTRY_CONSENT: Scope.WRITE_ENTRIES,
    Action.MATCH_ANSWER: Scope.WRITE_ENTRIES,
    Action.CONFLICT_DECLARE: Scope.WRITE_REVIEWS,
    Action.REVIEW_ACCEPT: Scope.WRITE_REVIEWS,
    Action.REVIEW_WRITE: Scope.WRITE_REVIEWS,
}
"""The scope a token needs. What changes something and is not listed needs MANAGE; reading needs READ."""

_READING_VERBS = ("read", "list", "download", "history", "evaluate", "see", "know")

READING = frozenset(action for action in Action if action.value.split(".")[1].startswith(_READING_VERBS))
"""Actions that change nothing."""
