<%!
    from models.audit import APPEND_ONLY, GENESIS
%>\
"""${message}

Revision: ${up_revision}
Follows: ${down_revision | comma,n}
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
${imports if imports else ""}
revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
% if "op.create_table('audit_event'" in upgrades:

APPEND_ONLY = {
% for dialect, statements in APPEND_ONLY.items():
    ${repr(dialect)}: (
% for statement in statements:
        """${statement}""",
% endfor
    ),
% endfor
}
% endif


def upgrade() -> None:
    """Go to this revision."""
    ${upgrades if upgrades else "pass"}
% if "op.create_table('audit_event'" in upgrades:
    for statement in APPEND_ONLY[op.get_bind().dialect.name]:
        op.execute(statement)
    op.execute("INSERT INTO audit_head (id, sequence, hash) VALUES (1, 0, '${GENESIS}')")
% endif


def downgrade() -> None:
    """Go back to the one before."""
    ${downgrades if downgrades else "pass"}
% if "op.create_table('audit_event'" in upgrades:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION audit_event_refuse()")
% endif
