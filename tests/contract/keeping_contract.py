"""Until when a session is kept, whatever its settings become and whenever they do, on every store."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest

from bridge.store.port import Store
from bridge.store.records import HEAD, Turn
from fakes.bridge_bench import Bench
from fakes.scripted_claude import says

HOUR = 3600


class Death(BaseException):
    """The process ends."""


class Dying:
    """A store whose process ends at the call of one of its methods, before or after it is done."""

    def __init__(self, store: Store, method: str, *, after: bool = False) -> None:
        self._store, self._method, self._after = store, method, after

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._store, name)
        if name != self._method:
            return method

        def die(*values: Any, **named: Any) -> None:
            if self._after:
                method(*values, **named)
            raise Death

        return die


def left(store: Store, name: str, now: float) -> list[Turn]:
    """The turns that are still there when what has expired was deleted."""
    turns = store.page(name, "", HEAD, 1000)
    for turn in turns:
        if turn.ttl is not None and turn.ttl <= now:
            store.remove_turn(name, turn.id)
    return [turn for turn in turns if turn.ttl is None or turn.ttl > now]


def configured(bench: Bench, name: str, **fields: Any) -> dict[str, Any]:
    bench.send({"action": "configure", "session_id": name, **fields}, to="configure")
    return bench.connections.frames("configure")[-1]


of_bridges = pytest.mark.parametrize("hours", [1.0, 0.0], ids=["an hour", "forever"])
"""How long the bridge keeps sessions."""


class KeepingContract:
    def a_bench(self, store: Store, hours: float, **settings: Any) -> Bench:
        return Bench(store, session_ttl_hours=hours, keep_hours_max=0.0, **settings)

    def test_what_is_kept_is_there_after_ten_periods_without_a_question(self, store: Store, name: str) -> None:
        bench = self.a_bench(store, 1.0)
        for number in range(3):
            bench.ask(f"Question {number}", name)
        reply = configured(bench, name, keep_hours=0)
        assert (reply["keep_hours"], reply["expires_at"], reply["complete"]) == (0, None, True)
        bench.ahead = 10 * HOUR
        assert len(left(store, name, time.time() + bench.ahead)) == 3
        assert bench.contents(name)[::2] == [f"Question {number}" for number in range(3)]

    def test_what_is_said_in_a_kept_session_is_kept(self, store: Store, name: str) -> None:
        bench = self.a_bench(store, 1.0)
        bench.ask("Hi", name)
        configured(bench, name, keep_hours=0)
        assert bench.ask("More", name)["expires_at"] is None
        assert [turn.ttl for turn in store.page(name, "", HEAD, 9)] == [None, None]

    @of_bridges
    def test_of_what_is_no_longer_kept_no_byte_is_left(self, store: Store, name: str, hours: float) -> None:
        bench = self.a_bench(store, hours)
        bench.ask("Hi", name)
        configured(bench, name, keep_hours=0)
        bench.ask("More", name)
        reply = configured(bench, name, keep_hours=2)
        assert (reply["complete"], reply["keep_hours"]) == (True, 2)
        assert 0 < reply["expires_at"] - time.time() <= 2 * HOUR
        bench.ask("Still more", name)
        assert len(left(store, name, time.time())) == 3
        assert left(store, name, time.time() + 6 * HOUR + 9) == []

    def test_a_setting_that_is_reset_is_the_bridges_again(self, store: Store, name: str) -> None:
        bench = self.a_bench(store, 1.0)
        bench.ask("Hi", name)
        configured(bench, name, keep_hours=0, title="Kites")
        reply = configured(bench, name, reset=["keep_hours", "title"])
        assert (reply["keep_hours"], reply["title"], reply["complete"]) == (1.0, "Hi", True)
        assert left(store, name, time.time() + 3 * HOUR + 9) == []

    def test_no_change_ends_a_session_at_once(self, store: Store, name: str) -> None:
        bench = self.a_bench(store, 24.0)
        bench.ask("Hi", name)
        bench.ahead = 20 * HOUR
        configured(bench, name, keep_hours=1)
        assert bench.contents(name) == ["Hi", "Hello!"]
        bench.ahead += HOUR + 1
        assert bench.contents(name) == []

    @of_bridges
    @pytest.mark.parametrize("before", [None, 0, 5])
    @pytest.mark.parametrize("now", [0, 2])
    def test_an_answer_that_is_being_made_is_kept_as_the_settings_then_say(
        self, store: Store, name: str, hours: float, before: int | None, now: int
    ) -> None:
        bench = self.a_bench(store, hours)
        bench.ask("Hi", name)
        if before is not None:
            configured(bench, name, keep_hours=before)
        gate = threading.Event()
        bench.claude.scripts = [says("Hello!"), [*says("Slow")[:3], gate, *says("Slow")[3:]]]
        bench.start({"action": "query", "message": "More", "session_id": name, "stream": True}, to="slow")
        bench.connections.wait_for("slow", "delta")
        configured(bench, name, keep_hours=now)
        gate.set()
        bench.join()
        assert bench.connections.frames("slow")[-1]["type"] == "done"
        if now == 0:
            assert [turn.ttl for turn in store.page(name, "", HEAD, 9)] == [None, None]
        else:
            assert len(left(store, name, time.time() + HOUR)) == 2
            assert left(store, name, time.time() + 6 * HOUR + 9) == []

    @pytest.mark.parametrize(("method", "after"), [("advance", False), ("advance", True), ("set_ttl", False)])
    def test_a_turn_whose_process_ended_before_its_end_was_lifted_is_kept_when_it_is_asked_for_again(
        self, store: Store, name: str, method: str, after: bool
    ) -> None:
        bench = self.a_bench(store, 1.0, lease_seconds=3.0)
        bench.ask("Hi", name)
        configured(bench, name, keep_hours=0)
        question = {"action": "query", "message": "More", "session_id": name, "request_id": "r", "stream": True}
        with pytest.raises(Death):
            bench.send(question, app=bench.another(Dying(store, method, after=after)))
        assert sorted((turn.ttl is None) for turn in store.page(name, "", HEAD, 9)) == [False, True]
        bench.ahead = 10.0
        bench.send(question, to="again")
        assert bench.connections.frames("again")[-1]["duplicate"] is True
        assert [turn.ttl for turn in store.page(name, "", HEAD, 9)] == [None, None]

    def test_a_change_whose_process_ended_is_finished_by_the_next_invocation(self, store: Store, name: str) -> None:
        for finish in ("configure", "history", "query", "sessions"):
            session, bench = f"{name}-{finish}", self.a_bench(store, 1.0)
            bench.ask("Hi", session)
            with pytest.raises(Death):
                bench.send({"action": "configure", "session_id": session, "keep_hours": 0}, app=bench.another(Dying(store, "set_ttl")))
            assert store.load(session, 1).head.expiries_through == ""  # type: ignore[union-attr]
            bench.send({"action": finish, "session_id": session, "message": "More", "stream": True})
            assert {turn.ttl for turn in store.page(session, "", HEAD, 9)} == {None}
            assert store.load(session, 1).head.expiries_through is None  # type: ignore[union-attr]

    def test_a_change_that_does_not_fit_into_the_invocation_says_so_and_goes_on(self, store: Store, name: str) -> None:
        bench = self.a_bench(store, 1.0)
        bench.ask("Hi", name)
        (turn,) = store.page(name, "", HEAD, 9)
        for number in range(220):
            store.add_turn(name, turn._replace(id=turn.id[:-3] + f"{number:03}"))
        body = {"action": "configure", "session_id": name, "keep_hours": 0}
        replies = []
        for _ in range(3):
            bench.send(body, to="hasty", seconds=0.0)
            replies.append(bench.connections.frames("hasty")[-1]["complete"])
            body.pop("keep_hours", None)
        assert replies == [False, False, True]
        assert {turn.ttl for turn in store.page(name, "", HEAD, 999)} == {None}

    def test_an_older_change_never_undoes_a_newer_one(self, store: Store, name: str) -> None:
        bench = self.a_bench(store, 1.0)
        bench.ask("Hi", name)

        class Slow(Dying):
            """Meanwhile another invocation changes it back."""

            def __getattr__(self, called: str) -> Any:
                if called == "set_ttl":
                    configured(bench, name, keep_hours=2)
                return getattr(self._store, called)

        bench.send({"action": "configure", "session_id": name, "keep_hours": 0}, app=bench.another(Slow(store, "set_ttl")))
        assert left(store, name, time.time() + 6 * HOUR + 9) == []
        assert store.load(name, 1).head.expiries_through is None  # type: ignore[union-attr]

    def test_a_deleted_session_is_not_configured(self, store: Store, name: str) -> None:
        bench = self.a_bench(store, 1.0)
        bench.ask("Hi", name)
        bench.send({"action": "delete", "session_id": name})
        assert configured(bench, name, keep_hours=0)["code"] == "no_such_session"
        assert configured(bench, f"{name}-other", title="x")["code"] == "no_such_session"
