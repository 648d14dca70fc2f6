"""Private links from mails: go on with a draft, confirm an address. Opening one changes nothing stored."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, session, url_for
from flask.typing import ResponseReturnValue

from frame.access import acts
from services import accounts
from services.clock import utc_now
from services.entries import claims
from services.queries.entries import entry_page
from services.queries.links import entry_behind
from services.sessions import actor_of_browser
from services.transaction import reading, transaction
from vocabulary.actions import Action
from vocabulary.messages import Message
from web.drafts import noun_of
from web.session import keep_draft, tell
from web.sign_in import enter

bp = Blueprint("links", __name__)
CONFIRMED = Message(
    "Your address is confirmed and the entry is yours. You are signed in; "
    "next time ask for a mailed link on the sign-in page."
)


@bp.get("/drafts/<secret>")
@acts(Action.ENTRY_CREATE)
def resume(secret: str) -> ResponseReturnValue:
    """Let this browser go on with the draft, then lead to it by an address without the secret."""
    with reading() as database:
        ref = entry_behind(database, secret, now=utc_now())
        holder = actor_of_browser(database, None, [secret], now=utc_now())
        page = entry_page(database, holder, ref, now=utc_now())
    keep_draft(session, secret)
    target = "drafts.begin_again" if page.row.state == "draft" else "submitted.receipt"
    return redirect(url_for(target, noun=noun_of(page.row.kind), ref=ref), 303)


@bp.get("/confirm/<secret>")
@acts(Action.ENTRY_CLAIM)
def ask_confirmation(secret: str) -> ResponseReturnValue:
    """Show what is confirmed, with a button: mail scanners follow links but press nothing."""
    with reading() as database:
        claim = claims.claim_behind(database, secret, now=utc_now())
    return render_template("entries/confirm.html", claim=claim, secret=secret)


@bp.post("/confirm/<secret>")
@acts(Action.ENTRY_CLAIM)
def confirm(secret: str) -> ResponseReturnValue:
    """Make the holder of the address the owner of the entry, and sign them in, as the mail proved them."""
    now = utc_now()
    with transaction() as database:
        entry = claims.confirm_email(database, secret, now=now)
        signed_in = accounts.sign_in_owner(database, entry.owner_id or 0, now=now)
        address = url_for("submitted.receipt", noun=noun_of(entry.kind), ref=entry.ref)
    enter(signed_in)
    tell(CONFIRMED)
    return redirect(address, 303)
