"""Taking a session from one bridge to another, and remembering what is not a question, on every store."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any, NoReturn

import pytest

from bridge.commit.importing import parts_of as parts_of_session
from bridge.store.port import Store
from bridge.store.records import HEAD, Usage
from contract.keeping_contract import Death
from contract.samples import a_turn
from fakes.bridge_bench import Bench
from fakes.memory_store import MemoryStore

SAID_AT = 1_700_000_000.125


def death() -> NoReturn:
    raise Death


class Killed:
    """A store whose process ends at a certain one of its writes: before it, or when it is done and nobody knows."""

    WRITES = ("begin", "add_turn", "advance", "set_ttl", "hold", "settle", "remove_turn", "configure")

    def __init__(self, store: Store, at: int, *, after: bool = False, end: Callable[[], object] = death) -> None:
        self._store, self._left, self._after, self._end = store, at, after, end

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._store, name)
        return partial(self._write, method) if name in self.WRITES else method

    def _write(self, method: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
        self._left -= 1
        if self._left < 0 and not self._after:
            self._end()
        result = method(*arguments, **named)
        if self._left < 0:
            self._end()
        return result


def sent(bench: Bench, body: dict[str, Any], app: Any = None, owner: str = "default") -> dict[str, Any]:
    bench.send(body, to="one", app=app, owner=owner)
    return bench.connections.frames("one")[-1]


def exported(bench: Bench, session_id: str) -> dict[str, Any]:
    """All pages of the history, put together as a client does; turns that came in parts are whole."""
    turns: list[dict[str, Any]] = []
    page: dict[str, Any] = {"more": True}
    while page["more"]:
        before = {"before": turns[0]["turn"]} if turns else {}
        page = sent(bench, {"action": "history", "session_id": session_id, "limit": 100, **before})
        cut = page["turns"][0] if page["turns"] else {}
        while "next_offset" in cut:
            more = {"action": "history", "session_id": session_id, "limit": 1, "offset": cut.pop("next_offset"), **before}
            (rest,) = sent(bench, more)["turns"]
            cut["next_offset"] = rest.pop("next_offset", None)
            if cut["next_offset"] is None:
                del cut["next_offset"]
            for message in rest["context"]:
                if message["role"] == cut["context"][-1]["role"]:
                    cut["context"][-1]["content"] += message["content"]
                else:
                    cut["context"].append(message)
        turns = page["turns"] + turns
    return {"settings": page["settings"], "turns": turns}


def parts_of(turn: dict[str, Any], most: int = 40_000) -> list[dict[str, Any]]:
    """A turn as it is imported: in parts, where it is too large for a message."""
    pieces = [
        {"role": message["role"], "content": message["content"][place : place + most]}
        for message in turn["context"]
        for place in range(0, max(1, len(message["content"])), most)
    ]
    if len(pieces) <= 2:
        return [turn]
    return [{**turn, "context": [piece], "part": number + 1, "parts": len(pieces)} for number, piece in enumerate(pieces)]


def imports(export: dict[str, Any], session_id: str) -> list[dict[str, Any]]:
    """The requests that import it."""
    bodies = [[part] for turn in export["turns"] for part in parts_of(turn)]
    return [{"action": "import", "session_id": session_id, "settings": export["settings"], "turns": turns} for turns in bodies]


def foreign(number: int = 1, **fields: Any) -> dict[str, Any]:
    """An exchange with another program."""
    context = [{"role": "user", "content": f"Question {number}"}, {"role": "assistant", "content": f"Answer {number}"}]
    return {"context": context, "said_at": SAID_AT + 60 * number, "source": f"claude-code/s/p{number}", **fields}


class ImportingContract:
    def test_a_session_that_moves_there_and_back_stays_what_it_is(self, store: Store, name: str) -> None:
        laptop, account, home = Bench(MemoryStore()), Bench(store), Bench(MemoryStore())
        laptop.ask("Hi", name)
        laptop.ask("q" * 90_000, name)
        large = a_turn(1, "ü" * 100_000, '"' * 100_000)._replace(id="01K9ZQ3V5N8W2X4Y6Z7A9BCDEF", usage=Usage(1, 2, 3, 4))
        first = laptop.store.load(name, 9).turns[0].id
        another = first[:-1] + ("Y" if first.endswith("Z") else "Z")
        laptop.store.add_turn(name, large._replace(id=another, source="a/b", cost=12_345_678))
        sent(laptop, {"action": "configure", "session_id": name, "title": "Kites", "project": "host/ada/kites"})
        export = exported(laptop, name)
        assert len(export["turns"]) == 3
        for body in imports(export, name):
            assert sent(account, body)["type"] == "imported"
        assert exported(account, name) == export
        for body in imports(exported(account, name), name):
            sent(home, body)
        assert exported(home, name) == export

    def test_an_import_that_is_killed_again_and_again_adds_each_turn_once(self, store: Store, name: str) -> None:
        laptop, account = Bench(MemoryStore()), Bench(store)
        laptop.ask("Hi", name)
        laptop.ask("q" * 99_000, name)
        laptop.ask("Bye", name)
        export, results = exported(laptop, name), []
        for at in range(12):
            app = account.another(Killed(store, at))
            try:
                results = [sent(account, body, app) for body in imports(export, name)]
                break
            except Death:
                continue
        results = [sent(account, body) for body in imports(export, name)]
        assert [result["type"] for result in results] == ["imported"] * len(results)
        assert exported(account, name) == export
        head = store.load(name, 1).head
        assert head is not None
        assert (head.owner, head.turns) == ("default", 3)

    @pytest.mark.parametrize("when", ["before", "after"])
    def test_turns_that_a_killed_import_has_added_are_counted_once(self, store: Store, name: str, when: str) -> None:
        bench, large = Bench(store), foreign(9, usage={"input_tokens": 5}, cost_usd=0.5)
        sent(bench, {"action": "import", "session_id": name, "turns": [foreign(1)]})
        body = {"action": "import", "session_id": name, "turns": [foreign(2, cost_usd=0.25), foreign(3), large]}
        for at in range(12):
            with suppress(Death):
                sent(bench, body, bench.another(Killed(store, at // 2, after=when == "after")))
        assert sent(bench, body)["present"] == 3
        head = store.load(name, 1).head
        assert head is not None
        assert (head.turns, head.cost, head.unpriced_turns, head.usage.input_tokens) == (4, 750_000_000, 2, 5)
        assert store.page(parts_of_session(name), "", HEAD, 9) == ()

    def test_a_deletion_takes_the_parts_of_an_unfinished_import(self, store: Store, name: str) -> None:
        bench = Bench(store)

        def added(*turns: dict[str, Any]) -> int:
            return int(sent(bench, {"action": "import", "session_id": name, "turns": list(turns)})["added"])

        assert added(foreign(1)) == 1
        for number in (2, 3):
            assert [added(foreign(number, part=part, parts=3)) for part in (1, 2)] == [0, 0]
        assert added(foreign(2, part=3, parts=3)) == 1
        assert len(store.page(parts_of_session(name), "", HEAD, 9)) == 2
        assert sent(bench, {"action": "delete", "session_id": name})["erased"]
        assert store.page(parts_of_session(name), "", HEAD, 9) == ()

    def test_what_is_imported_again_is_present(self, store: Store, name: str) -> None:
        bench = Bench(store)
        body = {"action": "import", "session_id": name, "turns": [foreign(1), foreign(2)]}
        first, again = sent(bench, body), sent(bench, body)
        assert ((first["added"], first["present"]), (again["added"], again["present"])) == ((2, 0), (0, 2))
        more = sent(bench, {**body, "turns": [foreign(2), foreign(3), foreign(0)]})
        assert (more["added"], more["present"]) == (2, 1)
        assert [turn["said_at"] for turn in exported(bench, name)["turns"]] == [SAID_AT + 60 * number for number in range(4)]

    def test_two_tellings_of_one_exchange_are_one_turn(self, store: Store, name: str) -> None:
        bench = Bench(store)
        sent(bench, {"action": "import", "session_id": name, "turns": [foreign()]})
        retold = foreign(said_at=SAID_AT + 60 + 599, context=[{"role": "user", "content": "Question 1"}])
        assert sent(bench, {"action": "import", "session_id": name, "turns": [retold]})["present"] == 1
        retold["said_at"] += 2
        assert sent(bench, {"action": "import", "session_id": name, "turns": [retold]})["added"] == 1

    def test_without_a_source_the_same_words_at_the_same_place_are_the_same_turn(self, store: Store, name: str) -> None:
        bench = Bench(store)
        turns = [foreign(source=None), foreign(source=None, position=1), foreign(source=None)]
        body = {"action": "import", "session_id": name, "turns": turns}
        assert len(exported(bench, name)["turns"]) == 2 if sent(bench, body)["added"] else False
        assert sent(bench, body)["added"] == 0

    def test_what_is_imported_is_kept_and_a_running_bridge_knows_it(self, store: Store, name: str) -> None:
        bench = Bench(store, keep_hours_max=0.0)
        reply = sent(bench, {"action": "import", "session_id": name, "turns": [foreign(2)]})
        assert reply["expires_at"] is None
        bench.ask("And now?", name)
        sent(bench, {"action": "import", "session_id": name, "turns": [foreign(1)]})
        bench.ask("And then?", name)
        asked = [message["content"] for message in bench.claude.requests[-1]["messages"]]
        assert [text for text in asked if text.startswith("Question")] == ["Question 1", "Question 2"]
        assert {turn.ttl for turn in store.page(name, "", HEAD, 9)} == {None}

    def test_an_import_is_kept_as_long_as_the_bridge_allows(self, store: Store, name: str) -> None:
        bench = Bench(store, keep_hours_max=10.0)
        reply = sent(bench, {"action": "import", "session_id": name, "turns": [foreign()]})
        assert 0 < reply["expires_at"] - time.time() <= 36_000
        reply = sent(bench, {"action": "import", "session_id": f"{name}-2", "turns": [foreign()], "settings": {"keep_hours": 1}})
        assert 0 < reply["expires_at"] - time.time() <= 3_600

    def test_no_session_is_begun_by_an_import_where_anything_is_left(self, store: Store, name: str) -> None:
        bench = Bench(store)
        bench.ask("Hi", f"{name}-deleted")
        sent(bench, {"action": "delete", "session_id": f"{name}-deleted"})
        bench.ask("Hi", f"{name}-expired")
        store.add_turn(f"{name}-left", a_turn())
        bench.ahead = 25 * 3600
        for left in ("expired", "left", "deleted"):
            bench.ahead = 0 if left == "deleted" else bench.ahead
            reply = sent(bench, {"action": "import", "session_id": f"{name}-{left}", "turns": [foreign()]})
            assert reply.get("code") == "session_exists", left

    def test_into_another_session_only_newer_turns_are_taken(self, store: Store, name: str) -> None:
        bench = Bench(store)
        bench.ask("Hi", name)
        body = {"action": "import", "session_id": name}
        assert sent(bench, {**body, "turns": [foreign()]})["code"] == "bad_request"
        assert sent(bench, {**body, "turns": exported(bench, name)["turns"]})["present"] == 1
        assert sent(bench, {**body, "turns": [foreign(said_at=time.time() + 1)]})["added"] == 1
        assert bench.contents(name) == ["Hi", "Hello!", "Question 1", "Answer 1"]

    def test_settings_are_set_where_absent(self, store: Store, name: str) -> None:
        bench = Bench(store, claude_models="*")
        bench.ask("Hi", name)
        sent(bench, {"action": "configure", "session_id": name, "title": "Mine"})
        settings = {"title": "Theirs", "project": "host/ada/kites", "keep_hours": 1}
        sent(bench, {"action": "import", "session_id": name, "turns": exported(bench, name)["turns"], "settings": settings})
        settings_now = sent(bench, {"action": "configure", "session_id": name})
        assert (settings_now["title"], settings_now["project"], settings_now["keep_hours"]) == ("Mine", "host/ada/kites", 24.0)

    def test_a_day_has_its_measure_of_imports(self, store: Store, name: str) -> None:
        bench = Bench(store, daily_import_mb=1)
        texts = [{"role": "user", "content": "x" * 99_000}]
        bodies = [{"action": "import", "session_id": name, "turns": [foreign(number, context=texts)]} for number in range(12)]
        replies = [sent(bench, body, owner=name) for body in bodies]
        assert [reply.get("code") for reply in replies] == [None] * 11 + ["budget_exceeded"]
        assert replies[-1]["setting"] == "DAILY_IMPORT_MB"
        assert sent(bench, bodies[0], owner=name)["present"] == 1
        bench.ahead = 86_400
        assert sent(bench, bodies[-1], owner=name)["added"] == 1

    # remember

    def test_what_is_remembered_is_there_once(self, store: Store, name: str) -> None:
        bench = Bench(store)
        body = {"action": "remember", "session_id": name, "text": "The kite is red.", "request_id": "r"}
        first, again = sent(bench, body), sent(bench, body)
        assert (first["type"], first["turn"], first["session_id"]) == ("remembered", again["turn"], name)
        assert bench.contents(name) == ["The kite is red."]
        assert sent(bench, {**body, "text": "It is blue."})["code"] == "request_id_conflict"

    def test_what_is_remembered_of_old_has_its_day(self, store: Store, name: str) -> None:
        bench = Bench(store)
        sent(bench, {"action": "remember", "session_id": name, "text": "The kite is red.", "said_at": SAID_AT})
        bench.ask("Hi", name)
        assert next(turn["said_at"] for turn in exported(bench, name)["turns"]) == SAID_AT

    @pytest.mark.parametrize("at", range(4))
    def test_what_is_remembered_by_a_process_that_ended_is_there_once(self, store: Store, name: str, at: int) -> None:
        bench = Bench(store, lease_seconds=3.0)
        body = {"action": "remember", "session_id": name, "text": "The kite is red.", "request_id": "r"}
        try:
            sent(bench, body, bench.another(Killed(store, at)))
        except Death:
            bench.ahead = 10.0
        assert sent(bench, body)["type"] == "remembered"
        assert bench.contents(name) == ["The kite is red."]
