"""What goes out, to whom, in which order and how often."""

from __future__ import annotations

import threading

import pytest

from bridge.clock import Clock, Timing
from bridge.errors import BridgeError, Code
from bridge.threads import Threads
from bridge.turn.poster import Poster
from bridge.turn.question import Audience
from bridge.turn.replies import Ending, error_ending
from fakes.bridge_bench import QUICK
from fakes.recording_connections import RecordingConnections, shown

pytestmark = pytest.mark.usefixtures("connections_of_both_kinds")

STREAMED = Audience("c1", single=False, request_id="r1", single_id="r1", session_id="s1")
THREADS = Threads()
END = Ending({"type": "done"}, b"{}")


class FakeLease:
    """Held, unless a test says otherwise; neither held nor lost, it is in doubt."""

    def __init__(self) -> None:
        self.held = True
        self.is_lost = False

    def is_held(self) -> bool:
        return self.held and not self.is_lost


def poster(connections: RecordingConnections, to: Audience = STREAMED, timing: Timing = QUICK, single_in: float = 60.0) -> Poster:
    clock = Clock()
    made = Poster(connections, to, single_by=clock.monotonic() + single_in, clock=clock, timing=timing, threads=THREADS)
    made.start()
    return made


def test_text_that_comes_together_goes_out_together() -> None:
    connections = RecordingConnections()
    slow = poster(connections, timing=QUICK._replace(text_interval=0.2, fast_seconds=9.0))
    slow.begin("a1")
    slow.add("one ")
    connections.wait_for("c1", "delta")
    for piece in ("two ", "three ", "four"):
        slow.add(piece)
    slow.end(END)
    assert [frame["text"] for frame in connections.of_type("c1", "delta")] == ["one ", "two three four"]
    assert connections.frames("c1")[-1] == {"type": "done"}


def test_what_is_taken_at_once_needs_no_thread_until_something_is_due_later(monkeypatch: pytest.MonkeyPatch) -> None:
    connections, runs = RecordingConnections(), list[Poster]()
    connections.quick = True
    run = Poster.run

    def noted(self: Poster) -> None:
        runs.append(self)
        run(self)

    monkeypatch.setattr(Poster, "run", noted)
    quick = poster(connections, timing=QUICK._replace(text_interval=0.3, fast_seconds=9.0, status_interval=9.0))
    quick.say("accepted")
    quick.begin("a1")
    quick.respond()
    for piece in ("one ", "two ", "three"):
        quick.add(piece)
    assert [frame["type"] for frame in connections.frames("c1")] == ["accepted", "delta"]
    quick.end(END)
    assert [frame["type"] for frame in connections.frames("c1")] == ["accepted", "delta", "delta", "done"]
    assert shown(connections.frames("c1")) == ("a1", "one two three")
    assert runs == []

    later = poster(connections, STREAMED._replace(connection_id="c2"), timing=QUICK._replace(text_interval=0.02, fast_seconds=9.0))
    later.begin("a2")
    later.add("one ")
    later.add("two ")
    assert connections.wait_for("c2", "delta", 2)["text"] == "two "
    later.end(END)
    assert runs == [later]


def test_one_who_does_not_take_posts_at_once_any_more_gets_the_rest_from_a_thread() -> None:
    connections = RecordingConnections()
    connections.quick = True
    one = poster(connections, timing=QUICK._replace(text_interval=0.0, slow_text_interval=0.0))
    one.begin("a1")
    one.add("one ")
    assert connections.of_type("c1", "delta")
    connections.busy.add("c1")
    one.add("two ")
    connections.quick = False
    one.add("three")
    threading.Timer(0.02, connections.busy.clear).start()
    one.end(END)
    assert shown(connections.frames("c1")) == ("a1", "one two three")
    assert connections.frames("c1")[-1] == {"type": "done"}


def test_after_the_first_seconds_the_pace_is_calmer() -> None:
    connections = RecordingConnections()
    calm = poster(connections, timing=QUICK._replace(text_interval=0.0, slow_text_interval=60.0, fast_seconds=0.0))
    calm.begin("a1")
    calm.add("one ")
    connections.wait_for("c1", "delta")
    calm.add("two")
    assert len(connections.of_type("c1", "delta")) == 1
    calm.end(END)
    assert shown(connections.frames("c1"))[1] == "one two"


