"""matching/index.py: a version stays what it is while entries come, change and go."""

from __future__ import annotations

import pickle

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.facts import EntryFacts
from matching.index import fit_index, fit_indexes
from matching.rank import rank
from tests.matching.examples import make_offer, make_request, offers
from vocabulary.states import EntryKind


def names(index):
    return sorted(index.versions())


def test_with_changes_adds_replaces_and_removes():
    index = fit_index([make_offer("OFF-1", "wetland"), make_offer("OFF-2", "soil")], EntryKind.OFFER)
    newer = make_offer("OFF-1", "forest", version=2)

    changed = index.with_changes(changed=[newer, make_offer("OFF-3", "policy")], removed=["OFF-2", "OFF-9"])

    assert changed.versions() == {"OFF-1": 2, "OFF-3": 1}
    assert len(changed) == 2
    assert changed.get("OFF-1") == newer
    assert changed.get("OFF-2") is None
    assert changed.version == index.version


def test_with_changes_leaves_the_older_index_as_it_was():
    index = fit_index([make_offer("OFF-1", "wetland")], EntryKind.OFFER)

    index.with_changes(changed=[make_offer("OFF-2", "soil")], removed=["OFF-1"])

    assert names(index) == ["OFF-1"]


def test_with_changes_lets_a_removed_entry_come_back():
    index = fit_index([make_offer("OFF-1", "wetland")], EntryKind.OFFER)

    back = index.with_changes(removed=["OFF-1"]).with_changes(changed=[make_offer("OFF-1", "soil")])

    assert (names(back), len(back)) == (["OFF-1"], 1)


def test_with_changes_prefers_gone_over_changed():
    index = fit_index([], EntryKind.OFFER)

    assert len(index.with_changes(changed=[make_offer("OFF-1", "soil")], removed=["OFF-1"])) == 0


def test_with_changes_forgets_an_entry_of_the_overlay():
    index = fit_index([], EntryKind.OFFER).with_changes(changed=[make_offer("OFF-1", "soil")])

    assert names(index.with_changes(removed=["OFF-1"])) == []


@settings(deadline=None)
@given(offers(max_size=6), st.integers(0, 6))
def test_with_changes_weighs_an_entry_as_the_base_would(some, n_base):
    whole = fit_index(some, EntryKind.OFFER)
    kept = [entry.id for entry in some[:n_base]]

    moved = whole.with_changes(changed=some[n_base:])

    assert names(moved) == names(whole)
    for entry in some:
        segment = moved.base if entry.id in kept else moved.overlay[0][0]
        weights = segment.weights(segment.rows[entry.id])
        assert weights == whole.base.weights(whole.base.rows[entry.id])


@settings(deadline=None, max_examples=20)
@given(offers(max_size=4), st.lists(st.tuples(st.integers(0, 299), st.booleans()), max_size=8))
def test_with_changes_one_by_one_ranks_as_all_at_once(some, more):
    index = fit_index(some, EntryKind.OFFER)
    first = [make_offer(f"OFF-X{number:03}", f"soil wetland {number % 7}") for number in range(300)]
    one_by_one = at_once = index.with_changes(changed=first)
    gone: set[str] = set()
    newer: dict[str, EntryFacts] = {}
    for number, is_gone in more:
        entry = make_offer(f"OFF-X{number:03}", f"forest {number}", version=2)
        if is_gone:
            one_by_one = one_by_one.with_changes(removed=[entry.id])
            gone.add(entry.id)
            newer.pop(entry.id, None)
        else:
            one_by_one = one_by_one.with_changes(changed=[entry])
            gone.discard(entry.id)
            newer[entry.id] = entry
    at_once = at_once.with_changes(changed=newer.values(), removed=gone)
    request = make_request(text="soil in a forest")

    assert one_by_one.versions() == at_once.versions()
    assert (len(one_by_one), one_by_one.n_changes) == (len(at_once), at_once.n_changes)
    assert rank(request, one_by_one, top=400) == rank(request, at_once, top=400)


def test_with_changes_lays_out_short_segments_only():
    index = fit_index([], EntryKind.OFFER).with_changes(
        changed=[make_offer(f"OFF-{number:04}", "soil") for number in range(2000)]
    )
    long = index.overlay[0][0]

    for number in range(80):
        index = index.with_changes(changed=[make_offer(f"OFF-X{number:03}", "soil")])

    assert index.overlay[0][0] is long
    assert [len(segment.entries) for segment, _ in index.overlay] == [2000, 79, 1]
    assert (len(index), index.n_changes) == (2080, 2080)


def test_only_leaves_one_entry_as_it_was_weighed():
    index = fit_index([make_offer("OFF-1", "soil"), make_offer("OFF-2", "soil")], EntryKind.OFFER)
    index = index.with_changes(
        changed=[make_offer("OFF-3", "soil"), make_offer("OFF-2", "forest", version=2)]
    )

    assert [index.only(name).versions() for name in ("OFF-1", "OFF-2", "OFF-3", "OFF-4")] == [
        {"OFF-1": 1},
        {"OFF-2": 2},
        {"OFF-3": 1},
        {},
    ]
    assert len(index.only("OFF-2")) == 1


def test_fit_index_refuses_an_id_twice():
    with pytest.raises(ValueError, match="OFF-1 stands twice"):
        fit_index([make_offer("OFF-1"), make_offer("OFF-1")], EntryKind.OFFER)


def test_fit_index_refuses_an_entry_of_the_other_kind():
    with pytest.raises(ValueError, match="REQ-1 is not of the kind offer"):
        fit_index([make_request("REQ-1")], EntryKind.OFFER)


def test_fit_indexes_gives_both_kinds_one_version():
    indexes = fit_indexes([make_request(text="soil"), make_offer(text="wetland")])

    assert indexes[EntryKind.REQUEST].version == indexes[EntryKind.OFFER].version
    assert indexes[EntryKind.REQUEST].model.n_pieces == 2


def test_index_of_nothing_finds_nothing():
    index = fit_index([], EntryKind.OFFER)

    assert (len(index), index.versions(), index.base.postings.n) == (0, {}, 0)


def test_index_survives_the_way_to_another_process():
    index = fit_index([make_offer("OFF-1", "wetland soil")], EntryKind.OFFER)

    copy = pickle.loads(pickle.dumps(index))  # noqa: S301 our own bytes

    assert copy.versions() == index.versions()
    assert copy.base.weights(0) == index.base.weights(0)
