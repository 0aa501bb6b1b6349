"""DynamoDB, as moto has it, passes the suite of every store."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest

from aws.doubles import CREDENTIALS, REGION, create_tables, table_names
from bridge.aws.dynamo_store import DynamoStore
from bridge.aws.dynamo_table import dynamodb
from bridge.aws.service import AwsSettings
from bridge.store.port import Store
from contract.store_contract import StoreContract

NAMES = table_names("contract")


@pytest.fixture(scope="module")
def two_stores(boto: Callable[[str], Any], moto_url: str) -> Iterator[Sequence[DynamoStore]]:
    """Two with connections of their own, as two invocations have them."""
    create_tables(boto("dynamodb"), *NAMES)
    services = [dynamodb(AwsSettings(REGION, CREDENTIALS, {"AWS_ENDPOINT_URL": moto_url})) for _ in range(2)]
    yield [DynamoStore(service, context_table=NAMES[0], hash_table=NAMES[1]) for service in services]
    for service in services:
        service.close()


class TestDynamoStore(StoreContract):
    examples = 8

    @pytest.fixture
    def stores(self, two_stores: Sequence[Store]) -> Sequence[Store]:
        return two_stores

    @pytest.fixture
    def store(self, two_stores: Sequence[Store]) -> Store:
        return two_stores[0]

    @pytest.mark.parametrize("lease_until", [0.1 + 0.2, 1750226614.9999998, 1e9 / 3, 1e-130, 0.0, 2.0**40])
    def test_a_lease_comes_back_to_the_last_bit(self, store: Store, name: str, lease_until: float) -> None:
        """DynamoDB holds nothing nearer to zero than 1E-130, SQLite does."""
        super().test_a_lease_comes_back_to_the_last_bit(store, name, lease_until)
