"""The two tables in one SQLite file."""
