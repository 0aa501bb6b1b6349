"""Every row we write is read by boto3, and every row that boto3 writes is read by us."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import boto3.dynamodb.types
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.aws.dynamo_items import attribute, attributes, names, plain, plain_item
from bridge.aws.dynamo_store import DynamoStore
from bridge.store.claim_row import Claim
from bridge.store.port import Store
from bridge.store.records import Head, Message, Progress, Turn, Usage

NOW = 1_800_000_000
SESSION = "ada/chat-ü"
TURN = Turn(
    id="01JD0000000000000000000001",
    context=(Message("user", "Grüße 😀\n"), Message("assistant", "")),
    last_updated=NOW,
    answer="a1",
    model="claude-sonnet-5-5",
    stop_reason="end_turn",
    truncated=True,
    usage=Usage(1, 2, 3, 4),
    ttl=NOW + 3,
)
HEAD = Head(
    born="01JC", last_updated=NOW, ttl=NOW + 60, owner="ada", title="Grüße", turns=1, turns_ttl=NOW + 180, summary="s", usage=Usage(1)
)
CLAIM = Claim("h", SESSION, TURN.id, "m", "i1", NOW + 15.123456789, NOW + 86400, connection_id="c=", cancel=True)
FAILED = Claim("h", SESSION, TURN.id, "m", "i1", NOW + 0.1, NOW + 60, "failed", code="rate_limited", retry_after=1.5, setting="S")

scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.text(),
    st.integers(-(10**37), 10**37),
    st.floats(-1e100, 1e100).filter(lambda x: x == 0 or abs(x) > 1e-100),
)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(min_size=1), inner, max_size=3), max_leaves=8
)


def read_by_boto3(value: Any) -> Any:
    return boto3.dynamodb.types.TypeDeserializer().deserialize(value)


def as_decimals(value: Any) -> Any:
    """A plain value as boto3 has it: every number is a Decimal."""
    if isinstance(value, dict):
        return {name: as_decimals(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [as_decimals(inner) for inner in value]
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return Decimal(repr(value))
    return value


@given(values)
def test_boto3_reads_any_value_we_write(value: Any) -> None:
    assert read_by_boto3(attribute(value)) == as_decimals(value)


@given(values)
def test_what_is_written_is_read_unchanged(value: Any) -> None:
    assert plain(attribute(value)) == value


@given(values)
def test_we_read_any_value_boto3_writes(value: Any) -> None:
    assert plain(boto3.dynamodb.types.TypeSerializer().serialize(as_decimals(value))) == value


@pytest.mark.parametrize(
    ("written", "read"),
    [("1", 1), ("-1.50", -1.5), ("1E+2", 100), ("100.0", 100), ("1E+40", 1e40), ("", None), ("one", None), ("nan", None), ("1E+999", None)],
)
def test_a_number_is_read_however_it_is_spelt(written: str, read: float | None) -> None:
    result = plain({"N": written})
    assert (result, type(result)) == (read, type(read))


@pytest.mark.parametrize(
    "damaged", [None, "text", {}, {"S": "a", "N": "1"}, {"S": 1}, {"BOOL": "true"}, {"L": {}}, {"B": "AA=="}, {"SS": ["a"]}]
)
def test_what_is_not_understood_counts_as_absent(damaged: object) -> None:
    assert plain(damaged) is None


def test_what_is_no_item_is_an_empty_one() -> None:
    assert plain_item(None) == {}


@pytest.mark.parametrize("value", [float("nan"), float("inf"), b"bytes", {1, 2}])
def test_what_dynamodb_cannot_hold_is_refused(value: object) -> None:
    with pytest.raises(TypeError):
        attribute(value)


def test_every_attribute_of_an_expression_is_named() -> None:
    assert names("#ttl <= :now AND #usage.#input_tokens = :n", "") == {"#ttl": "ttl", "#usage": "usage", "#input_tokens": "input_tokens"}


def test_the_store_is_a_store(store: Store) -> None:
    assert store.load("nothing", 50).turns == ()


def test_boto3_reads_a_session(store: DynamoStore, boto: Callable[[str], Any], tables: tuple[str, str]) -> None:
    store.add_turn(SESSION, TURN)
    store.begin(SESSION, HEAD, None)
    rows = boto("dynamodb").scan(TableName=tables[0])["Items"]
    read = sorted(({name: read_by_boto3(value) for name, value in row.items()} for row in rows), key=lambda row: str(row["turn"]))
    assert read == [as_decimals(TURN.item(SESSION)), as_decimals(HEAD.item(SESSION))]


@pytest.mark.parametrize("claim", [CLAIM, FAILED], ids=["running", "failed"])
def test_boto3_reads_a_claim(store: DynamoStore, boto: Callable[[str], Any], tables: tuple[str, str], claim: Claim) -> None:
    store.claim(claim, NOW)
    (row,) = boto("dynamodb").scan(TableName=tables[1])["Items"]
    assert {name: read_by_boto3(value) for name, value in row.items()} == as_decimals(claim.item())


def test_what_boto3_writes_is_read(store: DynamoStore, boto: Callable[[str], Any], tables: tuple[str, str]) -> None:
    serialize = boto3.dynamodb.types.TypeSerializer().serialize
    for table, item in ((0, TURN.item(SESSION)), (0, HEAD.item(SESSION)), (1, CLAIM.item())):
        written = {name: serialize(as_decimals(value)) for name, value in item.items()}
        boto("dynamodb").put_item(TableName=tables[table], Item=written)
    assert (store.load(SESSION, 50), store.look("h")) == ((HEAD, (TURN,)), CLAIM)


def test_a_row_of_the_users_own_making_stops_nothing(store: DynamoStore, boto: Callable[[str], Any], tables: tuple[str, str]) -> None:
    boto("dynamodb").put_item(
        TableName=tables[0], Item={"session_id": {"S": "s"}, "turn": {"S": "~head"}, "born": {"NULL": True}, "turns": {"S": "x"}}
    )
    boto("dynamodb").put_item(TableName=tables[0], Item={"session_id": {"S": "s"}, "turn": {"S": "01"}, "context": {"SS": ["x"]}})
    head, turns = store.load("s", 50)
    assert (head, turns) == (Head(born="", last_updated=0), (Turn("01", (), 0),))


def test_a_head_without_usage_is_advanced(store: DynamoStore, boto: Callable[[str], Any], tables: tuple[str, str]) -> None:
    boto("dynamodb").put_item(
        TableName=tables[0], Item=attributes({"session_id": "s", "turn": "~head", "born": "01", "last_updated": 1, "ttl": 2})
    )
    head = store.advance("s", "01", Progress("ada", "t", 5, 9, 27, Usage(1, 2, 3, 4)))
    assert head == Head("01", 5, 9, owner="ada", title="t", turns=1, turns_ttl=27, usage=Usage(1, 2, 3, 4))


@pytest.mark.parametrize(
    "odd",
    [
        {"born": "01", "last_updated": "yesterday", "ttl": "never"},
        {"born": "01", "last_updated": 1, "usage": "much"},
        {"born": "01", "usage": {"input_tokens": 1}},
    ],
)
def test_a_head_with_odd_attributes_is_advanced(
    store: DynamoStore, boto: Callable[[str], Any], tables: tuple[str, str], odd: dict[str, Any]
) -> None:
    boto("dynamodb").put_item(TableName=tables[0], Item=attributes({"session_id": "s", "turn": "~head"} | odd))
    head = store.advance("s", "01", Progress("ada", "t", 5, 9, 27, Usage(1, 2, 3, 4)))
    assert head == Head("01", 5, owner="ada", title="t", turns=1, turns_ttl=27, usage=Usage(1, 2, 3, 4))


@pytest.mark.parametrize(
    "odd",
    [
        {},
        {"born": 7},
        {"born": ""},
        {"born": "01", "last_updated": "yesterday"},
        {"last_updated": True},
        {"born": ["01"], "last_updated": {}},
    ],
)
def test_a_head_that_cannot_be_read_can_be_buried(
    store: DynamoStore, boto: Callable[[str], Any], tables: tuple[str, str], odd: dict[str, Any]
) -> None:
    boto("dynamodb").put_item(TableName=tables[0], Item=attributes({"session_id": "s", "turn": "~head"} | odd))
    tombstone = Head("05", NOW, deleted=True)
    assert store.begin("s", tombstone, store.load("s", 1).head) == tombstone


def test_attributes_that_another_version_added_stay(store: DynamoStore, boto: Callable[[str], Any], tables: tuple[str, str]) -> None:
    boto("dynamodb").put_item(TableName=tables[0], Item=attributes(HEAD.item("s") | {"later": "kept"}))
    store.advance("s", HEAD.born, Progress("ada", "t", NOW, None, None, Usage()))
    (row,) = boto("dynamodb").scan(TableName=tables[0])["Items"]
    assert row["later"] == {"S": "kept"}
    assert "ttl" not in row


def test_nobody_has_no_sessions(store: DynamoStore) -> None:
    assert store.sessions("", 10, None, NOW) == ()
