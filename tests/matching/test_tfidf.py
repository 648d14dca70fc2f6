"""matching/tfidf.py and the cosine, checked against the formula written out naively over whole matrices."""

from __future__ import annotations

from math import log, sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.index import fit_index
from matching.settings import DEFAULT_SETTINGS, MatchingSettings
from matching.tfidf import count_tokens, fit, weigh
from tests.matching.examples import WORDS, make_offer, make_request
from vocabulary.states import EntryKind

BAGS = st.lists(st.sampled_from(WORDS), min_size=1, max_size=12)


def oracle_cosines(query, documents):
    """Every document against the query: dense rows over all words, by the formula of docs/matching.md."""
    every = sorted({word for bag in [query, *documents] for word in bag})
    n = len(documents)
    idf = [log((1 + n) / (1 + sum(word in bag for bag in documents))) + 1 for word in every]

    def row(bag):
        raw = [
            (1 + log(bag.count(word))) * rarity if word in bag else 0.0
            for word, rarity in zip(every, idf, strict=True)
        ]
        length = sqrt(sum(value * value for value in raw))
        return [value / length for value in raw]

    asked = row(query)
    return [sum(a * b for a, b in zip(asked, row(bag), strict=True)) for bag in documents]


@given(BAGS, st.lists(BAGS, min_size=1, max_size=6))
def test_cosines_agree_with_the_formula(query, documents):
    offers = [make_offer(f"OFF-{number}", " ".join(bag)) for number, bag in enumerate(documents)]
    index = fit_index(offers, EntryKind.OFFER)

    found = index.base.cosines(index.vector_of(make_request(text=" ".join(query))))

    assert found.tolist() == pytest.approx(oracle_cosines(query, documents), abs=1e-9)


def test_count_tokens_weighs_a_title_word_by_its_field():
    offer = make_offer(texts={"title": ("Wetland",), "text": ("wetland soil",), "conditions": ("soil",)})

    assert count_tokens(offer, DEFAULT_SETTINGS) == {"wetland": 3.0, "soil": 1.5}


def test_count_tokens_adds_the_passages_of_a_field():
    offer = make_offer(texts={"text": ("wetland", "wetland soil")})

    assert count_tokens(offer, DEFAULT_SETTINGS) == {"wetland": 2.0, "soil": 1.0}


def test_weigh_keeps_a_word_the_fit_has_never_seen_at_the_highest_idf():
    model = fit([{"wetland": 1.0}, {"soil": 1.0}])

    assert model.idf("unheard") == log(3) + 1
    assert model.idf("unheard") > model.idf("wetland")
    assert weigh({"unheard": 1.0}, model) == {"unheard": 1.0}


def test_weigh_takes_a_count_below_one_as_it_is():
    model = fit([{"wetland": 1.0, "soil": 1.0}])

    found = weigh({"wetland": 0.5, "soil": 1.0}, model)

    assert found == pytest.approx({"soil": 2 / sqrt(5), "wetland": 1 / sqrt(5)})


def test_weigh_gives_nothing_for_an_entry_without_words():
    assert weigh({}, fit([])) == {}


@given(st.lists(BAGS, min_size=1, max_size=5), st.randoms())
def test_fit_names_equal_texts_equally_in_any_order(documents, random):
    counts = [count_tokens(make_offer(text=" ".join(bag)), DEFAULT_SETTINGS) for bag in documents]
    shuffled = random.sample(counts, len(counts))

    assert fit(shuffled) == fit(counts)


@pytest.mark.parametrize(
    "wrong",
    [
        {"part_weights": {"colour": 1.0}},
        {"part_weights": {"text": -1.0}},
        {"part_weights": {"text": 0.0}},
        {"field_weights": {"title": 0.0}},
    ],
)
def test_settings_refuse_weights_that_mean_nothing(wrong):
    with pytest.raises(ValueError, match="weights"):
        MatchingSettings(**wrong)
