"""Two worlds that differ in one hidden value look alike to whoever may not see it: every page, header, count,
order, search, export, feed and API answer, byte for byte.

Hidden values are changed in the database behind the service's back, every route is asked by everybody who may
see none of them, and the answers are compared with those before. Somebody with a conflict of interest on an
entry sees nothing of it whatever their office, so for them all of it is hidden.

Where the content of an entry differs the index of matches is not built anew in between: how common a word is,
it counts over all entries that its readers may see. Whoever has a conflict of interest has one without the
hidden entries, which tests/services/test_matches.py fits anew.
"""

from __future__ import annotations

import pytest

from tests.house.test_access_sweep import place
from tests.security.two_worlds import (
    ABOUT_THE_ENTRY,
    HIDDEN,
    OUTSIDE,
    STAFF,
    Scene,
    conflicted,
    differing,
    scene,
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


def test_a_value_that_may_be_seen_does_change_an_answer(scene: Scene) -> None:
    before = scene.answers(("officer",))
    scene.change("UPDATE entry SET title = 'Quite another title' WHERE ref = :request")
    after = scene.answers(("officer",))

    assert any(told != before[name] for name, told in after.items())
