"""What of an entry is blanked when it is archived, and what stays?

Blanked are the contact, names, texts that people wrote (of the entry, in reviews, notes, questions,
declarations of conflict, answers on matches), files, mails and private links. What stays: the reference,
codes, amounts, dates and the body of the entry, so that every figure stays what it was; scores, results and
the decision with its reasons; of a declaration its kind and date; and what is published, as far as the owner
consented to it. The trail stays whole: it holds account numbers and names of fields. Who may, and when, the
caller has asked.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.assignments import AssignmentPlan, AssignmentProposal
from models.calls import Call, CallAct, CallQuestion, Extension
from models.collaborators import Collaborator
from models.conflicts import ConflictLift, HintReply
from models.consultations import Consultation
from models.decisions import Decision, Letter, Recognition, Reconsideration
from models.entries import Attachment, Entry, OfferReminder, Revision
from models.glass import OpenGlass
from models.matches import Match, SameEntryRuling
from models.messages import EntryMessage
from models.operation import OutgoingMail
from models.panels import ConsensusScore, PanelNote
from models.people import PrivateLink
from models.reviews import (
    Assignment,
    ConflictDeclaration,
    CriterionScore,
    Review,
    ReviewAct,
    ReviewVersion,
)
from models.screening import Screening
from models.vectors import EntryVectors
from services.entries.content import apply_content
from services.entries.fields import ContentField, ValueKind, fields_of
from services.entry_notes import forget_notes
from vocabulary.states import EntryKind, Publication

BLANK = "–"
"""Stands where somebody wrote something, so that one sees that there was something."""

_NAMES_OF_BODIES = frozenset({"organisation_name", "organisation_acronym"})
_WRITTEN = frozenset({ValueKind.LINE, ValueKind.TEXT, ValueKind.SITE, ValueKind.EMAIL, ValueKind.PHONE})

TEXTS: Mapping[type[Any], tuple[str, ...]] = {
    Screening: ("text",),
    Assignment: ("reason",),
    AssignmentProposal: ("reason",),
    HintReply: ("reason",),
    ConflictDeclaration: ("text",),
    ConsensusScore: ("reason",),
    PanelNote: ("text",),
    CallAct: ("reason",),
    Extension: ("reason",),
    EntryMessage: ("text",),
    Consultation: ("text",),
    OpenGlass: ("reason",),
    Recognition: ("renewal_text",),
    Review: ("conditions", "contradiction_reason", "comment_applicant", "comment_internal", "void_reason"),
}
"""Columns with what people wrote, of tables that name their entry."""

KEPT: Mapping[str, str] = {
    "decision": "the decision with its reasons is the record of what was done",
    "panel_result": "what the rules made of the scores: references, codes and numbers",
    "entry_term": "codes",
    "entry_change": "numbers",
}
"""Tables that name an entry and keep what they say of it, each with the reason."""

_OF_SCORES = ("evidence", "pointer", "cannot_reason")
_OF_CARDS = ("conditions", "contradiction_reason", "comment_applicant", "comment_internal")
_OF_MATCHES = (
    "requester_reason",
    "partner_reason",
    "requester_outcome",
    "partner_outcome",
    "outcome",
)
_OF_LETTERS = ("title", "contact_name", "note")


def is_written(field: ContentField) -> bool:
    """Does a field hold what somebody wrote, or who somebody is? The name of a body is neither."""
    return field.is_personal or (field.kind in _WRITTEN and field.name not in _NAMES_OF_BODIES)


def blanked_content(
    kind: EntryKind, content: Mapping[str, Any], kept: Collection[str] = ()
) -> dict[str, Any]:
    """The content of an entry without what people wrote, but for the fields in `kept`."""
    found = dict(content)
    for field in fields_of(kind):
        if field.name in found and field.name not in kept:
            if is_written(field):
                found[field.name] = None
            elif field.kind is ValueKind.ASSESSMENT:
                found[field.name] = _findings(found[field.name] or {})
    return found


def _findings(assessment: Mapping[str, Any]) -> dict[str, Any]:
    return {code: {"finding": answer.get("finding"), "text": None} for code, answer in assessment.items()}


def keep_public(entry: Entry) -> None:
    """Blank what people wrote in an entry whose terms are loaded, but for what is published with consent.

    Also when consent is taken back, or a publication, after the entry was archived.
    """
    is_public = entry.publication is Publication.PUBLISHED
    kept = entry.public_fields if is_public else ()
    values = {
        field.name: getattr(entry, field.name)
        for field in fields_of(entry.kind)
        if field.name not in kept and (is_written(field) or field.kind is ValueKind.ASSESSMENT)
    }
    apply_content(entry, blanked_content(entry.kind, values))


def blank_entries(session: Session, entries: Sequence[Entry]) -> None:
    """Blank all that belongs to these archived entries, whose terms are loaded, in every table."""
    for entry in entries:
        entry.pending = entry.pending_at = None
        keep_public(entry)
    session.flush()
    ids, refs = [entry.id for entry in entries], [entry.ref for entry in entries]
    kinds = {entry.id: entry.kind for entry in entries}
    for model, names in TEXTS.items():
        _blank(session, model, model.entry_id.in_(ids), names)
    _set(session, Screening, Screening.entry_id.in_(ids), questions=[])
    _set(session, ConflictDeclaration, ConflictDeclaration.entry_id.in_(ids), people_hash=None)
    _blank_revisions(session, ids, kinds)
    _blank_reviews(session, ids)
    _blank_decisions(session, ids)
    either = sa.or_(Match.request_id.in_(ids), Match.offer_id.in_(ids))
    _blank_matches(session, either)
    alike = sa.or_(SameEntryRuling.first_id.in_(ids), SameEntryRuling.second_id.in_(ids))
    _blank(session, SameEntryRuling, alike, ("reason",))
    declared = sa.select(ConflictDeclaration.id).where(ConflictDeclaration.entry_id.in_(ids))
    _blank(session, ConflictLift, ConflictLift.declaration_id.in_(declared), ("reason",))
    _blank_mails(session, ids, refs)
    _blank_helpers(session, ids)
    for entry_id in ids:
        forget_notes(session, entry_id)
    for gone in (Attachment, PrivateLink, OfferReminder, EntryVectors):
        session.execute(sa.delete(gone).where(gone.entry_id.in_(ids)))


def blank_call(session: Session, call: Call) -> None:
    """Blank what people wrote about a call: questions as they were typed and who asked them, reasons of acts,
    and in plans of assignments the words that spoke for a reviewer. Published answers stay."""
    session.execute(
        sa.update(CallQuestion).where(CallQuestion.call_id == call.id).values(email=None, text=BLANK)
    )
    _blank(session, CallAct, CallAct.call_id == call.id, ("reason",))
    for plan in session.execute(sa.select(AssignmentPlan).where(AssignmentPlan.call_id == call.id)).scalars():
        pairs = [dict(pair) | {"reasons": [], "shared": []} for pair in plan.content.get("pairs", ())]
        plan.content = dict(plan.content) | {"pairs": pairs}


def _blank_revisions(session: Session, ids: Sequence[int], kinds: Mapping[int, EntryKind]) -> None:
    query = sa.select(Revision).where(Revision.entry_id.in_(ids)).order_by(Revision.id)
    for revision in session.execute(query).scalars():
        revision.content = blanked_content(kinds[revision.entry_id], revision.content)
        revision.files = [dict(file) | {"name": BLANK} for file in revision.files]


def _blank_reviews(session: Session, ids: Sequence[int]) -> None:
    reviews = sa.select(Review.id).where(Review.entry_id.in_(ids))
    _set(session, Review, Review.entry_id.in_(ids), partners=[])
    _blank(session, CriterionScore, CriterionScore.review_id.in_(reviews), _OF_SCORES)
    _blank(session, ReviewAct, ReviewAct.review_id.in_(reviews), ("reason",))
    query = sa.select(ReviewVersion).where(ReviewVersion.review_id.in_(reviews)).order_by(ReviewVersion.id)
    for version in session.execute(query).scalars():
        version.content = _blanked_card(version.content)


def _blanked_card(card: Mapping[str, Any]) -> dict[str, Any]:
    scores = {code: _dashed(answer, _OF_SCORES) for code, answer in (card.get("scores") or {}).items()}
    found = _dashed(card, _OF_CARDS) | {"scores": scores}
    return found | {"partners": []} if "partners" in card else found


def _dashed(values: Mapping[str, Any], names: Collection[str]) -> dict[str, Any]:
    return {name: BLANK if name in names and value else value for name, value in values.items()}


def _blank_decisions(session: Session, ids: Sequence[int]) -> None:
    """The decision stays as it is; its letter loses whom it spoke to and what reviewers wrote."""
    decisions = sa.select(Decision.id).where(Decision.entry_id.in_(ids))
    _blank(session, Reconsideration, Reconsideration.decision_id.in_(decisions), ("text", "preparation"))
    for letter in session.execute(sa.select(Letter).where(Letter.decision_id.in_(decisions))).scalars():
        letter.note = BLANK if letter.note else None
        if letter.values is not None:
            letter.values = _dashed(letter.values, _OF_LETTERS) | {"comments": []}


def _blank_matches(session: Session, condition: sa.ColumnElement[bool]) -> None:
    _blank(session, Match, condition, _OF_MATCHES)
    for match in session.execute(sa.select(Match).where(condition)).scalars():
        match.explanation = dict(match.explanation) | {"terms": []}


def _blank_helpers(session: Session, ids: Sequence[int]) -> None:
    """Invitations that nobody accepted go; of who helped the account stays, since it judges nothing of it."""
    helped = Collaborator.entry_id.in_(ids)
    session.execute(sa.delete(Collaborator).where(helped, Collaborator.account_id.is_(None)))
    address = sa.literal("erased-") + sa.cast(Collaborator.id, sa.String) + sa.literal("@erased.invalid")
    _set(session, Collaborator, helped, email=address)


def _blank_mails(session: Session, ids: Sequence[int], refs: Sequence[str]) -> None:
    """Mail that has not gone is dropped; of mail that has, only that it went is kept."""
    assignments = sa.select(Assignment.ref).where(Assignment.entry_id.in_(ids))
    matches = sa.select(Match.ref).where(sa.or_(Match.request_id.in_(ids), Match.offer_id.in_(ids)))
    about = sa.or_(
        OutgoingMail.subject_ref.in_(refs),
        OutgoingMail.subject_ref.in_(assignments),
        OutgoingMail.subject_ref.in_(matches),
    )
    session.execute(sa.delete(OutgoingMail).where(about, OutgoingMail.state != "sent"))
    _set(session, OutgoingMail, about, to_email="erased@erased.invalid", values={}, error=None)


def _blank(
    session: Session, model: type[Any], condition: sa.ColumnElement[bool], names: Collection[str]
) -> None:
    """A dash in the place of every text; where there was none, there is none."""
    values = {name: sa.case((getattr(model, name).is_not(None), BLANK), else_=None) for name in names}
    _set(session, model, condition, **values)


def _set(session: Session, model: type[Any], condition: sa.ColumnElement[bool], **values: Any) -> None:
    session.execute(
        sa.update(model).where(condition).values(values).execution_options(synchronize_session=False)
    )
