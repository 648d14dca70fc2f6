"""Do samples compare reviewers without giving anybody away, and stay out of everything that counts?"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.calls import Call
from services.calibration import drafts, results, samples
from services.calibration.samples import CANNOT_JUDGE, Invented
from services.queries.statistics import score_rows, statistics
from tests.factories import MADE_AT as NOW
from tests.factories import make_actor, make_published
from tests.fixtures import Opened
from tests.panels import Bench, make_bench, make_reviewed
from vocabulary.errors import Conflict, Invalid, NotFound, Refused
from vocabulary.people import Actor, Role
from vocabulary.states import CallState

CODES = tuple(str(code) for code in range(1, 13))
SAMPLE = Invented("A sample", "en", {"activities": "Two workshops."})


def add(session: Session, bench: Bench, **changes: Any) -> int:
    given = replace(SAMPLE, **changes)
    at = samples.invent(session, bench.officer, bench.call, given, now=NOW).position
    refer(session, bench, at, {"9": {"value": 1, "reason": "Thin."}}, 1)
    return at


def refer(session: Session, bench: Bench, at: int, given: Any, version: int) -> None:
    samples.set_reference(session, bench.officer, bench.call, at, given, version, now=NOW)


def score(session: Session, bench: Bench, reviewer: Actor, position: int, value: str) -> None:
    samples.answer(session, reviewer, bench.call, position, dict.fromkeys(CODES, value), now=NOW)


def page(session: Session, bench: Bench, reviewer: Actor, position: int = 1) -> results.SamplePage:
    return results.sample_page(session, reviewer, bench.call, position, language="en", now=NOW)


def found(session: Session, bench: Bench, actor: Actor | None = None) -> results.Results:
    return results.results(session, actor or bench.officer, bench.call, language="en", now=NOW)


def test_reviewer_sees_others_only_after_scoring_and_only_among_three(write: Opened) -> None:
    with write() as session:
        bench = make_bench(session)
        first, second, third = bench.reviewers
        at = add(session, bench)
        before = page(session, bench, first)
        score(session, bench, first, at, "3")
        score(session, bench, second, at, "1")
        between = page(session, bench, first)
        score(session, bench, third, at, "2")

        after = page(session, bench, first)

        ninth = next(line for line in after.lines if line.code == "9")
        assert (before.is_done, before.lines) == (False, ())
        assert {(line.own, line.median) for line in between.lines} == {(3, None)}
        assert (between.divergence, between.distance) == (None, None)
        assert (ninth.own, ninth.median, ninth.lowest, ninth.highest, ninth.reference, ninth.reason) == (
            3, 1, 1, 2, 1, "Thin.",
        )  # fmt: skip
        assert (after.divergence, after.distance) == (2.0, 2.0)


def test_agreement_reference_and_strictness_are_for_those_who_lead_the_panel(write: Opened) -> None:
    with write() as session:
        bench = make_bench(session)
        for at in (add(session, bench), add(session, bench)):
            refer(session, bench, at, {"1": {"value": 2}}, 2)
            for reviewer, value in zip(bench.reviewers, ("1", "2", "3"), strict=True):
                score(session, bench, reviewer, at, value)

        shown = found(session, bench, bench.moderator)

        first = next(line for line in shown.by_criterion if line.code == "1")
        assert shown.missing == ()
        assert [row.n_answers for row in shown.samples] == [3, 3]
        assert (first.found.raw, first.found.n_pairs, first.shows_alpha) == (1 / 3, 6, False)
        assert first.with_reference == pytest.approx(2 / 3)
        # 24 scores each, one point apart, drawn toward zero as by twelve more: 24 / (24 + 12)
        assert [round(line.severity or 0, 6) for line in shown.strictness] == [0.666667, 0, -0.666667]
        for other in (bench.reviewers[0], bench.owner):
            with pytest.raises(Refused):
                found(session, bench, other)


def test_strictness_is_not_shown_from_one_sample(write: Opened) -> None:
    with write() as session:
        bench = make_bench(session)
        at = add(session, bench)
        for reviewer in bench.reviewers:
            score(session, bench, reviewer, at, "2")

        assert {line.severity for line in found(session, bench).strictness} == {None}


def test_sample_without_a_reference_is_not_given_to_reviewers(write: Opened) -> None:
    with write() as session:
        bench = make_bench(session)
        at = samples.invent(session, bench.officer, bench.call, SAMPLE, now=NOW).position
        before = results.to_score(session, bench.reviewers[0], now=NOW)

        with pytest.raises(NotFound):
            score(session, bench, bench.reviewers[0], at, "2")
        refer(session, bench, at, {"1": {"value": 2}}, 1)

        assert before == ()
        assert [row.position for row in results.to_score(session, bench.reviewers[0], now=NOW)] == [at]


def test_who_has_not_scored_is_named(write: Opened) -> None:
    with write() as session:
        bench = make_bench(session)
        at = add(session, bench)
        score(session, bench, bench.reviewers[0], at, CANNOT_JUDGE)

        shown = found(session, bench)

        assert (shown.n_reviewers, len(shown.missing)) == (3, 2)
        assert shown.together.n_pairs == 0


def test_scores_are_whole_once_and_by_reviewers_only(write: Opened) -> None:
    with write() as session:
        bench = make_bench(session)
        at = add(session, bench)
        reviewer = bench.reviewers[0]

        with pytest.raises(Invalid) as wrong:
            samples.answer(session, reviewer, bench.call, at, {"1": "2", "2": "4"}, now=NOW)
        score(session, bench, reviewer, at, "2")
        with pytest.raises(Conflict) as again:
            score(session, bench, reviewer, at, "3")
        with pytest.raises(Refused):
            score(session, bench, bench.officer, at, "3")
        with pytest.raises(NotFound):
            score(session, bench, reviewer, 9, "3")

        assert list(wrong.value.errors) == list(CODES[1:])
        assert again.value.code == "answered"


def test_scored_sample_stays_as_it_is(write: Opened) -> None:
    with write() as session:
        bench = make_bench(session)
        at = add(session, bench)
        score(session, bench, bench.reviewers[0], at, "2")

        for act in (
            lambda: samples.remove(session, bench.officer, bench.call, at, now=NOW),
            lambda: samples.set_reference(session, bench.officer, bench.call, at, {}, 1, now=NOW),
        ):
            with pytest.raises(Conflict) as refused:
                act()
            assert refused.value.code == "scored"


def test_copy_holds_what_is_public_and_nobody(write: Opened) -> None:
    with write() as session:
        bench = make_bench(session)
        entry = make_published(session, now=NOW, organisation_name="Kingfisher Trust")

        made = samples.copy_entry(session, bench.officer, bench.call, entry.ref, now=NOW)

        assert made.title == entry.title
        assert set(made.content) <= {"title", "language", "summary", "need", "activities", "results"}
        assert "Kingfisher" not in str(made.content)


def test_what_is_not_public_or_of_this_call_is_no_sample(write: Opened) -> None:
    with write() as session:
        bench = make_bench(session)
        secret = make_reviewed(session, bench, (), now=NOW)
        own = make_published(session, now=NOW, call=session.get_one(Call, bench.call_id))

        for ref in (secret.ref, own.ref, "REQ-1999-0001"):
            with pytest.raises(Invalid) as wrong:
                samples.copy_entry(session, bench.officer, bench.call, ref, now=NOW)
            assert list(wrong.value.errors) == ["entry"]


def test_samples_end_with_the_deliberation(write: Opened) -> None:
    with write() as session:
        bench = make_bench(session)
        at = add(session, bench)
        score(session, bench, bench.reviewers[0], at, "2")
        session.get_one(Call, bench.call_id).state = CallState.DELIBERATION
        session.flush()

        with pytest.raises(Conflict):
            score(session, bench, bench.reviewers[1], at, "2")
        with pytest.raises(Conflict):
            add(session, bench)
        assert page(session, bench, bench.reviewers[0]).is_done is True
        with pytest.raises(NotFound):
            page(session, bench, bench.reviewers[1])


def test_nothing_that_counts_reads_a_sample(write: Opened) -> None:
    with write() as session:
        bench = make_bench(session)
        make_reviewed(session, bench, now=NOW)
        decider = make_actor(session, Role.DECIDER)

        def counted() -> Any:
            figures = statistics(session, decider, bench.call, language="en", now=NOW)
            return figures, score_rows(session, decider, bench.call, "long", "a test", now=NOW)

        before = counted()
        at = add(session, bench)
        for reviewer, value in zip(bench.reviewers, ("0", "3", "0"), strict=True):
            score(session, bench, reviewer, at, value)

        assert counted() == before


def test_draft_is_in_no_number_and_ends_with_the_scores(write: Opened) -> None:
    with write() as session:
        bench = make_bench(session)
        first = bench.reviewers[0]
        at = add(session, bench)
        drafts.save(session, first, bench.call, at, {"1": "3", "2": CANNOT_JUDGE}, 0, now=NOW)
        drafts.save(session, first, bench.call, at, {"1": ""}, 1, now=NOW)
        begun, others = page(session, bench, first), page(session, bench, bench.reviewers[1])
        counted = found(session, bench)
        with pytest.raises(Conflict):
            samples.remove(session, bench.officer, bench.call, at, now=NOW)
        refer(session, bench, at, {"9": {"value": 2}}, 2)
        score(session, bench, first, at, "1")
        done = page(session, bench, first)
        with pytest.raises(Conflict):
            drafts.save(session, first, bench.call, at, {"1": "3"}, 2, now=NOW)

    assert (begun.is_done, begun.draft, begun.version, begun.lines) == (False, {"2": None}, 2, ())
    assert (others.draft, others.version) == ({}, 0)
    assert [row.n_answers for row in counted.samples] == [0]
    assert (done.is_done, done.draft, done.version) == (True, {}, 0)


def test_draft_keeps_no_score_that_there_is_not(write: Opened) -> None:
    with write() as session:
        bench = make_bench(session)
        at = add(session, bench)
        for wrong in ({"1": "4"}, {"99": "2"}):
            with pytest.raises(Invalid):
                drafts.save(session, bench.reviewers[0], bench.call, at, wrong, 0, now=NOW)
        for actor in (bench.officer, make_actor(session, Role.REQUESTER)):
            with pytest.raises(Refused):
                drafts.save(session, actor, bench.call, at, {"1": "2"}, 0, now=NOW)
        session.execute(sa.update(Call).values(state=CallState.DELIBERATION))
        with pytest.raises(Conflict):
            drafts.save(session, bench.reviewers[0], bench.call, at, {"1": "2"}, 0, now=NOW)
