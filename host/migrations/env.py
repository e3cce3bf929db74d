"""Alembic's entry point; the connection comes from `host.migrations.running`."""

from alembic import context

given = context.config.attributes

context.configure(
    connection=given["connection"],
    target_metadata=given.get("metadata"),
    render_item=given.get("render_item"),
    include_object=given.get("include_object"),
    render_as_batch=given.get("render_as_batch", True),
    transaction_per_migration=True,
)

with context.begin_transaction():
    context.run_migrations()
