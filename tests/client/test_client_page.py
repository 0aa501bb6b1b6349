"""docs/client.md is what the client does: every field of its JSON, every kind of line, every exit code."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from bridge_client.failures import EXIT_CODES
from client.conftest import Run
from client.scripted_bridge import SESSION, Close, Connection, Refuse, ScriptedBridge, accepted, delta, done, error, reply
from system.programs import ROOT
from system.programs import bridge as bridge_program

PAGE = (ROOT / "docs" / "client.md").read_text()
ROWS = [re.fullmatch(r"\| (.+?) \| (.+) \|", line) for line in PAGE.splitlines()]
TABLE = {row[1]: row[2] for row in ROWS if row}
"""The first column of every row of the page, and the second."""
ANSWER: Connection = [accepted(), delta("Hello"), done()]


def fields(command: str) -> tuple[set[str], set[str]]:
    """Of the object, and of each row in it."""
    own, _, of_rows = TABLE[command].partition("each with")
    return set(re.findall(r"`([^`]+)`", own)), set(re.findall(r"`([^`]+)`", of_rows))


@pytest.fixture(scope="module")
def bridge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with bridge_program(tmp_path_factory.mktemp("bridge")) as bridge:
        yield bridge.url


class Client:
    """Runs commands with --json against one bridge."""

    def __init__(self, run: Run, url: str) -> None:
        self._run, self._url = run, url

    def __call__(self, *arguments: str) -> dict[str, Any]:
        code, stdout, _ = self._run(*arguments, "--json", "--url", self._url)
        assert code == 0, stdout
        answer: dict[str, Any] = json.loads(stdout)
        return answer


@pytest.fixture
def client(run: Run, bridge: str) -> Client:
    return Client(run, bridge)


COMMANDS: dict[str, Callable[[str, Path], list[str]]] = {
    "`sessions`": lambda _name, _folder: ["sessions"],
    "`history`": lambda name, _folder: ["history", name],
    "`search`": lambda _name, _folder: ["search", "kites"],
    "`why`": lambda name, _folder: ["why", name],
    "`rename`, `keep`": lambda name, _folder: ["rename", name, "Kites"],
    "`delete`": lambda name, _folder: ["delete", name, "--yes"],
    "`import`": lambda _name, folder: ["import", str(folder)],
    "`export`": lambda name, _folder: ["export", name],
    "`export --all`": lambda _name, folder: ["export", "--all", str(folder)],
    "`backup`": lambda _name, folder: ["backup", str(folder / "backup")],
    "`ping`": lambda _name, _folder: ["ping"],
    "`doctor`": lambda _name, _folder: ["doctor"],
    "`config show`": lambda _name, _folder: ["config", "show"],
}
ROW_LISTS = {"`sessions`": "sessions", "`history`": "turns", "`search`": "hits", "`doctor`": "checks"}


SOMETIMES = {"source", "error", "code", "advice", "store_error", "model_error"}
"""Fields of what was imported, or has failed."""


def test_the_json_of_a_bridge_that_does_not_work_has_the_fields_of_the_page(run: Run) -> None:
    nothing_works = reply("ping", "nothing works")
    for command in ("ping", "doctor"):
        with ScriptedBridge([[nothing_works]]).running() as bridge:
            code, stdout, _ = run(command, "--json", "--url", bridge.url)
        own, of_rows = fields(f"`{command}`")
        printed = json.loads(stdout)
        assert code == 7
        assert {"store_error", "model_error"} & own <= set(printed) <= own
        failed = [check for check in printed.get("checks", ()) if check["result"] == "failed"]
        assert all(set(check) == of_rows for check in failed)
        assert bool(failed) == (command == "doctor")


def test_a_turn_that_was_imported_has_its_source(client: Client, tmp_path: Path) -> None:
    said = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Ho"}]
    turn = {"context": said, "said_at": 1_760_000_000.0, "source": "elsewhere/1"}
    (tmp_path / "one.json").write_text(json.dumps({"session_id": "chat-elsewhere", "settings": {}, "turns": [turn]}))
    client("import", str(tmp_path))
    [shown] = client("history", "chat-elsewhere")["turns"]
    assert set(shown) <= fields("`history`")[1]
    assert shown["source"] == "elsewhere/1"


def test_the_json_of_an_import_that_is_only_looked_at_or_undone(client: Client, tmp_path: Path) -> None:
    turn = {"context": [{"role": "user", "content": "Hi"}], "said_at": 1_760_000_000.0, "source": "elsewhere/2"}
    (tmp_path / "one.json").write_text(json.dumps({"session_id": "chat-undone", "settings": {}, "turns": [turn]}))
    assert set(client("import", str(tmp_path), "--dry-run")) == fields("`import`")[0] - {"added", "present", "sessions", "renamed"}
    run = client("import", str(tmp_path))["run"]
    undone = client("import", "--undo", run, "--yes")
    assert set(undone) == fields("`import --undo`")[0]
    assert (undone["run"], undone["deleted"]) == (run, ["chat-undone"])


@pytest.mark.parametrize("command", COMMANDS)
def test_the_json_of_a_command_has_the_fields_of_the_page(command: str, client: Client, tmp_path: Path) -> None:
    name = f"kites-{os.urandom(4).hex()}"
    client("--new", name, "Kites fly.")
    folder = tmp_path / "export"
    folder.mkdir()
    (folder / "one.json").write_text(json.dumps(client("export", name)))
    printed = client(*COMMANDS[command](name, folder))
    own, of_rows = fields(command)
    if command == "`config show`":
        assert set(printed) <= own
        assert {field for row in printed.values() for field in row} == of_rows
        return
    assert set(printed) == own - SOMETIMES
    if of_rows:
        assert {field for row in printed[ROW_LISTS[command]] for field in row} == of_rows - SOMETIMES
    if command == "`rename`, `keep`":
        assert set(client("keep", name)) == own


def test_the_json_of_an_answer_has_the_fields_of_the_page(client: Client) -> None:
    assert set(client("Hi")) == fields("`ask`, `resume`")[0]


def test_every_command_with_json_is_on_the_page() -> None:
    from bridge_client.command_line.commands import program

    named = {name for row in TABLE for name in re.findall(r"`([a-z ]+)`", row)}
    for name, command in program.commands.items():
        if any("--json" in parameter.opts for parameter in command.params):
            assert name in named, name


LINES: list[Connection | Refuse] = [
    [
        accepted(),
        {"type": "status", "state": "retrying", "attempt": 1, "wait_seconds": 1.0, "reason": "claude_overloaded"},
        delta("Hel"),
        Close(1011),
    ],
    [accepted(new=False), delta("Hello", answer="a2"), done("a2")],
]


def test_every_kind_of_line_is_on_the_page_with_its_fields(run: Run) -> None:
    seen: dict[str, set[str]] = {}
    failing: list[Connection | Refuse] = [[error("budget_exceeded")]]
    for connections in (LINES, failing):
        with ScriptedBridge(connections).running() as bridge:
            _, stdout, _ = run("--stream-json", "Hi", variables={"CLAUDE_BRIDGE_URL": bridge.url})
        for line in map(json.loads, stdout.splitlines()):
            seen.setdefault(line.pop("type"), set()).update(line)
    assert seen.keys() == {name for name in ("accepted", "status", "delta", "void", "result", "error") if f"`{name}`" in TABLE}
    assert (seen["accepted"], seen["delta"], seen["void"]) == (fields("`accepted`")[0], fields("`delta`")[0], set())
    assert seen["result"] == fields("`ask`, `resume`")[0]
    assert {"error", "code", "retryable"} <= seen["error"]


def asked(run: Run, *arguments: str, connections: list[Connection | Refuse]) -> int:
    with ScriptedBridge(connections).running() as bridge:
        return run(*arguments, variables={"CLAUDE_BRIDGE_URL": bridge.url})[0]


def closed_pipe(_run: Run) -> int:
    with ScriptedBridge([ANSWER]).running() as bridge:
        reading, writing = os.pipe()
        os.close(reading)
        command = [sys.executable, str(ROOT / "client" / "ask.py"), "Hi"]
        environment = {**os.environ, "CLAUDE_BRIDGE_URL": bridge.url}
        ended = subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, stdout=writing, stderr=subprocess.DEVNULL, timeout=30)
        os.close(writing)
    return ended.returncode


EXITS: dict[int, Callable[[Run], int]] = {
    0: lambda run: asked(run, "Hi", connections=[ANSWER]),
    2: lambda run: run("--nonsense")[0],
    3: lambda run: asked(run, "history", SESSION, connections=[[error("no_such_session")], [{"type": "sessions", "sessions": []}]]),
    4: lambda run: asked(run, "Hi", connections=[[error("claude_misconfigured")]]),
    5: lambda run: asked(run, "Hi", connections=[[error("request_id_conflict")]]),
    6: lambda run: asked(run, "Hi", connections=[[error("budget_exceeded")]]),
    7: lambda run: asked(run, "Hi", connections=[[error("claude_refused")]]),
    130: lambda run: asked(run, "Hi", connections=[[accepted(), delta("Hel"), done(stop_reason="cancelled", truncated=True)]]),
    141: closed_pipe,
}


@pytest.mark.parametrize("code", EXITS)
def test_an_exit_code_of_the_page(run: Run, code: int) -> None:
    assert EXITS[code](run) == code


def test_every_exit_code_is_on_the_page() -> None:
    on_page = {int(row) for row in TABLE if row.isdecimal()}
    assert on_page == EXITS.keys()
    assert set(EXIT_CODES.values()) <= on_page
