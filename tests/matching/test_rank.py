"""matching/rank.py: the properties every ranking has, and each part and blocker against a plain oracle."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from itertools import count, islice

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.gates import Blocker
from matching.index import fit_index, fit_indexes
from matching.likeness import Likeness
from matching.rank import rank, rank_all
from matching.settings import DEFAULT_SETTINGS, PARTS
from tests.matching import oracle
from tests.matching.examples import PLACES, WORDS, make_offer, make_request, offers, requests
from vocabulary.messages import Message
from vocabulary.states import EntryKind

TODAY = date(2026, 2, 1)
EVERYTHING = 1_000
DAYS = st.sampled_from([None, TODAY])
UNIQUE_WORDS = st.lists(st.sampled_from(WORDS), min_size=1, unique=True)


def ranked(subject, index, today=TODAY):
    return rank(subject, index, places=PLACES, today=today, top=EVERYTHING, include_blocked=True)


def text_part(request, segment, index):
    return float(Likeness(index.read(request), segment).exact(np.array([0]))[0])


def every_match(ranking):
    return {match.id: match for match in (*ranking.matches, *ranking.blocked)}


@settings(deadline=None)
@given(requests(), offers(), DAYS)
def test_rank_agrees_with_the_oracle_on_every_part_and_blocker(asked, given_, today):
    indexes = fit_indexes([*asked, *given_])
    for request in asked:
        ranking = ranked(request, indexes[EntryKind.OFFER], today)
        found = every_match(ranking)
        for offer in given_:
            codes = oracle.blockers(request, offer, PLACES, today)
            match = found.get(offer.id)
            if match is None:
                assert codes == set()
                continue
            parts = {part: match.parts[part] for part in PARTS if part not in ("text", "meaning")}
            assert {blocker.code for blocker in match.blockers} == codes
            assert (match in ranking.blocked) == bool(codes)
            assert parts == pytest.approx(oracle.parts(request, offer, PLACES), abs=1e-9)


@settings(deadline=None)
@given(requests(), offers(), DAYS)
def test_rank_scores_a_pair_the_same_from_both_sides(asked, given_, today):
    indexes = fit_indexes([*asked, *given_])
    from_requests = {
        (request.id, match.id): (
            match.score,
            match.parts,
            match.weights,
            match.terms,
            match.reasons,
            match.blockers,
        )
        for request in asked
        for match in every_match(ranked(request, indexes[EntryKind.OFFER], today)).values()
    }

    from_offers = {
        (match.id, offer.id): (
            match.score,
            match.parts,
            match.weights,
            match.terms,
            match.reasons,
            match.blockers,
        )
        for offer in given_
        for match in every_match(ranked(offer, indexes[EntryKind.REQUEST], today)).values()
    }

    assert from_offers == from_requests


@settings(deadline=None)
@given(requests(max_size=1), offers(), st.randoms())
def test_rank_does_not_depend_on_the_order_of_offers(asked, given_, random):
    shuffled = random.sample(given_, len(given_))

    rankings = [ranked(asked[0], fit_index(some, EntryKind.OFFER)) for some in (given_, shuffled)]

    assert rankings[0] == rankings[1]


@settings(deadline=None)
@given(requests(max_size=1), offers())
def test_rank_adds_up(asked, given_):
    ranking = ranked(asked[0], fit_index(given_, EntryKind.OFFER))

    for match in every_match(ranking).values():
        assert sum(shared.share for shared in match.terms) == pytest.approx(match.parts["text"], abs=1e-9)
        assert all(shared.share >= 0 for shared in match.terms)
        weighted = sum(match.weights[part] * match.parts[part] for part in PARTS)
        assert match.score == pytest.approx(weighted, abs=1e-9)
        assert sum(match.weights.values()) == pytest.approx(1.0 if any(match.weights.values()) else 0.0)
        assert all(0.0 <= value <= 1.0 for value in (match.score, *match.parts.values()))
        assert list(match.parts) == list(match.weights) == list(match.reasons) == list(PARTS)


@settings(deadline=None)
@given(requests(max_size=1), offers())
def test_rank_lists_the_best_first_and_never_what_is_blocked(asked, given_):
    ranking = ranked(asked[0], fit_index(given_, EntryKind.OFFER))

    keys = [(-match.score, match.id) for match in ranking.matches]
    assert keys == sorted(keys)
    assert all(match.blockers == () and match.score > 0 for match in ranking.matches)
    assert all(match.blockers for match in ranking.blocked)
    assert ranking.n_blocked == len(ranking.blocked)
    assert ranking.n_candidates == len(given_)


@settings(deadline=None)
@given(requests(max_size=1), offers(), st.integers(0, 8))
def test_rank_with_fewer_wanted_gives_the_beginning_of_the_whole_list(asked, given_, top):
    index = fit_index(given_, EntryKind.OFFER)
    whole = ranked(asked[0], index)

    cut = rank(asked[0], index, places=PLACES, today=TODAY, top=top, include_blocked=True)

    assert (cut.matches, cut.blocked) == (whole.matches[:top], whole.blocked[:top])


@settings(deadline=None)
@given(requests(), offers(), DAYS, st.integers(0, 8))
def test_rank_all_gives_what_rank_gives_for_each(asked, given_, today, top):
    indexes = fit_indexes([*asked, *given_])
    how = {"places": PLACES, "today": today, "top": top, "include_blocked": True}

    for subjects, kind in ((asked, EntryKind.OFFER), (given_, EntryKind.REQUEST)):
        found = list(rank_all(iter(subjects), indexes[kind], **how))

        assert found == [rank(subject, indexes[kind], **how) for subject in subjects]


def test_rank_all_takes_subjects_as_they_come():
    index = fit_index([make_offer(text="wetland")], EntryKind.OFFER)
    endless = (make_request(f"REQ-{number}", "wetland") for number in count())

    found = list(islice(rank_all(endless, index), 200))

    assert [ranking.subject_id for ranking in found] == [f"REQ-{number}" for number in range(200)]
    assert {ranking.matches[0].id for ranking in found} == {"OFF-1"}


def test_rank_all_asks_for_the_meaning_of_each_subject():
    index = fit_index([make_offer(text="soil")], EntryKind.OFFER)
    subjects = [make_request("REQ-1", "wetland"), make_request("REQ-2", "wetland")]

    found = list(
        rank_all(subjects, index, meaning_of=lambda one: EqualMeaning() if one.id == "REQ-2" else None)
    )

    assert [[match.parts["meaning"] for match in ranking.matches] for ranking in found] == [[], [1.0]]


def test_rank_all_refuses_a_subject_of_the_same_kind():
    with pytest.raises(ValueError, match="itself of the kind offer"):
        list(rank_all([make_offer()], fit_index([], EntryKind.OFFER)))


@settings(deadline=None)
@given(requests(max_size=1), offers(max_size=4), offers(max_size=4))
def test_rank_changes_no_score_when_other_offers_come_and_go(asked, given_, others):
    index = fit_index(given_, EntryKind.OFFER)
    before = every_match(ranked(asked[0], index))
    others = [replace(offer, id=f"NEW-{offer.id}") for offer in others]
    grown = index.with_changes(changed=others)

    during = every_match(ranked(asked[0], grown))
    after = every_match(ranked(asked[0], grown.with_changes(removed=[offer.id for offer in others])))

    assert {name: during[name] for name in before} == before
    assert after == before


@settings(deadline=None)
@given(UNIQUE_WORDS, UNIQUE_WORDS, st.data())
def test_rank_lowers_text_when_a_shared_word_goes(asked, given_, data):
    shared = sorted(set(asked) & set(given_))
    if not shared:
        return
    word = data.draw(st.sampled_from(shared))
    index = fit_index([make_offer(text=" ".join(given_)), make_offer("OFF-2", "unrelated")], EntryKind.OFFER)
    request = make_request(text=" ".join(asked))
    before = text_part(request, index.base, index)

    shorter_request = make_request(text=" ".join(other for other in asked if other != word))
    shorter_offer = make_offer(text=" ".join(other for other in given_ if other != word))
    changed = index.with_changes(changed=[shorter_offer])

    assert text_part(shorter_request, index.base, index) < before
    assert text_part(request, changed.overlay[0][0], changed) < before


def test_rank_breaks_ties_by_id():
    same = [make_offer(name, "wetland training") for name in ("OFF-3", "OFF-1", "OFF-2")]

    ranking = rank(make_request(text="wetland"), fit_index(same, EntryKind.OFFER), top=2)

    assert [match.id for match in ranking.matches] == ["OFF-1", "OFF-2"]


def test_rank_lists_what_the_caller_rules_out_with_its_reason():
    conflict = Blocker("conflict", Message("Somebody declared a conflict of interest."))
    index = fit_index([make_offer("OFF-1", "wetland"), make_offer("OFF-2", "wetland")], EntryKind.OFFER)

    ranking = rank(
        make_request(text="wetland"), index, include_blocked=True, more_blockers={"OFF-1": (conflict,)}
    )

    assert [match.id for match in ranking.matches] == ["OFF-2"]
    assert [(match.id, match.blockers) for match in ranking.blocked] == [("OFF-1", (conflict,))]


def test_rank_lists_blocked_only_when_asked_but_always_counts_them():
    index = fit_index([make_offer(text="wetland", capacity_left=0)], EntryKind.OFFER)

    ranking = rank(make_request(text="wetland"), index)

    assert (ranking.matches, ranking.blocked, ranking.n_blocked) == ((), (), 1)


def test_rank_tries_other_weights_without_a_new_index():
    index = fit_index([make_offer(text="wetland soil", support={"training"})], EntryKind.OFFER)
    request = make_request(text="wetland", support={"training"})
    only_support = replace(DEFAULT_SETTINGS, version="trial", part_weights={"support": 1.0})

    ranking = rank(request, index, settings=only_support)

    assert ranking.matches[0].score == 1.0
    assert (ranking.settings_version, ranking.index_version) == ("trial", index.version)


class EqualMeaning:
    """Stands where sentence vectors will: everything means the same."""

    version = "equal-1"

    def similarities(self, subject_id, candidate_ids):
        return np.ones(len(candidate_ids))

    def shares_language(self, candidate_ids):
        return np.ones(len(candidate_ids), dtype=np.bool_)


def test_rank_takes_meaning_from_the_seam_where_there_is_one():
    index = fit_index([make_offer(text="soil")], EntryKind.OFFER)

    match = rank(make_request(text="wetland"), index, meaning=EqualMeaning()).matches[0]

    assert (match.parts["text"], match.parts["meaning"]) == (0.0, 1.0)
    assert match.score == pytest.approx(0.25 / 0.65, abs=1e-9)
    assert match.reasons["meaning"] == "By their meaning they are alike to 100 per cent."


def test_rank_says_that_meaning_is_not_compared_without_vectors():
    index = fit_index([make_offer(text="wetland")], EntryKind.OFFER)

    match = rank(make_request(text="wetland"), index).matches[0]

    assert (match.parts["meaning"], match.weights["meaning"]) == (0.0, 0.0)
    assert match.reasons["meaning"] == "Meaning is not compared: no sentence vectors are installed."


def test_rank_refuses_a_subject_of_the_same_kind():
    with pytest.raises(ValueError, match="itself of the kind offer"):
        rank(make_offer(), fit_index([], EntryKind.OFFER))


def test_rank_refuses_a_negative_number_of_matches():
    with pytest.raises(ValueError, match="0 or more"):
        rank(make_request(), fit_index([], EntryKind.OFFER), top=-1)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "wetland",
        "\u0000\u0007\u001b[31m",
        "\u200f\u200e\u202e",
        "the of and",
        "湿",
        "🌿" * 50,
        "a\ud800b",
    ],
    ids=["empty", "one word", "control", "direction marks", "stop words", "one sign", "emoji", "surrogate"],
)
def test_rank_answers_any_text_from_both_sides(text):
    indexes = fit_indexes([make_request(text=text, language=None), make_offer(text=text, language=None)])

    there = rank(make_request(text="wetland"), indexes[EntryKind.OFFER], include_blocked=True)
    back = rank(make_offer(text=text, language=None), indexes[EntryKind.REQUEST])

    assert there.blocked == ()
    assert all(match.score == 1.0 for match in back.matches)


def test_rank_gives_identical_texts_the_whole_text_part():
    text = "Training on mangrove assessment for coastal managers, in the field and at a distance."
    index = fit_index(
        [make_offer(text=text), make_offer("OFF-2", "Something else altogether")], EntryKind.OFFER
    )

    match = rank(make_request(text=text), index).matches[0]

    assert (match.id, match.parts["text"], match.score) == ("OFF-1", 1.0, 1.0)


@pytest.mark.parametrize("amount", [float("nan"), float("inf"), -5.0])
def test_rank_takes_an_impossible_amount_as_not_said(amount):
    index = fit_index([make_offer(text="wetland", amount_usd=amount)], EntryKind.OFFER)

    match = rank(make_request(text="wetland", amount_usd=1_000.0), index).matches[0]

    assert (match.parts["money"], match.reasons["money"]) == (0.0, "The offer names no ceiling.")


def test_rank_takes_reversed_dates_as_not_said():
    index = fit_index(
        [make_offer(text="wetland", from_on=date(2027, 1, 1), until_on=date(2026, 1, 1))], EntryKind.OFFER
    )
    request = make_request(text="wetland", from_on=date(2026, 5, 1), until_on=date(2026, 6, 1))

    match = rank(request, index).matches[0]

    assert (match.blockers, match.reasons["time"]) == ((), "The offer names no dates.")


def test_rank_compares_words_as_they_stand_in_a_language_outside_the_six():
    index = fit_index([make_offer(text="Schulungen im Feuchtgebiet", language="de")], EntryKind.OFFER)

    match = rank(make_request(text="feuchtgebiet", language="de"), index).matches[0]

    assert [shared.term for shared in match.terms] == ["feuchtgebiet"]
