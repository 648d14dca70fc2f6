"""What rules a pair of a request and an offer out, and how is that said?

A blocker needs two facts that contradict each other; a missing fact never blocks. Blocked pairs are not
ranked, and can always be shown with the reason. Conflicts of interest and the limits of a call are judged
elsewhere and handed to `rank` as more blockers. Rules read one side as one row and the other as many, in
either order.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TypeAlias

import numpy as np

from matching.columns import Bools, Columns
from matching.facets import Floats, Spread
from matching.facts import EntryFacts, Term, terms
from vocabulary.messages import Message

Masks: TypeAlias = dict[str, Bools]


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


def blocked(sides: Sides, parts: Mapping[str, Floats | Spread], today: date | None) -> Masks:
    """Code of each blocker to where it holds, shape (n,) or (1,) for all alike, in the order they are told.

    Parameters
    ----------
    sides : Sides
    parts : mapping of part to array of shape (n,), 0..1
        Of `support` and `place` where a request names them: how much of what is asked for is given, and of
        where it is needed is reached.
    today : date or None
        Day on which entries must still stand; None judges no expiry.
    """
    request, offer = sides.requests, sides.offers
    both_support = request.names_support & offer.names_support
    both_place = request.facets["place"].is_said & offer.facets["place"].is_said
    return {
        "not_open": ~(request.is_open & offer.is_open),
        "request_expired": _expired(request, today),
        "offer_expired": _expired(offer, today),
        "same_organisation": _same_organisation(sides),
        "money_only": _where(request.only_money, lambda: offer.names_support & ~offer.has_money),
        "nothing_given": _zero(parts, "support", both_support & ~request.only_money),
        "place_excluded": _zero(parts, "place", both_place),
        "dates_apart": _where(
            request.has_days,
            lambda: (offer.until_day < request.from_day) | (request.until_day < offer.from_day),
        ),
        "capacity_gone": offer.is_full,
        "money_gone": _where(request.only_money, lambda: offer.left == 0.0),
    }


def _where(condition: Bools, mask: Callable[[], Bools]) -> Bools:
    """A mask where a condition on requests holds, worked out only if it holds for any."""
    return condition & mask() if bool(condition.any()) else np.zeros(1, dtype=np.bool_)


def _zero(parts: Mapping[str, Floats | Spread], part: str, both: Bools) -> Bools:
    """Where both sides say something on a part, and nothing of it is reached."""
    values = parts.get(part)
    return both & values.is_zero if isinstance(values, Spread) else np.zeros(1, dtype=np.bool_)


def _expired(columns: Columns, today: date | None) -> Bools:
    if today is None:
        return np.zeros(1, dtype=np.bool_)
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
