"""client/ask.py as a person starts it: processes, pipes, signals, and what is missing."""

from __future__ import annotations

import ast
import os
import pty
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from client.emulator import screen
from client.scripted_bridge import SESSION, Expect, ScriptedBridge, accepted, delta, done, golden

ROOT = Path(__file__).parent.parent.parent
ASK = [sys.executable, "-W", "error", str(ROOT / "client" / "ask.py")]
ANSWER = [accepted(), delta("Hello"), done()]


def started(*arguments: str, url: str, **options: object) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "CLAUDE_BRIDGE_URL": url, "PYTHONDONTWRITEBYTECODE": "1"}
    pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen([*ASK, *arguments], env=environment, **{**pipes, **options})  # type: ignore[call-overload, no-any-return]


def test_the_answer_alone_comes_out_of_the_pipe() -> None:
    with ScriptedBridge([ANSWER]).running() as bridge, started("Hi", url=bridge.url) as asked:
        stdout, stderr = asked.communicate(timeout=10)
    assert (asked.returncode, stdout) == (0, b"Hello\n")
    assert SESSION.encode() in stderr


def test_dollars_quotes_and_backticks_reach_claude_unchanged() -> None:
    question = "$HOME \"a\" 'b' `c` \\ \n\t!"
    with ScriptedBridge([ANSWER]).running() as bridge, started(question, url=bridge.url) as asked:
        asked.communicate(timeout=10)
    assert bridge.received[0]["message"] == question


def test_ctrl_c_stops_the_answer() -> None:
    with ScriptedBridge([]).running() as bridge, started("Hi", url=bridge.url) as asked:
        bridge.add([accepted(), delta("Hel"), lambda: asked.send_signal(signal.SIGINT), Expect("cancel"), done(stop_reason="cancelled")])
        stdout, stderr = asked.communicate(timeout=10)
    assert (asked.returncode, stdout) == (130, b"Hel\n")
    assert b"Traceback" not in stderr


def test_ctrl_c_twice_leaves() -> None:
    with ScriptedBridge([]).running() as bridge, started("Hi", url=bridge.url) as asked:
        interrupt = lambda: asked.send_signal(signal.SIGINT)  # noqa: E731
        bridge.add([accepted(), delta("Hel"), interrupt, Expect("cancel"), interrupt])
        stdout, stderr = asked.communicate(timeout=10)
    assert (asked.returncode, stdout) == (130, b"")
    assert b"Traceback" not in stderr


def test_a_reader_that_is_gone_is_no_trouble() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with ScriptedBridge([ANSWER]).running() as bridge, started("Hi", url=bridge.url, stdout=writing) as asked:
        os.close(writing)
        _, stderr = asked.communicate(timeout=10)
    assert asked.returncode == 141
    assert b"Error" not in stderr


@pytest.mark.slow
def test_on_a_terminal_the_answer_is_streamed_and_escaped() -> None:
    master, slave = pty.openpty()
    stopped = golden("done", "stopped by the person, kept forever")
    del stopped["request_id"]
    seen: list[bytes] = []
    with ScriptedBridge([]).running() as bridge, started("Hi", url=bridge.url, stdout=slave) as asked:
        os.close(slave)
        bridge.add([accepted(), delta("\x1b[2JHel"), lambda: seen.append(os.read(master, 100)), stopped])
        asked.communicate(timeout=10)
    os.close(master)
    assert [screen(written.decode()) for written in seen] == ["␛[2JHel\n"]


