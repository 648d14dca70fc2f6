"""Long lists of choices, kept as HTML: never another list's, never another language's."""

from __future__ import annotations

import gc
from collections.abc import Iterable, Sequence
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask, g
from markupsafe import Markup, escape

from models.reference import Term, Vocabulary
from services import vocabularies
from services.vocabularies import Option
from tests.fixtures import Opened
from translations.catalogues import LANGUAGES
from vocabulary.messages import Message
from web.option_lists import groups_of, option_list

WORDS = Message("Yes")


def plainly(options: Iterable[Option], chosen: str | None = None) -> str:
    """As a template would write them, one after the other."""
    mark = {chosen: " selected"}
    return "".join(
        f'<option value="{escape(one.code)}"{mark.get(one.code, "")}>{escape(one.label)}</option>\n'
        for one in options
    )


def in_languages(app: Flask, options: Sequence[Any], *languages: str) -> list[str]:
    """The same options in pages of several languages, one after the other."""
    shown = []
    for language in languages:
        with app.test_request_context():
            g.language = language
            shown.append(str(option_list(options)))
    return shown


@pytest.mark.parametrize("vocabulary", ["countries", "needs", "languages"])
def test_option_list_reads_as_written_one_by_one_in_every_language(read: Opened, vocabulary: str) -> None:
    with read() as session:
        lists = {code: vocabularies.options(session, vocabulary, code) for code in LANGUAGES}

    for _ in range(2):  # the second time from what is kept
        for options in lists.values():
            chosen = options[len(options) // 2].code
            assert option_list(options) == plainly(options)
            assert option_list(options, chosen) == plainly(options, chosen)
    assert option_list(lists["en"]) == plainly(lists["en"])  # choosing marks nothing for the next reader


def test_option_list_of_a_new_version_of_the_vocabulary_is_new(read: Opened) -> None:
    with read() as session:
        before = option_list(vocabularies.options(session, "stages", "en"))
    with read() as session:  # nothing of this is kept
        stages = sa.update(Vocabulary).where(Vocabulary.code == "stages")
        session.execute(stages.values(content_hash="f" * 64))
        named = {"en": "Quite another name"}
        session.execute(sa.update(Term).where(Term.vocabulary == "stages").values(labels=named))
        changed = option_list(vocabularies.options(session, "stages", "en"))
    with read() as session:
        after = option_list(vocabularies.options(session, "stages", "en"))

    assert "Quite another name" in changed
    assert before == after != changed


def test_option_list_escapes_codes_labels_and_what_is_chosen() -> None:
    options = (Option('a"><b', "<i>&"), Option("b", "B"))

    assert option_list(options, 'a"><b') == (
        '<option value="a&#34;&gt;&lt;b" selected>&lt;i&gt;&amp;</option>\n<option value="b">B</option>\n'
    )
    assert option_list(options, "<option>") == option_list(options)


def test_option_list_takes_pairs_and_numbers() -> None:
    assert option_list([(1, "one"), (2, Markup("<b>two</b>"))], "2") == (
        '<option value="1">one</option>\n<option value="2" selected><b>two</b></option>\n'
    )


def test_option_list_of_messages_follows_the_language_of_each_page(app: Flask) -> None:
    pairs, objects = (("yes", WORDS),), (Option("yes", WORDS),)

    shown = [in_languages(app, options, "en", "fr", "en") for options in (pairs, objects)]

    english, french = '<option value="yes">Yes</option>\n', '<option value="yes">Oui</option>\n'
    assert shown == [[english, french, english], [english, french, english]]


def test_option_lists_made_one_after_the_other_at_one_address_stay_apart() -> None:
    for n in range(3_000):  # a list that is gone may leave its place in memory to the next
        options = (Option(str(n), f"label {n}"),)
        assert option_list(options) == f'<option value="{n}">label {n}</option>\n'
        del options
        if n % 1_000 == 0:
            gc.collect()


def test_groups_of_puts_each_top_choice_before_those_under_it() -> None:
    one, two, under = Option("1", "One"), Option("2", "Two"), Option("1.1", "Under one", parent="1")

    assert groups_of((one, under, two)) == (("One", (one, under)), ("Two", (two,)))
