"""Another body's criteria and rules come from a file: a call with them runs through the scorecard."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from config import ROOT
from models.calls import Call
from models.entries import Entry
from models.reference import CriteriaSet, RuleSet
from models.reviews import Review
from seed.programmes import load_programme
from services import programmes
from services.assignments import assign
from services.calls import create_call, publish_call
from services.conflicts import declare
from services.criteria import programme
from services.reviews.drafts import save
from services.reviews.rows import find, programme_of
from services.reviews.submission import Declared, submit
from services.self_check import self_check
from services.sessions import actor_of_account
from tests.factories import make_account, make_actor, make_submitted
from tests.fixtures import NOW, Opened
from vocabulary.errors import Conflict, Invalid
from vocabulary.people import Role
from vocabulary.states import CallKind, ConflictAnswer

DECLARED = Declared(still_no_conflict=True, names_intended=True)
FILE = ROOT / "docs" / "examples" / "programme-mangrove.json"


def example() -> dict[str, Any]:
    content: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    return content


@pytest.fixture
def mangrove(write: Opened) -> Any:
    """The invented programme is loaded, and gone again afterwards: reference data stay between tests."""
    with write() as session:
        load_programme(session, example(), now=NOW)
    yield
    with write() as session:
        session.execute(
            sa.text("UPDATE call SET criteria_set_id = NULL, rule_set_id = NULL, state = 'draft'")
        )
        for table, column in (("term", "vocabulary"), ("vocabulary", "code")):
            session.execute(sa.text(f"DELETE FROM {table} WHERE {column} LIKE '%@mangrove'"))
        of_set = "SELECT id FROM criteria_set WHERE code = 'mangrove'"
        in_set = f"SELECT id FROM criterion WHERE set_id IN ({of_set})"
        session.execute(sa.text(f"DELETE FROM criterion_score WHERE criterion_id IN ({in_set})"))
        session.execute(sa.text(f"DELETE FROM criterion WHERE set_id IN ({of_set})"))
        for table in ("criteria_set", "rule_set"):
            session.execute(sa.text(f"DELETE FROM {table} WHERE code = 'mangrove'"))


def announced(write: Opened, **changes: Any) -> str:
    content = {
        "kind": CallKind.REQUESTS,
        "title": {"en": "Mangroves"},
        "text": {"en": "Tell us where."},
        "strategies": ["M1", "M2"],
        "opens_at": NOW,
        "closes_at": None,
        "criteria_set": "mangrove/2027-1",
        "rule_set": "mangrove/2027-1",
        "minimum_reviews": 1,
        "asks_everybody": False,
    } | changes
    with write() as session:
        officer, decider = make_actor(session, Role.OFFICER), make_actor(session, Role.DECIDER)
        draft = create_call(session, officer, content, now=NOW)
    with write() as session:
        return publish_call(session, decider, draft.ref, draft.version, now=NOW).ref


@pytest.mark.usefixtures("mangrove")
def test_call_with_another_bodys_rules_runs_through_the_scorecard(write: Opened, read: Opened) -> None:
    ref = announced(write)
    said = {
        "A1": {"finding": "met", "text": "Maps of 1980."},
        "A2": {"finding": "met", "text": "Rhizophora."},
    }
    with write() as session:
        call = session.execute(sa.select(Call).where(Call.ref == ref)).scalar_one()
        entry = make_submitted(session, now=NOW, call=call, strategies=["M1"], self_assessment=said).ref
        officer = make_actor(session, Role.OFFICER)
        account = make_account(session, Role.REVIEWER)
        assigned = assign(session, officer, entry, account.email, None, now=NOW).ref
        reviewer = actor_of_account(session, account.id)
        declare(session, reviewer, assigned, ConflictAnswer.NONE, [], None, now=NOW)
    evidence = {"evidence": "It stands in the need.", "pointer": "need"}
    scores = {
        "A1": {"value": 2, **evidence},
        "A2": {"value": 1},
        "A3": {"value": 3, **evidence},
    }
    content = {"scores": scores, "recommendation": "endorse", "confidence": "high"}
    with write() as session:
        save(session, reviewer, assigned, content, find(session, reviewer, assigned).version, now=NOW)
    with write() as session:
        version = find(session, reviewer, assigned).version
        submit(session, reviewer, assigned, DECLARED, version, now=NOW)

    with read() as session:
        check = self_check(session, {"strategies": ["M1"], "self_assessment": said}, ref, language="en")
        row = session.execute(sa.select(Entry).where(Entry.ref == entry)).scalar_one()
        assert programme_of(session, row).rule_set.code == "mangrove"
        assert [(one.code, one.verdict) for one in check.strategies] == [("M1", "satisfied")]
        assert check.strategies[0].explanation.headline == "Strategy M1 is met."
        review = session.execute(sa.select(Review.state, Review.result)).one()
        verdicts = {one["strategy"]: one["verdict"] for one in review.result["strategies"]}
    assert (review.state, verdicts["M1"], verdicts["M2"]) == ("submitted", "satisfied", "undecided")


@pytest.mark.usefixtures("mangrove")
def test_house_programme_stays_in_force_beside_it(read: Opened) -> None:
    with read() as session:
        found = programme(session)
        codes = {kind: programmes.in_force(session, kind).code for kind in (CriteriaSet, RuleSet)}
        strategies, criteria = (programmes.offered(session, name) for name in ("strategies", "criteria"))

    assert (codes, found.rules.codes()) == ({CriteriaSet: "ipbes", RuleSet: "ipbes"}, ("S1", "S2", "S3"))
    assert (strategies, len(criteria)) == ({"S1", "S2", "S3"}, 12)


@pytest.mark.usefixtures("mangrove")
def test_form_of_the_call_offers_its_strategies_and_no_others(write: Opened, client: FlaskClient) -> None:
    ref = announced(write)
    with write() as session:
        call = session.execute(sa.select(Call).where(Call.ref == ref)).scalar_one()
        owner = make_account(session)
        entry = make_submitted(session, actor=actor_of_account(session, owner.id), now=NOW, call=call)
        with_codes = programmes.offered(session, "strategies", entry_ref=entry.ref)
        criteria = programmes.offered(session, "criteria", entry_ref=entry.ref)

    assert with_codes == {"M1", "M2"}
    assert criteria == {"A1", "A2", "A3", "B1", "B2"}


@pytest.mark.usefixtures("mangrove")
def test_rules_of_one_body_do_not_go_with_the_criteria_of_another(write: Opened) -> None:
    with pytest.raises(Invalid) as refused:
        announced(write, rule_set=None)

    assert list(refused.value.errors) == ["rule_set"]


@pytest.mark.usefixtures("mangrove")
def test_same_file_again_changes_nothing_and_a_pinned_one_never_does(write: Opened) -> None:
    announced(write)
    with write() as session:
        load_programme(session, example(), now=NOW)
    changed = example()
    changed["criteria"][0]["labels"]["en"] = "Another name"

    with pytest.raises(Conflict), write() as session:
        load_programme(session, changed, now=NOW)


def faulty(place: str) -> dict[str, Any]:
    content = copy.deepcopy(example())
    if place == "criteria[0].parent":
        content["criteria"][0]["parent"] = "M9"
    elif place == "criteria[1].code":
        content["criteria"][1]["code"] = "A1"
    elif place == "strategies[0].code":
        content["strategies"][0]["code"] = "S1"
        for row in content["criteria"]:
            row["parent"] = "S1" if row["parent"] == "M1" else row["parent"]
    elif place == "rules.rules.M2.all[0]":
        content["rules"]["rules"]["M2"]["all"][0] = "Z9"
    else:
        del content[place]
    return content


@pytest.mark.parametrize(
    "place",
    [
        *("criteria[0].parent", "criteria[1].code", "strategies[0].code", "rules.rules.M2.all[0]"),
        *("version", "rules", "strategies"),
    ],
)
def test_fault_is_named_by_its_place(write: Opened, place: str) -> None:
    with pytest.raises(Invalid) as refused, write() as session:
        load_programme(session, faulty(place), now=NOW)

    assert list(refused.value.errors) == [place]
