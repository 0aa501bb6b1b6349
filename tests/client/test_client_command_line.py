"""The command line as a whole, within this process: what is meant, what is printed, and the exit code."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from bridge_client.command_line.commands import program
from client.conftest import Run
from client.scripted_bridge import SESSION, Connection, Refuse, ScriptedBridge, accepted, delta, done, error, reply

ANSWER = [accepted(), delta("Hello"), done()]


def with_bridge(run: Run, *arguments: str, connections: list[Connection], stdin: bytes = b"") -> tuple[int, str, str, ScriptedBridge]:
    with ScriptedBridge(connections).running() as bridge:
        return *run(*arguments, variables={"CLAUDE_BRIDGE_URL": bridge.url}, stdin=stdin), bridge


@pytest.mark.parametrize(
    ("arguments", "meant"),
    [
        (["chat"], ["chat"]),
        (["--url", "chat", "sessions"], ["sessions", "--url", "chat"]),
        (["--limit", "5", "sessions"], ["sessions", "--limit", "5"]),
        (["--url=x", "history", "s"], ["history", "--url=x", "s"]),
        (["delete", "s", "--json"], ["delete", "s", "--json"]),
        (["--", "chat"], ["ask", "--", "chat"]),
        (["chat is a word"], ["ask", "chat is a word"]),
        (["-", "s"], ["ask", "-", "s"]),
        (["--json"], ["ask", "--json"]),
        ([], ["ask"]),
        (["-h"], ["-h"]),
        (["--version"], ["--version"]),
        (["Hi", "--help"], ["ask", "Hi", "--help"]),
    ],
    ids=str,
)
def test_which_command_is_meant(arguments: list[str], meant: list[str]) -> None:
    assert program.spelled_out(arguments) == meant


def test_a_question(run: Run) -> None:
    code, stdout, stderr, bridge = with_bridge(run, "Hi", SESSION, connections=[ANSWER])
    assert (code, stdout) == (0, "Hello\n")
    assert (bridge.received[0]["message"], bridge.received[0]["session_id"]) == ("Hi", SESSION)
    assert f"Session {SESSION} · " in stderr
    assert stderr.endswith('To go on: python3 client/ask.py -c "..."\n')


def test_a_question_that_is_a_commands_name(run: Run) -> None:
    *_, bridge = with_bridge(run, "--", "chat", connections=[ANSWER])
    assert bridge.received[0]["message"] == "chat"


def test_a_question_from_a_pipe(run: Run) -> None:
    *_, bridge = with_bridge(run, "-", connections=[ANSWER], stdin=b"piped\n")
    assert bridge.received[0]["message"] == "piped"


def test_the_url_of_the_command_line_counts_and_is_part_of_the_next_command(run: Run) -> None:
    with ScriptedBridge([ANSWER]).running() as bridge:
        _, _, stderr = run("Hi", "--url", bridge.url, variables={"CLAUDE_BRIDGE_URL": "ws://127.0.0.1:1", "CLAUDE_BRIDGE_COMMAND": "make"})
        assert f'python3 client/ask.py --url {bridge.url} -c "..."\n' in stderr


def test_a_chat_from_a_pipe(run: Run) -> None:
    code, stdout, stderr, _ = with_bridge(run, "chat", "--lines", connections=[ANSWER, ANSWER], stdin=b"one\ntwo\n")
    assert (code, stdout) == (0, "Hello\nHello\n")
    assert f"python3 client/ask.py chat {SESSION}" in stderr


def test_a_pipe_does_not_become_questions_by_chance(run: Run) -> None:
    code, stdout, stderr, bridge = with_bridge(run, "chat", connections=[ANSWER], stdin=b"one\ntwo\n")
    assert (code, stdout, bridge.received) == (2, "", [])
    assert stderr.endswith("or one for each line: chat --lines. (See: python3 client/ask.py chat --help)\n")


def test_a_chat_from_a_pipe_tells_that_a_question_failed(run: Run) -> None:
    code, *_ = with_bridge(run, "chat", "--lines", connections=[[error("budget_exceeded")]], stdin=b"one\n")
    assert code == 6


def test_sessions(run: Run) -> None:
    code, stdout, *_ = with_bridge(run, "sessions", connections=[[reply("sessions", "the last page, a session kept forever")]])
    assert (code, stdout[:11]) == (0, "kite\tKites\t")


def test_sessions_as_json(run: Run) -> None:
    _, stdout, *_ = with_bridge(run, "--json", "sessions", connections=[[reply("sessions", "the last page, a session kept forever")]])
    assert json.loads(stdout)["sessions"][0]["title"] == "Kites"


def test_history(run: Run) -> None:
    _, stdout, *_ = with_bridge(run, "history", SESSION, connections=[[reply("history", "the rest of it")]])
    assert stdout == "Claude: and stormy night.\n"


def test_a_history_without_turns_is_empty(run: Run) -> None:
    code, stdout, *_ = with_bridge(run, "history", SESSION, connections=[[{"type": "history", "session_id": SESSION, "turns": []}]])
    assert (code, stdout) == (0, "")


def test_history_as_json(run: Run) -> None:
    _, stdout, *_, bridge = with_bridge(
        run, "history", SESSION, "--limit", "2", "--json", connections=[[reply("history", "the rest of it")]]
    )
    printed = json.loads(stdout)
    assert printed["session_id"] == SESSION
    assert printed["turns"][0]["context"] == [{"role": "assistant", "content": "and stormy night."}]
    assert bridge.received[0]["limit"] == 2


def test_delete(run: Run) -> None:
    code, stdout, stderr, _ = with_bridge(run, "delete", SESSION, "--yes", connections=[[reply("delete", "it is gone")]])
    assert (code, stdout, stderr) == (0, "", f"Deleted: {SESSION} and everything said in it.\n")


def test_an_error_as_json(run: Run) -> None:
    code, stdout, *_, bridge = with_bridge(
        run, "Hi", "--json", connections=[[accepted(), error("rate_limited", retryable=True, retry_after=2)]]
    )
    assert code == 6
    assert json.loads(stdout) == {
        "error": "It is rate_limited.",
        "code": "rate_limited",
        "retryable": True,
        "retry_after": 2.0,
        "session_id": SESSION,
        "request_id": bridge.received[0]["request_id"],
    }


@pytest.mark.parametrize("code", ["no_such_session", "session_deleted"])
def test_a_session_that_is_not_there(run: Run, code: str) -> None:
    gone = [error(code)]
    assert with_bridge(run, "history", SESSION, connections=[gone, [{"type": "sessions", "sessions": [], "cursor": None}]])[0] == 3


def test_a_refused_handshake(run: Run) -> None:
    code, _, stderr, _ = with_bridge(run, "Hi", connections=[Refuse(401)])
    assert code == 4
    assert "Ask whoever runs the bridge for a token" in stderr


USAGE = [
    (["--url"], "Option '--url' requires an argument."),
    (["--colour", "Hi"], "No such option"),
    (["What", "is", "this"], 'A question of several words goes in quotes: python3 client/ask.py "What is this" (See'),
    (["Hi", "--url", "ws://127.0.0.1:1", "--local"], "--url and --local exclude each other."),
    (["Hi", "--url", "http://127.0.0.1:1"], "Not a bridge's URL: http://127.0.0.1:1."),
    (["Hi", "--url", "ws://127.0.0.1:x"], "Not a bridge's URL: ws://127.0.0.1:x."),
    (["", "--url", "ws://127.0.0.1:1"], "No question was given."),
    (["sessions", "--limit", "0"], "Invalid value for '--limit'"),
    (["history"], "Missing argument 'SESSION'."),
]


@pytest.mark.parametrize(("arguments", "words"), USAGE, ids=[" ".join(arguments) for arguments, _ in USAGE])
def test_bad_usage_is_one_line(run: Run, arguments: list[str], words: str) -> None:
    code, stdout, stderr = run(*arguments)
    assert (code, stdout) == (2, "")
    assert words in stderr
    assert stderr.count("\n") == 1


@pytest.mark.parametrize("arguments", [["a", "b", "c", "--json"], ["--json", "--bogus", "x"], ["--json", "history"]], ids=" ".join)
def test_bad_usage_as_json(run: Run, arguments: list[str]) -> None:
    code, stdout, stderr = run(*arguments)
    printed = json.loads(stdout)
    assert (code, printed["code"], printed["retryable"]) == (2, "bad_usage", False)
    assert printed["error"] in stderr


def test_json_as_a_word_of_the_question_is_no_option(run: Run) -> None:
    assert run("--", "--json", "is", "what?")[1] == ""


@pytest.mark.parametrize("question", ["-5 + 3?", "--json is what?"])
def test_the_error_for_a_question_that_looks_like_an_option_says_how_to_ask_it(run: Run, question: str) -> None:
    code, _, stderr = run(question, SESSION)
    assert code == 2
    assert f"A question that begins with a dash comes after --: python3 client/ask.py -- '{question}' (See" in stderr


@pytest.mark.parametrize("arguments", [["--colour", "Hi"], ["chat", "-x"]], ids=" ".join)
def test_a_mistyped_option_is_no_question(run: Run, arguments: list[str]) -> None:
    assert "A question" not in run(*arguments)[2]


@pytest.mark.parametrize("command", [[], ["ask"], ["chat"], ["sessions"], ["history"], ["delete"], ["ping"]], ids=str)
def test_help_is_short(run: Run, command: list[str]) -> None:
    code, stdout, _ = run(*command, "--help")
    assert code == 0
    assert stdout.startswith(f"Usage: {' '.join(['python3 client/ask.py', *command])} ")
    assert len(stdout.splitlines()) < 35


def test_the_help_of_the_program_fits_one_screen_and_names_every_command(run: Run) -> None:
    code, stdout, _ = run("--help")
    assert code == 0
    assert len(stdout.splitlines()) <= 23  # Of 24 rows the prompt takes one.
    assert max(map(len, stdout.splitlines())) <= 80
    listed = stdout.partition("Commands")[2]
    assert all(name in listed for name in program.commands)


@pytest.mark.slow
def test_no_bridge_there(run: Run) -> None:
    code, _, stderr = run("Hi", variables={"CLAUDE_BRIDGE_URL": "ws://127.0.0.1:1"})
    assert code == 7
    assert stderr == (
        "No bridge could be reached: connection refused. Asking again ...\n"
        "No bridge could be reached: connection refused. Check the URL and the network (bridge: ws://127.0.0.1:1), "
        "or use a bridge on this machine: --local\n"
    )


@pytest.mark.slow
def test_a_host_that_is_none(run: Run) -> None:
    code, _, stderr = run("Hi", variables={"CLAUDE_BRIDGE_URL": "ws://a..b:1"})
    assert code == 7
    assert stderr.startswith("No bridge could be reached: ")


@pytest.mark.slow
def test_a_bridge_without_tls_behind_a_wss_url(run: Run) -> None:
    with ScriptedBridge([]).running() as bridge:
        code, _, stderr = run("Hi", variables={"CLAUDE_BRIDGE_URL": bridge.url.replace("ws:", "wss:")})
    assert code == 7
    assert stderr.startswith("No bridge could be reached: ")
    assert "Traceback" not in stderr


@pytest.mark.slow
def test_a_proxy_is_not_asked_for_our_own_machine(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    assert with_bridge(run, "Hi", connections=[ANSWER])[0] == 0
    assert run("Hi", variables={"CLAUDE_BRIDGE_URL": "ws://bridge.invalid"})[0] == 7


LOCAL = """
import json, os, sys
print(json.dumps({"url": os.environ["TEST_URL"], "stand_in": True}), flush=True)
sys.stdin.read()
"""


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """A folder like the project's, in which local/run.py says that the bridge is at this URL."""

    def own(url: str) -> Path:
        (tmp_path / "local").mkdir()
        (tmp_path / "local" / "run.py").write_text(LOCAL)
        monkeypatch.setenv("TEST_URL", url)
        return tmp_path

    return own


