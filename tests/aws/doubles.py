"""Tables as Terraform makes them, and clocks for calls that are tried again."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from bridge.clock import Clock
from bridge.network.sigv4 import Credentials

REGION = "eu-central-1"
CREDENTIALS = Credentials("AKIAEXAMPLE", "a secret for tests")


@dataclass
class Time:
    """A clock that moves by what is slept, and a jitter that always takes the longest wait."""

    now: float = 1_800_000_000.0
    slept: list[float] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    @property
    def clock(self) -> Clock:
        return Clock(now=lambda: self.now, monotonic=lambda: self.now)

    @property
    def how(self) -> dict[str, Any]:
        """What a `Service` is given."""
        return {"clock": self.clock, "sleep": self.sleep, "jitter": lambda: 1.0}


def table_names(suffix: str) -> tuple[str, str]:
    return f"sessions-{suffix}", f"hashes-{suffix}"


def create_tables(client: Any, context_table: str, hash_table: str) -> None:
    def text(name: str) -> dict[str, str]:
        return {"AttributeName": name, "AttributeType": "S"}

    client.create_table(
        TableName=context_table,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "session_id", "KeyType": "HASH"}, {"AttributeName": "turn", "KeyType": "RANGE"}],
        AttributeDefinitions=[
            text("session_id"),
            text("turn"),
            text("owner"),
            {"AttributeName": "last_updated", "AttributeType": "N"},
        ],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "owner-index",
                "KeySchema": [{"AttributeName": "owner", "KeyType": "HASH"}, {"AttributeName": "last_updated", "KeyType": "RANGE"}],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
    )
    client.create_table(
        TableName=hash_table,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "hash", "KeyType": "HASH"}],
        AttributeDefinitions=[text("hash")],
    )
