"""Reading the fields of a JSON object leniently: one that is missing or of the wrong type counts as absent."""

from __future__ import annotations

from collections.abc import Mapping

from bridge.typed import Any

_ABSURD = 2**63
"""No number that is stored comes near it. NaN is not below it either."""


def text(fields: Mapping[str, Any], name: str) -> str:
    value = fields.get(name)
    return value if isinstance(value, str) else ""


def number(fields: Mapping[str, Any], name: str) -> float | None:
    value = fields.get(name)
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < _ABSURD else None


def optional_integer(fields: Mapping[str, Any], name: str) -> int | None:
    value = fields.get(name)
    return value if type(value) is int and -_ABSURD < value < _ABSURD else None


def integer(fields: Mapping[str, Any], name: str) -> int:
    """The whole number; 0 where there is none."""
    value = fields.get(name)
    return value if type(value) is int and -_ABSURD < value < _ABSURD else 0


def mapping(fields: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """The object; an empty one where there is none."""
    value = fields.get(name)
    return value if isinstance(value, (dict, Mapping)) else {}


def without_none(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}
