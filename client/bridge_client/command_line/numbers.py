"""Whole numbers on the command line."""

from __future__ import annotations

import click


class Count(click.ParamType[int]):
    """A whole number within bounds. What is wrong with another one is said in words; click's own type says "x>=1"."""

    name = "N"

    def __init__(self, least: int = 1, most: int | None = None) -> None:
        self._least = least
        self._most = most

    def convert(self, value: str | int, param: click.Parameter | None, ctx: click.Context | None) -> int:
        try:
            number = int(value)
        except ValueError:
            number = self._least - 1
        if number < self._least or (self._most is not None and number > self._most):
            bounds = f"of at least {self._least}" if self._most is None else f"from {self._least} to {self._most:,}"
            self.fail(f"{value} is not a whole number {bounds}.", param, ctx)
        return number
