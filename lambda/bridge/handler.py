"""Entry point of the bridge function: the AWS adapters, built once per environment, and each event handed to the app."""

from __future__ import annotations

import gc

gc.disable()  # What is imported is not garbage; looking for some meanwhile takes a seventh of a cold start.

import functools
import json
import os
import sys
from collections.abc import Callable, Mapping
from contextlib import ExitStack, closing

from bridge.app import App
from bridge.aws.connections import AwsConnections, execute_api
from bridge.aws.dynamo_store import DynamoStore
from bridge.aws.dynamo_table import dynamodb
from bridge.aws.parameters import KeyParameter, ssm
from bridge.aws.service import AwsSettings
from bridge.claude.anthropic_api import AnthropicApi, ApiKey, FixedKey
from bridge.claude.endpoint import Endpoint
from bridge.claude.messages_api import MessagesApi
from bridge.clock import Clock
from bridge.logs import log_to
from bridge.network.proxy import proxy_for
from bridge.settings import BadSetting, Settings
from bridge.turn.metrics import Measures, metric_line
from bridge.typed import Any, Protocol

gc.enable()
gc.freeze()


class LambdaContext(Protocol):
    """What is used of Lambda's context object."""

    aws_request_id: str

    def get_remaining_time_in_millis(self) -> int: ...


_invocation: dict[str, str] = {}
"""`requestId` by Lambda's own name, part of every line. An environment handles one event at a time."""


def handler(event: Mapping[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Handles one event of the WebSocket API."""
    _invocation["requestId"] = context.aws_request_id
    return _app().handle(event, lambda: context.get_remaining_time_in_millis() / 1000)


def compose(environment: Mapping[str, str], write: Callable[[str], object], parts: ExitStack) -> App:
    """The app on AWS. `write` takes the lines of the metrics; closing `parts` closes the connections. Raises `BadSetting`."""
    settings, aws, clock = Settings.of(environment), AwsSettings.of(environment), Clock()
    if not settings.api_id:
        raise BadSetting("API_ID must be the id of the WebSocket API whose connections the bridge posts to.")
    function = environment.get("AWS_LAMBDA_FUNCTION_NAME", "bridge")

    def report(measures: Measures) -> None:
        write(json.dumps(metric_line(measures, function, clock.now()) | _invocation))

    dynamo = parts.enter_context(closing(dynamodb(aws)))
    gateway = parts.enter_context(closing(execute_api(aws, settings.api_id)))
    endpoint = _endpoint(settings, aws, clock, parts)
    claude = parts.enter_context(closing(MessagesApi(endpoint, clock, proxy=proxy_for(endpoint.url, environment))))
    return App(
        settings=settings,
        store=DynamoStore(dynamo, context_table=settings.context_table, hash_table=settings.hash_table),
        connections=AwsConnections(gateway, settings.stage),
        claude=claude,
        clock=clock,
        report=report,
        local=False,
    )


def _endpoint(settings: Settings, aws: AwsSettings, clock: Clock, parts: ExitStack) -> Endpoint:
    """The endpoint of the provider that the settings name."""
    if settings.claude_provider != "anthropic":
        from bridge.claude.aws_endpoint import FixedCredentials, aws_endpoint

        return aws_endpoint(settings, aws.region, FixedCredentials(aws.credentials), clock)
    key: ApiKey = FixedKey(settings.anthropic_api_key)
    if settings.anthropic_api_key_parameter and not settings.anthropic_api_key:
        key = KeyParameter(parts.enter_context(closing(ssm(aws))), settings.anthropic_api_key_parameter, clock)
    return AnthropicApi(settings.anthropic_base_url, key)


@functools.cache
def _app() -> App:
    log_to(sys.stdout, os.environ.get("LOG_LEVEL") or "INFO", _invocation)
    return compose(os.environ, functools.partial(print, flush=True), ExitStack())


if "AWS_LAMBDA_FUNCTION_NAME" in os.environ:
    # While the environment is initialised the processor is faster, and nobody waits yet.
    _app()
