"""By which secrets are recognised: patterns, and where they come from."""
