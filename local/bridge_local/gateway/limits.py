"""API Gateway's and Lambda's limits, as the local gateway enforces them.

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Times are in seconds, sizes in bytes of UTF-8.

    * `idle`: a connection is closed (1001) after this long without a message in either direction; protocol pings do not count
    * `lifetime`: a connection is closed (1001) after this long, whatever happens on it
    * `integration`: how long API Gateway waits for the function, which goes on running
    * `function`: the function's time-out, which determines the time left that an invocation sees
    * `frame`, `message`: a larger frame or message from a client closes the connection (1009); a larger post is refused (413)
    * `post`: how long a post waits for a client that reads slowly
    * `close`: how long a closing handshake may take before the connection is aborted
    * `concurrency`: how many messages of all connections are handled at once; more have to wait (Lambda's default quota of an account)
    * `rate`, `burst`: how many messages and handshakes of all connections are accepted per second, and at once; more are refused.
      Terraform sets the same for the stage (`throttling_rate`, `throttling_burst`)
    * `connections`: connections beyond this number are closed at once; `backlog`: how many may wait to be accepted
    * `callers`: the same for connections to @connections
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
    connections: int = 4000
    backlog: int = 1024
    callers: int = 64
