"""How does `flask match` compare texts of two files by meaning? With models where they are installed.

Every text is encoded by itself, so neither the order of rows nor the number of workers changes a number.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from commands.blocks import Hands, over_blocks
from commands.progress import Tell
from encoders.installed import Encoder, encoder, fast_encoder
from matching.facts import EntryFacts
from matching.meaning import (
    EntryMeaning,
    Passages,
    SubjectMeaning,
    Text,
    Vectors,
    nearest_pair,
    passages_of,
    sentences_of,
)
from matching.settings import DEFAULT_SETTINGS, MatchingSettings
from vocabulary.messages import Message
from vocabulary.states import EntryKind

MOST_TEXTS = 2_000
"""With `auto`: up to so many texts of one language are compared by meaning."""
MOST_LETTERS_BEST, MOST_LETTERS_FAST = 2_000_000, 20_000_000
"""With `auto`, where several languages meet: up to so many letters the best vectors are made (about 10
minutes of one processor's work), up to so many the fast ones (about as long); more goes by words alone."""
FEW_OFFERS = 200
"""With `auto`, where several languages meet: so few offers the fast vectors tell apart nearly as well."""

QUICK = replace(
    DEFAULT_SETTINGS,
    version=f"{DEFAULT_SETTINGS.version}-quick",
    part_weights={**DEFAULT_SETTINGS.part_weights, "meaning": 0.10},
)
"""Weights where the fast vectors alone read texts of one language: they know less than words do. Measured:
docs/performance.md."""

_SAMPLE = 2_000
_BLOCK = 8
_CHINESE = 3
"""Letters that one Chinese character counts for."""
_LEAST_SHARE = 0.02
"""Of texts whose language is not said: fewer in another language of Latin letters may be misread."""
_UNMISTAKABLE = frozenset({"ar", "ru", "zh"})


@dataclass(slots=True)
class FileMeaning:
    """The vectors of all entries of two files, and the sentences nearest in meaning of any pair."""

    made: Encoder
    requests: dict[str, EntryMeaning]
    offers: Passages
    common: frozenset[str] = frozenset()
    sentence_vectors: dict[tuple[str, EntryKind], Vectors] = field(default_factory=dict)

    def of(self, request: EntryFacts) -> SubjectMeaning:
        """What `rank` takes for this request."""
        return SubjectMeaning(self.made.version, True, self.requests.get(request.id), self.offers)

    def nearest(self, request: EntryFacts, offer: EntryFacts) -> tuple[Text, Text] | None:
        """The two sentences of the pair that are nearest in meaning; those that many write go last."""
        ours, theirs = self._own(sentences_of(request)), self._own(sentences_of(offer))
        found = nearest_pair(self._sentences(ours, request.kind), self._sentences(theirs, offer.kind))
        return None if found is None else (ours[found[0]], theirs[found[1]])

    def _own(self, texts: list[Text]) -> list[Text]:
        return [text for text in texts if text.key not in self.common] or texts

    def _sentences(self, texts: Sequence[Text], kind: EntryKind) -> Vectors:
        fast = fast_encoder() or self.made
        for text in texts:
            if (text.key, kind) not in self.sentence_vectors:
                raw = fast.encode([text.text], kind)
                self.sentence_vectors[text.key, kind] = fast.centred(raw, [text], kind)
        rows = [self.sentence_vectors[text.key, kind] for text in texts]
        return np.vstack(rows) if rows else np.zeros((0, fast.n_numbers), dtype=np.float32)


def common_sentences(entries: Iterable[EntryFacts]) -> frozenset[str]:
    """Keys of the sentences that stand in several entries: they say how all work, not what one is about."""
    found = Counter(text.key for entry in entries for text in sentences_of(entry))
    return frozenset(key for key, n in found.items() if n > 1)


@dataclass(frozen=True, slots=True)
class Choice:
    """Which models read the texts (None: words alone), the weights that go with them, and what to tell."""

    made: Encoder | None
    settings: MatchingSettings = DEFAULT_SETTINGS
    told: Message | None = None


def choose(wanted: str, requests: Sequence[EntryFacts], offers: Sequence[EntryFacts]) -> Choice:
    """Which models to use for off, fast, best or auto.

    `auto` takes vectors where texts of several languages meet, and for up to `MOST_TEXTS` texts of one.
    """
    if wanted == "off":
        return Choice(None)
    best, fast = encoder(), fast_encoder()
    if best is None or fast is None:
        told = Message("No sentence vectors are installed: words alone are compared, and meaning is 0.")
        return Choice(None, told=told)
    entries = [*requests, *offers]
    is_mixed = _several_languages(entries)
    if wanted == "auto":
        return _automatic(is_mixed, entries, len(offers), best, fast)
    made = best if wanted == "best" else fast
    told = Message("Meaning is compared with {model}.", model=made.version)
    return Choice(made, _weights(made, is_mixed), told)


def _automatic(
    is_mixed: bool, entries: Sequence[EntryFacts], n_offers: int, best: Encoder, fast: Encoder
) -> Choice:
    n_letters = _letters(entries)
    if not is_mixed:
        n_texts = sum(len(entry.texts["text"]) for entry in entries)
        is_little = n_texts <= MOST_TEXTS and n_letters <= MOST_LETTERS_FAST
        return Choice(fast, _weights(fast, is_mixed)) if is_little else Choice(None)
    if n_letters > MOST_LETTERS_FAST:
        told = Message(
            "This is too much text to compare by meaning without being asked: words alone are compared."
            " Ask for it with --meaning fast."
        )
        return Choice(None, told=told)
    is_quick = n_offers <= FEW_OFFERS or n_letters > MOST_LETTERS_BEST
    return Choice(fast if is_quick else best)


def _weights(made: Encoder, is_mixed: bool) -> MatchingSettings:
    return DEFAULT_SETTINGS if is_mixed or not made.is_quick else QUICK


def _letters(entries: Iterable[EntryFacts]) -> int:
    return sum(
        len(text) * (_CHINESE if text[:1] > "\u3000" else 1)
        for entry in entries
        for passages in entry.texts.values()
        for text in passages
    )


def _several_languages(entries: Sequence[EntryFacts]) -> bool:
    """Looks at some of the entries, the same ones in whatever order they come."""
    ordered = sorted(entries, key=lambda entry: (entry.kind, entry.id))
    some = ordered[:: max(1, len(ordered) // _SAMPLE)]
    found = Counter(
        (text.language, entry.language is not None) for entry in some for text in passages_of(entry)[:1]
    )
    least = _LEAST_SHARE * len(some)
    sure = {
        language
        for (language, is_said), n in found.items()
        if is_said or language in _UNMISTAKABLE or n >= least
    }
    return len(sure) > 1


def encode_files(
    made: Encoder, requests: Sequence[EntryFacts], offers: Sequence[EntryFacts], hands: Hands, tell: Tell
) -> FileMeaning:
    """Make the vectors of every passage of both files. Raises NoWorkers."""
    every = [*requests, *offers]
    made.open()  # before processes part, so that they share what it holds
    blocks = [every[start : start + _BLOCK] for start in range(0, len(every), _BLOCK)]
    known: dict[EntryKind, dict[str, EntryMeaning]] = {kind: {} for kind in EntryKind}
    n_done = 0
    for done in over_blocks(_encode_block, made, blocks, hands):
        for kind, name, meaning in done:
            n_done += 1
            if meaning is not None:
                known[kind][name] = meaning
        tell(n_done, len(every))
    return FileMeaning(made, known[EntryKind.REQUEST], Passages(known[EntryKind.OFFER]))


_One = tuple[EntryKind, str, EntryMeaning | None]


def _encode_block(made: Encoder, entries: Sequence[EntryFacts]) -> list[_One]:
    return [(entry.kind, entry.id, _meaning(made, entry)) for entry in entries]


def _meaning(made: Encoder, entry: EntryFacts) -> EntryMeaning | None:
    texts = passages_of(entry)
    if not texts:
        return None
    raw = made.encode([text.text for text in texts], entry.kind)
    return EntryMeaning(texts[0].language, made.centred(raw, texts, entry.kind))
