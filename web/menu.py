"""Which pages does the menu of somebody show, and under which headings?

What everybody uses stands alone. The many pages of an office are folded into groups, which open without a
script; a group of one or two is not worth a fold, and its pages stand alone as well.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, current_app, request
from markupsafe import Markup

from frame.access import current_actor
from vocabulary.messages import Message, message_in
from vocabulary.people import Role
from web.layout import part

bp = Blueprint("menu", __name__)
LEAST_FOLDED = 3

Page = tuple[Message, str]
"""Words and endpoint."""

Group = tuple[Message, tuple[Page, ...]]
"""Words, and the pages that unfold under them."""

OFFICER, MODERATOR, DECIDER = Role.OFFICER, Role.MODERATOR, Role.DECIDER
REVIEWER, AUDITOR, ADMIN = Role.REVIEWER, Role.AUDITOR, Role.ADMIN
DECISION = message_in("the menu, the pages from screening to the letters", "Procedure")
MATCHING = message_in("the menu, a group of pages", "Matching")

MENU: tuple[tuple[Message | None, Message, str, frozenset[Role] | None], ...] = (
    (None, Message("Requests"), "entries.requests", None),
    (None, Message("Offers"), "entries.offers", None),
    (None, Message("Calls"), "calls.show_all", None),
    (None, Message("Gaps"), "coverage.show", None),
    (None, Message("My entries"), "mine.show", None),
    (None, Message("Today"), "board.show", frozenset({OFFICER, DECIDER})),
    (None, Message("Reviews"), "reviews.queue", frozenset({REVIEWER, MODERATOR})),
    (DECISION, Message("Received entries"), "screening.received", frozenset({OFFICER})),
    (DECISION, Message("Conflicts of interest"), "conflicts.own", frozenset({OFFICER, MODERATOR, DECIDER})),
    (DECISION, Message("Assignments"), "assignments.show_all", frozenset({OFFICER, MODERATOR, DECIDER})),
    (DECISION, Message("Panel"), "panels.show_all", frozenset({REVIEWER, MODERATOR, OFFICER, DECIDER})),
    (DECISION, Message("Decisions"), "decisions.show_all", frozenset({MODERATOR, OFFICER, DECIDER})),
    (DECISION, Message("Outbox"), "outbox.show_all", frozenset({OFFICER, DECIDER})),
    (DECISION, Message("History"), "trail.show", frozenset({OFFICER, MODERATOR, DECIDER})),
    (
        MATCHING,
        message_in("the menu of officers", "Matches"),
        "introductions.show_all",
        frozenset({OFFICER, MODERATOR, DECIDER}),
    ),
    (MATCHING, Message("Allocate scarce places"), "allocations.show_all", frozenset({OFFICER})),
    (
        MATCHING,
        message_in("the menu of officers", "Look alike"),
        "alike.show_all",
        frozenset({OFFICER}),
    ),
    (MATCHING, Message("Weights"), "weights.show", frozenset({OFFICER})),
    (None, Message("Consultations"), "consultations.show_all", frozenset({Role.FOCAL_POINT})),
    (None, Message("Nominations to mark"), "marks.queue", frozenset({REVIEWER})),
    (None, Message("Declarations"), "conflicts.register", frozenset({AUDITOR})),
    (None, Message("Erasures of personal data"), "erasures.show", frozenset({AUDITOR, ADMIN})),
    (None, Message("History"), "trail.show", frozenset({AUDITOR, ADMIN})),
    (None, Message("Help"), "help.show", None),
)
"""Group, words, endpoint, and the roles that see it; None means no group, and everybody."""


def has_page(endpoint: str) -> bool:
    """Is there such a page in this service?"""
    return endpoint in current_app.view_functions


def navigation() -> list[tuple[Message | None, Page]]:
    """The pages in the menu of this person, each with its group."""
    roles = current_actor().roles()
    shown: dict[str, tuple[Message | None, Page]] = {}
    for group, words, endpoint, needed in MENU:
        if has_page(endpoint) and (needed is None or roles & needed):
            shown.setdefault(endpoint, (group, (words, endpoint)))
    return list(shown.values())


def folded(pages: list[tuple[Message | None, Page]]) -> tuple[Page | Group, ...]:
    """The same with groups in the place of their first page, where there is something to fold."""
    members: dict[Message | None, tuple[Page, ...]] = {}
    for group, page in pages:
        members[group] = (*members.get(group, ()), page)
    shown: dict[Page | Group, None] = {}
    for group, page in pages:
        is_folded = group is not None and len(members[group]) >= LEAST_FOLDED
        shown[(group, members[group]) if group is not None and is_folded else page] = None
    return tuple(shown)


def duties() -> list[Page]:
    """The pages of the menu that this person sees because of a role."""
    roles = current_actor().roles()
    return [(words, endpoint) for _, words, endpoint, needed in MENU if needed is not None and roles & needed]


def menu() -> Markup:
    """The menu of this page, where the page itself may stand in it."""
    pages = navigation()
    here = request.endpoint if any(request.endpoint == endpoint for _, (_, endpoint) in pages) else None
    return part("menu", entries=folded(pages), current=here)


@bp.app_context_processor
def for_every_page() -> dict[str, Callable[..., Any]]:
    """What templates/base.html asks."""
    return {"has_page": has_page, "menu": menu}
