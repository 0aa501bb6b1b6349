"""Markdown as a terminal shows it, while it arrives."""
