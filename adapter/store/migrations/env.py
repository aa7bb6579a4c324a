"""Run by Alembic, on the connection that `adapter.store.schema` hands over; the transaction is the caller's."""

from __future__ import annotations

from alembic import context

from adapter.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,
    render_as_batch=False,
)
with context.begin_transaction():
    context.run_migrations()
