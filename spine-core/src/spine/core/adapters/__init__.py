"""Database adapters: `database` has the names that programs use."""
