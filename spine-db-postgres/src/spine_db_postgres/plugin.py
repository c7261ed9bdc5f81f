"""Entry point of this distribution: registers its classes by name, without importing them."""

from __future__ import annotations

from spine.plugins import DatabaseSpec, hookimpl


@hookimpl
def spine_register_database_adapters() -> list[DatabaseSpec]:
    return [
        DatabaseSpec(
            "postgresql",
            "spine_db_postgres.adapter:PostgreSQLAdapter",
            config="spine_db_postgres.config:PostgreSQLConfig",
            help="PostgreSQL, through psycopg 3.",
        ),
    ]
