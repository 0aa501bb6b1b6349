"""Entry point of the authorizer function: who may connect.

It runs once for each connection that is opened, before anything else does, so it imports next to nothing. It never logs. What is deployed
are SHA-256 digests of random 256-bit tokens, which need no slow hash: there is nothing to guess.
https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-lambda-auth.html
"""

from __future__ import annotations

import functools
import hashlib
import hmac
import json
import os
import time
from collections.abc import Iterable, Mapping

Entry = tuple[str, bytes, float | None]
"""Owner, SHA-256 digest of the token, and when it expires in seconds since the epoch (None: never)."""

Pairs = Iterable[tuple[str, str]]

LONGEST_TOKEN = 4096

# Compiling patterns would take longer than all that is done here.
_OWNER_CHARACTERS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-")
_HEXADECIMAL = frozenset("0123456789abcdefABCDEF")
_FIELDS = frozenset({"owner", "sha256", "expires"})
_END_OF_TIME = 1e11
"""A later `expires` is no number (NaN), or in milliseconds: it would be never."""


def handler(event: Mapping[str, object], context: object) -> dict[str, object]:  # noqa: ARG001 -- Lambda's signature
    """Allows or denies one `$connect`. Without any token: 401, which API Gateway makes of exactly this exception. Denied: 403."""
    headers = _pairs(event, "headers", "multiValueHeaders")
    query = _pairs(event, "queryStringParameters", "multiValueQueryStringParameters")
    if not presented(headers, query):
        raise Exception("Unauthorized")
    return _policy(authorize(_configured(), headers, query, time.time()), str(event.get("methodArn")))


def read_tokens(text: str) -> tuple[Entry, ...]:
    """The entries in `text`, a JSON list of objects with `owner`, `sha256` (hexadecimal) and `expires` (epoch seconds or null).

    Raises `ValueError`, which quotes nothing of an entry, for whatever is not exactly that: a mistake lets nobody in.
    """
    try:
        listed = json.loads(text)
    except RecursionError as error:
        raise ValueError("The tokens are nested too deeply.") from error
    if not isinstance(listed, list):
        raise ValueError("The tokens must be a JSON list.")
    owners: dict[bytes, str] = {}
    entries = tuple(_entry(number, item) for number, item in enumerate(listed, 1))
    for number, (owner, digest, _) in enumerate(entries, 1):
        if owners.setdefault(digest, owner) != owner:
            raise ValueError(f"Token {number} is another owner's, too.")
    return entries


def authorize(entries: Iterable[Entry], headers: Pairs, query: Pairs, now: float) -> str | None:
    """The owner of the one token presented; None where it is unknown, expired or malformed, or where two differ.

    All entries are compared, each in constant time, so that the time taken tells nothing.
    """
    tokens = presented(headers, query)
    if len(tokens) != 1:
        return None
    (token,) = tokens
    if len(token) > LONGEST_TOKEN or not token.isascii():
        return None
    digest = hashlib.sha256(token.encode()).digest()
    owner = None
    for candidate, known, expires in entries:
        if hmac.compare_digest(digest, known) and (expires is None or now < expires):
            owner = candidate
    return owner


def presented(headers: Pairs, query: Pairs) -> set[str]:
    """The different tokens of a handshake: `Authorization: Bearer ...`, or for browsers, which cannot set that, `token` in the query."""
    found = {value for name, value in query if name == "token"}
    for name, value in headers:
        scheme, _, token = value.strip().partition(" ")
        if name.lower() == "authorization" and scheme.lower() == "bearer":
            found.add(token.strip())
    return found - {""}


@functools.cache
def _configured() -> tuple[Entry, ...]:
    return read_tokens(os.environ.get("CLIENT_TOKENS") or "[]")


def _entry(number: int, item: object) -> Entry:
    if not isinstance(item, dict):
        raise ValueError(f"Token {number} must be an object.")
    owner, digest, expires = item.get("owner"), item.get("sha256"), item.get("expires")
    if not (isinstance(owner, str) and 1 <= len(owner) <= 64 and _OWNER_CHARACTERS.issuperset(owner)) or owner == "default":
        raise ValueError(f"Token {number}: `owner` must be 1 to 64 characters out of A-Z a-z 0-9 _ - and not `default`.")
    if not (isinstance(digest, str) and len(digest) == 64 and _HEXADECIMAL.issuperset(digest)):
        raise ValueError(f"Token {number}: `sha256` must be 64 hexadecimal digits.")
    if expires is not None and (isinstance(expires, bool) or not isinstance(expires, (int, float)) or not 0 <= expires < _END_OF_TIME):
        raise ValueError(f"Token {number}: `expires` must be seconds since the epoch, or null.")
    if not item.keys() <= _FIELDS:  # A token whose `expire` is not read would never expire.
        raise ValueError(f"Token {number}: it can have `owner`, `sha256` and `expires`, and nothing else.")
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
