"""The HTTP side of the stand-in: one thread per connection, which stays open for further requests; replies are sent step by step."""

from __future__ import annotations

import os
import socket
import struct
import sys
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler
from threading import Event, Thread
from typing import Any

from bridge_local.stand_in.exchange import Cut, Reply, failure
from bridge_local.threaded_server import BoundedServer

MAX_BODY = 32 * 1024 * 1024
"""In bytes; the API refuses larger bodies (docs api/errors)."""

CLOSING_SECONDS = 5.0
"""How long `stop` waits for replies that are being sent."""

ReplyTo = Callable[[str, str, Mapping[str, str], bytes], Reply]
"""Takes method, path, headers (names in lower case) and content; returns the reply."""


class Server(BoundedServer):
    """Serves at most `max_connections` connections on a free port of 127.0.0.1, from its creation until `stop`."""

    request_queue_size = 1024  # Hundreds of connections may arrive at once.

    def __init__(self, reply_to: ReplyTo, max_connections: int) -> None:
        super().__init__(("127.0.0.1", 0), _Handler, max_connections)
        self.reply_to = reply_to
        self._stopping = Event()
        self._accepting = Thread(target=self._accept, name="stand-in", daemon=True)
        self._accepting.start()

    def _accept(self) -> None:
        while not self._stopping.is_set():
            self.handle_request()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Prints the traceback of an error, except where the client has gone away."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)

    def stop(self) -> None:
        """Stops accepting, ends every connection, and waits for the threads that serve them."""
        self._stopping.set()
        socket.create_connection(("127.0.0.1", self.port)).close()  # Wakes the accepting thread.
        self._accepting.join()
        self.cut_connections(CLOSING_SECONDS)
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "stand-in"
    sys_version = ""
    disable_nagle_algorithm = True
    timeout = 75  # Seconds that an open connection may be idle.
    server: Server

    def do_POST(self) -> None:
        length = self.headers.get("content-length", "")
        if not length.isdecimal():
            self._send(failure(411, "invalid_request_error", "content-length is required"))
            self.close_connection = True
        elif int(length) > MAX_BODY:
            self._send(failure(413, "request_too_large", "Request exceeds the maximum size"))
            self.close_connection = True
        else:
            content = self.rfile.read(int(length))
            if len(content) == int(length):
                self._answer(content)
            else:  # The client has gone, or was killed, in the middle of its request.
                self.close_connection = True

    def do_GET(self) -> None:
        self._answer(b"")

    def _answer(self, content: bytes) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        self._send(self.server.reply_to(self.command, self.path, headers, content))

    def _send(self, reply: Reply) -> None:
        headers = {name.lower(): value for name, value in reply.headers.items()}
        chunked = "content-length" not in headers and headers.get("connection") != "close"
        self.send_response(reply.status)
        for name, value in {**headers, **({"transfer-encoding": "chunked"} if chunked else {})}.items():
            self.send_header(name, value)
        self.end_headers()
        for step in reply.steps:
            if isinstance(step, bytes):
                self.wfile.write(b"%x\r\n%b\r\n" % (len(step), step) if chunked and step else step)
            elif isinstance(step, Cut):
                self._cut(step)
                return
            else:
                step()
        if chunked:
            self.wfile.write(b"0\r\n\r\n")

    def _cut(self, cut: Cut) -> None:
        self.close_connection = True
        if cut is Cut.INSIDE_CHUNK:
            self.wfile.write(b'1000\r\nevent: content_block_delta\ndata: {"type":"con')
        elif cut is Cut.RESET:
            # Closing a socket with a linger time of zero resets the connection, unless it was shut down before.
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            os.close(self.connection.detach())

    def log_message(self, *_: object) -> None:
        """Requests are not logged."""
