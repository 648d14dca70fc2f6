"""The nominee's side: begin a nomination, fill in the form, complete it, take it back, withdraw it.

Saved from the first answer on. Completing asks the nominator by mail; a nomination counts only once both have
said yes. Nobody nominates oneself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from fellowships.eligibility import Thresholds, warnings
from fellowships.travel import TravelSupport, travel_support
from matching.facts import DEVELOPING_COUNTRIES
from matching.names import plain_name
from models.calls import Call
from models.fellowships import Fellowship, Nomination, NominationFile, NominationLink
from models.people import Account
from procedure.access import require
from procedure.lifecycle import advance
from procedure.nominations import NOMINATION_STEPS
from services import audit, vocabularies
from services.fellowships.fields import degree_years, empty_content, full_name, missing
from services.fellowships.parties import self_nomination
from services.fellowships.rows import (
    Item,
    call_only,
    check_version,
    fellowship_of,
    fetch_for,
    nominator_deadline,
    touch,
)
from services.mail import queue_mail
from services.references import next_reference
from services.runtime import runtime
from services.secrets import new_secret, secret_hash
from services.throttle import Limit, count_try
from vocabulary.actions import Action
from vocabulary.errors import Conflict, Invalid, Unauthenticated
from vocabulary.fellowships import NominationAction, NominationState, NominatorAnswer
from vocabulary.messages import Message
from vocabulary.people import Actor

_OPEN = (NominationState.DRAFT, NominationState.AWAITING_NOMINEE)
NOMINATOR = "nominator"
MAILS_OF_NOMINEE = Limit("nominator_mail_of", 10, timedelta(hours=1))
MAILS_TO_NOMINATOR = Limit("nominator_mail", 30, timedelta(hours=1))
"""So that completing and taking back is no machine to send mail with; one institute nominates several."""


def begin(
    session: Session, actor: Actor, call_ref: str, content: Mapping[str, Any], *, now: datetime
) -> Nomination:
    """Begin one's own nomination with the first answers.

    Raises Unauthenticated for somebody signed out, Refused when the call is closed, Conflict where one is
    under way already (`extra` names it), Invalid for answers that cannot be taken.
    """
    if actor.account_id is None:
        raise Unauthenticated
    call, fellowship = fellowship_of(session, call_ref)
    facts = replace(call_only(call), nominee_id=actor.account_id)
    require(actor, Action.NOMINATION_CREATE, facts, now)
    refuse_second(session, call, actor.account_id)
    check_codes(session, fellowship, content)
    nomination = Nomination(
        ref=next_reference(session, "NOM", now),
        call_id=call.id,
        state=NominationState.DRAFT,
        nominee_id=actor.account_id,
        language=actor.language,
        content=empty_content() | dict(content),
        opened_at=now,
        nominator_answer=NominatorAnswer.NONE,
        travel={},
        meetings=[],
        created_at=now,
        updated_at=now,
    )
    derive(session, nomination, now)
    session.add(nomination)
    session.flush()
    audit.record(
        session, actor, "nomination.create", ("nomination", nomination.ref), now=now, after=_named(content)
    )
    return nomination


def save(
    session: Session,
    actor: Actor,
    ref: str,
    changes: Mapping[str, Any],
    expected_version: int,
    *,
    now: datetime,
) -> Nomination:
    """Keep some answers. Saving what is there already changes nothing.

    Raises Conflict when somebody else saved first, or once the form is completed; Refused after the deadline.
    """
    item = fetch_for(session, actor, Action.NOMINATION_EDIT, ref, now=now, lock=True)
    nomination = item.nomination
    check_version(item, expected_version, for_nominee=True)
    if nomination.state not in _OPEN:
        raise Conflict(
            Message("The form was completed. Take it back from the nominator before you change it."),
            code="completed",
        )
    check_codes(session, item.fellowship, changes)
    _keep_nominator(nomination, changes)
    changed = {name: value for name, value in changes.items() if value != nomination.content.get(name)}
    if not changed:
        return nomination
    nomination.content = dict(nomination.content) | changed
    derive(session, nomination, now)
    touch(nomination, now)
    session.flush()
    audit.record(session, actor, "nomination.edit", ("nomination", ref), now=now, after=_named(changed))
    return nomination


def complete(session: Session, actor: Actor, ref: str, expected_version: int, *, now: datetime) -> Nomination:
    """The form is complete: the nominator is asked to approve it.

    Raises Invalid with every missing answer and document, Conflict, Refused after the deadline.
    """
    item = fetch_for(session, actor, Action.NOMINATION_EDIT, ref, now=now, lock=True)
    nomination = item.nomination
    check_version(item, expected_version, for_nominee=True)
    errors = problems(session, item)
    if errors:
        raise Invalid(errors)
    before = nomination.state
    nomination.state = advance(NOMINATION_STEPS, before, NominationAction.COMPLETE)
    nomination.completed_at = now
    nomination.nominee_consent_at = now
    nomination.public_name = bool(nomination.content.get("public_name"))
    nomination.nominator_email = str(nomination.content["nominator_email"]).lower()
    nomination.nominator_answer = NominatorAnswer.NONE
    nomination.nominator_answer_reason = None
    ask_nominator(session, item, now)
    touch(nomination, now)
    session.flush()
    _moved(session, actor, nomination, "nomination.complete", before, now)
    return nomination


def take_back(
    session: Session, actor: Actor, ref: str, expected_version: int, *, now: datetime
) -> Nomination:
    """Open the completed form again; the link that the nominator got ends."""
    item = fetch_for(session, actor, Action.NOMINATION_EDIT, ref, now=now, lock=True)
    nomination = item.nomination
    check_version(item, expected_version, for_nominee=True)
    before = nomination.state
    nomination.state = advance(NOMINATION_STEPS, before, NominationAction.REOPEN)
    nomination.completed_at = None
    end_links(session, nomination, now)
    touch(nomination, now)
    session.flush()
    _moved(session, actor, nomination, "nomination.take_back", before, now)
    return nomination


def discard(session: Session, actor: Actor, ref: str, expected_version: int, *, now: datetime) -> None:
    """Delete a draft with its files and links; only the audit trail remembers that there was one."""
    item = fetch_for(session, actor, Action.NOMINATION_EDIT, ref, now=now, lock=True)
    check_version(item, expected_version, for_nominee=True)
    if item.nomination.state is not NominationState.DRAFT or item.nomination.nominator_id is not None:
        raise Conflict(
            Message("This was completed already; withdraw it instead of deleting it."), code="not_a_draft"
        )
    audit.record(session, actor, "nomination.discard", ("nomination", ref), now=now)
    session.expunge(item.nomination)
    session.execute(sa.delete(Nomination).where(Nomination.ref == ref))


def withdraw(session: Session, actor: Actor, ref: str, expected_version: int, *, now: datetime) -> Nomination:
    """End a nomination, by either party, at any time; the other one is told."""
    item = fetch_for(session, actor, Action.NOMINATION_WITHDRAW, ref, now=now, lock=True)
    nomination = item.nomination
    check_version(item, expected_version)
    before = nomination.state
    nomination.state = advance(NOMINATION_STEPS, before, NominationAction.WITHDRAW)
    nomination.withdrawn_at = now
    is_nominee = nomination.id in actor.invited_ids or (
        actor.account_id is not None and actor.account_id == nomination.nominee_id
    )
    nomination.withdrawn_by = "nominee" if is_nominee else NOMINATOR
    end_links(session, nomination, now)
    touch(nomination, now)
    session.flush()
    _moved(session, actor, nomination, "nomination.withdraw", before, now)
    told = nomination.nominator_email if is_nominee else nominee_email(session, nomination)
    if told and before is not NominationState.DRAFT:
        mail(session, told, "nomination_withdrawn", item, {"by": nomination.withdrawn_by}, now=now)
    return nomination


def problems(session: Session, item: Item) -> dict[str, list[Message]]:
    """Everything that keeps the form from being complete, by field."""
    content = item.nomination.content
    found = missing(content, has_chapters=bool(item.fellowship.chapters))
    found |= self_nomination(content, _own_addresses(session, item.nomination))
    kept = {file.document for file in _files(session, item.nomination)}
    for document in item.fellowship.documents:
        if document not in kept:
            found[f"file.{document}"] = [Message("This document is missing.")]
    return found


def advice(item: Item) -> tuple[Message, ...]:
    """What lies outside the indicative thresholds of the call; never a reason to refuse."""
    content = item.nomination.content
    born = content.get("born_on")
    closes = item.call.closes_at or item.fellowship.nominators_until
    return warnings(
        Thresholds(item.fellowship.oldest_age, item.fellowship.most_years_since_degree),
        date.fromisoformat(born) if born else None,
        degree_years(content.get("degrees") or []),
        closes.date(),
    )


def travel_of(session: Session, content: Mapping[str, Any]) -> tuple[TravelSupport, ...]:
    """The first answer on travel support for each nationality, to be confirmed by the secretariat."""
    developing = {
        code
        for code, place in vocabularies.places(session).countries.items()
        if DEVELOPING_COUNTRIES in place.scopes
    }
    named = (content.get("nationality"), content.get("second_nationality"))
    return travel_support([code for code in named if code], developing)


def check_codes(session: Session, fellowship: Fellowship, content: Mapping[str, Any]) -> None:
    """Raise Invalid for countries and chapters that are not there."""
    countries = vocabularies.terms(session, vocabularies.COUNTRIES)
    errors: dict[str, list[Message]] = {}
    for name in ("nationality", "second_nationality", "country", "nominator_country"):
        if content.get(name) and content[name] not in countries:
            errors[name] = [Message("There is no such country in the list.")]
    codes = {one["code"] for one in fellowship.chapters}
    unknown = [code for code in content.get("chapters") or () if code not in codes]
    if unknown:
        errors["chapters"] = [Message("There is no such chapter in this call.")]
    if errors:
        raise Invalid(errors)


def ask_nominator(session: Session, item: Item, now: datetime) -> None:
    """Mail the nominator a link to a page with a button; an earlier link ends. Raises TooMany."""
    nomination = item.nomination
    tries = [
        (MAILS_OF_NOMINEE, str(nomination.nominee_id or nomination.ref)),
        (MAILS_TO_NOMINATOR, nomination.nominator_email or ""),
    ]
    count_try(session, tries, now=now)
    end_links(session, nomination, now)
    until = nominator_deadline(item.call, item.fellowship, nomination)
    values = {"link": nominator_link(session, item, now), "until": until.isoformat()}
    mail(session, nomination.nominator_email or "", "nomination_approve", item, values, now=now)


def nominator_link(session: Session, item: Item, now: datetime) -> str:
    """One more link to the page of the nominator; those that were mailed before hold beside it."""
    nomination, secret = item.nomination, new_secret()
    until = nominator_deadline(item.call, item.fellowship, nomination)
    session.add(
        NominationLink(
            token_hash=secret_hash(session, secret),
            nomination_id=nomination.id,
            purpose=NOMINATOR,
            email=nomination.nominator_email,
            created_at=now,
            expires_at=max(until, now) + timedelta(days=60),
        )
    )
    return f"{runtime(session).address}/{nomination.language}/nominations/approval/{secret}"


def end_links(session: Session, nomination: Nomination, now: datetime) -> None:
    """No link that was mailed holds any longer."""
    session.execute(
        sa.update(NominationLink)
        .where(NominationLink.nomination_id == nomination.id, NominationLink.revoked_at.is_(None))
        .values(revoked_at=now)
        .execution_options(synchronize_session=False)
    )


def mail(
    session: Session, to: str, template: str, item: Item, values: Mapping[str, Any], *, now: datetime
) -> None:
    """A mail about one nomination, in its language."""
    titles, language = item.call.title, item.nomination.language
    shared = {
        "ref": item.nomination.ref,
        "call_title": titles.get(language) or titles.get("en") or next(iter(titles.values()), ""),
        "nominee": full_name(item.nomination.content),
    }
    queue_mail(
        session,
        to,
        template,
        shared | dict(values),
        language=language,
        now=now,
        subject_ref=item.nomination.ref,
    )


def refuse_second(session: Session, call: Call, account_id: int) -> None:
    """Raise Conflict where the account has a nomination under way for the call; `extra` names it."""
    ended = (NominationState.WITHDRAWN, NominationState.LAPSED)
    query = sa.select(Nomination.ref).where(
        Nomination.call_id == call.id, Nomination.nominee_id == account_id, Nomination.state.not_in(ended)
    )
    ref = session.execute(query).scalars().first()
    if ref is not None:
        raise Conflict(
            Message("You have a nomination under way for this call: {ref}.", ref=ref),
            code="nominated_already",
            extra={"ref": ref},
        )


def derive(session: Session, nomination: Nomination, now: datetime) -> None:
    """Set what lists and checks read beside the answers."""
    nomination.name_key = plain_name(full_name(nomination.content))[:200]
    support = travel_of(session, nomination.content)
    nomination.travel = {
        "as_of": now.date().isoformat(),
        "nationalities": {one.country: one.basis.value for one in support},
    }


def _own_addresses(session: Session, nomination: Nomination) -> list[str]:
    return [one for one in (nominee_email(session, nomination), nomination.nominee_email) if one]


def nominee_email(session: Session, nomination: Nomination) -> str | None:
    """Where the nominee is written to: the address of the account, or the one that was invited."""
    if nomination.nominee_id is None:
        return nomination.nominee_email
    return session.execute(
        sa.select(Account.email).where(Account.id == nomination.nominee_id)
    ).scalar_one_or_none()


def _keep_nominator(nomination: Nomination, changes: Mapping[str, Any]) -> None:
    """Whoever began the nomination stays its nominator until they say no."""
    names = ("nominator_name", "nominator_email")
    if nomination.nominator_id is not None and any(
        name in changes and changes[name] != nomination.content.get(name) for name in names
    ):
        raise Invalid({"nominator_email": [Message("Your nominator began this nomination and stays in it.")]})


def _files(session: Session, nomination: Nomination) -> list[NominationFile]:
    query = sa.select(NominationFile).where(
        NominationFile.nomination_id == nomination.id, NominationFile.removed_at.is_(None)
    )
    return list(session.execute(query).scalars())


def _named(content: Mapping[str, Any]) -> dict[str, Any]:
    """Which fields changed, for the audit trail: names only."""
    return {"fields": sorted(content)}


def _moved(
    session: Session,
    actor: Actor,
    nomination: Nomination,
    action: str,
    before: NominationState,
    now: datetime,
) -> None:
    audit.record(
        session,
        actor,
        action,
        ("nomination", nomination.ref),
        now=now,
        before={"state": before.value},
        after={"state": nomination.state.value},
    )
