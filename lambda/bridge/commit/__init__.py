"""Storing a turn."""
