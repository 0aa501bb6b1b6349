"""Times and spans on the command line: 30m, 12h, 3d, 2w, 2026-11-01, today, yesterday."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import click

from bridge_client.program import now
from bridge_client.terminal.spans import span_of


class Span(click.ParamType[float]):
    """A length of time, as seconds."""

    name = "SPAN"

    def convert(self, value: str | float, param: click.Parameter | None, ctx: click.Context | None) -> float:
        if isinstance(value, float):
            return value
        seconds = span_of(value)
        return self.fail(f"{value} is not a length of time. Write 30m, 12h, 3d or 2w.", param, ctx) if seconds is None else seconds


class Moment(click.ParamType[float]):
    """A point in time, as seconds since the epoch: a day, or a span before now."""

    name = "TIME"

    def __init__(self, clock: Callable[[], datetime] = now) -> None:
        self._clock = clock

    def convert(self, value: str | float, param: click.Parameter | None, ctx: click.Context | None) -> float:
        if isinstance(value, float):
            return value
        midnight = self._clock().replace(hour=0, minute=0, second=0, microsecond=0)
        days = {"today": 0, "yesterday": 1}
        if value in days:
            return (midnight - timedelta(days=days[value])).timestamp()
        if (seconds := span_of(value)) is not None:
            return self._clock().timestamp() - seconds
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            self.fail(f"{value} is not a time. Write 2026-11-01, 3d (three days ago), today or yesterday.", param, ctx)
        return moment.replace(tzinfo=moment.tzinfo or midnight.tzinfo).timestamp()
