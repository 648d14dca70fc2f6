"""States and actions of each lifecycle; what may follow what is in procedure/lifecycle.py."""

from __future__ import annotations

from enum import StrEnum


class EntryKind(StrEnum):
    """An entry is a support request or a support offer."""

    REQUEST = "request"
    OFFER = "offer"


class CallKind(StrEnum):
    """What a call invites."""

    REQUESTS = "requests"
    OFFERS = "offers"
    FELLOWSHIP = "fellowship"
    TARGETED = "targeted"


class CallState(StrEnum):
    """Lifecycle of a call."""

    DRAFT = "draft"
    SCHEDULED = "scheduled"
    OPEN = "open"
    CLOSED = "closed"
    REVIEW = "review"
    DELIBERATION = "deliberation"
    DECIDED = "decided"
    RELEASED = "released"
    ARCHIVED = "archived"
    CANCELLED = "cancelled"


class RequestState(StrEnum):
    """Lifecycle of a support request."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    RETURNED = "returned"
    LAPSED = "lapsed"
    INELIGIBLE = "ineligible"
    IN_REVIEW = "in_review"
    DELIBERATION = "deliberation"
    DECIDED = "decided"
    RELEASED = "released"
    RECONSIDERATION = "reconsideration"
    WITHDRAWN = "withdrawn"
    ARCHIVED = "archived"


class OfferState(StrEnum):
    """Lifecycle of a support offer."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    RETURNED = "returned"
    REFUSED = "refused"
    CHECKED = "checked"
    ACTIVE = "active"
    PAUSED = "paused"
    EXPIRED = "expired"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"
    ARCHIVED = "archived"


class EntryAction(StrEnum):
    """What can be done to an entry; each has one service function."""

    SUBMIT = "submit"
    REVISE = "revise"
    RETURN = "return"
    LAPSE = "lapse"
    MARK_INELIGIBLE = "mark_ineligible"
    RESTORE = "restore"
    START_REVIEW = "start_review"
    DELIBERATE = "deliberate"
    DECIDE = "decide"
    REOPEN = "reopen"
    RELEASE = "release"
    ASK_RECONSIDERATION = "ask_reconsideration"
    WITHDRAW = "withdraw"
    ARCHIVE = "archive"
    CHECK = "check"
    ACTIVATE = "activate"
    PAUSE = "pause"
    RESUME = "resume"
    EXPIRE = "expire"
    RENEW = "renew"
    CLOSE = "close"
    REFUSE = "refuse"


class Publication(StrEnum):
    """Is an entry shown to the public? Its own column, apart from the lifecycle."""

    NONE = "none"
    CONSENTED = "consented"
    PUBLISHED = "published"
    UNPUBLISHED = "unpublished"


class CollaboratorLevel(StrEnum):
    """What somebody whom the owner invited may do with an entry; each contains the one before."""

    VIEW = "view"
    COMMENT = "comment"
    EDIT = "edit"


class ConsultationAnswer(StrEnum):
    """What a national focal point says of a request that touches the country."""

    CONFIRM = "confirm"
    COMMENT = "comment"
    OBJECT = "object"


class CallActKind(StrEnum):
    """What needs two people once a call is announced: one proposes, another confirms."""

    CANCEL = "cancel"
    MOVE_DEADLINE = "move_deadline"
    CORRECT = "correct"
    EXTEND = "extend"


class ActOutcome(StrEnum):
    """How a proposed act ended."""

    DONE = "done"
    DROPPED = "dropped"


class ReviewActKind(StrEnum):
    """What somebody else than its author does with a review that was handed in."""

    RETURN = "return"
    VOID = "void"


class ScreeningKind(StrEnum):
    """What was found when an entry was screened, or what undid it."""

    ELIGIBLE = "eligible"
    RETURN_PROPOSED = "return_proposed"
    RETURNED = "returned"
    INELIGIBLE = "ineligible"
    REVERSED = "reversed"
    LAPSED = "lapsed"
    REOPENED = "reopened"
    RESTORED = "restored"


