"""services/alike.py: pairs are found in the background, ruled on once, and asked again after a change."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from flask import Flask

from jobs.reports import find_alike
from models.entries import Entry
from services.alike import AlikeReport, alike_report, rule
from services.entries.rows import note_change, touch
from services.entries.submission import withdraw
from tests.factories import make_actor, make_published, make_submitted
from tests.fixtures import NOW, Opened
from vocabulary.errors import Invalid, Refused
from vocabulary.people import Actor, Role
from vocabulary.states import EntryKind

TITLE = "Mapping the mangroves of the eastern coast by satellite"


@pytest.fixture
def officer(write: Opened) -> Actor:
    with write() as session:
        return make_actor(session, Role.OFFICER)


@pytest.fixture
def twice(write: Opened) -> tuple[str, str]:
    """One request that came in twice, another one, and an offer under the same title."""
    with write() as session:
        first = make_published(session, title=TITLE).ref
        second = make_submitted(session, title=TITLE + ".").ref
        make_published(session, title="Counting fish on coral reefs", summary="Divers count fish.")
        make_published(session, EntryKind.OFFER, title=TITLE)
        return first, second


def compared(app: Flask) -> None:
    with app.app_context():
        while find_alike(lambda: NOW):
            pass


def board(read: Opened, officer: Actor) -> AlikeReport:
    with read() as session:
        return alike_report(session, officer, now=NOW)


def waiting(report: AlikeReport) -> list[tuple[str, str]]:
    return [(pair.first.ref, pair.second.ref) for pair in report.waiting]


def test_pairs_of_one_kind_are_found(app: Flask, read: Opened, officer: Actor, twice: tuple[str, str]):
    before = board(read, officer)

    compared(app)

    report = board(read, officer)
    assert before.made_at is None
    assert report.made_at == NOW
    assert waiting(report) == [twice]
    assert report.waiting[0].score > 0.9


def test_ruling_is_remembered_until_a_text_changes(
    app: Flask, write: Opened, read: Opened, officer: Actor, twice: tuple[str, str]
):
    compared(app)
    with write() as session:
        rule(session, officer, twice[1], twice[0], is_same=False, reason="two coasts", now=NOW)
    ruled = board(read, officer)
    with write() as session:
        entry = session.execute(sa.select(Entry).where(Entry.ref == twice[0])).scalar_one()
        entry.summary = "We prepare our second national assessment and look for people who have led one."
        touch(entry, NOW)
        note_change(session, entry, NOW)
    compared(app)

    assert waiting(ruled) == []
    assert [(pair.is_same, pair.reason) for pair in ruled.ruled] == [(False, "two coasts")]
    assert waiting(board(read, officer)) == [twice]


def test_later_ruling_takes_the_place_of_the_first(
    app: Flask, write: Opened, read: Opened, officer: Actor, twice: tuple[str, str]
):
    compared(app)
    for is_same in (False, True):
        with write() as session:
            rule(session, officer, *twice, is_same=is_same, reason=None, now=NOW)

    assert [pair.is_same for pair in board(read, officer).ruled] == [True]


def test_withdrawn_entry_leaves_the_board(
    app: Flask, write: Opened, read: Opened, officer: Actor, twice: tuple[str, str]
):
    compared(app)
    with write() as session:
        entry = session.execute(sa.select(Entry).where(Entry.ref == twice[1])).scalar_one()
        holder = Actor(entry_ids=frozenset({entry.id}))
        withdraw(session, holder, twice[1], entry.version, "it came in twice", now=NOW)

    compared(app)

    assert waiting(board(read, officer)) == []


def test_one_entry_or_two_kinds_cannot_be_ruled_on(write: Opened, officer: Actor, twice: tuple[str, str]):
    with pytest.raises(Invalid), write() as session:
        rule(session, officer, twice[0], twice[0], is_same=True, reason=None, now=NOW)


def test_only_officers_see_the_board(write: Opened, read: Opened, twice: tuple[str, str]):
    with write() as session:
        partner = make_actor(session, Role.PARTNER)

    with read() as session, pytest.raises(Refused):
        alike_report(session, partner, now=NOW)