def test_claude_is_thinking_where_no_text_comes_soon() -> None:
    connections = RecordingConnections()
    one = poster(connections, timing=QUICK._replace(thinking_seconds=0.01))
    one.join_in("c2")
    for count, answer in enumerate(("a1", "a2"), start=1):  # Claude is asked again after a failure.
        one.begin(answer)
        one.respond()
        for to in ("c1", "c2"):
            thinking = {"type": "status", "request_id": "r1", "state": "thinking"}
            assert connections.wait_for(to, "status", count) == thinking
    one.add("text")
    one.end(END)
    assert [frame["type"] for frame in connections.frames("c1")] == ["status", "status", "delta", "done"]


def test_text_that_comes_at_once_does_not_wait_behind_a_status() -> None:
    connections, accepted = RecordingConnections(), threading.Event()
    connections.quick = False

    def on_post(to: str, frame: dict[str, object]) -> None:
        if frame["type"] == "accepted":
            assert accepted.wait(10)

    connections.on_post = on_post
    one = poster(connections, timing=QUICK._replace(thinking_seconds=0.0, status_interval=9.0))
    one.say("accepted")
    connections.wait_for("c1", "accepted")
    one.begin("a1")
    one.respond()
    one.add("text")
    accepted.set()
    one.end(END)
    assert [frame["type"] for frame in connections.frames("c1")] == ["accepted", "delta", "done"]


def test_a_question_that_fails_before_its_text_was_never_thinking() -> None:
    connections = RecordingConnections()
    one = poster(connections, timing=QUICK._replace(thinking_seconds=0.05))
    one.begin("a1")
    one.respond()
    one.begin("a2")
    sooner = Clock().monotonic() + 0.1
    while Clock().monotonic() < sooner:
        threading.Event().wait(0.02)
    one.end(END)
    assert [frame["type"] for frame in connections.frames("c1")] == ["done"]


def test_the_thread_is_woken_for_the_first_text_and_knows_when_the_next_is_due() -> None:
    connections = RecordingConnections()
    one = poster(connections, timing=QUICK._replace(text_interval=30.0, fast_seconds=9.0))
    woken: list[int] = []
    notify = one._changed.notify
    one._changed.notify = lambda n=1: (woken.append(n), notify(n))[1]  # type: ignore[method-assign,func-returns-value]
    one.begin("a1")
    one.add("one ")
    connections.wait_for("c1", "delta")
    for _ in range(1000):
        one.add("more ")
    assert len(woken) <= 2
    one.end(END)
    assert shown(connections.frames("c1"))[1] == "one " + "more " * 1000


@pytest.mark.parametrize("first_is", ["gone", "busy"])
def test_text_goes_at_once_to_one_who_reads_whatever_the_others_do(first_is: str) -> None:
    connections = RecordingConnections()
    getattr(connections, first_is).add("c1")
    one = poster(connections, timing=QUICK._replace(status_interval=60.0))
    one.join_in("c2")
    one.begin("a1")
    for count in range(1, 6):
        one.add(f"{count} ")
        assert connections.wait_for("c2", "delta", count, timeout=1.0)["text"] == f"{count} "
    connections.busy.clear()
    one.end(END)


def test_who_joins_late_gets_everything_from_the_beginning() -> None:
    connections = RecordingConnections()
    one = poster(connections)
    one.begin("a1")
    one.add("one ")
    connections.wait_for("c1", "delta")
    one.join_in("c2")
    one.join_in("c2")
    one.add("two")
    one.end(END)
    assert shown(connections.frames("c1")) == shown(connections.frames("c2")) == ("a1", "one two")
    assert len(connections.of_type("c2", "done")) == 1


def test_another_answer_begins_at_offset_0() -> None:
    connections = RecordingConnections()
    one = poster(connections)
    one.begin("a1")
    one.add("void")
    connections.wait_for("c1", "delta")
    one.begin("a2")
    one.add("counts")
    one.end(END)
    assert shown(connections.frames("c1")) == ("a2", "counts")


