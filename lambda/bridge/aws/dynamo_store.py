"""The store on DynamoDB: sessions and claims, in two tables.

Nothing is read before it is written: each write states its condition, and a failed one brings the row that is there instead. When the
answer of a write was lost and the write is repeated, its condition meets its own row, which is success:

    first attempt   put if absent  ->  written, answer lost
    second attempt  put if absent  ->  condition failed, old row = ours  ->  success
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from itertools import islice
from typing import Any

from bridge.aws.dynamo_table import BATCH, ConditionFailed, Table
from bridge.aws.service import Service
from bridge.errors import StoreUnavailable
from bridge.store.port import ANY, Lifetime, Listed, Session, up_to
from bridge.store.records import HEAD, Claim, Head, Item, Progress, Turn, Usage
from bridge.store.tally import Hold, Tally

OWNER_INDEX = "owner-index"
"""The index of the sessions table on `owner`, `last_updated`. Only heads with an owner are in it; it projects all their attributes."""

_FREE = "attribute_not_exists(#hash) OR #ttl <= :now"
_AS_SEEN = "attribute_not_exists(#hash) OR (#invocation = :invocation AND #lease_until = :lease_until)"
_RUNNING = "#state = :running"
_OURS = "#state = :running AND #invocation = :invocation"
_THIS_LIFE = "#born = :born AND (attribute_not_exists(#deleted) OR #deleted = :false)"
_COUNTED = " AND ".join(f"attribute_exists(#usage.#{name})" for name in Usage().item())


class DynamoStore:
    """`bridge.store.Store` on DynamoDB. Threads may share it."""

    def __init__(self, service: Service, *, context_table: str, hash_table: str) -> None:
        self._sessions = Table(service, context_table)
        self._claims = Table(service, hash_table)

    # Sessions

    def load(self, session: str, limit: int) -> Session:
        items = list(islice(self._sessions.query("#session_id = :session", {"session": session}, page=limit), limit))
        heads = [Head.of(item) for item in items if item.get("turn") == HEAD]
        return Session(heads[0] if heads else None, tuple(Turn.of(item) for item in items if item.get("turn") != HEAD))

    def page(self, session: str, after: str, before: str, limit: int, octets: int = ANY) -> tuple[Turn, ...]:
        # A key condition has BETWEEN, which takes both ends in, and no empty strings. A space sorts before every turn.
        lowest, highest = after or " ", min(before, HEAD)
        if lowest >= highest or limit < 1:
            return ()
        values = {"session": session, "lowest": lowest, "highest": highest}
        items = self._sessions.query("#session_id = :session AND #turn BETWEEN :lowest AND :highest", values, page=limit + 1)
        turns = (Turn.of(item) for item in items if lowest < item["turn"] < highest)
        return tuple(up_to(octets, islice(turns, limit)))

    def turn(self, session: str, turn: str) -> Turn | None:
        item = self._sessions.get(_turn_key(session, turn))
        return Turn.of(item) if item else None

    def add_turn(self, session: str, turn: Turn) -> Turn | None:
        try:
            self._sessions.put(turn.item(session), "attribute_not_exists(#turn)")
        except ConditionFailed as failed:
            found = Turn.of(_there(failed))
            return None if failed.repeated and found == turn else found
        return None

    def remove_turn(self, session: str, turn: str) -> None:
        if turn != HEAD:
            self._sessions.delete(_turn_key(session, turn))

    def remove_turns(self, session: str, through: str) -> int:
        values = {"session": session, "through": through}
        condition = "#session_id = :session AND #turn <= :through"
        keys = self._sessions.query(condition, values, forward=True, only="#session_id, #turn")
        turns = (key for key in keys if key["turn"] != HEAD)
        removed = 0
        while batch := list(islice(turns, BATCH)):
            self._sessions.delete_batch(batch)
            removed += len(batch)
        return removed

    def begin(self, session: str, head: Head, seen: Head | None) -> Head:
        condition = "attribute_not_exists(#turn)"
        values: dict[str, Any] = {}
        if seen is not None:
            condition = f"{condition} OR (#born = :born AND (#last_updated = :seen OR attribute_not_exists(#last_updated)))"
            values = {"born": seen.born, "seen": seen.last_updated}
        try:
            self._sessions.put(head.item(session), condition, values)
        except ConditionFailed as failed:
            return Head.of(_there(failed))
        return head

    def advance(self, session: str, born: str, progress: Progress) -> Head | None:
        # Where the counts are missing (a row that was not written here) adding to them is an error: then they are set.
        for counted in (True, False):
            change, values = _advancement(progress, counted)
            condition = f"{_THIS_LIFE} AND {_COUNTED}" if counted else _THIS_LIFE
            try:
                item: Item | None = self._sessions.update(
                    _turn_key(session, HEAD), change, condition, values | {"born": born, "false": False}
                )
            except ConditionFailed as failed:
                item = failed.item
            else:
                break
        return Head.of(item) if item else None

    def summarise(self, session: str, born: str, seen_through: str, summary: str, through: str) -> bool:
        unseen = "(attribute_not_exists(#summarised_through) OR #summarised_through = :seen)"
        condition = f"{_THIS_LIFE} AND {'#summarised_through = :seen' if seen_through else unseen}"
        change = "SET #summary = :summary, #summarised_through = :through"
        values = {"summary": summary, "through": through, "seen": seen_through}
        head = self._change_head(session, born, change, condition, values)
        return head is not None and (head.summary, head.summarised_through) == (summary, through)

    def lifetimes(self, session: str, after: str, limit: int) -> tuple[Lifetime, ...]:
        # A space sorts before every turn, and empty strings are not allowed.
        values = {"session": session, "after": after or " "}
        condition = "#session_id = :session AND #turn > :after"
        found = self._sessions.query(condition, values, page=limit, forward=True, only="#turn, #ttl")
        turns = (Lifetime(item["turn"], Turn.of(item).ttl) for item in found if item["turn"] != HEAD)
        return tuple(islice(turns, limit))

    def prolong(self, session: str, turns: Sequence[str], ttl: int | None) -> int:
        return sum(self._prolong(session, turn, ttl) for turn in dict.fromkeys(turns) if turn != HEAD)

    def _prolong(self, session: str, turn: str, ttl: int | None) -> bool:
        change, condition = "SET #ttl = :ttl", "attribute_exists(#turn) AND (attribute_not_exists(#ttl) OR #ttl < :ttl)"
        if ttl is None:
            change, condition = "REMOVE #ttl", "attribute_exists(#ttl)"
        try:
            self._sessions.update(_turn_key(session, turn), change, condition, {} if ttl is None else {"ttl": ttl})
        except ConditionFailed:
            return False
        return True

    def bound_turns(self, session: str, born: str, seen: int | None, turns_ttl: int | None) -> bool:
        condition = f"{_THIS_LIFE} AND {'attribute_not_exists(#turns_ttl)' if seen is None else '#turns_ttl = :seen'}"
        change = "REMOVE #turns_ttl" if turns_ttl is None else "SET #turns_ttl = :turns_ttl"
        values = {"seen": seen, "turns_ttl": turns_ttl}
        head = self._change_head(session, born, change, condition, {name: value for name, value in values.items() if value is not None})
        return head is not None and head.turns_ttl == turns_ttl

    def _change_head(self, session: str, born: str, change: str, condition: str, values: dict[str, Any]) -> Head | None:
        """The head of this life, after the change or as it is when the condition did not hold; None where there is none."""
        try:
            item: Item | None = self._sessions.update(_turn_key(session, HEAD), change, condition, values | {"born": born, "false": False})
        except ConditionFailed as failed:
            item = failed.item
        head = Head.of(item) if item else None
        return None if head is None or head.deleted or head.born != born else head

    def sessions(self, owner: str, limit: int, position: tuple[int, str] | None, now: float) -> tuple[Listed, ...]:
        if not owner or limit < 1:
            return ()
        condition = "#owner = :owner"
        values: dict[str, Any] = {"owner": owner}
        if position is not None:
            condition += " AND #last_updated <= :until"
            values["until"] = position[0]
        found: list[Listed] = []
        for item in self._sessions.query(condition, values, page=limit + 1, index=OWNER_INDEX):
            line = Listed(str(item.get("session_id")), Head.of(item))
            if len(found) >= limit and line.head.last_updated < found[-1].head.last_updated:
                break
            if line.head.is_live(now) and (position is None or _order(line) < position):
                found.append(line)
        # The index does not order sessions of the same second: they were all taken, to be ordered here.
        return tuple(sorted(found, key=_order, reverse=True)[:limit])

    # Claims

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
            found = Claim.of(failed.item or {})
            return found.failed and found.invocation == claim.invocation  # Done already: the answer was lost.
        return True

    # Budgets

    def hold(self, hold: Hold, limit: int) -> Tally | None:
        change = f"SET #{hold.attribute} = :held, #ttl = :ttl ADD #tokens :held"
        condition = f"attribute_not_exists(#{hold.attribute}) AND (attribute_not_exists(#tokens) OR #tokens < :limit)"
        try:
            self._claims.update({"hash": hold.row}, change, condition, {"held": hold.tokens, "ttl": hold.ttl, "limit": limit})
        except ConditionFailed as failed:
            found = Tally.of(_there(failed))
            return None if hold.attribute in found.holds else found
        return None

    def settle(self, hold: Hold, used: int) -> None:
        change = f"ADD #tokens :change REMOVE #{hold.attribute}"
        with suppress(ConditionFailed):
            self._claims.update({"hash": hold.row}, change, f"attribute_exists(#{hold.attribute})", {"change": used - hold.tokens})

    def _put_claim(self, claim: Claim, condition: str, values: dict[str, Any]) -> Claim | None:
        try:
            self._claims.put(claim.item(), condition, values)
        except ConditionFailed as failed:
            found = Claim.of(_there(failed))
            return None if found.invocation == claim.invocation else found
        return None

    def _change_claim(self, key: str, change: str, condition: str, values: dict[str, Any]) -> Item | None:
        """The row after the change; None where the condition did not hold."""
        try:
            return self._claims.update({"hash": key}, change, condition, values)
        except ConditionFailed:
            return None


def _turn_key(session: str, turn: str) -> Item:
    return {"session_id": session, "turn": turn}


def _order(line: Listed) -> tuple[int, str]:
    return line.head.last_updated, line.session


def _there(failed: ConditionFailed) -> Item:
    """The row that a write which may always create one has met."""
    if failed.item is None:
        raise StoreUnavailable from failed
    return failed.item


def _advancement(progress: Progress, counted: bool) -> tuple[str, dict[str, Any]]:
    """The update expression of `Store.advance` and its values. `counted`: the head has token counts to be added to."""
    usage = progress.usage.item()
    sets = {"#last_updated": ":last_updated"} | (
        {f"#usage.#{name}": f"#usage.#{name} + :{name}" for name in usage} if counted else {"#usage": ":usage"}
    )
    values: dict[str, Any] = {"last_updated": progress.last_updated, "one": 1} | (usage if counted else {"usage": usage})
    for name, value in (("owner", progress.owner), ("ttl", progress.ttl)):
        if value not in (None, ""):
            sets[f"#{name}"], values[name] = f":{name}", value
    for name, value in (("title", progress.title), ("turns_ttl", progress.turns_ttl)):
        if value not in (None, ""):
            sets[f"#{name}"], values[name] = f"if_not_exists(#{name}, :{name})", value
    change = "SET " + ", ".join(f"{name} = {value}" for name, value in sets.items()) + " ADD #turns :one"
    return (change if progress.ttl is not None else f"{change} REMOVE #ttl"), values
