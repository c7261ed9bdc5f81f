"""The metadata and column types that all tables share."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Column, Connection, Index, Integer, MetaData, event, text

from spine.storage.types import Name

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

PROJECT_LENGTH = 200
_WHERE = "where"  # key of an index's `info`
SERIAL = BigInteger().with_variant(Integer(), "sqlite")  # on SQLite, only INTEGER increments itself


def project_column(*, primary_key: bool = False) -> Column[str]:
    """Return the column with the project of a row: the name in `[spine]`, empty for a project without one."""
    return Column("project", Name(PROJECT_LENGTH), nullable=False, primary_key=primary_key)


def partial_index(name: str, *columns: str, where: str, unique: bool = False) -> Index:
    """Return an index of the rows for which `where` holds."""
    return Index(name, *columns, unique=unique, info={_WHERE: where})


@event.listens_for(metadata, "before_create")
def _set_conditions(_metadata: MetaData, connection: Connection, **_: Any) -> None:
    """Give partial indexes their condition in the dialect of the database that is made.

    Given to `Index` at once, `postgresql_where` would import that dialect wherever the tables are declared.
    """
    option = f"{connection.dialect.name}_where"
    for index in (index for table in metadata.tables.values() for index in table.indexes):
        if _WHERE in index.info:
            index.dialect_kwargs[option] = text(index.info[_WHERE])
