"""The stores that need nothing but this machine."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from bridge.store.port import Store
from bridge_local.sqlite.store import SqliteStore
from contract.store_contract import StoreContract
from fakes.memory_store import MemoryStore


class TestMemoryStore(StoreContract):
    examples = 5  # It is the model itself.

    @pytest.fixture
    def store(self) -> Store:
        return MemoryStore()


class TestSqliteStore(StoreContract):
    @pytest.fixture
    def stores(self, tmp_path: Path) -> Iterator[Sequence[Store]]:
        """Two on one file, like two bridges."""
        stores = [SqliteStore(tmp_path / "sessions.db") for _ in range(2)]
        yield stores
        for store in stores:
            store.close()

    @pytest.fixture
    def store(self, stores: Sequence[Store]) -> Store:
        return stores[0]
