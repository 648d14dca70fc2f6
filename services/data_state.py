"""Has anything changed? A small query that answers otherwise after every commit a reader could notice."""

from __future__ import annotations

from collections.abc import Hashable

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.audit import AuditHead
from models.entries import EntryChange
from models.reference import Vocabulary

_STATE = sa.select(
    sa.select(AuditHead.hash).scalar_subquery(),
    sa.select(sa.func.max(EntryChange.sequence)).scalar_subquery(),
    sa.select(sa.func.max(Vocabulary.loaded_at)).scalar_subquery(),
)


def state_of_data(session: Session) -> Hashable:
    """The last audit event, the last change of an entry, and the last load of reference data.

    Every use case that changes something records an audit event in its own transaction, so two equal answers
    mean that nothing was changed between them.
    """
    return tuple(session.execute(_STATE).one())
