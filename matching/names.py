"""Is this organisation, or this entry, already known under a spelling slightly different?

Names are compared letter by letter (rapidfuzz), in any script, after case, accents, signs and legal forms
are put aside; an acronym also counts as made from a name's initials, and names in two scripts by their sound
(`matching.romanised`). Entries are compared by title and summary. It only points out: a person decides
whether two are one. Topics are compared in `matching.rank`, not here.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from rapidfuzz import fuzz

from matching.bags import language_of
from matching.duplicates import SURE, SURE_IN_MEANING, likeness_across, likeness_in_meaning
from matching.facts import EntryFacts
from matching.meaning import Vectors
from matching.romanised import likeness_by_sound
from matching.text import normalise


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


LEGAL_FORMS = _words(
    """
    ab ag asbl bv co company corp corporation ev gie gmbh inc incorporated limited llc lp ltd ong oy plc pvt
    sa sarl sas sau se sl spa srl ао зао оао ооо пао нко фгбу фгбоу
    """
)
_CHINESE_FORMS = ("有限责任公司", "股份有限公司", "有限公司")
_JOINING = _words(
    "a and at d da de del des do du el en et for in l la las le les los of on para pour the y в и по"
)
_SHORTEST_INITIALS = 3


class Why(StrEnum):
    """What made two names alike."""

    SAME = "same"
    SPELLING = "spelling"
    ACRONYM = "acronym"
    SCRIPT = "script"
    TEXT = "text"
    TRANSLATION = "translation"


@dataclass(frozen=True, slots=True)
class Similar:
    """A candidate that may be the same: its key, how alike (0..1), why, and the name that was alike."""

    key: str
    score: float
    why: Why
    name: str


@lru_cache(maxsize=65_536)
def plain_name(name: str) -> str:
    """A name without case, accents, signs, joining words and legal forms; the words stay in order.

    Never empty for a name that has letters: a name of nothing but noise is kept whole.
    """
    decomposed = unicodedata.normalize("NFD", normalise(name).casefold())
    letters = "".join(
        character if character.isalnum() or unicodedata.category(character) == "Mc" else " "
        for character in decomposed
        if not unicodedata.combining(character)
    )
    letters = unicodedata.normalize("NFC", letters)
    for form in _CHINESE_FORMS:
        letters = letters.replace(form, " ") if letters.strip() != form else letters
    words = letters.split()
    kept = [word for word in words if word not in LEGAL_FORMS and word not in _JOINING]
    return " ".join(kept or words)


def similar_names(
    query: str,
    candidates: Mapping[str, Iterable[str]],
    *,
    limit: int = 5,
    cutoff: float = 0.85,
) -> list[Similar]:
    """Find the organisations whose name, acronym or alias is like `query`.

    Parameters
    ----------
    query : str
        A name as somebody types it; nothing is found for an empty one.
    candidates : mapping of key to names
        Every name an organisation goes by.
    limit : int, 0 or more
    cutoff : float, 0..1
        Least likeness to be told.

    Returns
    -------
    list of Similar
        Best first, ties by key; each key once, with its best name.
    """
    wanted = plain_name(query)
    if not wanted:
        return []
    found = [
        max(
            (_compare(query, wanted, key, name) for name in names if plain_name(name)),
            key=lambda similar: (similar.score, similar.name),
            default=None,
        )
        for key, names in candidates.items()
    ]
    likely = [similar for similar in found if similar is not None and similar.score >= cutoff]
    return sorted(likely, key=lambda similar: (-similar.score, similar.key))[:limit]


def _compare(query: str, wanted: str, key: str, name: str) -> Similar:
    known = plain_name(name)
    if wanted == known:
        return Similar(key, 1.0, Why.SAME, name)
    if _is_acronym(query, known) or _is_acronym(name, wanted):
        return Similar(key, 0.9, Why.ACRONYM, name)
    spelt, heard = _likeness(wanted, known), likeness_by_sound(wanted, known)
    return Similar(key, max(spelt, heard), Why.SPELLING if spelt >= heard else Why.SCRIPT, name)


def name_likeness(one: str, other: str) -> float:
    """Tell how alike two names are, of people or of bodies, in one script or in two.

    Parameters
    ----------
    one, other : str
        As they were written, words in any order.

    Returns
    -------
    float in 0..1
        The same from both sides, to six digits: 1 for one name but for case, accents and signs, below 1
        otherwise; 0 where one has no letters. From 0.85 on they may be one.
    """
    ours, theirs = plain_name(one), plain_name(other)
    if not ours or not theirs:
        return 0.0
    return 1.0 if ours == theirs else max(_likeness(ours, theirs), likeness_by_sound(ours, theirs))


def person_likeness(one: str, other: str) -> float:
    """Tell how alike two names of people are, one of which may leave out names: the father's, the second.

    As `name_likeness`; where one has more names than the other, and each of the two or more names of the
    other is among them or much like one of them, that is 0.95 of how like they are.
    """
    ours, theirs = sorted((plain_name(one).split(), plain_name(other).split()), key=lambda words: len(words))
    whole = name_likeness(one, other)
    if len(ours) < 2 or len(ours) == len(theirs):
        return whole
    left, likeness = list(theirs), 1.0
    for word in ours:
        score, best = max((_word_likeness(word, known), known) for known in left)
        likeness = min(likeness, score)
        left.remove(best)
    return max(whole, round(0.95 * likeness, 6))


def _word_likeness(one: str, other: str) -> float:
    return 1.0 if one == other else max(_likeness(one, other), likeness_by_sound(one, other, fewest=1))


def _likeness(one: str, other: str) -> float:
    """Letters in order, or the same words in another order (a little less sure); below 1."""
    straight = fuzz.ratio(one, other)
    reordered = 0.97 * float(fuzz.token_sort_ratio(one, other))
    return min(round(max(straight, reordered) / 100, 6), 0.99)


def _is_acronym(short: str, words: str) -> bool:
    """Are these the initials of the words? Asked only of one word written in capitals."""
    letters = "".join(character for character in short if character.isalnum())
    if len(letters) < _SHORTEST_INITIALS or " " in short.strip() or not letters.isupper():
        return False
    return plain_name(letters) == "".join(word[0] for word in words.split())


def similar_entries(
    entry: EntryFacts,
    candidates: Iterable[EntryFacts],
    *,
    limit: int = 5,
    cutoff: float = 0.8,
    sentences: Mapping[str, Vectors] | None = None,
) -> list[Similar]:
    """Find entries that may be this one written again: alike in title and summary, or a translation of them.

    The entry itself (same id) and entries of the other kind are passed over. `name` is the candidate's title.
    Best first, ties by id; scores 0..1. `cutoff` is for texts of one language; for a translation it is
    `matching.duplicates.SURE`, since few words of one have their very counterpart in the other, or
    `SURE_IN_MEANING`, where `sentences` holds the vectors of the sentences of both, by id.
    """
    title, whole = _title(entry), _whole(entry)
    if not whole:
        return []
    found = []
    for candidate in candidates:
        if candidate.id == entry.id or candidate.kind is not entry.kind:
            continue
        score = _entry_likeness((title, whole), (_title(candidate), _whole(candidate)), cutoff)
        if score >= cutoff:
            why = Why.SAME if whole == _whole(candidate) else Why.TEXT
            found.append(Similar(candidate.id, score, why, _shown_title(candidate)))
            continue
        across = _likeness_of_translations(entry, candidate, sentences or {})
        if across is not None:
            found.append(Similar(candidate.id, across, Why.TRANSLATION, _shown_title(candidate)))
    return sorted(found, key=lambda similar: (-similar.score, similar.key))[:limit]


def _likeness_of_translations(
    entry: EntryFacts, candidate: EntryFacts, sentences: Mapping[str, Vectors]
) -> float | None:
    """How alike two entries are in two languages, None where that is too little."""
    (ours, language), (theirs, other) = _said(entry), _said(candidate)
    if entry.id in sentences and candidate.id in sentences and language != other:
        likeness, least = likeness_in_meaning(sentences[entry.id], sentences[candidate.id]), SURE_IN_MEANING
    else:
        likeness, least = likeness_across((ours, language), (theirs, other)), SURE
    return likeness if likeness >= least else None


def _entry_likeness(ours: tuple[str, str], theirs: tuple[str, str], cutoff: float) -> float:
    """Likeness of title and summary together; a title alone says enough only when it is long and all but
    equal."""
    whole = fuzz.token_sort_ratio(ours[1], theirs[1], score_cutoff=100 * cutoff)
    is_telling = min(len(ours[0]), len(theirs[0])) >= 12
    title = 0.97 * float(fuzz.ratio(ours[0], theirs[0], score_cutoff=92)) if is_telling else 0.0
    return round(max(whole, title) / 100, 6)


def _shown_title(entry: EntryFacts) -> str:
    return " ".join(entry.texts.get("title", ()))


def _title(entry: EntryFacts) -> str:
    return plain_name(_shown_title(entry))


def _said(entry: EntryFacts) -> tuple[str, str]:
    """Title and summary (else all there is) as they were written, and their language."""
    said = [*entry.texts.get("title", ()), *entry.texts.get("summary", ())]
    every = said or [text for name in sorted(entry.texts) for text in entry.texts[name]]
    return "\n".join(every), language_of(entry)


def _whole(entry: EntryFacts) -> str:
    said = [*entry.texts.get("title", ()), *entry.texts.get("summary", ())]
    return plain_name(" ".join(said or [text for name in sorted(entry.texts) for text in entry.texts[name]]))
