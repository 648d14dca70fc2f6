"""The permission table: one row per action, one cell per kind of actor that may.

A cell lists the conditions that must all hold; an empty cell (YES) is an unconditional yes; a kind
that a row does not name may not. The rows follow the matrix that people read in
tests/procedure/permissions.csv, which is written by hand and compared with this table.

Deliberate choices: reviewers see verdicts and the scores of others in deliberation only; a technical
administrator has no right to content; an officer never writes a score; nobody edits another
person's review; a draft is its writer's own, and officers see it once it was submitted; a moderator
proposes assignments and an officer makes them.
"""

from __future__ import annotations

from collections.abc import Mapping

from procedure.cells import (
    EDIT,
    GLASS,
    IN_TIME,
    MINE,
    RECEIVED,
    SEEN,
    WAY,
    YES,
    Row,
    row,
)
from procedure.conditions import (
    agreed,
    announced,
    assignable,
    call_over,
    cleared,
    commenter,
    decided,
    deliberated,
    deliberating,
    draft,
    editor,
    in_call,
    just_submitted,
    late,
    names_shown,
    not_blind,
    not_blind_or_released,
    not_involved,
    others_case,
    own_entry,
    own_side,
    published,
    recognisable,
    reconsidered,
    released,
    returnable,
    review_submitted,
    reviewed_or_deliberated,
    scored_now,
    second_person,
    subject,
    submitted_request,
    technical,
    told,
    under_way,
    verdict_shown,
    with_auditor,
    with_decider,
    with_officer,
)
from procedure.facts import Kind
from procedure.fellowship_rows import FELLOWSHIPS
from vocabulary.actions import Action

EVERY_PERSON: Row = {
    **{kind: MINE for kind in Kind if kind not in (Kind.PUB, Kind.FOC, Kind.SYS)},
    Kind.OWN: YES,
}
NOBODY: Row = {}

