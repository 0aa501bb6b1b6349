"""The stand-in of the Messages API: what it says, what it refuses, and that scripts are played exactly."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, IncompleteRead
from threading import Event
from typing import Any
from urllib.parse import urlsplit

import pytest

from bridge_local.stand_in.answers import describe, pieces
from bridge_local.stand_in.exchange import Cut, Reply, Request
from bridge_local.stand_in.rules import problems
from bridge_local.stand_in.server import StandIn
from fakes import claude_scripts as scripts

HEADERS = {"x-api-key": "key", "anthropic-version": "2026-10-21", "content-type": "application/json"}
QUESTION = "My name is Ada and I am building a kite."


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    content: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.content)

    @property
    def error(self) -> tuple[int, str, str]:
        return self.status, self.json["error"]["type"], self.json["error"]["message"]

    @property
    def events(self) -> list[Any]:
        blocks = [block.split("\n") for block in self.content.decode().removesuffix("\n\n").split("\n\n")]
        events = [json.loads(data.removeprefix("data: ")) for _, data in blocks]
        assert [name for name, _ in blocks] == [f"event: {event['type']}" for event in events]
        return events


Ask = Callable[..., Answer]


@pytest.fixture
def server() -> Iterator[StandIn]:
    with StandIn(pause=0) as server:
        yield server


def connected(server: StandIn) -> HTTPConnection:
    return HTTPConnection("127.0.0.1", urlsplit(server.url).port or 0, timeout=10)


def sent(connection: HTTPConnection, body: Any, *, path: str = "/v1/messages", headers: Mapping[str, str] = HEADERS) -> Answer:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    connection.request("POST", path, content, dict(headers))
    response = connection.getresponse()
    return Answer(response.status, {name.lower(): value for name, value in response.getheaders()}, response.read())


def ask(server: StandIn, body: Any, **more: Any) -> Answer:
    with closing(connected(server)) as connection:
        return sent(connection, body, **more)


def question(*contents: Any, **more: Any) -> dict[str, Any]:
    """A legal request whose messages alternate."""
    messages = [{"role": ("user", "assistant")[place % 2], "content": content} for place, content in enumerate(contents)]
    return {"model": "claude-sonnet-5-5", "max_tokens": 1000, "messages": messages, **more}


def said(answer: Answer) -> str:
    return "".join(block["text"] for block in answer.json["content"] if block["type"] == "text")


# What it says


ALONE = "(I am a stand-in, not Claude: no API key is set. This is the first message I was sent.)"


def test_the_first_question_is_repeated(server: StandIn) -> None:
    assert said(ask(server, question(QUESTION))) == f'You wrote: "{QUESTION}" {ALONE}'


def test_the_sentence_that_fits_the_question_is_quoted(server: StandIn) -> None:
    messages = [QUESTION, "A fine thing!", "The tail is red. I like tea.", "Noted.", "What colour is the tail?"]
    assert said(ask(server, question(*messages))) == (
        'You told me: "The tail is red." (I am a stand-in, not Claude: no API key is set. I was sent 4 earlier messages.)'
    )


def test_a_quoted_sentence_comes_with_its_day() -> None:
    days = ("[2026-11-23 14:30]\nMe: The kite is red.\nYou: Red suits it.", "[2026-11-24 09:00]\nYou: Silk is light.")
    earlier = "<earlier>\nA note.\n{}\n{}\n</earlier>\n\n".format(*days)
    assert describe(question(earlier + "Which colour has my kite?")).startswith('You told me on Monday, 23 November: "The kite is red." (')
    assert describe(question(earlier + "What did you say about silk?")).startswith('I told you on Tuesday, 24 November: "Silk is light." (')


@pytest.mark.parametrize(
    ("earlier", "asked", "expected"),
    [
        pytest.param(["I build boats."], "What am I building?", "I build boats.", id="another form of the word"),
        pytest.param(["Red kite.", "ok", "Blue kite."], "kite", "Blue kite.", id="the newest of equals"),
        pytest.param(["Where is my kite?", "ok", "My kite is in Rome."], "Where is my kite?", "My kite is in Rome.", id="not a question"),
        pytest.param(["凧は赤い。猫は白い。"], "猫の色は？", "猫は白い。", id="a script without spaces"),
    ],
)
def test_a_sentence_fits_by_its_rarest_words(earlier: list[str], asked: str, expected: str) -> None:
    assert describe(question(*earlier, *[] if len(earlier) % 2 == 0 else ["ok"], asked)).startswith(f'You told me: "{expected}"')


def test_its_own_words_are_not_quoted_back() -> None:
    own = describe(question("Kites are old."))
    assert describe(question("Hi", own, "Tell me of kites")).startswith('You wrote: "Tell me of kites" (')


def test_one_earlier_message_is_counted(server: StandIn) -> None:
    body = question("One.")
    body["messages"] *= 2
    assert "I was sent 1 earlier message.)" in said(ask(server, body))


def test_a_system_prompt_is_mentioned(server: StandIn) -> None:
    assert said(ask(server, question("Hi", system="Be kind."))).endswith("There is a system prompt of 8 characters.)")


def test_text_in_blocks_is_read(server: StandIn) -> None:
    blocks = [{"type": "text", "text": "one"}, {"type": "image", "source": {}}, {"type": "text", "text": "two"}]
    assert 'You wrote: "one\ntwo"' in said(ask(server, question(blocks)))


@pytest.mark.slow
def test_whatever_comes_the_answer_is_short_and_the_same(server: StandIn) -> None:
    body = question(*["𝄞\u2028" * 1_000] * 999, system="s" * 100_000)
    first, second = said(ask(server, body)), said(ask(server, body))
    assert first == second
    assert len(first) < 600
    assert "…" in first


def test_an_answer_streams_in_order(server: StandIn) -> None:
    answer = ask(server, question(QUESTION, stream=True))
    types = [event["type"] for event in answer.events]
    assert types[:6] == [
        *("message_start", "content_block_start", "ping", "content_block_delta", "content_block_stop", "content_block_start"),
    ]
    assert set(types[6:-3]) == {"content_block_delta"}
    assert types[-3:] == ["content_block_stop", "message_delta", "message_stop"]
    assert (answer.status, answer.headers["content-type"]) == (200, "text/event-stream; charset=utf-8")
    assert answer.headers["request-id"] == "req_stand_in_1"


def test_the_streamed_text_is_the_text(server: StandIn) -> None:
    deltas = [event["delta"] for event in ask(server, question(QUESTION, stream=True)).events if event["type"] == "content_block_delta"]
    assert "".join(delta.get("text", "") for delta in deltas) == said(ask(server, question(QUESTION)))
    assert len(deltas) > 5


def test_pauses_lie_between_the_pieces() -> None:
    with StandIn(pause=0.001) as server:
        assert ask(server, question(QUESTION, stream=True)).events[-1] == {"type": "message_stop"}


@pytest.mark.parametrize("text", ["", " ", "a", "a b", "  a  b  c  d  e  f  ", "a\nb c\u2028d e f g h i"])
def test_pieces_make_up_the_text(text: str) -> None:
    assert "".join(pieces(text)) == text


def test_tokens_are_counted_in_fours(server: StandIn) -> None:
    answer = ask(server, question("x" * 40, "y" * 20, "z" * 8, system="s" * 12))
    assert answer.json["usage"]["input_tokens"] == 20
    assert answer.json["usage"]["output_tokens"] == len(said(answer)) // 4


def test_an_answer_longer_than_max_tokens_is_cut(server: StandIn) -> None:
    answer = ask(server, question(QUESTION, max_tokens=2))
    assert (said(answer), answer.json["stop_reason"]) == ("You wrot", "max_tokens")


# The server


def test_a_connection_serves_several_requests(server: StandIn) -> None:
    with closing(connected(server)) as connection:
        for stream in (True, False, True):
            assert sent(connection, question("Hi", stream=stream)).status == 200
            assert connection.sock is not None


def test_a_prefix_and_a_query_belong_to_the_path(server: StandIn) -> None:
    assert ask(server, question("Hi"), path="/some/prefix/v1/messages?beta=true").status == 200


def test_requests_are_noted(server: StandIn) -> None:
    ask(server, question("Hi"), path="/x/v1/messages", headers={**HEADERS, "X-Api-Key": "another"})
    (request,) = server.requests
    assert (request.number, request.method, request.path) == (1, "POST", "/x/v1/messages")
    assert (request.headers["x-api-key"], request.body) == ("another", question("Hi"))
    assert (server.count, server.refusals) == (1, ())
    assert server.wait_for(1)
    assert not server.wait_for(2, 0.01)


def test_only_the_newest_requests_are_recorded() -> None:
    with StandIn(pause=0, keep=2) as server:
        for text in "abc":
            ask(server, question(text))
        assert [request.number for request in server.requests] == [2, 3]
        assert server.count == 3


def test_many_are_served_at_once() -> None:
    gate = Event()
    events = scripts.said_events("Together.")
    reply = scripts.played(*events[:2], scripts.until(gate), *events[2:])
    with StandIn(scripts.always(reply)) as server, ThreadPoolExecutor(100) as threads:
        answers = [threads.submit(ask, server, question("Hi", stream=True)) for _ in range(100)]
        assert server.wait_for(100)
        gate.set()
        assert all(answer.result().events[-1]["type"] == "message_stop" for answer in answers)


def test_stopping_ends_idle_and_running_connections() -> None:
    begun, gate = Event(), Event()
    with StandIn(scripts.always(scripts.played(b": begun\n\n", scripts.reached(begun), scripts.until(gate)))) as server:
        idle, running = connected(server), connected(server)
        idle.connect()
        running.request("POST", "/v1/messages", json.dumps(question("Hi")), HEADERS)
        assert begun.wait(10)
        gate.set()
    with closing(idle), closing(running):
        with pytest.raises((HTTPException, ConnectionError)):
            sent(idle, question("Hi"))
        running.getresponse().close()


def test_a_client_that_leaves_is_no_failure(capfd: pytest.CaptureFixture[str]) -> None:
    begun, gate = Event(), Event()
    reply = scripts.played(b": begun\n\n", scripts.reached(begun), scripts.until(gate), *[b":" * 100_000] * 100)
    with StandIn(scripts.always(reply)) as server:
        with closing(connected(server)) as connection:
            connection.request("POST", "/v1/messages", json.dumps(question("Hi")), HEADERS)
            assert begun.wait(10)
        gate.set()
    assert capfd.readouterr().err == ""


def test_a_request_that_was_cut_off_is_no_request(server: StandIn) -> None:
    with closing(socket.create_connection(("127.0.0.1", urlsplit(server.url).port or 0))) as connection:
        connection.sendall(b"POST /v1/messages HTTP/1.1\r\nhost: x\r\nx-api-key: k\r\ncontent-length: 100\r\n\r\n{")
        connection.shutdown(socket.SHUT_WR)
        assert connection.recv(100) == b""
    assert (server.count, server.refusals) == (0, ())


def test_a_script_that_fails_says_so(capfd: pytest.CaptureFixture[str]) -> None:
    def broken(request: Request) -> Reply:
        raise LookupError("no such reply")

    with StandIn(broken) as server, pytest.raises((HTTPException, ConnectionError)):
        ask(server, question("Hi"))
    assert "no such reply" in capfd.readouterr().err


# What it refuses


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"model": None}, "model: Field required"),
        ({"max_tokens": None}, "max_tokens: Field required"),
        ({"messages": None}, "messages: Field required"),
        ({"model": ""}, "model: String should have at least 1 character"),
        ({"model": 5}, "model: Input should be a valid str"),
        ({"max_tokens": "5"}, "max_tokens: Input should be a valid int"),
        ({"max_tokens": True}, "max_tokens: Input should be a valid int"),
        ({"max_tokens": 0}, "max_tokens: Input should be greater than or equal to 1"),
        ({"messages": "Hi"}, "messages: Input should be a valid list"),
        ({"messages": []}, "messages: at least one message is required"),
        ({"messages": [{"role": "user", "content": "x"}] * 100_001}, "messages: at most 100000 messages are allowed"),
        ({"messages": ["Hi"]}, "messages.0: Input should be a valid dictionary"),
        ({"messages": [{"role": "user", "content": "Hi", "id": 1}]}, "messages.0.id: Extra inputs are not permitted"),
        ({"messages": [{"role": "system", "content": "Hi"}]}, 'messages: Unexpected role "system".'),
        ({"messages": [{"role": "user", "content": ""}]}, "messages.0: text content blocks must be non-empty"),
        ({"messages": [{"role": "user", "content": " \n"}]}, "messages.0: text content blocks must contain non-whitespace text"),
        ({"messages": [{"role": "user", "content": []}]}, "messages.0: all messages must have non-empty content except"),
        ({"messages": [{"role": "user"}]}, "messages.0: all messages must have non-empty content except"),
        ({"messages": [{"role": "user", "content": [{"type": "text"}]}]}, "messages.0.content.0: text content blocks must be non-empty"),
        ({"messages": [{"role": "user", "content": ["Hi"]}]}, "messages.0.content.0: Input tag None does not match"),
        ({"messages": [{"role": "user", "content": [{"type": "thinking"}]}]}, "messages.0.content.0: Invalid `signature`"),
        ({"messages": [{"role": "assistant", "content": "Hi"}, {"role": "user", "content": "Hi"}]}, "messages: first message must use"),
        (
            {"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hi"}]},
            "This model does not support assistant",
        ),
        ({"system": [{"type": "text", "text": ""}]}, "system.0: text content blocks must be non-empty"),
        ({"temperature": 1}, "temperature: Extra inputs are not permitted"),
        ({"top_p": 1}, "top_p: Extra inputs are not permitted"),
        ({"top_k": 1}, "top_k: Extra inputs are not permitted"),
        ({"colour": "blue"}, "colour: Extra inputs are not permitted"),
        ({"stream": 1}, "stream: Input should be a valid bool"),
        ({"thinking": {"type": "deep"}}, "thinking: Input tag should be one of"),
        ({"output_config": {"effort": "some"}}, "output_config.effort: Input should be one of"),
        ({"cache_control": {"type": "ephemeral", "ttl": "2h"}}, "cache_control: Input should be of type ephemeral"),
        ({"system": "half a pair: \ud83d"}, "The request body is not valid JSON: no low surrogate in string"),
        ({"metadata": {"user_id": ["\udc00"]}}, "The request body is not valid JSON: no low surrogate in string"),
    ],
)
def test_an_illegal_request_is_refused_and_noted(server: StandIn, change: dict[str, Any], problem: str) -> None:
    body = {name: value for name, value in question("Hi", **change).items() if value is not None}
    if "messages" in change and change["messages"] is not None:
        body["messages"] = change["messages"]
    status, kind, message = ask(server, body).error
    assert (status, kind) == (400, "invalid_request_error")
    assert message.startswith(problem)
    assert server.refusals == (message,)


def test_everything_that_is_wrong_is_found() -> None:
    broken = {"model": 5, "max_tokens": "5", "colour": "blue"}
    assert list(problems(broken, "2026-10-21")) == [
        "messages: Field required",
        "colour: Extra inputs are not permitted",
        "model: Input should be a valid str",
        "max_tokens: Input should be a valid int",
    ]
    assert len(list(problems({"model": "", "max_tokens": 0, "messages": []}, "2026-10-21"))) == 3
    assert len(list(problems(question("", 5, " "), "2026-10-21"))) == 3
    assert len(list(problems({**question("Hi"), "messages": ["Hi", {"role": "user", "content": "Hi"}]}, "2026-10-21"))) == 1


@pytest.mark.parametrize(
    "more",
    [
        {"system": "Be kind.", "stop_sequences": ["x"], "metadata": {"user_id": "u"}, "service_tier": "auto"},
        {"system": [{"type": "text", "text": "Be kind.", "cache_control": {"type": "ephemeral", "ttl": "1h"}}]},
        {"cache_control": {"type": "ephemeral"}, "output_config": {"effort": "low"}, "thinking": {"type": "adaptive"}},
        {"messages": [{"role": "user", "content": "One."}, {"role": "user", "content": "Two, \U0001f600."}]},
    ],
    ids=["plain", "system blocks", "caching", "consecutive roles"],
)
def test_a_legal_request_is_accepted(server: StandIn, more: dict[str, Any]) -> None:
    assert ask(server, {**question("Hi"), **more}).status == 200


def test_four_cache_controls_are_accepted_and_five_are_not(server: StandIn) -> None:
    block = {"type": "text", "text": "x", "cache_control": {"type": "ephemeral"}}
    assert ask(server, question([block] * 3, system=[block])).status == 200
    assert ask(server, question([block] * 4, cache_control={"type": "ephemeral"})).error == (
        *(400, "invalid_request_error"),
        "A maximum of 4 blocks with cache_control may be provided. Found 5.",
    )


def test_sampling_is_accepted_under_the_old_version(server: StandIn) -> None:
    headers = {**HEADERS, "anthropic-version": "2023-06-01"}
    assert ask(server, question("Hi", temperature=1), headers=headers).status == 200


@pytest.mark.parametrize(("version", "problem"), [("", "header is required"), ("2020-01-01", "'2020-01-01' is not a valid version")])
def test_a_version_is_demanded(server: StandIn, version: str, problem: str) -> None:
    headers = {name: value for name, value in {**HEADERS, "anthropic-version": version}.items() if value}
    assert ask(server, question("Hi"), headers=headers).error == (400, "invalid_request_error", f"anthropic-version: {problem}")


@pytest.mark.parametrize(
    "content", [b"", b"{", b"\xff", b"NaN", b"[]", b"[" * 100_000], ids=["none", "cut", "bytes", "NaN", "list", "deep"]
)
def test_what_is_no_json_object_is_refused(server: StandIn, content: bytes) -> None:
    assert ask(server, content).error == (400, "invalid_request_error", "The request body is not a valid JSON object")


def test_a_key_is_demanded(server: StandIn) -> None:
    version = {"anthropic-version": "2026-10-21"}
    assert ask(server, question("Hi"), headers=version).error == (401, "authentication_error", "x-api-key header is required")
    assert ask(server, question("Hi"), headers={**version, "authorization": "Bearer key"}).status == 200


def test_no_key_is_demanded_where_none_is_wanted() -> None:
    with StandIn(pause=0, demand_key=False) as server:
        assert ask(server, question("Hi"), headers={"anthropic-version": "2026-10-21"}).status == 200


def test_other_paths_and_methods_are_not_found(server: StandIn) -> None:
    assert ask(server, question("Hi"), path="/v1/complete").error == (404, "not_found_error", "Not Found")
    with closing(connected(server)) as connection:
        connection.request("GET", "/v1/messages", headers=HEADERS)
        assert connection.getresponse().status == 404


def test_it_has_every_model_for_whoever_has_a_key(server: StandIn) -> None:
    with closing(connected(server)) as connection:
        for headers, status in ((HEADERS, 200), ({}, 401)):
            connection.request("GET", "/some/prefix/v1/models/claude%2Fx?beta=true", headers=headers)
            response = connection.getresponse()
            content = json.loads(response.read())
            assert response.status == status
            assert (content["type"], content.get("id")) == (("model", "claude/x") if status == 200 else ("error", None))
        connection.request("GET", "/v1/models/", headers=HEADERS)
        assert connection.getresponse().status == 404


def test_a_body_without_length_or_too_large_is_refused(server: StandIn) -> None:
    for length, status in (("many", 411), (str(32 * 1024 * 1024 + 1), 413)):
        with closing(connected(server)) as connection:
            connection.putrequest("POST", "/v1/messages")
            connection.putheader("content-length", length)
            connection.endheaders()
            response = connection.getresponse()
            assert (response.status, response.read()[:16]) == (status, b'{"type": "error"')


# Scripts


def test_replies_come_in_turn_and_the_last_one_stays() -> None:
    with StandIn(scripts.in_turn(scripts.overloaded(), lambda request: scripts.said(f"Number {request.number}."))) as server:
        assert ask(server, question("Hi")).error == (529, "overloaded_error", "Overloaded")
        assert [b"Number 2." in ask(server, question("Hi")).content, b"Number 3." in ask(server, question("Hi")).content] == [True, True]


@pytest.mark.parametrize("name", scripts.ERRORS)
def test_an_error_is_sent_as_it_is_scripted(name: str) -> None:
    reply = scripts.ERRORS[name]
    with StandIn(scripts.always(reply)) as server:
        answer = ask(server, question("Hi"))
    assert answer.status == reply.status
    assert reply.headers.items() <= answer.headers.items()
    assert (answer.content,) == tuple(reply.steps)


def test_an_error_carries_details_and_its_request_id() -> None:
    with StandIn(scripts.always(scripts.ERRORS["enforced_spend_limit"])) as server:
        answer = ask(server, question("Hi"))
    assert answer.json["error"]["details"] == {"error_code": "enforced_spend_limit_reached"}
    assert answer.json["request_id"] == answer.headers["request-id"]


@pytest.mark.parametrize("name", [*scripts.COMPLETE, *scripts.BROKEN])
def test_a_recorded_stream_arrives_byte_for_byte(name: str) -> None:
    content = scripts.recorded(name)
    with StandIn(scripts.in_turn(scripts.play(name), scripts.in_parts(content, 1))) as server:
        assert [ask(server, question("Hi")).content for _ in range(2)] == [content, content]


def test_quotations_are_measured_and_are_no_part_of_the_question() -> None:
    messages = [
        {"role": "user", "content": "<summary>\nYou like kites.\n</summary>\n\nHi"},
        {"role": "assistant", "content": "Hello."},
        {"role": "user", "content": "<earlier>\nMe: red kite\nYou: ok\n</earlier>\n\nWhich colour?"},
    ]
    answer = describe({"messages": messages})
    assert 'You wrote: "Which colour?"' in answer
    assert "15 characters of a summary of what was said before" in answer
    assert "20 characters of older passages of what was said before" in answer


def test_every_recorded_stream_is_described() -> None:
    assert {path.stem for path in scripts.STREAMS.glob("*.sse")} == {*scripts.COMPLETE, *scripts.BROKEN}


def test_the_events_of_a_stream_make_up_the_stream() -> None:
    events = scripts.events_of("hello")
    assert b"".join(events) == scripts.recorded("hello")
    assert [event.split(b"\n")[0] for event in events[::8]] == [b"event: message_start", b"event: message_delta"]


def test_a_reply_waits_for_its_gate() -> None:
    gate = Event()
    reply = scripts.played(b": one\n\n", scripts.until(gate), b": two\n\n")
    with StandIn(scripts.always(reply)) as server, closing(connected(server)) as connection:
        connection.request("POST", "/v1/messages", json.dumps(question("Hi")), HEADERS)
        response = connection.getresponse()
        first = response.read1()
        gate.set()
        assert (first, response.read()) == (b": one\n\n", b": two\n\n")


def test_a_step_without_bytes_does_not_end_the_stream() -> None:
    with StandIn(scripts.always(scripts.played(b"", b": one\n\n"))) as server:
        assert ask(server, question("Hi")).content == b": one\n\n"


def test_a_gate_that_stays_shut_is_a_failure() -> None:
    with pytest.raises(TimeoutError):
        scripts.until(Event(), 0.01)()


@pytest.mark.parametrize("cut", [Cut.BETWEEN_CHUNKS, Cut.INSIDE_CHUNK])
def test_a_cut_stream_is_incomplete(cut: Cut) -> None:
    with StandIn(scripts.always(scripts.cut_after(b": begun\n\n", cut))) as server, pytest.raises(IncompleteRead) as failure:
        ask(server, question("Hi"))
    assert failure.value.partial.startswith(b": begun\n\n")


def test_a_connection_is_reset() -> None:
    with StandIn(scripts.always(scripts.cut_after(b": begun\n\n", Cut.RESET))) as server, pytest.raises(ConnectionResetError):
        ask(server, question("Hi"))


def test_a_body_may_end_with_its_connection() -> None:
    reply = Reply((scripts.recorded("no_stop"),), headers={"content-type": "text/event-stream", "connection": "close"})
    with StandIn(scripts.always(reply)) as server:
        answer = ask(server, question("Hi"))
    assert answer.content == scripts.recorded("no_stop")
    assert "transfer-encoding" not in answer.headers


def test_a_client_that_only_connects_holds_up_nobody(server: StandIn) -> None:
    with closing(socket.create_connection(("127.0.0.1", urlsplit(server.url).port or 0))):
        assert ask(server, question("Hi")).status == 200
    assert server.count == 1
