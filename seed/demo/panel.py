"""How do the reviewers judge? Scores from a hidden quality, a reviewer's severity and chance; decisions.

So reviewers differ as honest people do: mostly by one step, on a few proposals enough to split the verdict.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random

from seed.demo.entries import CRITERIA_OF
from seed.demo.library import Library
from seed.demo.plan import AssignmentPlan, DecisionPlan, EntryPlan, PersonPlan, ReviewPlan, ScorePlan

N_REVIEWED, PER_PROPOSAL = 20, 3
SEVERITY = (0.0, -0.45, 0.3, -0.15, 0.45, -0.3, 0.15, 0.0)
"""Added to a reviewer's scores, by the reviewer's place; below 0 is strict."""

N_ON_DESK = 2
"""Proposals that wait for the first reviewer: one half scored, one not opened yet."""

SPLIT_EVERY = 6
"""Of so many proposals one has one reviewer who sees it in quite another light."""

ADVICE = (
    (2.05, "endorse", "good"),
    (1.55, "endorse_with_conditions", "mid"),
    (1.05, "more_information", "mid"),
)
POINTERS = (
    "Summary",
    "Need, paragraph 1",
    "Planned activities, paragraph 1",
    "Expected results",
    "Annex, page 2",
)


@dataclass(frozen=True, slots=True)
class _Sitting:
    """What one reviewer brings to one proposal."""

    reviewer: PersonPlan
    number: int
    seat: int
    quality: float
    shift: float
    stands_back: bool
    is_open: bool


def reviewed_entries(entries: Sequence[EntryPlan]) -> list[EntryPlan]:
    """The proposals that the panel scores: those of the pairs that go on, then others as they came.

    Those in English come last, where some still wait for the first reviewer, whose language it is.
    """
    current = [entry for entry in entries if entry.call == "current" and entry.kind == "request"]
    released = [entry for entry in current if entry.state == "released"]
    others = [entry for entry in current if entry.state == "submitted" and entry.twin_of is None]
    chosen = others[4 : 4 + N_REVIEWED - len(released)]
    return [*released, *sorted(chosen, key=lambda entry: entry.fields["language"] == "en")]


def assignments(
    rng: Random,
    library: Library,
    proposals: Sequence[EntryPlan],
    reviewers: Sequence[PersonPlan],
    partners: Sequence[str],
    now: datetime,
) -> Iterator[AssignmentPlan]:
    """Three reviewers for each proposal who read its language, a fourth for one who stands back.

    On what was endorsed each suggests one of the `partners`, bodies that offer something.
    """
    load: dict[str, int] = {person.key: 0 for person in reviewers}
    for number, entry in enumerate(proposals):
        ranked = _ranked(rng, reviewers, load, entry)
        quality = 2.5 if entry.state == "released" else rng.uniform(0.7, 2.0)
        stands_back = number % 9 == 4
        chosen = ranked[: PER_PROPOSAL + stands_back]
        if number >= N_REVIEWED - N_ON_DESK:
            others = [person for person in ranked if person is not reviewers[0]]
            chosen = [*others[: PER_PROPOSAL - 1], reviewers[0]]
        for seat, person in enumerate(chosen):
            load[person.key] += 1
            is_split = number % SPLIT_EVERY == 1 and seat == 1
            is_late = entry.state != "released" and number >= N_REVIEWED - 3 and seat == PER_PROPOSAL - 1
            sitting = _Sitting(
                person,
                number,
                seat,
                quality,
                SEVERITY[reviewers.index(person)] + (-1.3 if is_split else 0.0),
                stands_back=stands_back and seat == 0,
                is_open=is_late,
            )
            plan = _assignment(rng, library, entry, sitting, now)
            if plan.review is not None and entry.state == "released" and partners:
                named = (partners[(2 * number + seat // 2) % len(partners)],)
                plan = replace(plan, review=replace(plan.review, partners=named))
            yield plan


def _ranked(
    rng: Random, reviewers: Sequence[PersonPlan], load: Mapping[str, int], entry: EntryPlan
) -> list[PersonPlan]:
    language = entry.fields["language"]
    draws = {person.key: rng.random() for person in reviewers}
    return sorted(
        reviewers,
        key=lambda person: (language not in person.working_languages, load[person.key], draws[person.key]),
    )


def _assignment(
    rng: Random, library: Library, entry: EntryPlan, sitting: _Sitting, now: datetime
) -> AssignmentPlan:
    invited = (entry.submitted_at or entry.begun_at) + timedelta(days=1)
    conflict, ruling, text, kinds = _conflict(library, sitting)
    is_barred = conflict == "conflict" or (conflict == "possible" and ruling is None)
    review = None
    if not is_barred and not (sitting.is_open and sitting.number % 2):
        submitted = min(invited + timedelta(days=rng.randint(1, 6), minutes=rng.randint(0, 600)), now)
        review = _review(rng, library, entry, sitting, None if sitting.is_open else submitted)
    return AssignmentPlan(
        entry=entry.key,
        reviewer=sitting.reviewer.key,
        state="recused" if conflict == "conflict" else "accepted" if review else "invited",
        conflict=conflict if review or is_barred else None,
        conflict_kinds=kinds,
        conflict_text=text,
        ruling=ruling,
        invited_at=invited,
        due_at=invited + timedelta(days=21),
        review=review,
    )


def _conflict(library: Library, sitting: _Sitting) -> tuple[str, str | None, str | None, tuple[str, ...]]:
    """Answer, ruling, description and kinds of the declaration on one proposal."""
    texts, number, seat = library.procedure["conflicts"], sitting.number, sitting.seat
    if sitting.stands_back:
        return "conflict", None, texts["conflict"][number % 2], ("same_institution",)
    if number % 8 == 2 and seat == 2:
        return "possible", "cleared", texts["possible"][number % 2], ("other",)
    if number == N_REVIEWED - 1 and seat == 0:
        return "possible", None, texts["possible"][1], ("named_partner",)
    return "none", None, None, ()


def _review(
    rng: Random, library: Library, entry: EntryPlan, sitting: _Sitting, submitted: datetime | None
) -> ReviewPlan:
    common = library.common[sitting.reviewer.language]
    strategies = entry.fields["strategies"]
    criteria = [code for strategy in strategies for code in CRITERIA_OF[strategy]]
    scores = tuple(_score(rng, library, sitting, entry, code) for code in criteria)
    values = [score.value for score in scores if score.value is not None]
    mean = sum(values) / max(len(values), 1)
    advice, tone = next(
        ((word, tone) for least, word, tone in ADVICE if mean >= least), ("do_not_endorse", "bad")
    )
    if submitted is None:
        return ReviewPlan(scores[: len(scores) // 2 + 1], None, None, None, None, None, None)
    return ReviewPlan(
        scores,
        advice,
        rng.choices(("low", "medium", "high"), (1, 4, 3))[0],
        rng.choice(common["conditions"]) if advice == "endorse_with_conditions" else None,
        rng.choice(common[tone]),
        rng.choice((25, 30, 40, 50, 65, 90)),
        submitted,
        library.procedure["contradiction"][sitting.reviewer.language],
    )


def _score(rng: Random, library: Library, sitting: _Sitting, entry: EntryPlan, code: str) -> ScorePlan:
    common = library.common[sitting.reviewer.language]
    if rng.random() < 0.05:
        return ScorePlan(code, None, None, None, common["cannot"])
    finding = entry.fields["self_assessment"].get(code, {}).get("finding")
    claimed = 0.15 if finding == "met" else -0.45
    value = max(0, min(3, round(sitting.quality + sitting.shift + claimed + rng.gauss(0, 0.45))))
    evidence = common["evidence"][code][value >= 2]
    return ScorePlan(code, value, evidence, rng.choice(POINTERS) if value >= 2 else None, None)


def decisions(
    rng: Random, library: Library, proposals: Sequence[EntryPlan], now: datetime
) -> Iterator[DecisionPlan]:
    """On all that were released, and on three more that wait for release; the rest are still under review."""
    texts = library.procedure["decisions"]
    released = [entry for entry in proposals if entry.state == "released"]
    waiting = [entry for entry in proposals if entry.state != "released"][:3]
    outcomes = ["endorsed_with_conditions" if n % 4 == 3 else "endorsed" for n in range(len(released))]
    outcomes += ["not_endorsed", "reserve", "endorsed_with_conditions"]
    for entry, outcome in zip([*released, *waiting], outcomes, strict=False):
        is_conditional = outcome == "endorsed_with_conditions"
        yield DecisionPlan(
            entry=entry.key,
            outcome=outcome,
            reason=rng.choice(texts[outcome]),
            conditions=rng.choice(library.common["en"]["conditions"]) if is_conditional else None,
            decided_at=now - timedelta(days=1, minutes=rng.randint(0, 600)),
            is_released=entry.state == "released",
        )
