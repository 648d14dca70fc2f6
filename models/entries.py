"""Support requests and support offers: one table, since nearly everything is the same for both."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, declared_attr, mapped_column, relationship

from models.database import Versioned, choices, db
from vocabulary.states import EntryKind, OfferState, Publication, RequestState

Money = sa.Numeric(16, 2)


def _states(kind: EntryKind, states: type[RequestState] | type[OfferState]) -> str:
    listed = ", ".join(f"'{state.value}'" for state in states)
    return f"kind <> '{kind.value}' OR state IN ({listed})"


class Entry(Versioned, db.Model):
    """What a country or body needs, or gives. Subclasses: SupportRequest, SupportOffer.

    A draft lives in the columns. Once submitted, the columns hold the latest revision, which is what
    lists, matching and reviewers see, and an edit under way waits in `pending` until it is submitted.
    `due_at`: until when questions can be answered; `extended_until`: the entry's own deadline under its call.
    A search reads `search_text`, of those who may know whose it is also `organisation_search_text`, and of
    everybody else only `public_search_text`, what the owner consented to: it never betrays a hidden field.
    `decision_id` is the decision that the entry stands by; no foreign key, since decisions point at entries.
    `archived_from` is the state in which it ended, so that figures stay what they were.
    """

    __tablename__ = "entry"
    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(sa.String(20), unique=True)
    kind: Mapped[EntryKind] = mapped_column(choices(EntryKind))
    state: Mapped[str] = mapped_column(sa.String(20))
    publication: Mapped[Publication] = mapped_column(choices(Publication))
    call_id: Mapped[int | None] = mapped_column(sa.ForeignKey("call.id"), index=True)
    owner_id: Mapped[int | None] = mapped_column(sa.ForeignKey("account.id"), index=True)
    organisation_id: Mapped[int | None] = mapped_column(sa.ForeignKey("organisation.id"), index=True)
    opened_at: Mapped[datetime] = mapped_column()
    submitted_at: Mapped[datetime | None] = mapped_column()
    published_at: Mapped[datetime | None] = mapped_column()
    withdrawn_at: Mapped[datetime | None] = mapped_column()
    confirmed_at: Mapped[datetime | None] = mapped_column()
    revision_number: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime | None] = mapped_column()
    extended_until: Mapped[datetime | None] = mapped_column()
    archived_at: Mapped[datetime | None] = mapped_column()
    archived_from: Mapped[str | None] = mapped_column(sa.String(20))

    pending: Mapped[dict[str, Any] | None] = mapped_column(sa.JSON(none_as_null=True))
    pending_at: Mapped[datetime | None] = mapped_column()

    language: Mapped[str | None] = mapped_column(sa.String(2))
    title: Mapped[str | None] = mapped_column(sa.String(300))
    summary: Mapped[str | None] = mapped_column(sa.Text)
    need: Mapped[str | None] = mapped_column(sa.Text)
    activities: Mapped[str | None] = mapped_column(sa.Text)
    results: Mapped[str | None] = mapped_column(sa.Text)
    level: Mapped[str | None] = mapped_column(sa.String(20))
    stage: Mapped[str | None] = mapped_column(sa.String(20))
    currency: Mapped[str | None] = mapped_column(sa.String(3))
    usd_rate: Mapped[Decimal | None] = mapped_column(sa.Numeric(18, 8))
    usd_rate_on: Mapped[date | None] = mapped_column()
    starts_on: Mapped[date | None] = mapped_column()
    ends_on: Mapped[date | None] = mapped_column()
    organisation_name: Mapped[str | None] = mapped_column(sa.String(300))
    organisation_acronym: Mapped[str | None] = mapped_column(sa.String(40))
    organisation_kind: Mapped[str | None] = mapped_column(sa.String(40))
    organisation_country: Mapped[str | None] = mapped_column(sa.String(3))
    organisation_site: Mapped[str | None] = mapped_column(sa.String(300))
    contact_name: Mapped[str | None] = mapped_column(sa.String(200))
    contact_email: Mapped[str | None] = mapped_column(sa.String(254))
    contact_phone: Mapped[str | None] = mapped_column(sa.String(60))
    contact_way: Mapped[str | None] = mapped_column(sa.String(20))
    consent_terms: Mapped[bool] = mapped_column(default=False)
    public_fields: Mapped[list[str]] = mapped_column()

    amount_needed: Mapped[Decimal | None] = mapped_column(Money)
    amount_sought: Mapped[Decimal | None] = mapped_column(Money)
    people_involved: Mapped[str | None] = mapped_column(sa.Text)
    iplc_involved: Mapped[str | None] = mapped_column(sa.Text)
    stakeholders: Mapped[str | None] = mapped_column(sa.Text)
    guidance_used: Mapped[str | None] = mapped_column(sa.Text)
    same_request_elsewhere: Mapped[str | None] = mapped_column(sa.Text)
    focal_point_consulted: Mapped[str | None] = mapped_column(sa.String(20))
    focal_point_name: Mapped[str | None] = mapped_column(sa.String(200))
    focal_point_consulted_on: Mapped[date | None] = mapped_column()
    self_assessment: Mapped[dict[str, Any]] = mapped_column()

    contribution: Mapped[str | None] = mapped_column(sa.String(20))
    amount_ceiling: Mapped[Decimal | None] = mapped_column(Money)
    amount_per_request: Mapped[Decimal | None] = mapped_column(Money)
    capacity: Mapped[int | None] = mapped_column()
    capacity_unit: Mapped[str | None] = mapped_column(sa.String(20))
    cost_terms: Mapped[str | None] = mapped_column(sa.String(20))
    conditions: Mapped[str | None] = mapped_column(sa.Text)
    seeks_recognition: Mapped[bool | None] = mapped_column()
    valid_until: Mapped[date | None] = mapped_column()

    decision_id: Mapped[int | None] = mapped_column()
    title_key: Mapped[str] = mapped_column(sa.String(80), default="")
    search_text: Mapped[str] = mapped_column(sa.Text, default="")
    organisation_search_text: Mapped[str] = mapped_column(sa.Text, default="")
    public_search_text: Mapped[str] = mapped_column(sa.Text, default="")

    terms: Mapped[list[EntryTerm]] = relationship(
        lazy="raise", cascade="all, delete-orphan", order_by="EntryTerm.vocabulary, EntryTerm.code"
    )
    attachments: Mapped[list[Attachment]] = relationship(lazy="raise", order_by="Attachment.id")
    revisions: Mapped[list[Revision]] = relationship(lazy="raise", order_by="Revision.number")

    @declared_attr.directive
    @classmethod
    def __mapper_args__(cls) -> dict[str, Any]:
        """Single-table inheritance, beside the version that every mutable table has."""
        if cls.__name__ == "Entry":
            return {"polymorphic_on": cls.kind, "version_id_col": cls.version}
        return {}

    __table_args__ = (
        sa.CheckConstraint(_states(EntryKind.REQUEST, RequestState), name="request_state"),
        sa.CheckConstraint(_states(EntryKind.OFFER, OfferState), name="offer_state"),
        sa.CheckConstraint("(state = 'draft') = (submitted_at IS NULL)", name="submitted_at"),
        sa.CheckConstraint("(state = 'archived') = (archived_at IS NOT NULL)", name="archived_at"),
        sa.CheckConstraint("(archived_at IS NULL) = (archived_from IS NULL)", name="archived_from"),
        sa.CheckConstraint("(state = 'withdrawn') = (withdrawn_at IS NOT NULL)", name="withdrawn_at"),
        sa.CheckConstraint(
            "(state = 'returned' AND kind = 'request') <= (due_at IS NOT NULL)", name="returned_until"
        ),
        sa.CheckConstraint(
            "kind <> 'request' OR state NOT IN ('decided', 'released', 'reconsideration')"
            " OR decision_id IS NOT NULL",
            name="has_decision",
        ),
        sa.CheckConstraint("publication <> 'published' OR published_at IS NOT NULL", name="published_at"),
        sa.CheckConstraint("publication <> 'published' OR state <> 'draft'", name="no_public_draft"),
        sa.CheckConstraint(
            "state = 'draft' OR ends_on IS NULL OR starts_on IS NULL OR ends_on >= starts_on", name="dates"
        ),
        sa.CheckConstraint("capacity IS NULL OR capacity >= 0", name="capacity"),
        sa.Index("ix_entry_public", "kind", "publication", "published_at", "id"),
        sa.Index("ix_entry_contact_email", "contact_email"),
    )


class SupportRequest(Entry):
    """What a country or body needs."""

    __mapper_args__ = {"polymorphic_identity": EntryKind.REQUEST}  # noqa: RUF012 -- SQLAlchemy's own form


class SupportOffer(Entry):
    """What a partner gives."""

    __mapper_args__ = {"polymorphic_identity": EntryKind.OFFER}  # noqa: RUF012 -- SQLAlchemy's own form


class EntryTerm(db.Model):
    """One code of one vocabulary that an entry names, so that lists can be filtered by it."""

    __tablename__ = "entry_term"
    entry_id: Mapped[int] = mapped_column(sa.ForeignKey("entry.id", ondelete="CASCADE"), primary_key=True)
    vocabulary: Mapped[str] = mapped_column(sa.String(40), primary_key=True)
    code: Mapped[str] = mapped_column(sa.String(40), primary_key=True)
    __table_args__ = (sa.Index("ix_entry_term_code", "vocabulary", "code", "entry_id"),)


class Revision(db.Model):
    """The entry as submitted, frozen; reviews, decisions and letters point to one of these."""

    __tablename__ = "revision"
    id: Mapped[int] = mapped_column(primary_key=True)
    entry_id: Mapped[int] = mapped_column(sa.ForeignKey("entry.id"), index=True)
    number: Mapped[int] = mapped_column()
    content: Mapped[dict[str, Any]] = mapped_column()
    files: Mapped[list[Any]] = mapped_column()
    content_hash: Mapped[str] = mapped_column(sa.String(64))
    submitted_at: Mapped[datetime] = mapped_column()
    submitted_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("account.id"))
    __table_args__ = (
        sa.UniqueConstraint("entry_id", "number"),
        sa.UniqueConstraint("id", "entry_id"),
    )


class Attachment(db.Model):
    """A file of an entry; its bytes lie in the data folder under their hash."""

    __tablename__ = "attachment"
    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(sa.String(40), unique=True)
    entry_id: Mapped[int] = mapped_column(sa.ForeignKey("entry.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(sa.String(200))
    media_type: Mapped[str] = mapped_column(sa.String(100))
    size: Mapped[int] = mapped_column()
    sha256: Mapped[str] = mapped_column(sa.String(64), index=True)
    uploaded_at: Mapped[datetime] = mapped_column()
    removed_at: Mapped[datetime | None] = mapped_column()


class OfferReminder(db.Model):
    """Somebody was asked whether an offer still stands; of the link that answers only the hash is kept."""

    __tablename__ = "offer_reminder"
    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    entry_id: Mapped[int] = mapped_column(sa.ForeignKey("entry.id", ondelete="CASCADE"), index=True)
    email: Mapped[str] = mapped_column(sa.String(254))
    ends_on: Mapped[date] = mapped_column()
    days: Mapped[int] = mapped_column()
    sent_at: Mapped[datetime] = mapped_column()
    expires_at: Mapped[datetime] = mapped_column()
    __table_args__ = (
        sa.UniqueConstraint("entry_id", "ends_on", "days"),
        sa.CheckConstraint("days IN (0, 7, 30)", name="days"),
    )


class EntryChange(db.Model):
    """A running number for each change that matching must see; every worker reads on from its last."""

    __tablename__ = "entry_change"
    sequence: Mapped[int] = mapped_column(
        sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True, autoincrement=True
    )
    entry_id: Mapped[int] = mapped_column()
    at: Mapped[datetime] = mapped_column()
