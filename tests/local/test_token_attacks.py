"""Tokens attacked, at both places that look at them: the authorizer in AWS and the gateway with a file. Both answer alike, and no one who
is turned away costs more than that.
"""

from __future__ import annotations

import hashlib
import json
import socket
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge import authorizer
from bridge.authorizer import authorize, read_tokens
from bridge_local.gateway.tokens import Tokens
from local.running_gateway import WAIT, Local, Start

TOKEN, OTHER, OLD, REVOKED = (f"ccb_{name}_{'x' * 30}" for name in ("ada", "ben", "old", "revoked"))
ENTRIES = [
    {"owner": owner, "sha256": hashlib.sha256(token.encode()).hexdigest(), "expires": expires}
    for owner, token, expires in (("ada", TOKEN, None), ("ben", OTHER, 4e9), ("ada", OLD, 1))
]
DIGEST = ENTRIES[0]["sha256"]
NONE, NO_GOOD, ADA = HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, "ada"


class Case(NamedTuple):
    """A handshake: its headers as they are written, its query string, and what comes of it: a status, or an owner."""

    name: str
    headers: list[tuple[str, str]]
    query: str
    outcome: HTTPStatus | str


def bearer(*tokens: str, name: str = "Authorization") -> list[tuple[str, str]]:
    return [(name, f"Bearer {token}") for token in tokens]


CASES = [
    Case("good", bearer(TOKEN), "", ADA),
    Case("nothing", [], "", NONE),
    Case("wrong", bearer(TOKEN[:-1] + "y"), "", NO_GOOD),
    Case("a part", bearer(TOKEN[:-1]), "", NO_GOOD),
    Case("more", bearer(TOKEN + "x"), "", NO_GOOD),
    Case("expired", bearer(OLD), "", NO_GOOD),
    Case("revoked", bearer(REVOKED), "", NO_GOOD),
    Case("the digest", bearer(str(DIGEST)), "", NO_GOOD),
    Case("in capitals", bearer(TOKEN.upper()), "", NO_GOOD),
    Case("empty", [("Authorization", "Bearer ")], "token=", NONE),
    Case("no scheme", [("Authorization", TOKEN)], "", NONE),
    Case("an empty header", [("Authorization", "")], "", NONE),
    Case("another scheme", [("Authorization", f"Basic {TOKEN}")], "", NONE),
    Case("null", bearer("null"), "token=null", NO_GOOD),
    Case("odd case", [("aUTHORIZATION", f"bEARER {TOKEN}")], "", ADA),
    Case("capitals", [("AUTHORIZATION", f"BEARER {TOKEN}")], "", ADA),
    Case("many spaces", [("authorization", f"  Bearer     {TOKEN}   ")], "", ADA),
    Case("a tab", [("Authorization", f"Bearer\t{TOKEN}")], "", NONE),
    Case("a space and a tab", [("Authorization", f"Bearer \t{TOKEN}\t")], "", ADA),
    Case("twice the same", bearer(TOKEN, TOKEN), "", ADA),
    Case("two", bearer(TOKEN, OTHER), "", NO_GOOD),
    Case("a good and a wrong one", bearer(TOKEN, "wrong"), "", NO_GOOD),
    Case("two in one", bearer(f"{TOKEN}, Bearer {TOKEN}"), "", NO_GOOD),
    Case("two in different case", [*bearer(TOKEN), *bearer(OTHER, name="authorization")], "", NO_GOOD),
    Case("in the query", [], f"token={TOKEN}", ADA),
    Case("in both", bearer(TOKEN), f"token={TOKEN}", ADA),
    Case("another in the query", bearer(TOKEN), f"token={OTHER}", NO_GOOD),
    Case("twice in the query", [], f"token={TOKEN}&token={TOKEN}", ADA),
    Case("two in the query", [], f"token={TOKEN}&token={OTHER}", NO_GOOD),
    Case("a space in the query", [], f"token=%20{TOKEN}", NO_GOOD),
    Case("a zero byte in the query", [], f"token={TOKEN}%00", NO_GOOD),
    Case("another name in the query", [], f"Token={TOKEN}&tokens={TOKEN}&token[]={TOKEN}", NONE),
    Case("not ASCII", bearer(f"{TOKEN}\xe9"), "", NO_GOOD),
    Case("not UTF-8 in the query", [], f"token={TOKEN}%ff", NO_GOOD),
    Case("wide digits in the query", [], "token=%EF%BC%91", NO_GOOD),
    Case("long", bearer("x" * 4097), "", NO_GOOD),
    Case("elsewhere", [("Cookie", f"token={TOKEN}"), *bearer(TOKEN, name="Proxy-Authorization")], "", NONE),
    Case("as a subprotocol", [("Sec-WebSocket-Protocol", TOKEN)], "", NONE),
]