@pytest.mark.parametrize(("arguments", "url"), [([], ""), (["--local"], "ws://127.0.0.1:1")])
def test_a_bridge_of_our_own(run: Run, own: Callable[[str], Path], arguments: list[str], url: str) -> None:
    with ScriptedBridge([ANSWER]).running() as bridge:
        root = own(bridge.url)
        variables = {"CLAUDE_BRIDGE_HOME": str(root / "home"), "CLAUDE_BRIDGE_COMMAND": "make", "CLAUDE_BRIDGE_URL": url}
        code, stdout, stderr = run("Hi", *arguments, variables=variables, root=root)
    assert (code, stdout) == (0, "Hello\n")
    assert stderr.startswith(
        "No API key is set: a stand-in answers, not Claude. For Claude: python3 client/ask.py keys set, or export ANTHROPIC_API_KEY=...\n"
    )
    assert ('python3 client/ask.py --local --stand-in -c "..."' if arguments else f'make ask Q="..." S={SESSION}') in stderr


def test_an_error_inside_our_own_bridge_names_its_log(run: Run, own: Callable[[str], Path]) -> None:
    with ScriptedBridge([[error("internal")]]).running() as bridge:
        root = own(bridge.url)
        code, _, stderr = run("Hi", variables={"CLAUDE_BRIDGE_HOME": str(root / "home")}, root=root)
    assert code == 7
    assert f"The bridge's log: {root / 'home' / 'bridge.log'}" in stderr


