"""Which programs and web pages may reach a server. On loopback without tokens: those of this machine, but no page of another site.

A browser lets any page open a WebSocket to localhost, and says in `Origin` which site the page came from. With DNS rebinding, the name of
an attacker's site resolves to this machine; `Host` then carries that name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from ipaddress import ip_address

_AUTHORITY = r"(?:\[([0-9A-Fa-f:.]+)\]|([^\s\[\]:/?#@\\%]+))(?::[0-9]*)?"
_HOST = re.compile(_AUTHORITY)
_ORIGIN = re.compile(rf"[A-Za-z][A-Za-z0-9+.-]*://{_AUTHORITY}")
"""A scheme, a host and a port, as browsers write it (https://www.rfc-editor.org/rfc/rfc6454#section-6.2): no user, no path."""


def is_loopback(host: str) -> bool:
    """Whether `host`, a name or an address without port and brackets, can only be reached from this machine."""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def is_local_request(hosts: Iterable[str], origins: Iterable[str]) -> bool:
    """Whether a request with these `Host` and `Origin` headers (all values of each) comes from a program or a page of this machine.

    There must be exactly one `Host`. The origin "null", which browsers send for pages of unknown source, is not local.
    """
    names = [_name_in(_HOST, host) for host in hosts]
    return len(names) == 1 and all(is_loopback(name) for name in [*names, *(_name_in(_ORIGIN, origin) for origin in origins)])


def is_own_request(hosts: Iterable[str], origins: Iterable[str]) -> bool:
    """The same for a server with tokens: it also admits pages that were served by the very host they connect to."""
    names, pages = [_name_in(_HOST, host) for host in hosts], [_name_in(_ORIGIN, origin) for origin in origins]
    return len(names) == 1 and bool(names[0]) and all(is_loopback(page) or page == names[0] for page in pages)


def _name_in(form: re.Pattern[str], text: str) -> str:
    """The host's name or address in lower case, without brackets; "" if the text has another form."""
    match = form.fullmatch(text)
    return (match[1] or match[2]).lower() if match else ""
