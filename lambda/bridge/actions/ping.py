"""Whether what the bridge needs works, for a `ping` that asks: the store and the model, one cheap request each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from bridge.claude.retry import Failure
from bridge.errors import BridgeError
from bridge.store.records import Claim

NO_REQUEST = "ping"
"""A key under which no request is: theirs are MD5s."""


class Store(Protocol):
    """What is asked of the store here; see `store.Store`."""

    def look(self, hash: str, *, consistent: bool = True) -> Claim | None: ...


class Claude(Protocol):
    def knows(self, model: str) -> bool:
        """Whether there is this model; False: that cannot be told. See `claude.MessagesApi.knows`."""


def check(store: Store, claude: Claude, model: str, now: Callable[[], float]) -> dict[str, Any]:
    """The fields of the `pong`. `now` is in seconds; what cannot be told has null for its milliseconds."""
    store_milliseconds, _, store_error = _timed(lambda: store.look(NO_REQUEST), now)
    model_milliseconds, told, model_error = _timed(lambda: claude.knows(model), now)
    found = {
        "store_milliseconds": store_milliseconds,
        "model": model,
        "model_milliseconds": None if told is False else model_milliseconds,
    }
    errors = {"store_error": store_error, "model_error": model_error}
    return found | {name: _fields(error) for name, error in errors.items() if error is not None}


def _timed(act: Callable[[], object], now: Callable[[], float]) -> tuple[float, object, BridgeError | None]:
    """How many milliseconds it took, its result, and its error."""
    began = now()
    result, found = None, None
    try:
        result = act()
    except BridgeError as error:
        found = error
    except Failure as failure:
        found = failure.error
    return round((now() - began) * 1000, 1), result, found


def _fields(error: BridgeError) -> dict[str, str]:
    setting = {"setting": error.setting} if error.setting else {}
    return {"code": error.code.wire, "message": error.message, **setting}
