"""What rules a pair of a request and an offer out, and how is that said?

A blocker needs two facts that contradict each other; a missing fact never blocks. Blocked pairs are not
ranked, and can always be shown with the reason. Conflicts of interest and the limits of a call are judged
elsewhere and handed to `rank` as more blockers. Rules read one side as one row and the other as many, in
either order.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from matching.columns import Bools, Columns
from matching.facets import reach_for, reached_by_offer, reached_by_request, units_of
from matching.facts import EntryFacts, Places, Term, terms
from matching.settings import MatchingSettings
from vocabulary.messages import Message

Masks: TypeAlias = dict[str, Bools]
Pick: TypeAlias = slice | NDArray[np.intp]

_WHOLE = slice(None)
_NOWHERE = np.zeros(1, dtype=np.bool_)


@dataclass(frozen=True, slots=True)
class Blocker:
    """One thing that rules a pair out: a stable code, and the sentence for people."""

    code: str
    message: Message


@dataclass(frozen=True, slots=True)
class Sides:
    """Columns of the request side and the offer side: one of them has one row, the other n."""

    requests: Columns
    offers: Columns

    @property
    def n(self) -> int:
        """Rows of the longer side, 0 or more."""
        return self.offers.n if self.requests.n == 1 else self.requests.n

    def pick(self, rows: NDArray[np.intp]) -> tuple[Pick, Pick]:
        """What picks some rows of the longer side from the columns of requests and of offers."""
        return (_WHOLE, rows) if self.requests.n == 1 else (rows, _WHOLE)


def blocked(sides: Sides, settings: MatchingSettings, places: Places, today: date | None) -> Masks:
    """Code of each blocker to where it holds, shape (n,) or (1,) for all alike, in the order they are told.

    Parameters
    ----------
    sides : Sides
    settings : MatchingSettings
    places : Places
        The map: what the places that are named reach.
    today : date or None
        Day on which entries must still stand; None judges no expiry.
    """
    request, offer = sides.requests, sides.offers

    def unreached(facet: str, asks: Bools) -> Bools:
        """Where something is asked for, the other side says something, and nothing of it is reached."""
        said = offer.facets[facet].is_said
        return _both(asks, lambda: _both(said, lambda: ~_reached(facet, sides, settings, places)))

    return {
        "not_open": ~_both(request.is_open, lambda: offer.is_open),
        "request_expired": _expired(request, today),
        "offer_expired": _expired(offer, today),
        "same_organisation": _same_organisation(sides),
        "money_only": _both(request.only_money, lambda: offer.names_support & ~offer.has_money),
        "nothing_given": unreached("support", request.names_support & ~request.only_money),
        "place_excluded": unreached("place", request.facets["place"].is_said),
        "dates_apart": _both(
            request.has_days,
            lambda: (offer.until_day < request.from_day) | (request.until_day < offer.from_day),
        ),
        "capacity_gone": offer.is_full,
        "money_gone": _both(request.only_money, lambda: offer.left == 0.0),
    }


def any_of(masks: Masks, n: int) -> Bools:
    """Where any of some blockers holds: shape (n,)."""
    found = np.zeros(n, dtype=np.bool_)
    for mask in masks.values():
        if len(mask) == n:
            found |= mask
        elif mask[0]:
            found[:] = True
    return found


def _both(one: Bools, other: Callable[[], Bools]) -> Bools:
    """Where two masks hold, the second worked out only if the first holds anywhere: shape (n,) or (1,).

    One truth value against many is decided here: numpy takes fifty times as long to lay it beside each.
    """
    if not one.any():
        return _NOWHERE
    many = other()
    if len(one) == len(many):
        return one & many
    if len(one) == 1:
        return many
    return one if many[0] else _NOWHERE


def _reached(facet: str, sides: Sides, settings: MatchingSettings, places: Places) -> Bools:
    """Where the offer reaches anything that the request names: shape (n,)."""
    requests, offers = sides.requests.facets[facet], sides.offers.facets[facet]
    reach = reach_for(facet, settings, places)
    if sides.requests.n == 1:
        return reached_by_request(units_of(requests), offers, reach)
    return reached_by_offer(dict.fromkeys(offers.rows, 1.0), requests, reach)


def _expired(columns: Columns, today: date | None) -> Bools:
    if today is None:
        return _NOWHERE
    return columns.last_day < today.toordinal()


def _same_organisation(sides: Sides) -> Bools:
    one, many = (sides.requests, sides.offers) if sides.requests.n == 1 else (sides.offers, sides.requests)
    mask = np.zeros(many.n, dtype=np.bool_)
    key = one.organisations[0]
    if key is not None and key in many.rows_of_organisation:
        mask[many.rows_of_organisation[key]] = True
    return mask


def blocker(code: str, request: EntryFacts, offer: EntryFacts) -> Blocker:
    """Say a blocker of `blocked` in a sentence about this pair. Raises KeyError for an unknown code."""
    return Blocker(code, _SENTENCES[code](request, offer))


def support_terms(codes: frozenset[str]) -> tuple[Term, ...]:
    """Support types as terms in a fixed order."""
    return terms({"support": codes})


def _not_open(request: EntryFacts, offer: EntryFacts) -> Message:
    if offer.is_open:
        return Message("The request is not open for matching.")
    return Message("The offer is not open for matching.")


def _expired_on(entry: EntryFacts) -> date | None:
    said = [day for day in (entry.valid_until_on, entry.period[1]) if day is not None]
    return min(said, default=None)


def _request_expired(request: EntryFacts, _: EntryFacts) -> Message:
    return Message("The request ended on {day}.", day=_expired_on(request))


def _offer_expired(_: EntryFacts, offer: EntryFacts) -> Message:
    return Message("The offer ended on {day}.", day=_expired_on(offer))


def _same_body(_: EntryFacts, __: EntryFacts) -> Message:
    return Message("The request and the offer come from the same organisation.")


def _money_only(_: EntryFacts, offer: EntryFacts) -> Message:
    return Message(
        "The request asks for money only; the offer gives {given}.", given=support_terms(offer.support)
    )


def _nothing_given(request: EntryFacts, offer: EntryFacts) -> Message:
    return Message(
        "The request asks for {asked}; the offer gives {given}.",
        asked=support_terms(request.support),
        given=support_terms(offer.support),
    )


def _place_excluded(request: EntryFacts, offer: EntryFacts) -> Message:
    return Message(
        "Help is needed in {needed}; the offer is for {reached}.",
        needed=request.places,
        reached=offer.places,
    )


def _dates_apart(request: EntryFacts, offer: EntryFacts) -> Message:
    (first, last), (opens, ends) = request.period, offer.period
    if first and ends and ends < first:
        return Message("The work starts on {start}; the offer ends before, on {end}.", start=first, end=ends)
    return Message("The work ends on {end}; the offer starts after that, on {start}.", end=last, start=opens)


def _capacity_gone(_: EntryFacts, __: EntryFacts) -> Message:
    return Message("The offer has no places left.")


def _money_gone(_: EntryFacts, __: EntryFacts) -> Message:
    return Message("The request asks for money only, and the offer's money is all given.")


_SENTENCES = {
    "not_open": _not_open,
    "request_expired": _request_expired,
    "offer_expired": _offer_expired,
    "same_organisation": _same_body,
    "money_only": _money_only,
    "nothing_given": _nothing_given,
    "place_excluded": _place_excluded,
    "dates_apart": _dates_apart,
    "capacity_gone": _capacity_gone,
    "money_gone": _money_gone,
}
BLOCKER_CODES = tuple(_SENTENCES)
"""Every code, in the order in which blockers are told."""
