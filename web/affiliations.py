"""Where one has worked, stated by oneself: a list, a form, and a button to take each back."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from marshmallow import ValidationError

from frame.access import acts, current_actor
from schemas.accounts import AffiliationSchema
from services import affiliations
from services.clock import utc_now
from services.transaction import reading, transaction
from vocabulary.actions import Action
from vocabulary.errors import Conflict, Invalid
from vocabulary.messages import Message
from web.session import tell

bp = Blueprint("affiliations", __name__, url_prefix="/account/affiliations")
FIELDS = ("organisation_name", "started_on", "ended_on")


@bp.get("")
@acts(Action.ACCOUNT_EDIT_OWN)
def show() -> ResponseReturnValue:
    """What is stated; `?change=` puts one of them into the form."""
    return _page(request.args.get("change", ""), {}, {})


def _page(change: str, typed: dict[str, Any], errors: dict[str, Any]) -> str:
    with reading() as session:
        found = affiliations.own(session, current_actor(), now=utc_now())
    chosen = next((one for one in found if str(one.id) == change), None)
    if chosen is not None:
        typed = {name: getattr(chosen, name) for name in FIELDS}
    return render_template(
        "account/affiliations.html", found=found, chosen=chosen, typed=typed, errors=errors
    )


@bp.post("")
@acts(Action.ACCOUNT_EDIT_OWN)
def state() -> ResponseReturnValue:
    """State a body with its days, or change the days of one that is stated."""
    typed = {name: request.form.get(name, "") for name in FIELDS}
    try:
        given = AffiliationSchema().load(typed)
        with transaction() as session:
            affiliations.state(session, current_actor(), given, now=utc_now())
    except ValidationError as wrong:
        return _page("", typed, wrong.normalized_messages()), 422
    except Invalid as wrong:
        return _page("", typed, dict(wrong.errors)), 422
    except Conflict as full:
        return _page("", typed, {"organisation_name": [full.message]}), 409
    tell(Message("Kept."))
    return redirect(url_for("affiliations.show"), 303)


@bp.post("/<int(max=2147483647):affiliation_id>/removal")
@acts(Action.ACCOUNT_EDIT_OWN)
def remove(affiliation_id: int) -> ResponseReturnValue:
    """Take one back."""
    with transaction() as session:
        affiliations.remove(session, current_actor(), affiliation_id, now=utc_now())
    tell(Message("Removed."))
    return redirect(url_for("affiliations.show"), 303)
