"""Questions about a call and their answers: asked by anybody until the deadline, answered in public.

What somebody typed is seen by officers only. What is published is the question as the officer words it, and
the answer, each in the languages of the call, so that nobody knows more than anybody else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.calls import Call, CallQuestion
from procedure.access import require
from services import throttle
from services.calls import fetch_call, record
from services.facts import call_facts
from services.mail import queue_mail
from services.queries.calls import best_language
from services.runtime import runtime
from services.throttle import Limit
from vocabulary.actions import Action
from vocabulary.errors import Conflict, Invalid, NotFound
from vocabulary.messages import Message
from vocabulary.people import Actor

LONGEST_QUESTION = 2_000
LONGEST_ANSWER = 5_000
FROM_ADDRESS = Limit("call_question", 10, timedelta(hours=1))
OF_CALL = Limit("call_question_of", 200, timedelta(hours=1))


@dataclass(frozen=True, slots=True)
class PublishedQuestion:
    """A question and its answer in one language, and which that is."""

    question: str
    answer: str
    language: str
    answered_at: datetime


@dataclass(frozen=True, slots=True)
class AskedQuestion:
    """A question as an officer sees it."""

    id: int
    language: str
    text: str
    asked_at: datetime
    texts: Mapping[str, str]
    answers: Mapping[str, str]
    is_declined: bool
    ended_at: datetime | None
    wants_mail: bool


def ask(
    session: Session, actor: Actor, call_ref: str, text: str, email: str | None, *, now: datetime
) -> None:
    """Ask about a call, by anybody, while it is open. `email`: to be told of the answer, then forgotten.

    Raises NotFound, Refused after the deadline, Invalid, TooMany.
    """
    call = fetch_call(session, actor, call_ref, now)
    require(actor, Action.CALL_ASK, call_facts(call, opened_at=now), now)
    text = text.strip()
    if not text or len(text) > LONGEST_QUESTION:
        words = Message("Write your question, in at most {n} signs.", n=LONGEST_QUESTION)
        raise Invalid({"question": [words]})
    throttle.count_try(session, [(FROM_ADDRESS, actor.address or "-"), (OF_CALL, call.ref)], now=now)
    session.add(
        CallQuestion(call_id=call.id, language=actor.language, text=text, email=email or None, asked_at=now)
    )
    session.flush()
    record(session, actor, "call.ask", call, now=now)


def answer(
    session: Session,
    actor: Actor,
    call_ref: str,
    question_id: int,
    texts: Mapping[str, str],
    answers: Mapping[str, str],
    *,
    now: datetime,
) -> None:
    """Publish a question and its answer, or publish them again in better words.

    Both in the same languages, English or the language of the question among them. Raises NotFound, Refused,
    Invalid by field.
    """
    call, question = _fetch(session, actor, call_ref, question_id, now)
    texts, answers = _filled(texts), _filled(answers)
    if not answers:
        raise Invalid({"answers": [Message("Write the answer in at least one language.")]})
    if set(texts) != set(answers):
        raise Invalid({"texts": [Message("Give question and answer in the same languages.")]})
    if max(map(len, (*texts.values(), *answers.values()))) > LONGEST_ANSWER:
        raise Invalid({"answers": [Message("This is too long: at most {n} signs.", n=LONGEST_ANSWER)]})
    question.texts, question.answers, question.is_declined = dict(texts), dict(answers), False
    question.ended_at, question.ended_by_id = now, actor.account_id
    session.flush()
    record(session, actor, "call.answer", call, now=now, after={"question": question.id, "answers": answers})
    _tell(session, call, question, now)


def decline(
    session: Session, actor: Actor, call_ref: str, question_id: int, reason: str, *, now: datetime
) -> None:
    """Leave a question out, such as one that is not about the call. The reason goes to the audit trail."""
    call, question = _fetch(session, actor, call_ref, question_id, now)
    if question.ended_at is not None:
        raise Conflict(Message("This question was answered already."), code="wrong_state")
    if not reason.strip():
        raise Invalid({"reason": [Message("Say why it is left out.")]})
    question.is_declined, question.ended_at, question.ended_by_id = True, now, actor.account_id
    question.email = None
    session.flush()
    after = {"question": question.id}
    record(session, actor, "call.decline_question", call, now=now, after=after, reason=reason.strip())


def published(session: Session, call_ref: str, language: str) -> tuple[PublishedQuestion, ...]:
    """Answered questions of an announced call, the first answered first."""
    rows = session.execute(
        sa.select(CallQuestion)
        .join(Call, Call.id == CallQuestion.call_id)
        .where(Call.ref == call_ref, CallQuestion.ended_at.is_not(None), CallQuestion.is_declined.is_(False))
        .order_by(CallQuestion.ended_at, CallQuestion.id)
    ).scalars()
    found = []
    for row in rows:
        chosen = best_language(row.answers, language)
        assert row.ended_at is not None  # noqa: S101 -- the query asks for it
        found.append(PublishedQuestion(row.texts[chosen], row.answers[chosen], chosen, row.ended_at))
    return tuple(found)


def asked(session: Session, actor: Actor, call_ref: str, *, now: datetime) -> tuple[AskedQuestion, ...]:
    """Every question about a call for whoever answers, those without an answer first."""
    call = fetch_call(session, actor, call_ref, now)
    require(actor, Action.CALL_ANSWER, call_facts(call, opened_at=now), now)
    rows = session.execute(
        sa.select(CallQuestion)
        .where(CallQuestion.call_id == call.id)
        .order_by(CallQuestion.ended_at.is_not(None), CallQuestion.id)
    ).scalars()
    return tuple(
        AskedQuestion(
            row.id,
            row.language,
            row.text,
            row.asked_at,
            row.texts,
            row.answers,
            row.is_declined,
            row.ended_at,
            row.email is not None,
        )
        for row in rows
    )


def _fetch(
    session: Session, actor: Actor, call_ref: str, question_id: int, now: datetime
) -> tuple[Call, CallQuestion]:
    call = fetch_call(session, actor, call_ref, now, lock=True)
    require(actor, Action.CALL_ANSWER, call_facts(call, opened_at=now), now)
    question = session.get(CallQuestion, question_id)
    if question is None or question.call_id != call.id:
        raise NotFound
    return call, question


def _filled(texts: Mapping[str, str]) -> dict[str, str]:
    return {language: text.strip() for language, text in texts.items() if text.strip()}


def _tell(session: Session, call: Call, question: CallQuestion, now: datetime) -> None:
    """Tell whoever asked to be told, once; the address is then forgotten."""
    address, question.email = question.email, None
    if address is None:
        return
    link = f"{runtime(session).address}/{question.language}/calls/{call.ref}"
    title = call.title[best_language(call.title, question.language)]
    queue_mail(
        session,
        address,
        "answered",
        {"ref": call.ref, "title": title, "link": link},
        language=question.language,
        now=now,
        subject_ref=call.ref,
    )
