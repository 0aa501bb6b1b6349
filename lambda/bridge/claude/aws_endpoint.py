"""What the providers on AWS share: signatures in place of a key, and AWS's own errors with what to do about each.

AWS answers in its own JSON where it refuses a signature or a permission, or throttles; everything else has the API's form. Sources:
docs.aws.amazon.com/bedrock/latest/userguide/troubleshooting-api-error-codes.html, .../claude-platform/latest/userguide/prerequisites.html
and the clients of the official SDK 2.14.0, which sign each attempt and all of its headers.
"""

from __future__ import annotations

import re
import socket
import time
from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol

from bridge.claude import anthropic_aws, bedrock
from bridge.claude.anthropic_api import VERSION
from bridge.claude.endpoint import MODEL_CHECK_DENIED, AwsService, Refused, Request
from bridge.claude.error_body import read
from bridge.claude.refusals import Server, of_event, of_loss, of_response
from bridge.claude.retry import Failure
from bridge.clock import Clock
from bridge.errors import BridgeError, Code
from bridge.network.sigv4 import Credentials, host_header, sign
from bridge.settings import Settings
from bridge.text import clean, json_object, one_line

_THROTTLED = ("throttl", "toomanyrequests", "servicequotaexceeded", "modelnotready", "limitexceeded")
_ACCOUNT = re.compile(r"\b\d{12}\b")


class CredentialSource(Protocol):
    """Where AWS credentials come from. Raises `BridgeError` (`claude_misconfigured`) where there are none."""

    def credentials(self) -> Credentials: ...

    def refresh(self) -> Credentials:
        """Reads credentials that were refused once more: others may have taken their place."""


class FixedCredentials:
    """Credentials from the environment."""

    def __init__(self, credentials: Credentials) -> None:
        self._credentials = credentials

    def credentials(self) -> Credentials:
        return self._credentials

    def refresh(self) -> Credentials:
        return self._credentials


class _Advice(NamedTuple):
    """What to do about errors whose name or words hold one of `marks`, in lower case. `{...}` are filled in from the service."""

    marks: tuple[str, ...]
    sentence: str
    setting: str
    code: Code = Code.CLAUDE_MISCONFIGURED


_PERMISSION = "The bridge's role needs {action} on {resource}."
_ADVICE = (
    _Advice(
        ("outbound web identity federation",),
        "Enable it once for the account: aws iam enable-outbound-web-identity-federation",
        "CLAUDE_PROVIDER",
    ),
    _Advice(
        ("signature expired", "signature not yet current", "requesttimetooskewed", "requestexpired"),
        "Set the clock of the machine that the bridge runs on.",
        "AWS_ACCESS_KEY_ID",
    ),
    _Advice(
        ("expiredtoken", "token has expired", "token included in the request is expired", "token expired"),
        "The AWS credentials have expired. Renew them, for instance with: aws sso login",
        "AWS_SESSION_TOKEN",
    ),
    _Advice(("scoped to", "credential scope"), "Check AWS_REGION: the request was signed for {region}.", "AWS_REGION"),
    _Advice(
        ("signaturedoesnotmatch", "invalidsignature", "incompletesignature", "signature we calculated"),
        "Check AWS_SECRET_ACCESS_KEY: it does not belong to AWS_ACCESS_KEY_ID.",
        "AWS_SECRET_ACCESS_KEY",
    ),
    _Advice(
        ("unrecognizedclient", "invalidclienttokenid", "invalidaccesskeyid", "missingauthenticationtoken", "security token included"),
        "AWS does not know these credentials. Check AWS_ACCESS_KEY_ID, and AWS_SESSION_TOKEN if they are temporary.",
        "AWS_ACCESS_KEY_ID",
    ),
    _Advice(("required aws marketplace actions",), "{access}, as somebody who may subscribe to it.", "CLAUDE_MODEL"),
    _Advice(("not authorized to perform",), _PERMISSION, "CLAUDE_PROVIDER"),  # Such a message names its resource: a workspace, too.
    _Advice(
        ("mpagreementbeingcreated", "subscription for this model cannot be completed", "try again after"),
        "The account's access to the model is being set up. Try again in a few minutes.",
        "CLAUDE_MODEL",
        Code.CLAUDE_UNAVAILABLE,
    ),
    _Advice(
        ("ftuformnotfilled", "use case details"), "Fill in the form about your use of Anthropic's models first: {access}.", "CLAUDE_MODEL"
    ),
    _Advice(("marketplace", "subscri", "model access is denied", "access to the model"), "{access}.", "CLAUDE_MODEL"),
    _Advice(("workspace",), "Check CLAUDE_WORKSPACE_ID: it must name a workspace of this account in {region}.", "CLAUDE_WORKSPACE_ID"),
    _Advice(("accessdenied",), _PERMISSION, "CLAUDE_PROVIDER"),
)


