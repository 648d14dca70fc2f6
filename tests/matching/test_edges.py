"""What stands just at a limit: each of these was found by a fault that no other test noticed.

`python -m benchmarks.mutants` puts such faults in.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from math import sqrt

import pytest

from matching.across import read_across
from matching.duplicates import likeness_across
from matching.explain import _adding_up
from matching.index import fit_index
from matching.lexicon import LEAST, translations
from matching.meaning import MOST_PASSAGES, passages_of
from matching.names import Why, similar_entries, similar_names
from matching.rank import rank
from matching.settings import DEFAULT_SETTINGS
from matching.word_forms import is_form
from tests.matching.examples import make_offer, make_request
from vocabulary.states import EntryKind


def best(request, offer, **options):
    [match] = rank(request, fit_index([offer], EntryKind.OFFER), **options).matches
    return match


def test_first_and_last_day_both_count():
    request = make_request(text="river", from_on=date(2026, 1, 1), until_on=date(2026, 1, 10))
    offer = make_offer(text="river", from_on=date(2026, 1, 6), until_on=date(2026, 1, 10))

    assert best(request, offer).parts["time"] == 0.5


def test_one_shared_day_is_enough_for_work_without_an_end():
    request = make_request(text="river", from_on=date(2026, 1, 10))
    offer = make_offer(text="river", until_on=date(2026, 1, 10))

    assert best(request, offer).parts["time"] == 1.0


def test_part_without_weight_is_shown_as_0():
    weights = {**DEFAULT_SETTINGS.part_weights, "language": 0.0}
    request, offer = (make("X", "river", languages={"en"}) for make in (make_request, make_offer))

    assert best(request, offer).parts["language"] == 1.0
    settings = replace(DEFAULT_SETTINGS, part_weights=weights)
    assert best(request, offer, settings=settings).parts["language"] == 0.0


@pytest.mark.parametrize(("left", "n_blocked"), [(0.0, 1), (0.5, 0)])
def test_money_is_gone_when_none_is_left(left, n_blocked):
    request = make_request(text="river", support={"financial"}, amount_usd=5.0)
    offer = make_offer(text="river", support={"financial"}, amount_left_usd=left)

    assert rank(request, fit_index([offer], EntryKind.OFFER)).n_blocked == n_blocked


def test_what_was_withdrawn_is_not_found():
    index = fit_index([make_offer("OFF-1", "river"), make_offer("OFF-2", "river")], EntryKind.OFFER)

    found = rank(make_request(text="river"), index.with_changes(removed=["OFF-1"]))

    assert [match.id for match in found.matches] == ["OFF-2"]


def test_what_has_nothing_in_common_is_no_match():
    index = fit_index([make_offer("OFF-1", "river"), make_offer("OFF-2", "forest")], EntryKind.OFFER)

    assert rank(make_request(text="glacier"), index).matches == ()


def test_an_entry_has_no_more_passages_than_are_compared():
    entry = make_request(texts={"text": tuple(f"Passage number {n}." for n in range(MOST_PASSAGES + 6))})

    assert len(passages_of(entry)) == MOST_PASSAGES


def test_initials_are_three_letters_or_more():
    [found] = similar_names("WWF", {"key": ("World Wildlife Fund",)})

    assert found.why is Why.ACRONYM
    assert similar_names("WF", {"key": ("Wildlife Fund",)}) == []


def test_unlikely_translations_are_left_out():
    found = dict(translations("abaj", "es", "en"))  # the lexicon also has "lower" at 0.18

    assert set(found) == {"bottom", "bas"}
    assert min(found.values()) >= LEAST


def test_a_translation_is_covered_from_both_sides():
    short, long = ("forest river law", "en"), ("bosque río ley montaña nieve desierto", "es")

    assert likeness_across(short, long) == round(sqrt(1.0 * 0.5), 6)


def test_three_letters_may_differ_at_the_end_of_a_russian_word():
    assert is_form("лесами", "лес", "ru")
    assert not is_form("лесного", "лес", "ru")


def test_a_short_title_says_too_little_by_itself():
    one = make_request("REQ-1", texts={"title": ("Wetland maps",), "summary": ("Counting in spring.",)})
    other = make_request("REQ-2", texts={"title": ("Wetland map",), "summary": ("Quite another thing.",)})

    assert similar_entries(one, [other]) == []


def test_what_rounding_left_over_goes_where_it_keeps_the_order():
    shares = [("a", 0.5), ("b", 0.5), ("c", 0.1)]

    assert _adding_up(shares, 1.100000001) == [("a", 0.500000001), ("b", 0.5), ("c", 0.1)]
    assert _adding_up(shares, 1.099999999) == [("a", 0.5), ("b", 0.499999999), ("c", 0.1)]


def test_more_money_than_is_sought_is_enough_and_no_more():
    request = make_request(text="river", support={"financial"}, amount_usd=5.0)
    offer = make_offer(text="river", support={"financial"}, amount_usd=50.0)

    assert best(request, offer).parts["money"] == 1.0


def test_a_word_read_in_another_language_is_worth_what_was_measured():
    [(other, likely), *_] = translations("forest", "en", "es")

    read = read_across({"forest": 2.0}, "en", "es", {other: 7})

    assert read.weights == {7: pytest.approx(1.3 * 2.0 * likely)}
