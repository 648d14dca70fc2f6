"""Which concepts of the field does a text name, whichever of the six languages it is written in?

The glossary (`matching/data/glossary.json`, wording ours) gives each concept its terms in six languages. A
text is read by longest match: words by the tokens of `matching.text`, so that inflected forms count,
Chinese by its characters. Knows nothing of entries, weights or vectors. How it is kept: docs/glossary.md.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from matching.text import LANGUAGES, identify
from matching.word_forms import ARABIC_PREFIXES, HAN, Word, is_form, keys_of, n_alike, plain_text, words_of

SHIPPED = Path(__file__).resolve().parent / "data" / "glossary.json"
_BREAK = re.compile(r"[.!?;:()\[\]…؛؟]|\n\s*\n")
"""No term goes on across one of these; commas stand in the names of some conventions."""
_LONGEST_GAP = 24
"""Letters between two words of a term: room for the function words that analysis leaves out."""
_SHORT_PREFIXED = 4
_LOWER = str.maketrans({chr(code): chr(code + 32) for code in range(ord("A"), ord("Z") + 1)})


@dataclass(frozen=True, slots=True)
class Concept:
    """A concept: its id, its domain, and its terms by language, the preferred one first."""

    id: str
    domain: str
    terms: Mapping[str, tuple[str, ...]]

    def label(self, language: str) -> str:
        """The preferred term; English for a language outside the six."""
        return self.terms.get(language, self.terms["en"])[0]


@dataclass(frozen=True, slots=True)
class FoundConcept:
    """A concept named in a text: `surface` stands at start..end of the text as `plain_text` gives it."""

    id: str
    start: int
    end: int
    surface: str


@dataclass(frozen=True, slots=True)
class SharedConcept:
    """A concept that two texts name, with every form it is written in: here, and there."""

    id: str
    here: tuple[str, ...]
    there: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Entry:
    """What a run of tokens or characters stands for.

    `ids` however it is written, each with its terms without joining words; `capital_ids` with the terms
    that are met in capitals only (PES, SIG).
    """

    key: tuple[str, ...] | str
    ids: Mapping[str, tuple[str, ...]]
    capital_ids: Mapping[str, tuple[str, ...]]

    def meant(self, written: str, language: str) -> tuple[str, ...]:
        """The concepts meant by a run written so: of several with one stem, those written most alike."""
        capitals = tuple(id_ for id_, terms in self.capital_ids.items() if written in terms)
        if capitals:
            return capitals
        folded = written.casefold()
        alike = {
            id_: max(n_alike(folded, term.casefold()) for term in terms)
            for id_, terms in self.ids.items()
            if language == "zh" or any(_may_be(written, term, language) for term in terms)
        }
        return tuple(id_ for id_, n_letters in alike.items() if n_letters == max(alike.values()))


def _may_be(written: str, term: str, language: str) -> bool:
    """Could a run with the tokens of a term be a form of it?

    A single word with a capital (the Bureau, la Mesa) is met with one. Several words confirm each other in
    Arabic and Russian, whose endings are many.
    """
    words, terms = written.casefold().split(), term.casefold().split()
    if len(terms) == 1 and term[0].isupper() and not written[0].isupper():
        return False
    if len(terms) > 1 and language in ("ar", "ru"):
        return True
    return all(is_form(word, base, language) for word, base in zip(words, terms, strict=True))


class Glossary:
    """Concepts, and how each language's texts are searched for them. Build it once: it only reads."""

    def __init__(
        self, concepts: Iterable[Concept], passed_over: Mapping[str, Iterable[str]] | None = None
    ) -> None:
        self._passed_over = {language: frozenset(words) for language, words in (passed_over or {}).items()}
        self.concepts: dict[str, Concept] = {concept.id: concept for concept in concepts}
        self._words = {
            language: _word_table(self.concepts.values(), language)
            for language in LANGUAGES
            if language != "zh"
        }
        self._characters = _character_table(self.concepts.values())

    def concepts_in(
        self, text: str, language: str | None = None, *, nested: bool = False
    ) -> tuple[FoundConcept, ...]:
        """Find the concepts that a text names.

        Parameters
        ----------
        text : str
            Any text; may be empty.
        language : str or None
            Its language; None asks `matching.text.identify`. A language outside the six finds nothing.
        nested : bool
            Also tell shorter terms inside a longer one ("wetland" in "wetland restoration").

        Returns
        -------
        tuple of FoundConcept
            In reading order; the longest term wins. A homonym gives one item for each concept it may mean.
        """
        language = language or identify(text)
        plain = plain_text(text)
        if language == "zh":
            return tuple(self._in_characters(plain, nested))
        table = self._words.get(language)
        if not table:
            return ()
        passed_over = self._passed_over.get(language, frozenset())
        return tuple(_in_words(plain, language, table, nested, passed_over))

    def shared(
        self, here: tuple[str, str | None], there: tuple[str, str | None]
    ) -> tuple[SharedConcept, ...]:
        """Tell which concepts two texts, each given with its language, both name.

        In the order in which the first text names them; forms in reading order, each once.
        """
        ours, theirs = (_forms(self.concepts_in(text, language)) for text, language in (here, there))
        return tuple(SharedConcept(id_, ours[id_], theirs[id_]) for id_ in ours if id_ in theirs)

    def _in_characters(self, plain: str, nested: bool) -> Iterator[FoundConcept]:
        folded = plain.translate(_LOWER)
        table = self._characters
        at, last = 0, len(folded) - 1
        while at < last:
            entries = table.get(folded[at : at + 2])
            step = 1
            for entry in entries or ():
                end = at + len(entry.key)
                if not folded.startswith(str(entry.key), at) or _cuts_a_word(plain, at, end):
                    continue
                found = [
                    FoundConcept(id_, at, end, plain[at:end]) for id_ in entry.meant(plain[at:end], "zh")
                ]
                yield from found
                if found and not nested:
                    step = end - at
                    break
            at += step


