"""Transcripts of Claude Code for tests, as version 2.1.332 writes them."""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

NOON = 1_795_780_800.0
SESSION = "11111111-2222-4333-8444-555555555555"


class Transcript:
    """Lines that follow one another, ten seconds apart."""

    def __init__(self, session: str = SESSION, cwd: str = "/home/ada/kites", start: float = NOON) -> None:
        self.session, self.cwd, self.time = session, cwd, start
        self.lines: list[str] = []
        self.last: str | None = None

    def add(self, kind: str, **fields: Any) -> str:
        """Returns the line's uuid."""
        identifier = str(uuid.uuid5(uuid.NAMESPACE_OID, f"{self.session}{len(self.lines)}"))
        self.time += 10
        line = {
            "parentUuid": self.last,
            "isSidechain": False,
            "type": kind,
            "uuid": identifier,
            "timestamp": datetime.fromtimestamp(self.time, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "cwd": self.cwd,
            "sessionId": self.session,
            **fields,
        }
        self.lines.append(json.dumps(line))
        if not line["isSidechain"]:
            self.last = identifier
        return identifier

    def note(self, kind: str, **fields: Any) -> None:
        """A line that is not part of the conversation."""
        self.lines.append(json.dumps({"type": kind, "sessionId": self.session, **fields}))

    def user(self, content: object, prompt: str = "", **fields: Any) -> str:
        prompted = {"promptId": prompt} if prompt else {}
        return self.add("user", message={"role": "user", "content": content}, **prompted, **fields)

    def claude(
        self, *blocks: dict[str, Any] | str, stop_reason: str = "end_turn", message: str = "", model: str = "claude-opus-5-5", **fields: Any
    ) -> None:
        """One line for each block of one message."""
        message = message or f"msg_{len(self.lines)}"
        for block in blocks:
            content = [{"type": "text", "text": block} if isinstance(block, str) else block]
            body = {"id": message, "role": "assistant", "model": model, "content": content, "stop_reason": stop_reason}
            self.add("assistant", message=body, **fields)

    def turn(self, question: str, answer: str) -> None:
        self.user(question, prompt=f"prompt-{len(self.lines)}")
        self.claude(answer)

    @property
    def data(self) -> bytes:
        return "".join(f"{line}\n" for line in self.lines).encode()

    def write(self, projects: Path) -> Path:
        """Into the folder that Claude Code would use below `projects`."""
        path = projects / self.cwd.replace("/", "-") / f"{self.session}.jsonl"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(self.data)
        return path


def tool(name: str) -> dict[str, Any]:
    return {"type": "tool_use", "id": f"toolu_{name}", "name": name, "input": {}}


def result(name: str) -> list[dict[str, Any]]:
    return [{"type": "tool_result", "tool_use_id": f"toolu_{name}", "content": "NOISE"}]
