"""The settings of a session, as `configure`, `query` and `import` name them; and what a bridge allows of them. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from bridge.errors import BridgeError, Code
from bridge.settings import EFFORTS, SCOPES, Settings
from bridge.text import without_surrogates
from bridge.typed import Any
from bridge.wire.requests import Fields

EARLIEST, LATEST = 631_152_000, 2**35
"""1 January 1990, and a time that no clock shows, in seconds since the epoch."""
TITLE_CHARACTERS = 200
PROJECT_CHARACTERS = 200
MODEL_CHARACTERS = 200
SYSTEM_CHARACTERS = 4_000

_LINES = {"title": TITLE_CHARACTERS, "project": PROJECT_CHARACTERS, "model": MODEL_CHARACTERS}
_JOINERS = {0x200C: None, 0x200D: None}
"""Within emoji of several people, and words of Persian and Hindi."""
_CHOICES = {"effort": EFFORTS, "scope": SCOPES}
NAMES = ("title", "project", "system", "model", "effort", "scope", "keep_hours")
_MIN_HOURS, _MAX_HOURS = 1 / 3600, 1_000_000


def read_settings(fields: Fields) -> dict[str, Any]:
    """Those that are named, checked for what they may be anywhere. Raises `bad_request`, which names the field."""
    readers = {**dict.fromkeys(_LINES, line), "system": system, **dict.fromkeys(_CHOICES, choice), "keep_hours": _hours}
    return {name: readers[name](fields, name) for name in NAMES if fields.get(name) not in (None, "")}


def nested_settings(fields: Fields) -> dict[str, Any]:
    """The same, of the object `settings`."""
    value = fields.get("settings", {})
    if not isinstance(value, dict):
        raise bad("settings", "must be an object")
    return read_settings(value)


def line(fields: Fields, name: str) -> str:
    """Text of one line, of at most as many characters as the field may have."""
    value, most = fields.get(name, ""), _LINES[name]
    if not isinstance(value, str) or len(value) > most or not ((seen := value.translate(_JOINERS)).isprintable() and seen.strip()):
        raise bad(name, f"must be one line of at most {most} characters")
    return without_surrogates(value).strip()


def system(fields: Fields, name: str = "system") -> str:
    value = fields.get(name, "")
    if not isinstance(value, str) or len(value) > SYSTEM_CHARACTERS:
        raise bad(name, f"must be text of at most {SYSTEM_CHARACTERS:,} characters")
    return without_surrogates(value)


def choice(fields: Fields, name: str) -> str:
    value = fields.get(name, "")
    if value not in _CHOICES[name]:
        raise bad(name, f"must be one of {', '.join(_CHOICES[name])}")
    return str(value)


def must_be_allowed(values: Fields, settings: Settings) -> None:
    """Raises `model_not_allowed` and, for `keep_hours`, `bad_request`."""
    model, hours, most = values.get("model"), values.get("keep_hours"), settings.keep_hours_max
    if model and not settings.allows_model(model):
        raise BridgeError(Code.MODEL_NOT_ALLOWED, f"This bridge does not allow the model {model}.", setting="CLAUDE_MODELS")
    if hours is not None and most and not 0 < hours <= most:
        raise BridgeError(
            Code.BAD_REQUEST, f"`keep_hours` may be at most {most:g} on this bridge, and not 0 (forever).", setting="KEEP_HOURS_MAX"
        )


def shown_settings(values: dict[str, Any]) -> dict[str, Any]:
    """What is not set as null."""
    return {name: value if value != "" else None for name, value in values.items()}


def said_at(fields: Fields) -> float | None:
    """When something was said, in seconds since the epoch; None: now."""
    value = fields.get("said_at")
    if value in (None, ""):
        return None
    if not isinstance(value, (int, float)) or isinstance(value, bool) or not EARLIEST <= value < LATEST:
        raise bad("said_at", "must be a time since 1990, in seconds since the epoch")
    return float(value)


def since(fields: Fields) -> float:
    """From when on, in seconds since the epoch; 0: from the beginning."""
    value = fields.get("since", 0)
    if not isinstance(value, (int, float)) or isinstance(value, bool) or not 0 <= value < LATEST:
        raise bad("since", "must be a time in seconds since the epoch")
    return value


def names(fields: Fields, name: str, known: Iterable[str]) -> list[str]:
    """A list of some of the names that are `known`."""
    value = fields.get(name, [])
    if not (isinstance(value, list) and all(isinstance(one, str) and one in known for one in value)):
        raise bad(name, f"must be a list of names out of {', '.join(known)}")
    return value


def bad(name: str, what: str) -> BridgeError:
    return BridgeError(Code.BAD_REQUEST, f"`{name}` {what}.")


def _hours(fields: Fields, name: str) -> float:
    value = fields.get(name, 0)
    if not isinstance(value, (int, float)) or isinstance(value, bool) or not (value == 0 or _MIN_HOURS <= value <= _MAX_HOURS):
        raise bad(name, "must be a number of hours from 0.00028 (a second) to 1,000,000, or 0 (forever)")
    return value
