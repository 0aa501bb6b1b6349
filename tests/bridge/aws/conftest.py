from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest

from aws.doubles import CREDENTIALS, REGION, create_tables, table_names
from aws.moto_server import moto_server
from bridge.aws.dynamo_store import DynamoStore
from bridge.aws.dynamo_table import dynamodb
from bridge.aws.service import AwsSettings


@pytest.fixture(scope="session")
def moto_address() -> Iterator[tuple[str, int]]:
    with moto_server() as address:
        yield address


@pytest.fixture(scope="session")
def moto_url(moto_address: tuple[str, int]) -> str:
    return f"http://{moto_address[0]}:{moto_address[1]}"


@pytest.fixture(scope="session")
def boto(moto_url: str) -> Iterator[Callable[[str], Any]]:
    """Gives boto3 clients: the independent judge."""
    clients: dict[str, Any] = {}

    def client(service: str) -> Any:
        if service not in clients:
            clients[service] = boto3.client(
                service,  # type: ignore[call-overload]
                region_name=REGION,
                endpoint_url=moto_url,
                aws_access_key_id=CREDENTIALS.access_key,
                aws_secret_access_key=CREDENTIALS.secret_key,
            )
        return clients[service]

    yield client
    for made in clients.values():
        made.close()


@pytest.fixture
def tables(boto: Callable[[str], Any]) -> tuple[str, str]:
    """Two fresh tables."""
    names = table_names(uuid.uuid4().hex)
    create_tables(boto("dynamodb"), *names)
    return names


@pytest.fixture
def store(moto_url: str, tables: tuple[str, str]) -> Iterator[DynamoStore]:
    service = dynamodb(AwsSettings(REGION, CREDENTIALS, {"AWS_ENDPOINT_URL": moto_url}))
    yield DynamoStore(service, context_table=tables[0], hash_table=tables[1])
    service.close()
