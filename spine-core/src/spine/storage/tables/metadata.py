"""The metadata and column types that all tables share."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Integer, MetaData

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
SERIAL = BigInteger().with_variant(Integer(), "sqlite")  # on SQLite, only INTEGER increments itself


def project_column(*, primary_key: bool = False) -> Column[str]:
    """Return the column with the project of a row: the name in `[spine]`, empty for a project without one."""
    return Column("project", Name(PROJECT_LENGTH), nullable=False, primary_key=primary_key)