CALLS: Mapping[Action, Row] = {
    Action.CALL_READ: row(PUB=(announced,)),
    Action.CALL_READ_DRAFT: row(OFF=YES, DEC=YES),
    Action.CALL_CREATE: row(OFF=YES, DEC=YES),
    Action.CALL_EDIT: row(OFF=YES, DEC=YES),
    Action.CALL_PUBLISH: row(OFF=(second_person,), DEC=(second_person,)),
    Action.CALL_CANCEL: row(OFF=(second_person,), DEC=(second_person,)),
    Action.CALL_MOVE_DEADLINE: row(OFF=(second_person,), DEC=(second_person,)),
    Action.CALL_EXTEND: row(OFF=(second_person,), DEC=YES),
    Action.CALL_MOVE_ON: row(OFF=YES, DEC=YES, SYS=YES),
    Action.CALL_CHANGE_RULES: NOBODY,
    Action.CALL_PROPOSE: row(OFF=YES, DEC=YES),
    Action.CALL_CORRECT: row(OFF=(second_person,), DEC=(second_person,)),
    Action.CALL_ASK: row(PUB=(announced, *IN_TIME)),
    Action.CALL_ANSWER: row(OFF=YES, DEC=YES),
    Action.CALL_SET_FOUR_EYES: row(ADM=YES),
    Action.BOARD_LIST: row(OFF=YES, DEC=YES),
}
ENTRIES: Mapping[Action, Row] = {
    Action.ENTRY_READ_PUBLIC: row(PUB=(published,)),
    Action.ENTRY_PREVIEW: row(REV=YES, MOD=RECEIVED, OFF=RECEIVED, DEC=RECEIVED),
    Action.ENTRY_READ: row(
        OWN=YES,
        COL=YES,
        NOM=YES,
        NEE=YES,
        REV=SEEN,
        MOD=WAY,
        OFF=RECEIVED,
        DEC=WAY,
        AUD=GLASS,
        ADM=GLASS,
        FOC=(submitted_request,),
    ),
    Action.ENTRY_READ_IDENTITY: row(
        OWN=YES,
        COL=YES,
        NOM=YES,
        NEE=YES,
        REV=(*SEEN, not_blind),
        MOD=(under_way, not_blind),
        OFF=RECEIVED,
        DEC=(under_way, not_blind_or_released),
        AUD=GLASS,
        ADM=GLASS,
    ),
    Action.ENTRY_READ_PROTECTED: row(OWN=YES, NEE=YES, OFF=RECEIVED, DEC=(late,), AUD=GLASS),
    Action.ENTRY_LIST_OWN: row(OWN=YES),
    Action.ENTRY_LIST_ALL: row(MOD=YES, OFF=YES, DEC=YES, FOC=YES),
    Action.ENTRY_CREATE: row(PUB=IN_TIME),
    Action.ENTRY_EDIT: row(OWN=EDIT, COL=(editor, *EDIT), NOM=EDIT, NEE=EDIT),
    Action.ENTRY_SUBMIT: row(OWN=EDIT, COL=(editor, *EDIT), NOM=EDIT, NEE=EDIT),
    Action.ENTRY_DISCARD: row(OWN=(draft,)),
    Action.ENTRY_CLAIM: row(OWN=YES),
    Action.ENTRY_EDIT_ON_BEHALF: row(OFF=(second_person,)),
    Action.ENTRY_IMPORT: row(OFF=YES, SYS=YES),
    Action.ENTRY_WITHDRAW: row(OWN=YES, PAR=(own_entry,), NOM=YES, NEE=YES),
    Action.ENTRY_RENEW: row(OWN=YES, PAR=(own_entry,), OFF=YES),
    Action.ENTRY_PAUSE: row(OWN=YES, PAR=(own_entry,), OFF=YES),
    Action.ENTRY_KEEP_OPEN: row(OFF=WAY),
    Action.ENTRY_SCREEN: row(OFF=WAY),
    Action.ENTRY_PROPOSE_RETURN: row(MOD=(returnable,)),
    Action.ENTRY_RETURN: row(OFF=(returnable,)),
    Action.ENTRY_PROPOSE_INELIGIBLE: row(OFF=(just_submitted,)),
    Action.ENTRY_MARK_INELIGIBLE: row(OFF=(second_person,)),
    Action.ENTRY_RESTORE: row(OFF=(not_involved,)),
    Action.ENTRY_READ_ALIKE: row(OFF=YES),
    Action.ENTRY_RULE_ALIKE: row(OFF=YES),
    Action.ENTRY_MESSAGE: row(OWN=YES, COL=(commenter,), NOM=YES, NEE=YES, OFF=YES),
    Action.ENTRY_NOTE: row(MOD=WAY, OFF=WAY, DEC=WAY),
    Action.ENTRY_CONSULT: row(FOC=(submitted_request,)),
    Action.ENTRY_TICK: row(SYS=YES),
    Action.CONSULTATION_LIST: row(FOC=YES),
    Action.CONSULTATION_ANSWER: row(PUB=YES),
    Action.ATTACHMENT_UPLOAD: row(OWN=EDIT, COL=(editor, *EDIT), PAR=(own_entry, *EDIT), NOM=EDIT, NEE=EDIT),
    Action.ATTACHMENT_REMOVE: row(OWN=EDIT, COL=(editor, *EDIT), PAR=(own_entry, *EDIT), NOM=EDIT, NEE=EDIT),
    Action.ATTACHMENT_DOWNLOAD: row(
        OWN=YES,
        COL=YES,
        PAR=(own_entry,),
        NOM=YES,
        NEE=YES,
        REV=SEEN,
        MOD=WAY,
        OFF=RECEIVED,
        DEC=WAY,
        AUD=GLASS,
    ),
}
CONFLICTS: Mapping[Action, Row] = {
    Action.CONFLICT_DECLARE: row(REV=YES, MOD=YES, OFF=YES, DEC=YES, AUD=YES, ADM=YES),
    Action.CONFLICT_READ: row(REV=MINE, MOD=WAY, OFF=YES, DEC=YES, AUD=YES),
    Action.CONFLICT_RULE: row(OFF=(others_case,), DEC=(others_case,)),
    Action.CONFLICT_LIFT: row(DEC=(others_case, with_auditor), AUD=(others_case, with_decider)),
    Action.CONFLICT_LIST_OWN: row(MOD=YES, OFF=YES, DEC=YES, AUD=YES, ADM=YES),
    Action.CONFLICT_LIST_ALL: row(MOD=YES, OFF=YES, DEC=YES, AUD=YES),
    Action.CONFLICT_SUGGEST: row(OFF=(others_case,), DEC=(others_case,)),
}
REVIEWS: Mapping[Action, Row] = {
    Action.ASSIGNMENT_LIST_OWN: row(REV=YES),
    Action.ASSIGNMENT_READ: row(REV=MINE, MOD=YES, OFF=YES, DEC=YES),
    Action.ASSIGNMENT_PROPOSE: row(MOD=(assignable,)),
    Action.ASSIGNMENT_MAKE: row(OFF=(assignable,)),
    Action.ASSIGNMENT_ACCEPT: row(REV=MINE),
    Action.ASSIGNMENT_DECLINE: row(REV=MINE),
    Action.ASSIGNMENT_RECUSE: row(REV=MINE),
    Action.ASSIGNMENT_PLAN: row(OFF=YES),
    Action.ASSIGNMENT_REMIND: row(OFF=(assignable,)),
    Action.ASSIGNMENT_REASSIGN: row(OFF=(assignable,)),
    Action.ASSIGNMENT_TICK: row(SYS=YES),
    Action.CALIBRATION_SCORE: row(REV=YES),
    Action.CALIBRATION_READ_RESULTS: row(MOD=YES, OFF=YES, DEC=YES),
    Action.CALIBRATION_PREPARE: row(OFF=YES),
    Action.REVIEW_READ_OWN: row(REV=(subject, cleared)),
    Action.REVIEW_WRITE: row(REV=(subject, cleared, scored_now)),
    Action.REVIEW_SUBMIT: row(REV=(subject, cleared, scored_now)),
    Action.REVIEW_READ_VERDICT: row(REV=(subject, cleared, review_submitted)),
    Action.REVIEW_READ_RUNNING: row(REV=(subject, cleared, scored_now, verdict_shown)),
    Action.REVIEW_REVISE: row(REV=(subject, cleared, scored_now)),
    Action.REVIEW_EDIT_OTHERS: NOBODY,
    Action.REVIEW_RETURN: row(MOD=(reviewed_or_deliberated,), OFF=(second_person,)),
    Action.REVIEW_VOID: row(MOD=(reviewed_or_deliberated,), OFF=(second_person,)),
    Action.REVIEW_READ_OTHERS: row(REV=(cleared, deliberated), MOD=WAY, OFF=WAY, DEC=WAY, AUD=GLASS),
    Action.REVIEW_READ_AUTHOR: row(
        REV=(cleared, deliberated, names_shown), MOD=WAY, OFF=YES, DEC=WAY, AUD=GLASS
    ),
    Action.REVIEW_READ_RESULTS: row(REV=(cleared, deliberated), MOD=WAY, OFF=WAY, DEC=WAY),
    Action.REVIEW_READ_STATISTICS: row(REV=(subject, call_over), OFF=YES, DEC=YES),
    Action.REVIEW_RECORD_CONSENSUS: row(MOD=(deliberating,), OFF=(deliberating,)),
}
DECISIONS: Mapping[Action, Row] = {
    Action.PANEL_LIST: row(REV=YES, MOD=YES, OFF=YES, DEC=YES),
    Action.PANEL_OPEN: row(OFF=(assignable,)),
    Action.PANEL_DISCUSS: row(
        REV=(cleared, deliberating), MOD=(deliberating,), OFF=(deliberating,), DEC=(deliberating,)
    ),
    Action.DECISION_LIST: row(MOD=YES, OFF=YES, DEC=YES),
    Action.DECISION_PROPOSE: row(MOD=(deliberating,), OFF=(deliberating,), DEC=(deliberating,)),
    Action.DECISION_APPROVE: row(DEC=(deliberating, second_person)),
    Action.DECISION_RELEASE: row(DEC=(decided, second_person)),
    Action.DECISION_READ: row(
        OWN=(told,),
        COL=(told,),
        NOM=(told,),
        NEE=(told,),
        REV=(cleared, released),
        MOD=YES,
        OFF=YES,
        DEC=YES,
        AUD=GLASS,
    ),
    Action.DECISION_REVERT: row(DEC=(decided,)),
    Action.LETTER_EDIT: row(OFF=YES),
    Action.LETTER_SEND: row(DEC=YES),
    Action.MAIL_LIST: row(OFF=YES, DEC=YES),
    Action.MAIL_RETRY: row(OFF=YES, DEC=YES),
    Action.RECOGNITION_READ: row(PUB=YES),
    Action.RECOGNITION_PROPOSE: row(MOD=(recognisable,), OFF=(recognisable,), DEC=(recognisable,)),
    Action.RECOGNITION_APPROVE: row(DEC=(recognisable, second_person)),
    Action.RECOGNITION_ISSUE: row(OFF=YES, DEC=YES),
    Action.RECOGNITION_RETRACT: row(OFF=YES, DEC=YES, AUD=YES),
    Action.RECOGNITION_ASK_RENEWAL: row(OWN=YES),
    Action.RECONSIDERATION_ASK: row(OWN=(released,), NOM=(released,), NEE=(released,)),
    Action.RECONSIDERATION_PREPARE: row(OFF=(reconsidered, not_involved)),
    Action.RECONSIDERATION_ADVISE: row(AUD=(reconsidered,)),
    Action.RECONSIDERATION_DECIDE: row(DEC=(reconsidered, not_involved)),
    Action.PUBLICATION_CONSENT: row(OWN=YES, PAR=(own_entry,), NEE=YES),
    Action.PUBLICATION_PUBLISH: row(OFF=YES, DEC=YES),
    Action.PUBLICATION_UNPUBLISH: row(OFF=YES, DEC=YES, AUD=YES),
}
MATCHES: Mapping[Action, Row] = {
    Action.MATCH_LIST: row(MOD=YES, OFF=YES, DEC=YES),
    Action.MATCH_LIST_OWN: row(OWN=YES),
    Action.MATCH_READ: row(
        OWN=YES, COL=YES, PAR=(own_side,), MOD=WAY, OFF=YES, DEC=WAY, FOC=(submitted_request,)
    ),
    Action.MATCH_SUGGEST: row(OFF=YES),
    Action.MATCH_SHORTLIST: row(OFF=YES),
    Action.MATCH_PROPOSE: row(OFF=YES),
    Action.MATCH_ANSWER: row(OWN=YES, PAR=(own_side,)),
    Action.MATCH_READ_CONTACTS: row(OWN=(agreed,), PAR=(own_side, agreed), OFF=YES, AUD=GLASS),
    Action.MATCH_REPORT_OUTCOME: row(OWN=YES, PAR=(own_side,), OFF=YES),
    Action.MATCH_WEIGHTS: row(OFF=YES),
    Action.ALLOCATION_READ: row(OFF=YES),
    Action.ALLOCATION_MAKE: row(OFF=YES),
    Action.COVERAGE_READ: row(PUB=YES),
}
PEOPLE: Mapping[Action, Row] = {
    Action.ORGANISATION_READ: row(PUB=YES),
    Action.ORGANISATION_MERGE: row(OFF=YES),
    Action.ACCOUNT_CREATE: row(PUB=YES, SYS=YES),
    Action.ACCOUNT_SIGN_IN: row(PUB=YES),
    Action.ACCOUNT_EDIT_OWN: row(OWN=YES),
    Action.ACCOUNT_MANAGE: row(ADM=YES, SYS=YES),
    Action.ACCOUNT_ASK_ERASURE: row(OWN=YES, COL=MINE, PAR=MINE, NOM=MINE, NEE=MINE, REV=MINE),
    Action.ACCOUNT_PREPARE_ERASURE: row(OFF=YES),
    Action.ACCOUNT_APPROVE_ERASURE: row(AUD=(with_officer,)),
    Action.ACCOUNT_ERASE: row(ADM=(with_auditor,)),
    Action.ACCOUNT_VIEW_AS: row(ADM=GLASS),
    Action.ROLE_GRANT: row(
        OFF=(in_call, second_person), DEC=(in_call,), ADM=(technical, second_person), SYS=YES
    ),
    Action.COLLABORATOR_GRANT: row(OWN=YES),
    Action.COLLABORATOR_ANSWER: row(PUB=YES),
    Action.COLLABORATOR_LEAVE: row(COL=YES),
}
DATA: Mapping[Action, Row] = {
    Action.EXPORT_PUBLIC: row(PUB=YES),
    Action.EXPORT_OWN: EVERY_PERSON,
    Action.EXPORT_BULK: row(OFF=YES, DEC=YES, AUD=YES, SYS=YES),
    Action.TOKEN_CREATE: row(PAR=YES, OFF=YES, DEC=YES, AUD=YES, SYS=YES),
    Action.TOKEN_REVOKE: row(OWN=YES, ADM=YES, SYS=YES),
    Action.AUDIT_READ_OWN: row(OWN=YES, PAR=(own_side,), NOM=YES, NEE=YES, REV=MINE),
    Action.AUDIT_READ: row(MOD=(in_call,), OFF=(in_call,), DEC=(in_call,), AUD=YES, ADM=(technical,)),
    Action.AUDIT_VERIFY: row(AUD=YES, ADM=YES, SYS=YES),
    Action.GLASS_BREAK: row(AUD=YES, ADM=YES),
    Action.PAGE_READ: row(PUB=YES),
    Action.REFERENCE_READ: row(PUB=YES),
    Action.REFERENCE_LOAD: row(SYS=YES),
    Action.CRITERIA_READ: row(PUB=YES),
    Action.CRITERIA_EVALUATE: row(PUB=YES),
    Action.INDEX_REBUILD: row(ADM=YES, SYS=YES),
    Action.SERVICE_OPERATE: row(ADM=YES, SYS=YES),
}
TABLE: Mapping[Action, Row] = {
    **CALLS,
    **ENTRIES,
    **CONFLICTS,
    **REVIEWS,
    **DECISIONS,
    **MATCHES,
    **FELLOWSHIPS,
    **PEOPLE,
    **DATA,
}
"""Every action with its row. What is missing here is refused."""

