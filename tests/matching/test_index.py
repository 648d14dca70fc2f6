"""matching/index.py: a version stays what it is while entries come, change and go."""

from __future__ import annotations

import pickle

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.index import fit_index, fit_indexes
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
        segment = moved.base if entry.id in kept else moved.overlay
        weights = segment.weights(segment.rows[entry.id])
        assert weights == whole.base.weights(whole.base.rows[entry.id])


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

    assert (len(index), index.versions(), index.base.postings.products({}).tolist()) == (0, {}, [])


def test_index_survives_the_way_to_another_process():
    index = fit_index([make_offer("OFF-1", "wetland soil")], EntryKind.OFFER)

    copy = pickle.loads(pickle.dumps(index))  # noqa: S301 our own bytes

    assert copy.versions() == index.versions()
    assert copy.base.weights(0) == index.base.weights(0)
