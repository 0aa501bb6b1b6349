"""The bridge's two tables in one SQLite file."""
