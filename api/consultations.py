"""What focal points say of requests, by the API."""

from __future__ import annotations

from typing import Any

from flask import Response
from sqlalchemy.orm import Session

from api.calls import Answer
from api.description import REPEAT
from api.frame import Blueprint, write_once
from frame.access import acts, current_actor
from schemas.consultations import (
    ConsultationAnswerSchema,
    ConsultationsSchema,
    OwnConsultationsSchema,
)
from services import consultations
from services.clock import utc_now
from services.queries.entries import entry_page
from services.transaction import reading
from vocabulary.actions import Action
from vocabulary.errors import NotFound
from vocabulary.states import EntryKind

bp = Blueprint("api_consultations", __name__, description="Consultation of national focal points")


def _answers(session: Session, ref: str) -> dict[str, Any]:
    page = entry_page(session, current_actor(), ref, now=utc_now(), kind=EntryKind.REQUEST)
    if Action.ENTRY_READ not in page.may:
        raise NotFound
    found = consultations.answers_to(session, current_actor(), ref, now=utc_now())
    return {"items": found, "next": None}


@bp.route("/consultations", methods=["GET"])
@acts(Action.CONSULTATION_LIST)
@bp.response(200, OwnConsultationsSchema)
def get_own() -> dict[str, Any]:
    """The requests that touch the caller's country, as its focal point."""
    with reading() as session:
        return {"items": consultations.own(session, current_actor(), now=utc_now()), "next": None}


@bp.route("/requests/<ref>/consultations", methods=["GET"])
@acts(Action.ENTRY_READ)
@bp.response(200, ConsultationsSchema)
def get_answers(ref: str) -> dict[str, Any]:
    """What focal points were asked and said of a request."""
    with reading() as session:
        return _answers(session, ref)


@bp.route("/requests/<ref>/consultation", methods=["PUT"])
@acts(Action.ENTRY_CONSULT)
@bp.arguments(ConsultationAnswerSchema)
@bp.response(200, ConsultationsSchema)
@bp.doc(parameters=[REPEAT])
def put_answer(asked: dict[str, Any], ref: str) -> Response:
    """Confirm, comment or object, as the focal point of a country that the request touches."""

    def work(session: Session) -> Answer:
        said, text = asked["answer"], asked.get("text")
        consultations.answer(session, current_actor(), ref, said, text, now=utc_now())
        return ConsultationsSchema().dump(_answers(session, ref)), 200, {}

    return write_once(work)
