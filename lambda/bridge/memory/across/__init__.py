"""Several sessions of an owner, searched as one."""
