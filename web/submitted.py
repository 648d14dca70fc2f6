"""What the owner does with what was submitted: receipt, versions, withdrawal."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from frame.access import acts, current_actor
from services.clock import utc_now
from services.entries import submission
from services.entries.differences import differences
from services.queries.entries import entry_page
from services.transaction import reading, transaction
from vocabulary.actions import Action
from vocabulary.errors import Conflict, NotFound
from vocabulary.messages import Message
from vocabulary.states import EntryKind
from web.drafts import NOUN, kind_of
from web.form_pages import in_words
from web.forms import version_of
from web.session import tell

bp = Blueprint("submitted", __name__)
WITHDRAWN = Message("This entry is withdrawn. It has left the public lists and the matches.")


@bp.get(f"/{NOUN}/<ref>/receipt")
@acts(Action.ENTRY_READ)
def receipt(noun: str, ref: str) -> ResponseReturnValue:
    """What to quote, what happens now, and the matches at once."""
    with reading() as database:
        page = entry_page(database, current_actor(), ref, now=utc_now(), kind=kind_of(noun))
        if not (page.is_own or page.is_helped) or not page.n_revisions:
            raise NotFound
        return render_template("entries/receipt.html", page=page, ref=ref, noun=noun)


@bp.get(f"/{NOUN}/<ref>/versions")
@acts(Action.ENTRY_READ)
def versions(noun: str, ref: str) -> ResponseReturnValue:
    """Every submitted version with what changed from the one before."""
    kind = kind_of(noun)
    with reading() as database:
        actor, now = current_actor(), utc_now()
        page = entry_page(database, actor, ref, now=now, kind=kind)
        rows = submission.revisions(database, actor, ref, now=now)
        steps = []
        for before, after in zip([None, *rows], rows, strict=False):
            found = differences(before.content, after.content) if before else []
            words = [
                (one, in_words(database, one.name, one.old), in_words(database, one.name, one.new))
                for one in found
            ]
            steps.append((after, words))
        return render_template(
            "entries/versions.html", page=page, ref=ref, noun=noun, steps=steps[::-1], kind=kind
        )


@bp.get(f"/{NOUN}/<ref>/withdrawal")
@acts(Action.ENTRY_WITHDRAW)
def ask_withdrawal(noun: str, ref: str) -> ResponseReturnValue:
    """Say what withdrawing means, and ask."""
    return _withdrawal_page(noun, ref)


def _withdrawal_page(noun: str, ref: str, stale: Conflict | None = None) -> str:
    with reading() as database:
        page = entry_page(database, current_actor(), ref, now=utc_now(), kind=kind_of(noun))
        if Action.ENTRY_WITHDRAW not in page.may:
            raise NotFound
        return render_template(
            "entries/withdrawal.html", page=page, ref=ref, noun=noun, stale=stale, typed=request.form
        )


@bp.post(f"/{NOUN}/<ref>/withdrawal")
@acts(Action.ENTRY_WITHDRAW)
def withdraw(noun: str, ref: str) -> ResponseReturnValue:
    """Take the entry back."""
    reason = request.form.get("reason", "").strip()[:2000] or None
    try:
        with transaction() as database:
            submission.withdraw(
                database, current_actor(), ref, version_of(request.form), reason, now=utc_now()
            )
    except Conflict as stale:
        if stale.code != "version_conflict":
            raise
        return _withdrawal_page(noun, ref, stale), 409
    tell(WITHDRAWN)
    return redirect(_page_address(kind_of(noun), ref), 303)


def _page_address(kind: EntryKind, ref: str) -> str:
    return url_for("entries.request_page" if kind is EntryKind.REQUEST else "entries.offer_page", ref=ref)
