"""Who may connect."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge import authorizer
from bridge.authorizer import authorize, handler, read_tokens

NOW = 1_800_000_000
ARN = "arn:aws:execute-api:eu-central-1:123456789012:x1y2z3/prod/$connect"


def entry(token: str, owner: str, expires: float | None = None) -> dict[str, Any]:
    return {"owner": owner, "sha256": hashlib.sha256(token.encode()).hexdigest(), "expires": expires}


TOKENS = json.dumps(
    [
        entry("token-of-ada", "ada"),
        entry("token-of-bob", "bob", NOW + 60),
        entry("old", "ada", NOW),
        entry("older", "ada", 1),
        entry("ok", "default_"),
    ]
)
ENTRIES = read_tokens(TOKENS)


def event(headers: Any = None, query: Any = None, multi_headers: Any = None, multi_query: Any = None) -> dict[str, Any]:
    return {
        "type": "REQUEST",
        "methodArn": ARN,
        "headers": headers,
        "multiValueHeaders": multi_headers,
        "queryStringParameters": query,
        "multiValueQueryStringParameters": multi_query,
    }


@pytest.fixture(autouse=True)
def configured(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("CLIENT_TOKENS", TOKENS)
    authorizer._configured.cache_clear()
    yield
    authorizer._configured.cache_clear()


@pytest.mark.parametrize(
    ("headers", "query", "owner"),
    [
        ([("Authorization", "Bearer token-of-ada")], [], "ada"),
        ([("aUTHORIZATION", "bearer   token-of-bob ")], [], "bob"),
        ([], [("token", "token-of-ada")], "ada"),
        ([("Authorization", "Bearer token-of-ada")], [("token", "token-of-ada")], "ada"),
        ([("Authorization", "Basic eDp5")], [("token", "token-of-ada")], "ada"),
        ([("Authorization", "Bearer token-of-ada")], [("token", "token-of-bob")], None),
        ([("Authorization", "Bearer token-of-ada"), ("authorization", "Bearer nonsense")], [], None),
        ([("Authorization", "Bearer old")], [], None),
        ([("Authorization", "Bearer token-of-eve")], [], None),
        ([("Authorization", "Bearer token-of-adaé")], [], None),
        ([("Authorization", "Bearer " + "a" * 4097)], [], None),
        ([("X-Authorization", "Bearer token-of-ada")], [("Token", "token-of-ada")], None),
        ([("Authorization", "Bearer")], [("token", "")], None),
        ([("Authorization", "token-of-ada")], [], None),
        ([], [], None),
    ],
)
def test_whose_token_it_is(headers: list[tuple[str, str]], query: list[tuple[str, str]], owner: str | None) -> None:
    assert authorize(ENTRIES, headers, query, NOW) == owner


@given(st.text())
def test_no_other_token_is_anyones(token: str) -> None:
    assert authorize(ENTRIES, [("Authorization", f"Bearer {token}")], [], NOW) in ((None, "default_") if token.strip() == "ok" else (None,))


@pytest.mark.parametrize(
    "request_event",
    [
        event(headers={"authorization": "Bearer token-of-ada"}),
        event(multi_headers={"Authorization": ["Bearer token-of-ada"]}),
        event(query={"token": "token-of-ada"}),
        event(multi_query={"token": ["token-of-ada", "token-of-ada"]}),
        event({"Authorization": "Bearer token-of-ada"}, None, {"Authorization": ["Bearer token-of-ada"]}),
    ],
)
def test_a_known_token_is_allowed(request_event: dict[str, Any]) -> None:
    assert handler(request_event, None) == {
        "principalId": "ada",
        "policyDocument": {
            "Version": "2012-10-17",
            "Statement": [{"Action": "execute-api:Invoke", "Effect": "Allow", "Resource": ARN}],
        },
    }


@pytest.mark.parametrize(
    "request_event",
    [
        event(headers={"Authorization": "Bearer wrong"}),
        event(headers={"Authorization": "Bearer older"}),
        event(headers={"Authorization": "Bearer token-of-ada"}, query={"token": "wrong"}),
        event({"Authorization": "Bearer token-of-ada"}, None, {"Authorization": ["Bearer token-of-ada", "Bearer token-of-bob"]}),
        event(query={"token": "x" * 100_000}),
    ],
)
def test_an_unknown_token_is_denied(request_event: dict[str, Any]) -> None:
    (statement,) = handler(request_event, None)["policyDocument"]["Statement"]  # type: ignore[index]
    assert statement["Effect"] == "Deny"


@pytest.mark.parametrize(
    "request_event",
    [
        event(),
        event(headers={"Authorization": "Basic eDp5"}),
        event(headers={"Authorization": 7}, query=["token"]),
        event(multi_headers={"Authorization": "Bearer x"}, multi_query={"token": [None, ""]}),
    ],
)
def test_no_token_is_unauthorized(request_event: dict[str, Any]) -> None:
    with pytest.raises(Exception, match=r"^Unauthorized$"):
        handler(request_event, None)


@pytest.mark.parametrize("value", [None, "", "[]"])
def test_without_tokens_nobody_may_connect(monkeypatch: pytest.MonkeyPatch, value: str | None) -> None:
    monkeypatch.delenv("CLIENT_TOKENS")
    if value is not None:
        monkeypatch.setenv("CLIENT_TOKENS", value)
    assert handler(event(headers={"Authorization": "Bearer token-of-ada"}), None)["principalId"] == "nobody"


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"owner": "default"}, "owner"),
        ({"owner": ""}, "owner"),
        ({"owner": "a/b"}, "owner"),
        ({"owner": "a\n"}, "owner"),
        ({"owner": "a" * 65}, "owner"),
        ({"owner": 7}, "owner"),
        ({"sha256": "abc"}, "sha256"),
        ({"sha256": None}, "sha256"),
        ({"expires": "tomorrow"}, "expires"),
        ({"expires": True}, "expires"),
    ],
)
def test_an_entry_that_cannot_be_used_is_named(change: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValueError, match=f"Token 2: `{complaint}`"):
        read_tokens(json.dumps([entry("t", "ada"), entry("t", "ada") | change]))


@pytest.mark.parametrize("text", ["{}", "[1]", "nonsense"])
def test_tokens_that_are_no_list_of_objects_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"JSON list|object|Expecting"):
        read_tokens(text)


def test_nothing_is_logged_or_printed(caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> None:
    with caplog.at_level(logging.DEBUG):
        handler(event(headers={"Authorization": "Bearer token-of-ada"}), None)
        handler(event(headers={"Authorization": "Bearer wrong"}), None)
    assert (caplog.records, capfd.readouterr()) == ([], ("", ""))