def event_of(case: Case) -> dict[str, Any]:
    """What API Gateway makes of the handshake: headers in both forms, in the client's letters; of several the last one counts."""
    query = parse_qs(case.query, keep_blank_values=True)
    multiple: dict[str, list[str]] = {}
    for name, value in case.headers:
        multiple.setdefault(name, []).append(value)
    return {
        "type": "REQUEST",
        "methodArn": "arn",
        "headers": dict(case.headers),
        "multiValueHeaders": multiple,
        "queryStringParameters": {name: values[-1] for name, values in query.items()} or None,
        "multiValueQueryStringParameters": query or None,
    }


@pytest.fixture(autouse=True, scope="module")
def configured() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("CLIENT_TOKENS", json.dumps(ENTRIES))
        authorizer._known.clear()
        yield
    authorizer._known.clear()


class Context:
    aws_request_id = "lambda-1"


def in_aws(event: dict[str, Any]) -> HTTPStatus | str:
    answer: dict[str, Any] = authorizer.handler(event, Context())
    [statement] = answer["policyDocument"]["Statement"]
    return str(answer["principalId"]) if statement["Effect"] == "Allow" else HTTPStatus.FORBIDDEN


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_authorizer(case: Case) -> None:
    """Who has no token at all is denied as well: there, a 401 takes an error in the log."""
    assert in_aws(event_of(case)) == (NO_GOOD if case.outcome is NONE else case.outcome)


@pytest.fixture
def local(start: Start, tmp_path: Path) -> Local:
    file = tmp_path / "tokens.json"
    file.write_text(json.dumps(ENTRIES))
    return start(authorize=Tokens(file))


def handshake(local: Local, headers: list[tuple[str, str]], query: str = "") -> int:
    """The status that a handshake is answered with, written byte by byte as it is."""
    usual = "Host: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    usual += "Sec-WebSocket-Key: c2l4dGVlbiBieXRlcyEhIQ==\r\n"
    own = "".join(f"{name}: {value}\r\n" for name, value in headers)
    request = f"GET /{f'?{query}' if query else ''} HTTP/1.1\r\n{usual}{own}\r\n".encode("latin-1")
    with socket.create_connection(("127.0.0.1", local.port), WAIT) as raw:
        try:
            raw.sendall(request)
            return int(raw.recv(4096).split(b" ", 2)[1])
        except (ConnectionError, IndexError):  # It does not read on after that much.
            return 0


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_gateway(local: Local, case: Case) -> None:
    status = handshake(local, case.headers, case.query)
    if isinstance(case.outcome, HTTPStatus):
        assert status == case.outcome
        assert local.function.count("CONNECT") == 0  # The bridge is not asked: no store, no Claude.
    else:
        assert status == HTTPStatus.SWITCHING_PROTOCOLS
        assert local.function.next("CONNECT")["requestContext"]["authorizer"]["principalId"] == case.outcome


def test_ten_megabytes_of_token(local: Local) -> None:
    huge = "x" * 10_000_000
    assert in_aws(event_of(Case("", bearer(huge), f"token={huge}", NO_GOOD))) is NO_GOOD
    assert handshake(local, bearer(huge)) in (0, HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
    assert handshake(local, [], f"token={huge}") in (0, HTTPStatus.REQUEST_URI_TOO_LONG)
    assert local.function.count("CONNECT") == 0
    assert handshake(local, bearer(TOKEN)) == HTTPStatus.SWITCHING_PROTOCOLS


def test_the_authorizer_makes_the_gateway_answer_401_and_403_before_a_socket_is_open(local: Local) -> None:
    """Nothing that somebody sends behind a refused handshake is read as a message."""
    with socket.create_connection(("127.0.0.1", local.port), WAIT) as raw:
        raw.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n")
        raw.sendall(b"Sec-WebSocket-Key: c2l4dGVlbiBieXRlcyEhIQ==\r\n\r\n\x81\x82\x00\x00\x00\x00{}")
        answer = b"".join(iter(lambda: raw.recv(4096), b""))
    assert answer.startswith(b"HTTP/1.1 401 ")
    assert (local.function.count("CONNECT"), local.function.count("MESSAGE")) == (0, 0)


ODD = st.sampled_from([None, True, 7, "", "Bearer", "Bearer x", f"Bearer {TOKEN}\x00", f"{TOKEN}=", "\ud800", "token", "Authorization"])
NAMES = st.sampled_from(["Authorization", "authorization", "token", ""])
JSON = st.recursive(ODD, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner), max_leaves=8)
FIELDS = st.sampled_from(["headers", "multiValueHeaders", "queryStringParameters", "multiValueQueryStringParameters", "methodArn"])


