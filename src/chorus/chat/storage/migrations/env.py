"""What Alembic runs for a command: it uses the connection that storage/migrate.py has opened and locked."""

from alembic import context

from chorus.chat.storage.schema import as_made

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=as_made(),
    transactional_ddl=True,  # SQLite has it too; all steps of a run are one transaction
)
with context.begin_transaction():
    context.run_migrations()
