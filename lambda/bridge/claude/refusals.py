"""What a response means that is not an answer, in the words of whoever refused. Pure.

Sources: https://platform.claude.com/docs/en/api/errors and the policy of the official Python SDK 2.12.0 (`_base_client.py`): the header
`x-should-retry` overrides everything; else 408, 409, 429 and 5xx are tried again. Decisions go by status, `error.type` and
`error.details.error_code`, whose wording is stable. Redirects are never followed: the key would go along.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from http.client import BadStatusLine, RemoteDisconnected
from typing import Any, NamedTuple
from urllib.parse import urljoin, urlsplit

from bridge.claude.endpoint import Refused
from bridge.claude.error_body import ErrorBody, Form, Hide, of_object, read, shown
from bridge.claude.retry import Failure
from bridge.errors import BridgeError, Code
from bridge.network.proxy import NO_TLS, ProxyFailed
from bridge.text import clean, one_line

_SPEND_LIMITS = ("enforced_spend_limit_reached", "contract_spend_limit_reached")
# The only mark of the own spend limit, which is a plain 400 (docs: api/errors). Should the wording change, the error is `claude_rejected`.
_SPEND_LIMIT_TEXT = "You have reached your specified API usage limits"

_BY_TYPE = {
    "authentication_error": Code.CLAUDE_MISCONFIGURED,
    "billing_error": Code.CLAUDE_MISCONFIGURED,
    "permission_error": Code.CLAUDE_MISCONFIGURED,
    "not_found_error": Code.CLAUDE_MISCONFIGURED,
    "invalid_request_error": Code.CLAUDE_REJECTED,
    "request_too_large": Code.CLAUDE_REJECTED,
    "rate_limit_error": Code.RATE_LIMITED,
    "overloaded_error": Code.CLAUDE_OVERLOADED,
}
_STATUS_OF_TYPE = {"authentication_error": 401, "billing_error": 402, "permission_error": 403, "not_found_error": 404}
_FINAL = (Code.CLAUDE_MISCONFIGURED, Code.CLAUDE_REJECTED)
"""Asked again, the answer would be the same."""
_BY_STATUS = {
    401: Code.CLAUDE_MISCONFIGURED,
    402: Code.CLAUDE_MISCONFIGURED,
    403: Code.CLAUDE_MISCONFIGURED,
    404: Code.CLAUDE_MISCONFIGURED,
    405: Code.CLAUDE_MISCONFIGURED,
    408: Code.CLAUDE_UNAVAILABLE,
    409: Code.CLAUDE_UNAVAILABLE,
    429: Code.RATE_LIMITED,
    501: Code.CLAUDE_MISCONFIGURED,
    511: Code.CLAUDE_MISCONFIGURED,
    529: Code.CLAUDE_OVERLOADED,
}
_NO_API = (404, 405, 501)
_MODEL = "CLAUDE_MODEL"


class Server(NamedTuple):
    """What error messages name: the base URL, what authorises requests (`key`), and the setting to check for each."""

    url: str
    hide: Hide
    url_setting: str = "ANTHROPIC_BASE_URL"
    key: str = "the API key"
    key_setting: str = "ANTHROPIC_API_KEY"

    @property
    def host(self) -> str:
        """The host, with its port if the URL names one."""
        return urlsplit(self.url).netloc


def of_response(refused: Refused, server: Server) -> Failure:
    """A response other than a stream of events."""
    body, status = read(refused.body, server.hide), refused.status
    if status < 300:
        return _final(_no_stream(body, server), status, body.kind)
    if status < 400:
        return _final(_redirect(refused.headers.get("location", ""), status, server), status, body.kind)
    if body.error_code in _SPEND_LIMITS or (status == 400 and body.words.startswith(_SPEND_LIMIT_TEXT)):
        words = f": {_sentence(body.words)}" if body.words else "."
        return _final(
            _bad_setting(server.key_setting, f"The spend limit of {server.key} is reached{words} Raise it or use another."),
            status,
            body.kind,
        )
    retry_after = _retry_after(refused.headers, refused.now)
    should_retry = refused.headers.get("x-should-retry")
    transient = (
        should_retry == "true"
        if should_retry in ("true", "false")
        else status in (408, 409, 429) or (status >= 500 and status not in _BY_STATUS) or status == 529
    )
    error = _error(_code(status, body.kind), status, body, refused.model, server, retry_after)
    return Failure(error, transient=transient, retry_after=retry_after, status=status, kind=body.kind)


def of_event(event: Mapping[str, Any], model: str, server: Server) -> Failure:
    """An `error` event within a stream that began well. It is tried again unless its type says that nothing would change."""
    body = of_object(event, server.hide)
    code = _BY_TYPE.get(body.kind, Code.CLAUDE_UNAVAILABLE)
    error = _error(code, _STATUS_OF_TYPE.get(body.kind, 200), body, model, server, None)
    return Failure(error, transient=code not in _FINAL, status=200, kind=body.kind)


def of_loss(error: Exception, server: Server) -> Failure:
    """No connection, or one that broke off: `error` is an `OSError` or an `HTTPException`."""
    host, setting, name = server.host, server.url_setting, type(error).__name__
    if isinstance(error, ProxyFailed):
        code = Code.CLAUDE_UNAVAILABLE if error.retryable else Code.CLAUDE_MISCONFIGURED
        # Once more at most: a proxy that hangs up mostly is not one.
        return Failure(BridgeError(code, str(error), setting=error.setting), transient=not error.final, kind=name, max_retries=1)
    if isinstance(error, ssl.SSLCertVerificationError):
        sentence = f"The certificate of {host} could not be verified. Check SSL_CERT_FILE."
        return _final(_bad_setting("SSL_CERT_FILE", sentence), 0, "certificate")
    if isinstance(error, ssl.SSLError) and error.reason in NO_TLS:
        return _final(_bad_setting(setting, f"{host} does not speak TLS. If it is meant to be plain http, say so in {setting}."), 0, name)
    if isinstance(error, BadStatusLine) and not isinstance(error, RemoteDisconnected) and not str(error).startswith("HTTP"):
        return _final(_bad_setting(setting, f"{host} does not speak HTTP. If it is meant to be https, say so in {setting}."), 0, name)
    if isinstance(error, (ConnectionRefusedError, socket.gaierror)):
        sentence = f"Claude could not be reached at {host}. Check the network and {setting}."
        return Failure(BridgeError(Code.CLAUDE_UNAVAILABLE, sentence, setting=setting), transient=True, kind=name)
    return Failure.lost(name)


def _final(error: BridgeError, status: int, kind: str) -> Failure:
    return Failure(error, transient=False, status=status, kind=kind)


def _code(status: int, kind: str) -> Code:
    if kind == "overloaded_error":
        return Code.CLAUDE_OVERLOADED
    return _BY_STATUS.get(status, Code.CLAUDE_UNAVAILABLE if status >= 500 else Code.CLAUDE_REJECTED)


def _error(code: Code, status: int, body: ErrorBody, model: str, server: Server, retry_after: float | None) -> BridgeError:
    who, words = "Claude" if body.kind else server.host, _sentence(body.words)
    if code is Code.CLAUDE_MISCONFIGURED:
        return _misconfigured(status, body, model, server)
    sentence = None
    if code is Code.CLAUDE_REJECTED:
        sentence = f"{who} did not accept the request: {words or f'{status}.'}"
    elif code is Code.RATE_LIMITED and words:
        sentence = f"Claude's rate limit is reached: {words} Try again a little later."
    elif code is Code.CLAUDE_UNAVAILABLE and words:
        sentence = f"{who} failed to answer: {words} Try again."
    return BridgeError(code, sentence, retry_after=retry_after)


def _misconfigured(status: int, body: ErrorBody, model: str, server: Server) -> BridgeError:
    """401 to 405, 501 and 511 (the page of a network): who refused, why, and which setting to look at."""
    words, host, setting = _sentence(body.words), server.host, server.key_setting
    if status in _NO_API:
        return _not_found(status, body, model, server)
    if body.form not in (Form.ERROR, Form.JSON):
        sentence = f"{host} refused the request ({status}), and not as the Messages API does{f': {words}' if words else '.'}"
        return _bad_setting(server.url_setting, f"{sentence} Is a firewall or a proxy in the way? If not, check {server.url_setting}.")
    if status == 402:
        return _bad_setting(setting, f"The account of {server.key} has a billing problem: {words or '402.'} Check its credit.")
    what = server.key if status == 401 else "the request"
    return _bad_setting(setting, f"{'Claude' if body.kind else host} refused {what}: {words or f'{status}.'} Check {setting}.")


def _not_found(status: int, body: ErrorBody, model: str, server: Server) -> BridgeError:
    if status == 404 and body.form is Form.ERROR and _names_model(body.words, model):
        name = one_line(clean(model), 80)
        return _bad_setting(_MODEL, f"There is no model {name!r} for {server.key}; it may be retired. Set {_MODEL} to a current one.")
    words = f" It says: {_sentence(body.words)}" if body.words else ""
    return _bad_setting(server.url_setting, f"There is no Messages API at {server.host} ({status}).{words} Check {server.url_setting}.")


def _bad_setting(setting: str, sentence: str) -> BridgeError:
    return BridgeError(Code.CLAUDE_MISCONFIGURED, sentence, setting=setting)


def _no_stream(body: ErrorBody, server: Server) -> BridgeError:
    """A success that is neither a stream nor a message."""
    words, host = _sentence(body.words), server.host
    if body.form is Form.ERROR:
        code = _BY_TYPE.get(body.kind, Code.CLAUDE_REJECTED)
        if code is Code.CLAUDE_MISCONFIGURED:
            return _misconfigured(_STATUS_OF_TYPE[body.kind], body, "", server)
        return BridgeError(code, f"{'Claude' if body.kind else host} answered with an error: {words or 'it does not say which.'}")
    what = f"{body.form.value}, not with Claude's answer" if body.form is not Form.NOTHING else "nothing"
    return _bad_setting(server.url_setting, f"{host} answered with {what}{f': {words}' if words else '.'} Check {server.url_setting}.")


def _redirect(location: str, status: int, server: Server) -> BridgeError:
    target, setting = _target(location, server.url), "ANTHROPIC_BASE_URL"
    if target in ("", server.url):
        return _bad_setting(setting, f"{server.host} answered with a redirect ({status}) that leads nowhere else. Check {setting}.")
    sentence = f"{server.host} redirects to {shown(target, server.hide)} ({status}). The bridge does not follow, so that no key goes there."
    return _bad_setting(setting, f"{sentence} If that is the right place, set {setting} to it.")


def _target(location: str, url: str) -> str:
    """Where a redirect leads, as a base URL: without the path of the API, the query, and a password; "" for what is not a URL."""
    try:
        parts = urlsplit(urljoin(f"{url}/v1/messages", location.strip()))
    except ValueError:
        return ""
    if not location.strip() or parts.scheme not in ("http", "https") or not parts.netloc:
        return ""
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path.partition('/v1/messages')[0].rstrip('/')}"


def _names_model(words: str, model: str) -> bool:
    return "model" in words.lower() or bool(model and model in words)


def _sentence(words: str) -> str:
    return words if not words or words[-1] in ".!?…" else f"{words}."


def _retry_after(headers: Mapping[str, str], now: float) -> float | None:
    """`retry-after-ms`, else `retry-after` as seconds or as an HTTP date; None where there is nothing above 0."""
    milliseconds = _positive(headers.get("retry-after-ms", ""))
    if milliseconds is not None:
        return milliseconds / 1000
    text = headers.get("retry-after", "")
    seconds = _positive(text)
    if seconds is not None:
        return seconds
    try:
        moment = parsedate_to_datetime(text).timestamp()
    except (ValueError, TypeError, OverflowError):
        return None
    return moment - now if moment > now else None


def _positive(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if 0 < number < 1e9 else None
