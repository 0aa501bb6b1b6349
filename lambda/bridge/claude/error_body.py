"""What a server said in place of an answer, in one line that is safe to show. Pure.

It may be the API's JSON, a gateway's JSON in a form of its own, the page of a firewall or a hotel, or nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any

from bridge.text import clean, json_object
from bridge.typed import NamedTuple

Hide = Callable[[str], str]
"""Takes the secrets out of a text."""

LIMIT = 300
"""In characters. A longer text ends in an ellipsis."""
_LOOKED_AT = 4_000
"""How much of a page is searched for its words."""
_MAX_KIND_CHARACTERS = 64
_STREAM = ("data:", "event:", "id:", "retry:", ":")
_WORDS = ("message", "detail", "error_description", "description", "title", "reason", "error")


class Form(Enum):
    """What kind of body it is."""

    ERROR = "an error"
    JSON = "JSON"
    PAGE = "a web page"
    STREAM = "a stream of another kind"
    TEXT = "text"
    NOTHING = "nothing"


class ErrorBody(NamedTuple):
    """`words` may be empty. `kind` is the API's `error.type`, `error_code` its `error.details.error_code`; empty where there is none."""

    form: Form
    words: str = ""
    kind: str = ""
    error_code: str = ""


def read(body: bytes, hide: Hide) -> ErrorBody:
    """What the body of a response says."""
    text = body.decode("utf-8", "replace").strip("\ufeff \t\r\n")
    value = json_object(text)
    if value is not None:
        return of_object(value, hide)
    if text.startswith("<"):
        return ErrorBody(Form.PAGE, shown(_page_words(text[:_LOOKED_AT]), hide))
    if text.startswith(_STREAM):
        return ErrorBody(Form.STREAM)
    return ErrorBody(Form.TEXT, shown(text, hide)) if text else ErrorBody(Form.NOTHING)


def of_object(value: Mapping[str, Any], hide: Hide) -> ErrorBody:
    """What a JSON object says: the API's error object, or whatever a gateway sends in its place."""
    value = _lower(value)
    error = value.get("error")
    if not isinstance(error, Mapping):
        words = shown(_first_words(value), hide)
        return ErrorBody(Form.ERROR if error or words else Form.JSON, words)
    error = _lower(error)
    details = error.get("details")
    error_code = details.get("error_code") if isinstance(details, Mapping) else None
    words = shown(_first_words(error) or _first_words(value), hide)
    return ErrorBody(Form.ERROR, words, _kind(error.get("type"), hide), error_code if isinstance(error_code, str) else "")


def shown(text: str, hide: Hide) -> str:
    """`text` as one line without control characters and secrets. Secrets go before it is cut: half a key is one, too."""
    line = hide(" ".join(hide(clean(text)).split()))
    return line if len(line) <= LIMIT else line[: LIMIT - 1].rstrip() + "…"


def _lower(value: Mapping[str, Any]) -> dict[str, Any]:
    """Gateways change the letter case of names."""
    return {name.lower(): field for name, field in value.items()}


def _first_words(value: Mapping[str, Any]) -> str:
    return next((field for field in map(value.get, _WORDS) if isinstance(field, str) and field.strip()), "")


def _kind(value: object, hide: Hide) -> str:
    """`error.type`, which is logged, if it looks like one: a server may echo anything in there."""
    return value if isinstance(value, str) and value.isidentifier() and len(value) <= _MAX_KIND_CHARACTERS and hide(value) == value else ""


def _page_words(page: str) -> str:
    """A page's title, else its text."""
    import html

    title = re.search(r"<title[^>]*>([^<]*)", page, re.IGNORECASE)
    if title and title[1].strip():
        return html.unescape(title[1])
    text = re.sub(r"<(script|style)\b.*?</\1\s*>", " ", page, flags=re.IGNORECASE | re.DOTALL)
    return html.unescape(re.sub(r"<[^>]*>?", " ", text))
