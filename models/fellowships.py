"""Fellowship calls, nominations by two parties, panel marks, runs of the shortlist, and fellows."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.database import Versioned, choices, db
from vocabulary.fellowships import (
    FellowshipBody,
    MeritBand,
    NominationReminderStep,
    NominationState,
    NominatorAnswer,
    RunState,
)
from vocabulary.states import ConflictAnswer


class Fellowship(Versioned, db.Model):
    """What a call of the kind fellowship asks and selects by, beside the call's own dates and texts.

    `chapters`: [{"code", "title" by language, "seats"}], or empty; `marks`: [{"code", "title" by language,
    "anchors" by language {"0".."100": text}, "weight"}]; `targets`: rows of a BalanceTarget; `caps`:
    [{"attribute", "most"}]; `documents`: kinds of files asked for. Thresholds warn and never block.
    `by_bands`: on the list of the decision, a better band of merit comes first; else scores alone decide.
    `months_kept`: after the release, until the data of those not selected are erased; what was erased is
    counted in `erased_counts` ({attribute: {value: people}}).
    """

    __tablename__ = "fellowship"
    id: Mapped[int] = mapped_column(primary_key=True)
    call_id: Mapped[int] = mapped_column(sa.ForeignKey("call.id"), unique=True)
    body: Mapped[FellowshipBody] = mapped_column(choices(FellowshipBody))
    selecting_body: Mapped[str] = mapped_column(sa.String(200))
    n_seats: Mapped[int] = mapped_column()
    chapters: Mapped[list[Any]] = mapped_column()
    nominators_until: Mapped[datetime] = mapped_column()
    oldest_age: Mapped[int | None] = mapped_column()
    most_years_since_degree: Mapped[int | None] = mapped_column()
    mark_low: Mapped[int] = mapped_column(default=0)
    mark_high: Mapped[int] = mapped_column(default=10)
    mark_step: Mapped[int] = mapped_column(default=1)
    marks: Mapped[list[Any]] = mapped_column()
    targets: Mapped[list[Any]] = mapped_column()
    caps: Mapped[list[Any]] = mapped_column()
    by_bands: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    documents: Mapped[list[str]] = mapped_column()
    months_kept: Mapped[int] = mapped_column(default=12, server_default="12")
    erased_counts: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
    marks_locked_at: Mapped[datetime | None] = mapped_column()
    seed: Mapped[str | None] = mapped_column(sa.String(200))
    seed_source: Mapped[str | None] = mapped_column(sa.Text)
    seed_at: Mapped[datetime | None] = mapped_column()
    approved_run_id: Mapped[int | None] = mapped_column(sa.ForeignKey("shortlist_run.id"))
    approved_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("account.id"))
    approved_at: Mapped[datetime | None] = mapped_column()
    released_at: Mapped[datetime | None] = mapped_column()
    __table_args__ = (
        sa.CheckConstraint("n_seats >= 1", name="seats"),
        sa.CheckConstraint("months_kept BETWEEN 1 AND 120", name="months_kept"),
        sa.CheckConstraint("mark_low < mark_high AND mark_step >= 1", name="marks"),
        sa.CheckConstraint("(seed IS NULL) = (seed_at IS NULL)", name="seed_dated"),
        sa.CheckConstraint("seed IS NULL OR marks_locked_at IS NOT NULL", name="seed_after_marks"),
        sa.CheckConstraint("(approved_run_id IS NULL) = (approved_at IS NULL)", name="approved_at"),
        sa.CheckConstraint("released_at IS NULL OR approved_at IS NOT NULL", name="released_approved"),
    )


class Nomination(Versioned, db.Model):
    """A nominator puts a nominee forward. The nominee fills the form; the nominator approves it.

    `content` holds the answers of the form (services/fellowships/fields.py) and is blanked when the person is
    erased; columns beside it are what lists, balance and statistics read.
    """

    __tablename__ = "nomination"
    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(sa.String(20), unique=True)
    call_id: Mapped[int] = mapped_column(sa.ForeignKey("call.id"), index=True)
    state: Mapped[NominationState] = mapped_column(choices(NominationState))
    nominee_id: Mapped[int | None] = mapped_column(sa.ForeignKey("account.id"), index=True)
    nominator_id: Mapped[int | None] = mapped_column(sa.ForeignKey("account.id"), index=True)
    language: Mapped[str] = mapped_column(sa.String(2), default="en")
    content: Mapped[dict[str, Any]] = mapped_column()
    opened_at: Mapped[datetime] = mapped_column()
    nominee_consent_at: Mapped[datetime | None] = mapped_column()
    completed_at: Mapped[datetime | None] = mapped_column()
    nominee_email: Mapped[str | None] = mapped_column(sa.String(254))
    nominator_email: Mapped[str | None] = mapped_column(sa.String(254))
    nominator_answer: Mapped[NominatorAnswer] = mapped_column(choices(NominatorAnswer))
    nominator_answer_reason: Mapped[str | None] = mapped_column(sa.Text)
    nominator_approved_at: Mapped[datetime | None] = mapped_column()
    submitted_at: Mapped[datetime | None] = mapped_column()
    withdrawn_at: Mapped[datetime | None] = mapped_column()
    withdrawn_by: Mapped[str | None] = mapped_column(sa.String(20))
    late_reason: Mapped[str | None] = mapped_column(sa.Text)
    late_until: Mapped[datetime | None] = mapped_column()
    ineligible_reason: Mapped[str | None] = mapped_column(sa.Text)
    duplicate_of_id: Mapped[int | None] = mapped_column(sa.ForeignKey("nomination.id"))
    travel: Mapped[dict[str, Any]] = mapped_column(default=dict)
    travel_confirmed: Mapped[bool | None] = mapped_column()
    band: Mapped[MeritBand | None] = mapped_column(choices(MeritBand))
    score: Mapped[int | None] = mapped_column()
    reserve_order: Mapped[int | None] = mapped_column()
    chapter: Mapped[str | None] = mapped_column(sa.String(40))
    mentor: Mapped[str | None] = mapped_column(sa.String(200))
    meetings: Mapped[list[Any]] = mapped_column(default=list)
    answer_by_at: Mapped[datetime | None] = mapped_column()
    answered_at: Mapped[datetime | None] = mapped_column()
    public_name: Mapped[bool] = mapped_column(default=False)
    erasure_asked_at: Mapped[datetime | None] = mapped_column()
    erased_at: Mapped[datetime | None] = mapped_column()
    name_key: Mapped[str] = mapped_column(sa.String(200), default="")
    files: Mapped[list[NominationFile]] = relationship(lazy="raise", order_by="NominationFile.id")
    __table_args__ = (
        sa.CheckConstraint(
            "state <> 'submitted' OR (nominee_consent_at IS NOT NULL AND nominator_approved_at IS NOT NULL)",
            name="submitted_by_both",
        ),
        sa.CheckConstraint("(state = 'withdrawn') = (withdrawn_at IS NOT NULL)", name="withdrawn_at"),
        sa.CheckConstraint(
            "nominator_id IS NULL OR nominee_id IS NULL OR nominator_id <> nominee_id", name="not_oneself"
        ),
        sa.CheckConstraint(
            "(nominator_answer = 'approved') = (nominator_approved_at IS NOT NULL)", name="approved_at"
        ),
        sa.CheckConstraint(
            "state <> 'ineligible' OR ineligible_reason IS NOT NULL", name="ineligible_reason"
        ),
        sa.CheckConstraint("reserve_order IS NULL OR reserve_order >= 1", name="reserve_order"),
        sa.Index(
            "uq_nomination_nominee",
            "call_id",
            "nominee_id",
            unique=True,
            sqlite_where=sa.text("state NOT IN ('withdrawn', 'lapsed') AND nominee_id IS NOT NULL"),
            postgresql_where=sa.text("state NOT IN ('withdrawn', 'lapsed') AND nominee_id IS NOT NULL"),
        ),
        sa.Index(
            "uq_nomination_invited",
            "call_id",
            "nominee_email",
            unique=True,
            sqlite_where=sa.text("state NOT IN ('withdrawn', 'lapsed') AND nominee_email IS NOT NULL"),
            postgresql_where=sa.text("state NOT IN ('withdrawn', 'lapsed') AND nominee_email IS NOT NULL"),
        ),
        sa.CheckConstraint("erased_at IS NULL OR nominee_email IS NULL", name="erased_address"),
        sa.Index("ix_nomination_call_state", "call_id", "state"),
    )


class NominationFile(db.Model):
    """A curriculum vitae, a signed conflict-of-interest form or another document of a nomination."""

    __tablename__ = "nomination_file"
    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(sa.String(40), unique=True)
    nomination_id: Mapped[int] = mapped_column(sa.ForeignKey("nomination.id", ondelete="CASCADE"), index=True)
    document: Mapped[str] = mapped_column(sa.String(20))
    name: Mapped[str] = mapped_column(sa.String(200))
    media_type: Mapped[str] = mapped_column(sa.String(100))
    size: Mapped[int] = mapped_column()
    sha256: Mapped[str] = mapped_column(sa.String(64), index=True)
    uploaded_at: Mapped[datetime] = mapped_column()
    added_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("account.id"))
    late_reason: Mapped[str | None] = mapped_column(sa.Text)
    removed_at: Mapped[datetime | None] = mapped_column()
    __table_args__ = (
        sa.CheckConstraint("(late_reason IS NULL) = (added_by_id IS NULL)", name="late_reason"),
    )


class NominationLink(db.Model):
    """A secret in a mail to a nominator, an invited nominee or a selected fellow; only its hash is kept."""

    __tablename__ = "nomination_link"
    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    nomination_id: Mapped[int] = mapped_column(sa.ForeignKey("nomination.id", ondelete="CASCADE"), index=True)
    purpose: Mapped[str] = mapped_column(sa.String(20))
    email: Mapped[str] = mapped_column(sa.String(254))
    created_at: Mapped[datetime] = mapped_column()
    expires_at: Mapped[datetime] = mapped_column()
    used_at: Mapped[datetime | None] = mapped_column()
    revoked_at: Mapped[datetime | None] = mapped_column()
    __table_args__ = (sa.CheckConstraint("purpose IN ('nominator', 'nominee', 'place')", name="purpose"),)


class NominationReminder(db.Model):
    """A reminder that went to one party of a nomination, once for each step and deadline."""

    __tablename__ = "nomination_reminder"
    id: Mapped[int] = mapped_column(primary_key=True)
    nomination_id: Mapped[int] = mapped_column(sa.ForeignKey("nomination.id", ondelete="CASCADE"), index=True)
    step: Mapped[NominationReminderStep] = mapped_column(choices(NominationReminderStep))
    due_at: Mapped[datetime] = mapped_column()
    at: Mapped[datetime] = mapped_column()
    __table_args__ = (sa.UniqueConstraint("nomination_id", "step", "due_at"),)


class NominationPair(db.Model):
    """An officer looked at two nominations and said whether they are of the same person."""

    __tablename__ = "nomination_pair"
    id: Mapped[int] = mapped_column(primary_key=True)
    first_id: Mapped[int] = mapped_column(sa.ForeignKey("nomination.id", ondelete="CASCADE"), index=True)
    second_id: Mapped[int] = mapped_column(sa.ForeignKey("nomination.id", ondelete="CASCADE"), index=True)
    is_same: Mapped[bool] = mapped_column()
    ruled_by_id: Mapped[int] = mapped_column(sa.ForeignKey("account.id"))
    ruled_at: Mapped[datetime] = mapped_column()
    __table_args__ = (
        sa.UniqueConstraint("first_id", "second_id"),
        sa.CheckConstraint("first_id < second_id", name="order"),
    )


class PanelSeat(Versioned, db.Model):
    """A panel member is asked to mark a nomination; the conflict question comes before the content."""

    __tablename__ = "panel_seat"
    id: Mapped[int] = mapped_column(primary_key=True)
    nomination_id: Mapped[int] = mapped_column(sa.ForeignKey("nomination.id"), index=True)
    account_id: Mapped[int] = mapped_column(sa.ForeignKey("account.id"), index=True)
    answer: Mapped[ConflictAnswer | None] = mapped_column(choices(ConflictAnswer))
    answer_text: Mapped[str | None] = mapped_column(sa.Text)
    answered_at: Mapped[datetime | None] = mapped_column()
    ruled_clear_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("account.id"))
    upheld_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("account.id"))
    ruled_at: Mapped[datetime | None] = mapped_column()
    ruling_reason: Mapped[str | None] = mapped_column(sa.Text)
    due_at: Mapped[datetime | None] = mapped_column()
    marks: Mapped[dict[str, Any]] = mapped_column(default=dict)
    notes: Mapped[dict[str, Any]] = mapped_column(default=dict)
    band: Mapped[MeritBand | None] = mapped_column(choices(MeritBand))
    submitted_at: Mapped[datetime | None] = mapped_column()
    removed_at: Mapped[datetime | None] = mapped_column()
    __table_args__ = (
        sa.UniqueConstraint("nomination_id", "account_id"),
        sa.CheckConstraint("(answer IS NULL) = (answered_at IS NULL)", name="answered_at"),
        sa.CheckConstraint("submitted_at IS NULL OR answer IS NOT NULL", name="marks_after_answer"),
        sa.CheckConstraint(
            "ruled_clear_by_id IS NULL OR ruled_clear_by_id <> account_id", name="not_own_ruling"
        ),
        sa.CheckConstraint("upheld_by_id IS NULL OR upheld_by_id <> account_id", name="not_own_upholding"),
        sa.CheckConstraint("ruled_clear_by_id IS NULL OR upheld_by_id IS NULL", name="one_ruling"),
    )


class ShortlistPin(db.Model):
    """An officer holds a nominee on or off the list, with a reason; lifted pins are kept."""

    __tablename__ = "shortlist_pin"
    id: Mapped[int] = mapped_column(primary_key=True)
    nomination_id: Mapped[int] = mapped_column(sa.ForeignKey("nomination.id"), index=True)
    is_in: Mapped[bool] = mapped_column()
    reason: Mapped[str] = mapped_column(sa.Text)
    made_by_id: Mapped[int] = mapped_column(sa.ForeignKey("account.id"))
    made_at: Mapped[datetime] = mapped_column()
    lifted_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("account.id"))
    lifted_at: Mapped[datetime | None] = mapped_column()
    __table_args__ = (
        sa.CheckConstraint("(lifted_at IS NULL) = (lifted_by_id IS NULL)", name="lifted_by"),
        sa.Index(
            "uq_shortlist_pin_open",
            "nomination_id",
            unique=True,
            sqlite_where=sa.text("lifted_at IS NULL"),
            postgresql_where=sa.text("lifted_at IS NULL"),
        ),
    )


class ShortlistRun(Versioned, db.Model):
    """One run of the engine: the question as it stood, how far it is, and the record that came out."""

    __tablename__ = "shortlist_run"
    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(sa.String(20), unique=True)
    call_id: Mapped[int] = mapped_column(sa.ForeignKey("call.id"), index=True)
    state: Mapped[RunState] = mapped_column(choices(RunState))
    is_trial: Mapped[bool] = mapped_column(default=True)
    n_reserve: Mapped[int] = mapped_column(default=0)
    seconds: Mapped[int] = mapped_column(default=60)
    question: Mapped[dict[str, Any]] = mapped_column()
    question_sha256: Mapped[str] = mapped_column(sa.String(64))
    n_done: Mapped[int] = mapped_column(default=0)
    n_to_do: Mapped[int] = mapped_column(default=0)
    is_cancelled: Mapped[bool] = mapped_column(default=False)
    fault: Mapped[str | None] = mapped_column(sa.Text)
    record: Mapped[str | None] = mapped_column(sa.Text)
    record_sha256: Mapped[str | None] = mapped_column(sa.String(64))
    signature: Mapped[str | None] = mapped_column(sa.String(128))
    asked_by_id: Mapped[int] = mapped_column(sa.ForeignKey("account.id"))
    asked_at: Mapped[datetime] = mapped_column()
    ended_at: Mapped[datetime | None] = mapped_column()
    on_date: Mapped[date | None] = mapped_column()
    __table_args__ = (
        sa.CheckConstraint("(state = 'done') = (record IS NOT NULL)", name="record"),
        sa.CheckConstraint("n_reserve >= 0", name="reserve"),
    )
