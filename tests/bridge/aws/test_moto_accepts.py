"""A real moto server that checks signatures and keys accepts ours, and refuses a wrong one."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from aws.doubles import REGION, Time
from bridge.aws.dynamo_store import DynamoStore
from bridge.aws.dynamo_table import dynamodb
from bridge.aws.parameters import KeyParameter, ssm
from bridge.aws.service import AwsSettings
from bridge.errors import BridgeError, StoreUnavailable
from bridge.network.sigv4 import Credentials
from bridge.store.port import Session
from bridge.store.records import Head

POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Action": ["dynamodb:Query", "dynamodb:PutItem", "ssm:GetParameter"], "Resource": "*"},
    ],
}
HEAD = Head(born="01", last_updated=1)


@pytest.fixture(scope="module")
def role(boto: Callable[[str], Any]) -> Credentials:
    """Credentials of an assumed role, with a session token, as Lambda has them."""
    iam = boto("iam")
    arn = iam.create_role(RoleName="bridge", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    iam.put_role_policy(RoleName="bridge", PolicyName="bridge", PolicyDocument=json.dumps(POLICY))
    boto("ssm").put_parameter(Name="/bridge/key", Value="sk-moto", Type="SecureString")
    given = boto("sts").assume_role(RoleArn=arn, RoleSessionName="bridge")["Credentials"]
    return Credentials(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])


@pytest.fixture
def enforced(moto_url: str, role: Credentials, tables: tuple[str, str]) -> Iterator[None]:
    def allow(actions: str) -> None:
        plain = {"Content-Type": "text/plain"}
        request = urllib.request.Request(f"{moto_url}/moto-api/reset-auth", actions.encode(), plain, method="POST")
        urllib.request.urlopen(request).close()

    allow("0")
    yield
    allow("inf")


Made = Callable[[Credentials], tuple[DynamoStore, KeyParameter]]


@pytest.fixture
def made(moto_url: str, tables: tuple[str, str], enforced: None) -> Iterator[Made]:
    services = []

    def made(credentials: Credentials) -> tuple[DynamoStore, KeyParameter]:
        settings = AwsSettings(REGION, credentials, {"AWS_ENDPOINT_URL": moto_url})
        services.extend([dynamodb(settings), ssm(settings)])
        store = DynamoStore(services[-2], context_table=tables[0], hash_table=tables[1])
        return store, KeyParameter(services[-1], "/bridge/key", Time().clock)

    yield made
    for service in services:
        service.close()


def test_our_signatures_are_accepted(made: Made, role: Credentials) -> None:
    store, parameter = made(role)
    assert store.begin("é/s", HEAD, None) == HEAD
    assert store.load("é/s", 50) == Session(HEAD, ())
    assert parameter.key() == "sk-moto"


def test_a_wrong_key_is_refused(made: Made, role: Credentials) -> None:
    store, parameter = made(role._replace(secret_key="wrong"))
    with pytest.raises(StoreUnavailable):
        store.load("s", 50)
    with pytest.raises(BridgeError, match="ANTHROPIC_API_KEY_PARAMETER"):
        parameter.key()


def test_what_the_role_may_not_do_is_refused(made: Made, role: Credentials) -> None:
    store, _ = made(role)
    with pytest.raises(StoreUnavailable):
        store.remove_turn("s", "01")
