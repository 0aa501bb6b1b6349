"""Whether a request is signed as AWS wants it, by botocore's own arithmetic, from what came over the wire."""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping
from urllib.parse import urlsplit

import botocore.auth
import botocore.awsrequest
import botocore.credentials

from bridge.network.sigv4 import Credentials

_AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=([^/]+)/(\d{8})/([^/]+)/([^/]+)/aws4_request, SignedHeaders=([^,]+), Signature=(\w+)"
)


def scope_of(headers: Mapping[str, str]) -> tuple[str, str, str]:
    """Access key, region and service that an `Authorization` header names."""
    match = _AUTHORIZATION.fullmatch(_lower(headers)["authorization"])
    assert match
    return match[1], match[3], match[4]


def signed_headers(headers: Mapping[str, str]) -> set[str]:
    match = _AUTHORIZATION.fullmatch(_lower(headers)["authorization"])
    assert match
    return set(match[5].split(";"))


def is_signed(method: str, url: str, headers: Mapping[str, str], body: bytes, key: Credentials) -> bool:
    """Whether the signature is that of the holder of `key`, over the headers that it names. `url` is with the host that was asked."""
    sent = _lower(headers)
    match = _AUTHORIZATION.fullmatch(sent["authorization"])
    if not match or match[2] != sent["x-amz-date"][:8] or sent.get("x-amz-security-token", "") != key.session_token:
        return False
    named = {name: sent[name] for name in match[5].split(";")}
    request = botocore.awsrequest.AWSRequest(method=method, url=url, headers={**named, "host": urlsplit(url).netloc}, data=body)
    request.context["timestamp"] = sent["x-amz-date"]
    signer = botocore.auth.SigV4Auth(botocore.credentials.Credentials(key.access_key, key.secret_key), match[4], match[3])
    wanted = signer.signature(signer.string_to_sign(request, signer.canonical_request(request)), request)
    return hmac.compare_digest(wanted, match[6])


def _lower(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}