def test_one_who_is_gone_or_busy_does_not_hold_up_the_others() -> None:
    connections = RecordingConnections()
    connections.gone.add("c1")
    connections.busy.add("c2")
    one = poster(connections)
    one.join_in("c2")
    one.join_in("c3")
    one.begin("a1")
    one.add("text")
    connections.wait_for("c3", "delta")
    assert one.own_is_gone
    connections.busy.clear()
    one.end(END)
    assert shown(connections.frames("c2")) == shown(connections.frames("c3")) == ("a1", "text")
    assert connections.frames("c1") == []


def test_one_who_stays_busy_is_given_up() -> None:
    connections = RecordingConnections()
    connections.busy.add("c1")
    one = poster(connections, timing=QUICK._replace(drain_seconds=0.05))
    one.begin("a1")
    one.add("text")
    one.end(END)
    assert connections.frames("c1") == []


def test_a_busy_reader_is_sent_the_rest_from_where_it_stopped() -> None:
    connections = RecordingConnections()
    one = poster(connections, timing=QUICK._replace(drain_seconds=30.0))
    text = "x" * 100_000

    def after_one(connection_id: str, frame: dict[str, object]) -> None:
        if frame.get("type") == "delta":
            connections.on_post = lambda connection_id, frame: None
            connections.busy.add("c1")
            threading.Timer(0.02, connections.busy.clear).start()

    connections.on_post = after_one
    one.begin("a1")
    one.add(text)
    one.end(END)
    deltas = connections.of_type("c1", "delta")
    assert "".join(str(frame["text"]) for frame in deltas) == text


def test_once_the_lease_is_lost_nothing_is_sent() -> None:
    connections = RecordingConnections()
    lease = FakeLease()
    one = poster(connections)
    one.guard(lease)
    one.say("status", state="thinking")
    connections.wait_for("c1", "status")
    lease.is_lost = True
    one.begin("a1")
    one.add("text")
    one.end(END)
    assert [frame["type"] for frame in connections.frames("c1")] == ["status"]


def test_while_the_lease_is_in_doubt_there_are_signs_of_life_and_the_text_comes_afterwards() -> None:
    connections = RecordingConnections()
    lease = FakeLease()
    lease.held = False
    one = poster(connections, timing=QUICK._replace(status_interval=0.02))
    one.guard(lease)
    one.begin("a1")
    one.add("text")
    connections.wait_for("c1", "status")
    assert not connections.of_type("c1", "delta")
    threading.Timer(0.05, setattr, (lease, "held", True)).start()
    one.end(END)
    assert shown(connections.frames("c1"))[1] == "text"
    assert connections.frames("c1")[-1] == {"type": "done"}


@pytest.mark.parametrize("single", [False, True])
def test_an_error_is_sent_even_while_the_lease_is_in_doubt(single: bool) -> None:
    connections = RecordingConnections()
    lease = FakeLease()
    lease.held = False
    one = poster(connections, STREAMED._replace(single=single))
    one.guard(lease)
    one.begin("a1")
    one.add("text")
    one.end(error_ending(STREAMED, BridgeError(Code.STORE_UNAVAILABLE)))
    [reported] = connections.frames("c1")
    assert reported.get("code") or reported["statusCode"] == 503


def test_an_answer_is_given_up_when_the_lease_stays_in_doubt() -> None:
    connections = RecordingConnections()
    lease = FakeLease()
    lease.held = False
    one = poster(connections, timing=QUICK._replace(drain_seconds=0.05, status_interval=9.0))
    one.guard(lease)
    one.begin("a1")
    one.add("text")
    one.end(END)
    assert connections.frames("c1") == []


def test_an_unstreamed_request_learns_in_time_that_it_still_runs_while_the_lease_is_in_doubt() -> None:
    connections = RecordingConnections()
    lease = FakeLease()
    lease.held = False
    one = poster(connections, STREAMED._replace(single=True), single_in=0.02)
    one.guard(lease)
    one.end(END)
    [reply] = connections.frames("c1")
    assert reply["statusCode"] == 504