def parse_glossary(content: Mapping[str, Any]) -> Glossary:
    """Make a glossary of what the data file holds; KeyError where a concept lacks a language."""
    concepts = (
        Concept(item["id"], item["domain"], {language: tuple(item[language]) for language in LANGUAGES})
        for item in content["concepts"]
    )
    return Glossary(concepts, content.get("passed_over"))


@lru_cache(maxsize=1)
def shipped_glossary() -> Glossary:
    """The glossary that the service ships, read once."""
    return parse_glossary(json.loads(SHIPPED.read_text(encoding="utf-8")))


def concepts_in(text: str, language: str | None = None, *, nested: bool = False) -> tuple[FoundConcept, ...]:
    """Find the concepts of the shipped glossary that a text names; see `Glossary.concepts_in`."""
    return shipped_glossary().concepts_in(text, language, nested=nested)


def shared_concepts(here: tuple[str, str | None], there: tuple[str, str | None]) -> tuple[SharedConcept, ...]:
    """Concepts of the shipped glossary that two texts, each with its language, both name."""
    return shipped_glossary().shared(here, there)


def _forms(found: Iterable[FoundConcept]) -> dict[str, tuple[str, ...]]:
    forms: defaultdict[str, dict[str, None]] = defaultdict(dict)
    for item in found:
        forms[item.id][item.surface] = None
    return {id_: tuple(surfaces) for id_, surfaces in forms.items()}


_Terms = dict[str, tuple[str, ...]]
_Ids = defaultdict[Any, tuple[_Terms, _Terms]]
"""Key to the concepts that it stands for however written, with their terms, and in capitals."""


