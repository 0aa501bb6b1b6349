"""The texts of the answers a question has had so far. Pure.

A bridge that starts an answer over gives it a new id. The one named in `done` counts, and that may be an earlier one: the texts of all
answers are held, and only the newest is shown.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class _Answer:
    text: str = ""
    end: int = 0
    """How far this answer is known to reach: beyond `len(text)` if a piece is missing."""

    @property
    def whole(self) -> bool:
        return len(self.text) == self.end

    def add(self, offset: int, text: str) -> str | None:
        """Adds a piece that begins at code point `offset`; returns the new text at the end. None if a piece before it is missing."""
        self.end = max(self.end, offset + len(text))
        here = len(self.text)
        if offset > here:
            return None
        new = text[here - offset :]
        self.text += new
        return new


@dataclass
class Answers:
    shown: str | None = None
    """The id of the answer on the screen."""
    _answers: dict[str, _Answer] = field(default_factory=dict)

    def add(self, answer: str, offset: int, text: str) -> str | None:
        """Adds a piece of `answer`; returns the new text at its end. None if a piece before it is missing."""
        return self._answers.setdefault(answer, _Answer()).add(offset, text)

    def known(self, answer: str) -> bool:
        return answer in self._answers

    def whole(self, answer: str) -> bool:
        """Whether there is text of this answer, without a gap."""
        return self.known(answer) and self._answers[answer].whole

    def text(self, answer: str) -> str:
        return self._answers[answer].text