BY_PRIVATE_LINK = frozenset(
    {
        Action.ENTRY_LIST_OWN,
        Action.ENTRY_READ,
        Action.ENTRY_READ_IDENTITY,
        Action.ENTRY_EDIT,
        Action.ENTRY_SUBMIT,
        Action.ENTRY_DISCARD,
        Action.ENTRY_CLAIM,
        Action.ENTRY_WITHDRAW,
        Action.ENTRY_RENEW,
        Action.ENTRY_PAUSE,
        Action.ENTRY_MESSAGE,
        Action.ATTACHMENT_UPLOAD,
        Action.ATTACHMENT_REMOVE,
        Action.ATTACHMENT_DOWNLOAD,
        Action.PUBLICATION_CONSENT,
        Action.MATCH_READ,
    }
)
"""What whoever holds the private link of an entry may do as its owner, without an account."""

BY_NOMINATORS_LINK = frozenset(
    {Action.NOMINATION_READ, Action.NOMINATION_APPROVE, Action.NOMINATION_WITHDRAW}
)
"""What whoever holds the link mailed to a nominator may do with that nomination, without an account."""

BY_NOMINEES_LINK = frozenset({Action.NOMINATION_TAKE_UP, Action.NOMINATION_WITHDRAW})
"""What whoever holds the link mailed to an invited nominee may do: take the nomination up, or say no."""

LISTS = frozenset(action for action in Action if action.value.partition(".")[2].startswith("list"))
"""Actions for which a role counts wherever it is held, since the query narrows down what is shown."""

KEPT_UNDER_CONFLICT = frozenset({Action.ASSIGNMENT_DECLINE, Action.ASSIGNMENT_RECUSE})
"""The way out stays open: somebody with a conflict may always step back from their own assignment."""
