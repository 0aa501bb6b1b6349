"""Which programs and web pages may reach a server. On loopback without tokens: those of this machine, not pages from elsewhere.

A browser lets any page open a WebSocket to localhost and says in `Origin` where the page is from. Under DNS rebinding the page's own name
points to this machine; `Host` then carries that name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from ipaddress import ip_address

_AUTHORITY = r"(?:\[([0-9A-Fa-f:.]+)\]|([^\s\[\]:/?#@\\%]+))(?::[0-9]*)?"
_HOST = re.compile(_AUTHORITY)
_ORIGIN = re.compile(rf"[A-Za-z][A-Za-z0-9+.-]*://{_AUTHORITY}")
"""Nothing but a scheme, a host and a port, as browsers write it (https://www.rfc-editor.org/rfc/rfc6454#section-6.2): no user, no path."""


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
    names = [_name_in(_HOST, host) for host in hosts]
    return len(names) == 1 and all(is_loopback(name) for name in [*names, *(_name_in(_ORIGIN, origin) for origin in origins)])


def is_own_request(hosts: Iterable[str], origins: Iterable[str]) -> bool:
    """Where tokens say who may connect: a program, or a page of the very host that is asked, or of the visitor's own machine."""
    names, pages = [_name_in(_HOST, host) for host in hosts], [_name_in(_ORIGIN, origin) for origin in origins]
    return len(names) == 1 and bool(names[0]) and all(is_loopback(page) or page == names[0] for page in pages)


def _name_in(form: re.Pattern[str], text: str) -> str:
    """The host's name or address in small letters, without brackets; "" where the text has another form."""
    found = form.fullmatch(text)
    return (found[1] or found[2]).lower() if found else ""
