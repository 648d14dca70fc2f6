"""Which lines does `flask match` write for a request? Its matches by rank, then what was ruled out."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from commands.codes import english_names
from commands.match_meaning import FileMeaning
from matching.explain import SharedTerm
from matching.facts import EntryFacts, Places, Term
from matching.index import Index
from matching.rank import Match, Ranking, rank_all
from vocabulary.messages import Message


@dataclass(frozen=True, slots=True)
class Job:
    """Everything a worker needs to rank requests."""

    index: Index
    places: Places
    top: int
    today: date | None
    include_blocked: bool
    with_reasons: bool
    meaning: FileMeaning | None = None

    def lines(self, requests: Sequence[EntryFacts]) -> Iterator[str]:
        """The lines of some requests, one after the other."""
        rankings = rank_all(
            requests,
            self.index,
            places=self.places,
            top=self.top,
            today=self.today,
            include_blocked=self.include_blocked,
            meaning_of=lambda request: self.meaning.of(request) if self.meaning else None,
        )
        for request, ranking in zip(requests, rankings, strict=True):
            for record in self._records(request, ranking):
                yield json.dumps(record, ensure_ascii=False)

    def _records(self, request: EntryFacts, ranking: Ranking) -> Iterator[dict[str, object]]:
        for place, match in enumerate(ranking.matches, start=1):
            yield self._record(request, place, match)
        for match in ranking.blocked:
            yield self._record(request, None, match)

    def _record(self, request: EntryFacts, place: int | None, match: Match) -> dict[str, object]:
        record: dict[str, object] = {
            "request": request.id,
            "offer": match.id,
            "rank": place,
            "score": match.score,
            "parts": dict(match.parts),
            "terms": [_term(shared) for shared in match.terms],
            "blockers": [
                {"code": found.code, "message": _in_words(found.message)} for found in match.blockers
            ],
        }
        if self.with_reasons:
            record["reasons"] = {part: _in_words(message) for part, message in match.reasons.items()}
            record["nearest"] = self._nearest(request, match.id)
        return record

    def _nearest(self, request: EntryFacts, offer_id: str) -> dict[str, str] | None:
        offer = self.index.get(offer_id)
        found = self.meaning.nearest(request, offer) if self.meaning and offer else None
        return {"request": found[0].text, "offer": found[1].text} if found else None


def _in_words(message: Message) -> str:
    """A sentence with the English names of the codes in it."""
    named = {name: _named(value) for name, value in message.params.items()}
    return str(message.format(**named))


def _named(value: object) -> object:
    if isinstance(value, Term):
        return english_names().get((value.vocabulary, value.code), str(value))
    return tuple(_named(one) for one in value) if isinstance(value, tuple) else value


def _term(shared: SharedTerm) -> dict[str, object]:
    """`other`, the offer's word, only where the two are in two languages and it is another one."""
    term: dict[str, object] = {"term": shared.term, "share": shared.share}
    return term | {"other": shared.other} if shared.other else term


def block_lines(job: Job, block: Sequence[EntryFacts]) -> list[str]:
    """The lines of a block of requests, as a worker gives them back."""
    return list(job.lines(block))
