"""Calls: written by one person, announced by another, pinned, opened by the clock."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from models.calls import Call
from models.reference import CriteriaSet, RuleSet
from services.audit import verify
from services.call_content import CallSheet
from services.calls import (
    create_call,
    edit_call,
    list_calls,
    open_due_calls,
    publish_call,
    read_call,
)
from services.entries.drafts import create_draft
from tests.factories import make_actor, make_call
from tests.fixtures import NOW, Opened
from vocabulary.errors import Conflict, Invalid, NotFound, Refused
from vocabulary.people import SIGNED_OUT, Actor, Role
from vocabulary.states import CallKind, CallState, EntryKind

LATER = timedelta(days=10)


def said(**changes: Any) -> dict[str, Any]:
    """A call that can be announced."""
    return {
        "kind": CallKind.REQUESTS,
        "title": {"en": "Second call", "fr": "Deuxième appel"},
        "text": {"en": "Tell us what you need.", "fr": "Dites-nous vos besoins."},
        "strategies": ["S1", "S3"],
        "opens_at": NOW + LATER,
        "closes_at": NOW + 2 * LATER,
        "zone": "Europe/Berlin",
    } | changes


def people(write: Opened) -> tuple[Actor, Actor]:
    with write() as session:
        return make_actor(session, Role.OFFICER), make_actor(session, Role.DECIDER)


def written(write: Opened, officer: Actor, **changes: Any) -> CallSheet:
    with write() as session:
        return create_call(session, officer, said(**changes), now=NOW)


def test_call_is_written_by_one_and_announced_by_another(write: Opened, read: Opened) -> None:
    officer, decider = people(write)
    draft = written(write, officer)
    with write() as session:
        edited = edit_call(session, officer, draft.ref, {"minimum_reviews": 2}, draft.version, now=NOW)
    with pytest.raises(Refused) as alone, write() as session:
        publish_call(session, officer, draft.ref, edited.version, now=NOW)
    with write() as session:
        announced = publish_call(session, decider, draft.ref, edited.version, now=NOW)

    assert (draft.state, draft.phase, draft.is_open) == (CallState.DRAFT, "Draft", False)
    assert (edited.version, edited.content["minimum_reviews"]) == (draft.version + 1, 2)
    assert alone.value.code == "needs_second_person"
    assert (announced.state, announced.phase) == (CallState.SCHEDULED, "Announced")
    with read() as session:
        latest = session.execute(sa.select(CriteriaSet).order_by(CriteriaSet.id.desc()).limit(1)).scalar_one()
        rules = session.execute(sa.select(RuleSet).order_by(RuleSet.id.desc()).limit(1)).scalar_one()
        assert (announced.criteria_version, announced.rule_version) == (latest.version, rules.version)
        assert None not in (latest.locked_at, rules.locked_at)
        assert verify(session)[1] is None


def test_whoever_edits_last_needs_somebody_else(write: Opened) -> None:
    officer, decider = people(write)
    draft = written(write, officer)
    with write() as session:
        edited = edit_call(session, decider, draft.ref, {"grace_minutes": 0}, draft.version, now=NOW)
    with pytest.raises(Refused), write() as session:
        publish_call(session, decider, draft.ref, edited.version, now=NOW)
    with write() as session:
        announced = publish_call(session, officer, draft.ref, edited.version, now=NOW)

    assert announced.state is CallState.SCHEDULED


def test_announced_call_cannot_be_edited_or_announced_again(write: Opened) -> None:
    officer, decider = people(write)
    draft = written(write, officer)
    with write() as session:
        announced = publish_call(session, decider, draft.ref, draft.version, now=NOW)

    for act in (
        lambda session: edit_call(session, officer, draft.ref, {"zone": "UTC"}, announced.version, now=NOW),
        lambda session: publish_call(session, decider, draft.ref, announced.version, now=NOW),
    ):
        with pytest.raises(Conflict) as refused, write() as session:
            act(session)
        assert refused.value.code == "not_a_draft"


def test_clock_opens_an_announced_call(write: Opened, read: Opened) -> None:
    officer, decider = people(write)
    draft = written(write, officer)
    with write() as session:
        publish_call(session, decider, draft.ref, draft.version, now=NOW)
    opens_at = NOW + LATER

    def begin(at: datetime) -> str | None:
        with write() as session:
            try:
                create_draft(session, SIGNED_OUT, EntryKind.REQUEST, {}, now=at, call_ref=draft.ref)
            except Refused as refused:
                return refused.code
        return None

    with write() as session:
        too_early = open_due_calls(session, now=opens_at - timedelta(seconds=1))
    before = begin(opens_at - timedelta(seconds=1))
    with write() as session:
        opened = [open_due_calls(session, now=opens_at) for _ in range(2)]

    assert (too_early, before, opened, begin(opens_at)) == (0, "call_not_open", [1, 0], None)
    with read() as session:
        assert read_call(session, SIGNED_OUT, draft.ref, now=opens_at).state is CallState.OPEN


def test_call_whose_time_has_come_opens_at_once(write: Opened) -> None:
    officer, decider = people(write)
    draft = written(write, officer, opens_at=NOW)
    with write() as session:
        announced = publish_call(session, decider, draft.ref, draft.version, now=NOW)

    assert (announced.state, announced.is_open) == (CallState.OPEN, True)


def test_call_for_offers_pins_no_criteria(write: Opened) -> None:
    officer, decider = people(write)
    draft = written(write, officer, kind=CallKind.OFFERS, strategies=[])
    with write() as session:
        announced = publish_call(session, decider, draft.ref, draft.version, now=NOW)

    assert (announced.criteria_version, announced.rule_version) == (None, None)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"title": {}}, ["title"]),
        ({"opens_at": None}, ["opens_at"]),
        ({"strategies": ["S9"]}, ["strategies"]),
        ({"zone": "Bonn"}, ["zone"]),
        ({"closes_at": NOW + LATER}, ["closes_at"]),
        ({"zone": "x", "strategies": ["S9"], "closes_at": NOW}, ["closes_at", "strategies", "zone"]),
    ],
)
def test_draft_that_cannot_be_is_refused_by_field(
    write: Opened, changes: dict[str, Any], named: list[str]
) -> None:
    officer, _ = people(write)

    with pytest.raises(Invalid) as refused, write() as session:
        create_call(session, officer, said(**changes), now=NOW)

    assert sorted(refused.value.errors) == named


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"text": {}}, ["text"]),
        ({"text": {"en": "Only English."}}, ["text"]),
        ({"strategies": []}, ["strategies"]),
        ({"opens_at": NOW - 2 * LATER, "closes_at": NOW}, ["closes_at"]),
    ],
)
def test_announcement_needs_more_than_a_draft(
    write: Opened, changes: dict[str, Any], named: list[str]
) -> None:
    officer, decider = people(write)
    draft = written(write, officer, **changes)

    with pytest.raises(Invalid) as refused, write() as session:
        publish_call(session, decider, draft.ref, draft.version, now=NOW)

    assert sorted(refused.value.errors) == named


def test_edit_of_an_older_version_shows_what_is_there(write: Opened) -> None:
    officer, _ = people(write)
    draft = written(write, officer)
    with write() as session:
        edit_call(session, officer, draft.ref, {"grace_minutes": 5}, draft.version, now=NOW)

    with pytest.raises(Conflict) as stale, write() as session:
        edit_call(session, officer, draft.ref, {"grace_minutes": 9}, draft.version, now=NOW)

    assert (stale.value.code, stale.value.extra["version"]) == ("version_conflict", draft.version + 1)
    assert stale.value.extra["current"]["grace_minutes"] == 5
    assert stale.value.extra["current"]["opens_at"] == (NOW + LATER).isoformat()


def test_draft_is_hidden_from_all_but_those_who_run_calls(write: Opened, read: Opened) -> None:
    officer, decider = people(write)
    with write() as session:
        open_ref = make_call(session, now=NOW).ref
        others = [SIGNED_OUT, *(make_actor(session, role) for role in (Role.REQUESTER, Role.ADMIN))]
    draft = written(write, officer)

    with read() as session:
        for actor in others:
            assert [sheet.ref for sheet in list_calls(session, actor, now=NOW)] == [open_ref]
            with pytest.raises(NotFound):
                read_call(session, actor, draft.ref, now=NOW)
        for actor in (officer, decider):
            assert [sheet.ref for sheet in list_calls(session, actor, now=NOW)] == [draft.ref, open_ref]
            assert read_call(session, actor, draft.ref, now=NOW) == draft
    for act in (
        lambda session: edit_call(session, others[1], draft.ref, {}, draft.version, now=NOW),
        lambda session: publish_call(session, others[1], draft.ref, draft.version, now=NOW),
    ):
        with pytest.raises(NotFound), write() as session:
            act(session)
    with pytest.raises(Refused), write() as session:
        create_call(session, others[1], said(), now=NOW)


def test_list_of_calls_costs_the_same_for_one_and_for_three(write: Opened, read: Opened) -> None:
    counts = []
    for n in (1, 2):
        with write() as session:
            for _ in range(n):
                make_call(session, now=NOW)
        with read() as session:
            seen: list[str] = []
            sa.event.listen(session.connection(), "before_cursor_execute", lambda *a, s=seen: s.append(a[2]))
            list_calls(session, SIGNED_OUT, now=NOW)
            counts.append(len(seen))
            assert session.execute(sa.select(sa.func.count(Call.id))).scalar_one() == (1, 3)[n - 1]

    assert counts[0] == counts[1]