def test_a_bridge_of_our_own_that_does_not_start(run: Run, tmp_path: Path) -> None:
    code, _, stderr = run("Hi", variables={"CLAUDE_BRIDGE_HOME": str(tmp_path)}, root=tmp_path)
    assert code == 2
    assert "The local bridge did not start." in stderr
    assert "No such file or directory" in stderr


def test_a_reader_that_is_gone_ends_it_quietly(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as stdout:
        monkeypatch.setattr(sys, "stdout", stdout)
        code, _, stderr, _ = with_bridge(run, "Hi", connections=[ANSWER])
    assert code == 141
    assert "Broken" not in stderr


class Broken:
    """A standard output that breaks in a way of its own."""

    def __init__(self, error: BaseException) -> None:
        self.error = error

    def isatty(self) -> bool:
        raise self.error

    def flush(self) -> None:
        pass


@pytest.mark.parametrize(("error", "code"), [(KeyboardInterrupt(), 130), (RuntimeError("no\x1bway"), 7)], ids=["Ctrl-C", "unexpected"])
def test_whatever_happens_there_is_no_trace(run: Run, monkeypatch: pytest.MonkeyPatch, error: BaseException, code: int) -> None:
    monkeypatch.setattr(sys, "stdout", Broken(error))
    result, _, stderr = run("Hi")
    assert result == code
    assert stderr in ("", "python3 client/ask.py: unexpected RuntimeError: no␛way (CLAUDE_BRIDGE_DEBUG=1 shows more)\n")


def test_a_trace_is_shown_to_whoever_asks_for_it(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", Broken(RuntimeError("no way")))
    assert "Traceback" in run("Hi", variables={"CLAUDE_BRIDGE_DEBUG": "1"})[2]
