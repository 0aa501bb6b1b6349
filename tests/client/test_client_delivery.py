"""One question over real connections: what is lost is asked for again, and nothing is shown twice."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from ssl import SSLCertVerificationError, SSLError
from typing import Any

import pytest

from bridge_client.commands.ask import ask
from bridge_client.failures import Failure
from bridge_client.protocol.connection import Lost, open_connection, reason
from bridge_client.protocol.frames import FRAGMENT_BYTES
from bridge_client.protocol.retry import RetryPolicy
from bridge_client.terminal.presentation import Presentation
from client.bench import RETRY_POLICY, Bench, Full
from client.scripted_bridge import (
    CUT,
    INTERNAL,
    SESSION,
    THROTTLED,
    TIMED_OUT,
    Close,
    Connection,
    Expect,
    Raw,
    Refuse,
    ScriptedBridge,
    accepted,
    delta,
    done,
    error,
)

NOW = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)


def play(
    *connections: Connection, terminal: bool = False, message: str = "Hello", retry_policy: RetryPolicy = RETRY_POLICY, **options: Any
) -> tuple[ScriptedBridge, Bench, int]:
    with ScriptedBridge(list(connections)).running() as bridge:
        bench = Bench(bridge.url, terminal=terminal, retry_policy=retry_policy)
        return bridge, bench, ask(bench.client(), message, "", NOW, **options)


def fails(*connections: Connection, retry_policy: RetryPolicy = RETRY_POLICY, **options: Any) -> tuple[Failure, Bench]:
    with ScriptedBridge(list(connections)).running() as bridge:
        bench = Bench(bridge.url, retry_policy=retry_policy)
        with pytest.raises(Failure) as failed:
            ask(bench.client(), "Hello", "", NOW, **options)
        return failed.value, bench


def test_the_answer_alone_goes_to_standard_output() -> None:
    _, bench, code = play([accepted(), delta("Hello"), delta(" Ada", 5), done()])
    assert (bench.shown, code) == ("Hello Ada\n", 0)
    assert bench.said == (
        "Claude is thinking ...\n\n"
        f"Session {SESSION} · claude-sonnet-5-5 · 212 tokens in, 120 out · $0.0016 · memory: none · kept until Mon 02 Nov 02:26\n"
        'To go on: python3 client/ask.py "..." chat-1a2b3c4d5e6f\n'
    )


@pytest.mark.parametrize("terminal", [False, True])
def test_an_answer_that_ends_its_line_gets_no_second_end(terminal: bool) -> None:
    assert play([accepted(), delta("Hello\n"), done()], terminal=terminal)[1].shown == "Hello\n"


AGAIN: dict[str, list[Any]] = {
    "cut": [accepted(), delta("Hel"), CUT],
    "cut before a word": [CUT],
    "closed": [accepted(), delta("Hel"), Close(1001)],
    "the function failed": [accepted(), delta("Hel"), INTERNAL],
    "the gateway throttled": [THROTTLED],
    "a piece is missing": [accepted(), delta("Hel"), delta("o", 4)],
    "the text is missing": [accepted(), done()],
    "still running": [accepted(), error("still_running", retryable=True)],
    "the store did not answer": [error("store_unavailable", retryable=True, retry_after=0.001)],
    "something went wrong": [error("internal", retryable=True)],
}


@pytest.mark.parametrize("first", AGAIN.values(), ids=AGAIN)
@pytest.mark.parametrize("terminal", [False, True])
def test_the_same_request_is_sent_again_and_nothing_is_shown_twice(first: list[Any], terminal: bool) -> None:
    bridge, bench, code = play(first, [accepted(), delta("H"), delta("ello", 1), done()], terminal=terminal)
    assert (bench.shown, code) == ("Hello\n", 0)
    assert bridge.received[0] == bridge.received[1]


@pytest.mark.slow
@pytest.mark.parametrize("heard", [[], [TIMED_OUT], [{"type": "pong", "request_id": "another"}]], ids=["nothing", "the gateway", "others"])
def test_a_bridge_that_is_silent_is_asked_again(heard: list[Any]) -> None:
    impatient = replace(RETRY_POLICY, silence=0.3)
    bridge, bench, code = play([accepted(), delta("Hel"), *heard], [accepted(), delta("Hello"), done()], retry_policy=impatient)
    assert (bench.shown, code) == ("Hello\n", 0)
    assert bridge.received[0] == bridge.received[1]


def test_the_gateways_timeout_and_noise_are_ignored() -> None:
    bridge, bench, _ = play([accepted(), TIMED_OUT, Raw("noise"), Raw("[]"), delta("Hello"), done()])
    assert bench.shown == "Hello\n"
    assert len(bridge.received) == 1


def test_a_connection_may_be_lost_as_often_as_it_likes_while_words_come() -> None:
    text = "abcdefghij"
    pieces = [[accepted(), delta(text[: count + 1]), CUT] for count in range(len(text))]
    bridge, bench, _ = play(*pieces, [accepted(), delta(text), done()])
    assert bench.shown == text + "\n"
    assert len(bridge.received) == 11


def test_a_connection_lost_for_good_is_given_up() -> None:
    failure, bench = fails(*[[accepted(), CUT]] * 5)
    assert (failure.code, failure.exit_code, failure.session_id) == ("connection_lost", 7, SESSION)
    assert bench.shown == ""


def test_silence_for_good_is_given_up() -> None:
    failure, _ = fails([], [], retry_policy=RetryPolicy(silence=0.02, first_wait=0.001, losses=1))
    assert failure.message == "The bridge has said nothing for 0.02 seconds."


def test_a_bridge_that_keeps_beginning_anew_is_left_alone() -> None:
    connections = [[accepted(), delta(f"{number}", answer=f"a{number}"), CUT] for number in range(7)]
    failure, _ = fails(*connections)
    assert failure.code == "connection_lost"


def test_an_error_that_does_not_pass_is_given_up() -> None:
    failure, _ = fails(*[[error("internal", retryable=True)]] * 4)
    assert (failure.code, failure.retryable) == ("internal", True)


@pytest.mark.parametrize("code", ["rate_limited", "claude_overloaded", "claude_unavailable"])
def test_what_the_bridge_has_tried_again_is_not_tried_again(code: str) -> None:
    failure, _ = fails([accepted(), error(code, retryable=True, retry_after=30)])
    assert (failure.code, failure.retryable, failure.retry_after) == (code, True, 30)


def test_the_bridge_gone_in_the_middle_is_waited_for() -> None:
    _, bench, _ = play([accepted(), delta("Hel"), CUT], Refuse(503), Refuse(429), [delta("Hello"), done()])
    assert bench.shown == "Hello\n"


@pytest.mark.parametrize("throttled", [[THROTTLED], Refuse(429)], ids=["messages", "handshakes"])
def test_a_gateway_that_throttles_for_good_is_given_up(throttled: Connection) -> None:
    failure, _ = fails(*[throttled] * 5)
    assert (failure.code, failure.exit_code) == ("rate_limited", 6)
    assert "The bridge takes no more messages at the moment." in failure.message


@pytest.mark.parametrize(
    ("first", "code"), [([accepted(), CUT], "connection_lost"), ([accepted(), error("still_running", retryable=True)], "still_running")]
)
def test_a_request_that_got_through_and_is_throttled_ever_after_may_still_be_answered(first: list[Any], code: str) -> None:
    failure, _ = fails(first, *[[THROTTLED]] * 5)
    assert failure.code == code


def test_a_bridge_that_is_being_started_anew_is_waited_for() -> None:
    _, bench, _ = play(Refuse(503), Refuse(502), [delta("Hello"), done()])
    assert bench.shown == "Hello\n"


def test_a_bridge_that_was_never_there_is_reported_soon() -> None:
    failure, _ = fails(*[Refuse(503)] * 4)
    assert failure.code == "unreachable"
    assert "503" in failure.message


@pytest.mark.parametrize(("status", "exit_code"), [(401, 4), (403, 4), (404, 7), (200, 7)])
def test_a_refused_handshake_is_final(status: int, exit_code: int) -> None:
    failure, _ = fails(Refuse(status))
    assert failure.exit_code == exit_code


def test_a_message_the_bridge_finds_too_long_is_not_sent_again() -> None:
    failure, _ = fails([Close(1009)])
    assert (failure.code, failure.exit_code) == ("message_too_long", 2)


def test_a_void_answer_never_reaches_a_pipe() -> None:
    _, bench, _ = play([accepted(), delta("Wrong"), delta("Right", answer="a2"), done("a2")])
    assert bench.shown == "Right\n"


@pytest.mark.parametrize("options", [{"terminal": True}, {"presentation": Presentation(stream=True)}], ids=str)
def test_where_it_is_streamed_a_void_answer_is_said_to_be_void(options: dict[str, Any]) -> None:
    _, bench, _ = play([accepted(), delta("Wrong"), delta("Right", answer="a2"), done("a2")], **options)
    assert bench.shown == "Wrong\nRight\n"
    assert "Claude started over; disregard the text above." in bench.said


def test_on_a_terminal_the_answer_is_escaped_and_in_a_pipe_it_is_not() -> None:
    script = [accepted(), delta("\x1b[2Jred\r\n\u202eevil"), done()]
    assert play(script, terminal=True)[1].shown == "␛[2Jred␍ \\u202eevil\n"  # A paragraph.
    assert play(script, terminal=True, presentation=Presentation(raw=True))[1].shown == "␛[2Jred␍\n\\u202eevil\n"
    assert play(script)[1].shown == "\x1b[2Jred\r\n\u202eevil\n"


def test_a_session_that_is_gone_is_said_to_begin() -> None:
    with ScriptedBridge([[accepted(), delta("x"), CUT], [accepted(), delta("x"), done()]]).running() as bridge:
        bench = Bench(bridge.url)
        ask(bench.client(), "Hello", SESSION, NOW)
    assert bench.said.count("Session chat-1a2b3c4d5e6f begins here") == 1


def test_an_early_end_is_reported() -> None:
    _, bench, code = play([delta("Hel"), done(stop_reason="max_tokens", truncated=True)])
    assert code == 0
    assert "it reached MAX_TOKENS" in bench.said


def test_json_is_one_object_and_nothing_else() -> None:
    _, bench, code = play([accepted(), delta("Hé\x7f\x9b"), done()], terminal=True, presentation=Presentation(as_json=True))
    shown = bench.stdout.getvalue()
    printed = json.loads(shown)
    assert (printed["response"], printed["session_id"], printed["turn"], code) == ("Hé\x7f\x9b", SESSION, done()["turn"], 0)
    assert set(printed) == {
        *("response", "session_id", "turn", "model", "stop_reason", "usage"),
        *("context", "expires_at", "duplicate", "truncated", "request_id", "usage_is_estimate", "cost_usd", "cost_is_estimate"),
        *("passages", "stand_in"),
    }
    assert shown.isascii()
    assert "\x7f" not in shown
    assert "Session" not in bench.said


@pytest.mark.parametrize("as_json", [False, True])
def test_an_answer_that_cannot_be_written_is_stored_and_the_message_says_how_to_read_it(as_json: bool) -> None:
    with ScriptedBridge([[accepted(), delta("Hello"), done()]]).running() as bridge:
        bench = Bench(bridge.url)
        bench.stdout = Full()
        client = bench.client()
        with pytest.raises(Failure) as failed:
            ask(client, "Hello", "", NOW, presentation=Presentation(as_json=as_json))
        assert client.report(failed.value, as_json=as_json) == 7
    said = bench.said.splitlines()
    assert said[-2:] == [f'To go on: python3 client/ask.py "..." {SESSION}', "The output could not be written: no space left on device."]


def test_a_stream_that_cannot_be_written_names_the_session() -> None:
    with ScriptedBridge([[accepted(), delta("Hello")]]).running() as bridge:
        bench = Bench(bridge.url)
        bench.stdout = Full()
        with pytest.raises(Failure) as failed:
            ask(bench.client(), "Hello", "", NOW, presentation=Presentation(stream=True))
    assert (failed.value.code, failed.value.session_id) == ("not_written", SESSION)


def test_a_long_message_is_sent_in_fragments_cut_between_characters() -> None:
    message = "a" + "👋é" * 15_000
    bridge, _, _ = play([delta("x"), done()], message=message)
    assert bridge.received[0]["message"] == message
    assert max(bridge.raw[0]) <= FRAGMENT_BYTES
    assert len(bridge.raw[0]) == 4


def test_a_message_that_is_too_long_is_refused_before_anything_is_sent() -> None:
    with (
        ScriptedBridge([]).running() as bridge,
        pytest.raises(Failure, match=r"131,0\d\d bytes as it is sent, and the limit is 131,072") as failed,
    ):
        ask(Bench(bridge.url).client(), "x" * 131_000, "", NOW)
    assert (failed.value.code, failed.value.exit_code) == ("message_too_long", 2)


def interrupt() -> None:
    os.kill(os.getpid(), signal.SIGINT)


def test_ctrl_c_stops_the_answer_and_prints_what_there_is() -> None:
    stopped = done(stop_reason="cancelled", truncated=True)
    bridge, bench, code = play([accepted(), delta("Hel"), interrupt, Expect("cancel"), delta("lo", 3), stopped], terminal=True)
    assert (bench.shown, code) == ("Hello\n", 130)
    assert bridge.received[1] == {"action": "cancel", "session_id": SESSION, "request_id": bridge.received[0]["request_id"]}
    assert "where you stopped it" in bench.said


def test_ctrl_c_before_there_is_a_session_id_stops_as_soon_as_there_is_one() -> None:
    stopping = threading.Event()
    script = [interrupt, lambda: stopping.wait(5), accepted(), Expect("cancel"), error("cancelled")]
    with ScriptedBridge([script]).running() as bridge:
        bench = Bench(bridge.url)
        on_note(bench, "Stopping the answer", stopping.set)
        with pytest.raises(Failure) as failed:
            ask(bench.client(), "Hello", "", NOW)
    assert (failed.value.code, failed.value.exit_code, failed.value.session_id) == ("cancelled", 130, SESSION)


def test_an_answer_that_goes_on_after_it_was_stopped_is_left() -> None:
    pause = threading.Event()
    endless = [step for offset in range(1000) for step in (lambda: pause.wait(0.001), delta("x", offset))]
    failure, _ = fails([accepted(), interrupt, Expect("cancel"), *endless], retry_policy=replace(RETRY_POLICY, stopping=0.05))
    assert failure.exit_code == 130


def test_an_answer_that_was_stopped_has_about_as_many_tokens_as_it_has_text() -> None:
    usage = {**done()["usage"], "output_tokens": 1}
    _, bench, _ = play([accepted(), delta("word " * 40), done(stop_reason="cancelled", truncated=True, usage=usage)])
    assert "about 50 out" in bench.said


def test_an_answer_that_was_counted_is_not_estimated() -> None:
    _, bench, _ = play([accepted(), delta("word " * 40), done(stop_reason="max_tokens", truncated=True)])
    assert " 120 out" in bench.said
    assert "about" not in bench.said


@pytest.mark.parametrize(
    ("number", "words"), [(socket.EAI_NONAME, "there is no host nosuch.example"), (socket.EAI_AGAIN, "the name nosuch.example cannot be")]
)
def test_a_host_that_cannot_be_looked_up_is_named(number: int, words: str) -> None:
    assert reason(socket.gaierror(number, "[Errno] not known"), "wss://nosuch.example/prod").startswith(words)


def not_tls() -> SSLError:
    """What Python raises where plain text is answered."""
    error = SSLError(1, "[SSL: WRONG_VERSION_NUMBER] wrong version number (_ssl.c:1006)")
    error.reason = "WRONG_VERSION_NUMBER"
    return error


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (SSLError(1, "[SSL: OTHER] (_ssl.c:1006)"), "TLS failed ("),
        (not_tls(), "it does not speak TLS: perhaps it is ws://, not wss://"),
        (SSLCertVerificationError(1, "certificate verify failed (_ssl.c:1006)"), "its certificate is not trusted"),
    ],
)
def test_what_tls_says_is_put_in_words(error: Exception, words: str) -> None:
    shown = reason(error, "wss://kites.example")
    assert (shown.startswith(words), "_ssl.c" in shown) == (True, False)


def test_ctrl_c_twice_leaves_at_once() -> None:
    failure, _ = fails([accepted(), interrupt, Expect("cancel"), interrupt])
    assert failure.exit_code == 130


def test_ctrl_c_while_there_is_no_connection_leaves_at_once() -> None:
    with ScriptedBridge([[accepted(), error("internal", retryable=True, retry_after=60.0)]]).running() as bridge:
        bench = Bench(bridge.url)
        on_note(bench, "Asking again", interrupt)
        with pytest.raises(Failure) as failed:
            ask(bench.client(), "Hello", "", NOW)
    assert failed.value.exit_code == 130


def test_a_connection_lost_after_ctrl_c_is_not_opened_again() -> None:
    failure, _ = fails([accepted(), interrupt, Expect("cancel"), CUT])
    assert failure.exit_code == 130


def test_a_connection_lost_before_the_cancel_is_sent_is_noticed_where_it_is_read() -> None:
    failure, _ = fails([accepted(), CUT, interrupt], retry_policy=RetryPolicy(first_wait=60.0, max_wait=60.0))
    assert failure.exit_code == 130


def test_ctrl_c_while_a_bridge_of_our_own_starts_again_leaves_at_once() -> None:
    with ScriptedBridge([[accepted(), CUT]]).running() as bridge:
        urls: Iterator[str] = iter([bridge.url] * 2)

        def endpoint() -> str:
            url = next(urls, "")
            if not url:
                interrupt()
                threading.Event().wait(10)
            return url

        began = time.monotonic()
        with pytest.raises(Failure) as failed:
            ask(replace(Bench(bridge.url).client(), endpoint=endpoint), "Hello", "", NOW)
    assert failed.value.exit_code == 130
    assert time.monotonic() - began < 5


def test_the_signal_handler_is_gone_afterwards() -> None:
    play([delta("x"), done()])
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def on_note(bench: Bench, words: str, act: Callable[[], object]) -> None:
    """Acts when a note with these words is written."""
    write = bench.stderr.write

    def watched(text: str) -> int:
        if words in text:
            act()
        return write(text)

    bench.stderr.write = watched  # type: ignore[method-assign]


def test_sending_on_a_connection_that_is_gone_says_so() -> None:
    async def send_twice(url: str) -> None:
        async with open_connection(url, 5.0) as connection:
            await connection.send_frame({"action": "ping"})
            with pytest.raises(Lost):
                await connection.receive()
            with pytest.raises(Lost, match="closed with 1001"):
                await connection.send_frame({"action": "ping"})

    with ScriptedBridge([[Close(1001)]]).running() as bridge:
        asyncio.run(send_twice(bridge.url))


def test_a_request_that_is_no_question_is_repeated_too() -> None:
    with ScriptedBridge([[CUT], [{"type": "deleted", "session_id": SESSION}]]).running() as bridge:
        bench = Bench(bridge.url)
        assert bench.client().request({"action": "delete", "session_id": SESSION}, "deleted")["session_id"] == SESSION
    assert "Asking again" in bench.said


def test_ctrl_c_ends_a_request_that_is_no_question() -> None:
    with ScriptedBridge([[interrupt]]).running() as bridge, pytest.raises((KeyboardInterrupt, asyncio.CancelledError)):
        Bench(bridge.url).client().request({"action": "delete", "session_id": SESSION}, "deleted")
