"""The page in the browser: its files, its server on loopback, and what the two say to each other."""
