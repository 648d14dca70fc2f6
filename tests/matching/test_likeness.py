"""matching/likeness.py: what several pieces are worth together, worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from matching.index import fit_index
from matching.likeness import Likeness
from matching.rank import rank
from tests.matching.examples import make_offer, make_request
from vocabulary.states import EntryKind

WORDS = """
    wetland forest river soil bird training data map grassland school survey coast
    coral reef whale tuna plankton kelp estuary lagoon sediment tide island atoll
    desert dune cactus camel oasis drought salt sandstorm nomad oryx locust acacia
    glacier moraine tundra permafrost lichen reindeer aurora fjord iceberg polar snowdrift arctic
"""
INLAND, SEA, DESERT, ICE = (line.split() for line in WORDS.strip().splitlines())


def text(*parts):
    return " ".join(word for part in parts for word in part)


REQUEST = make_request("REQ-1", texts={"text": (text(INLAND), text(SEA))})
REPEATS = make_offer("OFF-1", texts={"text": (text(*[INLAND] * 8), text(DESERT))})
"""Says one piece of the request eight times: its product is above 1."""
BOTH = make_offer("OFF-2", texts={"text": (text(INLAND[:7], ICE[:5]), text(SEA[:7], DESERT[:5]))})
LONG = [make_offer(f"OFF-{n}", texts={"text": (text(*[ICE] * 60), text(*[DESERT] * 60))}) for n in (3, 4)]


@pytest.fixture(scope="module")
def index():
    return fit_index([REPEATS, BOTH, *LONG], EntryKind.OFFER)


def test_a_pair_of_pieces_counts_for_1_at_most(index):
    likeness = Likeness(index.read(REQUEST), index.base)

    assert likeness._grid(0)[0, 0] > 1.1
    assert likeness.exact(np.arange(1)).tolist() == [round(1 / 3, 9)]  # the best three pairs: 1, 0 and 0
    assert likeness.most[0] == pytest.approx(1 / 3, abs=1e-6)
    [shares] = likeness.shares(np.arange(1), [round(1 / 3, 9)])
    assert sum(shares.values()) == pytest.approx(1 / 3, abs=1e-9)


def test_what_is_said_again_and_again_does_not_come_before_what_says_more(index):
    [best] = rank(REQUEST, index, top=1).matches

    assert (best.id, best.parts["text"]) == ("OFF-2", 0.352402068)


def test_shares_of_a_pair_above_1_are_cut_to_it(index):
    [_, match] = rank(REQUEST, index, top=2).matches

    assert match.id == "OFF-1"
    assert match.parts["text"] == round(1 / 3, 9)
    assert {term.term for term in match.terms} == set(INLAND)
    assert sum(term.share for term in match.terms) == pytest.approx(match.parts["text"], abs=1e-9)


def test_fewer_pairs_than_three_are_divided_by_their_number():
    one = make_request("REQ-1", text(INLAND))
    two = make_offer("OFF-1", texts={"text": (text(INLAND), text(SEA))})
    index = fit_index([two, *LONG], EntryKind.OFFER)

    likeness = Likeness(index.read(one), index.base)

    assert likeness.exact(np.arange(1)).tolist() == [0.5]
    assert likeness.most[0] == pytest.approx(0.5, abs=1e-6)


@pytest.mark.parametrize(("n_words", "n_pieces"), [(12, 2), (11, 1)])
def test_a_text_of_a_list_is_a_piece_from_twelve_words_on(n_words, n_pieces):
    offer = make_offer("OFF-1", texts={"text": (text(INLAND[:n_words]), text(SEA[:n_words]))})

    index = fit_index([offer], EntryKind.OFFER)

    assert index.base.bags.n == n_pieces


def test_words_of_other_fields_belong_to_every_piece():
    offer = make_offer("OFF-1", texts={"title": ("Archipelago",), "text": (text(INLAND), text(SEA))})

    index = fit_index([offer], EntryKind.OFFER)

    assert ["archipelago" in piece for piece in index.base.weights(0)] == [True, True]
