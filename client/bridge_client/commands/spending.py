"""What some answers have used, added up."""

from __future__ import annotations

from dataclasses import dataclass

from bridge_client.protocol.frames import Frame, integer_in, number_in, object_in
from bridge_client.terminal.wording import counted, dollars

_SENT = ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens")


@dataclass
class Spending:
    answers: int = 0
    sent: int = 0
    """Tokens."""
    received: int = 0
    cost: float = 0.0
    """US dollars."""
    unpriced: int = 0
    """Answers whose price is not known."""

    def add(self, done: Frame) -> None:
        counts = object_in(done, "usage")
        self.answers += 1
        self.sent += sum(integer_in(counts, name) or 0 for name in _SENT)
        self.received += integer_in(counts, "output_tokens") or 0
        cost = number_in(done, "cost_usd")
        self.cost += cost or 0.0
        self.unpriced += cost is None

    def in_words(self) -> str:
        tokens = f"{counted(self.answers, 'answer')}: {counted(self.sent, 'token')} in, {self.received:,} out"
        if self.answers == self.unpriced:
            return f"{tokens}." if not self.answers else f"{tokens}; the bridge does not say what they cost."
        return f"{tokens}, {dollars(self.cost)}{f' and {self.unpriced:,} without a known price' if self.unpriced else ''}."
