"""The real Claude Code, with a home of its own and nothing else in its environment, driven over its JSON lines."""

from __future__ import annotations

import json
import os
import queue
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from agents.messages_api import MessagesApi
from system.programs import ROOT

CLAUDE = shutil.which("claude") or ""
WAIT = 60.0

Event = dict[str, Any]


class Machine(NamedTuple):
    """A home, a directory in it to work in, and what Claude Code reaches. With `has_program`, `ask-claude` is on its PATH."""

    home: Path
    api: MessagesApi
    has_program: bool = True

    @property
    def directory(self) -> Path:
        return self.home / "kites"

    def variables(self) -> dict[str, str]:
        self.directory.mkdir(parents=True, exist_ok=True)
        folder = self.home / "bin"
        folder.mkdir(exist_ok=True)
        if self.has_program:
            program = folder / "ask-claude"
            program.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{ROOT}/client/ask.py" "$@"\n')
            program.chmod(0o755)
        # Node's or Claude Code's own folder may hold other programs, among them ours.
        claude = folder / "claude"
        if not claude.exists():
            claude.symlink_to(Path(CLAUDE).resolve())
        return {
            "HOME": str(self.home),
            "PATH": os.pathsep.join((str(folder), "/usr/bin", "/bin")),
            "ANTHROPIC_BASE_URL": self.api.url,
            "ANTHROPIC_API_KEY": "sk-of-nobody",
            "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
            "DISABLE_AUTOUPDATER": "1",
        }

    def run(self, *command: str) -> str:
        """Standard output. Raises `CalledProcessError`."""
        variables = self.variables()
        path = shutil.which(command[0], path=variables["PATH"]) or command[0]
        done = subprocess.run(
            [path, *command[1:]], env=variables, cwd=self.directory, stdin=subprocess.DEVNULL, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def install_plugin(self, **options: str) -> None:
        chosen = [word for name, value in options.items() for word in ("--config", f"{name}={value}")]
        self.run("claude", "plugin", "install", "context-bridge", "--marketplace", str(ROOT), *chosen)

    def turns(self) -> list[tuple[str, str]]:
        """The words of every turn in the bridge of this home, and its source."""
        sessions = json.loads(self.run("ask-claude", "sessions", "--json"))["sessions"]
        read = [json.loads(self.run("ask-claude", "history", row["session_id"], "--json"))["turns"] for row in sessions]
        return [(turn["context"][0]["content"], turn["source"]) for turns in read for turn in turns]

    def waiting_turns(self) -> int:
        """How many turns a server holds, or has left."""
        return len(list((self.home / ".local" / "state" / "claude-bridge" / "pending-turns").glob("*")))

    def imported(self) -> int:
        """Imports all transcripts; how many turns were new."""
        added = json.loads(self.run("ask-claude", "import", str(self.home / ".claude" / "projects"), "--json"))["added"]
        assert isinstance(added, int)
        return added


class Session:
    """`shown`: the lines for the person so far."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.shown: list[str] = []
        self._events: queue.Queue[Event | None] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def ask(self, prompt: str) -> None:
        """Sends a prompt and waits until Claude Code is done with it."""
        self.send(prompt)
        self.wait()

    def send(self, prompt: str) -> None:
        self._write({"type": "user", "message": {"role": "user", "content": prompt}})

    def interrupt(self) -> None:
        self._write({"type": "control_request", "request_id": "1", "request": {"subtype": "interrupt"}})
        self.wait()

    def wait(self) -> None:
        while (event := self._events.get(timeout=WAIT)) and event["type"] != "result":
            if event.get("subtype") == "informational":
                self.shown.append(event["content"])
            elif event.get("subtype") == "hook_response" and event["hook_event"] == "SessionStart" and event["output"].startswith("{"):
                self.shown += [line for name, line in json.loads(event["output"]).items() if name == "systemMessage"]

    def _write(self, message: Event) -> None:
        assert self.process.stdin
        self.process.stdin.write(f"{json.dumps(message)}\n")
        self.process.stdin.flush()

    def _read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self._events.put(json.loads(line))
        self._events.put(None)


@contextmanager
def session(machine: Machine, *options: str) -> Iterator[Session]:
    """A session of Claude Code; it ends as one does whose input is closed."""
    flags = ["-p", "--input-format", "stream-json", "--output-format", "stream-json", "--verbose", "--include-hook-events"]
    process = subprocess.Popen(
        [CLAUDE, *flags, *options],
        cwd=machine.directory,
        env=machine.variables(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    with process:
        try:
            yield Session(process)
            assert process.stdin
            process.stdin.close()
            process.wait(WAIT)
        finally:
            process.kill()


def delay(machine: Machine, talk: Session, prompts: int) -> float:
    """The shortest time from a prompt to the request that it leads to, in seconds."""
    taken = []
    for number in range(prompts):
        began = time.monotonic()
        talk.ask(f"Number {number}: what is a kite?")
        taken.append(machine.api.asked[-1].at - began)
    return min(taken)
