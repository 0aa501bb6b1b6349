"""The hashes table on DynamoDB: claims of requests, and budgets. See `dynamo_store` for what all its writes have in common."""

from __future__ import annotations

from contextlib import suppress

from bridge.aws.dynamo_table import ConditionFailed, Table
from bridge.errors import StoreUnavailable
from bridge.store import check
from bridge.store.claim_row import Claim
from bridge.store.records import Item
from bridge.store.tally import Hold, Tally
from bridge.typed import Any

_FREE = "attribute_not_exists(#hash) OR #ttl <= :now"
_AS_SEEN = "attribute_not_exists(#hash) OR (#invocation = :invocation AND #lease_until = :lease_until)"
_RUNNING = "#state = :running"
_OURS = "#state = :running AND #invocation = :invocation"


class DynamoClaims:
    """The methods of `bridge.store.port.Store` on claims and budgets. Threads may share it."""

    def __init__(self, table: Table) -> None:
        self._claims = table
        self._last_check = check.LastCheck()

    def claim(self, claim: Claim, now: float) -> Claim | None:
        return self._put_claim(claim, _FREE, {"now": now})

    def take_over(self, claim: Claim, seen: Claim) -> Claim | None:
        return self._put_claim(claim, _AS_SEEN, {"invocation": seen.invocation, "lease_until": seen.lease_until})

    def look(self, hash: str, *, consistent: bool = True) -> Claim | None:
        item = self._claims.get({"hash": hash}, consistent=consistent)
        return Claim.of(item) if item else None

    def renew(self, hash: str, invocation: str, lease_until: float) -> Claim | None:
        values = {"running": "running", "invocation": invocation, "lease_until": lease_until}
        item = self._change_claim(hash, "SET #lease_until = :lease_until", _OURS, values)
        return Claim.of(item) if item else None

    def follow(self, hash: str, connection_id: str) -> None:
        self._change_claim(hash, "SET #connection_id = :connection", _RUNNING, {"running": "running", "connection": connection_id})

    def cancel(self, hash: str) -> bool:
        return bool(self._change_claim(hash, "SET #cancel = :true", _RUNNING, {"running": "running", "true": True}))

    def fail(self, claim: Claim) -> bool:
        try:
            self._claims.put(claim.item(), _OURS, {"running": "running", "invocation": claim.invocation})
        except ConditionFailed as failed:
            row = Claim.of(failed.item or {})
            return row.failed and row.invocation == claim.invocation  # Done already: the answer was lost.
        return True

    # The store itself

    def check(self, now: float) -> None:
        if not self._last_check.is_recent(now):
            self._claims.put(check.item(now))
            self._last_check = check.LastCheck(now)
        if self._claims.get({"hash": check.ROW}) is None:
            self._last_check = check.LastCheck()
            raise StoreUnavailable

    # Budgets

    def hold(self, hold: Hold, limit: int) -> Tally | None:
        change = f"SET #{hold.attribute} = :held, #ttl = :ttl ADD #tokens :held"
        condition = f"attribute_not_exists(#{hold.attribute}) AND (attribute_not_exists(#tokens) OR #tokens < :limit)"
        try:
            self._claims.update({"hash": hold.row}, change, condition, {"held": hold.tokens, "ttl": hold.ttl, "limit": limit})
        except ConditionFailed as failed:
            row = Tally.of(failed.there)
            return None if hold.attribute in row.holds else row
        return None

    def tally(self, row: str) -> Tally:
        item = self._claims.get({"hash": row})
        return Tally(row) if item is None else Tally.of(item)

    def settle(self, hold: Hold, used: int) -> None:
        change = f"ADD #tokens :change REMOVE #{hold.attribute}"
        with suppress(ConditionFailed):
            self._claims.update({"hash": hold.row}, change, f"attribute_exists(#{hold.attribute})", {"change": used - hold.tokens})

    def _put_claim(self, claim: Claim, condition: str, values: dict[str, Any]) -> Claim | None:
        try:
            self._claims.put(claim.item(), condition, values)
        except ConditionFailed as failed:
            row = Claim.of(failed.there)
            return None if row.invocation == claim.invocation else row
        return None

    def _change_claim(self, key: str, change: str, condition: str, values: dict[str, Any]) -> Item | None:
        """The row after the change; None where the condition did not hold."""
        try:
            return self._claims.update({"hash": key}, change, condition, values)
        except ConditionFailed:
            return None
