"""API Gateway's and Lambda's limits, as the local gateway keeps them.

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Times are in seconds, sizes in bytes of UTF-8.

    * `idle`: a connection without a message in either direction is closed (1001); protocol pings do not count
    * `lifetime`: a connection is closed (1001), whatever happens on it
    * `integration`: how long API Gateway waits for the function; the function runs on
    * `function`: the function's time-out, which its invocations are told as the time they have left
    * `frame`, `message`: a larger frame or message from a client, or a larger post, is refused (close 1009, or 413)
    * `post`: how long a post waits for a client that reads slowly
    * `close`: how long a closing handshake may take before the connection is cut
    * `concurrency`: messages being handled at once, of all connections; more have to wait (Lambda's default quota for an account)
    * `rate`, `burst`: messages and handshakes a second, of all connections, and how many may come at once; more are refused. They are
      what Terraform sets for the stage (`throttling_rate`, `throttling_burst`)
    """

    idle: float = 600.0
    lifetime: float = 7200.0
    integration: float = 29.0
    function: float = 600.0
    frame: int = 32 * 1024
    message: int = 128 * 1024
    post: float = 5.0
    close: float = 1.0
    concurrency: int = 1000
    rate: float = 100.0
    burst: int = 2000
