"""May the rows of a file become nominations? Checks all, then writes all in one transaction, or none.

A row says what a nominator may say. Consents are the nominee's alone, so every nominee is mailed a private
link and nothing counts before they have taken the nomination up. A dry run writes and mails nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from matching.names import plain_name
from models.calls import Call
from models.fellowships import Fellowship, Nomination
from procedure.access import require
from services import audit
from services.fellowships.fields import ANSWERS, full_name
from services.fellowships.invitations import ask_nominee, faults_of, new_nomination, under_way
from services.fellowships.nominations import check_codes
from services.fellowships.rows import call_only, fellowship_of, item_of
from services.transfer import Checked, Row
from vocabulary.actions import Action
from vocabulary.errors import Conflict, Invalid
from vocabulary.fellowships import NominationState
from vocabulary.messages import Message
from vocabulary.people import Actor
from vocabulary.states import CallState

EMAIL, LANGUAGE = "nominee_email", "language"
CONSENTS = ("consent_data", "public_name")
"""What nobody says for somebody else."""
COLUMNS = (
    EMAIL,
    LANGUAGE,
    *(answer.name for answer in ANSWERS if answer.name not in (*CONSENTS, "interests")),
)
MOST_ROWS = 5_000
_CHUNK = 500


@dataclass(slots=True)
class CheckedNominations(Checked):
    """What an import would do: by row number the answers, the nominee's address and language."""

    invited: list[tuple[int, Mapping[str, Any], str, str]] = field(default_factory=list)


def check_nominations(
    session: Session, actor: Actor, call_ref: str, rows: Sequence[Row], *, now: datetime
) -> CheckedNominations:
    """Everything that is wrong with any row, and whom an import would invite; writes nothing.

    Raises NotFound for a call that is none, Refused, and Conflict for a call that takes no nominations.
    """
    call, fellowship = _open_call(session, actor, call_ref, now)
    checked = CheckedNominations()
    if len(rows) > MOST_ROWS:
        checked.refuse(
            None, None, Message("The file holds more than {n} nominations; split it.", n=MOST_ROWS)
        )
        return checked
    first_rows: dict[str, int] = {}
    for row in rows:
        content = {name: value for name, value in row.values.items() if name not in (EMAIL, LANGUAGE)}
        email = str(row.values.get(EMAIL) or "").lower()
        _check_row(session, fellowship, row.number, content, email, checked)
        if email and first_rows.setdefault(email, row.number) != row.number:
            message = Message("The person of row {row} has this address too.", row=first_rows[email])
            checked.refuse(row.number, EMAIL, message)
        checked.invited.append((row.number, content, email, str(row.values.get(LANGUAGE) or "en")))
    _check_known(session, call, first_rows, checked)
    _warn_same_names(session, call, checked)
    return checked


def enter_nominations(
    session: Session, actor: Actor, call_ref: str, checked: CheckedNominations, *, now: datetime
) -> list[str]:
    """Write what was checked and mail every nominee, in the caller's transaction; returns the references."""
    if checked.faults:
        raise ValueError("rows with faults are not entered")
    call, _ = _open_call(session, actor, call_ref, now)
    made = [
        new_nomination(session, call, content, email, now=now, language=language)
        for _, content, email, language in checked.invited
    ]
    session.flush()
    for row in made:
        ask_nominee(session, item_of(session, actor, row), now)
        audit.record(session, actor, "nomination.import", ("nomination", row.ref), now=now)
    return [row.ref for row in made]


def _open_call(session: Session, actor: Actor, call_ref: str, now: datetime) -> tuple[Call, Fellowship]:
    call, fellowship = fellowship_of(session, call_ref)
    facts = call_only(call)
    require(actor, Action.NOMINATION_IMPORT, facts, now)
    is_open = call.state is CallState.OPEN and (facts.deadline_at is None or now < facts.deadline_at)
    if not is_open:
        message = Message("This call takes no nominations now, so no nominee could answer.")
        raise Conflict(message, code="call_not_open")
    return call, fellowship


def _check_row(
    session: Session,
    fellowship: Fellowship,
    number: int,
    content: Mapping[str, Any],
    email: str,
    checked: CheckedNominations,
) -> None:
    found = dict(faults_of(content, email))
    try:
        check_codes(session, fellowship, content)
    except Invalid as wrong:
        found |= dict(wrong.errors)
    for name, messages in found.items():
        for message in messages:
            checked.refuse(number, name, message)


def _check_known(
    session: Session, call: Call, rows_of: Mapping[str, int], checked: CheckedNominations
) -> None:
    """Whoever is nominated for this call already is not invited again."""
    addresses = sorted(rows_of)
    for start in range(0, len(addresses), _CHUNK):
        known = under_way(session, call.id, addresses[start : start + _CHUNK])
        for address, row in known.items():
            if address in rows_of:
                message = Message("This person is nominated for this call already: {ref}.", ref=row.ref)
                checked.refuse(rows_of[address], EMAIL, message)


def _warn_same_names(session: Session, call: Call, checked: CheckedNominations) -> None:
    """One name under two addresses may be one person: somebody should look."""
    ended = (NominationState.WITHDRAWN, NominationState.LAPSED)
    query = sa.select(Nomination.name_key, Nomination.ref).where(
        Nomination.call_id == call.id, Nomination.state.not_in(ended), Nomination.name_key != ""
    )
    here = {_words(key): ref for key, ref in session.execute(query)}
    rows: dict[str, int] = {}
    for number, content, _, _ in checked.invited:
        key = _words(plain_name(full_name(content)))
        if not key:
            continue
        if key in here:
            message = Message("{ref} has the same name; is it the same person?", ref=here[key])
            checked.warn(number, "last_name", message)
        elif rows.setdefault(key, number) != number:
            message = Message("Row {row} has the same name; is it the same person?", row=rows[key])
            checked.warn(number, "last_name", message)


def _words(name: str) -> str:
    return " ".join(sorted(name.split()))