class AssignmentState(StrEnum):
    """Lifecycle of asking a reviewer to score a proposal."""

    INVITED = "invited"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    RECUSED = "recused"
    EXPIRED = "expired"


class ReviewState(StrEnum):
    """Lifecycle of a review."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    RETURNED = "returned"
    LOCKED = "locked"
    VOID = "void"
    RELEASED = "released"


class ConflictAnswer(StrEnum):
    """A person's own answer to the conflict question."""

    NONE = "none"
    POSSIBLE = "possible"
    CONFLICT = "conflict"


class ConflictRuling(StrEnum):
    """What an officer without interest ruled on a possible conflict."""

    CLEARED = "cleared"
    UPHELD = "upheld"


class MatchState(StrEnum):
    """Lifecycle of a match; suggestions are computed and not stored until an officer acts."""

    SUGGESTED = "suggested"
    SHORTLISTED = "shortlisted"
    PROPOSED = "proposed"
    AGREED = "agreed"
    ACTIVE = "active"
    COMPLETED = "completed"
    ENDED_EARLY = "ended_early"
    DECLINED = "declined"
    LAPSED = "lapsed"
    CANCELLED = "cancelled"


class MatchAnswer(StrEnum):
    """Answer of one side to a proposed match."""

    NONE = "none"
    YES = "yes"
    NO = "no"


class DeclineReason(StrEnum):
    """Why a side says no to a proposed match; what is learned from answers reads these."""

    WRONG_LEVEL = "wrong_level"
    TOO_LATE = "too_late"
    NO_MONEY = "no_money"
    NOT_OUR_REGION = "not_our_region"
    OTHER = "other"


class MatchSide(StrEnum):
    """The two sides of a match."""

    REQUESTER = "requester"
    PARTNER = "partner"


class AllocationState(StrEnum):
    """How far an allocation is; a failed one says why."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


CLOSED_MATCHES = frozenset(
    {
        MatchState.COMPLETED,
        MatchState.ENDED_EARLY,
        MatchState.DECLINED,
        MatchState.LAPSED,
        MatchState.CANCELLED,
    }
)
REQUESTS_UNDER_WAY = frozenset(
    {
        RequestState.SUBMITTED,
        RequestState.RETURNED,
        RequestState.IN_REVIEW,
        RequestState.DELIBERATION,
        RequestState.DECIDED,
        RequestState.RELEASED,
        RequestState.RECONSIDERATION,
    }
)
MATCHABLE_REQUESTS = frozenset(REQUESTS_UNDER_WAY - {RequestState.RETURNED})
MATCHABLE_OFFERS = frozenset({OfferState.SUBMITTED, OfferState.CHECKED, OfferState.ACTIVE})


class CallAction(StrEnum):
    """What can be done to a call."""

    SCHEDULE = "schedule"
    OPEN = "open"
    CLOSE = "close"
    REOPEN = "reopen"
    START_REVIEW = "start_review"
    DELIBERATE = "deliberate"
    DECIDE = "decide"
    RELEASE = "release"
    ARCHIVE = "archive"
    CANCEL = "cancel"


class AssignmentAction(StrEnum):
    """What can be done to an assignment."""

    ACCEPT = "accept"
    DECLINE = "decline"
    RECUSE = "recuse"
    EXPIRE = "expire"
    INVITE_AGAIN = "invite_again"


class ReviewAction(StrEnum):
    """What can be done to a review."""

    SUBMIT = "submit"
    REVISE = "revise"
    RETURN = "return"
    LOCK = "lock"
    VOID = "void"
    RELEASE = "release"


class MatchAction(StrEnum):
    """What can be done to a match."""

    SHORTLIST = "shortlist"
    PROPOSE = "propose"
    AGREE = "agree"
    START = "start"
    COMPLETE = "complete"
    END_EARLY = "end_early"
    DECLINE = "decline"
    LAPSE = "lapse"
    CANCEL = "cancel"
