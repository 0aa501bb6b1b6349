"""The authorizer of a gateway with tokens: the rules of the deployed one, on a file."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable, Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Any

from bridge.authorizer import Entry, authorize, presented, read_tokens
from bridge_local.gateway.events import Event

logger = logging.getLogger(__name__)


class UnusableTokens(Exception):
    """The file cannot be read or is invalid. The text is one line that names the file and quotes nothing from it."""


class Tokens:
    """Decides who may connect: an `Authorize` of the gateway. Thread-safe.

    The file is read again when it has changed, so revoking a token takes effect at once; open connections stay open. While the file is
    unusable, nobody is admitted.
    """

    def __init__(self, path: Path, now: Callable[[], float] = time.time) -> None:
        """`now` gives seconds since the epoch. Raises `UnusableTokens`."""
        self._path = path
        self._now = now
        self._lock = threading.Lock()
        # Taken before reading, so that a change made meanwhile is noticed next time.
        self._version = _version(path)
        self._entries = read_file(path)

    def __call__(self, event: Event) -> Mapping[str, Any] | HTTPStatus:
        """The owner of the token in a `$connect` event; 401 if there is no token, 403 if it is not valid."""
        headers, query = _pairs(event, "multiValueHeaders"), _pairs(event, "multiValueQueryStringParameters")
        if not presented(headers, query):
            return HTTPStatus.UNAUTHORIZED
        owner = authorize(self._current(), headers, query, self._now())
        return {"principalId": owner} if owner else HTTPStatus.FORBIDDEN

    def _current(self) -> tuple[Entry, ...]:
        with self._lock:
            version = _version(self._path)
            if version != self._version:
                self._version = version
                self._entries = self._read_again()
            return self._entries

    def _read_again(self) -> tuple[Entry, ...]:
        try:
            return read_file(self._path)
        except UnusableTokens as error:
            logger.error("%s Nobody is admitted until it is fixed.", error)
            return ()


def read_file(path: Path) -> tuple[Entry, ...]:
    """The tokens in a file: a JSON list, or an object with such a list in `client_tokens`. Raises `UnusableTokens`.

    An entry that cannot be used admits nobody, which is logged; the others count.
    """
    try:
        value = json.loads(path.read_bytes())
        entries, complaints = read_tokens(json.dumps(value.get("client_tokens") if isinstance(value, dict) else value))
    except OSError as error:
        raise UnusableTokens(f"The tokens in {path} cannot be read: {error.strerror}.") from error
    except RecursionError as error:
        raise UnusableTokens(f"The tokens in {path} cannot be used: they are nested too deeply.") from error
    except ValueError as error:
        raise UnusableTokens(f"The tokens in {path} cannot be used: {str(error).rstrip('.')}.") from error
    for complaint in complaints:
        logger.error("%s: %s", path, complaint)
    return entries


def _version(path: Path) -> tuple[int, ...] | None:
    """Changes when the file is written or replaced; None if there is no file."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino


def _pairs(event: Event, name: str) -> list[tuple[str, str]]:
    return [(key, value) for key, values in event.get(name, {}).items() for value in values]
