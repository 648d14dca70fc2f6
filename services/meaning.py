"""What is known of the meaning of entries, from the vectors that the background job has stored?

Vectors are found by what a passage says, so an audience that may see fewer fields is compared on those alone,
and an older wording never counts. Nothing is encoded here: a web request never waits for a model.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import sqlalchemy as sa
from sqlalchemy.orm import Session

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
from models.entries import Entry
from models.vectors import EntryVectors
from vocabulary.messages import Message
from vocabulary.states import EntryKind

AT_ONCE = 500

NOT_INSTALLED = Message("Meaning is not compared: no sentence vectors are installed.")
NOT_YET_COMPUTED = Message(
    "The meaning of this entry is not computed yet; it counts as soon as it is, usually within minutes."
)


@dataclass(frozen=True, slots=True)
class NearestSentences:
    """The two sentences of a pair that are nearest in meaning, each with its language."""

    request: Text
    offer: Text


def passage_vectors(session: Session, entries: Iterable[EntryFacts]) -> dict[str, EntryMeaning]:
    """What is known of each entry by its reference; an entry of which nothing is known is left out."""
    made = encoder()
    if made is None:
        return {}
    found: dict[str, EntryMeaning] = {}
    every = list(entries)
    for start in range(0, len(every), AT_ONCE):
        block = every[start : start + AT_ONCE]
        stored = _stored(session, made, [facts.id for facts in block])
        for facts in block:
            if facts.id in stored:
                texts = passages_of(facts)
                vectors = _known(made, texts, facts.kind, stored[facts.id])
                if len(vectors):
                    found[facts.id] = EntryMeaning(texts[0].language, vectors)
    return found


def subject_meanings(
    session: Session, subjects: Sequence[EntryFacts], candidates: Passages
) -> dict[str, SubjectMeaning]:
    """What `rank` asks for the likeness of each subject to the candidates, by the subject's reference.

    Empty where no model is installed.
    """
    made = encoder()
    if made is None:
        return {}
    known = passage_vectors(session, subjects)
    return {
        subject.id: SubjectMeaning(
            made.version, subject.kind is EntryKind.REQUEST, known.get(subject.id), candidates
        )
        for subject in subjects
    }


def remark(session: Session, subject: EntryFacts) -> Message | None:
    """What a reader of all matches of an entry should know about their meaning part, if anything."""
    made = encoder()
    if made is None:
        return NOT_INSTALLED
    query = (
        sa.select(EntryVectors.keys)
        .join(Entry, Entry.id == EntryVectors.entry_id)
        .where(Entry.ref == subject.id, EntryVectors.model == made.version)
    )
    known = set(session.execute(query).scalar_one_or_none() or ())
    is_known = any(text.key in known for text in passages_of(subject))
    return None if is_known else NOT_YET_COMPUTED


def nearest_sentences(
    session: Session, subject: EntryFacts, others: Sequence[EntryFacts]
) -> dict[str, NearestSentences]:
    """By the reference of each other entry, the nearest sentences of the pair, where both are known."""
    made = fast_encoder()
    if made is None:
        return {}
    stored = _stored_sentences(session, [subject.id, *(other.id for other in others)])
    own, own_vectors = _sentences(made, subject, stored)
    found: dict[str, NearestSentences] = {}
    for other in others:
        theirs, their_vectors = _sentences(made, other, stored)
        nearest = nearest_pair(own_vectors, their_vectors)
        if nearest is not None:
            pair = own[nearest[0]], theirs[nearest[1]]
            found[other.id] = NearestSentences(*(pair if subject.kind is EntryKind.REQUEST else pair[::-1]))
    return found


def sentence_vectors(session: Session, entries: Sequence[EntryFacts]) -> dict[str, Vectors]:
    """The vectors of the sentences of each entry, by reference, where all are known.

    The last sentence may be missing: a long text is cut.
    """
    made = fast_encoder()
    if made is None:
        return {}
    stored = _stored_sentences(session, [facts.id for facts in entries])
    found = {}
    for facts in entries:
        known, vectors = _sentences(made, facts, stored)
        if known and len(known) >= len(sentences_of(facts)) - 1:
            found[facts.id] = vectors
    return found


Stored = Mapping[str, Vectors]
"""Key of a text to its vector as the model gave it."""


def _stored(session: Session, made: Encoder, refs: Sequence[str]) -> dict[str, Stored]:
    rows = session.execute(
        sa.select(Entry.ref, EntryVectors.keys, EntryVectors.vectors)
        .join(Entry, Entry.id == EntryVectors.entry_id)
        .where(Entry.ref.in_(refs), EntryVectors.model == made.version)
    )
    return {ref: unpacked(keys, vectors, np.float32) for ref, keys, vectors in rows}


def _stored_sentences(session: Session, refs: Sequence[str]) -> dict[str, Stored]:
    rows = session.execute(
        sa.select(Entry.ref, EntryVectors.sentence_keys, EntryVectors.sentence_vectors)
        .join(Entry, Entry.id == EntryVectors.entry_id)
        .where(Entry.ref.in_(refs))
    )
    return {ref: unpacked(keys, vectors, np.float16) for ref, keys, vectors in rows}


def unpacked(keys: Sequence[str], packed: bytes, kind: type[np.float16] | type[np.float32]) -> Stored:
    """Vectors by key from how they are stored."""
    if not keys:
        return {}
    rows = np.frombuffer(packed, dtype=np.dtype(kind).newbyteorder("<")).astype(np.float32)
    return dict(zip(keys, rows.reshape(len(keys), -1), strict=True))


def packed(vectors: Vectors, kind: type[np.float16] | type[np.float32]) -> bytes:
    """How vectors are stored: little endian, row by row."""
    return vectors.astype(np.dtype(kind).newbyteorder("<")).tobytes()


def _known(made: Encoder, texts: Sequence[Text], kind: EntryKind, stored: Stored) -> Vectors:
    """Centred vectors of the texts whose vectors are there and are the model's; shape (n, d)."""
    known = [text for text in texts if len(stored.get(text.key, ())) == made.n_numbers]
    raw = np.array([stored[text.key] for text in known], dtype=np.float32).reshape(len(known), made.n_numbers)
    return made.centred(raw, known, kind)


def _sentences(made: Encoder, facts: EntryFacts, stored: Mapping[str, Stored]) -> tuple[list[Text], Vectors]:
    mine = stored.get(facts.id, {})
    known = [text for text in sentences_of(facts) if len(mine.get(text.key, ())) == made.n_numbers]
    return known, _known(made, known, facts.kind, mine)
