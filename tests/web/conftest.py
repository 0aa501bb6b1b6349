"""A running page."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from web.running_page import RunningPage, running_page


@pytest.fixture
def page(tmp_path: Path) -> Iterator[RunningPage]:
    with running_page(tmp_path) as running:
        yield running
