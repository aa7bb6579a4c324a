"""the mailbox that messages to a visitor are counted by"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('visits', sa.Column('email', sa.String(length=320), nullable=True))
    op.create_index('ix_visits_email', 'visits', ['email'], unique=False)
    if op.get_bind().dialect.name == 'postgresql':
        op.execute('ALTER TABLE visits ALTER COLUMN email SET STATISTICS 0')  # see PERSONAL in tables.py
