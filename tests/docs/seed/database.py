from spine.core.adapters.database import get_adapter, DatabaseType

# SQLite (Basic tier)
adapter = get_adapter(DatabaseType.SQLITE, path="local.db")

# PostgreSQL (Intermediate tier)
adapter = get_adapter(
    DatabaseType.POSTGRESQL,
    host="localhost",
    database="spine",
    username="spine_user",
)

# Use uniformly
with adapter.transaction() as conn:
    conn.execute("SELECT * FROM captures WHERE domain = ?", (domain,))
