"""A stand-in for Claude behind AWS's own endpoints, for an emulated account: it holds each request to the caller's signature and role.

`/anthropic/v1/messages` is that of `bedrock-mantle`, `/v1/messages` that of Claude Platform on AWS. What AWS refuses, it refuses in AWS's
JSON (`x-amzn-errortype`, `message`); what the Messages API would refuse or answer, the stand-in does.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple

from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.iam.access_control import AssumedRoleAccessKey, CreateAccessKeyFailure, IAMPolicy, PermissionResult

from aws.signatures import is_signed, scope_of
from bridge.network.sigv4 import Credentials
from bridge_local.stand_in.exchange import Reply, Request, Respond, failure, whole
from bridge_local.stand_in.rules import problems
from bridge_local.stand_in.serving import Server

Note = Callable[[dict[str, Any]], None]
MAX_CONNECTIONS = 500
"""Connections at once."""


class Service(NamedTuple):
    name: str
    prefix: str

    def resource(self, region: str, headers: Mapping[str, str]) -> str:
        project = "project/default" if self.name == "bedrock-mantle" else f"workspace/{headers.get('anthropic-workspace-id', '')}"
        return f"arn:aws:{self.name}:{region}:{DEFAULT_ACCOUNT_ID}:{project}"


BEDROCK = Service("bedrock-mantle", "/anthropic")
PLATFORM = Service("aws-external-anthropic", "")


class ClaudeOnAws(NamedTuple):
    """`note` takes each call of a role: `action`, `resource`, `allowed`."""

    region: str
    respond: Respond
    note: Note

    def reply_to(self, method: str, path: str, headers: Mapping[str, str], content: bytes) -> Reply:
        service = BEDROCK if path.startswith("/anthropic/") else PLATFORM
        refusal = self._unauthenticated(service, method, path, headers, content) or self._forbidden(service, method, headers)
        if refusal:
            return refusal
        if path != f"{service.prefix}/v1/messages":
            return failure(404, "not_found_error", "Not Found")
        if service is PLATFORM and "anthropic-workspace-id" not in headers:
            return failure(400, "invalid_request_error", "anthropic-workspace-id: header is required")
        body = json.loads(content)
        problem = next(problems(body, headers.get("anthropic-version", "")), None)
        if not problem and body["model"].startswith("anthropic.") != (service is BEDROCK):
            return failure(404, "not_found_error", f"model: {body['model']}")
        return failure(400, "invalid_request_error", problem) if problem else self.respond(Request(0, method, path, headers, body))

    def _unauthenticated(self, service: Service, method: str, path: str, headers: Mapping[str, str], content: bytes) -> Reply | None:
        if "x-api-key" in headers or not headers.get("authorization", "").startswith("AWS4-HMAC-SHA256 "):
            return refused("MissingAuthenticationTokenException", "Missing Authentication Token")
        key = _role_of(headers)
        if key is None:
            return refused("UnrecognizedClientException", "The security token included in the request is invalid.")
        if scope_of(headers)[1:] != (self.region, service.name):
            return refused("InvalidSignatureException", f"Credential should be scoped to correct service: '{service.name}'.")
        given = key.create_credentials()
        credentials = Credentials(given.access_key, given.secret_key, given.token or "")
        if not is_signed(method, f"http://{headers['host']}{path}", headers, content, credentials):
            return refused("InvalidSignatureException", "The request signature we calculated does not match the signature you provided.")
        return None

    def _forbidden(self, service: Service, method: str, headers: Mapping[str, str]) -> Reply | None:
        key = _role_of(headers)
        assert key
        action = f"{service.name}:{'CreateInference' if method == 'POST' else 'GetModel'}"
        resource = service.resource(self.region, headers)
        permitted = [IAMPolicy(policy).is_action_permitted(action, resource) for policy in key.collect_policies()]
        allowed = PermissionResult.PERMITTED in permitted and PermissionResult.DENIED not in permitted
        self.note({"action": action, "resource": resource, "allowed": allowed})
        because = f"because no identity-based policy allows the {action} action"
        sentence = f"User: {key.arn} is not authorized to perform: {action} on resource: {resource} {because}"
        return None if allowed else refused("AccessDeniedException", sentence)


@contextmanager
def claude_on_aws(region: str, respond: Respond, note: Note) -> Iterator[dict[str, str]]:
    """Gives the base URL of each provider, by the name that `CLAUDE_PROVIDER` has for it."""
    server = Server(ClaudeOnAws(region, respond, note).reply_to, MAX_CONNECTIONS)
    try:
        url = f"http://127.0.0.1:{server.port}"
        yield {"bedrock": f"{url}/anthropic", "anthropic-aws": url}
    finally:
        server.stop()


def refused(name: str, message: str) -> Reply:
    """https://docs.aws.amazon.com/bedrock/latest/userguide/troubleshooting-api-error-codes.html"""
    return whole(json.dumps({"message": message}).encode(), "application/json", 403, {"x-amzn-errortype": name})


def _role_of(headers: Mapping[str, str]) -> AssumedRoleAccessKey | None:
    """Whose credentials these are; None for those that the account does not know."""
    token = {"X-Amz-Security-Token": headers.get("x-amz-security-token", "")}
    try:
        return AssumedRoleAccessKey(DEFAULT_ACCOUNT_ID, "aws", scope_of(headers)[0], token)
    except CreateAccessKeyFailure:
        return None
