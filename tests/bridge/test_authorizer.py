"""Who may connect."""

from __future__ import annotations

import hashlib
import json
import logging
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
ENTRIES = read_tokens(TOKENS)[0]


class Context:
    aws_request_id = "lambda-1"


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
def configured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLIENT_TOKENS", TOKENS)
    monkeypatch.setattr(authorizer, "_known", [])


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
    assert handler(request_event, Context()) == {
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
    (statement,) = handler(request_event, Context())["policyDocument"]["Statement"]  # type: ignore[index]
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
def test_no_token_is_denied_and_no_error(request_event: dict[str, Any]) -> None:
    """What raises is an error of the function, with a trace in its log."""
    assert handler(request_event, Context())["principalId"] == "nobody"


@pytest.mark.parametrize("value", [None, "", "[]"])
def test_without_tokens_nobody_may_connect(monkeypatch: pytest.MonkeyPatch, value: str | None) -> None:
    monkeypatch.delenv("CLIENT_TOKENS")
    if value is not None:
        monkeypatch.setenv("CLIENT_TOKENS", value)
    assert handler(event(headers={"Authorization": "Bearer token-of-ada"}), Context())["principalId"] == "nobody"


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"owner": "default"}, "`owner`"),
        ({"owner": ""}, "`owner`"),
        ({"owner": "a/b"}, "`owner`"),
        ({"owner": "a\n"}, "`owner`"),
        ({"owner": "a" * 65}, "`owner`"),
        ({"owner": 7}, "`owner`"),
        ({"sha256": "abc"}, "`sha256`"),
        ({"sha256": None}, "`sha256`"),
        ({"expires": "tomorrow"}, "`expires`"),
        ({"expires": True}, "`expires`"),
        ({"expires": NOW * 1000}, "`expires`"),
        ({"expires": -1}, "`expires`"),
        ({"expire": NOW}, "nothing else"),
    ],
)
def test_a_bad_entry_costs_that_entry_alone_and_is_named(change: dict[str, Any], complaint: str) -> None:
    entries, complaints = read_tokens(json.dumps([entry("one", "ada"), entry("t", "ada") | change, entry("two", "bob")]))
    assert [owner for owner, _, _ in entries] == ["ada", "bob"]
    [said] = complaints
    assert said.startswith("Token 2 admits nobody: ")
    assert complaint in said


def test_the_token_of_two_owners_admits_neither_and_everybody_else() -> None:
    entries, complaints = read_tokens(json.dumps([entry("t", "ada"), entry("u", "bob"), entry("t", "eve")]))
    assert [owner for owner, _, _ in entries] == ["bob"]
    assert [said.partition(" admits nobody")[0] for said in complaints] == ["Token 1", "Token 3"]


def test_an_item_that_is_no_object_is_named() -> None:
    entries, complaints = read_tokens(json.dumps([entry("t", "ada"), 1]))
    assert (len(entries), complaints) == (1, ("Token 2 admits nobody: it must be an object.",))


@pytest.mark.parametrize("text", ['[{"owner": "ada", "sha256": "x", "expires": 1}]', "[1]", "{"])
def test_a_bad_configuration_is_logged_once_in_the_form_of_the_log(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], text: str
) -> None:
    monkeypatch.setenv("CLIENT_TOKENS", text)
    for _ in range(2):
        assert handler(event(headers={"Authorization": "Bearer token-of-ada"}), Context())["principalId"] == "nobody"
    line = json.loads(capfd.readouterr().out)
    assert (line["level"], line["requestId"], line["timestamp"][-1]) == ("ERROR", "lambda-1", "Z")


@pytest.mark.parametrize("text", ["{}", "7", "nonsense"])
def test_tokens_that_are_no_list_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"JSON list|Expecting"):
        read_tokens(text)


def test_nothing_is_logged_or_printed(caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> None:
    with caplog.at_level(logging.DEBUG):
        handler(event(headers={"Authorization": "Bearer token-of-ada"}), Context())
        handler(event(headers={"Authorization": "Bearer wrong"}), Context())
    assert (caplog.records, capfd.readouterr()) == ([], ("", ""))
