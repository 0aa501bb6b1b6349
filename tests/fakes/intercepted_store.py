"""A store whose calls a test may watch, fail or cut short."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bridge.errors import StoreUnavailable


class Killed(BaseException):
    """The process ends here: nothing after this runs."""


class Intercepted:
    """A store in front of which a test stands: `before` and `after` are called by name of the method."""

    def __init__(self, store: Any) -> None:
        self.store = store
        self.before: dict[str, Callable[..., object]] = {}
        self.after: dict[str, Callable[..., object]] = {}
        self.calls: list[str] = []

    def __getattr__(self, name: str) -> Any:
        method = getattr(self.store, name)

        def call(*args: Any, **kwargs: Any) -> Any:
            self.calls.append(name)
            if name in self.before:
                self.before[name](*args)
            result = method(*args, **kwargs)
            if name in self.after:
                self.after[name](*args)
            return result

        return call


def killed(*args: Any) -> None:
    raise Killed


def unavailable(*args: Any) -> None:
    raise StoreUnavailable
