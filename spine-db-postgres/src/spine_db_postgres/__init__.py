"""Spine database adapter for PostgreSQL. The class is `spine_db_postgres.adapter.PostgreSQLAdapter`."""
