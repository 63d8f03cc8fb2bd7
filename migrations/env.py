"""Runs the migrations on the database file that the caller names."""

from collections.abc import Iterable
from typing import Any

from alembic import context
from alembic.operations import MigrationScript
from alembic.runtime.migration import MigrationContext
from sqlalchemy import URL, String, create_engine, text
from sqlalchemy.pool import NullPool
from sqlmodel import SQLModel

from app import tables  # noqa: F401  # fills the metadata

database = context.config.attributes.get("database") or context.get_x_argument(as_dictionary=True)["database"]
engine = create_engine(URL.create("sqlite", database=str(database)), poolclass=NullPool)


def drop_empty(_: MigrationContext, __: Any, scripts: list[MigrationScript]) -> None:
    """Write no migration when nothing has changed."""
    operations = scripts[0].upgrade_ops
    if context.config.attributes.get("skip_empty") and operations and operations.is_empty():
        scripts.clear()


def is_compared(name: str | None, kind: str, virtual: Iterable[str]) -> bool:
    """Leave out virtual tables, such as FTS indexes, and the tables behind them: no model stands for them."""
    return kind != "table" or not any(name == table or f"{name}".startswith(f"{table}_") for table in virtual)


def is_type_changed(*compared: Any) -> bool | None:
    """Ignore the length of text, as SQLite does: that of an enum changes with its longest value."""
    *_, stored, wanted = compared
    return False if isinstance(stored, String) and isinstance(wanted, String) else None


with engine.connect() as connection:
    # The database is a build artefact: the build flushes the finished file once, instead of after every statement.
    connection.execute(text("PRAGMA synchronous=OFF"))
    virtual = connection.execute(
        text("SELECT name FROM sqlite_schema WHERE sql LIKE 'CREATE VIRTUAL TABLE%'")
    ).scalars()
    names = list(virtual)
    connection.rollback()
    context.configure(
        connection=connection,
        target_metadata=SQLModel.metadata,
        compare_type=is_type_changed,
        user_module_prefix="sqltypes.",
        # SQLite alters most of a table only by making it anew. That drops the triggers of the table: a migration that
        # does it creates them again.
        render_as_batch=True,
        include_name=lambda name, kind, _: is_compared(name, kind, names),
        process_revision_directives=drop_empty,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()
engine.dispose()
