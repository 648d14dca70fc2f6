"""What is mine: the entries of the account, and the drafts that this browser may edit."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from frame.access import acts, current_actor
from services.clock import utc_now
from services.queries import entries
from services.transaction import reading
from vocabulary.actions import Action
from web.menu import duties

bp = Blueprint("mine", __name__)


@bp.get("/mine")
@acts(Action.ENTRY_LIST_OWN)
def show() -> ResponseReturnValue:
    """My entries, the last touched first, with what happens now."""
    with reading() as database:
        rows = entries.mine(database, current_actor(), now=utc_now())
        helped = entries.helped(database, current_actor(), now=utc_now())
        return render_template("entries/mine.html", rows=rows, helped=helped, duties=duties())
