"""One DynamoDB table, in plain items: the calls the store needs, each with its condition.

https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/ (version 2012-08-10). In conditions and changes every attribute is written
`#name` and every value `:name`; what stands behind them is added here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from bridge.aws.dynamo_items import attributes, names, plain_item
from bridge.aws.errors import AwsError
from bridge.aws.service import AwsSettings, Service
from bridge.errors import StoreUnavailable
from bridge.store.records import Item
from bridge.typed import Any

BATCH = 25
"""The most deletions that one BatchWriteItem takes."""

_BATCH_ATTEMPTS = 8


def dynamodb(settings: AwsSettings, **how: Any) -> Service:
    """The DynamoDB service of the region. `how` goes to `Service`: retry_policy, clock, sleep, jitter."""
    return Service(settings, settings.endpoint("DYNAMODB", f"dynamodb.{settings.region}"), "dynamodb", **how)


class ConditionFailed(Exception):
    """A write whose condition did not hold. `item` is what is there instead, None where there is nothing.

    `repeated` says that an earlier attempt of this very write may have been carried out, its answer having been lost.
    """

    def __init__(self, item: Item | None, repeated: bool) -> None:
        super().__init__("The condition of a write did not hold.")
        self.item = item
        self.repeated = repeated

    @property
    def there(self) -> Item:
        """The item that a write which may always create one has met. Raises `StoreUnavailable` if the answer did not hold it."""
        if self.item is None:
            raise StoreUnavailable from self
        return self.item


class Table:
    """Everything raises `StoreUnavailable` where DynamoDB did not do, or may not have done, what it was asked."""

    def __init__(self, service: Service, name: str) -> None:
        self._service = service
        self._name = name

    def get(self, key: Item, *, consistent: bool = True) -> Item | None:
        answer = self._call("GetItem", Key=attributes(key), ConsistentRead=consistent)
        return plain_item(answer["Item"]) if "Item" in answer else None

    def put(self, item: Item, condition: str = "", values: Mapping[str, Any] | None = None) -> None:
        """Raises `ConditionFailed`."""
        self._call("PutItem", Item=attributes(item), **(_conditional(condition, values or {}) if condition else {}))

    def update(self, key: Item, change: str, condition: str, values: Mapping[str, Any]) -> Item:
        """Returns the item after the change. Raises `ConditionFailed`."""
        request = _conditional(condition, values) | {"ExpressionAttributeNames": names(condition, change)}
        return plain_item(
            self._call("UpdateItem", Key=attributes(key), UpdateExpression=change, ReturnValues="ALL_NEW", **request).get("Attributes")
        )

    def delete(self, key: Item) -> None:
        self._call("DeleteItem", Key=attributes(key))

    def query(
        self,
        condition: str,
        values: Mapping[str, Any],
        *,
        page: int | None = None,
        forward: bool = False,
        index: str = "",
        only: str = "",
    ) -> Iterator[Item]:
        """The items that fulfil a key condition, fetched as they are asked for; descending unless `forward`.

        `page` is the size of the first page: taking no more than that costs one call (unless it exceeds 1 MB). The next ones
        double. Strongly consistent but for an `index`. `only` names the attributes that are wanted.
        """
        request: dict[str, Any] = {
            "KeyConditionExpression": condition,
            "ExpressionAttributeNames": names(condition, only),
            "ExpressionAttributeValues": _values(values),
            "ScanIndexForward": forward,
        }
        request |= {"IndexName": index} if index else {"ConsistentRead": True}
        if only:
            request["ProjectionExpression"] = only
        while True:
            if page is not None:
                request["Limit"] = page
                page *= 2
            answer = self._call("Query", **request)
            yield from map(plain_item, answer.get("Items", ()))
            if not answer.get("LastEvaluatedKey"):
                return
            request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    def get_batch(self, keys: Sequence[Item]) -> list[Item]:
        """At most 100 items, strongly consistent, asking again for those that DynamoDB left out (it does, when it is throttled)."""
        requests: dict[str, Any] = {self._name: {"Keys": [attributes(key) for key in keys], "ConsistentRead": True}} if keys else {}
        items: list[Item] = []
        for attempt in range(1, _BATCH_ATTEMPTS + 1):
            if not requests:
                return items
            answer = self._send("BatchGetItem", {"RequestItems": requests})
            items += map(plain_item, answer.get("Responses", {}).get(self._name, ()))
            requests = answer.get("UnprocessedKeys") or {}
            if requests:
                self._service.pause(attempt)
        raise StoreUnavailable

    def delete_batch(self, keys: Sequence[Item]) -> None:
        """Deletes at most `BATCH` items, asking again for those that DynamoDB left undone (it does, when it is throttled)."""
        requests = {self._name: [{"DeleteRequest": {"Key": attributes(key)}} for key in keys]}
        for attempt in range(1, _BATCH_ATTEMPTS + 1):
            requests = self._send("BatchWriteItem", {"RequestItems": requests}).get("UnprocessedItems") or {}
            if not requests:
                return
            self._service.pause(attempt)
        raise StoreUnavailable

    def _call(self, operation: str, **request: Any) -> dict[str, Any]:
        return self._send(operation, {"TableName": self._name, **request})

    def _send(self, operation: str, request: Mapping[str, Any]) -> dict[str, Any]:
        try:
            return self._service.json(f"DynamoDB_20120810.{operation}", "1.0", request)
        except AwsError as error:
            if error.name == "ConditionalCheckFailedException":
                item = error.body.get("Item")
                raise ConditionFailed(plain_item(item) if item else None, error.repeated) from error
            raise StoreUnavailable from error


def _conditional(condition: str, values: Mapping[str, Any]) -> dict[str, Any]:
    request: dict[str, Any] = {
        "ConditionExpression": condition,
        "ExpressionAttributeNames": names(condition),
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }
    return request | ({"ExpressionAttributeValues": _values(values)} if values else {})


def _values(values: Mapping[str, Any]) -> dict[str, Any]:
    return attributes({f":{name}": value for name, value in values.items()})
