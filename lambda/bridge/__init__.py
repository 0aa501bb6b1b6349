"""Claude with a memory: the deployed package. Nothing but Python's standard library."""
