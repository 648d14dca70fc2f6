"""What templates may call: words, dates, links in the reader's language. No queries, no rules."""

from __future__ import annotations

from collections.abc import Iterable
from copy import copy
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any
from urllib.parse import quote

from babel.numbers import format_decimal
from flask import Flask, request
from markupsafe import Markup

from frame import phrases
from frame.access import current_actor
from frame.language import accepted_language, current_language
from translations.catalogues import (
    COMMA,
    LANGUAGES,
    OWN_NAMES,
    gettext,
    is_right_to_left,
    locale,
    moment,
    translate,
)
from vocabulary.states import EntryKind
from web import call_words, layout
from web.labels import match_label, match_tone, public_label
from web.option_lists import option_list


def words(value: Any) -> str:
    """A Message, date, number or list in the language of the page."""
    return value if type(value) is str or isinstance(value, Markup) else translate(value, current_language())


def instant(value: datetime, zone: str = "UTC") -> Markup:
    """A deadline or event: machine-readable, shown in UTC, put into the visitor's zone by the script."""
    shown = moment(value.astimezone(UTC), current_language())
    return Markup('<time datetime="{}" data-local>{} <abbr>UTC</abbr></time>').format(
        value.isoformat(), shown
    )


def day(value: date | None) -> str:
    """A date in words."""
    if type(value) is not date:  # nothing, or an instant, whose day depends on its zone
        return words(value) if value is not None else ""
    return _day(value, current_language())


@lru_cache(maxsize=4_000)
def _day(value: date, language: str) -> str:
    return translate(value, language)


def money(value: Any, currency: str | None) -> str:
    """An amount with its currency; whole amounts, as most are, without a fraction."""
    if value is None:
        return ""
    chosen = locale(current_language())
    form = copy(chosen.currency_formats["standard"])
    is_whole = value == int(value)
    if is_whole:
        form.frac_prec = (0, 0)
    return str(
        form.apply(
            value,
            chosen,
            currency=currency or "USD",
            currency_digits=not is_whole,
            numbering_system="latn",
        )
    )


def decimal(value: float, digits: int = 2) -> str:
    """A number with so many decimals, as the language writes it."""
    pattern = "0." + "0" * digits
    value = value if round(value, digits) else 0.0  # no "-0.00"
    return str(format_decimal(value, pattern, locale=locale(current_language()), numbering_system="latn"))


def listed(values: Iterable[str]) -> str:
    """Names one after the other, with the comma of the language."""
    return COMMA.get(current_language(), ", ").join(values)


def language_links() -> list[dict[str, Any]]:
    """The present page in each of the six languages."""
    path = request.full_path.rstrip("?") if request else "/"
    return [
        {
            "code": code,
            "name": OWN_NAMES[code],
            "url": f"/{code}{path}",
            "is_current": code == current_language(),
        }
        for code in LANGUAGES
    ]


def entry_url(kind: EntryKind, ref: str) -> str:
    """The page of an entry in the language of this page, as `url_for` says it; a list asks for many."""
    return f"{request.script_root}/{kind.value}s/{quote(ref, safe='')}"


def install(app: Flask) -> None:
    """Make the filters and the values every template needs known to Jinja."""
    phrases.install(app.jinja_env)
    app.jinja_env.globals.update(option_list=option_list, entry_url=entry_url)
    layout.install(app)
    app.jinja_env.filters.update(
        words=words,
        listed=listed,
        decimal=decimal,
        instant=instant,
        day=day,
        money=money,
        public_label=public_label,
        match_label=match_label,
        match_tone=match_tone,
        call_event=call_words.call_event,
        in_zones=call_words.in_zones,
        instant_text=call_words.instant_text,
        label_in=call_words.label_in,
        state_word=call_words.state_word,
        own_name=lambda code: OWN_NAMES.get(code, code),
    )

    @app.context_processor
    def for_every_page() -> dict[str, Any]:
        language = current_language()
        offered = accepted_language(request)
        return {
            "language": language,
            "direction": "rtl" if is_right_to_left(language) else "ltr",
            "language_links": language_links(),
            "offered_language": _offer(offered, language),
            "actor": current_actor(),
            "asset": lambda name: f"/static/{name}",
        }


def _offer(offered: str | None, language: str) -> dict[str, str] | None:
    """Offer, in its own words, the language the browser asks for, when the page is in another."""
    if offered is None or offered == language:
        return None
    path = request.full_path.rstrip("?")
    return {
        "code": offered,
        "url": f"/{offered}{path}",
        "text": gettext(offered, "This page is also available in English.")
        if offered == "en"
        else gettext(offered, "Read this page in your language"),
    }
