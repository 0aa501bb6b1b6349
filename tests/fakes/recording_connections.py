"""A Connections port that keeps what is posted, and can refuse."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from typing import Any

from bridge.errors import ConnectionBusy, ConnectionGone


class RecordingConnections:
    """`gone` and `busy` are sets of connection ids that a test fills and empties; `on_post` is called with every post that is taken.

    `quick`: posts are taken at once, as by the local gateway; else each is a call that may take its time, as on AWS.
    """

    quick = False

    def __init__(self) -> None:
        self.gone: set[str] = set()
        self.busy: set[str] = set()
        self.on_post: Callable[[str, dict[str, Any]], None] = lambda connection_id, frame: None
        self._posts: list[tuple[str, bytes]] = []
        self._changed = threading.Condition()

    def post(self, connection_id: str, data: bytes) -> None:
        if connection_id in self.gone:
            raise ConnectionGone
        if connection_id in self.busy:
            raise ConnectionBusy
        with self._changed:
            self._posts.append((connection_id, data))
            self._changed.notify_all()
        self.on_post(connection_id, json.loads(data))

    def try_post(self, connection_id: str, data: bytes) -> bool:
        if self.quick and connection_id not in self.busy:
            self.post(connection_id, data)
            return True
        return False

    def raw(self, connection_id: str) -> list[bytes]:
        with self._changed:
            return [data for to, data in self._posts if to == connection_id]

    def frames(self, connection_id: str) -> list[dict[str, Any]]:
        return [json.loads(data) for data in self.raw(connection_id)]

    def of_type(self, connection_id: str, kind: str) -> list[dict[str, Any]]:
        return [frame for frame in self.frames(connection_id) if frame.get("type") == kind]

    def wait_for(self, connection_id: str, kind: str, count: int = 1, timeout: float = 10.0) -> dict[str, Any]:
        """The `count`th frame of this type, waiting for it."""
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.of_type(connection_id, kind)) >= count, timeout), (
                f"no {kind} in {self.frames(connection_id)}"
            )
        return self.of_type(connection_id, kind)[count - 1]


def shown(frames: list[dict[str, Any]]) -> tuple[str, str]:
    """What a client shows that follows the rule of `answer` and `offset`: (answer id, text)."""
    answer, text = "", ""
    for frame in frames:
        if frame.get("type") != "delta":
            continue
        if frame["answer"] != answer:
            answer, text = frame["answer"], ""
        assert frame["offset"] <= len(text), f"a gap before {frame}"
        text += frame["text"][len(text) - frame["offset"] :]
    return answer, text
