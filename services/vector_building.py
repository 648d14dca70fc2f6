"""Which entries lack vectors of their present wording, and how do they get them?

Three steps, so that no transaction is open while a model works: find, encode, store. What is unchanged is
not encoded again, and breaking off loses at most one entry's work.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import sqlalchemy as sa
from sqlalchemy.orm import Session, selectinload

from encoders.installed import Encoder
from matching.meaning import Text, Vectors, passages_of, sentences_of
from models.entries import Entry
from models.vectors import EntryVectors
from services.entries.rows import note_change
from services.match_facts import MATCHABLE, facts_of, public_fields
from services.meaning import packed, unpacked
from vocabulary.states import EntryKind


@dataclass(frozen=True, slots=True)
class Work:
    """The texts of one entry, and the vectors that are there already, by key."""

    entry_id: int
    entry_version: int
    kind: EntryKind
    passages: Sequence[Text]
    sentences: Sequence[Text]
    known: Mapping[str, Vectors]
    known_sentences: Mapping[str, Vectors]

    @property
    def is_new(self) -> bool:
        """Is there a passage without a vector?"""
        return any(text.key not in self.known for text in self.passages)


@dataclass(frozen=True, slots=True)
class Made:
    """The vectors of one entry, in the order of its texts."""

    work: Work
    vectors: Vectors
    sentence_vectors: Vectors


def missing(session: Session, model: str, limit: int) -> list[int]:
    """Ids of matchable entries whose vectors are not of this model and wording, newest entries first."""
    return list(session.execute(_missing(model).order_by(Entry.id.desc()).limit(limit)).scalars().all())


def count(session: Session, model: str) -> tuple[int, int]:
    """How many entries that can be matched have vectors of this model, and how many there are."""
    total = sa.select(sa.func.count()).select_from(Entry).where(Entry.state.in_(MATCHABLE))
    lacking = sa.select(sa.func.count()).select_from(_missing(model).subquery())
    n_total = session.execute(total).scalar_one()
    return n_total - session.execute(lacking).scalar_one(), n_total


def _missing(model: str) -> sa.Select[int]:
    return (
        sa.select(Entry.id)
        .outerjoin(EntryVectors, EntryVectors.entry_id == Entry.id)
        .where(
            Entry.state.in_(MATCHABLE),
            sa.or_(
                EntryVectors.entry_id.is_(None),
                EntryVectors.model != model,
                EntryVectors.entry_version != Entry.version,
            ),
        )
    )


def work_of(session: Session, entry_id: int, model: str) -> Work | None:
    """The texts of an entry as the secretariat and as everybody may see it; None when it is gone."""
    entry = session.execute(
        sa.select(Entry).where(Entry.id == entry_id).options(selectinload(Entry.terms))
    ).scalar_one_or_none()
    if entry is None:
        return None
    audiences = (facts_of(entry, None), facts_of(entry, public_fields(entry)))
    row = session.get(EntryVectors, entry_id)
    known = row if row is not None and row.model == model else None
    return Work(
        entry_id=entry_id,
        entry_version=entry.version,
        kind=entry.kind,
        passages=list(dict.fromkeys(text for facts in audiences for text in passages_of(facts))),
        sentences=list(dict.fromkeys(text for facts in audiences for text in sentences_of(facts))),
        known=unpacked(known.keys, known.vectors, np.float32) if known else {},
        known_sentences=unpacked(known.sentence_keys, known.sentence_vectors, np.float16) if known else {},
    )


def make(work: Work, encoder: Encoder, fast: Encoder) -> Made:
    """Encode what is not known yet. Slow; holds no transaction."""
    return Made(
        work,
        _made(work.passages, work.known, work.kind, encoder),
        _made(work.sentences, work.known_sentences, work.kind, fast),
    )


def make_block(encoders: tuple[Encoder, Encoder], works: Sequence[Work]) -> list[Made]:
    """The same for several entries: what another process or machine is asked for, best encoder first."""
    return [make(work, *encoders) for work in works]


def _made(texts: Sequence[Text], known: Mapping[str, Vectors], kind: EntryKind, encoder: Encoder) -> Vectors:
    rows = [known[text.key] if text.key in known else encoder.encode([text.text], kind)[0] for text in texts]
    return np.array(rows, dtype=np.float32).reshape(len(rows), encoder.n_numbers)


def store(session: Session, made: Made, model: str, *, now: datetime) -> bool:
    """Put the vectors in place of older ones and let every worker take them up.

    False when the entry was changed or went meanwhile: it is then found again.
    """
    work = made.work
    entry = session.get(Entry, work.entry_id)
    if entry is None or entry.version != work.entry_version:
        return False
    row = session.get(EntryVectors, work.entry_id) or EntryVectors(entry_id=work.entry_id)
    row.model, row.entry_version, row.made_at = model, work.entry_version, now
    row.keys, row.vectors = [text.key for text in work.passages], packed(made.vectors, np.float32)
    row.sentence_keys = [text.key for text in work.sentences]
    row.sentence_vectors = packed(made.sentence_vectors, np.float16)
    session.add(row)
    if work.is_new:
        note_change(session, entry, now)
    return True


def drop_unneeded(session: Session) -> int:
    """Delete the vectors of entries that can no longer be matched; returns how many."""
    kept = sa.select(Entry.id).where(Entry.state.in_(MATCHABLE))
    gone = sa.delete(EntryVectors).where(EntryVectors.entry_id.not_in(kept)).returning(EntryVectors.entry_id)
    return len(session.execute(gone).scalars().all())
