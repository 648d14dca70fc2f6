"""Words about calls for templates: dates in the zone of a call, what was done to it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from markupsafe import Markup

from frame.language import current_language
from translations.catalogues import moment, translate
from vocabulary.labels import label_of
from vocabulary.messages import Message

EVENTS: Mapping[str, Message] = {
    "call.create": Message("The draft was begun."),
    "call.edit": Message("The draft was changed."),
    "call.publish": Message("The call was announced."),
    "call.open": Message("The call opened."),
    "call.close": Message("The call closed."),
    "call.reopen": Message("The call opened again."),
    "call.start_review": Message("The review began."),
    "call.deliberate": Message("The deliberation began."),
    "call.decide": Message("The deliberation was closed."),
    "call.release": Message("The results were released."),
    "call.archive": Message("The call was archived."),
    "call.cancel": Message("The call was cancelled."),
    "call.move_deadline": Message("The deadline was moved for all."),
    "call.correct": Message("A correction was published."),
    "call.answer": Message("A question was answered."),
    "call.decline_question": Message("A question was left out."),
    "call.set_four_eyes": Message("The rule of two people was changed."),
}


def call_event(action: str) -> str:
    """What an event of the audit trail says of a call."""
    words = EVENTS.get(action)
    return translate(words, current_language()) if words else action


def in_zones(instant: datetime, zone: str) -> Markup:
    """A deadline on three clocks: UTC, the visitor's (put there by the script), and that of the call."""
    language = current_language()
    shown = Markup('<time datetime="{}" data-local>{} <abbr>UTC</abbr></time>').format(
        instant.isoformat(), moment(instant, language)
    )
    if zone == "UTC":
        return shown
    local = moment(instant.astimezone(ZoneInfo(zone)), language)
    return shown + Markup('<br><span class="meta">{} <bdi>{}</bdi></span>').format(local, zone)


def instant_text(value: str) -> str:
    """An instant of a stored act, in UTC and in words."""
    return f"{moment(datetime.fromisoformat(value), current_language())} UTC"


def label_in(name: str, labels: Mapping[str, Message]) -> str:
    """The name of a field in words."""
    return translate(labels[name], current_language()) if name in labels else name


def state_word(state: str) -> str:
    """What a state is called among those who run calls, to stand by itself."""
    word = translate(label_of(state), current_language())
    return word[:1].upper() + word[1:]
