"""Conversations as files: out of a bridge, and into one."""
