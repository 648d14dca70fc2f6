"""Which entry does a private link open?"""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.entries import Entry
from models.people import PrivateLink
from services.secrets import secret_hash
from vocabulary.errors import NotFound
from vocabulary.messages import Message

LINK_IS_OVER = Message(
    "This private link does not hold any more. "
    "If you confirmed your address, sign in with a mailed link instead."
)


def entry_behind(session: Session, secret: str, *, now: datetime) -> str:
    """Reference of the entry that a resume link opens. Raises NotFound when the link does not hold."""
    ref = session.execute(
        sa.select(Entry.ref)
        .join(PrivateLink, PrivateLink.entry_id == Entry.id)
        .where(
            PrivateLink.token_hash == secret_hash(session, secret),
            PrivateLink.purpose == "resume",
            PrivateLink.revoked_at.is_(None),
            PrivateLink.expires_at > now,
        )
    ).scalar_one_or_none()
    if ref is None:
        raise NotFound(LINK_IS_OVER)
    return ref
