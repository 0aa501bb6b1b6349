from __future__ import annotations

from pathlib import Path

import pytest

from terraform.checkout import Checkout, checkout_in


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return checkout_in(tmp_path)
