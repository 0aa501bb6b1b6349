"""The parts of the MCP server by themselves: how it starts and ends, what it quotes, how it says what went wrong."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import pytest
from mcp.shared.exceptions import MCPError
from mcp.shared.memory import create_client_server_memory_streams

from agents.talking import Talk, session_in, talk
from bridge_client.commands.moving.claude_code import session_id_of
from bridge_client.config.installation import how_to_install
from bridge_client.config.local_bridge import LocalBridge
from bridge_client.failures import Failure
from bridge_client.mcp import command, quoting
from bridge_client.mcp.errors import explained
from bridge_client.mcp.pending import PendingTurns, goes_on, pending
from bridge_client.protocol.frames import Frame
from client.bench import Bench
from client.conftest import Run
from client.scripted_bridge import ScriptedBridge

WAIT = 10.0
ENDED = '{"type":"assistant","message":{"stop_reason":"end_turn"}}'


@asynccontextmanager
async def no_client() -> AsyncIterator[Any]:
    """Streams of a client that has closed its end, instead of stdin and stdout."""
    async with create_client_server_memory_streams() as ((reading, writing), server):
        await writing.aclose()
        async with reading:
            yield server


@asynccontextmanager
async def silent_client() -> AsyncIterator[Any]:
    async with create_client_server_memory_streams() as (_, server):
        yield server


@asynccontextmanager
async def broken_pipe() -> AsyncIterator[Any]:
    async with no_client() as server:
        yield server
    raise BrokenPipeError


@pytest.mark.parametrize("stdio", [no_client, broken_pipe])
@pytest.mark.parametrize("with_hooks", [True, False])
def test_the_server_ends_when_its_client_has_gone(
    local_bridge: LocalBridge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stdio: Callable[[], Any], with_hooks: bool
) -> None:
    monkeypatch.setattr(command, "stdio_server", stdio)
    client = Bench(local_bridge.url()).client()
    assert command.serve(client, tmp_path, with_hooks=with_hooks, off=()) == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_server_once_what_it_holds_is_stored(
    local_bridge: LocalBridge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, session: str, number: signal.Signals
) -> None:
    ended: list[int] = []

    async def work(talk: Talk) -> None:
        gone = asyncio.Event()

        def end(code: int) -> None:
            ended.append(code)
            gone.set()

        monkeypatch.setattr(os, "_exit", end)
        command._end_in_order(talk.hooks)
        talk.hooks.pending.hold(pending(session, "p1", "kites", 1_795_000_000.0, "Build it.", "It flies."))
        for _ in range(2):  # The second one does not end it before the first is done.
            os.kill(os.getpid(), number)
        await asyncio.wait_for(gone.wait(), WAIT)
        for one in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().remove_signal_handler(one)
        assert "> It flies." in await talk.call("history", session_id=session_id_of(session))

    talk(local_bridge.url(), tmp_path, work)
    assert ended == [0]


@pytest.mark.parametrize(
    ("off", "directory", "project", "expected"),
    [
        ((), "/home/ada/kites", "kites", False),
        (("kites",), "/home/ada/kites", "kites", True),
        (("/home/ada/diary",), "/home/ada/diary/today", "today", True),
        (("/home/ada/diary",), "/home/ada/diary2", "diary2", False),
    ],
)
def test_memory_is_off_in_a_project_or_below_a_folder(off: tuple[str, ...], directory: str, project: str, expected: bool) -> None:
    assert command._is_off(frozenset(off), directory, project) is expected


def test_the_command_serves_what_its_options_say(run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    served: list[tuple[str, dict[str, Any]]] = []

    def serve(client: Any, state: Path, **options: Any) -> int:
        served.append((client.place, options))
        return 0

    monkeypatch.setattr(command, "serve", serve)
    monkeypatch.setenv("RECALL_READ_KB", "1")
    variables = {"ASK_CLAUDE_PLUGIN_URL": "ws://127.0.0.1:9", "ASK_CLAUDE_PLUGIN_OFF": "kites, /home/ada/diary", "CLAUDE_BRIDGE_TOKEN": "t"}
    assert run("mcp", "--hooks", variables=variables)[0] == 0
    assert run("mcp", "--stand-in", variables={"CLAUDE_BRIDGE_HOME": str(tmp_path)})[0] == 0
    assert served == [
        ("ws://127.0.0.1:9", {"with_hooks": True, "off": ("kites", "/home/ada/diary")}),
        ("stand-in", {"with_hooks": False, "off": ()}),
    ]


@pytest.mark.parametrize("missing", ["mcp", "mcp_types", "jsonschema"])
def test_what_is_missing_is_said_in_one_line(run: Run, monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    monkeypatch.delitem(sys.modules, "bridge_client.mcp.command")
    for name in [name for name in sys.modules if name.startswith("bridge_client.mcp") or name.partition(".")[0] == missing]:
        monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.setitem(sys.modules, missing, None)
    code, stdout, stderr = run("mcp", "--stand-in")
    assert (code, stdout) == (2, "")
    assert stderr.startswith("This needs the extra `mcp`. To install it: uv tool install --force ")
    assert len(stderr.splitlines()) == 1


def test_how_to_install_names_the_checkout_or_the_source_of_the_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from importlib import metadata

    monkeypatch.setattr(metadata, "metadata", lambda _: _Metadata({"Project-URL": ["Homepage, https://a", "Source, https://b/c"]}))
    assert how_to_install(tmp_path, "mcp") == "uv tool install --force 'ask-claude[mcp] @ git+https://b/c'"
    monkeypatch.undo()
    assert how_to_install(tmp_path, "mcp").startswith("uv tool install --force 'ask-claude[mcp] @ git+")
    (tmp_path / "pyproject.toml").touch()
    assert how_to_install(tmp_path, "mcp") == f"uv tool install --force '{tmp_path}[mcp]'"


class _Metadata(dict[str, list[str]]):
    def get_all(self, name: str) -> list[str]:
        return self[name]


def test_a_fault_of_the_program_is_a_line_for_the_model(local_bridge: LocalBridge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fault(frame: Frame, reply: str) -> Frame:
        raise ZeroDivisionError("private words")

    async def work(talk: Talk) -> None:
        monkeypatch.setattr(talk.bridge, "request", fault)
        said = await talk.refused("sessions")
        assert said.startswith("internal: ")
        assert "private" not in said

    talk(local_bridge.url(), tmp_path, work)


@pytest.mark.parametrize(
    ("failure", "said"),
    [
        (Failure("rate_limited", "Slow down.", retry_after=12.4), "rate_limited: Slow down. It may work again in 12 seconds."),
        (Failure("odd", "See kites and deep."), "odd: See … and …."),
        (Failure("odd", "See a list."), "odd: See a …."),
    ],
)
def test_a_failure_in_words(failure: Failure, said: str) -> None:
    assert explained(failure, {"message": "kites", "more": {"inner": ["deep", 5]}, "short": "a", "list": ["list"]}) == said


def test_times_and_turns_as_they_are_quoted() -> None:
    assert [quoting.moment(value) for value in (None, "noon", 0, 1e300)] == ["an unknown time"] * 4
    row = {"turn": "t1", "said_at": 1, "truncated": True, "context": [{"role": "odd", "content": "\n"}]}
    assert quoting.turn(row).splitlines()[1:] == ["somebody:", ">", "(The answer ended early.)"]
    assert quoting.newest_that_fit(["a" * 50, "b" * 30, "c" * 30], 70) == ["b" * 30, "c" * 30]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([], False),
        ([ENDED], False),
        (['{"type":"assistant","message":{"stop_reason":"tool_use"}}', '{"type":"mode"}', "not JSON"], True),
        (
            ['{"type":"assistant","message":{"stop_reason":"end_turn"}}', '{"type":"user","isMeta":true,"message":{"content":"Go on"}}'],
            True,
        ),
        (['{"type":"user","message":{"content":[{"type":"text","text":"[Request interrupted by user]"}]}}'], False),
        ([ENDED, '{"type":"user","isSidechain":true}'], False),
    ],
)
def test_whether_claude_is_at_work_again(tmp_path: Path, lines: list[str], expected: bool) -> None:
    path = tmp_path / "transcript.jsonl"
    path.write_text("\n".join(lines))
    assert goes_on(str(path)) is expected
    assert goes_on(str(tmp_path / "gone")) is False


def test_many_sessions_are_known_by_their_pages(tmp_path: Path) -> None:
    pages = [
        {"type": "sessions", "sessions": [{"session_id": "a"}], "cursor": "c1"},
        {"type": "sessions", "sessions": [{"session_id": "b"}]},
    ]
    asked: list[Frame] = []

    class Paged:
        client = Bench("ws://127.0.0.1:9").client()

        async def require(self, feature: str, what: str) -> None: ...

        async def request(self, frame: Frame, reply: str) -> Frame:
            asked.append(frame)
            return pages[len(asked) - 1]

    bridge: Any = Paged()
    held = PendingTurns(bridge, tmp_path / "none", lambda _: None)
    asyncio.run(held.adopt())
    assert held._known == {"a", "b"}
    assert [frame.get("cursor") for frame in asked] == [None, "c1"]


def test_a_running_process_keeps_its_turns(local_bridge: LocalBridge, tmp_path: Path, session: str) -> None:
    folder = tmp_path / "pending-turns"
    other = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)

    async def work(talk: Talk) -> None:
        talk.hooks.pending.hold(pending(session, "p1", "", 1_795_000_000.0, "Build it.", "It flies."))
        [path] = folder.iterdir()
        text = path.read_text()
        await talk.hooks.pending.flush(WAIT)
        theirs = folder / f"{other.pid}-other.json"
        theirs.write_text(text)
        (folder / "1-not-ours-to-ask.json").write_text(text)
        await talk.hooks.pending.adopt()
        assert theirs.exists()

    try:
        talk(local_bridge.url(), tmp_path, work)
    finally:
        other.communicate(b"\n")


def test_what_the_bridge_refuses_is_an_error_of_the_protocol(
    local_bridge: LocalBridge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(frame: Frame, reply: str) -> Frame:
        raise Failure("internal", "It is internal.")

    async def work(talk: Talk) -> None:
        monkeypatch.setattr(talk.bridge, "request", refuse)
        for arguments, words in (
            ({}, "internal: "),
            ({"session_id": "chat-1"}, "internal: "),
            ({"session_id": "no id"}, "`session_id` must be"),
        ):
            with pytest.raises(MCPError) as caught:
                await talk.client.get_prompt("continue", arguments)
            assert caught.value.error.message.startswith(words)
        with pytest.raises(MCPError):
            await talk.client.get_prompt("begin", {})
        with pytest.raises(MCPError):
            await talk.client.list_resources()

    talk(local_bridge.url(), tmp_path, work)


def test_there_may_be_nothing_to_go_on_with(local_bridge: LocalBridge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def nothing(frame: Frame, reply: str) -> Frame:
        return {"type": reply, "sessions": [], "turns": [], "cursor": None}

    async def work(talk: Talk) -> None:
        monkeypatch.setattr(talk.bridge, "request", nothing)
        assert (await talk.client.list_resources()).resources == []
        with pytest.raises(MCPError) as caught:
            await talk.client.get_prompt("continue", {})
        assert "no conversation to go on with" in caught.value.error.message
        assert await talk.call("sessions") == "There are no such sessions."
        assert await talk.call("history", session_id="chat-1") == "There are no such turns."

    talk(local_bridge.url(), tmp_path, work)


def test_more_results_than_are_shown_are_counted(local_bridge: LocalBridge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def many(frame: Frame, reply: str) -> Frame:
        hits = [{"session_id": "s", "turn": f"t{number}", "role": "user", "text": "x" * 20_000} for number in range(4)]
        return {"type": reply, "hits": hits, "complete": False, "sessions": [{"session_id": "s"}], "cursor": "c1"}

    async def work(talk: Talk) -> None:
        monkeypatch.setattr(talk.bridge, "request", many)
        said = await talk.call("search", words="x")
        assert "(3 more" in said
        assert "Not everything was searched" in said
        assert "call `sessions` again with cursor c1" in await talk.call("sessions")

    talk(local_bridge.url(), tmp_path, work)


def test_a_very_long_answer_is_cut_and_says_where_the_rest_is(tmp_path: Path) -> None:
    from client.scripted_bridge import accepted, delta, done

    script = [accepted(), {"type": "status", "state": "retrying", "reason": "rate_limited", "wait_seconds": 1}]
    script += [delta("x" * 30_000, start) for start in (0, 30_000, 60_000)]

    async def work(talk: Talk) -> None:
        said = await talk.call("ask", message="Hi")
        assert len(said) < 81_000
        assert "`history` with this session has all of it" in said
        assert session_in(said)

    with ScriptedBridge([[*script, done()]]).running() as bridge:
        talk(bridge.url, tmp_path, work)


def test_a_question_is_given_up_where_it_cannot_be_stopped(tmp_path: Path) -> None:
    async def work(talk: Talk) -> None:
        with anyio.move_on_after(0.2):
            await talk.client.call_tool("ask", {"message": "Hi"})
        await talk.questions.settle(WAIT)
        assert not talk.questions._stopping

    with ScriptedBridge([]).running() as bridge:
        url = bridge.url
    talk(url, tmp_path, work)
