"""DynamoDB's notation of values, and what expressions need. Pure.

https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_AttributeValue.html
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

from bridge.store.records import Item
from bridge.typed import Any

_PLACEHOLDER = re.compile(r"#(\w+)")


def attributes(item: Mapping[str, Any]) -> dict[str, Any]:
    """A plain item in DynamoDB's notation."""
    return {name: attribute(value) for name, value in item.items()}


def attribute(value: object) -> dict[str, Any]:
    """One value in DynamoDB's notation. Numbers stay exact: a float is written with the digits that give the same float again.

    Raises `TypeError` for what DynamoDB cannot hold, infinities and NaN included.
    """
    if value is None:
        return {"NULL": True}
    if isinstance(value, bool):
        return {"BOOL": value}
    if isinstance(value, str):
        return {"S": value}
    if isinstance(value, int) or (isinstance(value, float) and math.isfinite(value)):
        return {"N": repr(value)}
    if isinstance(value, Mapping):
        return {"M": attributes(value)}
    if isinstance(value, (list, tuple)):
        return {"L": [attribute(element) for element in value]}
    raise TypeError(f"DynamoDB cannot store this {type(value).__name__}.")


def plain_item(item: object) -> Item:
    """The item in DynamoDB's notation as plain values; a value that is not understood is None, and anything but an item is empty."""
    return {str(name): plain(value) for name, value in item.items()} if isinstance(item, Mapping) else {}


def plain(value: object) -> Any:
    """One value in DynamoDB's notation as a plain one. Types the bridge never writes (binary, sets) and broken ones are None."""
    if not isinstance(value, Mapping) or len(value) != 1:
        return None
    ((kind, content),) = value.items()
    if kind == "M":
        return plain_item(content)
    if kind == "L" and isinstance(content, list):
        return [plain(element) for element in content]
    if kind == "N" and isinstance(content, str):
        return _number(content)
    if (kind == "S" and isinstance(content, str)) or (kind == "BOOL" and isinstance(content, bool)):
        return content
    return None


def names(*expressions: str) -> dict[str, str]:
    """`ExpressionAttributeNames` for expressions in which every attribute is written `#attribute`, since many names are reserved words."""
    return {f"#{name}": name for expression in expressions for name in _PLACEHOLDER.findall(expression)}


def _number(digits: str) -> int | float | None:
    """DynamoDB knows no difference between 1 and 1.0, and writes 100 as it likes: whole numbers are ints."""
    try:
        return int(digits)
    except ValueError:
        return _fraction(digits)


def _fraction(digits: str) -> int | float | None:
    try:
        number = float(digits)
    except ValueError:
        return None
    if not math.isfinite(number):
        return None
    return int(number) if number.is_integer() and abs(number) < 2**53 else number
