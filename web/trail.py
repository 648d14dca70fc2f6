"""The history: who did what to which thing, and when, as far as the reader may be told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from marshmallow import ValidationError

from frame.access import acts, current_actor
from frame.language import current_language
from schemas.trail import TrailQuerySchema, wanted_of
from services import glass
from services.clock import utc_now
from services.sessions import BREAKS_GLASS
from services.tables import as_csv
from services.trail import checking
from services.trail.reading import MOST_IN_A_FILE, Line, Page, trail_page, trail_rows
from services.transaction import reading, transaction
from translations.catalogues import translate
from vocabulary.actions import Action
from vocabulary.errors import Invalid
from vocabulary.events import ACCOUNTS, CALLS, DECISIONS, ENTRIES, MATCHES, NOMINATIONS, REVIEWS, SERVICE
from vocabulary.labels import STATE_LABELS
from vocabulary.messages import Message, message_in
from vocabulary.people import Role
from web.call_words import instant_text
from web.session import tell

bp = Blueprint("trail", __name__, url_prefix="/history")
FILTERS = ("by", "action", "about", "from", "until")
COLUMNS = ("at", "event", "name", "kind", "reference", "by", "values", "reason")
BY_WORDS = (
    ("person", message_in("who did it", "A person with an account")),
    ("service", Message("The service itself")),
    ("signed_out", Message("Somebody without an account")),
)
GROUPS = (
    (Message("Entries"), ENTRIES),
    (Message("Matches"), MATCHES),
    (Message("Nominations"), NOMINATIONS),
    (Message("Account"), ACCOUNTS),
    (Message("Calls"), CALLS),
    (Message("Reviews"), REVIEWS),
    (Message("Decisions"), DECISIONS),
    (message_in("the menu of those who run the service", "Service"), SERVICE),
)
KINDS: Mapping[str, Message] = {
    "entry": Message("Entry"),
    "review": Message("Scorecard"),
    "assignment": Message("Assignment"),
    "decision": Message("Decision"),
    "recognition": Message("Recognition"),
    "match": Message("Match"),
    "nomination": Message("Nomination"),
    "call": Message("Call"),
    "account": Message("Account"),
    "organisation": Message("Organisation"),
    "mail": Message("Mail"),
}
_OFFICES = frozenset({Role.OFFICER, Role.MODERATOR, Role.DECIDER, Role.AUDITOR, Role.ADMIN})


@bp.get("")
@acts(Action.AUDIT_READ_OWN)
def show() -> ResponseReturnValue:
    """The newest events that the reader may be told of, narrowed down as the address says."""
    query, errors = _query()
    page, finding, glasses = Page((), None), None, ()
    with reading() as session:
        try:
            if not errors:
                page = trail_page(
                    session, current_actor(), wanted_of(query), now=utc_now(), cursor=query["cursor"]
                )
        except Invalid as invalid:
            errors = invalid.errors
        if checking.may_check(current_actor(), now=utc_now()):
            finding = checking.last_finding(session, current_actor(), now=utc_now())
        if current_actor().roles() & BREAKS_GLASS:
            glasses = glass.open_now(session, current_actor(), now=utc_now())
    return (
        render_template(
            "trail/list.html",
            page=page,
            typed=request.args,
            asked=_asked(),
            errors=errors,
            finding=finding,
            glasses=glasses,
            may_break=bool(current_actor().roles() & BREAKS_GLASS),
            by_words=BY_WORDS,
            groups=_groups(),
            kinds=KINDS,
            shown=_shown,
            most=MOST_IN_A_FILE,
        ),
        422 if errors else 200,
    )


@bp.get("/history.csv")
@acts(Action.AUDIT_READ_OWN)
def as_file() -> ResponseReturnValue:
    """The same events as a CSV file, all pages of them."""
    query, errors = _query()
    if errors:
        raise Invalid(errors)
    with reading() as session:
        lines = trail_rows(session, current_actor(), wanted_of(query), now=utc_now())
    answer = Response(as_csv(COLUMNS, (_row(line) for line in lines)), mimetype="text/csv")
    answer.headers["Content-Disposition"] = "attachment; filename=history.csv"
    return answer


@bp.post("/check")
@acts(Action.AUDIT_VERIFY)
def ask_check() -> ResponseReturnValue:
    """Have the chain checked in the background."""
    with transaction() as session:
        checking.ask_check(session, current_actor(), now=utc_now())
    tell(Message("The check is asked for. It takes a few seconds; load this page again then."))
    return redirect(url_for("trail.show"), 303)


def _asked() -> dict[str, str]:
    """What the address narrows down, without empty boxes."""
    return {name: request.args[name].strip() for name in FILTERS if request.args.get(name, "").strip()}


def _query() -> tuple[dict[str, Any], dict[str, list[Message]]]:
    given = _asked() | ({"cursor": request.args["cursor"]} if request.args.get("cursor") else {})
    try:
        return TrailQuerySchema().load(given), {}
    except ValidationError as refused:
        return TrailQuerySchema().load({}), refused.normalized_messages()


def _groups() -> list[tuple[str, list[tuple[str, Message]]]]:
    """The events to choose from, each sentence once; without an office, those that parties are told."""
    language, is_inside = current_language(), bool(current_actor().roles() & _OFFICES)
    found = []
    for words, events in GROUPS:
        sentences = {event.words: name for name, event in events.items() if is_inside or event.is_told}
        options = [(name, text) for text, name in sentences.items()]
        if options:
            found.append((translate(words, language), options))
    return found


def _shown(name: str, value: Any) -> Any:
    """A state in words, an instant in UTC; anything else as it was recorded."""
    if name == "state" and value in STATE_LABELS:
        return STATE_LABELS[value]
    if name.endswith("_at") and isinstance(value, str):
        try:
            return instant_text(value)
        except ValueError:
            return value
    return value


def _row(line: Line) -> dict[str, Any]:
    language = current_language()
    return {
        "at": line.at.isoformat(),
        "event": translate(line.words, language),
        "name": line.action,
        "kind": line.subject_kind,
        "reference": line.subject_ref,
        "by": line.by_name or translate(line.by, language),
        "values": [_change(name, before, after) for name, before, after in line.values],
        "reason": line.reason,
    }


def _change(name: str, before: Any, after: Any) -> str:
    return f"{name}: {after}" if before is None else f"{name}: {before} → {after}"
