"""Do the institutions that somebody states come up where a submission has them in common?"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from models.conflicts import Affiliation
from models.people import Organisation
from models.reviews import ConflictDeclaration
from services import affiliations
from services.conflicts import declare
from services.organisations import merge
from services.queries.reviews import gate
from tests.factories import OFFICER, make_actor, make_submitted
from tests.fixtures import NOW, Opened
from tests.scoring import make_sitting
from vocabulary.errors import Invalid, NotFound, Refused, Unauthenticated
from vocabulary.people import SIGNED_OUT, Role
from vocabulary.states import ConflictAnswer

BODY = "Institute of Savannah Studies"
TODAY = NOW.date()
YEAR = timedelta(days=365)


Given = Mapping[str, Any]


def stated(name: str = BODY, ended_on: date | None = None, started_on: date | None = None) -> Given:
    return {"organisation_name": name, "started_on": started_on, "ended_on": ended_on}


@pytest.mark.parametrize(
    ("ended_on", "pointed"),
    [
        (TODAY - 2 * YEAR, "The same institution until not long ago:"),
        (TODAY - 4 * YEAR, None),
        (None, "The same institution:"),
    ],
)
def test_gate_points_to_what_was_left_within_three_years(
    write: Opened, read: Opened, ended_on: date | None, pointed: str | None
) -> None:
    with write() as session:
        sitting = make_sitting(session, answer=None, organisation_name=BODY)
        affiliations.state(session, sitting.reviewer, stated(ended_on=ended_on), now=NOW)

    with read() as session:
        hints = gate(session, sitting.reviewer, sitting.ref, language="en", now=NOW).hints
    assert [str(hint.text).split(BODY)[0].strip() for hint in hints] == ([pointed] if pointed else [])


def test_years_of_the_call_are_looked_back(write: Opened, read: Opened) -> None:
    with write() as session:
        sitting = make_sitting(session, answer=None, organisation_name=BODY)
        affiliations.state(session, sitting.reviewer, stated(ended_on=TODAY - 4 * YEAR), now=NOW)
        entry_call = session.execute(sa.text("SELECT call_id FROM entry")).scalar_one()
        session.execute(sa.text("UPDATE call SET conflict_years = 5"))

    with read() as session:
        hints = gate(session, sitting.reviewer, sitting.ref, language="en", now=NOW).hints
    assert len(hints) == (1 if entry_call is not None else 0)


def test_other_name_of_the_same_body_is_seen(write: Opened, read: Opened) -> None:
    with write() as session:
        old = make_submitted(session, organisation_name="Grassland Bureau")
        new = make_submitted(session, organisation_name=BODY)
        gone, kept = (session.get_one(Organisation, entry.organisation_id) for entry in (old, new))
        merge(session, OFFICER, gone.ref, kept.ref, gone.version, "One body.", now=NOW)
        sitting = make_sitting(session, answer=None, organisation_name=BODY)
        made = affiliations.state(session, sitting.reviewer, stated("Grassland Bureau"), now=NOW)

    with read() as session:
        hints = gate(session, sitting.reviewer, sitting.ref, language="en", now=NOW).hints
    assert made.organisation_name == "Grassland Bureau"
    assert len(hints) == 1


def test_merging_moves_what_was_stated(write: Opened, read: Opened) -> None:
    with write() as session:
        old = make_submitted(session, organisation_name="Grassland Bureau")
        new = make_submitted(session, organisation_name=BODY)
        gone, kept = (session.get_one(Organisation, entry.organisation_id) for entry in (old, new))
        person = make_actor(session, Role.REVIEWER)
        affiliations.state(session, person, stated("Grassland Bureau"), now=NOW)
        merge(session, OFFICER, gone.ref, kept.ref, gone.version, "One body.", now=NOW)
        kept_id = kept.id

    with read() as session:
        assert session.execute(sa.select(Affiliation.organisation_id)).scalar_one() == kept_id


def test_stated_after_the_answer_asks_anew_only_where_it_matters(write: Opened, read: Opened) -> None:
    with write() as session:
        sitting = make_sitting(session, organisation_name=BODY)
        make_sitting(session, reviewer=None, organisation_name="Another Body")
        affiliations.state(session, sitting.reviewer, stated("Quite Different"), now=NOW)
        before = gate(session, sitting.reviewer, sitting.ref, language="en", now=NOW).standing.value
        affiliations.state(session, sitting.reviewer, stated(ended_on=TODAY - YEAR), now=NOW)
        page = gate(session, sitting.reviewer, sitting.ref, language="en", now=NOW)
        after, hints = page.standing.value, page.hints
        asked = session.execute(sa.select(ConflictDeclaration.asked_again_at)).scalars().all()
        dismissed = [hint.fingerprint for hint in hints]
        with pytest.raises(Invalid):
            declare(session, sitting.reviewer, sitting.ref, ConflictAnswer.NONE, [], None, now=NOW)
        answer = (sitting.reviewer, sitting.ref, ConflictAnswer.NONE, [], None)
        declare(session, *answer, now=NOW, dismissed=dismissed)
        affiliations.state(session, sitting.reviewer, stated(ended_on=TODAY - YEAR), now=NOW)
        again = gate(session, sitting.reviewer, sitting.ref, language="en", now=NOW).standing.value

    assert (before, after, again) == ("cleared", "unanswered", "cleared")
    assert sorted(asked, key=str) == [NOW, None]


def test_same_body_again_changes_its_days(write: Opened, read: Opened) -> None:
    with write() as session:
        person = make_actor(session, Role.REVIEWER)
        affiliations.state(session, person, stated(), now=NOW)
        affiliations.state(session, person, stated("INSTITUTE of savannah studies", TODAY - YEAR), now=NOW)
        affiliations.state(session, person, stated("Quite Different"), now=NOW)

    with read() as session:
        found = affiliations.own(session, person, now=NOW)
    assert [(one.organisation_name, one.ended_on) for one in found] == [
        ("Quite Different", None),
        ("INSTITUTE of savannah studies", TODAY - YEAR),
    ]


@pytest.mark.parametrize(
    ("started_on", "ended_on", "fields"),
    [
        (TODAY + YEAR, None, {"started_on"}),
        (None, TODAY + YEAR, {"ended_on"}),
        (TODAY - YEAR, TODAY - 2 * YEAR, {"ended_on"}),
    ],
)
def test_impossible_days_are_refused_by_field(
    write: Opened, started_on: date | None, ended_on: date | None, fields: set[str]
) -> None:
    with write() as session:
        person = make_actor(session, Role.REVIEWER)
        with pytest.raises(Invalid) as refused:
            affiliations.state(session, person, stated(BODY, ended_on, started_on), now=NOW)
    assert set(refused.value.errors) == fields


def test_list_is_ones_own(write: Opened, read: Opened) -> None:
    with write() as session:
        person, other = make_actor(session, Role.REVIEWER), make_actor(session, Role.OFFICER)
        made = affiliations.state(session, person, stated(), now=NOW)
        with pytest.raises(NotFound):
            affiliations.remove(session, other, made.id, now=NOW)
        with pytest.raises((Unauthenticated, Refused)):
            affiliations.own(session, SIGNED_OUT, now=NOW)
        seen = affiliations.own(session, other, now=NOW)
        affiliations.remove(session, person, made.id, now=NOW)
        left = affiliations.own(session, person, now=NOW)

    assert (seen, left) == ((), ())
