"""The commands a person may type next, whole and quoted for a shell. Pure, but for looking at the folders of PATH."""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

PLACEHOLDER = '"..."'


def invocation(script: str, path: str) -> str:
    """How to call this program again: `ask-claude` where the shell finds it on `path` (PATH), else by the path it was called by."""
    name = os.path.basename(script)  # noqa: PTH119 (pathlib is slow to import)
    if name.endswith(".py"):
        return f"python3 {shlex.quote(script)}"
    for folder in path.split(os.pathsep):
        candidate = os.path.join(folder, name)  # noqa: PTH118
        if os.access(candidate, os.X_OK):
            return name if os.path.samefile(candidate, script) else shlex.quote(script)  # noqa: PTH121
    return shlex.quote(script)


@dataclass(frozen=True, slots=True)
class Hints:
    name: str
    """How this program is called."""
    options: tuple[str, ...] = ()
    """The options that chose the bridge."""
    by_make: bool = False
    """`make ask` and `make chat` are what people type."""
    stand_in: Callable[[], bool] = bool
    """Whether a stand-in turned out to answer: what it answered is found by --stand-in."""

    def ask(self, session_id: str) -> str:
        """Continues a session."""
        if self.by_make:
            return f"make ask Q={PLACEHOLDER} S={shlex.quote(session_id)}"
        return self._command(PLACEHOLDER, shlex.quote(session_id))

    def go_on(self, session_id: str, *, known: bool) -> str:
        """Continues a session: without its id if it is `known` as the last one of this directory."""
        return self._command("-c", PLACEHOLDER) if known and not self.by_make else self.ask(session_id)

    def begin(self, name: str) -> str:
        """Begins a session of this name."""
        return self._command("--new", shlex.quote(name), PLACEHOLDER)

    def question(self, question: str) -> str:
        """Asks this question."""
        return self._command(f'"{question}"' if _plain(question) else shlex.quote(question))

    def literal(self, question: str) -> str:
        """Asks what looks like an option or a command."""
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

    def keep(self, session_id: str) -> str:
        return self._command("keep", session_id)

    def set_key(self) -> str:
        return f"{self.name} keys set"

    def sessions(self) -> str:
        return self._command("sessions")

    def of_stand_in(self) -> str:
        """Lists the sessions of the stand-in."""
        return replace(self, options=("--stand-in",))._command("sessions")

    def command(self, *words: str) -> str:
        """Any command, with words that are quoted where they have to be."""
        return self._command(*map(shlex.quote, words))

    def _command(self, *words: str) -> str:
        stand_in = ["--stand-in"] if self.stand_in() and "--stand-in" not in self.options else []
        return " ".join([self.name, *map(shlex.quote, self.options), *stand_in, *words])


def did_you_mean(word: str, words: Iterable[str]) -> str:
    """ " Did you mean ...?"; "" if nothing is like it."""
    from difflib import get_close_matches

    near = get_close_matches(word, list(words), 1)
    return f" Did you mean {near[0]}?" if near else ""


def _plain(text: str) -> bool:
    """Whether a shell leaves the text alone within double quotes."""
    return not set(text) & set('"$`\\!')
