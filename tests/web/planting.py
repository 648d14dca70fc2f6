"""Published entries and calls for the tests of pages, written straight into the tables."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from models.calls import Call
from models.entries import Entry
from services.entries.content import CLASSES, apply_content, empty_content
from services.entries.fields import publishable
from tests.fixtures import NOW
from vocabulary.states import CallKind, CallState, EntryKind, Publication

REQUEST = {
    "language": "en",
    "title": "Training for a national ecosystem assessment",
    "summary": "Twelve people learn how an assessment of ecosystem services is made.",
    "need": "Nobody in the ministry has made one.",
    "support": ["training", "mentoring"],
    "countries": ["KEN"],
    "needs": ["1.1"],
    "strategies": ["S1"],
    "organisation_name": "Fictional Ministry of Rivers",
    "contact_name": "Ada Fictional",
    "contact_email": "ada@fictional.example",
}
OFFER = {
    "language": "fr",
    "title": "Bourses pour de jeunes chercheuses",
    "summary": "Nous accueillons quatre personnes pendant six mois.",
    "support": ["hosting"],
    "contribution": "d",
    "capacity": 4,
    "capacity_unit": "places",
    "organisation_name": "Institut fictif des rives",
}


def plant(
    session: Session,
    kind: EntryKind = EntryKind.REQUEST,
    *,
    number: int = 1,
    at: datetime = NOW,
    publication: Publication = Publication.PUBLISHED,
    public_fields: list[str] | None = None,
    **changes: Any,
) -> str:
    """A submitted and, unless said otherwise, published entry; returns its reference."""
    base = REQUEST if kind is EntryKind.REQUEST else OFFER
    ref = f"{'REQ' if kind is EntryKind.REQUEST else 'OFF'}-2026-{number:04d}"
    shown = list(publishable(kind)) if public_fields is None else public_fields
    entry: Entry = CLASSES[kind](
        ref=ref, state="submitted", publication=publication, opened_at=at, submitted_at=at, published_at=at
    )
    entry.created_at = entry.updated_at = at
    entry.revision_number = 1
    entry.terms = []
    entry.public_fields, entry.self_assessment = [], {}
    apply_content(entry, empty_content(kind) | base | {"public_fields": shown} | changes)
    session.add(entry)
    session.flush()
    return ref


def plant_call(session: Session, *, number: int = 1, title: str = "Call of the year", **changes: Any) -> str:
    """An open call for offers that closes in five days; returns its reference."""
    values: dict[str, Any] = {
        "ref": f"CALL-2026-{number:04d}",
        "kind": CallKind.OFFERS,
        "state": CallState.OPEN,
        "title": {"en": title},
        "text": {"en": "Send what you can give."},
        "strategies": ["S1"],
        "opens_at": NOW - timedelta(days=5),
        "closes_at": NOW + timedelta(days=5),
        "zone": "UTC",
        "eligibility": {},
    }
    call = Call(**values | changes)
    call.created_at = call.updated_at = NOW
    session.add(call)
    session.flush()
    return call.ref
