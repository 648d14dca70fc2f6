"""Decisions and what follows from them: letters, releases, reconsiderations and recognitions."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from models.database import Versioned, choices, db
from vocabulary.decisions import Ground

_UNDER_WAY = "released_at IS NULL AND withdrawn_at IS NULL"
_IN_FORCE = "released_at IS NOT NULL AND superseded_by_id IS NULL"


class Decision(Versioned, db.Model):
    """The panel's act on an entry. Proposed by one person, approved by another, then released.

    One that was released is only ever superseded, one that was not may be taken back with a reason; neither
    is edited away. `four_eyes` says whether the call asked for a second person when this was proposed.
    """

    __tablename__ = "decision"
    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(sa.String(20), unique=True)
    entry_id: Mapped[int] = mapped_column(sa.ForeignKey("entry.id"), index=True)
    panel_result_id: Mapped[int | None] = mapped_column()
    outcome: Mapped[str] = mapped_column(sa.String(40))
    conditions: Mapped[str | None] = mapped_column(sa.Text)
    reason: Mapped[str] = mapped_column(sa.Text)
    contradicts: Mapped[bool] = mapped_column(default=False)
    contradiction_reason: Mapped[str | None] = mapped_column(sa.Text)
    verdicts: Mapped[dict[str, Any]] = mapped_column()
    body: Mapped[str | None] = mapped_column(sa.String(60))
    decided_at: Mapped[datetime] = mapped_column()
    proposed_by_id: Mapped[int] = mapped_column(sa.ForeignKey("account.id"))
    four_eyes: Mapped[bool] = mapped_column(default=True)
    approved_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("account.id"))
    approved_at: Mapped[datetime | None] = mapped_column()
    released_at: Mapped[datetime | None] = mapped_column()
    release_id: Mapped[int | None] = mapped_column(sa.ForeignKey("release.id"))
    superseded_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("decision.id"))
    withdrawn_at: Mapped[datetime | None] = mapped_column()
    withdrawn_reason: Mapped[str | None] = mapped_column(sa.Text)
    __table_args__ = (
        sa.ForeignKeyConstraint(
            ["panel_result_id", "entry_id"], ["panel_result.id", "panel_result.entry_id"]
        ),
        sa.CheckConstraint(
            "outcome IN ('endorsed', 'endorsed_with_conditions', 'reserve', 'not_endorsed', 'ineligible')",
            name="outcome",
        ),
        sa.CheckConstraint(
            "approved_by_id IS NULL OR approved_by_id <> proposed_by_id OR NOT four_eyes", name="four_eyes"
        ),
        sa.CheckConstraint("released_at IS NULL OR approved_by_id IS NOT NULL", name="released_approved"),
        sa.CheckConstraint("NOT contradicts OR contradiction_reason IS NOT NULL", name="contradiction"),
        sa.CheckConstraint("(withdrawn_at IS NULL) = (withdrawn_reason IS NULL)", name="withdrawn_reason"),
        sa.CheckConstraint("withdrawn_at IS NULL OR released_at IS NULL", name="released_stays"),
        sa.CheckConstraint("superseded_by_id IS NULL OR released_at IS NOT NULL", name="superseded_released"),
        sa.Index(
            "uq_decision_under_way",
            "entry_id",
            unique=True,
            sqlite_where=sa.text(_UNDER_WAY),
            postgresql_where=sa.text(_UNDER_WAY),
        ),
        sa.Index(
            "uq_decision_in_force",
            "entry_id",
            unique=True,
            sqlite_where=sa.text(_IN_FORCE),
            postgresql_where=sa.text(_IN_FORCE),
        ),
    )


class Release(db.Model):
    """A batch of decisions made known at once: what was shown before is what was sent."""

    __tablename__ = "release"
    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(sa.String(20), unique=True)
    call_id: Mapped[int | None] = mapped_column(sa.ForeignKey("call.id"))
    released_by_id: Mapped[int] = mapped_column(sa.ForeignKey("account.id"))
    released_at: Mapped[datetime] = mapped_column()
    n_decisions: Mapped[int] = mapped_column()
    n_letters: Mapped[int] = mapped_column()
    seen_hash: Mapped[str] = mapped_column(sa.String(64))
    __table_args__ = (
        sa.CheckConstraint("n_decisions > 0", name="n_decisions"),
        sa.CheckConstraint("n_letters BETWEEN 0 AND n_decisions", name="n_letters"),
    )


class Letter(Versioned, db.Model):
    """The letter on a decision, in the language of the submitter; frozen when it is released."""

    __tablename__ = "letter"
    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(sa.String(20), unique=True)
    decision_id: Mapped[int] = mapped_column(sa.ForeignKey("decision.id"), unique=True)
    language: Mapped[str] = mapped_column(sa.String(2))
    note: Mapped[str | None] = mapped_column(sa.Text)
    values: Mapped[dict[str, Any] | None] = mapped_column()
    values_hash: Mapped[str | None] = mapped_column(sa.String(64))
    released_at: Mapped[datetime | None] = mapped_column()
    __table_args__ = (sa.CheckConstraint("(released_at IS NULL) = (values_hash IS NULL)", name="frozen"),)


class Reconsideration(Versioned, db.Model):
    """A submitter asks to look at a decision again, on one of three grounds."""

    __tablename__ = "reconsideration"
    id: Mapped[int] = mapped_column(primary_key=True)
    decision_id: Mapped[int] = mapped_column(sa.ForeignKey("decision.id"), unique=True)
    ground: Mapped[Ground] = mapped_column(choices(Ground))
    text: Mapped[str] = mapped_column(sa.Text)
    asked_by_id: Mapped[int] = mapped_column(sa.ForeignKey("account.id"))
    asked_at: Mapped[datetime] = mapped_column()
    prepared_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("account.id"))
    preparation: Mapped[str | None] = mapped_column(sa.Text)
    prepared_at: Mapped[datetime | None] = mapped_column()
    new_decision_id: Mapped[int | None] = mapped_column(sa.ForeignKey("decision.id"))
    __table_args__ = (
        sa.CheckConstraint("(prepared_at IS NULL) = (prepared_by_id IS NULL)", name="prepared"),
        sa.CheckConstraint("new_decision_id IS NULL OR prepared_at IS NOT NULL", name="prepared_first"),
        sa.CheckConstraint("new_decision_id IS NULL OR new_decision_id <> decision_id", name="new_decision"),
    )


class Recognition(Versioned, db.Model):
    """A letter that confirms that an activity was found to serve the plan, with a page that confirms it.

    A renewal is a row of its own that names the one it follows; that one then says when it was renewed.
    `told_days`: how many days before its end the last reminder went out.
    """

    __tablename__ = "recognition"
    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(sa.String(20), unique=True)
    entry_id: Mapped[int] = mapped_column(sa.ForeignKey("entry.id"), index=True)
    decision_id: Mapped[int] = mapped_column(sa.ForeignKey("decision.id"))
    language: Mapped[str] = mapped_column(sa.String(2))
    title: Mapped[str] = mapped_column(sa.String(300))
    organisation: Mapped[str | None] = mapped_column(sa.String(300))
    issued_on: Mapped[date] = mapped_column()
    expires_on: Mapped[date] = mapped_column()
    issued_by_id: Mapped[int] = mapped_column(sa.ForeignKey("account.id"))
    retracted_at: Mapped[datetime | None] = mapped_column()
    retracted_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("account.id"))
    retraction_reason: Mapped[str | None] = mapped_column(sa.Text)
    told_days: Mapped[int | None] = mapped_column()
    renews_id: Mapped[int | None] = mapped_column(sa.ForeignKey("recognition.id"), unique=True)
    renewed_at: Mapped[datetime | None] = mapped_column()
    renewal_asked_at: Mapped[datetime | None] = mapped_column()
    renewal_asked_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("account.id"))
    renewal_text: Mapped[str | None] = mapped_column(sa.Text)
    renewal_ended_at: Mapped[datetime | None] = mapped_column()
    """When the answer was given: the recognition was renewed, or it was decided not to."""
    __table_args__ = (
        sa.CheckConstraint("expires_on > issued_on", name="expires_on"),
        sa.CheckConstraint("renews_id <> id", name="not_of_itself"),
        sa.CheckConstraint(
            "(renewal_asked_at IS NULL) = (renewal_asked_by_id IS NULL)", name="renewal_asked_by"
        ),
        sa.CheckConstraint(
            "renewal_ended_at IS NULL OR renewal_asked_at IS NOT NULL", name="renewal_ended_at"
        ),
        sa.CheckConstraint("(retracted_at IS NULL) = (retracted_by_id IS NULL)", name="retracted_by"),
        sa.CheckConstraint("(retracted_at IS NULL) = (retraction_reason IS NULL)", name="retraction_reason"),
        sa.Index(
            "uq_recognition_in_force",
            "entry_id",
            unique=True,
            sqlite_where=sa.text("retracted_at IS NULL AND renewed_at IS NULL"),
            postgresql_where=sa.text("retracted_at IS NULL AND renewed_at IS NULL"),
        ),
    )
