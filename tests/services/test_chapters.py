"""Chapters and bands: from the nominees' wishes and the panel's bands to the approved list and after."""

from __future__ import annotations

import json
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from fellowships.certificates import Json
from fellowships.checking import check
from models.audit import AuditEvent
from models.fellowships import Nomination, ShortlistRun
from services.fellowships import calling_up, placing, running, shortlists
from services.fellowships.questions import question_of_call, room_of
from services.fellowships.rows import fellowship_of
from tests.factories import make_actor
from tests.fixtures import NOW, Opened
from tests.services.test_fellowships import marked_call
from tests.services.test_placing import BY, named, nominee
from vocabulary.errors import Conflict, Invalid
from vocabulary.fellowships import MeritBand
from vocabulary.people import Role

CHAPTERS = [
    {"code": "ch1", "title": {"en": "Status"}, "seats": 1},
    {"code": "ch2", "title": {"en": "Scenarios"}, "seats": 1},
]
PEOPLE = {"Ada": (9, "woman"), "Ben": (8, "man"), "Cora": (5, "woman"), "Dora": (4, "woman")}
SAID = {
    "Ada": {"chapters": ["ch1"]},
    "Ben": {"chapters": ["ch1"]},
    "Cora": {"chapters": ["ch1", "ch2"]},
    "Dora": {"chapters": ["ch1"], "is_flexible": True},
}
"""Ada has the most points and takes the one seat of the first chapter; of the others who would go to the
second, Cora is the best."""


def computed(write: Opened, by_bands: bool = False, **more: Any) -> tuple[str, str, Json]:
    """Reference of a call and of a run, and the record of the run."""
    with write() as session:
        ref, officer = marked_call(session, PEOPLE, said=SAID, chapters=CHAPTERS, by_bands=by_bands, **more)
        asked = shortlists.ask_run(session, officer, ref, n_reserve=2, is_trial=False, now=NOW)
    with write() as session:
        work = running.take(session, now=NOW)
    assert work is not None
    running.compute(work, write, lambda: NOW)
    with write() as session:
        run = session.execute(sa.select(ShortlistRun)).scalar_one()
        return ref, asked.ref, check((run.record or "").encode())


def by_name(session: Session, record: Json) -> dict[str, tuple[str, int | None]]:
    """First name to the chapter and the wish of everybody on the list."""
    names = {row.ref: row.content["first_name"] for row in session.execute(sa.select(Nomination)).scalars()}
    return {names[one["id"]]: (one["chapter"], one["wish"]) for one in record["seats"]}


def test_list_is_seated_as_the_nominees_wished(write: Opened) -> None:
    _, _, record = computed(write)

    with write() as session:
        assert by_name(session, record) == {"Ada": ("ch1", 1), "Cora": ("ch2", 2)}
    assert record["question"]["seed_source"] == f"national lottery; {NOW:%Y-%m-%d %H:%M} UTC"


def test_flexible_nominee_takes_any_chapter_after_those_named(write: Opened) -> None:
    ref, _, _ = computed(write)

    with write() as session:
        people = question_of_call(session, *fellowship_of(session, ref)).nominations

        assert {one.wishes for one in people if one.id == named(session, "Dora").ref} == {("ch1", "*")}


def test_approval_keeps_the_chapters_and_confirming_needs_a_reason_for_another(write: Opened) -> None:
    ref, run_ref, _ = computed(write)
    with write() as session:
        decider = make_actor(session, Role.DECIDER)
        shortlists.approve(session, decider, run_ref, now=NOW)
        placing.release(session, decider, ref, now=NOW, answer_by_at=BY)
        officer = make_actor(session, Role.OFFICER)
        for name in ("Ada", "Cora"):
            row = named(session, name)
            placing.answer_place(session, nominee(session, name), row.ref, True, now=NOW)
        ada, cora = named(session, "Ada").ref, named(session, "Cora").ref

        kept = placing.confirm(session, officer, ada, None, None, now=NOW).chapter
        with pytest.raises(Invalid) as refused:
            placing.confirm(session, officer, cora, "ch1", None, now=NOW, reason=" ")
        moved = placing.confirm(session, officer, cora, "ch1", None, now=NOW, reason="Her data are there.")

        assert kept == "ch1"
        assert refused.value.errors == {
            "reason": ["The approved list gives another chapter. Give the reason for the change."]
        }
        assert moved.chapter == "ch1"
    with write() as session:
        event = session.execute(
            sa.select(AuditEvent).where(AuditEvent.action == "place.chapter")
        ).scalar_one()
        assert (event.before, event.after) == ({"chapter": "ch2"}, {"chapter": "ch1"})
        assert event.reason == "Her data are there."


def test_reserve_who_suits_the_free_chapter_is_called_and_seated(write: Opened) -> None:
    ref, run_ref, _ = computed(write)
    with write() as session:
        decider, officer = make_actor(session, Role.DECIDER), make_actor(session, Role.OFFICER)
        shortlists.approve(session, decider, run_ref, now=NOW)
        placing.release(session, decider, ref, now=NOW, answer_by_at=BY)
        row = named(session, "Cora")
        placing.answer_place(session, nominee(session, "Cora"), row.ref, False, now=NOW)

        found = calling_up.next_from_reserve(session, officer, ref, now=NOW)
        assert found is not None
        called = calling_up.offer_to_reserve(session, officer, ref, found.ref, answer_by_at=BY, now=NOW)

        assert (found.name, found.chapter, found.keeps_balance) == ("Dora Otieno", "ch2", True)
        assert called.chapter == "ch2"


