"""Near-duplicates while somebody types: pieces of a page, put under the field by the script."""

from __future__ import annotations

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from frame.access import acts, current_actor
from services.queries import similar
from services.transaction import reading
from vocabulary.actions import Action
from web.drafts import kind_of

bp = Blueprint("lookups", __name__)
LONGEST = 300


def _typed() -> str:
    return request.args.get("q", "")[:LONGEST].strip()


@bp.get("/requests/similar", defaults={"noun": "requests"})
@bp.get("/offers/similar", defaults={"noun": "offers"})
@acts(Action.ENTRY_CREATE)
def entries(noun: str) -> ResponseReturnValue:
    """Entries that read like this title; `ref` is the one being written."""
    with reading() as database:
        found = similar.similar_entries(
            database,
            current_actor(),
            kind_of(noun),
            {"title": _typed()},
            ref=request.args.get("ref"),
            limit=3,
        )
    return render_template("entries/_similar.html", found=found, noun=noun)


@bp.get("/organisations/similar")
@acts(Action.ENTRY_CREATE)
def organisations() -> ResponseReturnValue:
    """Organisations that are known under a name like this."""
    with reading() as database:
        found = similar.similar_organisations(database, current_actor(), _typed(), limit=3)
    return render_template("entries/_similar_organisations.html", found=found)
