"""May a mail go to an address that somebody only typed? So that no entry is a machine to send mail with.

Whoever confirmed an address gets every mail there. An address that was typed gets a few an hour, one place
sends to a limited number, and one entry writes to a handful, so that a mistyped one can be put right.
The answer is silent: nobody learns to whom mail went.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.entries import Entry
from models.people import PrivateLink
from services.throttle import Limit, count_try, network_of
from vocabulary.errors import TooMany
from vocabulary.people import Actor

RESUME_MAILS = Limit("resume_mail", 5, timedelta(hours=1))
RECEIPT_MAILS = Limit("receipt_mail", 5, timedelta(hours=1))
FROM_NETWORK = Limit("entry_mail_from", 100, timedelta(hours=1))
"""Over all entries; a room full of people who learn to use the service sits behind one address."""


def may_write_to(
    session: Session, actor: Actor, entry: Entry, address: str, limit: Limit, most: int, *, now: datetime
) -> bool:
    """Count a mail of an entry to an address that is not confirmed; False when there were too many.

    `most` is how many addresses the links of one entry may go to in all.
    """
    mailed = addresses_of(session, entry)
    if address not in mailed and len(mailed) >= most:
        return False
    tries = [(limit, address)]
    if actor.address:
        tries.append((FROM_NETWORK, network_of(actor.address)))
    try:
        count_try(session, tries, now=now)
    except TooMany:
        return False
    return True


def addresses_of(session: Session, entry: Entry) -> set[str | None]:
    """Every address that a link of this entry was mailed to."""
    query = sa.select(PrivateLink.email).where(
        PrivateLink.entry_id == entry.id, PrivateLink.email.is_not(None)
    )
    return set(session.execute(query).scalars())
