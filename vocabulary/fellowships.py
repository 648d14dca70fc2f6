"""Words of the fellowship programme: who selects, the states of a nomination, bands, runs of the shortlist.

Source: IPBES/5/INF/3, paras 8 and 12 to 14, and the application forms of the fellowship programme.
"""

from __future__ import annotations

from enum import StrEnum


class FellowshipBody(StrEnum):
    """What fellows work with."""

    ASSESSMENT = "assessment"
    TASK_FORCE = "task_force"


class NominationState(StrEnum):
    """Lifecycle of a nomination."""

    DRAFT = "draft"
    AWAITING_NOMINEE = "awaiting_nominee"
    AWAITING_NOMINATOR = "awaiting_nominator"
    SUBMITTED = "submitted"
    INELIGIBLE = "ineligible"
    IN_REVIEW = "in_review"
    BANDED = "banded"
    SHORTLISTED = "shortlisted"
    RESERVE = "reserve"
    NOT_SHORTLISTED = "not_shortlisted"
    SELECTED = "selected"
    OFFERED = "offered"
    ACCEPTED = "accepted"
    CONFIRMED = "confirmed"
    ACTIVE = "active"
    COMPLETED = "completed"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    LAPSED = "lapsed"


class NominationAction(StrEnum):
    """What can be done to a nomination; each has one service function."""

    COMPLETE = "complete"
    REOPEN = "reopen"
    APPROVE = "approve"
    REFUSE = "refuse"
    MARK_INELIGIBLE = "mark_ineligible"
    RESTORE = "restore"
    START_REVIEW = "start_review"
    BAND = "band"
    SHORTLIST = "shortlist"
    PLACE_ON_RESERVE = "place_on_reserve"
    LEAVE_OUT = "leave_out"
    SELECT = "select"
    OFFER = "offer"
    ACCEPT = "accept"
    DECLINE = "decline"
    CONFIRM = "confirm"
    START = "start"
    FINISH = "finish"
    WITHDRAW = "withdraw"
    LAPSE = "lapse"
    ADMIT_LATE = "admit_late"


class NominatorAnswer(StrEnum):
    """What the nominator said to the nomination that was put to them."""

    NONE = "none"
    APPROVED = "approved"
    REFUSED = "refused"


class NominationReminderStep(StrEnum):
    """Which reminder went to which party, counted back from that party's deadline."""

    NOMINEE_WEEK = "nominee_week"
    NOMINEE_TWO_DAYS = "nominee_two_days"
    NOMINATOR_THREE_DAYS = "nominator_three_days"
    NOMINATOR_DAY = "nominator_day"


class MeritBand(StrEnum):
    """How a panel groups nominees by merit; A is the best."""

    A = "A"
    B = "B"
    C = "C"


class RunState(StrEnum):
    """How far a run of the shortlist is."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class NominationDocument(StrEnum):
    """Kinds of files that a fellowship call can ask for."""

    CV = "cv"
    CONFLICT_FORM = "conflict_form"
    SUPPORTING = "supporting"


class Gender(StrEnum):
    """As the form asks; whoever prefers not to say counts toward no target."""

    WOMAN = "woman"
    MAN = "man"
    OTHER = "other"
    NOT_SAID = "not_said"


class KnowledgeSystem(StrEnum):
    """From where somebody knows what they know."""

    SCIENCE = "science"
    ILK = "ilk"
    BOTH = "both"
    POLICY = "policy"


class DisciplineFamily(StrEnum):
    """Families of disciplines that a panel balances."""

    NATURAL = "natural_sciences"
    SOCIAL = "social_sciences"
    HUMANITIES = "humanities"
    INTERDISCIPLINARY = "interdisciplinary"
    POLICY = "policy_and_practice"


AFTER_RESULT = frozenset(
    {
        NominationState.SELECTED,
        NominationState.OFFERED,
        NominationState.ACCEPTED,
        NominationState.CONFIRMED,
        NominationState.ACTIVE,
        NominationState.COMPLETED,
    }
)
FELLOWS = frozenset({NominationState.CONFIRMED, NominationState.ACTIVE, NominationState.COMPLETED})
IN_THE_POOL = frozenset({NominationState.IN_REVIEW, NominationState.BANDED})
"""Nominations that the panel marks and the shortlist is made from."""
