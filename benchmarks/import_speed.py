"""How long importing 10,000 messages of Claude Code's transcripts takes: `python3 benchmarks/import_speed.py [MESSAGES]`."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parent.parent
PROMPTS = 50
"""In a session."""
Words = Callable[[random.Random, int], str]


def main() -> int:
    messages = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    with tempfile.TemporaryDirectory() as folder:
        projects = Path(folder) / "projects"
        for number in range(messages // (2 * PROMPTS)):
            write_session(projects, number, random_words)
        size = sum(path.stat().st_size for path in projects.rglob("*.jsonl"))
        print(f"{messages:,} messages in {size / 1e6:,.0f} MB")
        for name in ("first", "again"):
            began = time.monotonic()
            outcome = run_import(projects, Path(folder) / "home")
            seconds = time.monotonic() - began
            print(f"{name}: {seconds:.1f} s, {outcome['added']:,} turns added, {outcome['present']:,} there already")
    return 0


def run_import(projects: Path, home: Path) -> dict[str, int]:
    command = [sys.executable, str(ROOT / "client" / "ask.py"), "import", str(projects), "--local", "--json"]
    environment = {**os.environ, "CLAUDE_BRIDGE_HOME": str(home)}
    done = subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, check=True)
    outcome: dict[str, int] = json.loads(done.stdout)
    return outcome


def write_session(projects: Path, number: int, words: Words) -> None:
    """A transcript as Claude Code writes it: most of it is not conversation. `words` is how many words of it there are."""
    chance = random.Random(number)
    session = str(uuid.UUID(int=chance.getrandbits(128)))
    lines: list[str] = []
    last: str | None = None

    def add(kind: str, **fields: object) -> None:
        nonlocal last
        identifier = str(uuid.UUID(int=chance.getrandbits(128)))
        moment = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(1_750_000_000 + number * 86_400 + len(lines)))
        about = {"parentUuid": last, "uuid": identifier, "isSidechain": False, "timestamp": moment, "sessionId": session}
        lines.append(json.dumps({"type": kind, **about, "cwd": f"/home/ada/project-{number % 7}", **fields}))
        last = identifier

    def answer(block: dict[str, object], stop_reason: str) -> None:
        message = {
            "id": f"msg_{len(lines)}",
            "role": "assistant",
            "model": "claude-opus-5-5",
            "content": [block],
            "stop_reason": stop_reason,
        }
        add("assistant", message=message)

    for prompt in range(PROMPTS):
        about = {"promptId": f"{number}-{prompt}"}
        add("user", message={"role": "user", "content": words(chance, 40)}, **about)
        answer({"type": "text", "text": words(chance, 30)}, "tool_use")
        answer({"type": "tool_use", "id": f"toolu_{prompt}", "name": "Read", "input": {}}, "tool_use")
        result = [{"type": "tool_result", "tool_use_id": f"toolu_{prompt}", "content": "file " * 1_200}]
        add("user", message={"role": "user", "content": result}, **about)
        add("attachment", attachment={"type": "prompt_snapshot", "text": "system " * 1_500})
        lines.append(json.dumps({"type": "api-request-blob", "sessionId": session, "message": "request " * 2_500}))
        answer({"type": "text", "text": words(chance, 120)}, "end_turn")
    path = projects / f"-home-ada-project-{number % 7}" / f"{session}.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n")


def random_words(chance: random.Random, count: int) -> str:
    return " ".join("".join(chance.choices("abcdefghijklmnopqrstuvwxyz", k=chance.randint(2, 9))) for _ in range(count))


if __name__ == "__main__":
    sys.exit(main())
