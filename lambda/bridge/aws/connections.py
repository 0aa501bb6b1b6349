"""Posting to a client's connection through API Gateway.

https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-how-to-call-websocket-api-connections.html
"""

from __future__ import annotations

import logging
from urllib.parse import quote

from bridge.aws.errors import AwsError
from bridge.aws.service import AwsSettings, RetryPolicy, Service
from bridge.errors import ConnectionBusy, ConnectionGone
from bridge.typed import Any

RETRY_POLICY = RetryPolicy(attempts=2, budget=2.0, connect_timeout=2.0, read_timeout=5.0, throttled=False)
"""Little: the poster tries again with whatever has arrived meanwhile, which a call repeated in here cannot do."""

log = logging.getLogger("bridge")


def execute_api(settings: AwsSettings, api_id: str, **how: Any) -> Service:
    """The API's own endpoint, from its id and region, which works also where clients use a custom domain. `how` goes to `Service`."""
    url = settings.endpoint("APIGATEWAYMANAGEMENTAPI", f"{api_id}.execute-api.{settings.region}")
    return Service(settings, url, "execute-api", **{"retry_policy": RETRY_POLICY} | how)


class AwsConnections:
    """The connections of one stage of a WebSocket API."""

    def __init__(self, service: Service, stage: str) -> None:
        self._service = service
        self._path = f"/{quote(stage, safe='')}/@connections/"
        self._logged = False

    def post(self, connection_id: str, data: bytes) -> None:
        """Sends one text message of at most 128 KB, in frames of at most 32 KB.

        Raises `ConnectionGone` when the connection is closed, never was, or cannot be reached for a reason that only an operator can
        remove (which is logged, once), and `ConnectionBusy` when the same may be posted again later.
        """
        try:
            self._service.post(self._path + quote(connection_id, safe=""), data)
        except AwsError as error:
            if error.retryable:
                raise ConnectionBusy(error.name) from error
            if error.status == 413:
                raise ValueError(f"A message of {len(data)} bytes is more than a connection takes.") from error
            if error.status not in (400, 410):
                self._log(error)
            raise ConnectionGone(error.name) from error

    def try_post(self, connection_id: str, data: bytes) -> bool:  # noqa: ARG002 - every post is a request to API Gateway
        return False

    def _log(self, error: AwsError) -> None:
        if not self._logged:
            # Not what it says: a server may quote what it was sent, which is what Claude said.
            log.error(
                "API Gateway refuses posts to connections; does the function have execute-api:ManageConnections?",
                extra={"error": error.name, "status": error.status},
            )
        self._logged = True
