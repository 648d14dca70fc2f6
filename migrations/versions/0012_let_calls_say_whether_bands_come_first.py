"""Let a fellowship call say whether merit bands come before scores; a run that counted so says so now.

Revision: 0012
Follows: 0011
"""

from __future__ import annotations

import json

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this revision."""
    with op.batch_alter_table("fellowship", schema=None) as batch_op:
        batch_op.add_column(sa.Column("by_bands", sa.Boolean(), server_default=sa.false(), nullable=False))
    runs = sa.table("shortlist_run", sa.column("call_id"), sa.column("question"), sa.column("is_trial", sa.Boolean))
    fellowship = sa.table("fellowship", sa.column("call_id"), sa.column("by_bands", sa.Boolean))
    rows = op.get_bind().execute(sa.select(runs.c.call_id, runs.c.question).where(runs.c.is_trial.is_(False)))
    for call_id in {one for one, question in rows.all() if _has_bands(question)}:
        op.execute(sa.update(fellowship).where(fellowship.c.call_id == call_id).values(by_bands=True))


def _has_bands(question: object) -> bool:
    """The databases give JSON as text or as what it holds."""
    asked = json.loads(question) if isinstance(question, str) else question
    return isinstance(asked, dict) and bool(asked.get("bands"))


def downgrade() -> None:
    """Go back to the revision before."""
    with op.batch_alter_table("fellowship", schema=None) as batch_op:
        batch_op.drop_column("by_bands")
