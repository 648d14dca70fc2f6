"""What the two sides of a match are told by mail. No mail gives away who the other side is before both agree.

Templates with their values: `match_proposed`: `kind`, `ref` (the match), `own_ref`, `title` (of the other
side's entry, null where it may not be shown), `answer_by` (ISO time), `link`. `match_agreed`: `ref`,
`own_ref`, `link`. `match_ended`: `ref`, `own_ref`, `state` (declined, lapsed or cancelled), `link`.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from models.entries import Entry
from models.people import Account
from services.introductions.rows import Taken
from services.mail import queue_mail
from services.match_facts import public_fields
from services.runtime import runtime
from vocabulary.states import MatchSide

OTHER = {MatchSide.REQUESTER: MatchSide.PARTNER, MatchSide.PARTNER: MatchSide.REQUESTER}


def tell_proposed(session: Session, taken: Taken, *, now: datetime) -> None:
    """Ask both sides for their answer."""
    for side in MatchSide:
        other = taken.entry(OTHER[side])
        answer_by = taken.match.answer_by_at
        values = {
            "kind": taken.entry(side).kind.value,
            "title": other.title if "title" in public_fields(other) else None,
            "answer_by": answer_by.isoformat() if answer_by else None,
        }
        _tell(session, taken, side, "match_proposed", values, now)


def tell_agreed(session: Session, taken: Taken, *, now: datetime) -> None:
    """Both said yes: the contact data are on the page of the match."""
    for side in MatchSide:
        _tell(session, taken, side, "match_agreed", {}, now)


def tell_ended(session: Session, taken: Taken, *, now: datetime, but: MatchSide | None = None) -> None:
    """It came to nothing; `but` is the side that said so itself."""
    for side in MatchSide:
        if side is not but:
            _tell(session, taken, side, "match_ended", {"state": taken.match.state.value}, now)


def _tell(
    session: Session, taken: Taken, side: MatchSide, template: str, values: dict[str, Any], now: datetime
) -> None:
    entry = taken.entry(side)
    if not entry.contact_email:
        return
    language = _language(session, entry)
    known = {
        "ref": taken.match.ref,
        "own_ref": entry.ref,
        "link": f"{runtime(session).address}/{language}/matches/{taken.match.ref}",
    }
    queue_mail(
        session,
        entry.contact_email,
        template,
        known | values,
        language=language,
        now=now,
        subject_ref=taken.match.ref,
    )


def _language(session: Session, entry: Entry) -> str:
    owner = session.get(Account, entry.owner_id) if entry.owner_id is not None else None
    return (owner.language if owner is not None else entry.language) or "en"
