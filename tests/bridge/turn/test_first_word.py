"""What lies before the first word of an answer and before its end: on AWS each call of the store and each post costs milliseconds."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from typing import Any

from bridge.claude.interrupt import Interrupt
from fakes.bridge_bench import QUICK, Bench
from fakes.intercepted_store import Intercepted
from fakes.memory_store import MemoryStore
from fakes.scripted_claude import ScriptedClaude


class Watched(ScriptedClaude):
    """Notes how many calls of the store there were when it is asked."""

    def __init__(self, store: Intercepted) -> None:
        super().__init__()
        self.store = store
        self.called: list[list[str]] = []

    def stream(self, request: Mapping[str, Any], interrupt: Interrupt) -> Generator[Mapping[str, Any], None, None]:
        self.called.append(list(self.store.calls))
        self.store.calls.clear()
        yield from super().stream(request, interrupt)


def test_the_store_is_called_twice_before_claude_is_asked_in_a_session_that_exists() -> None:
    store = Intercepted(MemoryStore())
    # The lease is looked after beside this, at intervals: on a busy machine one may be over before Claude is asked.
    bench = Bench(store=store, timing=QUICK._replace(poll_interval=60.0))
    claude = Watched(store)
    app = bench.another(claude=claude)
    for number in range(12):
        store.calls.clear()
        bench.send({"action": "query", "message": f"Question {number}", "session_id": "s1", "stream": True}, app=app)
    first, *others = claude.called
    assert first == ["load", "claim", "begin"]
    assert others == [["load", "claim"]] * 11


def test_a_connection_that_is_open_is_not_opened_for_the_next_question() -> None:
    bench = Bench()
    for number in range(4):
        bench.ask(f"Question {number}")
    assert bench.claude.opened <= 2  # It is open from then on: see `ScriptedClaude`. A reader that comes after the request opens nothing.
    assert len(bench.claude.requests) == 4


def test_a_question_is_answered_in_three_posts() -> None:
    bench = Bench()
    bench.ask("Hi")
    assert [frame["type"] for frame in bench.connections.frames("c1")] == ["accepted", "delta", "done"]


def test_an_answer_is_indexed_once_the_client_has_it() -> None:
    bench, store = Bench(context_limit=1_000), MemoryStore()
    app = bench.another(store=store)
    known: list[list[str]] = []

    def on_post(_: str, frame: dict[str, Any]) -> None:
        if frame["type"] == "done":
            conversation = app._services.conversations.known("s1", store.load("s1", 1).head.born)  # type: ignore[union-attr]
            assert conversation is not None
            assert conversation.indexed is bool(known)
            with conversation.turns() as turns:
                known.append([turn.context[0].content for turn in turns.turns])

    bench.connections.on_post = on_post
    for number in range(3):
        bench.send({"action": "query", "message": f"{number} " + "word " * 300, "session_id": "s1", "stream": True}, app=app)
    assert [[content[0] for content in one] for one in known] == [[], ["0"], ["0", "1"]]
