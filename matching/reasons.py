"""What does each part of a match say, in a sentence?

One sentence for each part, also where a part does not apply or an entry is silent, so that nobody has to
guess why a number is 0. Codes go in as `Term`, sums as `Amount` and days as dates: the doors write them in
the reader's language.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from matching.bags import language_of
from matching.explain import SharedTerm
from matching.facets import codes_of, reach_for, tags_of
from matching.facts import FINANCIAL, Amount, EntryFacts, Places, Term, terms
from matching.gates import support_terms
from matching.settings import PARTS, MatchingSettings
from vocabulary.messages import Message, plural_message


@dataclass(frozen=True, slots=True)
class Pair:
    """A request and an offer with what was worked out about them; `applies` holds the parts that count.

    `has_vectors`: are sentence vectors there at all, if not for these two?
    """

    request: EntryFacts
    offer: EntryFacts
    parts: Mapping[str, float]
    applies: frozenset[str]
    terms: tuple[SharedTerm, ...]
    settings: MatchingSettings
    places: Places
    has_vectors: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Reasons(Mapping[str, Message]):
    """Part name to its sentence, in the order of `PARTS`; a sentence is made when it is read."""

    pair: Pair

    def __getitem__(self, part: str) -> Message:
        return _SENTENCES[part](self.pair)

    def __iter__(self) -> Iterator[str]:
        return iter(PARTS)

    def __len__(self) -> int:
        return len(PARTS)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Mapping) and dict(self) == dict(other)

    def __hash__(self) -> int:
        return hash(tuple(self.values()))


def _text(pair: Pair) -> Message:
    if "text" not in pair.applies:
        return Message("The request has no words to compare.")
    if pair.terms:
        words = tuple(shared.shown for shared in pair.terms[: pair.settings.n_terms_in_reason])
        return plural_message(
            "Both use the word {words}.", "Both use the words {words}.", len(words), words=words
        )
    ours, theirs = language_of(pair.request), language_of(pair.offer)
    if ours != theirs:
        return Message(
            "The request is written in {asked}, the offer in {given}; they share no words.",
            asked=Term("language", ours),
            given=Term("language", theirs),
        )
    return Message("They share no words.")


def _meaning(pair: Pair) -> Message:
    if "meaning" not in pair.applies and pair.has_vectors:
        return Message("Meaning is not compared yet: it is worked out in the background.")
    if "meaning" not in pair.applies:
        return Message("Meaning is not compared: no sentence vectors are installed.")
    return Message(
        "By their meaning they are alike to {percent} per cent.", percent=_percent(pair.parts["meaning"])
    )


def _support(pair: Pair) -> Message:
    asked, given = pair.request.support, pair.offer.support
    if not asked:
        return Message("The request does not say what support it asks for.")
    if not given:
        return Message("The offer does not say what support it gives.")
    if not asked & given:
        return Message("Nothing that is asked for is given.")
    shared = support_terms(asked & given)
    if asked <= given:
        return Message("Both name {shared}.", shared=shared)
    return Message(
        "Both name {shared}; the request also asks for {missing}.",
        shared=shared,
        missing=support_terms(asked - given),
    )


def _needs(pair: Pair) -> Message:
    asked, served = _tags(pair.request), _tags(pair.offer)
    if not asked:
        return Message("The request names no needs, initiatives or themes.")
    if not served:
        return Message("The offer names no needs, initiatives or themes.")
    shared = tuple(tag for tag in asked if tag in served)
    if shared:
        return Message("Served by both: {shared}.", shared=shared)
    if pair.parts["needs"] > 0:
        return Message(
            "They serve related needs: the request {asked}, the offer {served}.", asked=asked, served=served
        )
    return Message(
        "They serve different needs: the request {asked}, the offer {served}.", asked=asked, served=served
    )


def _tags(entry: EntryFacts) -> tuple[Term, ...]:
    return tuple(Term(vocabulary, code) for vocabulary, code in tags_of(entry))


def _place(pair: Pair) -> Message:
    needed, reached = pair.request.places, pair.offer.places
    if not needed:
        return Message("The request names no place.")
    if not reached:
        return Message("The offer does not say where it can help.")
    missed = _missed(pair)
    if not missed:
        return Message(
            "Help is needed in {needed}; the offer is for {reached}.", needed=needed, reached=reached
        )
    return Message(
        "Help is needed in {needed}; the offer is for {reached}, which leaves out {missed}.",
        needed=needed,
        reached=reached,
        missed=missed,
    )


def _missed(pair: Pair) -> tuple[Term, ...]:
    reach = reach_for("place", pair.settings, pair.places)
    units = codes_of(pair.request, "place", pair.settings)
    tokens = codes_of(pair.offer, "place", pair.settings)
    missed = [unit for unit in units if not reach(unit).keys() & tokens.keys()]
    return tuple(Term(*unit.split(":", 1)) for unit in missed)


def _language(pair: Pair) -> Message:
    asked, given = pair.request.languages, pair.offer.languages
    if not asked:
        return Message("The request names no working languages.")
    if not given:
        return Message("The offer names no working languages.")
    if asked & given:
        return Message("Both work in {languages}.", languages=terms({"language": asked & given}))
    return Message(
        "They share no working language: the request names {asked}, the offer {given}.",
        asked=terms({"language": asked}),
        given=terms({"language": given}),
    )


def _time(pair: Pair) -> Message:
    if "time" not in pair.applies:
        return Message("The request names no dates.")
    if pair.offer.period == (None, None):
        return Message("The offer names no dates.")
    if pair.parts["time"] == 0.0:
        return Message("The dates of the request and of the offer do not meet.")
    if pair.parts["time"] == 1.0:
        return Message("The offer covers the time of the work.")
    return Message(
        "The offer covers {percent} per cent of the time of the work.", percent=_percent(pair.parts["time"])
    )


def _money(pair: Pair) -> Message:
    if "money" not in pair.applies and (pair.request.amount_usd or 0.0) > 0.0:
        return Message("The request names an amount, but does not ask for funding.")
    if "money" not in pair.applies:
        return Message("The request asks for no amount of money.")
    if pair.offer.support and FINANCIAL not in pair.offer.support:
        return Message("The offer gives no money.")
    ceiling, sought = pair.offer.ceiling_usd, pair.request.amount_usd or 0.0
    if ceiling is None:
        return Message("The offer names no ceiling.")
    if pair.parts["money"] == 1.0:
        return Message(
            "The amount sought, {sought}, is within the ceiling of {ceiling}.",
            sought=Amount(sought),
            ceiling=Amount(ceiling),
        )
    return Message(
        "The request seeks {sought}; the offer's ceiling of {ceiling} leaves {gap} open.",
        sought=Amount(sought),
        ceiling=Amount(ceiling),
        gap=Amount(sought - ceiling),
    )


def _percent(value: float) -> int:
    """Whole percent, never 0 or 100 for what is neither."""
    return min(max(round(100 * value), 1), 99) if 0.0 < value < 1.0 else round(100 * value)


_SENTENCES = {
    "text": _text,
    "meaning": _meaning,
    "support": _support,
    "needs": _needs,
    "place": _place,
    "language": _language,
    "time": _time,
    "money": _money,
}
