"""matching/choice.py: the search leaves rows and words out, and finds what scoring every row would find."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching import postings
from matching.bags import Bags
from matching.choice import best_rows
from matching.columns import build_columns
from matching.index import Segment, Subject, fit_index
from matching.likeness import Likeness
from matching.postings import turn_round
from matching.rank import rank
from matching.score import Judged, Known, Late
from matching.settings import DEFAULT_SETTINGS, PARTS
from matching.tfidf import Piece, Vectors
from matching.topics import no_topics
from tests.matching.examples import PLACES, entries, make_offer, make_request, numbered, requests
from vocabulary.states import EntryKind

N_WORDS = 60
NAMES = tuple(f"word{number:02}" for number in range(N_WORDS))


def make_segment(rng, n, topics=0):
    """A segment of n pieces whose first words stand in nearly all of them, as common words do."""
    is_held = rng.random((n, N_WORDS)) < np.linspace(0.9, 0.02, N_WORDS)
    starts = np.concatenate([[0], np.cumsum(is_held.sum(axis=1))]).astype(np.int32)
    tokens = np.nonzero(is_held)[1].astype(np.int32)
    rarity = np.linspace(0.01, 0.3, N_WORDS)
    weights = rarity[tokens] * rng.uniform(0.5, 1.0, len(tokens))
    bags = Bags(NAMES, starts, tokens, np.ones(len(tokens), dtype=np.float32))
    places = rng.integers(-127, 128, (n, topics)).astype(np.int8) if topics else no_topics(n)
    return Segment(
        entries=(make_offer(),) * n,
        ids=np.array([""] * n),
        row_versions=np.ones(n, dtype=np.int64),
        rows={},
        columns=build_columns([], DEFAULT_SETTINGS),
        first_piece=np.arange(n + 1),
        bags=bags,
        vectors=Vectors(weights, places),
        numbers={name: number for number, name in enumerate(NAMES)},
        postings=turn_round(bags, weights),
    )


def make_subject(rng, topics=0):
    asked = {name: float(weight) for name, weight in zip(NAMES, rng.uniform(0.05, 0.4, N_WORDS), strict=True)}
    places = rng.integers(-127, 128, topics).astype(np.int8)
    return Subject(make_request(), (Piece(asked, places),), {})


def judge(rng, n, rows, share_of_text):
    """Every part but the words: one that is known for all rows, and one that is worked out late."""
    early, late = rng.random(n).round(3), rng.random(n).round(3)
    weights = np.zeros((len(PARTS), 1))
    weights[PARTS.index("text")] = share_of_text
    weights[PARTS.index("needs")] = weights[PARTS.index("time")] = (1 - share_of_text) / 2
    return Judged(rows, {"needs": Known(early), "time": Late(late.__getitem__)}, weights)


def score_of_every_row(likeness, judged, n):
    rows = np.arange(n) if judged.rows is None else judged.rows
    return rows, judged.score(np.arange(len(rows)), likeness.exact(rows)).score


@pytest.mark.parametrize("share_of_text", [1.0, 0.6, 0.1, 0.0])
@pytest.mark.parametrize("topics", [0, 8])
@pytest.mark.parametrize("n", [30, 3_000, 20_000])
def test_best_rows_are_those_of_scoring_every_row(n, topics, share_of_text):
    rng = np.random.default_rng([n, topics, int(10 * share_of_text)])
    likeness = Likeness(make_subject(rng, topics), make_segment(rng, n, topics))

    for rows in (None, np.flatnonzero(rng.random(n) < 0.3)):
        judged = judge(rng, n, rows, share_of_text)
        every, scores = score_of_every_row(likeness, judged, n)
        order = np.lexsort((every, -scores))[:10]
        found, best = best_rows(likeness, judged, 10, 0.0)

        assert found.tolist() == every[order].tolist()
        assert best.score.tolist() == scores[order].tolist()


def test_a_long_search_spares_the_commonest_words():
    rng = np.random.default_rng(1)
    segment, subject = make_segment(rng, 20_000), make_subject(rng)

    likeness = Likeness(subject, segment)

    exact = likeness.exact(np.arange(20_000))
    assert 0.0 < likeness.slack <= 0.1
    assert (likeness.most < exact).any()
    assert (likeness.most + likeness.slack >= exact - 1e-5).all()


def test_a_short_search_spares_nothing():
    rng = np.random.default_rng(1)
    segment, subject = make_segment(rng, 1_000), make_subject(rng)

    likeness = Likeness(subject, segment)

    assert likeness.slack == 0.0
    assert likeness.most == pytest.approx(likeness.exact(np.arange(1_000)), abs=1e-5)


def test_best_rows_lists_ties_in_the_order_of_rows():
    rng = np.random.default_rng(2)
    likeness = Likeness(make_subject(rng), make_segment(rng, 5_000))
    weights = np.zeros((len(PARTS), 1))
    weights[PARTS.index("needs")] = 1.0

    found, _ = best_rows(likeness, Judged(None, {"needs": Known(np.ones(5_000))}, weights), 10, 0.0)

    assert found.tolist() == list(range(10))


POOLS = st.tuples(
    st.lists(entries(EntryKind.OFFER), min_size=1, max_size=8), st.integers(1, 9), st.integers(1, 3)
)
"""Different offers, how many times each stands there (so that there are ties), and how many are wanted."""


@pytest.mark.parametrize("spared", [0.0, 0.05, 0.4])
@given(requests(max_size=1), POOLS)
@settings(max_examples=60)
def test_the_best_of_any_pool_are_the_first_of_the_whole_ranking(spared, asked, pool):
    different, times, top = pool
    index = fit_index(numbered(different * times, "OFF"), EntryKind.OFFER)
    asking = replace(asked[0], texts={**asked[0].texts, "need": ("unseen words of wetland training",)})

    for request in (asked[0], asking):
        whole = rank(request, index, top=len(index), places=PLACES, today=date(2026, 2, 1))
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(postings, "_MANY", 0)
            patch.setattr(postings, "_SPARED", spared)
            best = rank(request, index, top=top, places=PLACES, today=date(2026, 2, 1))

        assert best.matches == whole.matches[:top]
        assert best.n_blocked == whole.n_blocked
