"""Nominate somebody else, and the page of the nominee behind the link of the mail: take it up, or say no."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from marshmallow import ValidationError

from frame.access import acts, current_actor
from frame.language import current_language
from schemas.nominations import InvitationSchema
from services import accounts, vocabularies
from services.clock import utc_now
from services.fellowships import invitations
from services.fellowships.fields import NOMINATOR_KINDS
from services.queries.calls import call_page
from services.transaction import reading, transaction
from translations.catalogues import OWN_NAMES
from vocabulary.actions import Action
from vocabulary.errors import Conflict, Invalid
from vocabulary.messages import Message
from web.nomination_answers import labels, title_of
from web.session import tell
from web.sign_in import enter

bp = Blueprint("invitations", __name__)

INVITED = Message("The nominee was asked by mail. You are told as soon as the form is complete.")
YOURS = Message("The nomination is yours now. Fill in the form; every answer is saved.")
FIELDS = ("first_name", "last_name", "nominee_email", *invitations.BY_NOMINATOR[2:], "language")


@bp.get("/fellowships/<ref>/invite")
@acts(Action.NOMINATION_INVITE)
def new(ref: str) -> ResponseReturnValue:
    """Whom one nominates, and for which body."""
    return _new(ref, {"language": current_language()}, {})


@bp.post("/fellowships/<ref>/invite")
@acts(Action.NOMINATION_INVITE)
def create(ref: str) -> ResponseReturnValue:
    """Ask the nominee by mail."""
    typed: dict[str, Any] = {name: request.form.get(name, "").strip() or None for name in FIELDS}
    try:
        given = InvitationSchema().load(typed)
        email = given.pop("nominee_email") or ""
        language = given.pop("language") or current_language()
        with transaction() as database:
            made = invitations.invite(
                database, current_actor(), ref, given, email, now=utc_now(), language=language
            ).ref
    except ValidationError as wrong:
        return _new(ref, typed, wrong.normalized_messages()), 422
    except Invalid as wrong:
        return _new(ref, typed, wrong.errors), 422
    except Conflict as known:
        if known.code != "nominated_already":
            raise
        return _new(ref, typed, {"nominee_email": [known.message]}), 409
    tell(INVITED)
    return redirect(url_for("nominations.show", ref=made), 303)


@bp.get("/nominations/invitation/<secret>")
@acts(Action.NOMINATION_TAKE_UP)
def show(secret: str) -> ResponseReturnValue:
    """Who nominates whom for what, with two buttons; opening the page changes nothing."""
    with reading() as database:
        found = invitations.invitation_behind(database, secret, now=utc_now())
    return render_template(
        "nominations/invitation.html",
        invitation=found,
        secret=secret,
        is_signed_in=current_actor().is_signed_in,
        title_of=title_of,
    )


@bp.post("/nominations/invitation/<secret>")
@acts(Action.NOMINATION_TAKE_UP)
def take_up(secret: str) -> ResponseReturnValue:
    """Make the nomination one's own; a new account is signed in, as the mail proved the address."""
    now = utc_now()
    with transaction() as database:
        taken = invitations.take_up(database, current_actor(), secret, now=now)
        signed_in = accounts.sign_in_owner(database, taken.account_id, now=now) if taken.is_new else None
    if signed_in is not None:
        enter(signed_in)
    tell(YOURS)
    return redirect(url_for("nominations.edit", ref=taken.ref, code="person"), 303)


@bp.post("/nominations/invitation/<secret>/refusal")
@acts(Action.NOMINATION_WITHDRAW)
def refuse(secret: str) -> ResponseReturnValue:
    """Say no; the nominator is told."""
    with transaction() as database:
        invitations.turn_down(database, secret, now=utc_now())
    return render_template("nominations/turned_down.html")


def _new(ref: str, typed: Mapping[str, Any], errors: Mapping[str, Any]) -> str:
    with reading() as database:
        call = call_page(database, current_actor(), ref, language=current_language(), now=utc_now())
        countries = vocabularies.options(database, vocabularies.COUNTRIES, current_language())
    return render_template(
        "nominations/invite.html",
        call=call,
        typed=typed,
        errors=errors,
        labels=labels() | {"nominee_email": NOMINEE_EMAIL, "language": LANGUAGE},
        countries=countries,
        kinds=list(NOMINATOR_KINDS.items()),
        languages=list(OWN_NAMES.items()),
        own_address=current_actor().email,
    )


NOMINEE_EMAIL = Message("Mail address of the nominee")
LANGUAGE = Message("Language in which we write to the nominee")
