"""procedure/conditions.py: nothing about oneself holds for somebody who is nobody in particular."""

from __future__ import annotations

import pytest

from procedure.conditions import Condition, editor, own_entry, own_side, subject
from tests.procedure.worlds import NOW, item
from vocabulary.people import SIGNED_OUT, SYSTEM, Actor


@pytest.mark.parametrize("actor", [SIGNED_OUT, SYSTEM, Actor(entry_ids=frozenset({1}))])
@pytest.mark.parametrize("condition", [own_entry, own_side, subject, editor])
def test_condition_about_oneself_never_holds_without_an_account(condition: Condition, actor: Actor) -> None:
    ownerless = item("PUB", owner_id=None, subject_id=None)

    assert not condition.holds(actor, ownerless, NOW)
