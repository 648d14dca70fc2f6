"""What suits this entry, and why: the list for its owner, and one pair side by side."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from frame.access import acts, current_actor
from frame.language import current_language
from services.clock import utc_now
from services.introductions.sheets import matches_of_pair
from services.matches import MatchPage, match_page, matches_of
from services.queries.entries import entry_page
from services.queries.partners import partners_for_matches
from services.shared_ideas import shared_ideas
from services.transaction import reading
from vocabulary.actions import Action
from vocabulary.errors import NotFound
from vocabulary.messages import Message
from vocabulary.people import Role
from vocabulary.states import EntryKind
from web.drafts import NOUN, kind_of

bp = Blueprint("matches", __name__)
SHOWN, MOST_SHOWN = 10, 50

PARTS: Mapping[str, Message] = {
    "text": Message("Words"),
    "meaning": Message("Meaning"),
    "support": Message("Support"),
    "needs": Message("Needs and initiatives"),
    "place": Message("Place"),
    "language": Message("Working languages"),
    "time": Message("Time"),
    "money": Message("Money"),
}
"""The parts of a score, in the order in which they are shown."""

SIDE_TEXTS = ("title", "summary", "need", "activities", "results", "conditions")


@bp.get(f"/{NOUN}/<ref>/matches")
@acts(Action.MATCH_READ)
def of_entry(noun: str, ref: str) -> ResponseReturnValue:
    """The best entries of the other side; with ?include=blocked also what was ruled out, and why."""
    kind, is_all = kind_of(noun), request.args.get("show") == "more"
    with reading() as session:
        actor, now = current_actor(), utc_now()
        page = entry_page(session, actor, ref, now=now, kind=kind)
        found = matches_of(
            session,
            actor,
            ref,
            now=now,
            language=current_language(),
            kind=kind,
            limit=MOST_SHOWN if is_all else SHOWN,
            include_blocked=request.args.get("include") == "blocked",
        )
        partners = partners_for_matches(session, actor, ref, now=now)
    return render_template(
        "matches/list.html",
        page=page,
        found=found,
        noun=noun,
        ref=ref,
        parts=PARTS,
        is_all=is_all,
        partners=partners,
        suggested={offer.ref for partner in partners for offer in partner.offers},
    )


@bp.get(f"/{NOUN}/<ref>/matches/<other>")
@acts(Action.MATCH_READ)
def pair(noun: str, ref: str, other: str) -> ResponseReturnValue:
    """One pair: both texts with what they share marked, the parts of the score, what stands against it."""
    kind = kind_of(noun)
    with reading() as session:
        actor, now = current_actor(), utc_now()
        found = match_page(session, actor, ref, other, now=now, language=current_language(), kind=kind)
        if found is None:
            raise NotFound
        request_ref, offer_ref = (ref, other) if kind is EntryKind.REQUEST else (other, ref)
        taken = matches_of_pair(session, actor, request_ref, offer_ref, now=now)
    return render_template(
        "matches/pair.html",
        noun=noun,
        ref=ref,
        taken=taken,
        request_ref=request_ref,
        offer_ref=offer_ref,
        may_take_up=Role.OFFICER in actor.roles(),
        **comparison(found),
    )


def comparison(found: MatchPage) -> dict[str, Any]:
    """What templates/matches/_comparison.html shows of a pair."""
    ideas = shared_ideas(found.subject, found.candidate, current_language())
    words = {
        EntryKind.REQUEST: [shared.term for shared in found.row.terms],
        EntryKind.OFFER: [shared.other or shared.term for shared in found.row.terms],
    }
    forms = ([form for idea in ideas for form in idea.here], [form for idea in ideas for form in idea.there])
    sides = [
        {
            "facts": side,
            "texts": [
                (name, [list(marked(passage, words[side.kind], exact)) for passage in side.texts[name]])
                for name in SIDE_TEXTS
                if name in side.texts
            ],
        }
        for side, exact in zip((found.subject, found.candidate), forms, strict=True)
    ]
    return {"found": found, "sides": sides, "ideas": ideas, "parts": PARTS}


def marked(text: str, words: Sequence[str], exact: Sequence[str] = ()) -> Iterator[tuple[bool, str]]:
    """A text in pieces, True where a piece is one of the words or begins with its stem, or is an exact form.

    Words are marked as written; other forms of a word are marked by their first letters where the word is
    long enough (five letters) to tell. Chinese has no spaces, so there a word is marked wherever it stands.
    """
    if not words and not exact:
        yield False, text
        return
    patterns = {word: _pattern(word) for word in words} | {form: _exact(form) for form in exact}
    longest_first = sorted(patterns, key=lambda word: (-len(word), word))
    at = 0
    for found in re.finditer("|".join(patterns[word] for word in longest_first), text, re.IGNORECASE):
        if found.start() > at:
            yield False, text[at : found.start()]
        yield True, found.group()
        at = found.end()
    if at < len(text):
        yield False, text[at:]


_HAN = re.compile(r"[\u3400-\u9fff]")


def _exact(form: str) -> str:
    return re.escape(form) if _HAN.search(form) else rf"\b{re.escape(form)}\b"


def _pattern(word: str) -> str:
    if _HAN.search(word):
        return re.escape(word)
    beginning = word[: max(4, len(word) - 3)] if len(word) >= 5 else word
    tail = r"\w{0,5}" if len(word) >= 5 else ""
    return rf"\b{re.escape(beginning)}{tail}\b"
