"""The settings of a fellowship call: chapters and seats, deadlines, marks, targets, limits, documents."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from marshmallow import ValidationError

from frame.access import acts, current_actor
from schemas.fellowships import FellowshipChangesSchema
from services.clock import utc_now
from services.fellowships import settings
from services.fellowships.setting_checks import ATTRIBUTES
from services.fellowships.settings import SettingsPage
from services.transaction import reading, transaction
from translations.catalogues import LANGUAGES, OWN_NAMES
from vocabulary.actions import Action
from vocabulary.errors import Conflict, Invalid
from vocabulary.fellowships import FellowshipBody
from vocabulary.messages import Message
from web import settings_form
from web.fellowship_words import ATTRIBUTE_NAMES, names_by_attribute
from web.forms import version_of
from web.nomination_answers import DOCUMENTS, title_of
from web.session import tell

bp = Blueprint("fellowship_settings", __name__, url_prefix="/fellowships")

BODIES: Mapping[str, Message] = {
    FellowshipBody.ASSESSMENT.value: Message("An assessment"),
    FellowshipBody.TASK_FORCE.value: Message("A task force"),
}
KINDS: Mapping[str, Message] = {
    "soft": Message("May be lowered"),
    "hard": Message("Never lowered"),
}
FIELD_NAMES: Mapping[str, Message] = {
    "body": Message("What fellows work with"),
    "selecting_body": Message("Body that selects"),
    "n_seats": Message("Seats"),
    "nominators_until": Message("Nominators until"),
    "oldest_age": Message("Age up to"),
    "most_years_since_degree": Message("Years since the last degree, up to"),
    "mark_low": Message("Lowest mark"),
    "mark_high": Message("Highest mark"),
    "mark_step": Message("Step between marks"),
    "documents": Message("Documents asked for"),
    "chapters": Message("Chapters"),
    "marks": Message("What the panel marks"),
    "by_bands": Message("Merit bands"),
    "targets": Message("Targets"),
    "caps": Message("Limits"),
}
SAVED = Message("The settings are kept.")


@bp.get("/<ref>/settings")
@acts(Action.FELLOWSHIP_EDIT)
def show(ref: str) -> ResponseReturnValue:
    """The form of the settings; what is pinned is shown and cannot be typed over."""
    return _page(ref, None, {})


@bp.post("/<ref>/settings")
@acts(Action.FELLOWSHIP_EDIT)
def save(ref: str) -> ResponseReturnValue:
    """Keep the settings; or, by another button of the form, show it with a row more or less."""
    typed = settings_form.typed_in(request.form)
    if added := request.form.get("add"):
        return _page(ref, settings_form.with_row(typed, added), {})
    if removed := request.form.get("remove"):
        return _page(ref, settings_form.without_row(typed, removed), {})
    typed = settings_form.without_empty(typed)
    try:
        with transaction() as database:
            _keep(database, ref, typed)
    except ValidationError as wrong:
        return _page(ref, typed, wrong.normalized_messages()), 422
    except Invalid as wrong:
        return _page(ref, typed, wrong.errors), 422
    except Conflict as lost:
        return _page(ref, typed, {"version": [lost.message]}, is_stale=True), 409
    tell(SAVED)
    return redirect(url_for("fellowship_settings.show", ref=ref), 303)


def _keep(database: Any, ref: str, typed: Mapping[str, Any]) -> None:
    actor, now = current_actor(), utc_now()
    page = settings.settings_to_edit(database, actor, ref, now=now)
    known = names_by_attribute(database, _chapters(page, typed))
    content = FellowshipChangesSchema().load(settings_form.content_in(typed, page, known))
    version = version_of(request.form) if page.sheet is not None else None
    settings.set_fellowship(database, actor, ref, content, version, now=now)


def _page(
    ref: str,
    typed: Mapping[str, Any] | None,
    errors: Mapping[str, Any],
    is_stale: bool = False,
) -> str:
    with reading() as database:
        page = settings.settings_to_edit(database, current_actor(), ref, now=utc_now())
        known = names_by_attribute(database, _chapters(page, typed or {}))
    kept = settings_form.typed_of(page, known)
    if typed is None:
        typed = kept
    elif not page.is_draft:
        typed = kept | {name: typed[name] for name in page.open_to}
    return render_template(
        "fellowships/settings.html",
        page=page,
        typed=typed,
        errors=errors,
        stale=[FIELD_NAMES[name] for name in FIELD_NAMES if is_stale and typed[name] != kept[name]],
        labels=FIELD_NAMES,
        bodies=list(BODIES.items()),
        kinds=list(KINDS.items()),
        documents=list(DOCUMENTS.items()),
        attributes=[(code, ATTRIBUTE_NAMES[code]) for code in ATTRIBUTES],
        values=[text for name, words in known.items() if name != "country" for text in words.values()],
        languages=[(code, OWN_NAMES[code]) for code in LANGUAGES],
        title_of=title_of,
    )


def _chapters(page: SettingsPage, typed: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Chapters as they are typed just now, or else as they are kept."""
    if page.is_draft and "chapters" in typed:
        return [{"code": row["code"], "title": {}} for row in typed["chapters"] if row["code"]]
    return list(page.sheet.content["chapters"]) if page.sheet is not None else []
