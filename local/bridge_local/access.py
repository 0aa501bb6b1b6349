"""Which programs and web pages may reach a server. On loopback without tokens: those of this machine, not pages from elsewhere.

A browser lets any page open a WebSocket to localhost and says in `Origin` where the page is from. Under DNS rebinding the page's own name
points to this machine; `Host` then carries that name.
"""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import ip_address
from urllib.parse import urlsplit


def is_loopback(host: str) -> bool:
    """Whether `host`, a name or an address without port and brackets, is this machine and cannot be reached from another one."""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def is_local_request(hosts: Iterable[str], origins: Iterable[str]) -> bool:
    """Whether a request with these `Host` and `Origin` headers (all values of each) comes from a program or page of this machine.

    There has to be one `Host`; a browser's "null" origin, sent for pages of unknown source, is not local.
    """
    names = [_hostname(f"//{host}") for host in hosts]
    return len(names) == 1 and all(is_loopback(name) for name in [*names, *map(_hostname, origins)])


def is_own_request(hosts: Iterable[str], origins: Iterable[str]) -> bool:
    """Where tokens say who may connect: a program, or a page of the very host that is asked, or of the visitor's own machine."""
    names = [_hostname(f"//{host}") for host in hosts]
    return len(names) == 1 and all(is_loopback(origin) or (origin and origin == names[0]) for origin in map(_hostname, origins))


def _hostname(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""
