"""For every test: no key, no account, no profile of the person who runs it, and no network but loopback."""

from __future__ import annotations

import ipaddress
import os
import sys
import threading
from collections.abc import Callable
from typing import Any

import pytest

OURS = (
    "ANTHROPIC_",
    "AWS_",
    "CLAUDE_",
    "GATEWAY_",
    "MAX_",
    "SYSTEM_PROMPT",
    "CONTEXT_",
    "SESSION_",
    "LEASE_",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "ALL_PROXY",
    "NO_PROXY",
)

for name in list(os.environ):
    if name.upper().startswith(OURS):
        del os.environ[name]
os.environ["AWS_EC2_METADATA_DISABLED"] = "true"


def _is_local(host: object) -> bool:
    name = host.decode() if isinstance(host, bytes) else host
    if name in (None, "", "localhost"):
        return True
    try:
        return ipaddress.ip_address(str(name).partition("%")[0]).is_loopback
    except ValueError:
        return False


def refuse_the_network(event: str, arguments: tuple[Any, ...]) -> None:
    """An audit hook (PEP 578): it sees every connection and every name that is looked up, whoever does it."""
    if event == "socket.connect" and isinstance(arguments[1], tuple):
        host = arguments[1][0]
    elif event == "socket.getaddrinfo":
        host = arguments[0]
    else:
        return
    if not _is_local(host):
        raise AssertionError(f"a test reached for the network: {host}")


sys.addaudithook(refuse_the_network)


def trace_one_thread_at_a_time() -> None:
    """Has new threads install what `threading.settrace` asks for, which measures coverage, one after another.

    CPython 3.11 ends a thread with an error when another one is just installing a trace function. That tells audit hooks, and one in Python
    may let other threads go on meanwhile. https://github.com/python/cpython/blob/v3.11.9/Python/ceval.c, `_PyEval_SetTrace`
    """
    alone = threading.Lock()

    class Sys:
        """`sys`, as threads see it."""

        def __getattr__(self, name: str) -> Any:
            return getattr(sys, name)

        def settrace(self, function: Callable[..., Any]) -> None:
            with alone:
                sys.settrace(function)
                (lambda: None)()  # At the first call coverage installs its own trace function in place of this one.

    setattr(threading, "_sys", Sys())  # noqa: B010 -- it is another's module


if sys.version_info < (3, 12):
    trace_one_thread_at_a_time()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The soak takes longest: begun first, it does not leave other workers waiting at the end."""
    items.sort(key=lambda item: item.path.name != "test_soak.py")
