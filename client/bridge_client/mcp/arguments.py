"""The arguments of a call against the tool's schema, by the `jsonschema` library; in words of our own, which leave out the values."""

from __future__ import annotations

from collections.abc import Mapping

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError, best_match

from bridge_client.mcp.errors import Refused

Schema = Mapping[str, object]

KINDS = {"string": "text", "integer": "a whole number", "number": "a number", "boolean": "true or false"}


def check(schema: Schema, arguments: Mapping[str, object]) -> None:
    """Raises `Refused` with what is wrong."""
    errors = list(Draft202012Validator(schema).iter_errors(arguments))
    # A name that was mistyped is also missing: the names that there are say more.
    error = next((error for error in errors if error.validator == "additionalProperties"), None) or best_match(errors)
    if error is not None:
        raise Refused(_words(error, schema))


def _words(error: ValidationError, schema: Schema) -> str:
    name = f"`{'.'.join(map(str, error.absolute_path))}`"
    limit = error.validator_value
    properties = schema.get("properties")
    known = ", ".join(f"`{name}`" for name in properties) if isinstance(properties, Mapping) and properties else "none"
    match error.validator:
        case "required":
            missing = next((name for name in limit if name not in error.instance), "")
            return f"`{missing}` is missing."
        case "additionalProperties":
            return f"There is an unknown argument. This tool takes: {known}."
        case "type":
            return f"{name} must be {KINDS.get(str(limit), str(limit))}."
        case "minLength":
            return f"{name} is empty."
        case "maxLength":
            return f"{name} has more than {limit:,} characters."
        case "enum":
            return f"{name} must be one of: {', '.join(map(str, limit))}."
        case "minimum" | "maximum":
            return f"{name} must be at {'least' if error.validator == 'minimum' else 'most'} {limit:,}."
    return f"{name} must be 1 to 128 letters, digits, dots, underscores or hyphens."