@pytest.mark.parametrize("held", [True, False])
def test_an_unstreamed_request_gets_one_message(held: bool) -> None:
    connections = RecordingConnections()
    one = poster(connections, STREAMED._replace(single=True))
    lease = FakeLease()
    lease.is_lost = not held
    one.guard(lease)
    one.say("status", state="thinking")
    one.begin("a1")
    one.add("text")
    one.end(Ending({"type": "done"}, b'{"statusCode": 200}'))
    assert connections.frames("c1") == ([{"statusCode": 200}] if held else [])


def test_an_unstreamed_request_learns_in_time_that_it_still_runs() -> None:
    connections = RecordingConnections()
    reported = threading.Event()
    connections.on_post = lambda connection_id, frame: reported.set()
    one = poster(connections, STREAMED._replace(single=True), single_in=0.02)
    assert reported.wait(5)
    one.end(END)
    [reply] = connections.frames("c1")
    assert reply["statusCode"] == 504
    assert one.own_is_gone


def test_a_reply_nobody_takes_is_given_up() -> None:
    connections = RecordingConnections()
    connections.gone.add("c1")
    one = poster(connections, STREAMED._replace(single=True))
    one.end(END)
    assert one.own_is_gone


def test_ended_without_a_last_frame() -> None:
    connections = RecordingConnections()
    one = poster(connections)
    one.end(None)
    assert connections.frames("c1") == []


def test_an_error_ends_both_kinds_of_request() -> None:
    ending = error_ending(STREAMED, BridgeError(Code.CANCELLED))
    assert ending.frame["code"] == "cancelled"
    assert b"499" in ending.single


def test_a_single_reply_that_is_not_taken_now_is_sent_later() -> None:
    connections = RecordingConnections()
    connections.busy.add("c1")
    one = poster(connections, STREAMED._replace(single=True), timing=QUICK._replace(drain_seconds=5.0))
    threading.Timer(0.05, connections.busy.clear).start()
    one.end(Ending({"type": "done"}, b'{"statusCode": 200}'))
    assert connections.frames("c1") == [{"statusCode": 200}]


def test_posting_ends_with_the_time_that_is_left() -> None:
    connections = RecordingConnections()
    connections.busy.add("c1")
    clock = Clock()
    one = Poster(
        connections,
        STREAMED,
        single_by=0.0,
        give_up_at=clock.monotonic() + 0.05,
        clock=clock,
        timing=QUICK._replace(drain_seconds=60.0),
        threads=THREADS,
    )
    one.start()
    began = clock.monotonic()
    one.end(END)
    assert clock.monotonic() - began < 5.0


@pytest.mark.parametrize("single", [False, True])
def test_an_unexpected_failure_ends_one_connection_and_not_the_thread(single: bool) -> None:
    connections = RecordingConnections()

    def fail(connection_id: str, frame: dict[str, object]) -> None:
        if connection_id == "c1":
            raise ZeroDivisionError

    connections.on_post = fail
    one = poster(connections, STREAMED._replace(single=single))
    one.join_in("c2")
    one.begin("a1")
    one.add("text")
    one.end(END)
    assert one.own_is_gone
    assert shown(connections.frames("c2")) == ("a1", "text")


def test_a_connection_that_takes_its_time_does_not_keep_those_waiting_who_heard_nothing_for_longer() -> None:
    connections, ended, order = RecordingConnections(), threading.Event(), list[tuple[str, str]]()
    connections.quick = False

    def on_post(to: str, frame: dict[str, object]) -> None:
        order.append((to, str(frame["type"])))
        if order[-1] == ("c2", "delta"):
            assert ended.wait(10)

    connections.on_post = on_post
    both = poster(connections)
    both.begin("a1")
    both.add("Hello.")
    connections.wait_for("c1", "delta")
    both.join_in("c2")
    connections.wait_for("c2", "delta")
    ending = threading.Thread(target=both.end, args=(END,))
    ending.start()
    while not both._broadcast.closed:
        ending.join(0.01)
    ended.set()
    ending.join(10)
    assert order[2:] == [("c1", "done"), ("c2", "done")]
