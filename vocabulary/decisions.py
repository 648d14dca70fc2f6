"""The words of decisions: what a panel can decide, and on which grounds it is asked to look again."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from vocabulary.findings import Recommendation
from vocabulary.messages import Message


class Outcome(StrEnum):
    """What was decided on an entry."""

    ENDORSED = "endorsed"
    ENDORSED_WITH_CONDITIONS = "endorsed_with_conditions"
    RESERVE = "reserve"
    NOT_ENDORSED = "not_endorsed"
    INELIGIBLE = "ineligible"


class Ground(StrEnum):
    """Why a decision should be looked at again. Disagreeing with a score is none."""

    PROCEDURE = "procedure"
    FACT = "fact"
    UNDECLARED_CONFLICT = "undeclared_conflict"


OUTCOMES: Mapping[Outcome, Message] = {
    Outcome.ENDORSED: Message("Endorsed"),
    Outcome.ENDORSED_WITH_CONDITIONS: Message("Endorsed with conditions"),
    Outcome.RESERVE: Message("On the reserve list"),
    Outcome.NOT_ENDORSED: Message("Not endorsed"),
    Outcome.INELIGIBLE: Message("Not eligible"),
}
GROUNDS: Mapping[Ground, Message] = {
    Ground.PROCEDURE: Message("The procedure was not followed"),
    Ground.FACT: Message("A fact was read or stated wrongly"),
    Ground.UNDECLARED_CONFLICT: Message("Somebody took part with a conflict of interest not declared"),
}

AMOUNTS_TO: Mapping[Outcome, Recommendation] = {
    Outcome.ENDORSED: Recommendation.ENDORSE,
    Outcome.ENDORSED_WITH_CONDITIONS: Recommendation.ENDORSE_WITH_CONDITIONS,
    Outcome.NOT_ENDORSED: Recommendation.DO_NOT_ENDORSE,
}
"""As which recommendation an outcome is held against the verdict; a reserve place contradicts none."""

FAVOURABLE = frozenset({Outcome.ENDORSED, Outcome.ENDORSED_WITH_CONDITIONS})
"""Outcomes on which something may be recognised."""
