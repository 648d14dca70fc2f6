"""Default deny for both doors: every endpoint names what it does, or is on one short list.

`@acts(Action.X)` on a view says which row of the policy table it stands for. An endpoint that says
nothing, and is not in PUBLIC_ENDPOINTS, is refused. The use case behind it still asks the policy
about the very object; this is the outer wall.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, cast

from flask import Flask, g, request

from procedure.access import is_open_to_signed_out, is_open_to_the_public
from vocabulary.actions import Action
from vocabulary.errors import NotFound, Unauthenticated
from vocabulary.people import SIGNED_OUT, Actor

View = TypeVar("View", bound=Callable[..., object])

PUBLIC_ENDPOINTS = frozenset(
    {
        "static",
        "health.live",
        "health.ready",
        "health.metrics",
    }
)
"""Endpoints outside the policy table: they show nothing of anybody. /metrics asks for its own token."""


def acts(action: Action) -> Callable[[View], View]:
    """Say which action of the policy table a view stands for."""

    def mark(view: View) -> View:
        view.__capmatch_action__ = action  # type: ignore[attr-defined]
        return view

    return mark


def action_of(app: Flask, endpoint: str, method: str) -> Action | None:
    """The action that an endpoint stands for under a method, or None when it names none."""
    view = app.view_functions[endpoint]
    view_class = getattr(view, "view_class", None)
    if view_class is not None:
        view = getattr(view_class, "get" if method == "HEAD" else method.lower(), view)
    return getattr(view, "__capmatch_action__", None)


def current_actor() -> Actor:
    """Who asks; signed out until the door has found out."""
    return cast(Actor, g.get("actor", SIGNED_OUT))


def is_public(action: Action) -> bool:
    """Can anybody at all do this, as far as the policy table goes?"""
    return is_open_to_the_public(action)


def set_actor(actor: Actor) -> None:
    """Called once per request by the door, after it has checked the cookie or the token."""
    g.actor = actor
    g.actor_is_known = actor.is_signed_in or bool(actor.entry_ids)


def deny_by_default(app: Flask) -> None:
    """Refuse what names no action, and ask for a sign-in where no one signed out may go."""
    endpoint = request.endpoint
    if "\x00" in request.path:  # no reference holds it, and PostgreSQL cannot even be asked
        raise NotFound()
    if endpoint is None or endpoint in PUBLIC_ENDPOINTS or request.method == "OPTIONS":
        return
    action = action_of(app, endpoint, request.method)
    if action is None:
        raise NotFound()
    if not current_actor().is_signed_in and not is_open_to_signed_out(action):
        raise Unauthenticated()