def _word_table(concepts: Iterable[Concept], language: str) -> dict[str, tuple[_Entry, ...]]:
    """First token to the entries that begin with it, the longest first."""
    ids: _Ids = defaultdict(lambda: ({}, {}))
    for concept in concepts:
        for term in concept.terms[language]:
            written = " ".join(word.surface for word in words_of(plain_text(term), language))
            for key in keys_of(term, language):
                _enter(ids[key], concept.id, term, written)
    return _by_start(ids, lambda key: str(key[0]))


def _character_table(concepts: Iterable[Concept]) -> dict[str, tuple[_Entry, ...]]:
    """First two characters to the entries that begin with them, the longest first."""
    ids: _Ids = defaultdict(lambda: ({}, {}))
    for concept in concepts:
        for term in concept.terms["zh"]:
            plain = plain_text(term)
            _enter(ids[plain.translate(_LOWER)], concept.id, term, plain)
    return _by_start(ids, lambda key: str(key[:2]))


def _enter(ids: tuple[_Terms, _Terms], id_: str, term: str, written: str) -> None:
    terms = ids[_is_abbreviation(term)]
    terms[id_] = (*terms.get(id_, ()), written)


def _by_start(ids: _Ids, start: Callable[[Any], str]) -> dict[str, tuple[_Entry, ...]]:
    table: defaultdict[str, list[_Entry]] = defaultdict(list)
    for key, (however, capitals) in ids.items():
        table[start(key)].append(_Entry(key, however, capitals))
    return {
        first: tuple(sorted(entries, key=lambda entry: (-len(entry.key), entry.key)))
        for first, entries in table.items()
    }


def _is_abbreviation(term: str) -> bool:
    """Is it one word in capitals? Such a term is met in capitals only: PES is no foot, SEA no water."""
    return term.isupper() and " " not in term and not HAN.search(term)


def _in_words(
    plain: str,
    language: str,
    table: Mapping[str, tuple[_Entry, ...]],
    nested: bool,
    passed_over: frozenset[str],
) -> Iterator[FoundConcept]:
    words = words_of(plain, language)
    prefixes = ARABIC_PREFIXES if language == "ar" else ""
    at = 0
    while at < len(words):
        step = 1
        for entry in _candidates(words[at].token, table, prefixes):
            end = at + len(entry.key)
            if not _matches(words, at, end, entry, plain):
                continue
            written = " ".join(word.surface for word in words[at:end])
            if written.casefold() in passed_over:
                continue
            start, stop = words[at].start, words[end - 1].end
            meant = entry.meant(written, language)
            found = [FoundConcept(id_, start, stop, plain[start:stop]) for id_ in meant]
            yield from found
            if found and not nested:
                step = end - at
                break
        at += step


def _candidates(token: str, table: Mapping[str, tuple[_Entry, ...]], prefixes: str) -> tuple[_Entry, ...]:
    """Entries that may begin here; in Arabic also behind a preposition of one letter."""
    entries = table.get(token, ())
    if not entries and prefixes and len(token) > _SHORT_PREFIXED and token[0] in prefixes:
        return table.get(token[1:], ())
    return entries


def _matches(words: list[Word], at: int, end: int, entry: _Entry, plain: str) -> bool:
    """Do the entry's further tokens follow, with no break between them?"""
    if end > len(words):
        return False
    for offset in range(at + 1, end):
        if words[offset].token != entry.key[offset - at]:
            return False
        gap = plain[words[offset - 1].end : words[offset].start]
        if len(gap) > _LONGEST_GAP or _BREAK.search(gap):
            return False
    return True


def _cuts_a_word(plain: str, start: int, end: int) -> bool:
    """Does a run that begins or ends with a Latin letter or a digit stand inside a longer word?"""
    return (start > 0 and _joined(plain[start - 1], plain[start])) or (
        end < len(plain) and _joined(plain[end - 1], plain[end])
    )


def _joined(one: str, other: str) -> bool:
    return one.isascii() and one.isalnum() and other.isascii() and other.isalnum()
