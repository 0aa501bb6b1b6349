"""A bridge in the process, on fakes: `bridge.send(...)` gives it one message as API Gateway would."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from typing import Any

from bridge.app import App
from bridge.clock import Chance, Clock, Timing
from bridge.settings import Settings
from bridge.threads import Threads
from fakes.memory_store import MemoryStore
from fakes.recording_connections import RecordingConnections
from fakes.scripted_claude import ScriptedClaude

QUICK = Timing(
    poll_interval=0.01,
    status_interval=0.5,
    text_interval=0.005,
    slow_text_interval=0.01,
    fast_seconds=0.02,
    single_reply_seconds=5.0,
    reserve_seconds=0.0,
    drain_seconds=0.3,
)

THREADS = Threads()
"""Those of one test are used again by the next."""


class Bench:
    """One bridge, its fakes, a wall clock that can be moved (`ahead` seconds), and a monotonic one that can (`later`)."""

    def __init__(self, store: Any = None, timing: Timing = QUICK, **settings: Any) -> None:
        self.store = store if store is not None else MemoryStore()
        self.connections = RecordingConnections()
        self.claude = ScriptedClaude()
        self.ahead = 0.0
        self.later = 0.0
        self.timing = timing
        self.settings = Settings(anthropic_api_key="test", **settings)
        self.threads: list[threading.Thread] = []
        self.app = self.another()

    def another(self, store: Any = None, claude: Any = None, *, ahead: Callable[[], float] | None = None, **options: Any) -> App:
        """Another invocation's process: the same tables and clients, its own everything else."""
        real = Clock()
        clock = Clock(
            lambda: real.now() + (ahead() if ahead else self.ahead),
            lambda: real.monotonic() + self.later,
            options.pop("sleep", real.sleep),
        )
        return App(
            settings=self.settings,
            store=store or self.store,
            connections=self.connections,
            claude=claude or self.claude,
            clock=clock,
            chance=Chance(jitter=lambda: 1.0),
            timing=self.timing,
            threads=THREADS,
            **options,
        )

    def event(self, body: Any, connection_id: str, owner: str = "default") -> dict[str, Any]:
        return {
            "requestContext": {
                "routeKey": "query",
                "eventType": "MESSAGE",
                "connectionId": connection_id,
                "requestId": "event-id",
                "requestTimeEpoch": None,
                "authorizer": {"principalId": owner},
            },
            "body": body if isinstance(body, str) else json.dumps(body),
            "isBase64Encoded": False,
        }

    def send(self, body: Any, to: str = "c1", owner: str = "default", app: App | None = None, seconds: float = 60.0) -> None:
        """Handles one message to its end."""
        assert (app or self.app).handle(self.event(body, to, owner), lambda: seconds) == {"statusCode": 200}

    def start(self, body: Any, to: str = "c1", app: App | None = None, seconds: float = 60.0) -> threading.Thread:
        """Handles one message in a thread of its own."""
        thread = threading.Thread(target=self.send, args=(body, to), kwargs={"app": app, "seconds": seconds})
        self.threads.append(thread)
        thread.start()
        return thread

    def ask(self, message: str, session_id: str = "s1", to: str = "c1", **fields: Any) -> dict[str, Any]:
        """Asks and returns the last frame."""
        self.send({"action": "query", "message": message, "session_id": session_id, "stream": True, **fields}, to)
        return self.connections.frames(to)[-1]

    def contents(self, session_id: str = "s1", to: str = "history") -> list[str]:
        """All that was said in the session, as `history` tells it."""
        self.send({"action": "history", "session_id": session_id, "limit": 100}, to)
        reply = self.connections.frames(to)[-1]
        return [message["content"] for turn in reply.get("turns", []) for message in turn["context"]]

    def join(self) -> None:
        for thread in self.threads:
            thread.join(20)
            assert not thread.is_alive()