def test_reserve_who_suits_no_free_chapter_is_named_without_one(write: Opened) -> None:
    ref, run_ref, _ = computed(write, n_seats=2)
    with write() as session:
        decider, officer = make_actor(session, Role.DECIDER), make_actor(session, Role.OFFICER)
        shortlists.approve(session, decider, run_ref, now=NOW)
        placing.release(session, decider, ref, now=NOW, answer_by_at=BY)
        dora = named(session, "Dora")
        dora.content = dora.content | {"is_flexible": False}
        placing.answer_place(session, nominee(session, "Cora"), named(session, "Cora").ref, False, now=NOW)
        run = session.execute(sa.select(ShortlistRun)).scalar_one()
        record = json.loads(run.record or "")
        for one in record["question"]["nominations"]:
            if one["id"] == dora.ref:
                one["wishes"] = ["ch1"]
        run.record = json.dumps(record)
        session.flush()

        found = calling_up.next_from_reserve(session, officer, ref, now=NOW)

        assert found is not None
        assert (found.name, found.chapter, found.keeps_balance) == ("Ben Otieno", None, False)


def test_better_band_comes_before_more_points_where_the_call_has_it_so(write: Opened) -> None:
    bands = {"Ada": MeritBand.B, "Ben": MeritBand.B}
    _, run_ref, record = computed(write, by_bands=True, bands=bands)

    with write() as session:
        seats = by_name(session, record)
        done = shortlists.approve(session, make_actor(session, Role.DECIDER), run_ref, now=NOW)

        assert sorted(seats) == ["Cora", "Dora"]
        assert [(one["band"], one["count"]) for one in record["bands"]] == [("A", 2), ("B", 0)]
        assert record["above"] == []
        assert done.is_approved


def test_run_for_the_decision_goes_as_the_call_has_it_and_a_trial_may_not(write: Opened) -> None:
    with write() as session:
        ref, officer = marked_call(session, {"Ada": (9, "woman"), "Ben": (8, "man")})

        with pytest.raises(Conflict) as refused:
            shortlists.ask_run(session, officer, ref, n_reserve=0, is_trial=False, by_bands=True, now=NOW)
        shortlists.ask_run(session, officer, ref, n_reserve=0, is_trial=True, by_bands=True, now=NOW)
        run = session.execute(sa.select(ShortlistRun)).scalar_one()

        assert refused.value.code == "bands_of_the_call"
        assert run.question["bands"] == ["A", "B", "C"]


def test_run_without_a_band_for_everybody_says_whose_is_missing(write: Opened) -> None:
    with write() as session:
        ref, officer = marked_call(session, {"Ada": (9, "woman"), "Ben": (8, "man")})
        row = named(session, "Ben")
        row.band = None
        session.flush()

        with pytest.raises(Invalid) as refused:
            shortlists.ask_run(session, officer, ref, n_reserve=0, is_trial=True, by_bands=True, now=NOW)

        assert refused.value.errors == {
            "nominations": [f"“{row.ref}” is in band “”; the bands are A, B and C."]
        }


def test_two_nationalities_count_for_both_countries_and_the_first_for_the_region(write: Opened) -> None:
    said = {"Ada": {"nationality": "KEN", "second_nationality": "FRA"}}
    targets = [{"attribute": "country", "value": one, "most": 1} for one in ("FRA", "KEN")]
    with write() as session:
        ref, officer = marked_call(
            session, {"Ada": (9, "woman"), "Ben": (8, "man")}, said=said, targets=targets
        )

        lamps = room_of(session, officer, ref, now=NOW)
        values = question_of_call(session, *fellowship_of(session, ref)).nominations[0].values

        assert [(one.value, one.in_pool) for one in lamps] == [("FRA", 1), ("KEN", 2)]
        assert (values["country"], values["region"]) == (("FRA", "KEN"), "african")


def test_call_with_more_chapters_than_the_engine_seats_is_refused(write: Opened) -> None:
    many = [{"code": f"c{at}", "title": {"en": "x"}, "seats": 1} for at in range(11)]
    with pytest.raises(Invalid) as refused, write() as session:
        marked_call(session, PEOPLE, chapters=many, n_seats=11)

    assert refused.value.errors == {"chapters": ["There can be at most 10 chapters."]}


def test_run_made_before_the_wishes_changed_is_outdated(write: Opened) -> None:
    _, run_ref, _ = computed(write)
    with write() as session:
        row = named(session, "Cora")
        row.content = row.content | {"chapters": ["ch2"]}
        session.flush()

        with pytest.raises(Conflict) as refused:
            shortlists.approve(session, make_actor(session, Role.DECIDER), run_ref, now=NOW)

        assert refused.value.code == "outdated"
