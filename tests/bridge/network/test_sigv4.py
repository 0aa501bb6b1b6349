"""Signatures are botocore's, byte for byte."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from unittest import mock
from urllib.parse import quote

import botocore.auth
import botocore.awsrequest
import botocore.credentials
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.network.sigv4 import Credentials, host_header, sign

AMZ_DATE = "20261122T140200Z"
printable = st.characters(min_codepoint=0x20, max_codepoint=0x7E)
words = st.text("abcXYZ019-._~=@%+ /é€😀:", max_size=12)
paths = st.lists(st.one_of(words, st.sampled_from(["", ".", "..", "@connections", "Ab-c_d="])), max_size=5).map(
    lambda segments: "/" + "/".join(quote(segment, safe="@") for segment in segments)
)
queries = st.lists(st.tuples(words, words), max_size=4).map(
    lambda pairs: "&".join(f"{quote(name, safe='-_.~')}={quote(value, safe='-_.~')}" for name, value in pairs)
)
headers = st.dictionaries(
    st.sampled_from(["Content-Type", "X-Amz-Target", "x-custom", "Accept", "X-AMZ-Meta"]), st.text(printable, max_size=20), max_size=4
)
credentials = st.builds(
    Credentials, st.text("AKIA0189", min_size=1), st.text(printable, min_size=1), st.one_of(st.just(""), st.text("abc/+=", min_size=1))
)


def botocore_signs(
    method: str, host: str, path: str, query: str, headers: dict[str, str], body: bytes, service: str, region: str, key: Credentials
) -> dict[str, str]:
    url = f"https://{host}{path}" + (f"?{query}" if query else "")
    request = botocore.awsrequest.AWSRequest(method=method, url=url, headers={**headers, "Host": host}, data=body)
    request.context["timestamp"] = AMZ_DATE
    theirs = botocore.credentials.Credentials(key.access_key, key.secret_key, key.session_token or None)
    moment = datetime.strptime(AMZ_DATE, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    with mock.patch("botocore.auth.get_current_datetime", return_value=moment):
        botocore.auth.SigV4Auth(theirs, service, region).add_auth(request)
    return dict(request.headers.items())


@pytest.mark.slow
@given(
    method=st.sampled_from(["GET", "POST", "DELETE"]),
    host=st.sampled_from(["dynamodb.eu-central-1.amazonaws.com", "x.execute-api.cn-north-1.amazonaws.com.cn", "127.0.0.1:8000"]),
    path=paths,
    query=queries,
    headers=headers,
    body=st.one_of(st.binary(max_size=64), st.text(max_size=20).map(lambda text: text.encode())),
    service=st.sampled_from(["dynamodb", "ssm", "execute-api"]),
    region=st.sampled_from(["eu-central-1", "cn-north-1"]),
    key=credentials,
)
def test_any_request_is_signed_as_botocore_signs_it(**request: Any) -> None:
    key, service, region = request["key"], request["service"], request["region"]
    plain = {name: request[name] for name in ("method", "host", "path", "query", "headers", "body")}
    ours = sign(**plain, service=service, region=region, credentials=key, amz_date=AMZ_DATE)
    assert ours == botocore_signs(**plain, service=service, region=region, key=key)


@pytest.mark.parametrize("connection_id", ["Ab-c_d=", "a/b", "é", "100%"])
def test_the_path_of_a_connection_is_encoded_again_in_the_signature(connection_id: str) -> None:
    path = f"/prod/@connections/{quote(connection_id, safe='')}"
    key = Credentials("AKIA", "secret", "session token")
    ours = sign("POST", "h", path, "", {}, b"\0\xff", service="execute-api", region="r", credentials=key, amz_date=AMZ_DATE)
    assert ours == botocore_signs("POST", "h", path, "", {}, b"\0\xff", "execute-api", "r", key)


def test_a_secret_is_not_shown() -> None:
    assert "secret" not in repr(Credentials("AKIA", "secret", "secret too"))


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://dynamodb.eu-central-1.amazonaws.com", "dynamodb.eu-central-1.amazonaws.com"),
        ("https://a:443/x", "a"),
        ("http://a:80", "a"),
        ("http://A:443", "a:443"),
        ("http://[::1]:8000", "[::1]:8000"),
    ],
)
def test_the_host_header_has_the_port_where_it_is_not_the_usual_one(url: str, host: str) -> None:
    assert host_header(url) == host