class AwsEndpoint:
    """An `Endpoint` of one of AWS's services. `url` overrides its address; `headers` are sent, and signed, with every request."""

    def __init__(
        self,
        service: AwsService,
        region: str,
        source: CredentialSource,
        clock: Clock,
        *,
        url: str = "",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.url = url or service.url.format(region=region)
        self._service = service
        self._region = region
        self._source = source
        self._clock = clock
        self._headers = {"anthropic-version": VERSION, **(headers or {})}
        self._server = Server(
            self.url,
            self._hide,
            url_setting="ANTHROPIC_BASE_URL" if url else "AWS_REGION",
            key="the AWS credentials",
            key_setting="AWS_ACCESS_KEY_ID",
        )

    def headers(self, request: Request) -> dict[str, str]:
        path, _, query = request.path.partition("?")
        return sign(
            request.method,
            host_header(self.url),
            path,
            query,
            {**request.headers, **self._headers},
            request.body,
            service=self._service.name,
            region=self._region,
            credentials=self._source.credentials(),
            amz_date=time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(self._clock.now())),
        )

    def renew(self, status: int, sent: Mapping[str, str]) -> bool:
        return status in (401, 403) and f"Credential={self._source.refresh().access_key}/" not in sent["Authorization"]

    def failure(self, refused: Refused) -> Failure:
        name = _name(refused)
        if refused.status in (401, 403, 404) or (400 <= refused.status < 500 and name):
            known = self._known(refused, name, read(refused.body, self._hide).words)
            if known is not None:
                return known
        return of_response(refused, self._server)

    def event_failure(self, event: Mapping[str, Any], model: str) -> Failure:
        return of_event(event, model, self._server)

    def loss(self, error: Exception) -> Failure:
        if isinstance(error, socket.gaierror) and self._server.url_setting == "AWS_REGION":
            sentence = (
                f"There is no host {self._server.host}. Check the network, and whether Claude is available in AWS_REGION {self._region}."
            )
            return Failure(BridgeError(Code.CLAUDE_UNAVAILABLE, sentence, setting="AWS_REGION"), transient=True, kind="gaierror")
        return of_loss(error, self._server)

    def _known(self, refused: Refused, name: str, words: str) -> Failure | None:
        """The failure that an error of AWS's is; None for one of the API's own."""
        error = f"{name} {words}".lower()
        if any(mark in name.lower() for mark in _THROTTLED):
            return Failure(BridgeError(Code.RATE_LIMITED), transient=True, status=refused.status, kind=name)
        if "getmodel" in error or "listmodels" in error:
            denied = BridgeError(Code.CLAUDE_MISCONFIGURED, words)
            return Failure(denied, transient=False, status=refused.status, kind=MODEL_CHECK_DENIED)
        advice = next((one for one in _ADVICE if any(mark in error for mark in one.marks)), None)
        if advice is not None:
            return self._explained(refused, name, words, advice)
        if refused.status == 404 and ("resourcenotfound" in error or "model" in error):
            model = one_line(clean(refused.model), 80)
            sentence = (
                f"There is no model {model!r} for this account in {self._region}. Set CLAUDE_MODEL to one that is there, or AWS_REGION."
            )
            return self._failure(refused, name, BridgeError(Code.CLAUDE_MISCONFIGURED, sentence, setting="CLAUDE_MODEL"))
        return None

    def _explained(self, refused: Refused, name: str, words: str, advice: _Advice) -> Failure:
        fields = {"region": self._region, **self._service._asdict()}
        resource = self._service.resource.format(region=self._region)
        sentence = advice.sentence.format(**{**fields, "resource": resource, "access": self._service.access.format(region=self._region)})
        said = words if words.endswith((".", "…")) else f"{words or name or refused.status}."
        error = BridgeError(advice.code, f"AWS refused the request: {said} {sentence}", setting=advice.setting)
        return self._failure(refused, name, error)

    def _failure(self, refused: Refused, name: str, error: BridgeError) -> Failure:
        return Failure(error, transient=False, status=refused.status, kind=name)

    def _hide(self, text: str) -> str:
        """Without the session token, which a refused signature is answered with, in the canonical request; and without account ids."""
        token = self._source.credentials().session_token
        text = text.replace(token, "[the session token]") if token else text
        return _ACCOUNT.sub("ACCOUNT", text.partition("The Canonical String")[0].rstrip())


def aws_endpoint(settings: Settings, region: str, source: CredentialSource, clock: Clock) -> AwsEndpoint:
    """The endpoint of the provider on AWS that `CLAUDE_PROVIDER` names. `ANTHROPIC_BASE_URL` overrides its address."""
    service = anthropic_aws.SERVICE if settings.claude_provider == "anthropic-aws" else bedrock.SERVICE
    headers = {name: getattr(settings, setting) for name, setting in service.headers}
    return AwsEndpoint(service, region, source, clock, url=settings.anthropic_base_url, headers=headers)


def _name(refused: Refused) -> str:
    """AWS's name of the error, like `AccessDeniedException`; "" for an error of the API's."""
    body = json_object(refused.body) or {}
    names = (refused.headers.get("x-amzn-errortype"), *map(body.get, ("__type", "code", "Code")))
    name = next((name for name in names if name and isinstance(name, str)), "").partition(":")[0].rpartition("#")[2]
    return name if name.isidentifier() and len(name) <= 64 else ""
