"""Frames and requests: the examples of tests/wire/, and cutting to size."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.errors import BridgeError, Code
from bridge.text import clean, encode, one_line, prefix_within, without_surrogates
from bridge.wire.frames import FRAME_BYTES, REPLY_BYTES, VERSION, deltas, error_frame, frame, single_error, single_reply
from bridge.wire.requests import utc_offset
from bridge.wire.session_fields import read_settings

any_text = st.text(alphabet=st.characters(), max_size=200)


@settings(deadline=None)
@given(any_text, st.integers(1, 2000), st.integers(0, 500))
def test_deltas_put_together_are_the_text(text: str, repeat: int, offset: int) -> None:
    text = without_surrogates(text) * repeat
    together, position = "", offset
    for length, data in deltas("r1", "a1", offset, text):
        assert len(data) <= FRAME_BYTES
        sent = json.loads(data)
        assert (sent["type"], sent["request_id"], sent["answer"], sent["offset"]) == ("delta", "r1", "a1", position)
        assert len(sent["text"]) == length > 0
        together += sent["text"]
        position += length
    assert together == text


@settings(deadline=None, max_examples=30)
@given(any_text, st.integers(0, 5000))
def test_a_single_reply_fits_and_is_a_prefix(text: str, repeat: int) -> None:
    text = without_surrogates(text) * repeat
    reply = single_reply(text, "s1", 2, "r1")
    assert len(reply) <= REPLY_BYTES
    body = json.loads(json.loads(reply)["body"])
    assert text.startswith(body["response"])
    assert (body["response"] == text) is ("truncated" not in body)
    if "truncated" in body:
        assert len(reply) > REPLY_BYTES - 64


@given(any_text.filter(bool), st.integers(8, 300))
def test_a_prefix_within_is_the_longest(text: str, limit: int) -> None:
    text = without_surrogates(text)
    prefix = prefix_within(text, limit)
    assert text.startswith(prefix)
    assert prefix
    assert len(encode(prefix)) <= limit
    if len(prefix) < len(text):
        assert len(encode(text[: len(prefix) + 1])) > limit


@given(any_text)
def test_clean_text_can_be_sent_anywhere(text: str) -> None:
    cleaned = clean(text)
    cleaned.encode()
    assert not any(ord(character) < 32 and character not in "\t\n\r" for character in cleaned)
    assert clean(cleaned) == cleaned


def test_surrogate_pairs_are_joined_and_lone_ones_replaced() -> None:
    assert without_surrogates("a\ud83d\ude00b\ud83dc\ude00") == "a😀b\ufffdc\ufffd"


def test_one_line() -> None:
    assert one_line("  a\n\tb  ", 80) == "a b"
    assert one_line("word " * 50, 12) == "word word w…"


def test_text_is_utf8_and_never_escaped() -> None:
    assert encode({"text": "é😀\u2028"}) == '{"text":"é😀\u2028"}'.encode()


def test_an_error_says_what_helps() -> None:
    error = BridgeError(Code.CLAUDE_MISCONFIGURED, "Set it.", retry_after=1.5, setting="CLAUDE_MODEL")
    assert error_frame(error, "r1", "s1") == {
        "type": "error",
        "request_id": "r1",
        "message": "Set it.",
        "code": "claude_misconfigured",
        "retryable": False,
        "retry_after": 1.5,
        "setting": "CLAUDE_MODEL",
        "session_id": "s1",
    }
    reply = json.loads(single_error(error, "s1", "r1"))
    assert reply["statusCode"] == 500
    assert json.loads(reply["body"])["error"] == "Set it."


def test_a_frame_without_a_request_id_has_none() -> None:
    assert frame("pong", "") == {"type": "pong"}


def test_every_code_has_a_sentence_and_is_found_by_its_name() -> None:
    for code in Code:
        assert code.sentence.endswith((".", "-"))
        assert Code.of(code.wire) is code
        assert 400 <= code.status < 600
    assert Code.of("made_up") is Code.INTERNAL
    retryable = {code.wire for code in Code if code.retryable}
    assert retryable == {
        "rate_limited",
        "claude_overloaded",
        "claude_unavailable",
        "empty_answer",
        "still_running",
        "store_unavailable",
        "internal",
    }


@pytest.mark.parametrize("value", [-721, 841, 60.5, "60", True, [0]])
def test_an_offset_that_is_no_time_zone_is_refused_by_name(value: object) -> None:
    with pytest.raises(BridgeError, match="`utc_offset`") as caught:
        utc_offset({"utc_offset": value})
    assert caught.value.code is Code.BAD_REQUEST


def test_an_offset_is_minutes_east_of_utc() -> None:
    assert [utc_offset(fields) for fields in ({}, {"utc_offset": -720}, {"utc_offset": 840})] == [0, -720, 840]


def test_the_bridge_tells_the_version_that_the_client_has() -> None:
    text = (Path(__file__).parents[3] / "client" / "bridge_client" / "version.py").read_text()
    assert f'VERSION = "{VERSION}"' in text


@pytest.mark.parametrize("title", ["👩\u200d💻 and 👨\u200d👩\u200d👧", "می\u200cخواهم", "クラウド ❤\ufe0f"])
def test_a_title_may_have_what_joins_letters_and_emoji(title: str) -> None:
    assert read_settings({"title": title}) == {"title": title}


@pytest.mark.parametrize("title", ["two\nlines", "\x1b[31m", "\u202eevil", "\u200b", "\u200d"])
def test_a_title_is_one_line_that_can_be_seen(title: str) -> None:
    with pytest.raises(BridgeError, match="must be one line"):
        read_settings({"title": title})
