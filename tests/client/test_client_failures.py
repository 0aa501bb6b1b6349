"""How the client fails: each error of docs/protocol.md and each of its own, with its exit code and as JSON."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from bridge_client.failures import EXIT_CODES, Failure
from client.bench import Bench
from client.conftest import Run
from client.scripted_bridge import SESSION, Close, Refuse, ScriptedBridge, accepted, error
from system.programs import ROOT

PAGE = (ROOT / "docs" / "client.md").read_text()
PROTOCOL = (ROOT / "docs" / "protocol.md").read_text()
CODES = {
    code: (int(exit_code), retryable == "yes")
    for codes, retryable, exit_code in re.findall(r"^\| (`.+`) \| \d+ \| (yes|no) \| (\d+) \|$", PROTOCOL, re.MULTILINE)
    for code in re.findall(r"\w+", codes)
}
"""For each error code of the wire, the exit code, and whether the request may be sent again."""


def test_the_exit_codes_of_errors_are_those_of_the_protocol() -> None:
    assert len(CODES) > 20
    assert {code: EXIT_CODES.get(code, 7) for code in CODES} == {code: exit_code for code, (exit_code, _) in CODES.items()}


@pytest.mark.parametrize("code", CODES)
def test_every_error_of_a_bridge_ends_with_its_exit_code_and_as_json(run: Run, code: str) -> None:
    exit_code, retryable = CODES[code]
    # A wait that is longer than the client waits by itself.
    failed = error(code, retryable=retryable, retry_after=3600.0, session_id=SESSION, setting="CLAUDE_MODEL")
    with ScriptedBridge([[accepted(), failed]]).running() as bridge:
        ended, stdout, _ = run("Hi", "--json", variables={"CLAUDE_BRIDGE_URL": bridge.url})
        [asked] = bridge.received
    printed = json.loads(stdout)
    assert ended == exit_code
    assert set(printed) == ERROR_FIELDS
    assert {name: printed[name] for name in ("code", "retryable", "retry_after", "setting", "session_id", "request_id")} == {
        "code": code,
        "retryable": retryable,
        "retry_after": 3600.0,
        "setting": "CLAUDE_MODEL",
        "session_id": SESSION,
        "request_id": asked["request_id"],
    }


ERROR_FIELDS = {"error", "code", "retryable", "session_id", "request_id", "retry_after", "setting"}


def test_the_fields_of_a_failure_are_on_the_page() -> None:
    sentence = PAGE.partition("A failure has ")[2].partition(".\n")[0]
    assert set(re.findall(r"`(\w+)`", sentence)) == ERROR_FIELDS


def not_reached(run: Run, _folder: Path) -> tuple[int, str]:
    return run("Hi", "--json", variables={"CLAUDE_BRIDGE_URL": "ws://127.0.0.1:1"})[:2]


def lost(_run: Run, _folder: Path) -> tuple[int, str]:
    with ScriptedBridge([[accepted(), Close(1011)]] * 5).running() as bridge:
        bench = Bench(bridge.url)
        client = bench.client()
        with pytest.raises(Failure) as failed:
            client.request({"action": "sessions"}, "sessions")
    return client.report(failed.value, as_json=True), bench.stdout.getvalue()


def no_folder(run: Run, folder: Path) -> tuple[int, str]:
    (folder / "file").write_text("")
    return run("sessions", "--json", variables={"CLAUDE_BRIDGE_HOME": str(folder / "file")})[:2]


def changed(run: Run, _folder: Path) -> tuple[int, str]:
    said = [{"role": "user", "content": "a"}]
    cut = {"type": "history", "session_id": SESSION, "turns": [{"turn": "t1", "context": said, "next_offset": 1}]}
    moved = {"type": "history", "session_id": SESSION, "turns": [{"turn": "t2", "context": said}]}
    with ScriptedBridge([[cut], [moved]]).running() as bridge:
        return run("history", SESSION, "--json", variables={"CLAUDE_BRIDGE_URL": bridge.url})[:2]


def not_written(run: Run, folder: Path) -> tuple[int, str]:
    (folder / "home").mkdir()
    sqlite3.connect(folder / "home" / "sessions.db").close()
    (folder / "file").write_text("")
    return run("backup", str(folder / "file" / "backup"), "--json", variables={"CLAUDE_BRIDGE_HOME": str(folder / "home")})[:2]


def bad_profile(run: Run, folder: Path) -> tuple[int, str]:
    (folder / "claude-bridge").mkdir()
    (folder / "claude-bridge" / "config.toml").write_text("[brige]\n")
    return run("Hi", "--json", variables={"XDG_CONFIG_HOME": str(folder)})[:2]


def nothing_known(run: Run, _folder: Path) -> tuple[int, str]:
    with ScriptedBridge([[{"type": "sessions", "sessions": [{"session_id": SESSION}]}]]).running() as bridge:
        return run("why", SESSION, "--json", variables={"CLAUDE_BRIDGE_URL": bridge.url})[:2]


OWN: dict[str, Callable[[Run, Path], tuple[int, str]]] = {
    "unreachable": not_reached,
    "connection_lost": lost,
    "local_bridge": no_folder,
    "conversation_changed": changed,
    "not_written": not_written,
    "nothing_to_resume": lambda run, _folder: run("resume", "--json")[:2],
    "nothing_known": nothing_known,
    "bad_usage": lambda run, _folder: run("Hi", "--json", "--nonsense")[:2],
    "bad_configuration": bad_profile,
    "not_text": lambda run, _folder: run("Hi", "--json", stdin=b"\x89PNG\0")[:2],
}


def test_the_client_s_own_codes_are_those_of_the_protocol() -> None:
    sentence = PROTOCOL.partition("codes of its\nown: ")[2].partition(". `ask.py ping`")[0]
    assert set(re.findall(r"`(\w+)`", sentence)) == OWN.keys()
    for codes, exit_code in re.findall(r"((?:`\w+`(?:, )?)+) \((\d)\)", sentence):
        assert {EXIT_CODES.get(code, 7) for code in re.findall(r"\w+", codes)} == {int(exit_code)}


@pytest.mark.parametrize("code", [pytest.param(code, marks=pytest.mark.slow) if code == "unreachable" else code for code in OWN])
def test_every_failure_of_the_client_ends_with_its_exit_code_and_as_json(run: Run, tmp_path: Path, code: str) -> None:
    ended, stdout = OWN[code](run, tmp_path)
    printed = json.loads(stdout)
    assert (ended, printed["code"]) == (EXIT_CODES.get(code, 7), code)
    assert {"error", "code", "retryable"} <= set(printed) <= ERROR_FIELDS


@pytest.mark.parametrize("refused", [401, 403])
def test_a_handshake_that_is_refused_ends_with_4(run: Run, refused: int) -> None:
    with ScriptedBridge([Refuse(refused)]).running() as bridge:
        code, stdout, _ = run("Hi", "--json", variables={"CLAUDE_BRIDGE_URL": bridge.url})
    assert (code, json.loads(stdout)["code"]) == (4, "not_allowed")
