"""What a person reads, and a script gets, when Claude's API refuses: the API's own words, what to do, and nothing twice."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bridge_local.stand_in.exchange import Reply, failure
from bridge_local.stand_in.server import StandIn
from fakes import claude_scripts as scripts
from system.programs import ask

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]
FOR_GOOD = {"x-should-retry": "false"}

SAID: list[tuple[str, Reply, int, str]] = [
    ("400", scripts.ERRORS["bad_request"], 7, "Claude did not accept the request: messages.0: all messages must have non-empty content."),
    ("401", scripts.ERRORS["bad_key"], 4, "Claude refused the API key: invalid x-api-key. Check ANTHROPIC_API_KEY."),
    (
        "402",
        scripts.ERRORS["billing"],
        4,
        "The account of the API key has a billing problem: Your credit balance is too low. Check its credit.",
    ),
    (
        "403",
        scripts.ERRORS["forbidden"],
        4,
        "Claude refused the request: Your API key does not have permission to use the specified resource. Check ANTHROPIC_API_KEY.",
    ),
    ("403 of a firewall", scripts.html(403), 4, ""),
    (
        "404",
        scripts.ERRORS["retired_model"],
        4,
        "There is no model 'claude-sonnet-5-5' for the API key; it may be retired. Set CLAUDE_MODEL to a current one.",
    ),
    ("404 of another server", scripts.html(404), 4, ""),
    (
        "429",
        failure(429, "rate_limit_error", "Too many tokens.", headers={**FOR_GOOD, "retry-after": "30"}),
        6,
        "Claude's rate limit is reached: Too many tokens. Try again a little later. That is in 30 s.",
    ),
    (
        "429, spend limit",
        scripts.ERRORS["enforced_spend_limit"],
        4,
        "The spend limit of the API key is reached: Spend limit. Raise it or use another.",
    ),
    (
        "500",
        failure(500, "api_error", "Internal server error", headers=FOR_GOOD),
        7,
        "Claude failed to answer: Internal server error. Try again.",
    ),
    ("529", scripts.ERRORS["overloaded_for_good"], 7, "Claude is overloaded. Try again in a moment."),
]


@pytest.mark.parametrize(("reply", "code", "line"), [row[1:] for row in SAID], ids=[row[0] for row in SAID])
def test_a_refusal_is_said_once_with_what_to_do(tmp_path: Path, reply: Reply, code: int, line: str) -> None:
    with StandIn(scripts.always(reply)) as server:
        done = ask(tmp_path, "Hi", ANTHROPIC_BASE_URL=server.url, ANTHROPIC_API_KEY="scripted")
    assert (done.returncode, done.stdout) == (code, "")
    first, said = done.stderr.splitlines()
    assert first == "Claude is thinking ..."
    assert said == (line or said)
    if not line:
        assert "127.0.0.1" in said
        assert "ANTHROPIC_BASE_URL" in said
    sentences = re.split(r"(?<=[.:]) ", said)
    assert len(sentences) == len(set(sentences))
    assert said.lower().count(" again") <= 1
    assert not [name for name in re.findall(r"[A-Z]+(?:_[A-Z]+)+", said) if said.count(name) > 1]


@pytest.mark.parametrize(
    ("stored", "code", "advice"),
    [
        (False, 4, "There is no API key. Set ANTHROPIC_API_KEY. To store one: {} keys set. To try it without one: --stand-in"),
        (
            True,
            4,
            f"{SAID[1][3]} It is the one you stored. To store another: {{}} keys set",
        ),
    ],
    ids=["no key", "a stored key"],
)
def test_what_to_do_about_a_key_depends_on_where_it_comes_from(tmp_path: Path, stored: bool, code: int, advice: str) -> None:
    with StandIn(scripts.always(scripts.ERRORS["bad_key"])) as server:
        here = {"ANTHROPIC_BASE_URL": server.url} if stored else {"CLAUDE_BRIDGE_STAND_IN": ""}
        if stored:
            assert ask(tmp_path, "keys", "set", "--base-url", server.url, stdin="sk-of-ada\n").returncode == 0
        done = ask(tmp_path, "Hi", **here)
    assert done.returncode == code
    line = done.stderr.splitlines()[-1]
    assert re.sub(r"python3 \S+ask\.py", "{}", line) == advice
