"""What must be known about a thing, and which kinds of actor somebody is towards it.

A service fills ItemFacts from its rows; the policy reads nothing else. A fact that somebody forgot to
fill in closes a door and opens none, but for two that have no safe value: without dates nothing
closes, and without `involved_ids` nobody took part.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from vocabulary.people import Actor, Role
from vocabulary.states import CallState, EntryKind, Publication


class Kind(StrEnum):
    """What somebody is towards one thing; the columns of the permission table."""

    PUB = "PUB"
    OWN = "OWN"
    COL = "COL"
    PAR = "PAR"
    NOM = "NOM"
    NEE = "NEE"
    REV = "REV"
    MOD = "MOD"
    OFF = "OFF"
    DEC = "DEC"
    AUD = "AUD"
    ADM = "ADM"
    FOC = "FOC"
    SYS = "SYS"


class Standing(StrEnum):
    """Where somebody stands after the conflict question about one entry."""

    UNANSWERED = "unanswered"
    CLEARED = "cleared"
    UNDECIDED = "undecided"
    UPHELD = "upheld"


@dataclass(frozen=True, slots=True)
class ItemFacts:
    """Facts about one thing, as far as the policy needs them.

    Attributes
    ----------
    kind, entry_id, state, publication : facts of the entry concerned; None where no entry is
    owner_id : int or None
        Account that owns the entry.
    subject_id : int or None
        Person whom the thing itself concerns: the assignee of an assignment, the author of a review,
        the declarant of a conflict, the owner of a token, the person of an account.
    collaborator_ids, commenter_ids, editor_ids : frozenset of int
        Who may view, who may also write to the officers, and who may also edit.
    past_helper_ids : frozenset of int
        Who helped once and does no more; they hold no office over the entry then either.
    partner_ids : frozenset of int
        Accounts on the offer's side of a match.
    nomination_id, nominator_id, nominee_id : int or None
        The nomination concerned, if one is, and the accounts of its two parties.
    assigned_reviewer_ids : frozenset of int
        Accounts with an assignment to the entry that was not declined and did not expire.
    countries : frozenset of str
        Alpha-3 codes of every country that the entry touches.
    call_id, call_phase
        The call that the thing belongs to; None for an entry outside of any call.
    opens_at, closes_at, deadline_at : datetime or None
        UTC. The first two are those of the call. The deadline includes the grace and any extension that
        this draft has (procedure/deadlines.py); None means that nothing closes.
    conflict : Standing
        Of the actor who asks, towards this entry.
    asks_everybody : bool
        Everybody who holds an office answers the conflict question before the content of this entry opens.
    proposed_by_id, proposer_roles
        Who took the first of two steps, and the roles of that person.
    four_eyes : bool
        False only where an administrator has switched the second person off for the call.
    break_glass_reason : str or None
        The reason given for opening something in an emergency; it is logged and notified.
    involved_ids : frozenset of int
        Accounts that took part in the decision now being reconsidered.
    is_blind, reviewers_see_names, shows_own_verdict : bool
        Settings of the call.
    is_review_submitted, contacts_shared, is_call_over : bool
        The review in question was submitted; the match is agreed; the call has released its results.
    is_result_out : bool
        A decision on this offer, which has no phases of a panel, was made known.
    anywhere : bool
        True only for ANYWHERE: the question is about a list, not about one thing.
    """

    kind: EntryKind | None = None
    entry_id: int | None = None
    state: str | None = None
    publication: Publication = Publication.NONE
    owner_id: int | None = None
    subject_id: int | None = None
    collaborator_ids: frozenset[int] = frozenset()
    commenter_ids: frozenset[int] = frozenset()
    editor_ids: frozenset[int] = frozenset()
    past_helper_ids: frozenset[int] = frozenset()
    partner_ids: frozenset[int] = frozenset()
    nomination_id: int | None = None
    nominator_id: int | None = None
    nominee_id: int | None = None
    assigned_reviewer_ids: frozenset[int] = frozenset()
    countries: frozenset[str] = frozenset()
    call_id: int | None = None
    call_phase: CallState | None = None
    opens_at: datetime | None = None
    closes_at: datetime | None = None
    deadline_at: datetime | None = None
    conflict: Standing = Standing.UNANSWERED
    asks_everybody: bool = True
    proposed_by_id: int | None = None
    proposer_roles: frozenset[Role] = frozenset()
    four_eyes: bool = True
    break_glass_reason: str | None = None
    involved_ids: frozenset[int] = frozenset()
    is_blind: bool = True
    reviewers_see_names: bool = False
    shows_own_verdict: bool = False
    is_review_submitted: bool = False
    contacts_shared: bool = False
    is_call_over: bool = False
    is_result_out: bool = False
    anywhere: bool = False


NOTHING = ItemFacts()
"""For an action on no particular thing; a role counts only where it holds for the whole service."""

ANYWHERE = ItemFacts(anywhere=True)
"""For the actions named list: a role counts wherever it is held, and the query filters what is shown."""

_BY_ROLE = {
    Kind.MOD: Role.MODERATOR,
    Kind.OFF: Role.OFFICER,
    Kind.DEC: Role.DECIDER,
    Kind.AUD: Role.AUDITOR,
    Kind.ADM: Role.ADMIN,
}


def kinds_of(
    actor: Actor,
    facts: ItemFacts,
    *,
    by_link: bool = False,
    by_mail: bool = False,
    by_invitation: bool = False,
) -> frozenset[Kind]:
    """Every kind that the actor is towards the thing, before any conflict is looked at.

    ``by_link`` says whether holding the private link of an entry makes one its owner for this action, and
    ``by_mail`` whether the link mailed to a nominator makes one the nominator, ``by_invitation`` whether the
    one mailed to an invited nominee makes one the nominee.
    """
    kinds = {Kind.PUB}
    if actor.is_system:
        kinds.add(Kind.SYS)
    if by_link and facts.entry_id is not None and facts.entry_id in actor.entry_ids:
        kinds.add(Kind.OWN)
    if by_mail and facts.nomination_id is not None and facts.nomination_id in actor.nomination_ids:
        kinds.add(Kind.NOM)
    if by_invitation and facts.nomination_id is not None and facts.nomination_id in actor.invited_ids:
        kinds.add(Kind.NEE)
    if actor.account_id is not None:
        kinds |= _towards_thing(actor.account_id, facts)
        kinds |= _by_role(actor, facts)
    return frozenset(kinds)


def helps(account_id: int | None, facts: ItemFacts) -> bool:
    """Did the owner let this account help with the entry?"""
    return account_id in facts.collaborator_ids | facts.commenter_ids | facts.editor_ids


def has_helped(account_id: int | None, facts: ItemFacts) -> bool:
    """Does this account help with the entry, or did it once?"""
    return helps(account_id, facts) or account_id in facts.past_helper_ids


def _towards_thing(account_id: int, facts: ItemFacts) -> set[Kind]:
    """Kinds that follow from what the person is to this very thing."""
    is_owner = account_id == (facts.owner_id if facts.entry_id is not None else facts.subject_id)
    tests = {
        Kind.OWN: is_owner or facts.anywhere,
        Kind.COL: helps(account_id, facts),
        Kind.PAR: account_id in facts.partner_ids or (is_owner and facts.kind is EntryKind.OFFER),
        Kind.NOM: account_id == facts.nominator_id,
        Kind.NEE: account_id == facts.nominee_id,
        Kind.REV: account_id in facts.assigned_reviewer_ids,
    }
    return {kind for kind, holds in tests.items() if holds}


def _by_role(actor: Actor, facts: ItemFacts) -> set[Kind]:
    """Kinds that follow from a role, where it holds for the thing's call or country."""
    kinds = {kind for kind, role in _BY_ROLE.items() if _holds(actor, role, facts)}
    if facts.entry_id is None and facts.nomination_id is None:
        tied = {Kind.PAR: Role.PARTNER, Kind.NOM: Role.NOMINATOR, Kind.REV: Role.REVIEWER}
        kinds |= {kind for kind, role in tied.items() if _holds(actor, role, facts)}
    if any(
        grant.role is Role.FOCAL_POINT and (facts.anywhere or grant.country in facts.countries)
        for grant in actor.grants
    ):
        kinds.add(Kind.FOC)
    return kinds


def _holds(actor: Actor, role: Role, facts: ItemFacts) -> bool:
    return role in actor.roles() if facts.anywhere else actor.has_role(role, call_id=facts.call_id)
