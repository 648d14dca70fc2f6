"""Organisations, accounts, what an account may do, and the ways to prove who one is."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.database import Versioned, choices, db
from vocabulary.people import Role


class Organisation(Versioned, db.Model):
    """A body that needs or gives; a merged one keeps its row and points to the one it became."""

    __tablename__ = "organisation"
    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(sa.String(20), unique=True)
    name: Mapped[str] = mapped_column(sa.String(300))
    acronym: Mapped[str | None] = mapped_column(sa.String(40))
    aliases: Mapped[list[str]] = mapped_column()
    kind: Mapped[str | None] = mapped_column(sa.String(40))
    country: Mapped[str | None] = mapped_column(sa.String(3), index=True)
    site: Mapped[str | None] = mapped_column(sa.String(300))
    stakeholder_role: Mapped[str | None] = mapped_column(sa.String(40))
    merged_into_id: Mapped[int | None] = mapped_column(sa.ForeignKey("organisation.id"), index=True)
    __table_args__ = (sa.CheckConstraint("merged_into_id <> id", name="not_into_itself"),)


class Account(Versioned, db.Model):
    """A person who can sign in. Erasing blanks the personal columns and keeps the row and its id."""

    __tablename__ = "account"
    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(sa.String(254), unique=True)
    name: Mapped[str] = mapped_column(sa.String(200))
    password_hash: Mapped[str | None] = mapped_column(sa.String(200))
    language: Mapped[str] = mapped_column(sa.String(2))
    country: Mapped[str | None] = mapped_column(sa.String(3))
    organisation_id: Mapped[int | None] = mapped_column(sa.ForeignKey("organisation.id"), index=True)
    expertise: Mapped[str | None] = mapped_column(sa.Text)
    working_languages: Mapped[list[str]] = mapped_column()
    is_disabled: Mapped[bool] = mapped_column(default=False)
    email_confirmed_at: Mapped[datetime | None] = mapped_column()
    erased_at: Mapped[datetime | None] = mapped_column()
    grants: Mapped[list[RoleGrant]] = relationship(
        foreign_keys="RoleGrant.account_id", lazy="raise", cascade="all, delete-orphan"
    )
    __table_args__ = (sa.CheckConstraint("email = lower(email)", name="email_lower"),)


class RoleGrant(db.Model):
    """One role of one account, and where it holds."""

    __tablename__ = "role_grant"
    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(sa.ForeignKey("account.id"), index=True)
    role: Mapped[Role] = mapped_column(choices(Role))
    call_id: Mapped[int | None] = mapped_column(sa.ForeignKey("call.id"), index=True)
    country: Mapped[str | None] = mapped_column(sa.String(3))
    granted_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("account.id"))
    granted_at: Mapped[datetime] = mapped_column()
    __table_args__ = (
        sa.Index(
            "uq_role_grant_one",
            "account_id",
            "role",
            sa.text("coalesce(call_id, 0)"),
            sa.text("coalesce(country, '')"),
            unique=True,
        ),
    )


class UserSession(db.Model):
    """A signed-in browser. Kept here so that signing out, or disabling, ends it everywhere at once."""

    __tablename__ = "user_session"
    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    account_id: Mapped[int] = mapped_column(sa.ForeignKey("account.id"), index=True)
    created_at: Mapped[datetime] = mapped_column()
    last_seen_at: Mapped[datetime] = mapped_column()
    revoked_at: Mapped[datetime | None] = mapped_column()


class PrivateLink(db.Model):
    """A secret in a mail: to sign in, to resume a draft, or to confirm an address. Only its hash is kept."""

    __tablename__ = "private_link"
    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    purpose: Mapped[str] = mapped_column(sa.String(20))
    email: Mapped[str | None] = mapped_column(sa.String(254))
    account_id: Mapped[int | None] = mapped_column(sa.ForeignKey("account.id"), index=True)
    entry_id: Mapped[int | None] = mapped_column(sa.ForeignKey("entry.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime] = mapped_column()
    expires_at: Mapped[datetime] = mapped_column()
    used_at: Mapped[datetime | None] = mapped_column()
    revoked_at: Mapped[datetime | None] = mapped_column()
    __table_args__ = (
        sa.CheckConstraint("purpose IN ('sign_in', 'resume', 'confirm_email')", name="purpose"),
    )


class ApiToken(db.Model):
    """A program's key, never worth more than its owner; only its hash is kept."""

    __tablename__ = "api_token"
    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(sa.ForeignKey("account.id"), index=True)
    name: Mapped[str] = mapped_column(sa.String(100))
    token_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    scopes: Mapped[list[str]] = mapped_column()
    created_at: Mapped[datetime] = mapped_column()
    expires_at: Mapped[datetime] = mapped_column()
    last_used_at: Mapped[datetime | None] = mapped_column()
    revoked_at: Mapped[datetime | None] = mapped_column()


class Attempt(db.Model):
    """One failed sign-in or one mailed link, counted over all workers to slow down guessing."""

    __tablename__ = "attempt"
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(sa.String(20))
    key_hash: Mapped[str] = mapped_column(sa.String(64))
    at: Mapped[datetime] = mapped_column()
    __table_args__ = (sa.Index("ix_attempt_key", "kind", "key_hash", "at"),)
