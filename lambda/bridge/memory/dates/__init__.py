"""How days are named: the words, and how they are put together."""
