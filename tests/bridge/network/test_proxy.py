"""Which proxy the environment names."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.network.proxy import Proxy, proxy_for
from bridge.settings import BadSetting

URL = "https://api.example.com"


def named(value: str, variable: str = "HTTPS_PROXY") -> Proxy | None:
    return proxy_for(URL, {variable: value})


@pytest.mark.parametrize(
    ("value", "proxy"),
    [
        ("http://p:3128", ("http", "p", 3128)),
        ("http://p", ("http", "p", 80)),
        ("https://p", ("https", "p", 443)),
        ("https://p:8443/", ("https", "p", 8443)),
        ("p:3128", ("http", "p", 3128)),
        ("p", ("http", "p", 80)),
        ("127.0.0.1:3128", ("http", "127.0.0.1", 3128)),
        ("HTTP://P.Example:3128", ("http", "p.example", 3128)),
        ("http://[::1]:3128", ("http", "::1", 3128)),
        ("[fd00::1]:3128", ("http", "fd00::1", 3128)),
        (' "http://p:3128" ', ("http", "p", 3128)),
        ("'p:3128'\n", ("http", "p", 3128)),
        ("http://p.:3128", ("http", "p.", 3128)),
    ],
)
def test_every_usual_form_names_a_proxy(value: str, proxy: tuple[str, str, int]) -> None:
    result = named(value)
    assert result is not None
    assert (result.scheme, result.host, result.port, result.user) == (*proxy, "")


@pytest.mark.parametrize("value", ["http://ada%40x:p%3Aw%2F@p:3128", "ada%40x:p%3Aw%2F@p:3128"])
def test_user_and_password_are_read_and_not_shown(value: str) -> None:
    result = named(value)
    assert result is not None
    assert (result.user, result.password, result.address) == ("ada@x", "p:w/", "p:3128")
    assert "p:w/" not in repr(result)


@pytest.mark.parametrize("scheme", ["socks5", "socks5h", "socks4", "socks4a", "SOCKS", "ftp", "quic"])
@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"])
def test_a_scheme_that_is_not_spoken_is_refused_by_its_name(scheme: str, variable: str) -> None:
    with pytest.raises(BadSetting) as caught:
        named(f"{scheme}://ada:secret@127.0.0.1:1080", variable)
    said = str(caught.value)
    assert f"{variable} names a {scheme.lower()}:// proxy" in said
    assert "NO_PROXY=api.example.com" in said
    assert "secret" not in said
    assert "\n" not in said


BAD = [
    *("http://[bad", "http://127.0.0.1:port", "http://p:99999", "http://p:0", "http://", "http:///x", "://p", "http:p:3128"),
    *("http://user:se#cret@p:3128", "http://user:se/cret@p:3128", "http://p q:3128", "http://p..q", "http://user:secret@", "secret@:80"),
    *("http//proxy:3128", "https://https://proxy", "3128", "http://3128", "http://<proxy>:3128", "http://ü:3128", "http://p:3128\x1b[31m"),
]


@pytest.mark.parametrize("value", BAD)
def test_what_is_not_a_proxy_is_one_line_that_names_the_variable_and_no_password(value: str) -> None:
    with pytest.raises(BadSetting) as caught:
        named(value)
    said = str(caught.value)
    assert said == "HTTPS_PROXY must be the URL of a proxy, like http://proxy.example.com:3128, or not set at all."


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=30).map("http://{}".format) | st.text(max_size=20))
def test_any_text_is_a_proxy_or_a_bad_setting(text: str) -> None:
    with contextlib.suppress(BadSetting):
        result = named(text)
        assert result is None or 0 < result.port < 65_536


@pytest.mark.parametrize(
    ("environment", "host"),
    [
        ({}, None),
        ({"HTTPS_PROXY": " "}, None),
        ({"http_proxy": "other"}, None),
        ({"https_proxy": "lower", "HTTPS_PROXY": "upper", "ALL_PROXY": "all"}, "lower"),
        ({"https_proxy": "", "HTTPS_PROXY": "upper"}, "upper"),
        ({"ALL_PROXY": "all"}, "all"),
        ({"all_proxy": "all", "HTTPS_PROXY": "upper"}, "upper"),
    ],
)
def test_the_variable_for_https_counts_in_lower_case_first(environment: dict[str, str], host: str | None) -> None:
    result = proxy_for(URL, environment)
    assert (result and result.host) == host


def test_plain_http_goes_through_no_proxy() -> None:
    assert proxy_for("http://a.example", {"HTTPS_PROXY": "socks5://p", "ALL_PROXY": "p"}) is None


@pytest.mark.parametrize(
    ("url", "entries", "exempt"),
    [
        (URL, "*", True),
        (URL, "api.example.com", True),
        (URL, "x, EXAMPLE.COM", True),
        (URL, "x example.com", True),
        (URL, ".example.com", True),
        (URL, "*.example.com", True),
        (URL, "example.com.", True),
        (URL, "api.example.com:443", True),
        (URL, ".example.com:443", True),
        (URL, "api.example.com:8443,ample.com,", False),
        (URL, "10.0.0.0/8,::1", False),
        ("https://127.0.0.1:1", "localhost,127.0.0.1", True),
        ("https://127.0.0.1:1", "127.0.0.1:1", True),
        ("https://127.0.0.1:1", "127.0.0.1:2", False),
        ("https://10.1.2.3", "10.0.0.0/8", True),
        ("https://10.1.2.3", "10.1.2.3/8", True),
        ("https://10.1.2.3", "11.0.0.0/8,bad/99,/8", False),
        ("https://[fd00::7]", "fd00::/8", True),
        ("https://[fd00::7]:8443", "[fd00::7]:8443", True),
        ("https://[fd00::7]", "fd00:0:0::7", True),
        ("https://[fd00::7]", "fd00::8", False),
        (URL, "", False),
    ],
)
def test_no_proxy_exempts_hosts_domains_addresses_and_networks(url: str, entries: str, *, exempt: bool) -> None:
    assert (proxy_for(url, {"HTTPS_PROXY": "p", "NO_PROXY": entries}) is None) is exempt
    assert (proxy_for(url, {"HTTPS_PROXY": "p", "no_proxy": entries}) is None) is exempt


def test_a_bad_proxy_that_is_not_used_is_no_error() -> None:
    assert proxy_for(URL, {"HTTPS_PROXY": "socks5://p", "NO_PROXY": "example.com"}) is None
