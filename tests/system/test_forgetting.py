"""The real programs: of what was deleted, or has expired, nothing is left in any file of the bridge or the client."""

from __future__ import annotations

import json
import secrets
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from bridge_local.stand_in.exchange import Reply, Request
from bridge_local.stand_in.server import StandIn
from fakes import claude_scripts as scripts
from system.programs import ROOT, RUN, ask, asking, running, talk

SKEWED = ROOT / "tests" / "system" / "skewed_bridge.py"
FOLDERS = (".local", ".config", ".cache")
SUMMARISED_BY = "claude-haiku-5-5"


class Claude:
    """Says something new each time, 64 random bits of it, in answers as in summaries. To a question that is to hang it takes its time."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.summaries: list[str] = []
        self.hangs, self.may_go_on = threading.Event(), threading.Event()

    def __call__(self, request: Request) -> Reply:
        canary = secrets.token_hex(8)
        if request.body["model"] == SUMMARISED_BY:
            self.summaries.append(canary)
            return scripts.said(f"They spoke of {canary}.")
        self.said.append(canary)
        if "hang" in request.body["messages"][-1]["content"]:
            events = scripts.said_events(canary)
            return scripts.played(*events[:3], self.hangs.set, scripts.until(self.may_go_on, 30), *events[3:])
        return scripts.said(f"{canary} {'and so on ' * 40}")


def files(home: Path) -> dict[str, bytes]:
    return {str(path.relative_to(home)): path.read_bytes() for path in home.rglob("*") if path.is_file()}


def holding(home: Path, canaries: list[str]) -> list[str]:
    return [name for name, content in files(home).items() if any(canary.encode() in content for canary in canaries)]


def eventually(condition: Callable[[], bool], seconds: float = 20.0) -> bool:
    until = time.monotonic() + seconds
    while not condition() and time.monotonic() < until:
        time.sleep(0.05)
    return condition()


def fill(home: Path, claude: Claude, session: str, url: str) -> list[str]:
    """Asks until there is a summary. Returns what the person said."""
    asked = [secrets.token_hex(8) for _ in range(6)]
    done = ask(home, f"Tell me about {asked[0]}", "--new", session, CLAUDE_BRIDGE_URL=url)
    assert done.returncode == 0, done.stderr
    talk(url, *({"action": "query", "message": canary, "session_id": session, "stream": True} for canary in asked[1:]))
    assert eventually(lambda: bool(claude.summaries))
    assert eventually(lambda: bool(holding(home, claude.summaries)))
    return asked


def killed_while_it_asks(home: Path, claude: Claude, session: str, url: str) -> str:
    """What a client asked that was killed before its answer came: it has noted the question."""
    canary = secrets.token_hex(8)
    client = asking(home, f"hang on {canary}", session, CLAUDE_BRIDGE_URL=url)
    assert claude.hangs.wait(20)
    client.send_signal(signal.SIGKILL)
    client.communicate(timeout=10)
    claude.may_go_on.set()
    return canary


def environment(api: StandIn, home: Path, ahead: float = 0.0) -> dict[str, str]:
    (home / "clock").write_text(str(ahead))
    return {"ANTHROPIC_BASE_URL": api.url, "ANTHROPIC_API_KEY": "test", "CONTEXT_LIMIT": "800", "SOAK_CLOCK": str(home / "clock")}


@pytest.mark.slow
def test_of_a_deleted_session_nothing_is_left(tmp_path: Path) -> None:
    claude, log = Claude(), tmp_path / "log"
    session, other = f"chat-{secrets.token_hex(8)}", "another"
    with StandIn(claude) as api, log.open("wb") as errors, running(RUN, tmp_path, [], environment(api, tmp_path), errors) as bridge:
        reach = {"CLAUDE_BRIDGE_URL": bridge.url}
        talk(bridge.url, {"action": "query", "message": "Something else", "session_id": other, "stream": True})
        stays = [claude.said[-1]]
        asked = fill(tmp_path, claude, session, bridge.url)
        asked.append(killed_while_it_asks(tmp_path, claude, session, bridge.url))
        canaries = [*asked, *claude.said[1:], *claude.summaries]
        assert len(holding(tmp_path, asked)) > 1
        assert eventually(lambda: len(talk(bridge.url, {"action": "history", "session_id": session})[0]["turns"]) == len(asked))
        deleted = ask(tmp_path, "delete", session, "--yes", "--json", **reach)
        assert json.loads(deleted.stdout) == {"deleted": [session], "erased": True, "would_delete": []}
        assert holding(tmp_path, canaries) == []
        again = ask(tmp_path, "delete", session, "--yes", "--json", **reach)
        assert json.loads(again.stdout) == {"deleted": [session], "erased": True, "would_delete": []}
        assert holding(tmp_path, stays)
        assert [name for name in holding(tmp_path, [session]) if "sessions.db" not in name] == []
    assert holding(tmp_path, [*canaries, *claude.summaries]) == []
    assert holding(tmp_path, stays)


@pytest.mark.slow
def test_of_a_session_that_has_expired_nothing_is_left(tmp_path: Path) -> None:
    claude, log = Claude(), tmp_path / "log"
    with StandIn(claude) as api, log.open("wb") as errors:
        with running(SKEWED, tmp_path, [], environment(api, tmp_path), errors) as bridge:
            asked = fill(tmp_path, claude, "s1", bridge.url)
        canaries = [*asked, *claude.said, *claude.summaries]
        assert holding(tmp_path, canaries)
        with running(SKEWED, tmp_path, [], environment(api, tmp_path, ahead=24 * 3600.0 + 60), errors) as bridge:
            assert eventually(lambda: not holding(tmp_path, canaries))
            assert talk(bridge.url, {"action": "sessions"})[0]["sessions"] == []
    assert holding(tmp_path, canaries) == []
