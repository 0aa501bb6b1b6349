"""The API key: read once, once more when it was refused."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import pytest

from aws.doubles import CREDENTIALS, REGION, Time
from aws.scripted_server import ScriptedServer, Step, answer, error, refused, scripted
from bridge.aws.parameters import REFRESH_SECONDS, KeyParameter, ssm
from bridge.aws.service import AwsSettings
from bridge.errors import BridgeError, Code

Open = Callable[..., AbstractContextManager[tuple[KeyParameter, ScriptedServer]]]


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def opened(time: Time) -> Open:
    @contextlib.contextmanager
    def opened(*steps: Step, otherwise: Step = refused) -> Iterator[tuple[KeyParameter, ScriptedServer]]:
        with scripted(*steps, otherwise=otherwise) as server:
            service = ssm(AwsSettings(REGION, CREDENTIALS, {"AWS_ENDPOINT_URL_SSM": server.url}), **time.how)
            yield KeyParameter(service, "/bridge/key", time.clock), server
            service.close()

    return opened


def holding(value: Any) -> Step:
    return answer(200, {"Parameter": {"Name": "/bridge/key", "Value": value}})


def test_the_key_is_read_decrypted_and_once(opened: Open) -> None:
    with opened(holding("sk-test\n")) as (parameter, server):
        assert [parameter.key(), parameter.key()] == ["sk-test"] * 2
        (request,) = server.requests
    assert request.json == {"Name": "/bridge/key", "WithDecryption": True}
    assert request.headers["x-amz-target"] == "AmazonSSM.GetParameter"
    assert request.headers["content-type"] == "application/x-amz-json-1.1"


def test_a_refused_key_is_read_anew_but_not_with_each_question(opened: Open, time: Time) -> None:
    with opened(holding("old"), holding("new"), holding("newer")) as (parameter, server):
        assert [parameter.key(), parameter.refresh(), parameter.refresh(), parameter.key()] == ["old", "new", "new", "new"]
        time.now += REFRESH_SECONDS
        assert parameter.refresh() == "newer"
        assert len(server.requests) == 3


def test_a_key_that_could_not_be_read_is_read_by_the_next_question(opened: Open) -> None:
    with opened(error("ParameterNotFound"), holding("late")) as (parameter, _):
        with pytest.raises(BridgeError):
            parameter.key()
        assert parameter.key() == "late"


@pytest.mark.parametrize(
    "step",
    [error("ParameterNotFound"), error("AccessDeniedException"), answer(200), answer(200, {"Parameter": 1}), holding(" "), holding(7)],
    ids=["missing", "denied", "no parameter", "no object", "blank", "number"],
)
def test_no_key_names_the_setting(opened: Open, step: Step) -> None:
    with opened(step) as (parameter, _), pytest.raises(BridgeError, match="ANTHROPIC_API_KEY_PARAMETER") as caught:
        parameter.key()
    assert (caught.value.code, caught.value.setting) == (Code.CLAUDE_MISCONFIGURED, "ANTHROPIC_API_KEY_PARAMETER")


@pytest.mark.parametrize("step", [refused, answer(500), error("ThrottlingException")], ids=["no answer", "500", "throttled"])
def test_no_answer_may_be_tried_again(opened: Open, step: Step) -> None:
    with opened(otherwise=step) as (parameter, _), pytest.raises(BridgeError) as caught:
        parameter.key()
    assert caught.value.code is Code.CLAUDE_UNAVAILABLE


def test_the_key_is_never_logged(opened: Open, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG), opened(holding("sk-secret"), error("AccessDeniedException")) as (parameter, _):
        parameter.key()
        with pytest.raises(BridgeError):
            parameter.refresh()
    assert "bridge" in {record.name for record in caplog.records}
    assert "sk-secret" not in str([vars(record) for record in caplog.records])
