"""Topics, bounds and postings over enough text to have them: the quick way gives what the plain way would."""

from __future__ import annotations

import random

import numpy as np
import pytest

from matching.bags import gather
from matching.index import fit_index, fit_indexes
from matching.likeness import ROUNDING, Likeness
from matching.postings import turn_round
from matching.rank import rank
from matching.topics import FEWEST_PIECES, N_TOPICS, no_topics, same_subject
from tests.matching.examples import make_offer, make_request
from vocabulary.states import EntryKind

N_OFFERS = FEWEST_PIECES + 20


def some_words(chance: random.Random, subject: int) -> str:
    """Words of one of five subjects, and a few of any; letters only, which no stemmer cuts."""
    own = [f"{'abcde'[subject]}{a}{b}q" for a in "bcdfghk" for b in "lmnprst"]
    other = [f"z{a}{b}q" for a in "bcdfghk" for b in "lmnprst"]
    return " ".join([*chance.choices(own, k=14), *chance.choices(other, k=4)])


@pytest.fixture(scope="module")
def entries():
    chance = random.Random(5)
    offers = [
        make_offer(
            f"OFF-{number:03}",
            some_words(chance, number % 5),
            support={"training"} if number % 3 else {"hosting"},
        )
        for number in range(N_OFFERS)
    ]
    requests = [
        make_request(f"REQ-{number}", some_words(chance, number), support={"training"}) for number in range(5)
    ]
    return requests, offers


@pytest.fixture(scope="module")
def index(entries):
    return fit_index(entries[1], EntryKind.OFFER)


def test_topics_are_found_where_there_is_enough_text(entries, index):
    _, offers = entries

    fewer = fit_index(offers[: FEWEST_PIECES - 1], EntryKind.OFFER)

    assert index.base.vectors.topics.shape == (N_OFFERS, N_TOPICS)
    assert fewer.base.vectors.topics.shape == (FEWEST_PIECES - 1, 0)


def test_texts_of_one_subject_stand_closer(entries, index):
    request = index.read(entries[0][2]).pieces[0]

    found = same_subject(request.topics, index.base.vectors.topics)

    same = np.arange(N_OFFERS) % 5 == 2
    assert found[same].mean() > found[~same].mean() + 0.1
    assert (found.min() >= 0.5, found.max() <= 1.0) == (True, True)


def test_without_topics_every_subject_is_the_same():
    assert same_subject(no_topics(1)[0], no_topics(3)).tolist() == [1.0, 1.0, 1.0]


def test_rank_finds_what_scoring_every_offer_exactly_finds(entries, index):
    everything = np.arange(N_OFFERS)
    for request in entries[0]:
        likeness = Likeness(index.read(request), index.base)
        text = likeness.exact(everything)
        whole = rank(request, index, top=N_OFFERS)

        best = rank(request, index, top=7)

        assert best.matches == whole.matches[:7]
        assert all(match.parts["text"] == text[int(match.id[4:])] for match in whole.matches)
        assert np.all(text <= likeness.most + ROUNDING)
        assert np.all(text <= likeness.bound(everything) + ROUNDING)


def test_shares_add_up_with_topics(entries, index):
    for match in rank(entries[0][0], index, top=50).matches:
        assert sum(shared.share for shared in match.terms) == pytest.approx(match.parts["text"], abs=1e-9)


def test_rank_gives_the_same_whatever_the_order_of_rows(entries, index):
    requests, offers = entries
    shuffled = fit_index(random.Random(1).sample(offers, N_OFFERS), EntryKind.OFFER)

    assert shuffled.version == index.version
    for request in requests:
        assert rank(request, shuffled) == rank(request, index)


def test_rank_scores_a_pair_the_same_from_both_sides_with_topics(entries):
    requests, offers = entries
    both = fit_indexes([*requests, *offers])

    there = {
        (request.id, match.id): (match.score, match.terms)
        for request in requests
        for match in rank(request, both[EntryKind.OFFER], top=5).matches
    }

    for (request, offer), found in there.items():
        back = rank(offers[int(offer[4:])], both[EntryKind.REQUEST], top=5)
        match = next(match for match in back.matches if match.id == request)
        assert (match.score, match.terms) == found


def test_an_offer_added_later_is_scored_as_if_it_had_been_there(entries, index):
    requests, offers = entries
    moved = index.with_changes(changed=offers[:3])

    for request in requests:
        assert rank(request, moved) == rank(request, index)


def test_an_unrelated_offer_changes_no_score(entries, index):
    requests, _ = entries
    grown = index.with_changes(changed=[make_offer("OFF-999", "unheard words alone")])

    for request in requests:
        assert rank(request, grown).matches == rank(request, index).matches


def test_taking_a_shared_word_out_lowers_the_text_part(entries, index):
    """Words that stand about equally often: what docs/matching.md promises."""
    requests, offers = entries
    for request in requests:
        for match in rank(request, index, top=3).matches:
            offer = offers[int(match.id[4:])]
            word = match.terms[0].term
            shorter = make_offer(
                offer.id,
                " ".join(w for w in offer.texts["text"][0].split() if w != word),
                support=offer.support,
            )

            after = {
                found.id: found
                for found in rank(request, index.with_changes([shorter]), top=N_OFFERS).matches
            }

            assert after[offer.id].parts["text"] < match.parts["text"]


def test_postings_multiply_as_a_plain_sum_does():
    pieces = [{"a": 1.0, "c": 2.0}, {"b": 3.0}, {"a": 4.0, "b": 5.0, "d": 1.5}, {}]
    bags = gather(pieces)
    postings = turn_round(bags, bags.counts.astype(np.float64))
    asked = {"a": 2.0, "b": 1.0, "d": 4.0}

    found = postings.products(
        np.array([bags.names.index(token) for token in asked]), np.array(list(asked.values()))
    )

    plain = [sum(piece.get(token, 0.0) * weight for token, weight in asked.items()) for piece in pieces]
    assert found.tolist() == plain
    assert postings.products(np.empty(0, np.intp), np.empty(0)).tolist() == [0.0] * 4
    assert postings.peaks.tolist() == [4.0, 5.0, 2.0, 1.5]
