"""frame/phrases.py: what is kept of a text reads as if it had been looked up anew."""

from __future__ import annotations

import pytest
from flask import Flask, g, render_template_string
from markupsafe import Markup

SOURCE = (
    "{{ _('Skip to the content') }}|{{ _('%(first)s to %(last)s of %(all)s', first=a, last=2, all=9) }}"
    "|{% trans n=a %}Step {{ n }} – 50%{% endtrans %}|{{ _('100%% of it') }}"
)


def shown(app: Flask, language: str, value: object) -> str:
    with app.test_request_context():
        g.language = language
        return render_template_string(SOURCE, a=value)


def test_phrase_is_that_of_the_language_of_each_page_in_turn(app: Flask) -> None:
    first = {language: shown(app, language, 1) for language in ("en", "fr", "zh", "ar")}
    again = {language: shown(app, language, 1) for language in ("ar", "zh", "fr", "en")}

    assert first == again
    assert first["en"] == "Skip to the content|1 to 2 of 9|Step 1 – 50%|100% of it"
    assert len({text.split("|")[0] for text in first.values()}) == 4


def test_phrase_escapes_values_and_keeps_none_of_them(app: Flask) -> None:
    pages = [shown(app, "en", value) for value in ("<b>", Markup("<i>x</i>"), "plain")]

    assert [page.split("|")[1] for page in pages] == [
        "&lt;b&gt; to 2 of 9",
        "<i>x</i> to 2 of 9",
        "plain to 2 of 9",
    ]


def test_phrase_in_a_plain_text_is_not_escaped(app: Flask) -> None:
    app.jinja_env.autoescape, before = False, app.jinja_env.autoescape
    try:
        template = app.jinja_env.from_string("{{ _('It’s %(name)s & co.', name=name) }}{{ _('a & b') }}")
        with app.test_request_context():
            text = template.render(name="<Ann>")
    finally:
        app.jinja_env.autoescape = before

    assert text == "It’s <Ann> & co.a & b"


def test_phrase_without_a_value_that_it_names_is_an_error(app: Flask) -> None:
    with app.test_request_context(), pytest.raises(KeyError):
        render_template_string("{{ _('%(name)s is missing') }}")
