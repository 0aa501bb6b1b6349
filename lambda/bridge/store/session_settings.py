"""What a person has set for one session, as an attribute of its head. Pure.

    {"counter": 3, "title": "Kites", "project": "host/ada/kites", "system": "...", "model": "...", "effort": "high", "scope": "all",
     "keep_hours": 0}

What is not set is the bridge's to say. `counter` counts the changes: whatever follows from the settings, above all until when the head
and its turns are kept, is written only while it is what it was seen to be.
"""

from __future__ import annotations

from collections.abc import Mapping

from bridge.fields import integer, number, text
from bridge.typed import Any, NamedTuple, Self

TEXTS = ("title", "project", "system", "model", "effort", "scope")
NAMES = (*TEXTS, "keep_hours")


class SessionSettings(NamedTuple):
    """Empty and None: not set. `keep_hours`: how long it lives after its last turn; 0: forever. `rest`: what a newer bridge set."""

    title: str = ""
    project: str = ""
    system: str = ""
    model: str = ""
    effort: str = ""
    scope: str = ""
    keep_hours: float | None = None
    counter: int = 0
    rest: Mapping[str, Any] = {}

    def period(self, default: int | None) -> int | None:
        """How long the session lives after its last turn, in seconds; None: forever. `default` is the bridge's."""
        return default if self.keep_hours is None else round(self.keep_hours * 3600) or None

    def changed(self, changes: Mapping[str, Any]) -> Self:
        """The settings after one more change, of the fields named."""
        return self._replace(**changes, counter=self.counter + 1)

    def item(self) -> dict[str, Any] | None:
        """None where nothing was ever set."""
        if not self.counter:
            return None
        values = {name: getattr(self, name) for name in NAMES}
        return {**self.rest, "counter": self.counter, **{name: value for name, value in values.items() if value not in ("", None)}}

    @classmethod
    def of(cls, item: object) -> Self:
        """Reads leniently, as `records` does."""
        if not isinstance(item, dict):
            return cls()
        hours = number(item, "keep_hours")
        rest = {name: value for name, value in item.items() if name not in cls._fields}
        texts: dict[str, Any] = {name: text(item, name) for name in TEXTS}
        return cls(**texts, keep_hours=None if hours is None or hours < 0 else hours, counter=integer(item, "counter"), rest=rest)
