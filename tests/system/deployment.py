"""What is deployed, read back from the account: the API with its routes, and the functions behind them.

Whatever API Gateway or Lambda would stumble over is an error here: a route that leads nowhere, a function that API Gateway may not invoke,
a package that is not the file it was made from.
"""

from __future__ import annotations

import base64
import fnmatch
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import boto3


class NotDeployed(Exception):
    """The account does not hold what would be needed. The text says what."""


class Function(NamedTuple):
    """A function's configuration. `timeout` is in seconds; `code` the SHA-256 of its package, in base 64."""

    name: str
    handler: str
    timeout: int
    memory: int
    role: str
    variables: Mapping[str, str]
    log_group: str
    log_level: str
    code: str


class Api(NamedTuple):
    """The WebSocket API. `routes` are the functions' names by route keys; `authorizer` says who may connect.

    `rate` and `burst` are the stage's throttle.
    """

    id: str
    stage: str
    region: str
    account: str
    routes: Mapping[str, str]
    authorizer: str
    rate: float
    burst: int

    def arn(self, path: str) -> str:
        """Like `arn:aws:execute-api:REGION:ACCOUNT:API/STAGE/$connect`, for the path `$connect`."""
        return f"arn:aws:execute-api:{self.region}:{self.account}:{self.id}/{self.stage}/{path}"


class Account:
    """The account at `endpoint`, as its owner sees it."""

    def __init__(self, endpoint: str, region: str) -> None:
        self.region = region
        self._session = boto3.Session("testing", "testing", region_name=region)
        self._endpoint = endpoint

    def client(self, service: str) -> Any:
        return self._session.client(service, endpoint_url=self._endpoint)  # type: ignore[call-overload]

    def client_of(self, service: str, role_arn: str | None, endpoint: str = "") -> Any:
        """A client that signs as `role_arn`, or as the account's owner; `endpoint` is another one than the account's."""
        session = self._session
        if role_arn:
            session = boto3.Session(*self.credentials(role_arn, "somebody-else").values())  # type: ignore[arg-type]
        return session.client(service, region_name=self.region, endpoint_url=endpoint or self._endpoint)  # type: ignore[call-overload]

    def api(self, name: str) -> Api:
        """The API with this name. Raises `NotDeployed`."""
        gateway, functions = self.client("apigatewayv2"), self.client("lambda")
        result = next((api for api in gateway.get_apis()["Items"] if api["Name"] == name), None)
        if result is None or result["ProtocolType"] != "WEBSOCKET" or result["RouteSelectionExpression"] != "$request.body.action":
            raise NotDeployed(f"There is no WebSocket API {name} that selects routes by the action.")
        of_api = {"ApiId": result["ApiId"]}
        [stage] = gateway.get_stages(**of_api)["Items"]
        routes = gateway.get_routes(**of_api)["Items"]
        integrations = {item["IntegrationId"]: item for item in gateway.get_integrations(**of_api)["Items"]}
        account = self.client("sts").get_caller_identity()["Account"]
        authorizer, throttle = _authorizer(gateway, of_api, routes), stage["DefaultRouteSettings"]
        api = Api(
            id=result["ApiId"],
            stage=stage["StageName"],
            region=self.region,
            account=account,
            routes={route["RouteKey"]: _function_of(integrations, route) for route in routes},
            authorizer=_named_in(authorizer["AuthorizerUri"]),
            rate=throttle["ThrottlingRateLimit"],
            burst=throttle["ThrottlingBurstLimit"],
        )
        if not stage.get("AutoDeploy"):
            raise NotDeployed(f"The stage {api.stage} would have to be deployed by hand.")
        for route, function in api.routes.items():
            _check_invocable(functions, function, api.arn(route))
        _check_invocable(functions, api.authorizer, api.arn("").replace(f"/{api.stage}/", f"/authorizers/{authorizer['AuthorizerId']}"))
        return api

    def function(self, name: str) -> Function:
        described = self.client("lambda").get_function_configuration(FunctionName=name)
        return Function(
            name=name,
            handler=described["Handler"],
            timeout=described["Timeout"],
            memory=described["MemorySize"],
            role=described["Role"],
            variables=described["Environment"]["Variables"],
            log_group=described["LoggingConfig"]["LogGroup"],
            log_level=described["LoggingConfig"]["ApplicationLogLevel"],
            code=described["CodeSha256"],
        )

    def policies(self, role_arn: str) -> list[dict[str, Any]]:
        """The role's own policies. Raises `NotDeployed` where Lambda may not assume the role."""
        iam, name = self.client("iam"), role_arn.rpartition("/")[2]
        trust = iam.get_role(RoleName=name)["Role"]["AssumeRolePolicyDocument"]
        if [statement["Principal"] for statement in trust["Statement"]] != [{"Service": "lambda.amazonaws.com"}]:
            raise NotDeployed(f"Lambda, and nobody else, should be trusted by {name}.")
        names = iam.list_role_policies(RoleName=name)["PolicyNames"]
        return [iam.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"] for policy in names]

    def credentials(self, role_arn: str, session: str) -> Mapping[str, str]:
        """Those of the assumed role, by the names of the environment's variables."""
        given = self.client("sts").assume_role(RoleArn=role_arn, RoleSessionName=session)["Credentials"]
        return {
            "AWS_ACCESS_KEY_ID": given["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": given["SecretAccessKey"],
            "AWS_SESSION_TOKEN": given["SessionToken"],
        }


def check_package(package: Path, function: Function) -> None:
    """Raises `NotDeployed` where the file is not the function's very package."""
    if base64.b64encode(hashlib.sha256(package.read_bytes()).digest()).decode() != function.code:
        raise NotDeployed(f"{package} is not what {function.name} runs.")


def _authorizer(gateway: Any, of_api: Mapping[str, str], routes: list[dict[str, Any]]) -> dict[str, Any]:
    connect = next(route for route in routes if route["RouteKey"] == "$connect")
    if connect["AuthorizationType"] != "CUSTOM":
        raise NotDeployed("Anybody may connect.")
    authorizer: dict[str, Any] = gateway.get_authorizer(**of_api, AuthorizerId=connect["AuthorizerId"])
    if authorizer["AuthorizerType"] != "REQUEST" or authorizer.get("IdentitySource"):
        raise NotDeployed("The authorizer should be asked about every handshake.")
    return authorizer


def _function_of(integrations: Mapping[str, Mapping[str, Any]], route: Mapping[str, Any]) -> str:
    integration = integrations[route["Target"].removeprefix("integrations/")]
    if integration["IntegrationType"] != "AWS_PROXY":
        raise NotDeployed(f"{route['RouteKey']} does not lead to a function.")
    return _named_in(integration["IntegrationUri"])


def _named_in(uri: str) -> str:
    """The function of `arn:aws:apigateway:REGION:lambda:path/2015-03-31/functions/ARN/invocations`."""
    return uri.removesuffix("/invocations").rpartition(":")[2]


def _check_invocable(functions: Any, name: str, source: str) -> None:
    statements = json.loads(functions.get_policy(FunctionName=name)["Policy"])["Statement"]
    for statement in statements:
        allowed = statement["Condition"]["ArnLike"]["AWS:SourceArn"]
        if statement["Principal"] == {"Service": "apigateway.amazonaws.com"} and fnmatch.fnmatchcase(source, allowed):
            return
    raise NotDeployed(f"API Gateway may not invoke {name} for {source}.")
