"""Floor 5, JSON: /api/v1. Parses with a schema, calls one service, answers through the published schema."""

from __future__ import annotations

from flask import Flask
from flask_wtf.csrf import CSRFProtect

from api import (
    account,
    alike,
    allocations,
    assignment_plans,
    assignments,
    calibration,
    call_desk,
    calls,
    collaborators,
    conflicts,
    consultations,
    criteria,
    decisions,
    documents,
    endorsements,
    fellowship_panel,
    fellowships,
    files,
    introductions,
    messages,
    nomination_desk,
    nominations,
    notes,
    organisations,
    panels,
    placing,
    practice,
    reports,
    reviews,
    scorecard_documents,
    screening,
    standing,
    trail,
)
from api.auth import load_actor
from api.entries import blueprint_of
from api.errors import answer
from api.frame import Blueprint, HouseApi
from vocabulary.states import EntryKind

BLUEPRINTS: tuple[Blueprint, ...] = (
    blueprint_of(EntryKind.REQUEST),
    blueprint_of(EntryKind.OFFER),
    files.bp,
    criteria.bp,
    calls.bp,
    call_desk.bp,
    collaborators.bp,
    screening.bp,
    consultations.bp,
    messages.bp,
    standing.bp,
    nominations.bp,
    nomination_desk.bp,
    fellowships.bp,
    fellowship_panel.bp,
    practice.bp,
    placing.bp,
    organisations.bp,
    reports.bp,
    introductions.bp,
    allocations.bp,
    alike.bp,
    reviews.bp,
    scorecard_documents.bp,
    assignments.bp,
    assignment_plans.bp,
    conflicts.bp,
    notes.bp,
    trail.bp,
    panels.bp,
    calibration.bp,
    decisions.bp,
    endorsements.bp,
    account.bp,
    documents.bp,
)

CONFIG = {
    "API_TITLE": "Capmatch",
    "API_VERSION": "1",
    "OPENAPI_VERSION": "3.1.0",
    "API_SPEC_OPTIONS": {
        "info": {"description": "Requests, offers, scorecards and matches for capacity-building."},
        "components": {
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer", "description": "A token of your account."}
            }
        },
    },
}

__all__ = ["answer", "load_actor", "register"]


def register(app: Flask, csrf: CSRFProtect) -> None:
    """Add the API to the app. Cookies never authenticate it, so it needs no CSRF token."""
    app.config.update(CONFIG)
    api = HouseApi(app)
    for blueprint in BLUEPRINTS:
        csrf.exempt(blueprint)
        api.register_blueprint(blueprint, url_prefix="/api/v1")
    app.extensions["capmatch_api"] = api
