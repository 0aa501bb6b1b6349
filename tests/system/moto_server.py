"""An emulated AWS account as a server: moto, taught to remember what Terraform reads back and which resource a call is for.

    python tests/system/moto_server.py --port 5000

Without this a second plan is never empty (moto forgets how a function logs), and with its IAM enforcement on a policy that names its
resources is denied everything (moto compares it with `*`).
"""

from __future__ import annotations

import functools
import json
from typing import Any

from moto.awslambda.models import LambdaFunction
from moto.core.responses import BaseResponse
from moto.dynamodb.responses import DynamoHandler
from moto.server import main
from moto.ssm.responses import SimpleSystemManagerResponse

FORGOTTEN = ("LoggingConfig", "DeadLetterConfig", "KMSKeyArn")


def remember_function_settings() -> None:
    create, update, describe = LambdaFunction.__init__, LambdaFunction.update_configuration, LambdaFunction.get_configuration

    @functools.wraps(create)
    def created(self: Any, account_id: str, spec: dict[str, Any], *more: Any, **named: Any) -> None:
        self.remembered = {name: spec[name] for name in FORGOTTEN if name in spec}
        create(self, account_id, spec, *more, **named)

    @functools.wraps(update)
    def updated(self: Any, config_updates: dict[str, Any]) -> dict[str, Any]:
        self.remembered |= {name: config_updates[name] for name in FORGOTTEN if name in config_updates}
        update(self, config_updates)
        configuration: dict[str, Any] = described(self)
        return configuration

    @functools.wraps(describe)
    def described(self: Any, on_create: bool = False) -> dict[str, Any]:
        configuration: dict[str, Any] = describe(self, on_create)
        return {**configuration, **self.remembered}

    for name, method in {"__init__": created, "update_configuration": updated, "get_configuration": described}.items():
        setattr(LambdaFunction, name, method)


def request_of(response: BaseResponse) -> dict[str, Any]:
    """The JSON request, which moto has parsed already for some services and not for others."""
    body: Any = response.body
    return body if isinstance(body, dict) else json.loads(body or "{}")


def table_arn(response: BaseResponse) -> str:
    request = request_of(response)
    table = request.get("TableName") or next(iter(request.get("RequestItems") or {}), "*")
    index = f"/index/{request['IndexName']}" if request.get("IndexName") else ""
    return f"arn:aws:dynamodb:{response.region}:{response.current_account}:table/{table}{index}"


def parameter_arn(response: BaseResponse) -> str:
    name = str(request_of(response).get("Name", "*"))
    return f"arn:aws:ssm:{response.region}:{response.current_account}:parameter/{name.removeprefix('/')}"


def name_resources() -> None:
    for response, name_of in ((DynamoHandler, table_arn), (SimpleSystemManagerResponse, parameter_arn)):
        setattr(response, "_determine_resource", name_of)  # noqa: B010 -- moto asks whether there is one


if __name__ == "__main__":
    remember_function_settings()
    name_resources()
    main()
