"""What stops a command: one sentence that says what to do."""

from __future__ import annotations


class Failure(Exception):
    """The command ends with exit code 2; the text is all that is shown."""
