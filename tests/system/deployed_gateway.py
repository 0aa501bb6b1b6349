"""API Gateway and Lambda for a bridge that is deployed in the emulated account:

    python -m system.deployed_gateway --endpoint http://127.0.0.1:5000 --region eu-central-1 --name claude-context \\
        --package build/bridge.zip --log functions.log

prints a JSON object with the WebSocket's `url` and runs until SIGTERM. Routes, authorizer, stage and functions are those of the account;
what runs is the very package, in processes of its own, as the roles that Terraform gave the functions.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import sys
import tempfile
import threading
import zipfile
from collections.abc import Callable, Mapping
from contextlib import ExitStack, closing
from http import HTTPStatus
from pathlib import Path
from typing import Any, NamedTuple

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from moto.iam.access_control import IAMPolicy, PermissionResult

from bridge_deploy.package import runtime_python
from bridge_local.gateway.connections import Connections
from bridge_local.gateway.events import Event, Stage
from bridge_local.gateway.gateway import Gateway
from bridge_local.gateway.limits import Limits
from bridge_local.gateway.management import Call, ManagementApi
from bridge_local.process import raise_open_file_limit, stop_event
from system.deployment import Account, Api, Function, check_package
from system.environments import Code, Environments, FunctionFailed

Version = tuple[Function, Environments]


class Lambda:
    """The account's functions. A function whose configuration has changed goes on in new environments."""

    def __init__(self, account: Account, package: Path, log: Path, emulation: Mapping[str, str]) -> None:
        """`emulation` are the variables that say where the emulated services are."""
        self._account = account
        self._package = package
        self._log = log
        self._emulation = emulation
        self._python = runtime_python(os.environ) or sys.executable
        self._folders = ExitStack()
        self._lock = threading.Lock()
        self._versions: dict[str, Version] = {}
        self.keys: dict[str, tuple[Credentials, str]] = {}
        """Which credentials functions were given: by access key, with the role's ARN."""

    def invoke(self, name: str, event: Mapping[str, Any]) -> Any:
        """Raises `FunctionFailed` and `FunctionDied`."""
        return self._current(name).invoke(event)

    def close(self) -> None:
        for _, environments in self._versions.values():
            environments.close()
        self._folders.close()

    def _current(self, name: str) -> Environments:
        function = self._account.function(name)
        with self._lock:
            known = self._versions.get(name)
            if known and known[0] == function:
                return known[1]
            environments = Environments(self._code(function), function.timeout, self._log)
            self._versions[name] = function, environments
        if known:
            known[1].retire()
        return environments

    def _code(self, function: Function) -> Code:
        check_package(self._package, function)
        folder = Path(self._folders.enter_context(tempfile.TemporaryDirectory()))
        with zipfile.ZipFile(self._package) as package:
            package.extractall(folder)
        return Code(self._python, folder, function.handler, self._variables(function, folder))

    def _variables(self, function: Function, folder: Path) -> dict[str, str]:
        """https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html"""
        credentials = self._account.credentials(function.role, function.name)
        values = [credentials[f"AWS_{name}"] for name in ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY", "SESSION_TOKEN")]
        self.keys[values[0]] = Credentials(*values), function.role
        return {
            **function.variables,
            "_HANDLER": function.handler,
            "AWS_DEFAULT_REGION": self._account.region,
            "AWS_EXECUTION_ENV": "AWS_Lambda_python3.13",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory),
            "AWS_LAMBDA_FUNCTION_NAME": function.name,
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
            "AWS_LAMBDA_LOG_FORMAT": "JSON",
            "AWS_LAMBDA_LOG_GROUP_NAME": function.log_group,
            "AWS_LAMBDA_LOG_STREAM_NAME": "emulated",
            "AWS_REGION": self._account.region,
            "LAMBDA_TASK_ROOT": str(folder),
            "LANG": "en_US.UTF-8",
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "TZ": ":UTC",
            **credentials,
            **self._emulation,
        }


