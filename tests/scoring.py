"""A proposal, its reviewers and a complete scorecard, for the tests of reviews."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from models.people import Account, ApiToken
from services.assignments import assign
from services.conflicts import declare
from services.secrets import new_secret, secret_hash
from services.sessions import actor_of_account, open_session
from tests.factories import MADE_AT, make_account, make_actor, make_submitted
from vocabulary.people import Actor, Role, Scope
from vocabulary.states import ConflictAnswer

EVIDENCE = "The work plan names the steps and who takes them."


@dataclass(frozen=True, slots=True)
class Sitting:
    """One assignment: its reference, the entry's, the reviewer and an officer."""

    ref: str
    entry_ref: str
    reviewer: Actor
    officer: Actor


def make_sitting(
    session: Session,
    *,
    now: datetime = MADE_AT,
    answer: ConflictAnswer | None = ConflictAnswer.NONE,
    entry_ref: str | None = None,
    reviewer: Account | None = None,
    **changes: Any,
) -> Sitting:
    """An assignment to a submitted request that claims S3, with the conflict question answered «none»."""
    officer = make_actor(session, Role.OFFICER)
    account = reviewer or make_account(session, Role.REVIEWER)
    entry_ref = entry_ref or make_submitted(session, now=now, **changes).ref
    made = assign(session, officer, entry_ref, account.email, None, now=now)
    actor = actor_of_account(session, account.id)
    sitting = Sitting(made.ref, entry_ref, actor, officer)
    if answer is not None:
        text = "We met once." if answer is ConflictAnswer.POSSIBLE else None
        declare(session, actor, made.ref, answer, [], text, now=now)
    return sitting


def full_scores(value: int = 2, codes: tuple[str, ...] = ("9", "10", "11", "12")) -> dict[str, Any]:
    """Answers that can be submitted for these criteria."""
    scores: dict[str, Any] = {
        code: {"value": value, "evidence": EVIDENCE, "pointer": "Planned activities"} for code in codes
    }
    if "11" in scores:
        scores["11"]["parts"] = {"11i": True, "11ii": True, "11iii": True}
    if "6" in scores:
        scores["6"]["parts"] = {"6i": True}
    return scores


def full_card(value: int = 2, **changes: Any) -> dict[str, Any]:
    """A scorecard on S3 that can be submitted."""
    return {
        "scores": full_scores(value),
        "recommendation": "endorse" if value >= 2 else "do_not_endorse",
        "confidence": "high",
        "comment_applicant": "Clear and well prepared.",
        "comment_internal": "A strong one.",
        "minutes_spent": 45,
    } | changes


def as_form(card: dict[str, Any]) -> list[tuple[str, str]]:
    """The same scorecard as a browser sends it."""
    sent: list[tuple[str, str]] = []
    for code, answer in card.get("scores", {}).items():
        name = f"scores.{code}"
        if "value" in answer or answer.get("cannot_judge"):
            value = "cannot_judge" if answer.get("cannot_judge") else answer["value"]
            sent.append((f"{name}.value", "" if value is None else str(value)))
        sent += [
            (f"{name}.{field}", answer[field] or "")
            for field in ("cannot_reason", "evidence", "pointer")
            if field in answer
        ]
        words = {True: "yes", False: "no", None: "unclear"}
        for part, holds in answer.get("parts", {}).items():
            is_test = code == "11"
            sent.append(
                (f"{name}.parts.{part}" if is_test else f"{name}.parts", words[holds] if is_test else part)
            )
    for name, value in card.items():
        if name == "expertise":
            sent += [(f"expertise.{code}", level) for code, level in value.items()]
        elif name == "partners":
            sent += [(name, body) for body in value]
        elif name != "scores":
            sent.append((name, "" if value is None else str(value)))
    return sent


def signed_in(app: Flask, secret: str) -> FlaskClient:
    """A browser with the cookie of a sign-in. CSRF is switched off in the test that uses it."""
    client = app.test_client()
    with client.session_transaction() as cookie:
        cookie["sign_in"] = secret
    return client


def sign_in(session: Session, actor: Actor, now: datetime) -> str:
    """The secret of a new sign-in."""
    assert actor.account_id is not None
    return open_session(session, actor.account_id, now=now)


def make_token(
    session: Session,
    actor: Actor,
    now: datetime,
    scopes: tuple[Scope, ...] = (Scope.READ, Scope.WRITE_REVIEWS, Scope.MANAGE),
) -> dict[str, str]:
    """Headers of a program that acts for somebody."""
    secret = new_secret()
    session.add(
        ApiToken(
            account_id=actor.account_id,
            name="test",
            token_hash=secret_hash(session, secret),
            scopes=[scope.value for scope in scopes],
            created_at=now,
            expires_at=now.replace(year=now.year + 1),
        )
    )
    session.flush()
    return {"Authorization": f"Bearer {secret}"}


def at(headers: dict[str, str], version: int | None = None) -> dict[str, str]:
    """Headers of a program that has read this version."""
    return headers if version is None else headers | {"If-Match": f'"{version}"'}
