"""Who helps with an entry: its owner's page, and the page behind the link of an invitation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from marshmallow import ValidationError

from frame.access import acts, current_actor
from schemas.collaborators import NewCollaboratorSchema
from services import accounts, collaborators
from services.clock import utc_now
from services.queries.entries import entry_page
from services.transaction import reading, transaction
from vocabulary.actions import Action
from vocabulary.errors import Conflict, Invalid, NotFound
from vocabulary.messages import Message, message_in
from vocabulary.states import CollaboratorLevel
from web.drafts import NOUN, kind_of, noun_of
from web.session import tell
from web.sign_in import enter

bp = Blueprint("collaborators", __name__)

INVITED = Message("The invitation went out by mail. The link in it holds for 14 days.")
CHANGED = Message("Kept.")
REMOVED = Message("Removed.")
ACCEPTED = Message("You help with this entry now. You find it under “My entries”.")
LEFT = Message("Done.")
LEVELS: Mapping[CollaboratorLevel, tuple[Message, Message]] = {
    CollaboratorLevel.VIEW: (
        message_in("what a collaborator may do", "View"),
        Message("Reads the entry and, once it is out, the result."),
    ),
    CollaboratorLevel.COMMENT: (
        message_in("what a collaborator may do", "Comment"),
        Message("Also writes to the secretariat about it, and reads the answers."),
    ),
    CollaboratorLevel.EDIT: (
        message_in("what a collaborator may do", "Edit"),
        Message("Also changes and submits it. Withdrawing and consenting stay with you."),
    ),
}
"""What each level is called, and what it opens."""


@bp.get(f"/{NOUN}/<ref>/collaborators")
@acts(Action.COLLABORATOR_GRANT)
def show(noun: str, ref: str) -> ResponseReturnValue:
    """Who helps, and a form to invite somebody."""
    return _page(noun, ref, {}, {})


def _page(noun: str, ref: str, typed: Mapping[str, Any], errors: Mapping[str, Any]) -> str:
    with reading() as database:
        found = collaborators.helpers_of(database, current_actor(), ref, now=utc_now(), kind=kind_of(noun))
    return render_template(
        "entries/collaborators.html",
        found=found,
        noun=noun,
        typed=typed,
        errors=errors,
        levels=LEVELS,
        choices=[(level.value, *words) for level, words in LEVELS.items()],
    )


@bp.post(f"/{NOUN}/<ref>/collaborators")
@acts(Action.COLLABORATOR_GRANT)
def invite(noun: str, ref: str) -> ResponseReturnValue:
    """Ask somebody by mail; the answer is the same whether or not the address has an account."""
    typed = {"email": request.form.get("email", "").strip(), "level": request.form.get("level", "")}
    try:
        given = NewCollaboratorSchema().load(typed)
        with transaction() as database:
            collaborators.invite(
                database,
                current_actor(),
                ref,
                given["email"],
                given["level"],
                now=utc_now(),
                kind=kind_of(noun),
            )
    except ValidationError as wrong:
        return _page(noun, ref, typed, wrong.normalized_messages()), 422
    except Invalid as wrong:
        return _page(noun, ref, typed, wrong.errors), 422
    except Conflict as refused:
        return _page(noun, ref, typed, {"email": [refused.message]}), 409
    tell(INVITED)
    return _back(noun, ref)


@bp.post(f"/{NOUN}/<ref>/collaborators/<int(max=2147483647):number>")
@acts(Action.COLLABORATOR_GRANT)
def change(noun: str, ref: str, number: int) -> ResponseReturnValue:
    """Let somebody do more or less."""
    try:
        level = CollaboratorLevel(request.form.get("level", ""))
    except ValueError:
        raise NotFound from None
    with transaction() as database:
        collaborators.set_level(
            database, current_actor(), ref, number, level, now=utc_now(), kind=kind_of(noun)
        )
    tell(CHANGED)
    return _back(noun, ref)


@bp.post(f"/{NOUN}/<ref>/collaborators/<int(max=2147483647):number>/end")
@acts(Action.COLLABORATOR_GRANT)
def remove(noun: str, ref: str, number: int) -> ResponseReturnValue:
    """Take an invitation back, or end what somebody may do."""
    with transaction() as database:
        collaborators.remove(database, current_actor(), ref, number, now=utc_now(), kind=kind_of(noun))
    tell(REMOVED)
    return _back(noun, ref)


def _back(noun: str, ref: str) -> ResponseReturnValue:
    return redirect(url_for("collaborators.show", noun=noun, ref=ref), 303)


@bp.get(f"/{NOUN}/<ref>/helping")
@acts(Action.COLLABORATOR_LEAVE)
def ask_leave(noun: str, ref: str) -> ResponseReturnValue:
    """What one may do with an entry of somebody else, and the button to stop."""
    with reading() as database:
        page = entry_page(database, current_actor(), ref, now=utc_now(), kind=kind_of(noun))
        if Action.COLLABORATOR_LEAVE not in page.may:
            raise NotFound
    return render_template("entries/helping.html", page=page, noun=noun)


@bp.post(f"/{NOUN}/<ref>/helping")
@acts(Action.COLLABORATOR_LEAVE)
def leave(noun: str, ref: str) -> ResponseReturnValue:
    """A collaborator steps out."""
    with transaction() as database:
        collaborators.leave(database, current_actor(), ref, now=utc_now(), kind=kind_of(noun))
    tell(LEFT)
    return redirect(url_for("mine.show"), 303)


@bp.get("/collaborations/<secret>")
@acts(Action.COLLABORATOR_ANSWER)
def ask(secret: str) -> ResponseReturnValue:
    """Who asks for help with what, with two buttons; opening the page changes nothing."""
    with reading() as database:
        found = collaborators.invitation_behind(database, secret, now=utc_now())
    actor = current_actor()
    return render_template(
        "entries/collaboration.html",
        found=found,
        secret=secret,
        level=LEVELS[found.level],
        is_theirs=actor.email == found.email,
        is_signed_in=actor.is_signed_in,
    )


@bp.post("/collaborations/<secret>")
@acts(Action.COLLABORATOR_ANSWER)
def answer(secret: str) -> ResponseReturnValue:
    """Accept or say no; a new account is signed in, as the mail proved the address."""
    now, said = utc_now(), request.form.get("answer")
    if said not in ("yes", "no"):
        return redirect(url_for("collaborators.ask", secret=secret), 303)
    if said == "no":
        with transaction() as database:
            collaborators.turn_down(database, secret, now=now)
        return render_template("entries/turned_down.html")
    with transaction() as database:
        taken = collaborators.accept(database, current_actor(), secret, now=now)
        signed_in = accounts.sign_in_owner(database, taken.account_id, now=now) if taken.is_new else None
    if signed_in is not None:
        enter(signed_in)
    tell(ACCEPTED)
    noun = noun_of(taken.kind)
    return redirect(url_for(f"entries.{noun[:-1]}_page", ref=taken.ref), 303)
