"""What is each event of the audit trail called, and whom may it be told besides those with an office?

The name of an event is a key here before anything may record it. Several events share a sentence where the
difference is for machines only; the name itself stands beside it on the page.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from vocabulary.messages import Message, message_in


@dataclass(frozen=True, slots=True)
class Event:
    """A sentence, and whether the parties of the thing are told of it whoever did it.

    A party (owner, partner, nominator, nominee) sees what it did itself; of what others did it sees only what
    it learns anyway: by mail, or on its own page. Nothing told here may depend on a review, on a conflict of
    interest, or on a decision that is not released.
    """

    words: Message
    is_told: bool = False


def _told(words: Message) -> Event:
    return Event(words, is_told=True)


def _inside(words: Message) -> Event:
    return Event(words)


_TAKEN_IN = _inside(Message("Entry taken in from a file"))
_LOADED = _inside(Message("Lists, criteria or rules loaded"))
_REFUSED = _told(Message("Sign-in refused"))
_FILE = _told(Message("File attached or removed"))
_ORGANISATION = _inside(Message("Organisation added or changed"))
_SETTINGS = _inside(Message("Settings of the call changed"))
_CONFLICT = _inside(Message("Step about a conflict of interest"))
_ALLOCATION = _inside(Message("Allocation of places asked for or stopped"))
_ACCOUNT_CHANGED = _told(Message("Account changed"))
_ERASURE = _inside(Message("Step of an erasure of personal data"))
_DRAFT_DELETED = _told(Message("Draft deleted"))
_ASSIGNMENT_CHANGED = _inside(Message("Assignment to a reviewer changed"))
_REVIEWER_ANSWERED = _inside(Message("Answer of a reviewer to an invitation"))
_CALIBRATION = _inside(Message("Practice sample changed"))
_ACT_OF_TWO = _inside(Message("Act that needs two people: proposed, confirmed or dropped"))
_MARKED = _inside(Message("Step of marking nominations"))
_LIST = _inside(Message("Step on the way to a shortlist"))
_PLACE = _inside(Message("Step of a place in the fellowship"))
_PLACE_TOLD = _told(Message("Step of a place in the fellowship"))
_NOMINATION_FILE = _told(Message("File of the nomination changed"))
_NOMINATION = _told(Message("Nomination changed"))
_SETBACK = _inside(Message("Sending back or voiding a scorecard proposed"))
_RECOGNITION = _inside(Message("Recognition proposed or approved"))
_RENEWAL = _told(Message("Renewal of a recognition asked for, refused or due"))
_RECONSIDERED = _inside(Message("Step of looking at a decision again"))
_EXPORT = _inside(Message("Data taken out as a file"))
_PLAN = _inside(Message("Plan of assignments worked out or carried out"))
_MAIL = _inside(Message("Mail released or tried again"))
_NOTE = _inside(Message("Note of the panel written"))
_INTERNAL_NOTE = _inside(Message("Internal note written or struck"))
_HELPERS = _told(Message("Collaborators changed"))
_CONSULTED = _inside(Message("National focal point asked or answered"))
_INELIGIBLE = _inside(Message("Found not eligible, or the finding undone"))
_OFFER_STEP = _told(Message("Validity of the offer changed"))

ACCOUNTS: Mapping[str, Event] = {
    "account.create": _told(Message("Account made")),
    "account.edit": _ACCOUNT_CHANGED,
    "account.enable": _ACCOUNT_CHANGED,
    "account.disable": _ACCOUNT_CHANGED,
    "account.change_password": _ACCOUNT_CHANGED,
    "account.state_affiliation": _ACCOUNT_CHANGED,
    "account.remove_affiliation": _ACCOUNT_CHANGED,
    "account.sign_in": _told(Message("Signed in")),
    "account.sign_out": _told(Message("Signed out")),
    "account.end_session": _told(Message("Signed out")),
    "account.sign_in_failed": _REFUSED,
    "account.step_up_failed": _REFUSED,
    "account.ask_link": _told(Message("Link to sign in asked for")),
    "account.ask_erasure": _ERASURE,
    "account.prepare_erasure": _ERASURE,
    "account.approve_erasure": _ERASURE,
    "account.erase": _ERASURE,
    "role.grant": _told(Message("Role given")),
    "role.revoke": _told(Message("Role taken away")),
    "token.create": _told(Message("Token for programs made")),
    "token.revoke": _told(Message("Token for programs revoked")),
    "export.own": _told(Message("Own data taken out as a file")),
    "organisation.create": _ORGANISATION,
    "organisation.import": _ORGANISATION,
    "organisation.rename": _ORGANISATION,
    "organisation.merge": _ORGANISATION,
}
CALLS: Mapping[str, Event] = {
    "call.create": _inside(Message("The draft was begun.")),
    "call.edit": _inside(Message("The draft was changed.")),
    "call.publish": _inside(Message("The call was announced.")),
    "call.schedule": _inside(Message("The call was announced.")),
    "call.open": _inside(Message("The call opened.")),
    "call.close": _inside(Message("The call closed.")),
    "call.reopen": _inside(Message("The call opened again.")),
    "call.start_review": _inside(Message("The review began.")),
    "call.deliberate": _inside(Message("The deliberation began.")),
    "call.decide": _inside(Message("The deliberation was closed.")),
    "call.release": _inside(Message("The results were released.")),
    "call.archive": _inside(Message("The call was archived.")),
    "call.blank": _inside(Message("What people wrote about the call was blanked.")),
    "call.cancel": _inside(Message("The call was cancelled.")),
    "call.move_deadline": _inside(Message("The deadline was moved for all.")),
    "call.correct": _inside(Message("A correction was published.")),
    "call.extend": _told(Message("Deadline extended")),
    "call.ask": _inside(Message("Question about a call asked")),
    "call.answer": _inside(Message("A question was answered.")),
    "call.decline_question": _inside(Message("A question was left out.")),
    "call.set_four_eyes": _inside(Message("The rule of two people was changed.")),
    "call.propose_act": _ACT_OF_TWO,
    "call.confirm_act": _ACT_OF_TWO,
    "call.drop_act": _ACT_OF_TWO,
    "fellowship.edit": _SETTINGS,
    "fellowship.keep_for": _SETTINGS,
    "assignment.settings": _SETTINGS,
    "calibration.add": _CALIBRATION,
    "calibration.remove": _CALIBRATION,
    "calibration.save": _CALIBRATION,
    "calibration.score": _CALIBRATION,
    "calibration.set_reference": _CALIBRATION,
}
ENTRIES: Mapping[str, Event] = {
    "entry.create": _told(Message("Draft begun")),
    "entry.import": _TAKEN_IN,
    "entry.load": _TAKEN_IN,
    "entry.edit": _told(Message("Entry changed")),
    "entry.discard_pending": _told(Message("Change thrown away before it was submitted")),
    "entry.discard": _DRAFT_DELETED,
    "entry.forget": _DRAFT_DELETED,
    "entry.claim": _told(Message("Entry taken into an account")),
    "entry.submit": _told(Message("Entry submitted")),
    "entry.revise": _told(Message("Entry submitted")),
    "entry.return": _told(Message("Entry returned with questions")),
    "entry.propose_return": _inside(Message("Questions to the owner proposed")),
    "entry.find_eligible": _inside(Message("Found eligible")),
    "entry.mark_ineligible": _INELIGIBLE,
    "entry.confirm_ineligible": _INELIGIBLE,
    "entry.restore": _INELIGIBLE,
    "entry.lapse": _told(Message("Entry lapsed")),
    "entry.reopen": _told(Message("Entry opened again")),
    "entry.extend": _told(Message("Deadline extended")),
    "entry.start_review": _inside(Message("Put under review")),
    "entry.deliberate": _inside(Message("Put before the panel")),
    "entry.decide": _inside(Message("Decision made")),
    "entry.release": _told(Message("Result released")),
    "entry.ask_reconsideration": _RECONSIDERED,
    "entry.withdraw": _told(Message("Entry withdrawn")),
    "entry.archive": _told(Message("Entry archived")),
    "entry.check": _inside(Message("Offer found sound")),
    "entry.activate": _told(Message("Offer in force")),
    "entry.pause": _OFFER_STEP,
    "entry.resume": _OFFER_STEP,
    "entry.expire": _OFFER_STEP,
    "entry.renew": _OFFER_STEP,
    "entry.close": _OFFER_STEP,
    "entry.refuse": _told(Message("Offer refused")),
    "entry.ask_focal_point": _CONSULTED,
    "entry.consult": _CONSULTED,
    "entry.message": _told(Message("Message written")),
    "entry.remind": _told(Message("Owner reminded")),
    "collaborator.grant": _HELPERS,
    "collaborator.accept": _HELPERS,
    "collaborator.turn_down": _HELPERS,
    "collaborator.change": _HELPERS,
    "collaborator.end": _HELPERS,
    "collaborator.leave": _HELPERS,
    "entry.note": _INTERNAL_NOTE,
    "entry.strike_note": _INTERNAL_NOTE,
    "entry.rule_alike": _inside(Message("Ruled whether two entries are the same")),
    "attachment.upload": _FILE,
    "attachment.remove": _FILE,
    "publication.consent": _told(Message("Consent to publication changed")),
    "publication.publish": _told(Message("Published")),
    "publication.unpublish": _told(Message("No longer published")),
}
REVIEWS: Mapping[str, Event] = {
    "conflict.declare": _inside(Message("Conflict question answered")),
    "conflict.ask_again": _CONFLICT,
    "conflict.suggest": _CONFLICT,
    "conflict.rule": _CONFLICT,
    "conflict.propose_lift": _CONFLICT,
    "conflict.lift": _CONFLICT,
    "assignment.make": _inside(Message("Reviewer asked")),
    "assignment.propose": _inside(Message("Reviewer proposed")),
    "assignment.plan": _PLAN,
    "assignment.accept": _REVIEWER_ANSWERED,
    "assignment.decline": _REVIEWER_ANSWERED,
    "assignment.recuse": _REVIEWER_ANSWERED,
    "assignment.expire": _ASSIGNMENT_CHANGED,
    "assignment.invite_again": _ASSIGNMENT_CHANGED,
    "assignment.remind": _ASSIGNMENT_CHANGED,
    "assignment.move_due_date": _ASSIGNMENT_CHANGED,
    "review.start": _inside(Message("Scorecard begun")),
    "review.save": _inside(Message("Scorecard saved")),
    "review.submit": _inside(Message("Scorecard submitted")),
    "review.reopen": _inside(Message("Scorecard opened again")),
    "review.take_revision": _inside(Message("Scorecard saved")),
    "review.lock": _inside(Message("Scorecard locked")),
    "review.release": _inside(Message("Scorecard closed")),
    "review.return": _inside(Message("Scorecard sent back")),
    "review.void": _inside(Message("Scorecard voided")),
    "review.propose_return": _SETBACK,
    "review.propose_void": _SETBACK,
    "review.drop_return": _SETBACK,
    "review.drop_void": _SETBACK,
    "review.record_consensus": _inside(Message("Score agreed on by the panel")),
    "panel.note": _NOTE,
    "panel.minority": _NOTE,
    "panel.differs": _inside(Message("Result no longer the one that the decision stands on")),
}
DECISIONS: Mapping[str, Event] = {
    "decision.propose": _inside(Message("Decision proposed")),
    "decision.approve": _inside(Message("Decision approved")),
    "decision.record": _inside(Message("Decision made")),
    "decision.revert": _inside(Message("Decision taken back")),
    "decision.release": _inside(Message("The results were released.")),
    "letter.edit": _inside(Message("Letter changed")),
    "letter.release": _told(Message("Result released")),
    "recognition.propose": _RECOGNITION,
    "recognition.approve": _RECOGNITION,
    "recognition.issue": _told(Message("Recognition issued")),
    "recognition.retract": _told(Message("Recognition retracted")),
    "recognition.ask_renewal": _RENEWAL,
    "recognition.refuse_renewal": _RENEWAL,
    "recognition.remind": _RENEWAL,
    "reconsideration.ask": _RECONSIDERED,
    "reconsideration.prepare": _RECONSIDERED,
    "reconsideration.decide": _RECONSIDERED,
}
MATCHES: Mapping[str, Event] = {
    "match.shortlist": _inside(Message("Shortlisted by the secretariat")),
    "match.propose": _told(Message("Proposed to both sides")),
    "match.answer": _inside(Message("Answered")),
    "match.agree": _told(Message("Agreed: both sides said yes")),
    "match.decline": _told(Message("Ended with a no")),
    "match.lapse": _told(Message("Lapsed without both answers")),
    "match.start": _told(Message("Started")),
    "match.report_outcome": _inside(Message("Told what came of it")),
    "match.complete": _told(Message("Closed: completed")),
    "match.end_early": _told(Message("Closed: ended early")),
    "match.cancel": _told(Message("Taken back by the secretariat")),
    "matching.adopt_weights": _inside(Message("Weights of matching adopted")),
    "allocation.make": _ALLOCATION,
    "allocation.cancel": _ALLOCATION,
}
NOMINATIONS: Mapping[str, Event] = {
    "nomination.create": _told(Message("Nomination begun")),
    "nomination.import": _inside(Message("Nomination taken in from a file")),
    "nomination.invite": _told(Message("Nominee invited")),
    "nomination.take_up": _NOMINATION,
    "nomination.edit": _NOMINATION,
    "nomination.complete": _told(Message("Form of the nominee handed over")),
    "nomination.take_back": _NOMINATION,
    "nomination.reopen": _NOMINATION,
    "nomination.approve": _told(Message("Answer of the nominator")),
    "nomination.refuse": _told(Message("Answer of the nominator")),
    "nomination.discard": _DRAFT_DELETED,
    "nomination.withdraw": _told(Message("Nomination withdrawn")),
    "nomination.lapse": _told(Message("Nomination lapsed")),
    "nomination.admit_late": _told(Message("Nomination let in late")),
    "nomination.add_file": _NOMINATION_FILE,
    "nomination.remove_file": _NOMINATION_FILE,
    "nomination.add_late_file": _inside(Message("File of the nomination changed")),
    "nomination.compare": _inside(Message("Ruled whether two nominees are the same")),
    "nomination.mark_ineligible": _inside(Message("Nomination screened")),
    "nomination.restore": _inside(Message("Nomination screened")),
    "nomination.ask_erasure": _told(Message("Erasure of the nomination asked for")),
    "nomination.erase": _inside(Message("Nomination erased")),
    "nomination.meeting": _inside(Message("Step of a place in the fellowship")),
    "nomination.travel": _inside(Message("Step of a place in the fellowship")),
    "panel.start": _MARKED,
    "panel.lock": _MARKED,
    "mark.seat": _MARKED,
    "mark.answer": _MARKED,
    "mark.give": _MARKED,
    "mark.rule": _MARKED,
    "shortlist.targets": _LIST,
    "shortlist.seed": _LIST,
    "shortlist.run": _LIST,
    "shortlist.cancel": _LIST,
    "shortlist.pin": _LIST,
    "shortlist.lift_pin": _LIST,
    "shortlist.approve": _LIST,
    "shortlist.release": _LIST,
    "place.select": _PLACE,
    "place.offer": _PLACE,
    "place.chapter": _PLACE,
    "place.call_up": _PLACE_TOLD,
    "place.accept": _PLACE_TOLD,
    "place.decline": _PLACE_TOLD,
    "place.confirm": _PLACE_TOLD,
    "place.start": _PLACE_TOLD,
    "place.finish": _PLACE_TOLD,
    "place.lapse": _PLACE_TOLD,
}
SERVICE: Mapping[str, Event] = {
    "export.bulk": _EXPORT,
    "export.scores": _EXPORT,
    "export.decision_file": _EXPORT,
    "mail.release": _MAIL,
    "mail.retry": _MAIL,
    "glass.open": _inside(Message("Opened in an emergency")),
    "glass.close": _inside(Message("Emergency access ended")),
    "audit.ask_check": _inside(Message("Check of the audit trail asked for")),
    "audit.verify": _inside(Message("Audit trail checked")),
    "reference.load": _LOADED,
    "criteria_set.load": _LOADED,
    "rule_set.load": _LOADED,
    "programme.load": _LOADED,
}
EVENTS: Mapping[str, Event] = {
    **ACCOUNTS,
    **CALLS,
    **ENTRIES,
    **REVIEWS,
    **DECISIONS,
    **MATCHES,
    **NOMINATIONS,
    **SERVICE,
}
"""Every event that a service may record, by its name."""

UNKNOWN = Event(message_in("an event of the audit trail without a sentence of its own", "Event"))
"""For a name that an older version of the service recorded."""
