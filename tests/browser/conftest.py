"""A real browser before the real program: `.ci/run page` runs these tests; without playwright they are left out."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

if find_spec("playwright") is None:
    collect_ignore_glob = ["test_*.py"]
else:
    from playwright.sync_api import Browser

    from browser.world import World, chromium

    @pytest.fixture(scope="session")
    def browser() -> Iterator[Browser]:
        with chromium() as running:
            yield running

    @pytest.fixture
    def world(browser: Browser, tmp_path: Path) -> Iterator[World]:
        """A person with an empty home, a scripted Claude and the page; at the end it is checked where the pages' requests went."""
        with World(browser, tmp_path) as running:
            yield running
            running.check_requests()
