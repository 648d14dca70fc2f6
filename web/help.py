"""Help: what the service is, the criteria, data protection, accessibility."""

from __future__ import annotations

from flask import Blueprint, current_app, render_template
from flask.typing import ResponseReturnValue

from frame.access import acts
from frame.language import current_language
from services.queries.help import criteria_help
from services.transaction import reading
from vocabulary.actions import Action

bp = Blueprint("help", __name__, url_prefix="/help")


@bp.get("")
@acts(Action.PAGE_READ)
def show() -> ResponseReturnValue:
    """How a request, an offer and a match go, step by step."""
    return render_template("help/show.html", upload_max_mb=_upload_max_mb())


@bp.get("/criteria")
@acts(Action.CRITERIA_READ)
def criteria() -> ResponseReturnValue:
    """The twelve criteria in full, and the rule of each strategy."""
    with reading() as session:
        strategies = criteria_help(session, current_language())
    return render_template("help/criteria.html", strategies=strategies)


@bp.get("/privacy")
@acts(Action.PAGE_READ)
def privacy() -> ResponseReturnValue:
    """What is kept about people, why, who sees it, for how long."""
    return render_template("help/privacy.html")


@bp.get("/accessibility")
@acts(Action.PAGE_READ)
def accessibility() -> ResponseReturnValue:
    """What works for whom, what does not yet, and whom to tell."""
    return render_template("help/accessibility.html")


def _upload_max_mb() -> int:
    limit: int = current_app.config["SETTINGS"].upload_max_bytes
    return limit // (1024 * 1024)
