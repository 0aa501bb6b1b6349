"""A sign of life; with `check`, whether the store and the model can be reached: one cheap request each."""

from __future__ import annotations

from collections.abc import Callable

from bridge.claude.retry import Failure
from bridge.clock import Clock
from bridge.errors import BridgeError
from bridge.services import RequestContext
from bridge.typed import Any, NamedTuple, Protocol
from bridge.wire.frames import INTRODUCTION, Frame, frame
from bridge.wire.requests import Fields, flag


class Store(Protocol):
    """What is asked of the store here; see `store.Store`."""

    def check(self, now: float) -> None: ...


class Claude(Protocol):
    """What is asked of Claude here; see `services.Claude`."""

    def knows(self, model: str) -> bool: ...


class Ping(NamedTuple):
    check: bool = False
    """The reply is to say whether the store can be written to and read, and whether the model is there."""


def read_ping(fields: Fields) -> Ping:
    return Ping(flag(fields, "check"))


def ping(context: RequestContext, request: Ping) -> Frame:
    services = context.services
    marks = {"stand_in": True} if services.stand_in else {}
    if not request.check:
        return frame("pong", context.request_id, **INTRODUCTION, **marks)
    checked = check(services.store, services.claude, services.settings.claude_model, services.clock)
    return frame("pong", context.request_id, **INTRODUCTION, **marks, provider=services.settings.claude_provider, **checked)


def check(store: Store, claude: Claude, model: str, clock: Clock) -> dict[str, Any]:
    """The fields of a `pong` with a check. `model_milliseconds` is null where the model cannot be checked."""
    store_milliseconds, _, store_error = _timed(lambda: store.check(clock.now()), clock.monotonic)
    model_milliseconds, is_known, model_error = _timed(lambda: claude.knows(model), clock.monotonic)
    fields = {
        "store_milliseconds": store_milliseconds,
        "model": model,
        "model_milliseconds": None if is_known is False else model_milliseconds,
    }
    errors = {"store_error": store_error, "model_error": model_error}
    return fields | {name: _error_fields(error) for name, error in errors.items() if error is not None}


def _timed(act: Callable[[], object], now: Callable[[], float]) -> tuple[float, object, BridgeError | None]:
    """How many milliseconds it took, its result, and its error."""
    began = now()
    result: object = None
    error: BridgeError | None = None
    try:
        result = act()
    except BridgeError as raised:
        error = raised
    except Failure as failure:
        error = failure.error
    return round((now() - began) * 1000, 1), result, error


def _error_fields(error: BridgeError) -> dict[str, str]:
    setting = {"setting": error.setting} if error.setting else {}
    return {"code": error.code.wire, "message": error.message, **setting}
