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

LONG_ON_MOTO = frozenset(
    {
        "test_a_change_that_does_not_fit_into_the_invocation_says_so_and_goes_on",
        "test_an_answer_that_is_being_made_is_kept_as_the_settings_then_say",
        "test_an_import_that_is_killed_again_and_again_adds_each_turn_once",
        "test_any_sequence_of_calls_does_what_the_model_does",
        "test_a_day_has_its_measure_of_imports",
        "test_a_session_that_moves_there_and_back_stays_what_it_is",
        "test_a_change_whose_process_ended_is_finished_by_the_next_invocation",
        "test_of_what_is_no_longer_kept_no_byte_is_left",
        "test_a_turn_whose_process_ended_before_its_end_was_lifted_is_kept_when_it_is_asked_for_again",
    }
)
"""Tests of every store that take a second or more on this one alone."""


def pytest_itemcollected(item: pytest.Item) -> None:
    if item.path.name == "test_dynamo_contract.py" and getattr(item, "originalname", "") in LONG_ON_MOTO:
        item.add_marker("slow")


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
