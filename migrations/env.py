"""Runs the migrations on the database file that the caller names."""

from alembic import context
from sqlalchemy import URL, create_engine
from sqlalchemy.pool import NullPool
from sqlmodel import SQLModel

from app import tables  # noqa: F401  # fills the metadata

database = context.config.attributes.get("database") or context.get_x_argument(as_dictionary=True)["database"]
engine = create_engine(URL.create("sqlite", database=str(database)), poolclass=NullPool)
with engine.connect() as connection:
    context.configure(
        connection=connection,
        target_metadata=SQLModel.metadata,
        compare_type=True,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()
engine.dispose()
