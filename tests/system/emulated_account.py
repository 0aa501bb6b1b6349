"""An emulated AWS account, and next to it stand-ins for Claude, as one program:

    python -m system.emulated_account --region eu-central-1 --calls calls.jsonl

prints a JSON object with the URLs (`endpoint` of the account, `claude` for bridges with a key, `providers` for those without one) and
runs until SIGTERM. The account is moto, taught four things:

* to remember how a function logs and which IP versions an API serves, without which a second plan is never empty;
* that a domain name is available, and where, as soon as it is created;
* to hold roles to their policies. Whoever signs as an assumed role needs a permission for each call, on the very resource; all others are
  the account's owner and may do everything. Each call of a role is a line of the file `--calls`;
* to do one thing at a time, since its writes are not atomic among threads, as DynamoDB's are.
"""

from __future__ import annotations

import argparse
import functools
import json
import os
import signal
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from moto import settings
from moto.apigatewayv2.models import Api, DomainName
from moto.apigatewayv2.responses import ApiGatewayV2Response
from moto.awslambda.models import LambdaFunction
from moto.core.authorization import ActionAuthenticatorMixin
from moto.core.responses import BaseResponse
from moto.dynamodb.responses import DynamoHandler
from moto.ssm.responses import SimpleSystemManagerResponse
from werkzeug.exceptions import HTTPException

from aws.moto_server import moto_server
from bridge_local.stand_in.answers import answer, model_info
from bridge_local.stand_in.exchange import Reply, Request
from bridge_local.stand_in.server import StandIn
from system.claude_on_aws import Note, claude_on_aws

FORGOTTEN = ("LoggingConfig", "DeadLetterConfig", "KMSKeyArn")
SLOWLY = "slowly"
"""A question with this word is answered over some seconds."""


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


def remember_ip_address_types() -> None:
    """https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis-apiid.html"""
    describe = Api.to_json

    @functools.wraps(describe)
    def described(self: Any) -> dict[str, Any]:
        return {**describe(self), "ipAddressType": getattr(self, "ip_address_type", "ipv4")}

    def remembering(respond: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(respond)
        def responded(self: Any) -> Any:
            status, headers, body = respond(self)
            asked, api = json.loads(self.body), self.apigatewayv2_backend.get_api(json.loads(body)["apiId"])
            api.ip_address_type = asked.get("ipAddressType") or getattr(api, "ip_address_type", "ipv4")
            return status, headers, json.dumps(api.to_json())

        return responded

    setattr(Api, "to_json", described)  # noqa: B010 -- it is another's class
    for name in ("create_api", "update_api"):
        setattr(ApiGatewayV2Response, name, remembering(getattr(ApiGatewayV2Response, name)))


def make_domain_names_available() -> None:
    """And leaves out what nobody has set: https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/domainnames-domainname.html"""
    describe = DomainName.to_json
    result = {"domainNameStatus": "AVAILABLE", "apiGatewayDomainName": "d-emulated.execute-api.amazonaws.com", "hostedZoneId": "Z0EMULATED"}

    @functools.wraps(describe)
    def described(self: Any) -> dict[str, Any]:
        domain = {name: value for name, value in describe(self).items() if name != "mutualTlsAuthentication" or value}
        return {**domain, "domainNameConfigurations": [{**one, **result} for one in domain["domainNameConfigurations"]]}

    setattr(DomainName, "to_json", described)  # noqa: B010 -- it is another's class


def hold_roles_to_their_policies(note: Note) -> None:
    settings.INITIAL_NO_AUTH_ACTION_COUNT = 0
    enforce = ActionAuthenticatorMixin._authenticate_and_authorize_action

    @functools.wraps(enforce)
    def authorized(self: Any, request_class: type, resource: str = "*") -> None:
        if "X-Amz-Security-Token" not in self.headers:
            return
        service = self.headers["Authorization"].split("/")[3]
        call = {"action": f"{service}:{self._get_action()}", "resource": resource}
        try:
            enforce(self, request_class, resource)
        except HTTPException:
            note({**call, "allowed": False})
            raise
        note({**call, "allowed": True})

    setattr(ActionAuthenticatorMixin, "_authenticate_and_authorize_action", authorized)  # noqa: B010 -- it is another's class
    for response, name_of in ((DynamoHandler, table_arn), (SimpleSystemManagerResponse, parameter_arn)):
        setattr(response, "_determine_resource", name_of)  # noqa: B010 -- moto asks whether there is one


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


def respond(request: Request) -> Reply:
    """The stand-in's own answer, slow where that is asked for."""
    return model_info(request) or answer(request, 0.6 if SLOWLY in json.dumps(request.body["messages"][-1]) else 0.02)


def main() -> None:
    parser = argparse.ArgumentParser(description="An emulated AWS account, and stand-ins for Claude.")
    parser.add_argument("--region", required=True)
    parser.add_argument("--calls", type=Path, default=Path(os.devnull), help="the file that tells what roles have called")
    arguments = parser.parse_args()
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    signal.signal(signal.SIGINT, lambda *_: stop.set())
    with arguments.calls.open("a", buffering=1) as calls:
        remember_function_settings()
        remember_ip_address_types()
        make_domain_names_available()

        def note(call: dict[str, Any]) -> None:
            print(json.dumps(call), file=calls)

        hold_roles_to_their_policies(note)
        with moto_server() as (host, port), StandIn(respond) as claude, claude_on_aws(arguments.region, respond, note) as providers:
            print(json.dumps({"endpoint": f"http://{host}:{port}", "claude": claude.url, "providers": providers}), flush=True)
            stop.wait()


if __name__ == "__main__":
    main()
