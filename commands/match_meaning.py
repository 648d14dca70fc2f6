"""How does `flask match` compare texts of two files by meaning? With models where they are installed.

Every text is encoded by itself, so neither the order of rows nor the number of workers changes a number.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field

import numpy as np

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
from vocabulary.messages import Message
from vocabulary.states import EntryKind

MOST_LETTERS_BEST, MOST_LETTERS_FAST = 2_000_000, 20_000_000
"""With `auto`: up to so many letters the best vectors are made (about 10 minutes of one processor's work), up
to so many the fast ones (about as long); more is compared by words alone."""

_SAMPLE = 2_000
_BLOCK = 16
_CHINESE = 3
"""Letters that one Chinese character counts for."""


@dataclass(slots=True)
class FileMeaning:
    """The vectors of all entries of two files, and the sentences nearest in meaning of any pair."""

    made: Encoder
    requests: dict[str, EntryMeaning]
    offers: Passages
    sentence_vectors: dict[tuple[str, EntryKind], Vectors] = field(default_factory=dict)

    def of(self, request: EntryFacts) -> SubjectMeaning:
        """What `rank` takes for this request."""
        return SubjectMeaning(self.made.version, True, self.requests.get(request.id), self.offers)

    def nearest(self, request: EntryFacts, offer: EntryFacts) -> tuple[Text, Text] | None:
        """The two sentences of the pair that are nearest in meaning."""
        ours, theirs = sentences_of(request), sentences_of(offer)
        found = nearest_pair(self._sentences(ours, request.kind), self._sentences(theirs, offer.kind))
        return None if found is None else (ours[found[0]], theirs[found[1]])

    def _sentences(self, texts: Sequence[Text], kind: EntryKind) -> Vectors:
        fast = fast_encoder() or self.made
        for text in texts:
            if (text.key, kind) not in self.sentence_vectors:
                raw = fast.encode([text.text], kind)
                self.sentence_vectors[text.key, kind] = fast.centred(raw, [text], kind)
        rows = [self.sentence_vectors[text.key, kind] for text in texts]
        return np.vstack(rows) if rows else np.zeros((0, fast.n_numbers), dtype=np.float32)


def choose(wanted: str, entries: Sequence[EntryFacts]) -> tuple[Encoder | None, Message | None]:
    """Which models to use for off, fast, best or auto, and what to tell whoever asked.

    `auto` takes vectors where texts of several languages meet: within one language words alone are quick
    and nearly as good.
    """
    if wanted == "off" or (wanted == "auto" and not _several_languages(entries)):
        return None, None
    best, fast = encoder(), fast_encoder()
    if best is None:
        return None, Message("No sentence vectors are installed: words alone are compared, and meaning is 0.")
    n_letters = _letters(entries)
    if wanted == "fast" or (wanted == "auto" and MOST_LETTERS_BEST < n_letters <= MOST_LETTERS_FAST):
        return fast, _told(fast, wanted)
    if wanted == "auto" and n_letters > MOST_LETTERS_FAST:
        return None, Message(
            "This is too much text to compare by meaning without being asked: words alone are compared."
            " Ask for it with --meaning fast."
        )
    return best, _told(best, wanted)


def _told(made: Encoder | None, wanted: str) -> Message | None:
    is_asked = made is not None and wanted != "auto"
    return Message("Meaning is compared with {model}.", model=made.version) if made and is_asked else None


def _several_languages(entries: Sequence[EntryFacts]) -> bool:
    """Looks at some of the entries, the same ones in whatever order they come."""
    ordered = sorted(entries, key=lambda entry: (entry.kind, entry.id))
    some = ordered[:: max(1, len(ordered) // _SAMPLE)]
    return len({text.language for entry in some for text in passages_of(entry)[:1]}) > 1


def _letters(entries: Iterable[EntryFacts]) -> int:
    return sum(
        len(text) * (_CHINESE if text[:1] > "\u3000" else 1)
        for entry in entries
        for passages in entry.texts.values()
        for text in passages
    )


def encode_files(
    made: Encoder, requests: Sequence[EntryFacts], offers: Sequence[EntryFacts], workers: int, tell: Tell
) -> FileMeaning:
    """Make the vectors of every passage of both files."""
    every = [*requests, *offers]
    blocks = [(made, every[start : start + _BLOCK]) for start in range(0, len(every), _BLOCK)]
    known: dict[EntryKind, dict[str, EntryMeaning]] = {kind: {} for kind in EntryKind}
    for n_done, (kind, name, meaning) in enumerate(_encoded(blocks, workers), start=1):
        tell(n_done, len(every))
        if meaning is not None:
            known[kind][name] = meaning
    return FileMeaning(made, known[EntryKind.REQUEST], Passages(known[EntryKind.OFFER]))


_Block = tuple[Encoder, Sequence[EntryFacts]]
_One = tuple[EntryKind, str, EntryMeaning | None]


def _encoded(blocks: Sequence[_Block], workers: int) -> Iterable[_One]:
    if workers == 1 or len(blocks) < 2:
        for block in blocks:
            yield from _encode_block(block)
        return
    with ProcessPoolExecutor(min(workers, len(blocks))) as pool:
        for done in pool.map(_encode_block, blocks):
            yield from done


def _encode_block(block: _Block) -> list[_One]:
    made, entries = block
    return [(entry.kind, entry.id, _meaning(made, entry)) for entry in entries]


def _meaning(made: Encoder, entry: EntryFacts) -> EntryMeaning | None:
    texts = passages_of(entry)
    if not texts:
        return None
    raw = made.encode([text.text for text in texts], entry.kind)
    return EntryMeaning(texts[0].language, made.centred(raw, texts, entry.kind))
