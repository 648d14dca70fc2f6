"""services/matching_settings.py: previews change nothing, adoption counts at once and is on record."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from matching.learning import TooFew
from matching.settings import DEFAULT_SETTINGS, PARTS
from models.audit import AuditEvent
from services import matching_settings
from services.matches import matches_of
from tests.factories import OFFICER, link_holder, make_actor, make_published
from tests.fixtures import NOW, Opened
from vocabulary.errors import Conflict, Invalid, Refused
from vocabulary.people import Actor, Role
from vocabulary.states import EntryKind

ONLY_PLACE = dict.fromkeys(PARTS, 0.0) | {"place": 1.0}


@pytest.fixture
def asked(write: Opened) -> tuple[str, str, str, Actor]:
    """A request in Kenya, an offer in its words elsewhere, and one in other words for Kenya."""
    with write() as session:
        request = make_published(
            session, title="Mangrove mapping", summary="Mapping mangroves by satellite.", countries=["KEN"]
        )
        alike = make_published(
            session,
            EntryKind.OFFER,
            title="Mangrove mapping",
            summary="Mapping mangroves by satellite.",
            countries=["KEN", "FJI"],
            regions=[],
        )
        near = make_published(
            session,
            EntryKind.OFFER,
            title="Policy writing",
            summary="Briefs for ministers.",
            countries=["KEN"],
        )
        return request.ref, alike.ref, near.ref, link_holder(request.id)


@pytest.fixture
def officer(write: Opened) -> Actor:
    """An officer with an account, since adopting says who did."""
    with write() as session:
        return make_actor(session, Role.OFFICER)


def test_preview_tells_what_would_change_and_changes_nothing(read: Opened, asked: tuple) -> None:
    with read() as session:
        found = matching_settings.preview(session, OFFICER, dict(DEFAULT_SETTINGS.part_weights), now=NOW)
        again = matching_settings.history(session, OFFICER, now=NOW)

    assert (found.n_compared, found.n_first_changed, found.kept) == (1, 0, 1.0)
    assert [one.version for one in again] == [DEFAULT_SETTINGS.version]


def test_adopted_weights_rank_the_next_answer_and_are_on_record(
    write: Opened, read: Opened, asked: tuple, officer: Actor
) -> None:
    ref, *_, owner = asked
    with read() as session:
        before = matches_of(session, owner, ref, now=NOW, language="en")
    with write() as session:
        version = matching_settings.adopt(
            session, officer, ONLY_PLACE, "Places matter most.", DEFAULT_SETTINGS.version, now=NOW
        )

    with read() as session:
        after = matches_of(session, owner, ref, now=NOW, language="en")
        reasons = session.execute(
            sa.select(AuditEvent.reason).where(AuditEvent.action == "matching.adopt_weights")
        ).scalars()
        recorded = list(reasons)
        versions = matching_settings.history(session, OFFICER, now=NOW)
    assert before.settings_version == DEFAULT_SETTINGS.version
    assert after.settings_version == version == "2026-w1"
    assert {row.score for row in after.rows} == {row.parts["place"] for row in after.rows}
    assert recorded == ["Places matter most."]
    assert [one.version for one in versions] == [version, DEFAULT_SETTINGS.version]


def test_adopting_over_a_newer_version_is_refused(write: Opened, officer: Actor) -> None:
    with write() as session:
        matching_settings.adopt(session, officer, ONLY_PLACE, "First.", DEFAULT_SETTINGS.version, now=NOW)

    with pytest.raises(Conflict), write() as session:
        matching_settings.adopt(session, officer, ONLY_PLACE, "Second.", DEFAULT_SETTINGS.version, now=NOW)


@pytest.mark.parametrize("weight", ["", "much", -0.1, 1.5, float("nan")])
def test_wrong_weight_is_refused_by_its_part(read: Opened, weight: object) -> None:
    with pytest.raises(Invalid) as refused, read() as session:
        matching_settings.preview(session, OFFICER, ONLY_PLACE | {"money": weight}, now=NOW)

    assert list(refused.value.errors) == ["money"]


def test_weights_that_are_all_0_and_a_missing_reason_are_refused(write: Opened) -> None:
    with pytest.raises(Invalid), write() as session:
        matching_settings.adopt(
            session, OFFICER, dict.fromkeys(PARTS, 0), "Why not.", DEFAULT_SETTINGS.version, now=NOW
        )
    with pytest.raises(Invalid) as refused, write() as session:
        matching_settings.adopt(session, OFFICER, ONLY_PLACE, " ", DEFAULT_SETTINGS.version, now=NOW)

    assert list(refused.value.errors) == ["reason"]


def test_nobody_but_an_officer_sees_or_changes_weights(write: Opened) -> None:
    for role in set(Role) - {Role.OFFICER}:
        with pytest.raises(Refused), write() as session:
            matching_settings.history(session, make_actor(session, role), now=NOW)


def test_nothing_is_learned_from_no_answers(read: Opened) -> None:
    with read() as session:
        assert matching_settings.proposal(session, OFFICER, now=NOW) == TooFew(0, 0)