@pytest.mark.slow
@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&-", "<&- >&- 2>&-"])
def test_a_standard_stream_that_is_closed_is_as_good_as_none(closed: str) -> None:
    with ScriptedBridge([ANSWER]).running() as bridge:
        environment = {**os.environ, "CLAUDE_BRIDGE_URL": bridge.url}
        command = ["sh", "-c", f'exec "$@" {closed}', "sh", *ASK, "Hi"]
        ended = subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=10)
    assert ended.returncode == 0
    assert (ended.stdout, ended.stderr[:7]) == ("" if " >" in f" {closed}" else "Hello\n", "" if "2>" in closed else "Claude ")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_an_answer_there_is_no_room_for_is_remembered() -> None:
    with ScriptedBridge([ANSWER]).running() as bridge, Path("/dev/full").open("w") as full:
        asked = started("Hi", url=bridge.url, stdout=full)
        _, stderr = asked.communicate(timeout=10)
    assert asked.returncode == 7
    assert 'ask.py -c "..."\nThe output could not be written: no space left on device.\n' in stderr.decode()


@pytest.mark.slow
@pytest.mark.parametrize("term", [None, "", "dumb"])
@pytest.mark.parametrize("command", [["Hi"], ["chat"], []], ids=" ".join)
def test_a_terminal_that_can_do_nothing_is_sent_nothing_but_text(term: str | None, command: list[str]) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "TERM"} | ({} if term is None else {"TERM": term})
    master, slave = pty.openpty()
    with ScriptedBridge([ANSWER]).running() as bridge:
        environment["CLAUDE_BRIDGE_URL"] = bridge.url
        terminal = {"stdin": slave, "stdout": slave, "stderr": slave}
        asked = subprocess.Popen([*ASK, *command], env=environment, **terminal)  # type: ignore[call-overload]
        os.write(master, b"Hi\r/exit\r" if command != ["Hi"] else b"")
        assert asked.wait(10) == 0
    os.close(slave)
    shown = os.read(master, 4096).decode()
    os.close(master)
    assert "Hello\r\n" in shown
    assert "\x1b" not in shown


RUN = """
import json, os, sys
print(json.dumps({"url": os.environ["URL_OF_TEST"], "stand_in": False}), flush=True)
with open(os.environ["FIFO_OF_TEST"], "w") as alive:
    sys.stdin.read()
"""


def test_a_bridge_of_our_own_ends_when_the_client_is_killed(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "client", tmp_path / "client")
    (tmp_path / "local").mkdir()
    (tmp_path / "local" / "run.py").write_text(RUN)
    os.mkfifo(tmp_path / "fifo")
    command = [sys.executable, str(tmp_path / "client" / "ask.py"), "Hi"]
    environment = {
        **os.environ,
        "FIFO_OF_TEST": str(tmp_path / "fifo"),
        "CLAUDE_BRIDGE_HOME": str(tmp_path),
        "CLAUDE_BRIDGE_URL": "",
        "XDG_CONFIG_HOME": str(tmp_path),
    }
    with ScriptedBridge([[accepted()]]).running() as bridge:
        environment["URL_OF_TEST"] = bridge.url
        asked = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL)
        with asked, (tmp_path / "fifo").open() as alive:
            asked.kill()
            # The child holds the other end: this is at its end when the child has ended.
            assert alive.read() == ""


MOMENTS = {
    "the first imports": ("import os, signal\nos.kill(os.getpid(), signal.SIGINT)", 130),
    "the very end": (
        "import atexit, os, signal\ndef start(*_, **__):\n    atexit.register(os.kill, os.getpid(), signal.SIGINT)\n    return 5",
        5,
    ),
}


