"""The first page: what this is, what is open, what is new."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from frame.access import acts
from frame.language import current_language
from services.clock import utc_now
from services.queries import calls, entries, readable
from services.queries.home import figures
from services.transaction import reading
from vocabulary.actions import Action
from vocabulary.states import EntryKind

bp = Blueprint("home", __name__)
N_LATEST = 4


@bp.get("/")
@acts(Action.PAGE_READ)
def show() -> ResponseReturnValue:
    """What this is, what is open, true figures, and what is new."""
    language, now = current_language(), utc_now()
    with reading() as session:
        page = {
            "calls": calls.open_calls(session, language=language, now=now),
            "figures": figures(session),
            "requests": _latest(session, EntryKind.REQUEST, language),
            "offers": _latest(session, EntryKind.OFFER, language),
        }
    return render_template("home.html", **page)


def _latest(session: Any, kind: EntryKind, language: str) -> list[readable.Line]:
    page = entries.list_public(session, kind, {}, limit=N_LATEST, names=readable.LINE_FIELDS)
    return readable.lines(session, page.rows, language)
