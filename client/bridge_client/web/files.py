"""What the server sends over HTTP: the page's files, each read once, with the headers that keep it to itself."""

from __future__ import annotations

from collections.abc import Mapping
from email.utils import formatdate
from functools import cache
from http import HTTPStatus
from pathlib import Path

from websockets.datastructures import Headers
from websockets.http11 import Response

FOLDER = Path(__file__).with_name("static")
TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
ENTRANCE = "enter.html"
REFUSED = "Open the link that `ask-claude web` prints. It works once, for a minute: press Enter there for another one.\n"


def response(status: HTTPStatus, body: str | bytes, kind: str, origin: str, more: Mapping[str, str] | None = None) -> Response:
    """Scripts, styles and connections from `origin` alone, and nothing that is written in the HTML itself."""
    data = body.encode() if isinstance(body, str) else body
    policy = (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        f"connect-src 'self' {origin.replace('http', 'ws', 1)}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    headers = {
        "Date": formatdate(usegmt=True),
        "Connection": "close",
        "Content-Length": str(len(data)),
        "Content-Type": kind,
        "Content-Security-Policy": policy,
        "Cache-Control": "no-store",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        **(more or {}),
    }
    return Response(status.value, status.phrase, Headers(headers), data)


def refused(origin: str) -> Response:
    return response(HTTPStatus.FORBIDDEN, REFUSED, "text/plain; charset=utf-8", origin)


def entrance(origin: str, secret: str, cookie: str) -> Response:
    """What a link leads to: a script that keeps the secret, and goes on to the page.

    Not a redirect: a browser sends no strict cookie where a page of another site, or a mail, led to it.
    """
    page = read()[f"/{ENTRANCE}"].decode().replace("{secret}", secret)
    return response(HTTPStatus.OK, page, TYPES[".html"], origin, {"Set-Cookie": cookie})


def file(path: str, origin: str) -> Response:
    """The file of this path; `/` is the page."""
    name = "/index.html" if path == "/" else path
    if name not in read() or name == f"/{ENTRANCE}":
        return response(HTTPStatus.NOT_FOUND, "There is no such file.\n", "text/plain; charset=utf-8", origin)
    return response(HTTPStatus.OK, read()[name], TYPES[Path(name).suffix], origin)


@cache
def read() -> Mapping[str, bytes]:
    """All files by their path: what is not listed here cannot be asked for."""
    return {f"/{path.name}": path.read_bytes() for path in FOLDER.iterdir() if path.suffix in TYPES}
