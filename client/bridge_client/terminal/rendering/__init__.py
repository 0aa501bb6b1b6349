"""Text as a terminal shows it: Markdown while it arrives, and words that wrap."""
