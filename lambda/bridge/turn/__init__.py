"""One question, from its claim to its answer."""
