"""Vectors in the background: some at a time, all in the end, none where no model is."""

from __future__ import annotations

import threading

import pytest
import sqlalchemy as sa
from flask import Flask

from encoders import installed
from jobs import vectors
from models.vectors import EntryVectors
from tests.factories import make_draft, make_published, make_submitted
from tests.fixtures import NOW, Opened
from vocabulary.states import EntryKind

needs_models = pytest.mark.skipif(installed.encoder() is None, reason="no sentence model is installed")


def kept(read: Opened) -> list[int]:
    with read() as session:
        return list(
            session.execute(sa.select(EntryVectors.entry_id).order_by(EntryVectors.entry_id)).scalars()
        )


@pytest.fixture
def entries(write: Opened) -> list[int]:
    """Two entries that can be matched, the older first; and a draft, which cannot."""
    with write() as session:
        make_draft(session)
        made = [make_submitted(session), make_published(session, EntryKind.OFFER, organisation_name="House")]
        return [entry.id for entry in made]


@needs_models
def test_every_entry_that_can_be_matched_gets_its_vectors_the_newest_first(
    app: Flask, read: Opened, entries: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vectors, "ENTRIES_IN_A_ROW", 1)
    seen = []
    with app.app_context():
        while vectors.build_vectors(lambda: NOW):
            seen.append(kept(read))

    assert seen == [[entries[1]], entries]
    assert kept(read) == entries


@needs_models
def test_a_stop_ends_before_the_next_entry(app: Flask, read: Opened, entries: list[int]) -> None:
    stop = threading.Event()
    stop.set()

    with app.app_context():
        has_more = vectors.build_vectors(lambda: NOW, stop)

    assert (has_more, kept(read)) == (False, [])


def test_without_models_there_is_nothing_to_do(
    app: Flask, read: Opened, entries: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vectors, "encoder", lambda: None)

    with app.app_context():
        has_more = vectors.build_vectors(lambda: NOW)

    assert (has_more, kept(read)) == (False, [])


@needs_models
def test_vectors_of_what_is_no_longer_matched_are_dropped(
    app: Flask, read: Opened, write: Opened, entries: list[int]
) -> None:
    with app.app_context():
        vectors.build_vectors(lambda: NOW)
    with write() as session:
        session.execute(
            sa.text("UPDATE entry SET state = 'withdrawn', withdrawn_at = submitted_at WHERE id = :id"),
            {"id": entries[0]},
        )

    with app.app_context():
        vectors.drop_vectors()

    assert kept(read) == entries[1:]
