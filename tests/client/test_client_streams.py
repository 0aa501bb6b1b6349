"""Standard streams as other programs leave them: non-blocking, full, closed at the other end, in another encoding."""

from __future__ import annotations

import os
import subprocess
import threading
from pathlib import Path

import pytest

from bridge_client.failures import Failure
from bridge_client.main import as_typed
from bridge_client.terminal.question import decoded
from client.conftest import Run
from client.scripted_bridge import ScriptedBridge, accepted, delta, done
from client.test_ask_py import ANSWER, ASK, started

NEEDS_FULL = pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")


@pytest.mark.slow
@pytest.mark.parametrize("command", [["-"], ["chat", "--lines"]], ids=" ".join)
def test_all_of_a_pipe_in_non_blocking_mode_is_read(command: list[str]) -> None:
    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    with ScriptedBridge([]).running() as bridge, started(*command, url=bridge.url, stdin=reading) as asked:
        bridge.add(ANSWER)
        # Let the client come to a pipe that is still empty: it has written nothing, so there is no event to wait for.
        threading.Event().wait(0.05)
        for part in (b"the first half ", b"and the second\n"):
            os.write(writing, part)
        os.close(reading)
        os.close(writing)
        stdout, _ = asked.communicate(timeout=10)
    assert (asked.returncode, stdout) == (0, b"Hello\n")
    assert bridge.received[0]["message"] == "the first half and the second"


def test_an_answer_waits_for_a_slow_reader_of_a_pipe_in_non_blocking_mode() -> None:
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    text = "a line of an answer\n" * 20_000
    with ScriptedBridge([[accepted(), delta(text), done()]]).running() as bridge, started("Hi", url=bridge.url, stdout=writing) as asked:
        os.close(writing)
        with os.fdopen(reading, "rb") as reader:
            assert reader.read().decode() == text
        assert asked.wait(10) == 0


@NEEDS_FULL
@pytest.mark.parametrize("options", [[], ["--json"]], ids=["text", "json"])
def test_notes_that_cannot_be_written_cost_no_answer(options: list[str]) -> None:
    with ScriptedBridge([ANSWER]).running() as bridge, Path("/dev/full").open("w") as full:
        asked = started("Hi", *options, url=bridge.url, stderr=full)
        stdout, _ = asked.communicate(timeout=10)
    assert asked.returncode == 0
    assert b"Hello" in stdout


def test_notes_that_nobody_reads_cost_no_answer() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with ScriptedBridge([ANSWER]).running() as bridge, started("Hi", url=bridge.url, stderr=writing) as asked:
        os.close(writing)
        stdout, _ = asked.communicate(timeout=10)
    assert (asked.returncode, stdout) == (0, b"Hello\n")


@NEEDS_FULL
def test_a_failure_that_cannot_be_reported_has_its_exit_code() -> None:
    with Path("/dev/full").open("w") as full:
        ended = subprocess.run([*ASK, "--no-such-option"], stderr=full, stdin=subprocess.DEVNULL, capture_output=False, timeout=10)
    assert ended.returncode == 2


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_text_with_a_byte_order_mark_arrives_without_it(run: Run, encoding: str) -> None:
    with ScriptedBridge([ANSWER]).running() as bridge:
        run("-", variables={"CLAUDE_BRIDGE_URL": bridge.url}, stdin="凧 é\n".encode(encoding))
    assert bridge.received[0]["message"] == "凧 é"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_chat_knows_its_commands_behind_a_byte_order_mark(run: Run, encoding: str) -> None:
    with ScriptedBridge([]).running() as bridge:
        code, *_ = run("chat", "--lines", variables={"CLAUDE_BRIDGE_URL": bridge.url}, stdin="/exit\nHi\n".encode(encoding))
    assert (code, bridge.received) == (0, [])


NO_TEXT = {
    "Latin-1": ("café".encode("latin-1"), "is not UTF-8. Convert it first: iconv"),
    "a picture": (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "standard input is not"),
    "zeros": (b"a\0b", "is not text, so it was not sent"),
}


@pytest.mark.parametrize(("data", "words"), NO_TEXT.values(), ids=NO_TEXT)
@pytest.mark.parametrize("command", [["Summarise this"], ["-"], ["chat", "--lines"]], ids=" ".join)
def test_what_is_not_text_is_refused_and_nothing_is_asked(run: Run, command: list[str], data: bytes, words: str) -> None:
    with ScriptedBridge([]).running() as bridge:
        code, stdout, stderr = run(*command, variables={"CLAUDE_BRIDGE_URL": bridge.url}, stdin=data)
    assert (code, stdout, bridge.received) == (2, "", [])
    assert words in stderr


def test_a_question_in_utf_8_arrives_whole_in_a_locale_without_it() -> None:
    environment = {**os.environ, "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    with ScriptedBridge([ANSWER]).running() as bridge:
        environment["CLAUDE_BRIDGE_URL"] = bridge.url
        subprocess.run([*ASK, "凧 é"], env=environment, stdin=subprocess.DEVNULL, capture_output=True, timeout=10, check=True)
    assert bridge.received[0]["message"] == "凧 é"


def test_an_argument_that_is_not_utf_8_stays_as_it_is() -> None:
    argument = os.fsdecode(b"caf\xe9")
    assert as_typed(argument) == argument


def test_what_is_not_text_is_named_by_its_place() -> None:
    with pytest.raises(Failure, match=r"The content of notes\.bin is not text"):
        decoded(b"\0", "notes.bin")
