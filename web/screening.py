"""What came in: the officers' list of entries, and showing or hiding one from the public.

The whole of screening (questions, eligibility, release) has its own workflow; this is the part that matching
stands on, since only what is published is matched for the other side.
"""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from frame.access import acts, current_actor
from services.clock import utc_now
from services.entries import publication
from services.queries import entries
from services.transaction import reading, transaction
from vocabulary.actions import Action
from vocabulary.messages import Message
from vocabulary.states import EntryKind
from web.drafts import NOUN, kind_of
from web.forms import version_of
from web.session import tell

bp = Blueprint("screening", __name__)
ROWS = 30
WAITING = {
    EntryKind.REQUEST: ("submitted", "returned", "in_review", "released"),
    EntryKind.OFFER: ("submitted", "returned", "checked", "active", "paused"),
}
PUBLISHED = Message("It is published with the fields that its owner consented to.")
TAKEN_BACK = Message("It is no longer published.")


@bp.get("/received", defaults={"noun": "requests"})
@bp.get("/received/<any(requests, offers):noun>")
@acts(Action.ENTRY_LIST_ALL)
def received(noun: str) -> ResponseReturnValue:
    """Submitted entries, the newest first; not yet published ones unless asked otherwise."""
    kind, shows_all = kind_of(noun), request.args.get("show") == "all"
    filters = {"state": WAITING[kind]} | ({} if shows_all else {"publication": ("consented", "unpublished")})
    with reading() as session:
        page = entries.list_visible(
            session,
            current_actor(),
            kind,
            filters,
            now=utc_now(),
            cursor=request.args.get("cursor"),
            limit=ROWS,
        )
    return render_template("screening/received.html", page=page, noun=noun, shows_all=shows_all)


@bp.post(f"/{NOUN}/<ref>/publication")
@acts(Action.PUBLICATION_PUBLISH)
def publish(noun: str, ref: str) -> ResponseReturnValue:
    """Show the public what the owner consented to."""
    with transaction() as session:
        entries.entry_page(session, current_actor(), ref, now=utc_now(), kind=kind_of(noun))
        publication.publish(session, current_actor(), ref, version_of(request.form), now=utc_now())
    return _back(noun, ref, PUBLISHED)


@bp.post(f"/{NOUN}/<ref>/publication/end")
@acts(Action.PUBLICATION_UNPUBLISH)
def unpublish(noun: str, ref: str) -> ResponseReturnValue:
    """Take it back, with a reason; a page that says so stays."""
    reason = request.form.get("reason", "").strip()[:2000]
    with transaction() as session:
        entries.entry_page(session, current_actor(), ref, now=utc_now(), kind=kind_of(noun))
        publication.unpublish(session, current_actor(), ref, version_of(request.form), reason, now=utc_now())
    return _back(noun, ref, TAKEN_BACK)


def _back(noun: str, ref: str, message: Message) -> ResponseReturnValue:
    tell(message)
    return redirect(url_for(f"entries.{noun[:-1]}_page", ref=ref), 303)
