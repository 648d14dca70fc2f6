"""Who helps whom in the demonstration world: a collaborator, focal points, a thread of messages.

Everything goes through the use cases. The collaborator is the nominator's account, on the draft of the main
requester; the focal point of Kenya has answered about some requests, and the newest waits for an answer; an
officer and the main requester write to each other about the same request.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial

import sqlalchemy as sa

from models.consultations import Consultation
from models.entries import Entry
from models.operation import OutgoingMail
from seed.loading.stage import Stage
from services import collaborators, consultations, messages
from services.sessions import actor_of_account
from vocabulary.states import CollaboratorLevel, ConsultationAnswer, EntryKind

OWNER, HELPER = "requester", "nominator"
INVITED = "colleague@kept-waiting.example"
"""Somebody who has not answered yet."""
COMMENT = "The ministry supports this. Please involve the county governments as well."

THREAD = (
    ("officer", "Which three agencies will keep the data after the project? The text names only two."),
    (OWNER, "The third is the water resources authority. Shall we add its letter of intent?"),
)
"""What officer and submitter wrote; the last waits for an answer."""


def plan_helping(stage: Stage) -> None:
    """Put the invitations and the consultations on the timeline, the last days before now."""
    at, now = stage.timeline.at, stage.now
    at(now - timedelta(days=2, hours=3), partial(_invite, stage))
    at(now - timedelta(days=2), partial(_accept, stage))
    at(now - timedelta(days=1, hours=20), partial(_ask, stage))
    at(now - timedelta(days=1, hours=2), partial(_answer, stage))
    for n, (writer, text) in enumerate(THREAD):
        at(now - timedelta(hours=20 - 3 * n), partial(_write, stage, writer, text))


def _draft_of_owner(stage: Stage) -> Entry:
    owner_id = stage.account_id(OWNER)
    query = sa.select(Entry).where(Entry.owner_id == owner_id, Entry.state == "draft").order_by(Entry.id)
    return stage.session.execute(query.limit(1)).scalar_one()


def _write(stage: Stage, writer: str, text: str, now: datetime) -> None:
    owner_id = stage.account_id(OWNER)
    ref = stage.session.execute(
        sa.select(Entry.ref)
        .where(Entry.owner_id == owner_id, Entry.kind == EntryKind.REQUEST, Entry.state == "submitted")
        .order_by(Entry.id)
        .limit(1)
    ).scalar_one()
    messages.write(stage.session, stage.actors[writer], ref, text, now=now)


def _invite(stage: Stage, now: datetime) -> None:
    ref, owner = _draft_of_owner(stage).ref, stage.actors[OWNER]
    helper = stage.actors[HELPER].email or ""
    collaborators.invite(stage.session, owner, ref, helper, CollaboratorLevel.EDIT, now=now)
    collaborators.invite(stage.session, owner, ref, INVITED, CollaboratorLevel.VIEW, now=now)


def _accept(stage: Stage, now: datetime) -> None:
    """The button behind the link of the mail."""
    helper = stage.actors[HELPER]
    link = stage.session.execute(
        sa.select(OutgoingMail.values["link"].as_string()).where(
            OutgoingMail.template == "collaborator", OutgoingMail.to_email == helper.email
        )
    ).scalar_one()
    collaborators.accept(stage.session, helper, link.rsplit("/", 1)[1], now=now)


def _ask(stage: Stage, now: datetime) -> None:
    while consultations.ask_focal_points(stage.session, now=now):
        stage.session.flush()


def _answer(stage: Stage, now: datetime) -> None:
    """About all but the newest request: agreed, and a comment on the first."""
    rows = stage.session.execute(
        sa.select(Entry.ref, Consultation.account_id)
        .join(Entry, Entry.id == Consultation.entry_id)
        .order_by(Entry.submitted_at, Entry.id)
    ).all()
    for n, (ref, account_id) in enumerate(rows[:-1]):
        focal = actor_of_account(stage.session, account_id)
        said = ConsultationAnswer.CONFIRM if n else ConsultationAnswer.COMMENT
        consultations.answer(stage.session, focal, ref, said, None if n else COMMENT, now=now)
