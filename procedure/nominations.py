"""What may follow what with a nomination, and what each state means to the two parties.

(state, action) -> state, as in procedure/lifecycle.py. Two parties make a nomination: the nominee completes
it, then the nominator approves it and commits the time; either may withdraw.

Source: the fellowship calls since 2015; self-nominations are not accepted.
"""

from __future__ import annotations

from collections.abc import Mapping

from procedure.lifecycle import steps_from
from vocabulary.fellowships import NominationAction as Act
from vocabulary.fellowships import NominationState as At
from vocabulary.messages import Message

_BEFORE_RESULT = (
    At.DRAFT,
    At.AWAITING_NOMINEE,
    At.AWAITING_NOMINATOR,
    At.SUBMITTED,
    At.IN_REVIEW,
    At.BANDED,
    At.SHORTLISTED,
    At.RESERVE,
    At.NOT_SHORTLISTED,
    At.SELECTED,
)

NOMINATION_STEPS: Mapping[tuple[At, Act], At] = {
    **steps_from((At.DRAFT, At.AWAITING_NOMINEE), Act.COMPLETE, At.AWAITING_NOMINATOR),
    (At.AWAITING_NOMINATOR, Act.REOPEN): At.DRAFT,
    (At.AWAITING_NOMINATOR, Act.APPROVE): At.SUBMITTED,
    (At.AWAITING_NOMINATOR, Act.REFUSE): At.DRAFT,
    **steps_from((At.SUBMITTED, At.IN_REVIEW), Act.MARK_INELIGIBLE, At.INELIGIBLE),
    (At.INELIGIBLE, Act.RESTORE): At.SUBMITTED,
    (At.SUBMITTED, Act.START_REVIEW): At.IN_REVIEW,
    **steps_from((At.IN_REVIEW, At.BANDED), Act.BAND, At.BANDED),
    **steps_from((At.IN_REVIEW, At.BANDED, At.RESERVE, At.NOT_SHORTLISTED), Act.SHORTLIST, At.SHORTLISTED),
    **steps_from(
        (At.IN_REVIEW, At.BANDED, At.SHORTLISTED, At.NOT_SHORTLISTED), Act.PLACE_ON_RESERVE, At.RESERVE
    ),
    **steps_from((At.IN_REVIEW, At.BANDED, At.SHORTLISTED, At.RESERVE), Act.LEAVE_OUT, At.NOT_SHORTLISTED),
    **steps_from((At.SHORTLISTED, At.RESERVE), Act.SELECT, At.SELECTED),
    (At.SELECTED, Act.OFFER): At.OFFERED,
    (At.OFFERED, Act.ACCEPT): At.ACCEPTED,
    (At.OFFERED, Act.DECLINE): At.DECLINED,
    (At.ACCEPTED, Act.CONFIRM): At.CONFIRMED,
    (At.CONFIRMED, Act.START): At.ACTIVE,
    (At.ACTIVE, Act.FINISH): At.COMPLETED,
    **steps_from(
        (*_BEFORE_RESULT, At.OFFERED, At.ACCEPTED, At.CONFIRMED, At.ACTIVE), Act.WITHDRAW, At.WITHDRAWN
    ),
    **steps_from((At.DRAFT, At.AWAITING_NOMINEE, At.AWAITING_NOMINATOR, At.OFFERED), Act.LAPSE, At.LAPSED),
    (At.LAPSED, Act.ADMIT_LATE): At.DRAFT,
}

WHAT_NOW: Mapping[At, Message] = {
    At.DRAFT: Message("The nominee goes on with the form and completes it before the deadline."),
    At.AWAITING_NOMINEE: Message("The nominee was asked to fill in the form before the deadline."),
    At.AWAITING_NOMINATOR: Message("The nominator was asked by mail to approve it before the deadline."),
    At.SUBMITTED: Message("The nomination is complete. The secretariat checks it after the deadline."),
    At.INELIGIBLE: Message("The nomination does not take part, for the reason given."),
    At.IN_REVIEW: Message("The panel marks the nominations."),
    At.BANDED: Message("The panel has marked the nomination."),
    At.SHORTLISTED: Message("The body that selects decides on the list."),
    At.RESERVE: Message("The body that selects decides on the list."),
    At.NOT_SHORTLISTED: Message("The body that selects decides on the list."),
    At.SELECTED: Message("A place is about to be offered."),
    At.OFFERED: Message("The nominee accepts or declines the place before the day named in the letter."),
    At.ACCEPTED: Message("The secretariat confirms the place, the chapter and the mentor."),
    At.CONFIRMED: Message("The fellowship is about to begin."),
    At.ACTIVE: Message("The fellowship is under way."),
    At.COMPLETED: Message("The fellowship is completed."),
    At.DECLINED: Message("The place was declined; somebody on the reserve list is asked."),
    At.WITHDRAWN: Message("The nomination was withdrawn."),
    At.LAPSED: Message("A deadline passed, and the nomination lapsed."),
}

WHAT_NOW_FOR_YOU: Mapping[At, Message] = {
    At.DRAFT: Message("You go on with the form and complete it before the deadline."),
    At.AWAITING_NOMINEE: Message("You were asked to fill in the form before the deadline."),
    At.AWAITING_NOMINATOR: Message("Your nominator was asked by mail to approve it before the deadline."),
    At.OFFERED: Message("You accept or decline the place before the day named in the letter."),
}
"""The same where the nominee reads it, as far as that differs."""

_HIDDEN = frozenset({At.BANDED, At.SHORTLISTED, At.RESERVE, At.NOT_SHORTLISTED, At.SELECTED})


def what_now(state: At, *, is_own: bool) -> Message:
    """What happens next, and who acts; `is_own`: said to the nominee."""
    return WHAT_NOW_FOR_YOU.get(state, WHAT_NOW[state]) if is_own else WHAT_NOW[state]


def public_state(state: At, *, is_released: bool) -> At:
    """What the parties are told: until the results are released, no more than that the panel has it."""
    return At.IN_REVIEW if state in _HIDDEN and not is_released else state