@pytest.mark.slow
@given(st.dictionaries(FIELDS, JSON))
def test_whatever_the_event_is_nobody_gets_in_with_what_is_no_token(event: dict[str, Any]) -> None:
    assert in_aws(event) is NO_GOOD


class Jealous(bytes):
    """A digest that must not be compared in any other way than by `compare_digest`."""

    def __eq__(self, other: object) -> bool:
        raise AssertionError("compared byte by byte")

    __hash__ = None  # type: ignore[assignment]


@pytest.mark.parametrize("token", [TOKEN, OTHER, OLD, "wrong"])
def test_all_digests_are_compared_at_the_same_pace_whosever_token_it_is(token: str) -> None:
    entries = [(owner, Jealous(digest), expires) for owner, digest, expires in read_tokens(json.dumps(ENTRIES))[0]]
    compared: list[str] = []

    def one_by_one() -> Iterator[authorizer.Entry]:
        for entry in entries:
            compared.append(entry[0])
            yield entry

    authorize(one_by_one(), bearer(token), [], 1_000.0)
    assert compared == ["ada", "ben", "ada"]
    assert {len(digest) for _, digest, _ in entries} == {hashlib.sha256().digest_size}


def test_every_bit_of_a_digest_counts() -> None:
    digest = hashlib.sha256(TOKEN.encode()).digest()
    assert authorize([("ada", digest, None)], bearer(TOKEN), [], 0.0) == "ada"
    for bit in range(8 * len(digest)):
        other = (int.from_bytes(digest) ^ 1 << bit).to_bytes(len(digest))
        assert authorize([("ada", other, None)], bearer(TOKEN), [], 0.0) is None


FORGED = [
    ("never ends", '[{"owner": "eve", "sha256": "%s", "expires": Infinity}]'),
    ("no number", '[{"owner": "eve", "sha256": "%s", "expires": NaN}]'),
    ("too large a number", '[{"owner": "eve", "sha256": "%s", "expires": 1e999}]'),
    ("milliseconds", '[{"owner": "eve", "sha256": "%s", "expires": 1800000000000}]'),
    ("before the epoch", '[{"owner": "eve", "sha256": "%s", "expires": -1}]'),
    ("a misspelt end", '[{"owner": "eve", "sha256": "%s", "expire": 1}]'),
    ("the token of two", '[{"owner": "eve", "sha256": "%s"}, {"owner": "ada", "sha256": "%s"}]'),
    ("no digest", '[{"owner": "eve", "sha256": ""}]'),
    ("the token itself", '[{"owner": "eve", "sha256": "eve-token"}]'),
    ("the owner who needs no token", '[{"owner": "default", "sha256": "%s"}]'),
    ("another's key", '[{"owner": "eve/s", "sha256": "%s"}]'),
    ("a list of lists", '[["eve", "%s", null]]'),
    ("cut off", '[{"owner": "eve", "sha256": "%s"}'),
    ("deep", "[" * 100_000 + '"%s"'),
    ("an object", '{"owner": "eve", "sha256": "%s"}'),
]


@pytest.mark.parametrize("text", [case[1] for case in FORGED], ids=[case[0] for case in FORGED])
def test_a_forged_configuration_lets_nobody_in(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, text: str
) -> None:
    text = text.replace("%s", hashlib.sha256(b"eve-token").hexdigest())
    monkeypatch.setenv("CLIENT_TOKENS", text)
    monkeypatch.setattr(authorizer, "_known", [])
    assert in_aws(event_of(Case("", bearer("eve-token"), "", ""))) is NO_GOOD
    logged = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert logged
    assert [line for line in logged if line["level"] != "ERROR" or "eve" in line["message"]] == []
    file, eve = tmp_path / "tokens.json", {"multiValueHeaders": {"Authorization": ["Bearer eve-token"]}}
    file.write_text(json.dumps([{"owner": "eve", "sha256": hashlib.sha256(b"eve-token").hexdigest()}]))
    tokens = Tokens(file)
    assert tokens(eve) == {"principalId": "eve"}
    file.write_text(text)
    assert tokens(eve) is HTTPStatus.FORBIDDEN
