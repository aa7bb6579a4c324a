"""first"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0001'
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('service_facts',
    sa.Column('name', sa.String(length=40), nullable=False),
    sa.Column('value', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('name', name=op.f('pk_service_facts'))
    )
    op.create_table('visits',
    sa.Column('id', sa.String(length=36), nullable=False),
    sa.Column('human_id', sa.String(length=8), nullable=False),
    sa.Column('shape', sa.Integer(), nullable=False),
    sa.Column('step', sa.String(length=16), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('mark', sa.String(length=16), nullable=False),
    sa.Column('lease_holder', sa.String(length=64), nullable=True),
    sa.Column('lease_until', sa.BigInteger(), nullable=True),
    sa.Column('due_at', sa.BigInteger(), nullable=True),
    sa.Column('claims', sa.Integer(), nullable=False),
    sa.Column('acting_for', sa.String(length=8), nullable=False),
    sa.Column('handover_at', sa.BigInteger(), nullable=False),
    sa.Column('doubt_since', sa.BigInteger(), nullable=True),
    sa.Column('leaving_since', sa.BigInteger(), nullable=True),
    sa.Column('ever_waited', sa.Boolean(), nullable=False),
    sa.Column('arrived_at', sa.BigInteger(), nullable=False),
    sa.Column('updated_at', sa.BigInteger(), nullable=False),
    sa.Column('prison_id', sa.String(length=36), nullable=False),
    sa.Column('prison_key', sa.String(length=16), nullable=False),
    sa.Column('nomis_prison', sa.String(length=16), nullable=False),
    sa.Column('mailbox', sa.String(length=320), nullable=False),
    sa.Column('channel', sa.String(length=20), nullable=False),
    sa.Column('language', sa.String(length=2), nullable=False),
    sa.Column('noms_id', sa.String(length=7), nullable=True),
    sa.Column('request', sa.Text(), nullable=False),
    sa.Column('slot1', sa.String(length=22), nullable=True),
    sa.Column('slot2', sa.String(length=22), nullable=True),
    sa.Column('slot3', sa.String(length=22), nullable=True),
    sa.Column('party', sa.Integer(), nullable=False),
    sa.Column('adults', sa.Integer(), nullable=False),
    sa.Column('confirm_by', sa.String(length=10), nullable=False),
    sa.Column('overlaps_at_arrival', sa.Text(), nullable=True),
    sa.Column('offender_id', sa.BigInteger(), nullable=True),
    sa.Column('turnless', sa.Boolean(), nullable=False),
    sa.Column('find_by_ref', sa.Boolean(), nullable=False),
    sa.Column('nomis_visit_id', sa.BigInteger(), nullable=True),
    sa.Column('slot_granted', sa.String(length=22), nullable=True),
    sa.Column('slot_raw', sa.String(length=22), nullable=True),
    sa.Column('outcome', sa.Text(), nullable=False),
    sa.Column('trace', sa.Text(), nullable=True),
    sa.Column('staff_why', sa.String(length=64), nullable=True),
    sa.Column('cancellation_reasons', sa.Text(), nullable=True),
    sa.Column('cancelled_at', sa.BigInteger(), nullable=True),
    sa.Column('not_allowed', sa.Text(), nullable=True),
    sa.Column('staff_messages', sa.Text(), nullable=True),
    sa.Column('claimed_by', sa.String(length=100), nullable=True),
    sa.Column('claimed_until', sa.BigInteger(), nullable=True),
    sa.Column('answered_by', sa.String(length=100), nullable=True),
    sa.Column('checked_at', sa.BigInteger(), nullable=True),
    sa.Column('drift', sa.String(length=32), nullable=True),
    sa.Column('mail_sequence', sa.Integer(), nullable=False),
    sa.Column('calendar_sequence', sa.Integer(), nullable=False),
    sa.Column('counted', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_visits')),
    sa.UniqueConstraint('human_id', name=op.f('uq_visits_human_id'))
    )
    op.create_index('ix_visits_drift', 'visits', ['step'], unique=False, sqlite_where=sa.text('drift IS NOT NULL'), postgresql_where=sa.text('drift IS NOT NULL'))
    op.create_index('ix_visits_due', 'visits', ['due_at'], unique=False, sqlite_where=sa.text('due_at IS NOT NULL'), postgresql_where=sa.text('due_at IS NOT NULL'))
    op.create_index('ix_visits_noms_id', 'visits', ['noms_id'], unique=False)
    op.create_index('ix_visits_offender_id', 'visits', ['offender_id'], unique=False)
    op.create_index('ix_visits_checked_at', 'visits', ['checked_at'], unique=False, sqlite_where=sa.text("step = 'booked'"), postgresql_where=sa.text("step = 'booked'"))
    op.create_index('ix_visits_slot', 'visits', ['nomis_prison', 'slot_granted'], unique=False)
    op.create_index('ix_visits_step', 'visits', ['step', 'arrived_at'], unique=False)
    op.create_index('uq_visits_nomis_visit_id', 'visits', ['nomis_visit_id'], unique=True, sqlite_where=sa.text('nomis_visit_id IS NOT NULL'), postgresql_where=sa.text('nomis_visit_id IS NOT NULL'))
    op.create_index('uq_visits_turn', 'visits', ['offender_id'], unique=True, sqlite_where=sa.text("(step IN ('checking', 'booking', 'withdrawing', 'cancelling') OR (step = 'in_doubt' AND NOT find_by_ref)) AND NOT turnless"), postgresql_where=sa.text("(step IN ('checking', 'booking', 'withdrawing', 'cancelling') OR (step = 'in_doubt' AND NOT find_by_ref)) AND NOT turnless"))
    op.create_index('ix_visits_uncounted', 'visits', ['arrived_at'], unique=False, sqlite_where=sa.text('counted < 4'), postgresql_where=sa.text('counted < 4'))
    op.create_table('daily_figures',
    sa.Column('day', sa.String(length=10), nullable=False),
    sa.Column('prison', sa.String(length=16), nullable=False),
    sa.Column('measure', sa.String(length=16), nullable=False),
    sa.Column('item', sa.String(length=64), nullable=False),
    sa.Column('week', sa.String(length=10), nullable=False),
    sa.Column('count', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('day', 'prison', 'measure', 'item', name=op.f('pk_daily_figures'))
    )
    op.create_index(op.f('ix_daily_figures_week'), 'daily_figures', ['week'], unique=False)
    op.create_table('attempts',
    sa.Column('id', sa.Integer(), autoincrement=True, nullable=False),
    sa.Column('visit_id', sa.String(length=36), nullable=False),
    sa.Column('reference', sa.String(length=64), nullable=False),
    sa.Column('choice', sa.Integer(), nullable=True),
    sa.Column('acting_for', sa.String(length=8), nullable=False),
    sa.Column('offender_id', sa.BigInteger(), nullable=False),
    sa.Column('prison', sa.String(length=16), nullable=False),
    sa.Column('slot', sa.String(length=22), nullable=False),
    sa.Column('slot_raw', sa.String(length=22), nullable=False),
    sa.Column('party', sa.Integer(), nullable=False),
    sa.Column('adults', sa.Integer(), nullable=False),
    sa.Column('body', sa.Text(), nullable=False),
    sa.Column('baseline', sa.Text(), nullable=False),
    sa.Column('state', sa.String(length=10), nullable=False),
    sa.Column('posts', sa.Integer(), nullable=False),
    sa.Column('doubted', sa.Boolean(), nullable=False),
    sa.Column('exists_shown', sa.Boolean(), nullable=False),
    sa.Column('duplicate_at', sa.BigInteger(), nullable=True),
    sa.Column('candidate_id', sa.BigInteger(), nullable=True),
    sa.Column('last_texts', sa.Text(), nullable=True),
    sa.Column('last_answer', sa.String(length=20), nullable=True),
    sa.Column('post_began_at', sa.BigInteger(), nullable=True),
    sa.Column('post_ended_at', sa.BigInteger(), nullable=True),
    sa.Column('post_lease_until', sa.BigInteger(), nullable=True),
    sa.Column('nomis_visit_id', sa.BigInteger(), nullable=True),
    sa.Column('visit_order', sa.String(length=40), nullable=True),
    sa.Column('removing_since', sa.BigInteger(), nullable=True),
    sa.Column('look_at', sa.BigInteger(), nullable=True),
    sa.Column('looks', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.Column('updated_at', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['visit_id'], ['visits.id'], name=op.f('fk_attempts_visit_id_visits')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_attempts')),
    sa.UniqueConstraint('reference', name=op.f('uq_attempts_reference')),
    sqlite_autoincrement=True
    )
    op.create_index('ix_attempts_look', 'attempts', ['look_at'], unique=False, sqlite_where=sa.text('look_at IS NOT NULL'), postgresql_where=sa.text('look_at IS NOT NULL'))
    op.create_index('ix_attempts_nomis_visit_id', 'attempts', ['nomis_visit_id'], unique=False)
    op.create_index('ix_attempts_slot', 'attempts', ['prison', 'slot', 'state'], unique=False)
    op.create_index('ix_attempts_unsettled', 'attempts', ['visit_id'], unique=False, sqlite_where=sa.text("state IN ('open', 'stray', 'removing')"), postgresql_where=sa.text("state IN ('open', 'stray', 'removing')"))
    op.create_index(op.f('ix_attempts_visit_id'), 'attempts', ['visit_id'], unique=False)
    op.create_table('idempotency',
    sa.Column('key', sa.String(length=64), nullable=False),
    sa.Column('kind', sa.String(length=8), nullable=False),
    sa.Column('visit_id', sa.String(length=36), nullable=False),
    sa.Column('body_hash', sa.String(length=64), nullable=False),
    sa.Column('expires_at', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['visit_id'], ['visits.id'], name=op.f('fk_idempotency_visit_id_visits')),
    sa.PrimaryKeyConstraint('key', name=op.f('pk_idempotency'))
    )
    op.create_index(op.f('ix_idempotency_expires_at'), 'idempotency', ['expires_at'], unique=False)
    op.create_index(op.f('ix_idempotency_visit_id'), 'idempotency', ['visit_id'], unique=False)
    op.create_table('outbox',
    sa.Column('id', sa.Integer(), autoincrement=True, nullable=False),
    sa.Column('visit_id', sa.String(length=36), nullable=True),
    sa.Column('kind', sa.String(length=24), nullable=False),
    sa.Column('sequence', sa.Integer(), nullable=False),
    sa.Column('audience', sa.String(length=10), nullable=False),
    sa.Column('channel', sa.String(length=12), nullable=False),
    sa.Column('recipient', sa.String(length=320), nullable=False),
    sa.Column('message_id', sa.String(length=120), nullable=False),
    sa.Column('payload', sa.LargeBinary(), nullable=False),
    sa.Column('state', sa.String(length=10), nullable=False),
    sa.Column('not_before', sa.BigInteger(), nullable=False),
    sa.Column('tries', sa.Integer(), nullable=False),
    sa.Column('lease_holder', sa.String(length=64), nullable=True),
    sa.Column('lease_until', sa.BigInteger(), nullable=True),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.Column('sent_at', sa.BigInteger(), nullable=True),
    sa.Column('last_error', sa.String(length=64), nullable=True),
    sa.Column('asked', sa.Boolean(), nullable=False),
    sa.ForeignKeyConstraint(['visit_id'], ['visits.id'], name=op.f('fk_outbox_visit_id_visits')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_outbox')),
    sa.UniqueConstraint('message_id', name=op.f('uq_outbox_message_id')),
    sa.UniqueConstraint('visit_id', 'kind', 'sequence', 'recipient', name=op.f('uq_outbox_visit_id_kind_sequence_recipient')),
    sqlite_autoincrement=True
    )
    op.create_index('ix_outbox_dead', 'outbox', ['created_at'], unique=False, sqlite_where=sa.text("state = 'dead'"), postgresql_where=sa.text("state = 'dead'"))
    op.create_index('ix_outbox_queued', 'outbox', ['not_before'], unique=False, sqlite_where=sa.text("state = 'queued'"), postgresql_where=sa.text("state = 'queued'"))
    op.create_index(op.f('ix_outbox_visit_id'), 'outbox', ['visit_id'], unique=False)
    op.create_table('visit_events',
    sa.Column('id', sa.Integer(), autoincrement=True, nullable=False),
    sa.Column('visit_id', sa.String(length=36), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('at', sa.BigInteger(), nullable=False),
    sa.Column('event', sa.String(length=20), nullable=False),
    sa.Column('from_step', sa.String(length=16), nullable=True),
    sa.Column('to_step', sa.String(length=16), nullable=False),
    sa.Column('who', sa.String(length=120), nullable=False),
    sa.Column('detail', sa.Text(), nullable=True),
    sa.ForeignKeyConstraint(['visit_id'], ['visits.id'], name=op.f('fk_visit_events_visit_id_visits')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_visit_events')),
    sa.UniqueConstraint('visit_id', 'version', name=op.f('uq_visit_events_visit_id_version')),
    sqlite_autoincrement=True
    )
    if op.get_bind().dialect.name == 'postgresql':
        # No samples of personal data in the server's statistics: a purge doesn't reach them.
        for table, columns in PERSONAL.items():
            for column in columns:
                op.execute(f'ALTER TABLE {table} ALTER COLUMN {column} SET STATISTICS 0')


PERSONAL = {
    'visits': ('human_id', 'mailbox', 'noms_id', 'request', 'overlaps_at_arrival', 'offender_id', 'nomis_visit_id', 'outcome', 'trace', 'cancellation_reasons', 'not_allowed', 'staff_messages', 'claimed_by', 'answered_by'),
    'attempts': ('reference', 'offender_id', 'body', 'baseline', 'candidate_id', 'last_texts', 'nomis_visit_id', 'visit_order'),
    'visit_events': ('who', 'detail'),
    'idempotency': ('key', 'body_hash'),
    'outbox': ('recipient', 'message_id', 'payload', 'last_error'),
}
