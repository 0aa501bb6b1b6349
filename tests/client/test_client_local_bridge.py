"""A bridge of the client's own: it starts when needed, starts again when it died, and ends with the client."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bridge_client.config import local_bridge
from bridge_client.config.local_bridge import LocalBridge
from bridge_client.failures import Failure

READY = """
import json, os, sys
print(json.dumps({"url": f"ws://127.0.0.1:{os.getpid()}", "stand_in": STAND_IN}), flush=True)
"""
UNTIL_THE_CLIENT_ENDS = READY + "print('a log line', file=sys.stderr, flush=True); sys.stdin.read()"

Start = Callable[..., LocalBridge]


@pytest.fixture
def reported() -> list[str]:
    return []


@pytest.fixture
def start(tmp_path: Path, reported: list[str]) -> Start:
    def start(program: str, *, stand_in: bool = False, home: Path | None = None, **options: Any) -> LocalBridge:
        run = tmp_path / "run.py"
        run.write_text(program.replace("STAND_IN", str(stand_in)))
        return LocalBridge(run, home or tmp_path / "data" / "home", on_stand_in=lambda: reported.append("stand-in"), **options)

    return start


def test_it_starts_when_it_is_first_needed_and_ends_with_the_client(start: Start) -> None:
    with start(UNTIL_THE_CLIENT_ENDS) as bridge:
        assert not bridge.log.exists()
        url = bridge.url()
        assert bridge.url() == url
        pid = int(url.rpartition(":")[2])
        os.kill(pid, 0)
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    assert bridge.log.read_text() == "a log line\n"


def test_what_it_keeps_is_for_its_owner_alone(start: Start) -> None:
    with start(UNTIL_THE_CLIENT_ENDS) as bridge:
        bridge.url()
    assert stat.S_IMODE(bridge.log.stat().st_mode) == 0o600
    assert stat.S_IMODE(bridge.log.parent.stat().st_mode) == 0o700


def test_it_starts_again_when_it_died(start: Start) -> None:
    with start(READY + "sys.stdin.readline()") as bridge:
        first = bridge.url()
        child = bridge._child
        assert child is not None
        child.kill()
        child.wait()
        assert bridge.url() != first


def test_a_start_that_was_interrupted_is_begun_anew(start: Start, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "go")
    with start(READY + "sys.stdin.readline()") as bridge:
        first, child = bridge.url(), bridge._child
        assert child is not None
        child.kill()
        child.wait()
        (tmp_path / "run.py").write_text(f"import os, signal, sys; os.kill({os.getpid()}, signal.SIGINT); sys.stdin.read()")
        with pytest.raises(KeyboardInterrupt):
            bridge.url()
        (tmp_path / "run.py").write_text(READY.replace("STAND_IN", "False") + "sys.stdin.readline()")
        assert bridge.url() != first


def test_the_stand_in_is_mentioned_once(start: Start, reported: list[str]) -> None:
    with start(READY, stand_in=True) as bridge:
        for _ in range(2):
            bridge.url()
            child = bridge._child
            assert child is not None
            child.wait()
    assert reported == ["stand-in"]


def test_with_a_key_nothing_is_said_of_a_stand_in(start: Start, reported: list[str]) -> None:
    with start(UNTIL_THE_CLIENT_ENDS) as bridge:
        bridge.url()
    assert reported == []


@pytest.mark.parametrize(
    ("program", "words", "code", "exit_code"),
    [
        (
            "import sys; print('an old\\nMAX_TOKENS must be a whole number.', file=sys.stderr); sys.exit(2)",
            "MAX_TOKENS must be a whole number.",
            "bad_configuration",
            2,
        ),
        ("raise ValueError('bad luck')", "ValueError: bad luck", "local_bridge", 7),
        ("print('no json', flush=True)", "It gave no reason; see ", "local_bridge", 7),
        ("print('[]', flush=True)", "It gave no reason; see ", "local_bridge", 7),
        ("print('{}', flush=True)", "It gave no reason; see ", "local_bridge", 7),
        ("import sys; sys.stdout.write('{'); sys.exit()", "It gave no reason; see ", "local_bridge", 7),
    ],
)
def test_a_bridge_that_does_not_start_says_why(start: Start, program: str, words: str, code: str, exit_code: int) -> None:
    with start(program) as bridge, pytest.raises(Failure) as failed:
        bridge.url()
    assert failed.value.message.startswith(f"The local bridge did not start. {words}")
    assert (failed.value.code, failed.value.exit_code) == (code, exit_code)


def test_only_what_it_said_this_time_is_shown(start: Start, tmp_path: Path) -> None:
    log = tmp_path / "bridge.log"
    log.write_text("of yesterday\n")
    with start("pass", home=tmp_path) as bridge, pytest.raises(Failure, match="It gave no reason"):
        bridge.url()
    assert log.read_text() == "of yesterday\n"


def test_a_folder_that_cannot_be_written_is_named(start: Start, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with start(READY, home=tmp_path / "file") as bridge, pytest.raises(Failure, match=r"cannot be written to\. Set CLAUDE_BRIDGE_HOME"):
        bridge.url()


def test_a_log_that_cannot_be_written_keeps_nothing_from_being_read(start: Start, tmp_path: Path) -> None:
    (tmp_path / "bridge.log").mkdir()
    with start(READY, home=tmp_path) as bridge:
        assert bridge.url()


def test_a_bridge_without_a_log_says_why_it_did_not_start(start: Start, tmp_path: Path) -> None:
    (tmp_path / "bridge.log").mkdir()
    program = "import sys; sys.exit('The disk is full.')"
    with start(program, home=tmp_path) as bridge, pytest.raises(Failure, match="The disk is full"):
        bridge.url()


def test_a_log_that_has_grown_large_is_begun_anew(start: Start, tmp_path: Path) -> None:
    (tmp_path / "bridge.log").write_bytes(b"x" * (local_bridge.LOG_BYTES + 1))
    with start(UNTIL_THE_CLIENT_ENDS, home=tmp_path) as bridge:
        bridge.url()
    assert bridge.log.read_text() == "a log line\n"


def test_a_bridge_that_lingers_is_left_to_end_by_itself(start: Start, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "go")
    with start(READY + "sys.stdin.read()\nopen(sys.argv[0][:-6] + 'go').read()", linger=0.01) as bridge:
        bridge.url()
        child = bridge._child
        assert child is not None
    assert child.poll() is None
    (tmp_path / "go").write_text("")
    assert child.wait(5) == 0


def test_a_bridge_that_says_nothing_at_all_is_given_up(start: Start) -> None:
    with start("import sys; sys.stdin.read()", retry_policy=0.02) as bridge, pytest.raises(Failure, match="did not start"):
        bridge.url()
