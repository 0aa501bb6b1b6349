"""What a question adds from files, and how a program gets the answer."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from client.conftest import Run
from client.scripted_bridge import SESSION, Connection, ScriptedBridge, accepted, delta, done, error

ANSWER: Connection = [accepted(), {"type": "status", "state": "thinking"}, delta("Hel"), delta("lo", 3), done(cost_usd=0.0162)]


def asked(run: Run, *arguments: str, connection: Connection = ANSWER, stdin: bytes = b"") -> tuple[int, str, str, list[str]]:
    """Exit code, standard output, standard error, and the messages that arrived."""
    with ScriptedBridge([connection]).running() as bridge:
        code, stdout, stderr = run(*arguments, variables={"CLAUDE_BRIDGE_URL": bridge.url}, stdin=stdin)
    return code, stdout, stderr, [frame["message"] for frame in bridge.received]


def test_files_are_added_below_their_names_and_above_what_a_pipe_holds(run: Run, tmp_path: Path) -> None:
    for name, text in {"a é.txt": "one\n", "b.txt": "\ufefftwo"}.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    files = [str(tmp_path / name) for name in ("a é.txt", "b.txt")]
    *_, messages = asked(run, "Compare", "-f", files[0], "--file", files[1], stdin=b"piped\n")
    assert messages == [f"Compare\n\n{files[0]}:\n\none\n\n{files[1]}:\n\ntwo\n\npiped"]


def test_a_file_may_be_all_of_a_question(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("one\n")
    *_, messages = asked(run, "-f", str(tmp_path / "a.txt"))
    assert messages == [f"{tmp_path}/a.txt:\n\none"]


@pytest.mark.parametrize("content", [None, b"\x7fELF\0\0", "café".encode("latin-1")], ids=["missing", "binary", "Latin-1"])
def test_a_file_that_cannot_be_sent_is_named_and_nothing_is_asked(run: Run, tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "file"
    if content is not None:
        file.write_bytes(content)
    code, stdout, stderr, messages = asked(run, "Hi", "-f", str(file))
    assert (code, stdout, messages) == (2, "", [])
    assert str(file) in stderr


def test_quiet_is_the_answer_alone(run: Run) -> None:
    assert asked(run, "-q", "Hi")[:3] == (0, "Hello\n", "")


def test_quiet_says_what_failed(run: Run) -> None:
    code, stdout, stderr, _ = asked(run, "--quiet", "Hi", connection=[accepted(), error("claude_refused")])
    assert (code, stdout, stderr) == (7, "", "It is claude_refused.\n")


def lines(stdout: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in stdout.splitlines()]


def test_an_answer_as_json_lines(run: Run) -> None:
    code, stdout, _, _ = asked(run, "--stream-json", "Hi")
    *events, result = lines(stdout)
    assert code == 0
    assert events == [
        {"type": "accepted", "session_id": SESSION, "new": True},
        {"type": "status", "state": "thinking"},
        {"type": "delta", "text": "Hel"},
        {"type": "delta", "text": "lo"},
    ]
    assert (result["type"], result["response"], result["session_id"], result["cost_usd"]) == ("result", "Hello", SESSION, 0.0162)


def test_an_answer_that_starts_over_is_void_in_json_lines(run: Run) -> None:
    connection = [
        accepted(),
        delta("Wrong"),
        {"type": "status", "state": "retrying", "reason": "x", "wait_seconds": 1},
        delta("Right", 0, "a2"),
    ]
    _, stdout, _, _ = asked(run, "--stream-json", "Hi", connection=[*connection, done("a2")])
    kinds = [line["type"] for line in lines(stdout)]
    assert kinds == ["accepted", "delta", "status", "void", "delta", "result"]


def test_a_failure_is_the_last_of_the_json_lines(run: Run) -> None:
    code, stdout, _, _ = asked(run, "--stream-json", "Hi", connection=[accepted(), error("budget_exceeded")])
    assert (code, lines(stdout)[-1]["type"], lines(stdout)[-1]["code"]) == (6, "error", "budget_exceeded")


def test_a_wrong_command_line_is_a_json_line(run: Run) -> None:
    code, stdout, _ = run("--stream-json", "--no-such-option")
    assert (code, [line["type"] for line in lines(stdout)]) == (2, ["error"])


def test_the_last_line_says_what_it_cost(run: Run) -> None:
    assert "120 out · $0.0162 · memory: none" in asked(run, "Hi")[2]
    estimated = [accepted(), delta("Hello"), done(cost_usd=0.01, cost_is_estimate=True)]
    assert " · about $0.0100 · " in asked(run, "Hi", connection=estimated)[2]