@pytest.mark.parametrize(("program", "code"), MOMENTS.values(), ids=MOMENTS)
def test_ctrl_c_leaves_no_trace_however_early_or_late_it_comes(tmp_path: Path, program: str, code: int) -> None:
    (tmp_path / "bridge_client").mkdir()
    (tmp_path / "bridge_client" / "main.py").write_text(program)
    (tmp_path / "ask.py").write_text((ROOT / "client" / "ask.py").read_text())
    ended = subprocess.run(
        [sys.executable, str(tmp_path / "ask.py"), "Hi"], capture_output=True, text=True, timeout=10, env={**os.environ, "PYTHONPATH": ""}
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (code, "", "")


@pytest.fixture
def bare(tmp_path: Path) -> list[str]:
    """The client in a folder of its own, run by a Python without packages."""
    (tmp_path / "client").mkdir()
    (tmp_path / "client" / "ask.py").write_text((ROOT / "client" / "ask.py").read_text())
    return [sys.executable, "-S", "-I", str(tmp_path / "client" / "ask.py"), "Hi there"]


def test_missing_packages_name_the_command_that_installs_them(bare: list[str], tmp_path: Path) -> None:
    ended = subprocess.run(bare, capture_output=True, text=True, timeout=10)
    assert ended.returncode == 2
    assert ended.stderr == f"ask.py needs the package click. This command installs what is needed: make -C {tmp_path} chat\n"


def test_with_missing_packages_the_python_of_the_environment_takes_over(bare: list[str], tmp_path: Path) -> None:
    python(tmp_path, 'for word in "$@"; do echo "$word"; done')
    ended = subprocess.run(bare, capture_output=True, text=True, timeout=10)
    assert (ended.returncode, ended.stdout) == (0, f"{bare[-2]}\nHi there\n")


def test_an_environment_without_packages_is_not_started_over_and_over(bare: list[str], tmp_path: Path) -> None:
    python(tmp_path, f'exec {sys.executable} -S -I "$@"')
    ended = subprocess.run(bare, capture_output=True, text=True, timeout=10)
    assert ended.returncode == 2
    assert ended.stderr.startswith("ask.py needs the package click.")


def python(root: Path, script: str) -> None:
    path = root / ".venv" / "bin" / "python"
    path.parent.mkdir(parents=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


@pytest.mark.parametrize("minor", [6, 8, 10])
def test_an_older_python_can_read_ask_py(minor: int) -> None:
    assert ast.parse((ROOT / "client" / "ask.py").read_text(), feature_version=(3, minor))


@pytest.mark.slow
@pytest.mark.parametrize("link", ["bin/ask", "bin/ask.py"])
def test_a_link_to_the_program_is_the_program(tmp_path: Path, link: str) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / link).symlink_to(ROOT / "client" / "ask.py")
    with ScriptedBridge([ANSWER]).running() as bridge:
        environment = {**os.environ, "CLAUDE_BRIDGE_URL": bridge.url}
        command = [sys.executable, str(tmp_path / link), "Hi"]
        ended = subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=10)
    assert (ended.returncode, ended.stdout) == (0, "Hello\n")


def test_through_a_link_the_python_of_the_checkout_takes_over(bare: list[str], tmp_path: Path) -> None:
    python(tmp_path, "echo taken over")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "ask").symlink_to(tmp_path / "client" / "ask.py")
    ended = subprocess.run([*bare[:-2], str(tmp_path / "bin" / "ask"), "Hi"], capture_output=True, text=True, timeout=10)
    assert ended.stdout == "taken over\n"


HEAVY = {"asyncio", "prompt_toolkit", "rich", "websockets", "markdown_it", "pygments"}


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["ask", "-h"], ["--no-such-option"], ["history"]], ids=" ".join)
def test_help_and_usage_errors_import_nothing_heavy(arguments: list[str]) -> None:
    listed = "import ask, sys; ask.run_to_the_end(); print(*{name.partition('.')[0] for name in sys.modules})"
    ended = subprocess.run(
        [sys.executable, "-c", listed, *arguments], cwd=ROOT / "client", capture_output=True, text=True, timeout=10, check=True
    )
    assert HEAVY & set(ended.stdout.splitlines()[-1].split()) == set()


@pytest.mark.parametrize("option", ["--help", "--version"])
def test_help_that_cannot_be_written(option: str) -> None:
    with Path("/dev/full").open("wb") as full:
        ended = subprocess.run(
            [sys.executable, "client/ask.py", option], cwd=ROOT, stdout=full, stderr=subprocess.PIPE, text=True, timeout=10
        )
    assert (ended.returncode, ended.stderr) == (7, "Standard output could not be written: no space left on device.\n")
