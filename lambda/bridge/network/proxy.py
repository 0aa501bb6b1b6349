"""Which proxy the environment names for a URL.

The conventions are those of curl and Go: `HTTPS_PROXY`, else `ALL_PROXY`, in lower case first, unless `NO_PROXY` exempts the host. Only
https goes through a proxy.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from urllib.parse import SplitResult, unquote, urlsplit

from bridge.settings import BadSetting
from bridge.typed import NamedTuple

_VARIABLES = ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY")
_PORTS = {"http": 80, "https": 443}
NO_TLS = frozenset({"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "UNKNOWN_PROTOCOL", "PACKET_LENGTH_TOO_LONG", "RECORD_LAYER_FAILURE"})
"""The `reason`s of an `ssl.SSLError` when TLS is spoken to a server that does not."""


class Proxy(NamedTuple):
    """An HTTP proxy, spoken to over TLS or not. `variable` names it in the environment. `user` may be empty."""

    scheme: str
    host: str
    port: int
    variable: str
    user: str = ""
    password: str = ""

    @property
    def address(self) -> str:
        return authority(self.host, self.port)

    def __repr__(self) -> str:
        return f"Proxy({self.scheme}://{self.address})"  # Never the password, wherever this comes to be shown.


class ProxyFailed(OSError):
    """There is no way through the proxy; the text is a sentence that says why, and names the proxy without its password.

    `final`: the next attempt would fail like this one. `retryable`: a later one may not. `setting` names the variable to look at.
    """

    def __init__(self, sentence: str, setting: str, *, final: bool, retryable: bool) -> None:
        super().__init__(sentence)
        self.setting = setting
        self.final = final
        self.retryable = retryable


def authority(host: str, port: int) -> str:
    """`host:port`, an IPv6 address in brackets."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def proxy_for(url: str, environment: Mapping[str, str]) -> Proxy | None:
    """The proxy to use for `url`, if any. Raises `BadSetting` for one that is needed and cannot be used; the text has no password."""
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or 443
    variable = next((name for name in _VARIABLES if environment.get(name, "").strip()), "")
    if parts.scheme != "https" or not variable:
        return None
    exempt = environment.get("no_proxy") or environment.get("NO_PROXY") or ""
    if any(_exempts(entry, host, port) for entry in exempt.lower().replace(",", " ").split()):
        return None
    return _parsed(variable, environment[variable].strip().strip("'\"").strip(), host)


def _parsed(variable: str, text: str, host: str) -> Proxy:
    parts = _split(text if "://" in text else f"http://{text}")
    if parts is None:
        raise BadSetting(f"{variable} must be the URL of a proxy, like http://proxy.example.com:3128, or not set at all.")
    if parts.scheme not in _PORTS:
        raise BadSetting(
            f"{variable} names a {parts.scheme}:// proxy, and the bridge speaks to http:// and https:// proxies only. "
            f"Name one of those, or exempt {host} by NO_PROXY={host}."
        )
    return Proxy(
        parts.scheme,
        parts.hostname or "",
        parts.port or _PORTS[parts.scheme],
        variable,
        unquote(parts.username or ""),
        unquote(parts.password or ""),
    )


def _split(text: str) -> SplitResult | None:
    """The parts of a proxy's URL; None for what is not one."""
    try:
        parts = urlsplit(text)
        host = (parts.hostname or "").rstrip(".")
        # A port alone, and a scheme without its colon, would be taken for hosts.
        usable = parts.port != 0 and not host.isdigit() and host not in _PORTS
        usable = usable and all(part and part.isascii() and len(part) < 64 for part in host.split("."))
    except ValueError:
        return None
    return parts if usable and text.isprintable() and not set(text) & set(" \\<>\"'") else None


def _exempts(entry: str, host: str, port: int) -> bool:
    """Whether an entry of `NO_PROXY` names this host: `*`, or a domain, an address or a network, each with a port or not."""
    if entry == "*":
        return True
    return any(_names(name, host) for name in _with_port(entry, port))


def _with_port(entry: str, port: int) -> Iterator[str]:
    """The host that an entry names, if it names none but this port."""
    name, colon, number = entry.rpartition(":")
    if colon and number.isdigit() and (":" not in name or name.startswith("[")):
        if int(number) == port:
            yield name.strip("[]")
    else:
        yield entry.strip("[]")


def _names(name: str, host: str) -> bool:
    name = name.removeprefix("*").strip(".")
    if name and (host == name or host.endswith(f".{name}")):
        return True
    if host[-1:].isdigit() or ":" in host:
        return _contains(name, host)
    return False


def _contains(network: str, host: str) -> bool:
    """Whether the address `host` lies in `network`, which may be an address in another spelling."""
    from ipaddress import ip_address, ip_network

    try:
        return ip_address(host) in ip_network(network, strict=False)
    except ValueError:
        return False
