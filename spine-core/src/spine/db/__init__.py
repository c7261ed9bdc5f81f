"""Database adapters: dialects, transactions, statements, bulk loading, and SQLite."""
