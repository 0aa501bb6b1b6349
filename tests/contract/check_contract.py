"""What every store promises of the row with which it proves that it works."""

from __future__ import annotations

from bridge.store.check import ROW, SECONDS, item
from bridge.store.port import Store
from contract.samples import NOW


class CheckContract:
    def test_a_store_that_works_passes_its_check_at_any_time(self, store: Store, name: str) -> None:
        for moment in (NOW, NOW + 1, NOW + SECONDS, NOW - 25 * 3600, NOW + 25 * 3600):
            store.check(moment)

    def test_a_check_writes_a_row_that_expires(self, store: Store, name: str) -> None:
        store.check(NOW - 10 * SECONDS)
        store.check(NOW)
        row = store.look(ROW)
        assert row is not None
        assert row.ttl == item(NOW)["ttl"] > NOW
