"""`ask.py ping`."""

from __future__ import annotations

import io
import json

import pytest

from bridge_client.commands.ping import ping
from bridge_client.failures import Failure
from bridge_client.protocol.retry import RetryPolicy
from client.bench import Bench
from client.conftest import Run
from client.scripted_bridge import CUT, Connection, Refuse, ScriptedBridge, error, reply


def pinged(run: Run, connection: Connection, *arguments: str) -> tuple[int, str, str, ScriptedBridge]:
    with ScriptedBridge([connection]).running() as bridge:
        return *run("ping", *arguments, "--url", bridge.url), bridge


def test_all_is_well(run: Run) -> None:
    code, stdout, stderr, bridge = pinged(run, [reply("ping", "all is well")])
    lines = [line.split("\t") for line in stdout.splitlines()]
    assert [line[:2] for line in lines] == [["handshake", "ok"], ["store", "ok"], ["model claude-sonnet-5-5 (anthropic)", "ok"]]
    assert lines[0][2].endswith(" ms")
    assert [line[2] for line in lines[1:]] == ["4.2 ms", "181.0 ms"]
    assert (code, stderr) == (0, "")
    assert {**bridge.received[0], "request_id": ""} == {"action": "ping", "check": True, "request_id": ""}


def test_a_model_that_cannot_be_checked_is_no_failure(run: Run) -> None:
    code, stdout, *_ = pinged(run, [reply("ping", "the model cannot be checked")])
    assert (code, stdout.splitlines()[2]) == (0, "model anthropic.claude-sonnet-5-5 (bedrock)\tnot checked\t")


def test_an_older_bridge_says_nothing_of_its_parts(run: Run) -> None:
    code, stdout, *_ = pinged(run, [reply("ping", "alive")])
    assert (code, stdout.splitlines()[1:]) == (0, ["store\tnot checked\t", "model\tnot checked\t"])


def test_what_failed_is_said_with_what_to_do(run: Run) -> None:
    code, stdout, stderr, _ = pinged(run, [reply("ping", "nothing works")])
    assert code == 7
    assert stdout.splitlines()[1:] == ["store\tfailed\t5,000.3 ms", "model claude-0 (anthropic)\tfailed\t90.1 ms"]
    assert stderr.splitlines() == [
        "The conversation store did not answer. Try again.",
        "There is no model 'claude-0' for the API key; it may be retired. Set CLAUDE_MODEL to a current one.",
    ]


def test_an_error_without_words_is_one_all_the_same(run: Run) -> None:
    code, _, stderr, _ = pinged(run, [{"type": "pong", "model_error": {"new": 1}}])
    assert (code, stderr) == (7, "Something went wrong. You can run the same command again.\n")


def test_as_json(run: Run) -> None:
    code, stdout, stderr, _ = pinged(run, [reply("ping", "nothing works")], "--json")
    printed = json.loads(stdout)
    assert printed.pop("handshake_milliseconds") > 0
    assert printed.pop("stand_in") is False
    assert {**printed, "type": "pong"} == reply("ping", "nothing works")
    assert (code, len(stderr.splitlines())) == (7, 2)


def test_on_a_terminal_it_is_a_table_and_escaped() -> None:
    with ScriptedBridge([[{**reply("ping", "all is well"), "model": "a\x1b[2J\tb"}]]).running() as bridge:
        bench = Bench(bridge.url, terminal=True)
        table = io.StringIO()
        assert ping(bench.client(), table, as_json=False) == 0
    assert [line.split() for line in table.getvalue().splitlines() if "store" in line] == [["store", "ok", "4.2", "ms"]]
    assert "a␛[2J b (anthropic), 181.0 ms" in table.getvalue()


@pytest.mark.parametrize(
    ("connection", "code"),
    [
        (Refuse(401), 4),
        (Refuse(503), 7),
        (Refuse(429), 6),
        ([CUT], 7),
        ([error("internal", retryable=True)], 7),
        ([error("not_allowed")], 4),
    ],
    ids=["no token", "overloaded", "throttled", "cut", "internal", "no owner"],
)
@pytest.mark.parametrize("options", [[], ["--json"]], ids=["text", "JSON"])
def test_no_pong_is_a_failure_at_once(run: Run, connection: Connection, code: int, options: list[str]) -> None:
    result, stdout, stderr, bridge = pinged(run, connection, *options)
    assert (result, len(bridge.received) <= 1) == (code, True)
    assert stderr.strip()
    assert json.loads(stdout)["error"] in stderr if options else stdout == ""


def test_silence_is_a_failure() -> None:
    with ScriptedBridge([[]]).running() as bridge:
        bench = Bench(bridge.url, retry_policy=RetryPolicy(silence=0.05))
        with pytest.raises(Failure, match="has said nothing for"):
            ping(bench.client(), io.StringIO(), as_json=False)
