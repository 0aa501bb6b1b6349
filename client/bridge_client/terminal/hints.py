"""The commands a person may type next, whole and quoted for a shell. Pure."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, replace

PLACEHOLDER = '"..."'


@dataclass(frozen=True, slots=True)
class Commands:
    script: str
    """The path of ask.py as it was typed: it works from the current directory."""
    options: tuple[str, ...] = ()
    """The options that chose the bridge."""
    by_make: bool = False

    def ask(self, session_id: str) -> str:
        """Goes on in a session."""
        if self.by_make:
            return f"make ask Q={PLACEHOLDER} S={shlex.quote(session_id)}"
        return self._command(PLACEHOLDER, shlex.quote(session_id))

    def literal(self, question: str) -> str:
        """Asks what looks like an option."""
        return self._command("--", shlex.quote(question))

    def chat(self, session_id: str) -> str:
        if self.by_make:
            return f"make chat S={shlex.quote(session_id)}"
        return self._command("chat", shlex.quote(session_id))

    def history(self, session_id: str) -> str:
        return self._command("history", shlex.quote(session_id))

    def resume(self) -> str:
        """Fetches a lost answer; it knows by itself from which bridge."""
        return replace(self, options=())._command("resume")

    def sessions(self) -> str:
        return self._command("sessions")

    def _command(self, *words: str) -> str:
        return " ".join(["python3", shlex.quote(self.script), *map(shlex.quote, self.options), *words])
