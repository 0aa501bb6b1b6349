"""What moto cannot do and DynamoDB does: throttling, time-outs, cut and lost answers. The store ends in the state its port promises."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import pytest

from aws.doubles import CREDENTIALS, REGION, Time
from aws.scripted_server import Exchange, ScriptedServer, Step, answer, cut, error, lost, passed, refused, scripted, silent, then_closed
from bridge.aws.dynamo_items import attributes
from bridge.aws.dynamo_store import DynamoStore
from bridge.aws.dynamo_table import dynamodb
from bridge.aws.service import AwsSettings, RetryPolicy
from bridge.errors import StoreUnavailable
from bridge.store.claim_row import Claim
from bridge.store.records import Head, Message, Progress, Turn, Usage
from bridge.store.tally import Hold

NOW = 1_800_000_000
TURN = Turn("01B", (Message("user", "q"), Message("assistant", "a")), NOW, answer="a1", ttl=NOW + 9)
HEAD = Head(born="01A", last_updated=NOW, ttl=NOW + 9)
CLAIM = Claim("h", "s", "01B", "m", "i1", NOW + 15.5, NOW + 86400)
FAILED = CLAIM._replace(state="failed", code="rate_limited")
HOLD = Hold("budget/ada/2027-01-15", "a1", 40, NOW + 86400)
PROGRESS = Progress("ada", "t", NOW + 1, NOW + 10, NOW + 30, Usage(1, 2, 3, 4))

FAULTS = {
    "throttled": error("ThrottlingException"),
    "throughput": error("ProvisionedThroughputExceededException"),
    "500": answer(500, b"<html>"),
    "refused": refused,
    "lost": lost,
    "cut": cut,
    "silent": silent,
}
OPERATIONS: dict[str, tuple[Callable[[DynamoStore], Any], Any]] = {
    "add_turn": (lambda store: store.add_turn("s", TURN), None),
    "begin": (lambda store: store.begin("s", HEAD, None), HEAD),
    "claim": (lambda store: store.claim(CLAIM, NOW), None),
    "remove_turn": (lambda store: store.remove_turn("s", "01B"), None),
    "remove_turns": (lambda store: store.remove_turns("s", "01B"), 0),
    "load": (lambda store: tuple(store.load("s", 50)), (None, ())),
    "look": (lambda store: store.look("h"), None),
    "sessions": (lambda store: store.sessions("ada", 5, None, NOW), ()),
    "cancel": (lambda store: store.cancel("h"), False),
    "hold": (lambda store: store.hold(HOLD, 30), None),
    "settle": (lambda store: store.settle(HOLD, 7), None),
}

Open = Callable[..., AbstractContextManager[tuple[DynamoStore, ScriptedServer]]]


@pytest.fixture
def faulty(moto_address: tuple[str, int], tables: tuple[str, str]) -> Open:
    """A store on moto, behind a server that first does what the steps say."""

    @contextlib.contextmanager
    def opened(*steps: Step, attempts: int = 5) -> Iterator[tuple[DynamoStore, ScriptedServer]]:
        with scripted(*steps, behind=moto_address) as server:
            settings = AwsSettings(REGION, CREDENTIALS, {"AWS_ENDPOINT_URL_DYNAMODB": server.url})
            service = dynamodb(
                settings, retry_policy=RetryPolicy(attempts=attempts, read_timeout=0.15 if silent in steps else 4.0), **Time().how
            )
            yield DynamoStore(service, context_table=tables[0], hash_table=tables[1]), server
            service.close()

    return opened


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
@pytest.mark.parametrize(("operation", "result"), OPERATIONS.values(), ids=OPERATIONS)
def test_a_fault_costs_an_attempt_and_changes_no_result(
    faulty: Open, operation: Callable[[DynamoStore], Any], result: Any, fault: Step
) -> None:
    with faulty(fault) as (store, server):
        assert operation(store) == result
        assert len(server.requests) >= 2


@pytest.mark.parametrize("operation", [entry[0] for entry in OPERATIONS.values()], ids=OPERATIONS)
@pytest.mark.parametrize("fault", [error("ThrottlingException"), refused, answer(503)], ids=["throttled", "refused", "503"])
def test_a_fault_that_stays_is_store_unavailable(faulty: Open, operation: Callable[[DynamoStore], Any], fault: Step) -> None:
    with faulty(fault, fault, attempts=2) as (store, _), pytest.raises(StoreUnavailable) as caught:
        operation(store)
    assert caught.value.__cause__ is not None


@pytest.mark.parametrize("name", ["AccessDeniedException", "ResourceNotFoundException", "ValidationException"])
def test_a_refusal_is_store_unavailable_at_once(faulty: Open, name: str) -> None:
    with faulty(error(name)) as (store, server):
        with pytest.raises(StoreUnavailable):
            store.load("s", 50)
        assert len(server.requests) == 1


@pytest.mark.parametrize("fault", [lost, cut], ids=["lost", "cut"])
def test_our_own_row_after_a_lost_answer_is_success(faulty: Open, fault: Step) -> None:
    after = CLAIM._replace(invocation="i2", lease_until=NOW + 30)
    with faulty() as (store, server):

        def losing(call: Callable[[], Any]) -> Any:
            server.script.append(fault)
            return call()

        assert losing(lambda: store.add_turn("s", TURN)) is None
        assert losing(lambda: store.begin("s", HEAD, None)) == HEAD
        assert losing(lambda: store.claim(CLAIM, NOW)) is None
        assert losing(lambda: store.take_over(after, CLAIM)) is None
        assert losing(lambda: store.renew("h", "i2", NOW + 40)) == after._replace(lease_until=NOW + 40)
        assert losing(lambda: store.cancel("h")) is True
        assert losing(lambda: store.fail(FAILED._replace(invocation="i2"))) is True
        assert store.load("s", 50) == (HEAD, (TURN,))


@pytest.mark.parametrize("fault", [lost, cut], ids=["lost", "cut"])
def test_tokens_are_held_and_settled_once_after_a_lost_answer(faulty: Open, fault: Step) -> None:
    with faulty() as (store, server):
        server.script.append(fault)
        assert store.hold(HOLD, 30) is None
        actual = store.hold(HOLD._replace(name="a2"), 30)
        assert actual is not None
        assert actual.tokens == 40
        server.script.append(fault)
        store.settle(HOLD, 7)
        actual = store.hold(HOLD._replace(name="a2"), 7)
        assert actual is not None
        assert (actual.tokens, actual.holds) == (7, {})


def test_a_row_of_another_after_a_lost_answer_is_returned(faulty: Open) -> None:
    theirs = TURN._replace(answer="a2")
    with faulty() as (store, server):
        assert store.add_turn("s", theirs) is None
        server.script.append(lost)
        assert store.add_turn("s", TURN) == theirs


def test_a_turn_added_twice_was_there_already(faulty: Open) -> None:
    with faulty() as (store, _):
        store.add_turn("s", TURN)
        assert store.add_turn("s", TURN) == TURN


def test_a_connection_cut_between_two_calls_costs_a_reconnect(faulty: Open) -> None:
    with faulty(then_closed(passed)) as (store, server):
        store.load("s", 50)
        server.hung_up.wait()
        assert store.add_turn("s", TURN) is None
        assert server.connections == 2


def test_a_turn_whose_idle_connection_turns_out_dead_is_written_once(faulty: Open) -> None:
    with faulty(passed, lost) as (store, server):
        store.load("s", 50)
        assert store.add_turn("s", TURN) is None
        assert server.operations == ["Query", "PutItem", "PutItem"]


@pytest.mark.slow
def test_one_load_is_one_query(faulty: Open) -> None:
    with faulty() as (store, server):
        store.begin("s", HEAD, None)
        for number in range(60):
            store.add_turn("s", TURN._replace(id=f"01B{number:02}"))
        server.requests.clear()
        head, turns = store.load("s", 50)
        assert server.operations == ["Query"]
    assert (head, len(turns), turns[0].id) == (HEAD, 49, "01B59")


def _page(*items: dict[str, Any], last: dict[str, Any] | None = None) -> Step:
    more = {"LastEvaluatedKey": attributes(last)} if last else {}
    return answer(200, {"Items": [attributes(item) for item in items], **more})


def test_a_query_cut_at_a_megabyte_goes_on(faulty: Open) -> None:
    older = TURN._replace(id="01AA")
    with faulty(_page(HEAD.item("s"), TURN.item("s"), last={"turn": "01B"}), _page(older.item("s"))) as (store, server):
        assert store.load("s", 50) == (HEAD, (TURN, older))
        assert server.requests[1].json["ExclusiveStartKey"] == {"turn": {"S": "01B"}}


def test_what_was_not_deleted_is_deleted_again(faulty: Open) -> None:
    def half(exchange: Exchange) -> None:
        ((table, requests),) = exchange.request.json["RequestItems"].items()
        answer(200, {"UnprocessedItems": {table: requests[1:]}})(exchange)

    with faulty() as (store, server):
        for number in range(30):
            store.add_turn("s", TURN._replace(id=f"01B{number:02}"))
        server.requests.clear()
        server.script.extend([passed, half])
        assert store.remove_turns("s", "01C") == 30
        sizes = [len(*request.json["RequestItems"].values()) for request in server.requests if request.operation == "BatchWriteItem"]
    assert sizes == [25, 24, 5]


def test_what_is_never_deleted_is_store_unavailable(faulty: Open) -> None:
    def nothing(exchange: Exchange) -> None:
        answer(200, {"UnprocessedItems": exchange.request.json["RequestItems"]})(exchange)

    with faulty() as (store, server):
        store.add_turn("s", TURN)
        server.script.extend([passed, *[nothing] * 8])
        with pytest.raises(StoreUnavailable):
            store.remove_turns("s", "01C")


def test_a_failed_condition_without_the_row_is_store_unavailable(faulty: Open) -> None:
    with faulty(error("ConditionalCheckFailedException")) as (store, _), pytest.raises(StoreUnavailable):
        store.add_turn("s", TURN)


@pytest.mark.parametrize("body", [b"{}", b'{"Items": [{}]}', b'{"Items": [{"turn": {"N": "1"}}]}'])
def test_an_answer_that_makes_no_sense_is_no_session(faulty: Open, body: bytes) -> None:
    with faulty(answer(200, body)) as (store, _):
        assert store.load("s", 50).head is None


def test_reads_are_strongly_consistent_by_default(faulty: Open) -> None:
    with faulty() as (store, server):
        store.load("s", 50)
        store.turn("s", "01B")
        store.look("h")
        store.look("h", consistent=False)
        assert [request.json["ConsistentRead"] for request in server.requests] == [True, True, True, False]


def test_a_turn_is_counted_once_after_a_lost_answer(faulty: Open) -> None:
    with faulty() as (store, server):
        store.begin("s", HEAD, None)
        server.script.append(lost)
        head = store.advance("s", "01A", PROGRESS._replace(turn="01B", cost=70_000))
    assert head is not None
    assert (head.turns, head.cost) == (1, 70_000)


def test_a_lost_advance_still_moves_the_session(faulty: Open) -> None:
    with faulty() as (store, server):
        store.begin("s", HEAD, None)
        server.script.append(lost)
        head = store.advance("s", "01A", PROGRESS)
    assert head is not None
    assert (head.owner, head.ttl, head.last_updated) == ("ada", NOW + 10, NOW + 1)