class Deployed(NamedTuple):
    """The API's side: which function an event goes to, who may connect, and who may post."""

    account: Account
    api: Api
    functions: Lambda

    def handle(self, event: Mapping[str, Any], _time_left: Callable[[], float]) -> Mapping[str, Any]:
        """Routes one event. Without a route a connection opens and closes all the same, and a message goes nowhere."""
        route = event["requestContext"]["routeKey"]
        if route not in self.api.routes and event["requestContext"]["eventType"] != "MESSAGE":
            return {"statusCode": 200}
        answer: Mapping[str, Any] = self.functions.invoke(self.api.routes[route], event)
        return answer

    def authorize(self, event: Event) -> Mapping[str, Any] | HTTPStatus:
        """What the authorizer says of a handshake, as API Gateway reads it."""
        arn = self.api.arn("$connect")
        question = {"type": "REQUEST", "methodArn": arn, "stageVariables": {}, **event}
        del question["isBase64Encoded"]
        try:
            answer = self.functions.invoke(self.api.authorizer, question)
        except FunctionFailed as failed:
            return HTTPStatus.UNAUTHORIZED if str(failed) == "Unauthorized" else HTTPStatus.INTERNAL_SERVER_ERROR
        if not _permits(answer["policyDocument"], "execute-api:Invoke", arn):
            return HTTPStatus.FORBIDDEN
        return {"principalId": answer["principalId"], **{name: str(value) for name, value in answer.get("context", {}).items()}}

    def may_post(self, call: Call) -> bool:
        """Whether a call of @connections is signed by one of the functions, and its role may make it."""
        match = re.match(r"AWS4-HMAC-SHA256 Credential=([^/]+)/\d+/([^/]+)/execute-api/aws4_request", call.headers.get("Authorization", ""))
        if not match or match[1] not in self.functions.keys or match[2] != self.account.region:
            return False
        credentials, role = self.functions.keys[match[1]]
        path = call.path.removeprefix(f"/{self.api.stage}/")
        return _is_signed(call, credentials, self.account.region) and any(
            _permits(policy, "execute-api:ManageConnections", self.api.arn(f"{call.method}/{path}"))
            for policy in self.account.policies(role)
        )


def _permits(policy: Mapping[str, Any], action: str, resource: str) -> bool:
    # moto reads a resource as a regular expression, in which the dollar sign of `$connect` would be the end.
    text = json.dumps(policy).replace("$", r"\\$")
    return IAMPolicy(text).is_action_permitted(action, resource) is PermissionResult.PERMITTED


def _is_signed(call: Call, credentials: Credentials, region: str) -> bool:
    """Whether botocore, given the same request, computes the same signature."""
    authorization = call.headers["Authorization"]
    signed = re.search(r"SignedHeaders=([^,]+)", authorization)
    names = signed[1].split(";") if signed else []
    headers = {name: value for name, value in call.headers.items() if name.lower() in names}
    url = f"http://{call.headers['Host']}{call.path}"
    request = AWSRequest(call.method, url, headers=headers, data=call.body)
    request.context["timestamp"] = call.headers.get("X-Amz-Date", "")
    signer = SigV4Auth(credentials, "execute-api", region)
    signature = signer.signature(signer.string_to_sign(request, signer.canonical_request(request)), request)
    return authorization.endswith(f"Signature={signature}")


async def serve(arguments: argparse.Namespace) -> None:
    raise_open_file_limit()
    stop = stop_event(child=False)
    account = Account(arguments.endpoint, arguments.region)
    api = account.api(arguments.name)
    limits = Limits(function=account.function(api.routes["$default"]).timeout, rate=api.rate, burst=api.burst)
    connections = Connections(limits)
    with ExitStack() as parts:
        # The functions get the address to post to, and who may post follows from what they were given.
        management = ManagementApi(connections, limits, 0, lambda call: deployed.may_post(call))
        emulation = {"AWS_ENDPOINT_URL": arguments.endpoint, "AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI": management.url}
        functions = parts.enter_context(closing(Lambda(account, arguments.package, arguments.log, emulation)))
        deployed = Deployed(account, api, functions)
        parts.enter_context(management)
        stage = Stage(f"{api.id}.execute-api.{api.region}.amazonaws.com", api.id, api.stage, frozenset(api.routes))
        gateway = Gateway(deployed.handle, connections, limits, stage=stage, authorize=deployed.authorize)
        async with gateway.listen("127.0.0.1", 0) as port:
            print(json.dumps({"url": f"ws://127.0.0.1:{port}/{api.stage}", "connections": f"{management.url}/{api.stage}"}), flush=True)
            await stop.wait()


def main() -> None:
    parser = argparse.ArgumentParser(description="API Gateway and Lambda for a bridge in an emulated account.")
    parser.add_argument("--endpoint", required=True, help="the account's URL")
    parser.add_argument("--region", required=True)
    parser.add_argument("--name", required=True, help="the stack's name")
    parser.add_argument("--package", required=True, type=Path, help="the zip that was deployed")
    parser.add_argument("--log", required=True, type=Path, help="the file that takes what the functions print")
    asyncio.run(serve(parser.parse_args()))


if __name__ == "__main__":
    main()
