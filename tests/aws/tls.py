"""A certificate for 127.0.0.1, and a proxy that lets TLS through."""

from __future__ import annotations

import contextlib
import datetime
import ipaddress
import select
import socket
import socketserver
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec


def server_context(folder: Path) -> tuple[ssl.SSLContext, Path]:
    """A server's TLS context, and the file of the certificate that a client has to trust."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    trusted, private = folder / "certificate.pem", folder / "key.pem"
    trusted.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(trusted, private)
    return context, trusted


OPENED = b"HTTP/1.1 200 Connection established\r\n\r\n"


class _Tunnel(socketserver.BaseRequestHandler):
    server: Proxy

    def handle(self) -> None:
        with contextlib.suppress(OSError):
            client = self.server.tls.wrap_socket(self.request, server_side=True) if self.server.tls else self.request
            with client:
                self._serve(client)

    def _serve(self, client: socket.socket) -> None:
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            data = client.recv(4096)
            if not data:
                return
            head += data
        self.server.heads.append(head.decode())
        for number, part in enumerate(self.server.answers):
            if number:  # After the tunnel was opened: once something has come through it.
                client.recv(65536)
            client.sendall(part)
        if self.server.answers != (OPENED,):
            return
        host, _, port = head.split()[1].decode().rpartition(":")
        with socket.create_connection((host.strip("[]"), int(port))) as upstream:
            _relay(client, upstream)


def _relay(client: socket.socket, upstream: socket.socket) -> None:
    """Passes bytes on in both directions, in one thread: an SSLSocket is not for two."""
    others = {client: upstream, upstream: client}
    while True:
        waiting = isinstance(client, ssl.SSLSocket) and client.pending()
        for source in [client] if waiting else select.select([client, upstream], [], [])[0]:
            data = source.recv(65536)
            if not data:
                return
            others[source].sendall(data)


class Proxy(socketserver.ThreadingTCPServer):
    """Answers CONNECT with `answers`, and hangs up after any but `OPENED`. `heads` are the requests."""

    daemon_threads = True
    block_on_close = True

    def __init__(self, answers: tuple[bytes, ...], tls: ssl.SSLContext | None) -> None:
        super().__init__(("127.0.0.1", 0), _Tunnel)
        self.answers = answers
        self.tls = tls
        self.heads: list[str] = []

    @property
    def port(self) -> int:
        return int(self.server_address[1])


@contextlib.contextmanager
def proxy(*answers: bytes, tls: ssl.SSLContext | None = None) -> Iterator[Proxy]:
    server = Proxy(answers or (OPENED,), tls)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextlib.contextmanager
def speaking(says: bytes) -> Iterator[str]:
    """The URL of a server that says this to whatever comes, and hangs up."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            with contextlib.suppress(OSError):
                while True:
                    client, _ = listening.accept()
                    with client, contextlib.suppress(OSError):
                        client.recv(65536)
                        client.sendall(says)
                        client.shutdown(socket.SHUT_WR)
                        while client.recv(65536):  # A connection that is closed with unread data is reset.
                            pass

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        listening.shutdown(socket.SHUT_RDWR)
        thread.join()
