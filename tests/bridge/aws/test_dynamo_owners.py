"""Owners do not meet in DynamoDB's tables either: each gets what it would get alone."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any

import pytest

from aws.doubles import CREDENTIALS, REGION, create_tables, table_names
from bridge.aws.dynamo_store import DynamoStore
from bridge.aws.dynamo_table import dynamodb
from bridge.aws.service import AwsSettings
from bridge.store.port import Store
from isolation.scripts import canaries_of, long_script
from isolation.worlds import assert_nobody_notices_anybody

OWNERS = ("ada", "default")


@pytest.mark.slow
def test_nobody_notices_anybody_in_the_tables(moto_url: str, boto: Callable[[str], Any]) -> None:
    @contextmanager
    def tables() -> Iterator[Store]:
        context_table, hash_table = table_names(uuid.uuid4().hex)
        create_tables(boto("dynamodb"), context_table, hash_table)
        with closing(dynamodb(AwsSettings(REGION, CREDENTIALS, {"AWS_ENDPOINT_URL": moto_url}))) as service:
            yield DynamoStore(service, context_table=context_table, hash_table=hash_table)

    assert_nobody_notices_anybody(long_script(OWNERS, 3, 1), OWNERS, canaries_of(OWNERS), tables)
