"""Two worlds that differ in one hidden value look alike to whoever may not see it: every page, header, count,
order, search, export, feed, API answer, the answer to every act, and every mail, byte for byte.

Hidden values are changed in the database behind the service's back, every route is asked by everybody who may
see none of them, and the answers are compared with those before. Somebody with a conflict of interest on an
entry sees nothing of it whatever their office, so for them all of it is hidden.

Where the content of an entry differs the index of matches is not built anew in between: how common a word is,
it counts over all entries that its readers may see. Whoever has a conflict of interest has one without the
hidden entries, which tests/services/test_matches.py fits anew.
"""

from __future__ import annotations

import pytest

from services import match_index
from tests.house.sweep_world import OWNER
from tests.house.test_access_sweep import place
from tests.security.two_worlds import (
    ABOUT_THE_ENTRY,
    ACTING,
    DESK,
    HIDDEN,
    OUTSIDE,
    READING_THE_INDEX,
    STAFF,
    Scene,
    conflicted,
    differing,
    differing_acts,
    scene,
    written_to_outsiders,
)

__all__ = ["place", "scene"]
pytestmark = pytest.mark.slow


def test_what_is_hidden_changes_no_answer(scene: Scene) -> None:
    seen_by_nobody_outside = [one for one in HIDDEN if one.name != "the text of a draft"]
    draft = next(one for one in HIDDEN if one.name == "the text of a draft")
    nobody = tuple(
        name for name in (*OUTSIDE, *STAFF) if all(name in one.personas for one in seen_by_nobody_outside)
    )

    different = differing(scene, seen_by_nobody_outside, nobody) + differing(scene, [draft], draft.personas)

    if different:
        pytest.fail("\n".join(different), pytrace=False)


def test_who_has_a_conflict_sees_nothing_of_the_entry_whatever_the_office(scene: Scene) -> None:
    conflicted(scene)

    told_apart = differing(scene, ABOUT_THE_ENTRY, STAFF)

    if told_apart:
        pytest.fail("\n".join(told_apart), pytrace=False)


def test_what_is_hidden_changes_no_answer_to_an_act_and_no_mail(scene: Scene) -> None:
    outside = written_to_outsiders(scene)
    hidden = [one for one in HIDDEN if one.name != "the text of a draft"]

    told_apart = differing_acts(scene, hidden, ACTING, DESK, outside)

    if told_apart:
        pytest.fail("\n".join(told_apart), pytrace=False)


def test_no_act_tells_somebody_with_a_conflict_of_the_entry(scene: Scene) -> None:
    addresses = conflicted(scene)

    told_apart = differing_acts(scene, ABOUT_THE_ENTRY, DESK, (OWNER, "reviewer"), addresses)

    if told_apart:
        pytest.fail("\n".join(told_apart), pytrace=False)


def test_index_of_matches_built_anew_says_nothing_of_a_draft(scene: Scene) -> None:
    draft = next(one for one in HIDDEN if one.name == "the text of a draft")
    before = scene.answers(draft.personas, READING_THE_INDEX)

    scene.change(draft.statement)
    match_index.forget()
    after = scene.answers(draft.personas, READING_THE_INDEX)

    assert len(before) >= 4 * len(draft.personas)
    assert [name for name, told in after.items() if told != before[name]] == []


def test_a_value_that_may_be_seen_does_change_an_answer(scene: Scene) -> None:
    before = scene.answers(("officer",))
    scene.change("UPDATE entry SET title = 'Quite another title' WHERE ref = :request")
    after = scene.answers(("officer",))

    assert any(told != before[name] for name, told in after.items())


def test_a_mail_that_is_caused_by_an_act_is_looked_at(scene: Scene) -> None:
    owner = written_to_outsiders(scene)
    _, before = scene.acts(("officer",), owner)
    scene.change("UPDATE entry SET title = 'Quite another title' WHERE ref = :request")
    scene.keep()
    _, after = scene.acts(("officer",), owner)

    assert any(told != before[name] for name, told in after.items())
