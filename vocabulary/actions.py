"""Everything that somebody can ask the service to do, as "noun.verb".

One member per row of the policy table (procedure/policy.py), which says who may. A door names the
action of each of its endpoints; an action that the table does not list is refused to everybody.
"""

from __future__ import annotations

from enum import StrEnum


class Action(StrEnum):
    """One thing that can be asked for; the value is also the name in the audit trail."""

    CALL_READ = "call.read"
    CALL_READ_DRAFT = "call.read_draft"
    CALL_CREATE = "call.create"
    CALL_EDIT = "call.edit"
    CALL_PUBLISH = "call.publish"
    CALL_CANCEL = "call.cancel"
    CALL_MOVE_DEADLINE = "call.move_deadline"
    CALL_EXTEND = "call.extend"
    CALL_MOVE_ON = "call.move_on"
    CALL_CHANGE_RULES = "call.change_rules"

    ENTRY_READ_PUBLIC = "entry.read_public"
    ENTRY_PREVIEW = "entry.preview"
    ENTRY_READ = "entry.read"
    ENTRY_READ_IDENTITY = "entry.read_identity"
    ENTRY_READ_PROTECTED = "entry.read_protected"
    ENTRY_LIST_OWN = "entry.list_own"
    ENTRY_LIST_ALL = "entry.list_all"
    ENTRY_CREATE = "entry.create"
    ENTRY_EDIT = "entry.edit"
    ENTRY_SUBMIT = "entry.submit"
    ENTRY_DISCARD = "entry.discard"
    ENTRY_CLAIM = "entry.claim"
    ENTRY_EDIT_ON_BEHALF = "entry.edit_on_behalf"
    ENTRY_IMPORT = "entry.import"
    ENTRY_WITHDRAW = "entry.withdraw"
    ENTRY_RENEW = "entry.renew"
    ENTRY_PAUSE = "entry.pause"
    ENTRY_SCREEN = "entry.screen"
    ENTRY_PROPOSE_RETURN = "entry.propose_return"
    ENTRY_RETURN = "entry.return"
    ENTRY_MARK_INELIGIBLE = "entry.mark_ineligible"
    ENTRY_RESTORE = "entry.restore"
    ENTRY_MESSAGE = "entry.message"
    ENTRY_NOTE = "entry.note"
    ENTRY_CONSULT = "entry.consult"
    ENTRY_TICK = "entry.tick"

    ATTACHMENT_UPLOAD = "attachment.upload"
    ATTACHMENT_REMOVE = "attachment.remove"
    ATTACHMENT_DOWNLOAD = "attachment.download"

    CONFLICT_DECLARE = "conflict.declare"
    CONFLICT_READ = "conflict.read"
    CONFLICT_RULE = "conflict.rule"
    CONFLICT_LIFT = "conflict.lift"

    ASSIGNMENT_LIST_OWN = "assignment.list_own"
    ASSIGNMENT_READ = "assignment.read"
    ASSIGNMENT_PROPOSE = "assignment.propose"
    ASSIGNMENT_MAKE = "assignment.make"
    ASSIGNMENT_ACCEPT = "assignment.accept"
    ASSIGNMENT_DECLINE = "assignment.decline"
    ASSIGNMENT_RECUSE = "assignment.recuse"

    REVIEW_READ_OWN = "review.read_own"
    REVIEW_WRITE = "review.write"
    REVIEW_SUBMIT = "review.submit"
    REVIEW_READ_VERDICT = "review.read_verdict"
    REVIEW_REVISE = "review.revise"
    REVIEW_EDIT_OTHERS = "review.edit_others"
    REVIEW_RETURN = "review.return"
    REVIEW_VOID = "review.void"
    REVIEW_READ_OTHERS = "review.read_others"
    REVIEW_READ_AUTHOR = "review.read_author"
    REVIEW_READ_RESULTS = "review.read_results"
    REVIEW_READ_STATISTICS = "review.read_statistics"
    REVIEW_RECORD_CONSENSUS = "review.record_consensus"

    DECISION_PROPOSE = "decision.propose"
    DECISION_APPROVE = "decision.approve"
    DECISION_RELEASE = "decision.release"
    DECISION_READ = "decision.read"
    LETTER_EDIT = "letter.edit"
    LETTER_SEND = "letter.send"
    RECONSIDERATION_ASK = "reconsideration.ask"
    RECONSIDERATION_PREPARE = "reconsideration.prepare"
    RECONSIDERATION_ADVISE = "reconsideration.advise"
    RECONSIDERATION_DECIDE = "reconsideration.decide"

    PUBLICATION_CONSENT = "publication.consent"
    PUBLICATION_PUBLISH = "publication.publish"
    PUBLICATION_UNPUBLISH = "publication.unpublish"

    MATCH_LIST = "match.list"
    MATCH_READ = "match.read"
    MATCH_SUGGEST = "match.suggest"
    MATCH_SHORTLIST = "match.shortlist"
    MATCH_PROPOSE = "match.propose"
    MATCH_ANSWER = "match.answer"
    MATCH_READ_CONTACTS = "match.read_contacts"
    MATCH_REPORT_OUTCOME = "match.report_outcome"

    MATCH_WEIGHTS = "match.weights"
    COVERAGE_READ = "coverage.read"

    NOMINATION_APPROVE = "nomination.approve"
    SHORTLIST_READ = "shortlist.read"
    SHORTLIST_EDIT = "shortlist.edit"

    ORGANISATION_READ = "organisation.read"
    ORGANISATION_MERGE = "organisation.merge"

    ACCOUNT_CREATE = "account.create"
    ACCOUNT_SIGN_IN = "account.sign_in"
    ACCOUNT_EDIT_OWN = "account.edit_own"
    ACCOUNT_MANAGE = "account.manage"
    ACCOUNT_ASK_ERASURE = "account.ask_erasure"
    ACCOUNT_PREPARE_ERASURE = "account.prepare_erasure"
    ACCOUNT_APPROVE_ERASURE = "account.approve_erasure"
    ACCOUNT_ERASE = "account.erase"
    ACCOUNT_VIEW_AS = "account.view_as"
    ROLE_GRANT = "role.grant"
    COLLABORATOR_GRANT = "collaborator.grant"

    EXPORT_PUBLIC = "export.public"
    EXPORT_OWN = "export.own"
    EXPORT_BULK = "export.bulk"
    TOKEN_CREATE = "token.create"  # noqa: S105 -- the name of an action
    TOKEN_REVOKE = "token.revoke"  # noqa: S105 -- the name of an action

    AUDIT_READ_OWN = "audit.read_own"
    AUDIT_READ = "audit.read"
    AUDIT_VERIFY = "audit.verify"

    PAGE_READ = "page.read"
    REFERENCE_READ = "reference.read"
    REFERENCE_LOAD = "reference.load"
    CRITERIA_READ = "criteria.read"
    CRITERIA_EVALUATE = "criteria.evaluate"
    INDEX_REBUILD = "index.rebuild"
    SERVICE_OPERATE = "service.operate"
