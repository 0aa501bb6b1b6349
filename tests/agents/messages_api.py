"""A Messages API on loopback for the real Claude Code: streams an answer that repeats the prompt, and keeps every request.

A prompt with `SLOWLY` in it is answered so slowly that it can be interrupted.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

Json = dict[str, Any]
SLOW_SECONDS = 0.2
"""Between the words of a slow answer."""


class Asked(NamedTuple):
    """A request, and when it came (`time.monotonic`)."""

    at: float
    text: str


class MessagesApi:
    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.url = ""


@contextmanager
def messages_api() -> Iterator[MessagesApi]:
    api = MessagesApi()

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None: ...

        def do_HEAD(self) -> None:
            self.send_response(200)
            self.end_headers()

        def do_POST(self) -> None:
            at = time.monotonic()
            body: Json = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if not body.get("stream"):
                self.send_response(404)
                self.end_headers()
                return
            api.asked.append(Asked(at, json.dumps(body["messages"], ensure_ascii=False)))
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.end_headers()
            with suppress(OSError):  # Claude Code was interrupted, or killed.
                for event, seconds in _events(body, len(api.asked)):
                    self.wfile.write(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode())
                    self.wfile.flush()
                    time.sleep(seconds)

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        api.url = f"http://127.0.0.1:{server.server_port}"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield api
        finally:
            server.shutdown()


def _events(body: Json, number: int) -> Iterator[tuple[Json, float]]:
    prompt = _last_prompt(body["messages"])
    message = {"id": f"msg_{number}", "type": "message", "role": "assistant", "model": body["model"], "content": []}
    yield {"type": "message_start", "message": message | {"stop_reason": None, "usage": {"input_tokens": 9, "output_tokens": 1}}}, 0
    yield {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}, 0
    for word in f"Answer {number} to: {prompt}".split():
        delta = {"type": "text_delta", "text": f"{word} "}
        yield {"type": "content_block_delta", "index": 0, "delta": delta}, SLOW_SECONDS if "SLOWLY" in prompt else 0
    yield {"type": "content_block_stop", "index": 0}, 0
    yield {"type": "message_delta", "delta": {"stop_reason": "end_turn", "stop_sequence": None}, "usage": {"output_tokens": 9}}, 0
    yield {"type": "message_stop"}, 0


def _last_prompt(messages: list[Json]) -> str:
    """The last text of the person: what Claude Code puts around it begins with a tag."""
    contents = [message["content"] for message in messages if message["role"] == "user"]
    texts = [content if isinstance(content, str) else content[-1].get("text", "") for content in contents]
    return next((text for text in reversed(texts) if text and not text.lstrip().startswith("<")), "")
