"""The first page, and what every page shows of the house: the menu."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, current_app, render_template, request
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from frame.access import acts, current_actor
from frame.language import current_language
from services.clock import utc_now
from services.queries import calls, entries, readable
from services.queries.home import figures
from services.transaction import reading
from vocabulary.actions import Action
from vocabulary.messages import Message, message_in
from vocabulary.people import Role
from vocabulary.states import EntryKind
from web.layout import part

bp = Blueprint("home", __name__)
N_LATEST = 4

MENU: tuple[tuple[Message, str, frozenset[Role] | None], ...] = (
    (Message("Requests"), "entries.requests", None),
    (Message("Offers"), "entries.offers", None),
    (Message("Calls"), "calls.show_all", None),
    (Message("Gaps"), "coverage.show", None),
    (Message("My entries"), "mine.show", None),
    (Message("Today"), "board.show", frozenset({Role.OFFICER, Role.DECIDER})),
    (Message("Reviews"), "reviews.queue", frozenset({Role.REVIEWER, Role.MODERATOR})),
    (Message("Received entries"), "screening.received", frozenset({Role.OFFICER})),
    (
        Message("Assignments"),
        "assignments.show_all",
        frozenset({Role.OFFICER, Role.MODERATOR, Role.DECIDER}),
    ),
    (
        Message("Panel"),
        "panels.show_all",
        frozenset({Role.REVIEWER, Role.MODERATOR, Role.OFFICER, Role.DECIDER}),
    ),
    (Message("Decisions"), "decisions.show_all", frozenset({Role.MODERATOR, Role.OFFICER, Role.DECIDER})),
    (Message("Outbox"), "outbox.show_all", frozenset({Role.OFFICER, Role.DECIDER})),
    (
        message_in("the menu of officers", "Matches"),
        "introductions.show_all",
        frozenset({Role.OFFICER, Role.MODERATOR, Role.DECIDER}),
    ),
    (
        Message("Conflicts of interest"),
        "conflicts.own",
        frozenset({Role.OFFICER, Role.MODERATOR, Role.DECIDER}),
    ),
    (Message("Declarations"), "conflicts.register", frozenset({Role.AUDITOR})),
    (Message("Nominations to mark"), "marks.queue", frozenset({Role.REVIEWER})),
    (message_in("the menu of officers", "Look alike"), "alike.show_all", frozenset({Role.OFFICER})),
    (Message("Weights"), "weights.show", frozenset({Role.OFFICER})),
    (Message("Help"), "help.show", None),
)
"""Words, endpoint, and the roles that see it; None means everybody."""


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


def has_page(endpoint: str) -> bool:
    """Is there such a page in this service?"""
    return endpoint in current_app.view_functions


def navigation() -> list[tuple[Message, str]]:
    """The menu that this person sees."""
    roles = current_actor().roles()
    return [
        (words, endpoint)
        for words, endpoint, needed in MENU
        if has_page(endpoint) and (needed is None or roles & needed)
    ]


def duties() -> list[tuple[Message, str]]:
    """The pages of the menu that this person sees because of a role."""
    roles = current_actor().roles()
    return [(words, endpoint) for words, endpoint, needed in MENU if needed is not None and roles & needed]


def menu() -> Markup:
    """The menu of this page, where the page itself may stand in it."""
    shown = tuple(navigation())
    here = request.endpoint if any(request.endpoint == endpoint for _, endpoint in shown) else None
    return part("menu", entries=shown, current=here)


@bp.app_context_processor
def for_every_page() -> dict[str, Callable[..., Any]]:
    """What templates/base.html asks."""
    return {"has_page": has_page, "menu": menu}
