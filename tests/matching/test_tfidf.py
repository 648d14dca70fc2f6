"""matching/tfidf.py and matching/likeness.py, checked against the formula written out naively."""

from __future__ import annotations

from math import log, sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.bags import count_words, gather, read_words
from matching.index import fit_index
from matching.likeness import Likeness
from matching.settings import DEFAULT_SETTINGS, MatchingSettings
from matching.tfidf import fit, weigh, weigh_pieces
from tests.matching.examples import WORDS, make_offer, make_request
from vocabulary.states import EntryKind

BAGS = st.lists(st.sampled_from(WORDS), min_size=1, max_size=12)


def counted(entry):
    return count_words(read_words(entry), DEFAULT_SETTINGS)


def fitted(*bags):
    return fit([gather(bags)])


def text_parts(request, index):
    likeness = Likeness(index.read(request), index.base)
    return likeness.exact(np.arange(len(index.base.entries)))


def oracle_text(query, documents):
    """Every document against the query by the formula of docs/matching.md, word by word."""
    n = len(documents)
    mean_length = sum(len(bag) for bag in documents) / n

    def idf(word):
        return log((1 + n) / (1 + sum(word in bag for bag in documents))) + 1

    def asks(bag):
        return {word: (1 + log(bag.count(word))) * idf(word) for word in set(bag)}

    def answers(bag):
        hunger = 1.2 * (0.25 + 0.75 * len(bag) / mean_length)
        return {word: bag.count(word) / (bag.count(word) + hunger) * idf(word) for word in set(bag)}

    def product(one, other):
        return sum(one[word] * other[word] for word in one.keys() & other.keys())

    def size(bag):
        return sqrt(product(asks(bag), asks(bag)))

    def itself(bag):
        return product(asks(bag), answers(bag)) / size(bag)

    return [
        min(product(asks(query), answers(bag)) / size(query) / sqrt(itself(query) * itself(bag)), 1.0)
        for bag in documents
    ]


@given(BAGS, st.lists(BAGS, min_size=1, max_size=6))
def test_text_agrees_with_the_formula(query, documents):
    offers = [make_offer(f"OFF-{number}", " ".join(bag)) for number, bag in enumerate(documents)]

    found = text_parts(make_request(text=" ".join(query)), fit_index(offers, EntryKind.OFFER))

    assert found.tolist() == pytest.approx(oracle_text(query, documents), abs=1e-9)


def test_count_words_weighs_a_title_word_by_its_field():
    offer = make_offer(texts={"title": ("Wetland",), "text": ("wetland soil",), "conditions": ("soil",)})

    assert counted(offer) == [{"wetland": 3.0, "soil": 1.5}]


def test_count_words_adds_short_passages_of_a_field():
    offer = make_offer(texts={"text": ("wetland", "wetland soil")})

    assert counted(offer) == [{"wetland": 2.0, "soil": 1.0}]


def test_count_words_keeps_documents_apart_and_gives_each_the_other_fields():
    texts = (" ".join(["wetland"] * 12), " ".join(["forest"] * 15), "soil")
    offer = make_offer(texts={"title": ("Market",), "text": texts})

    assert counted(offer) == [
        {"wetland": 12.0, "soil": 1.0, "market": 2.0},
        {"forest": 15.0, "soil": 1.0, "market": 2.0},
    ]


def test_count_words_gives_one_empty_piece_where_no_word_counts():
    assert counted(make_offer(text="the of and")) == [{}]


def test_weigh_keeps_a_word_the_fit_has_never_seen_at_the_highest_idf():
    model = fitted({"wetland": 1.0}, {"soil": 1.0})

    (piece,) = weigh_pieces([{"unheard": 1.0}], model, EntryKind.REQUEST)

    assert model.idf("unheard") == log(3) + 1
    assert model.idf("unheard") > model.idf("wetland")
    assert list(piece.weights) == ["unheard"]


def test_weigh_takes_a_count_below_one_as_it_is():
    model = fitted({"wetland": 1.0, "soil": 1.0})

    (piece,) = weigh_pieces([{"wetland": 0.5, "soil": 1.0}], model, EntryKind.REQUEST)

    assert piece.weights["soil"] == pytest.approx(2 * piece.weights["wetland"])


@pytest.mark.parametrize("kind", EntryKind)
def test_weigh_gives_nothing_for_an_entry_without_words(kind):
    assert [piece.weights for piece in weigh_pieces([{}], fitted({}), kind)] == [{}]


@given(st.lists(BAGS, min_size=1, max_size=5), st.randoms())
def test_fit_names_equal_texts_equally_in_any_order(documents, random):
    counts = [counted(make_offer(text=" ".join(bag)))[0] for bag in documents]
    shuffled = random.sample(counts, len(counts))

    assert fitted(*shuffled) == fitted(*counts)


def test_a_pair_of_lists_is_compared_by_its_three_best_pairs():
    one, other = " ".join(["wetland soil forest"] * 4), " ".join(["policy market herder"] * 4)
    offer = make_offer(texts={"text": (one, other)})
    index = fit_index([offer, make_offer("OFF-2", "satellite")], EntryKind.OFFER)

    found = [text_parts(make_request(texts={"text": texts}), index)[0] for texts in ((one,), (one, other))]

    assert found == pytest.approx([1 / 2, 2 / 3])


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


@given(st.lists(BAGS, min_size=2, max_size=8), st.data())
def test_weigh_gives_a_piece_the_same_weights_in_any_block(documents, data):
    bags = gather(counted(make_offer(text=" ".join(bag)))[0] for bag in documents)
    model, cut = fit([bags]), data.draw(st.integers(0, bags.n))

    blocks = [
        weigh(part, model, EntryKind.OFFER).weights for part in (bags.part(0, cut), bags.part(cut, bags.n))
    ]

    assert [*blocks[0], *blocks[1]] == weigh(bags, model, EntryKind.OFFER).weights.tolist()
