"""Screen many entries at once, in two steps: first say exactly what would happen, then do just that.

What is done is what was shown: each entry by its reference and the version that the officer saw. One that has
changed meanwhile, or cannot be done, stops all of it, and nothing is written.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from models.entries import Entry
from procedure.access import refusal
from services import screening
from services.entries import publication
from services.entries.content import PREFIXES
from services.entries.rows import fetch
from services.facts import entry_facts
from services.queries import board
from services.queries.work import WorkRow
from vocabulary.actions import Action
from vocabulary.errors import Invalid, NotFound
from vocabulary.messages import Message
from vocabulary.people import Actor
from vocabulary.states import EntryKind

Done = Callable[[Session, Actor, str, int, datetime], Entry]
MOST_AT_ONCE = 50


@dataclass(frozen=True, slots=True)
class BulkAct:
    """Something that can be done to many entries of one kind of work; `n_mails` for each of them."""

    code: str
    name: Message
    happens: Message
    n_mails: int


@dataclass(frozen=True, slots=True)
class Plan:
    """What would happen: to which entries, at which versions, and how many mails would go."""

    act: BulkAct
    rows: tuple[WorkRow, ...]

    @property
    def n_mails(self) -> int:
        """Mails that would be sent."""
        return self.act.n_mails * len(self.rows)


ACTS: Mapping[str, BulkAct] = {
    "screen": BulkAct(
        "screen",
        Message("Find eligible"),
        Message(
            "Each request is noted as eligible in the version shown, each offer is checked and stands. "
            "Nobody is written to."
        ),
        0,
    ),
    "confirm": BulkAct(
        "confirm",
        Message("Confirm that they are not eligible"),
        Message(
            "You confirm what another officer found. Their owners are told when the results are released."
        ),
        0,
    ),
}


def plan(
    session: Session, actor: Actor, code: str, refs: Sequence[str], *, now: datetime, language: str
) -> Plan:
    """What would happen to these entries. Raises NotFound for one that is not to do, Invalid for none."""
    if code not in ACTS:
        raise NotFound
    waiting = {row.ref: row for row in board.work(session, actor, code, now=now, language=language).rows}
    chosen = list(dict.fromkeys(refs))
    if not chosen or len(chosen) > MOST_AT_ONCE:
        raise Invalid({"ref": [Message("Choose between one and {n} entries.", n=MOST_AT_ONCE)]})
    if any(ref not in waiting for ref in chosen):
        raise NotFound
    closed = tuple(ref for ref in chosen if _is_unanswered(session, actor, ref, now))
    if closed:
        raise Invalid({"ref": [Message("Answer the conflict question first for {refs}.", refs=closed)]})
    return Plan(ACTS[code], tuple(waiting[ref] for ref in chosen))


def _is_unanswered(session: Session, actor: Actor, ref: str, now: datetime) -> bool:
    """Does the conflict question still stand between the actor and this entry?"""
    facts = entry_facts(session, fetch(session, ref), actor)
    return refusal(actor, Action.ENTRY_READ, facts, now) == "conflict_unanswered"


def carry_out(
    session: Session, actor: Actor, code: str, versions: Mapping[str, int], *, now: datetime
) -> int:
    """Do it to each entry at the version that was shown; all of them or none. Returns how many.

    Raises what doing it to one of them raises.
    """
    if code not in ACTS:
        raise NotFound
    if not versions or len(versions) > MOST_AT_ONCE:
        raise Invalid({"ref": [Message("Choose between one and {n} entries.", n=MOST_AT_ONCE)]})
    do = _find_eligible if code == "screen" else _confirm
    for ref in sorted(versions):
        do(session, actor, ref, versions[ref], now)
    return len(versions)


def _find_eligible(session: Session, actor: Actor, ref: str, version: int, now: datetime) -> Entry:
    if ref.startswith(PREFIXES[EntryKind.OFFER]):
        return publication.check_and_activate(session, actor, ref, version, now=now)
    return screening.find_eligible(session, actor, ref, version, now=now)


def _confirm(session: Session, actor: Actor, ref: str, version: int, now: datetime) -> Entry:
    return screening.confirm_ineligible(session, actor, ref, version, now=now)
