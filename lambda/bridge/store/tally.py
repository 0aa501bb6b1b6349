"""What an owner has used of a day's tokens, or dollars: a row of the hashes table. Pure.

    {"hash": "budget/ada/2026-11-22", "tokens": 52310, "hold_9f86d081884c7d65": 40110, "ttl": 1795564800}

`tokens` counts what was used and what is held; each hold is also listed under its own name, so that it is put and settled once, however
often the write is repeated. No hash of a request has a `/`. In the row of a budget in dollars (`spend/...`) they are nano-dollars.
"""

from __future__ import annotations

from collections.abc import Mapping

from bridge.fields import integer, text
from bridge.store.records import Item
from bridge.typed import Any, NamedTuple, Self

_HOLD = "hold_"


class Hold(NamedTuple):
    """Tokens held back while Claude is asked, since nobody knows yet what it will take. `name` is of letters and digits, and unique."""

    row: str
    name: str
    tokens: int
    ttl: int

    @property
    def attribute(self) -> str:
        return _HOLD + self.name


class Tally(NamedTuple):
    """One row. `tokens` includes the `holds`, which are by attribute."""

    row: str
    tokens: int = 0
    holds: Mapping[str, int] = {}
    ttl: int = 0

    @property
    def used(self) -> int:
        """The tokens that are not just held."""
        return self.tokens - sum(self.holds.values())

    def holding(self, hold: Hold) -> Self:
        return self._replace(tokens=self.tokens + hold.tokens, holds={**self.holds, hold.attribute: hold.tokens}, ttl=hold.ttl)

    def settled(self, hold: Hold, used: int) -> Self:
        """This row with what was `used` in place of one of its holds."""
        rest = {name: tokens for name, tokens in self.holds.items() if name != hold.attribute}
        return self._replace(tokens=self.tokens - hold.tokens + used, holds=rest)

    def item(self) -> Item:
        return {"hash": self.row, "tokens": self.tokens, **self.holds, "ttl": self.ttl}

    @classmethod
    def of(cls, item: Mapping[str, Any]) -> Self:
        """Reads leniently, as `records` does."""
        holds = {name: integer(item, name) for name in item if name.startswith(_HOLD)}
        return cls(text(item, "hash"), integer(item, "tokens"), holds, integer(item, "ttl"))
