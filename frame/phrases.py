"""How do templates say a text in the language of the page? As Jinja's own gettext does, but looked up once.

A page says some sixty texts. Jinja looks each of them up anew and builds three calls around it; here a text
without values is kept for its language as it stands in the page. Only texts of templates and catalogues are
kept, never a value filled into one.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from jinja2 import Environment
from jinja2.nodes import EvalContext
from jinja2.utils import pass_eval_context
from markupsafe import Markup

from frame.language import current_language
from translations.catalogues import gettext

MOST_KEPT = 20_000
"""Texts times languages times two; the templates have about a thousand."""


def install(environment: Environment) -> None:
    """Put this in the place of Jinja's `_` and `gettext`; `{% trans %}` calls the latter."""
    environment.globals.update({"_": phrase, "gettext": phrase})


@pass_eval_context
def phrase(evaluation: EvalContext, text: str, /, **values: Any) -> str:
    """A text in the language of the page with its %(values)s, which are escaped where the page is HTML."""
    language, is_html = current_language(), evaluation.autoescape
    if not values:
        return _whole(language, text, is_html)
    return _form(language, text, is_html) % values


@lru_cache(maxsize=MOST_KEPT)
def _form(language: str, text: str, is_html: bool) -> str:
    found = gettext(language, text)
    return Markup(found) if is_html else found  # noqa: S704 -- a text of ours, from a template or a catalogue


@lru_cache(maxsize=MOST_KEPT)
def _whole(language: str, text: str, is_html: bool) -> str:
    return _form(language, text, is_html) % {}  # a form even without values: "%%" is a per cent sign
