"""Who asks: the actor, the roles somebody can hold and where each holds."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class Role(StrEnum):
    """What a person may be in the service; granted for the whole service, one call or one country."""

    REQUESTER = "requester"
    PARTNER = "partner"
    NOMINATOR = "nominator"
    REVIEWER = "reviewer"
    MODERATOR = "moderator"
    OFFICER = "officer"
    DECIDER = "decider"
    AUDITOR = "auditor"
    ADMIN = "admin"
    FOCAL_POINT = "focal_point"


class Scope(StrEnum):
    """What an API token may be used for; never more than its owner may do."""

    READ = "read"
    WRITE_ENTRIES = "entries:write"
    WRITE_REVIEWS = "reviews:write"
    MANAGE = "manage"


@dataclass(frozen=True, slots=True)
class Grant:
    """One role and where it holds; no call and no country means the whole service."""

    role: Role
    call_id: int | None = None
    country: str | None = None


@dataclass(frozen=True, slots=True)
class Glass:
    """What somebody opened in an emergency, with the reason they gave: one entry or one nomination."""

    reason: str
    entry_id: int | None = None
    nomination_id: int | None = None


@dataclass(frozen=True, slots=True)
class Actor:
    """Whoever asks: a person, somebody signed out, or the service itself.

    `entry_ids` are drafts this browser may edit by a private link, without an account; `nomination_ids` are
    nominations that a nominator opened by the link in a mail, `invited_ids` those to which it asks a nominee.
    `scopes` is None for a person at a page and the token's scopes for a program; `glasses` is what this very
    sign-in opened in an emergency, and only while it is open.
    """

    account_id: int | None = None
    organisation_id: int | None = None
    email: str | None = None
    grants: frozenset[Grant] = frozenset()
    entry_ids: frozenset[int] = frozenset()
    nomination_ids: frozenset[int] = frozenset()
    invited_ids: frozenset[int] = frozenset()
    glasses: frozenset[Glass] = frozenset()
    scopes: frozenset[Scope] | None = None
    is_system: bool = False
    language: str = "en"
    address: str | None = field(default=None, compare=False)

    @property
    def is_signed_in(self) -> bool:
        """True for a person with an account, at a page or through a token."""
        return self.account_id is not None

    def has_role(self, role: Role, *, call_id: int | None = None) -> bool:
        """Does the role hold for the whole service, or for this call?"""
        return any(
            grant.role is role and grant.country is None and grant.call_id in (None, call_id)
            for grant in self.grants
        )

    def reason_to_open(self, *, entry_id: int | None = None, nomination_id: int | None = None) -> str | None:
        """The reason given for opening this entry or nomination in an emergency; None where it is closed."""
        named = (entry_id, nomination_id)
        found = (one.reason for one in self.glasses if (one.entry_id, one.nomination_id) == named)
        return next(found, None)

    def roles(self) -> frozenset[Role]:
        """Every role held anywhere, whatever its scope."""
        return frozenset(grant.role for grant in self.grants)


SIGNED_OUT = Actor()
SYSTEM = Actor(is_system=True)
