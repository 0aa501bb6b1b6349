"""Entry point of the authorizer function: who may connect.

It runs once for each connection that is opened, before anything else does, so it imports next to nothing. It logs nothing but what is wrong
with its own configuration: a refusal is not an error. SHA-256 digests of random 256-bit tokens are deployed, which need no slow hash: there
is nothing to guess.
https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-lambda-auth.html
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import time
from collections.abc import Iterable, Mapping

Entry = tuple[str, bytes, float | None]
"""Owner, SHA-256 digest of the token, and when it expires in seconds since the epoch (None: never)."""

Pairs = Iterable[tuple[str, str]]

TokenList = tuple[tuple[Entry, ...], tuple[str, ...]]
"""The entries that can be used, and a sentence for each of the others, which quotes nothing of it. Without names: importing `typing` for a
named tuple would take longer than all that is done here."""

MAX_TOKEN_CHARACTERS = 4096

# Compiling patterns would take longer still.
_OWNER_CHARACTERS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-")
_HEXADECIMAL = frozenset("0123456789abcdefABCDEF")
_FIELDS = frozenset({"owner", "sha256", "expires"})
_END_OF_TIME = 1e11
"""A later `expires` is not a number (NaN) or in milliseconds, and would mean never."""


def handler(event: Mapping[str, object], context: object) -> dict[str, object]:
    """Allows or denies one `$connect`; a client that is denied gets 403.

    Raising "Unauthorized" would give 401 to a client without any token, and for each of them an error with its trace in the log.
    """
    headers = _pairs(event, "headers", "multiValueHeaders")
    query = _pairs(event, "queryStringParameters", "multiValueQueryStringParameters")
    return _policy(authorize(_configured(getattr(context, "aws_request_id", "")), headers, query, time.time()), str(event.get("methodArn")))


def read_tokens(text: str) -> TokenList:
    """The entries in `text`, a JSON list of objects with `owner`, `sha256` (hexadecimal) and `expires` (epoch seconds or null).

    A bad entry lets nobody in, and keeps nobody else out. Raises `ValueError`, which quotes nothing, for text that is not such a list.
    """
    try:
        listed = json.loads(text)
    except RecursionError as error:
        raise ValueError("The tokens are nested too deeply.") from error
    if not isinstance(listed, list):
        raise ValueError("The tokens must be a JSON list.")
    entries: dict[int, Entry] = {}
    complaints: list[str] = []
    for number, item in enumerate(listed, 1):
        try:
            entries[number] = _entry(item)
        except ValueError as error:
            complaints.append(f"Token {number} admits nobody: {error}")
    owners: dict[bytes, set[str]] = {}
    for owner, digest, _ in entries.values():
        owners.setdefault(digest, set()).add(owner)
    for number, (_, digest, _) in entries.items():
        if len(owners[digest]) > 1:  # Whose sessions would it be let in to?
            complaints.append(f"Token {number} admits nobody: it is listed for more than one owner.")
    return tuple(entry for entry in entries.values() if len(owners[entry[1]]) == 1), tuple(complaints)


def authorize(entries: Iterable[Entry], headers: Pairs, query: Pairs, now: float) -> str | None:
    """The owner of the one token presented; None where it is unknown, expired or malformed, or where two differ.

    All entries are compared, each in constant time, so that the time taken tells nothing.
    """
    tokens = presented(headers, query)
    if len(tokens) != 1:
        return None
    (token,) = tokens
    if len(token) > MAX_TOKEN_CHARACTERS or not token.isascii():
        return None
    digest = hashlib.sha256(token.encode()).digest()
    owner = None
    for candidate, known, expires in entries:
        if hmac.compare_digest(digest, known) and (expires is None or now < expires):
            owner = candidate
    return owner


def presented(headers: Pairs, query: Pairs) -> set[str]:
    """The different tokens of a handshake: `Authorization: Bearer ...`, or for browsers, which cannot set that, `token` in the query."""
    tokens = {value for name, value in query if name == "token"}
    for name, value in headers:
        scheme, _, token = value.strip().partition(" ")
        if name.lower() == "authorization" and scheme.lower() == "bearer":
            tokens.add(token.strip())
    return tokens - {""}


_known: list[tuple[Entry, ...]] = []
"""What this environment has read of its configuration, once."""


def _configured(request_id: str) -> tuple[Entry, ...]:
    if not _known:
        try:
            entries, complaints = read_tokens(os.environ.get("CLIENT_TOKENS") or "[]")
        except ValueError:
            entries, complaints = (), ("CLIENT_TOKENS cannot be read: nobody can connect.",)
        for complaint in complaints:
            _log_error(complaint, request_id)
        _known.append(entries)
    return _known[0]


def _log_error(message: str, request_id: str) -> None:
    """A line in the form that bridge.logs writes, which takes too long to import here."""
    timestamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    line = {"timestamp": timestamp, "level": "ERROR", "logger": "bridge.authorizer", "message": message, "requestId": request_id}
    print(json.dumps(line), flush=True)  # noqa: T201 -- what a function prints is its log


def _entry(item: object) -> Entry:
    if not isinstance(item, dict):
        raise ValueError("it must be an object.")
    owner, digest, expires = item.get("owner"), item.get("sha256"), item.get("expires")
    if not (isinstance(owner, str) and 1 <= len(owner) <= 64 and _OWNER_CHARACTERS.issuperset(owner)) or owner == "default":
        raise ValueError("`owner` must be 1 to 64 characters from A-Z a-z 0-9 _ - and not `default`.")
    if not (isinstance(digest, str) and len(digest) == 64 and _HEXADECIMAL.issuperset(digest)):
        raise ValueError("`sha256` must be 64 hexadecimal digits.")
    if expires is not None and (isinstance(expires, bool) or not isinstance(expires, (int, float)) or not 0 <= expires < _END_OF_TIME):
        raise ValueError("`expires` must be seconds since the epoch, or null.")
    if not item.keys() <= _FIELDS:  # A token whose `expire` is not read would never expire.
        raise ValueError("it can have `owner`, `sha256` and `expires`, and nothing else.")
    return owner, bytes.fromhex(digest), expires


def _pairs(event: Mapping[str, object], single: str, multiple: str) -> list[tuple[str, str]]:
    """The names and values of both forms that an event has, either of which may be missing or null."""
    singles, multiples = event.get(single), event.get(multiple)
    pairs = list(singles.items()) if isinstance(singles, Mapping) else []
    if isinstance(multiples, Mapping):
        pairs += [(name, value) for name, values in multiples.items() for value in (values if isinstance(values, list) else ())]
    return [(name, value) for name, value in pairs if isinstance(name, str) and isinstance(value, str)]


def _policy(owner: str | None, method_arn: str) -> dict[str, object]:
    statement = {"Action": "execute-api:Invoke", "Effect": "Allow" if owner else "Deny", "Resource": method_arn}
    return {"principalId": owner or "nobody", "policyDocument": {"Version": "2012-10-17", "Statement": [statement]}}
