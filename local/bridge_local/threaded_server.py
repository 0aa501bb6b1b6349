"""A TCP server with a thread per connection, which accepts a bounded number of connections."""

from __future__ import annotations

import socket
import time
from socketserver import BaseRequestHandler, ThreadingTCPServer
from threading import Condition
from typing import Any

PAUSE_SECONDS = 0.1
"""After a failed `accept`: the system is out of descriptors or memory, and would report the same connection again at once."""


class BoundedServer(ThreadingTCPServer):
    """Closes connections beyond `max_connections` immediately, without a thread. Its threads are daemons."""

    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False

    def __init__(self, address: tuple[str, int], handler: type[BaseRequestHandler], max_connections: int) -> None:
        self._max_connections = max_connections
        self._changed = Condition()
        self._open: set[socket.socket] = set()
        super().__init__(address, handler)

    @property
    def port(self) -> int:
        return int(self.socket.getsockname()[1])

    def get_request(self) -> tuple[socket.socket, Any]:
        try:
            return super().get_request()
        except OSError:
            time.sleep(PAUSE_SECONDS)
            raise

    def verify_request(self, request: Any, client_address: Any) -> bool:  # noqa: ARG002 (the signature of socketserver)
        """Whether there is room for this connection, which then counts as open."""
        with self._changed:
            if len(self._open) >= self._max_connections:
                return False
            self._open.add(request)
            return True

    def shutdown_request(self, request: Any) -> None:
        super().shutdown_request(request)
        with self._changed:
            self._open.discard(request)
            self._changed.notify_all()

    def cut_connections(self, seconds: float) -> None:
        """Ends every connection, and waits at most `seconds` for the threads that serve them."""
        with self._changed:
            for connection in self._open:
                try:
                    connection.shutdown(socket.SHUT_RDWR)
                except OSError:
                    continue  # The other side has closed it.
            self._changed.wait_for(lambda: not self._open, seconds)
