"""Was this tried too often? Rows, so that it counts over all workers and hosts, exactly.

A try is counted before its outcome is known and taken back when it succeeds; whoever tries in parallel waits
for the count of the other (on PostgreSQL by a lock on the key, on SQLite by its one writer). Keys are stored
as keyed hashes: nobody reads from the table who tried, or from where.
"""

from __future__ import annotations

import ipaddress
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.people import Attempt
from services.secrets import secret_hash
from vocabulary.errors import TooMany
from vocabulary.messages import plural_message

KEPT = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `most` tries of a kind with one key within a time."""

    kind: str
    most: int
    within: timedelta


PER_ACCOUNT = Limit("sign_in_account", 10, timedelta(minutes=15))
PER_ADDRESS = Limit("sign_in_address", 50, timedelta(minutes=15))
LINKS_TO_ADDRESS = Limit("sign_in_link", 5, timedelta(hours=1))
LINKS_FROM_ADDRESS = Limit("sign_in_link_from", 30, timedelta(hours=1))


def count_try(session: Session, tries: Sequence[tuple[Limit, str]], *, now: datetime) -> tuple[int, ...]:
    """Count one try under every limit and give the ids of the counts, or count nothing and raise TooMany."""
    hashed = sorted(
        ((limit, secret_hash(session, f"{limit.kind}:{key.casefold()}")) for limit, key in tries),
        key=lambda pair: pair[1],
    )
    for _, key_hash in hashed:
        _wait_for_others(session, key_hash)
    waits = [_seconds_to_wait(session, limit, key_hash, now) for limit, key_hash in hashed]
    if any(waits):
        minutes = math.ceil(max(waits) / 60)
        raise TooMany(
            plural_message(
                "Too many tries. Wait {n} minute and try again.",
                "Too many tries. Wait {n} minutes and try again.",
                minutes,
            ),
            extra={"retry_after": max(waits)},
        )
    rows = [Attempt(kind=limit.kind, key_hash=key_hash, at=now) for limit, key_hash in hashed]
    session.add_all(rows)
    session.flush()
    return tuple(row.id for row in rows)


def take_back(session: Session, counted: Sequence[int]) -> None:
    """The try succeeded: it does not count."""
    session.execute(sa.delete(Attempt).where(Attempt.id.in_(counted)))


def forget_old(session: Session, *, now: datetime) -> int:
    """Drop counts that no limit reads any more; returns how many."""
    gone = session.execute(sa.delete(Attempt).where(Attempt.at < now - KEPT))
    return int(gone.rowcount)  # type: ignore[attr-defined]


def network_of(address: str | None) -> str:
    """What counts as one place: an IPv4 address, or the /64 network that one IPv6 customer has."""
    try:
        found = ipaddress.ip_address(address or "")
    except ValueError:
        return "unknown"
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped:
            return str(found.ipv4_mapped)
        return str(ipaddress.ip_network((found, 64), strict=False).network_address)
    return str(found)


def _seconds_to_wait(session: Session, limit: Limit, key_hash: str, now: datetime) -> int:
    """0 when one more is allowed, else until the oldest try that counts has left the window."""
    times = (
        session.execute(
            sa.select(Attempt.at)
            .where(Attempt.kind == limit.kind, Attempt.key_hash == key_hash, Attempt.at > now - limit.within)
            .order_by(Attempt.at.desc())
            .limit(limit.most)
        )
        .scalars()
        .all()
    )
    if len(times) < limit.most:
        return 0
    return max(1, math.ceil((times[-1] + limit.within - now).total_seconds()))


def _wait_for_others(session: Session, key_hash: str) -> None:
    if session.get_bind().dialect.name == "postgresql":
        number = int(key_hash[:15], 16)
        session.execute(sa.select(sa.func.pg_advisory_xact_lock(number)))
