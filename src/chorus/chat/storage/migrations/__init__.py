"""The way from an empty database to the tables of schema.py, one numbered step after the other (Alembic)."""
