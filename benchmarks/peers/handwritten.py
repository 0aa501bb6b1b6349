"""What one would write by hand: a chat server on websockets, the official SDK and SQLite. `python handwritten.py CLAUDE_URL FILE`.

It remembers, streams, and stores a turn once it is answered. It asks twice for a double click, loses what a lost connection did not get,
and remembers the newest turns only.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
import sys
from typing import Any

import anthropic
import httpx2
from websockets.asyncio.server import ServerConnection, serve

MOST_CLIENTS = 1_000
TURNS = 9
"""How many of the newest turns are sent with a question: as many as the bridge loads."""


class Turns:
    def __init__(self, file: str) -> None:
        self._database = sqlite3.connect(file, isolation_level=None)
        self._database.execute("PRAGMA journal_mode = WAL")
        self._database.execute("CREATE TABLE turns (id INTEGER PRIMARY KEY, session TEXT, asked TEXT, answered TEXT)")
        self._database.execute("CREATE INDEX of_session ON turns (session, id)")

    def newest(self, session: str) -> list[dict[str, Any]]:
        query = "SELECT asked, answered FROM turns WHERE session = ? ORDER BY id DESC LIMIT ?"
        rows = reversed(self._database.execute(query, (session, TURNS)).fetchall())
        return [{"role": role, "content": text} for row in rows for role, text in zip(("user", "assistant"), row, strict=True)]

    def add(self, session: str, asked: str, answered: str) -> None:
        self._database.execute("INSERT INTO turns (session, asked, answered) VALUES (?, ?, ?)", (session, asked, answered))


async def main() -> None:
    # The SDK gives a connection 5 s to open, which a loop that serves 500 clients may take, and keeps no more than 100 of them open.
    timeout, limits = httpx2.Timeout(600, connect=60), httpx2.Limits(max_connections=MOST_CLIENTS, max_keepalive_connections=MOST_CLIENTS)
    client = anthropic.DefaultAsyncHttpxClient(base_url=sys.argv[1], timeout=timeout, limits=limits)
    claude = anthropic.AsyncAnthropic(api_key="none", base_url=sys.argv[1], timeout=timeout, http_client=client)
    turns = Turns(sys.argv[2])

    async def answer(connection: ServerConnection) -> None:
        async for text in connection:
            query = json.loads(text)
            session, asked, parts = query["session_id"], query["message"], []
            messages: Any = [*turns.newest(session), {"role": "user", "content": asked}]
            async with claude.messages.stream(model="claude-sonnet-5-5", max_tokens=32_000, messages=messages) as stream:
                async for part in stream.text_stream:
                    parts.append(part)
                    await connection.send(json.dumps({"type": "delta", "text": part}))
            turns.add(session, asked, "".join(parts))
            await connection.send(json.dumps({"type": "done"}))

    async with serve(answer, "127.0.0.1", 0, compression=None, ping_timeout=120) as server:
        print(f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
