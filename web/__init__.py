"""Floor 5, HTML: pages and forms. Parses with a schema, calls one service, shows a template."""

from __future__ import annotations

from flask import Flask

from web import (
    account,
    alike,
    allocations,
    approvals,
    assignment_plans,
    assignments,
    board,
    call_desk,
    calls,
    conflicts,
    coverage,
    decisions,
    drafts,
    endorsements,
    entries,
    erasures,
    feeds,
    fellowship_panel,
    fellowship_room,
    fellowship_settings,
    files,
    filters,
    help,
    home,
    introductions,
    invitations,
    links,
    lookups,
    marks,
    matches,
    menu,
    mine,
    nomination_desk,
    nomination_import,
    nominations,
    outbox,
    panels,
    placing,
    recognitions,
    reviews,
    scorecard_documents,
    screening,
    shortlists,
    statistics,
    submitted,
    weights,
)
from web.errors import answer
from web.session import load_actor

BLUEPRINTS = (
    home.bp,
    menu.bp,
    help.bp,
    calls.bp,
    call_desk.bp,
    board.bp,
    entries.bp,
    feeds.bp,
    drafts.bp,
    files.bp,
    submitted.bp,
    links.bp,
    mine.bp,
    lookups.bp,
    reviews.bp,
    scorecard_documents.bp,
    assignments.bp,
    assignment_plans.bp,
    conflicts.bp,
    matches.bp,
    introductions.bp,
    allocations.bp,
    alike.bp,
    coverage.bp,
    weights.bp,
    panels.bp,
    decisions.bp,
    outbox.bp,
    recognitions.bp,
    endorsements.bp,
    statistics.bp,
    screening.bp,
    shortlists.bp,
    nominations.bp,
    approvals.bp,
    invitations.bp,
    nomination_import.bp,
    nomination_desk.bp,
    marks.bp,
    fellowship_panel.bp,
    fellowship_room.bp,
    fellowship_settings.bp,
    placing.bp,
    account.bp,
    erasures.bp,
)

__all__ = ["answer", "load_actor", "register"]


def register(app: Flask) -> None:
    """Add every page and the template filters to the app."""
    filters.install(app)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
