"""The sessions table on DynamoDB: a head and turns for each session. See `dynamo_store` for what all its writes have in common."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

from bridge.aws.dynamo_table import BATCH, ConditionFailed, Table
from bridge.errors import StoreUnavailable
from bridge.store.port import ANY, Expiries, Lifetime, Listed, Session, up_to
from bridge.store.records import HEAD, Head, Item, Progress, Turn, Usage
from bridge.store.session_settings import SessionSettings
from bridge.typed import Any

OWNER_INDEX = "owner-index"
"""The index of the sessions table on `owner`, `last_updated`. Only heads with an owner are in it; it projects all their attributes."""

_ATTEMPTS = 8
"""Of counting a turn in the head, while other turns are counted meanwhile."""
_THIS_LIFE = "#born = :born AND (attribute_not_exists(#deleted) OR #deleted = :false)"
_COUNTED = " AND ".join(f"attribute_exists(#usage.#{name})" for name in Usage().item())


class DynamoSessions:
    """The methods of `bridge.store.port.Store` on sessions and turns. Threads may share it."""

    def __init__(self, table: Table) -> None:
        self._sessions = table

    def load(self, session: str, limit: int) -> Session:
        items = list(islice(self._sessions.query("#session_id = :session", {"session": session}, page=limit), limit))
        heads = [Head.of(item) for item in items if item.get("turn") == HEAD]
        return Session(heads[0] if heads else None, tuple(Turn.of(item) for item in items if item.get("turn") != HEAD))

    def page(self, session: str, after: str, before: str, limit: int, max_bytes: int = ANY) -> tuple[Turn, ...]:
        # A key condition has BETWEEN, which takes both ends in, and no empty strings. A space sorts before every turn.
        lowest, highest = after or " ", min(before, HEAD)
        if lowest >= highest or limit < 1:
            return ()
        values = {"session": session, "lowest": lowest, "highest": highest}
        items = self._sessions.query("#session_id = :session AND #turn BETWEEN :lowest AND :highest", values, page=limit + 1)
        turns = (Turn.of(item) for item in items if lowest < item["turn"] < highest)
        return tuple(up_to(max_bytes, islice(turns, limit)))

    def turn(self, session: str, turn: str) -> Turn | None:
        item = self._sessions.get(_turn_key(session, turn))
        return Turn.of(item) if item else None

    def add_turn(self, session: str, turn: Turn) -> Turn | None:
        try:
            self._sessions.put(turn.item(session), "attribute_not_exists(#turn)")
        except ConditionFailed as failed:
            stored = Turn.of(failed.there)
            return None if failed.repeated and stored == turn else stored
        return None

    def remove_turn(self, session: str, turn: str) -> None:
        if turn != HEAD:
            self._sessions.delete(_turn_key(session, turn))

    def remove_turns(self, session: str, through: str, limit: int = ANY) -> int:
        values = {"session": session, "through": through}
        condition = "#session_id = :session AND #turn <= :through"
        keys = self._sessions.query(condition, values, forward=True, only="#session_id, #turn")
        turns = islice((key for key in keys if key["turn"] != HEAD), limit)
        removed = 0
        while batch := list(islice(turns, BATCH)):
            self._sessions.delete_batch(batch)
            removed += len(batch)
        return removed

    def scrub(self) -> bool:
        return True  # The table has no older version of an item; what backups hold is not the bridge's.

    def begin(self, session: str, head: Head, seen: Head | None) -> Head:
        condition = "attribute_not_exists(#turn)"
        values: dict[str, Any] = {}
        if seen is not None:
            # What cannot be read, a row that was not written here, was seen as absent.
            born = "#born = :born" if seen.born else "(#born = :born OR NOT attribute_type(#born, :text))"
            condition += f" OR ({born} AND (#last_updated = :seen OR NOT attribute_type(#last_updated, :number)))"
            values = {"born": seen.born, "seen": seen.last_updated, "number": "N"} | ({} if seen.born else {"text": "S"})
        try:
            self._sessions.put(head.item(session), condition, values)
        except ConditionFailed as failed:
            return Head.of(failed.there)
        return head

    def advance(self, session: str, born: str, progress: Progress) -> Head | None:
        # Where the counts are missing (a row that was not written here) adding to them is an error: then they are set.
        counted = True
        for _ in range(_ATTEMPTS):
            change, values = _advancement(progress, counted)
            once = ["(attribute_not_exists(#counted) OR #counted <> :counted)"] if progress.turn else []
            parts = [_THIS_LIFE, *once, _as_set(progress.settings), *([_COUNTED] if counted else []), *_not_before(progress)]
            condition = " AND ".join(parts)
            try:
                values |= {"born": born, "false": False, "number": "N"} | _counter(progress.settings)
                return Head.of(self._sessions.update(_turn_key(session, HEAD), change, condition, values))
            except ConditionFailed as failed:
                item = failed.item or {}
            head = Head.of(item)
            if not item or head.deleted or (head.born, head.settings.counter) != (born, progress.settings) or head.counts(progress):
                return head if item else None
            progress, counted = progress.not_before(head), _is_counted(item)
        raise StoreUnavailable

    def configure(
        self, session: str, born: str, seen: int, settings: SessionSettings, last_updated: int, expiries: Expiries | None
    ) -> Head | None:
        for _ in range(_ATTEMPTS):
            sets, removes = {"settings": settings.item(), "last_updated": last_updated}, []
            for name, value in ({**expiries._asdict(), "settled": ""} if expiries else {}).items():
                if value is None:
                    removes.append(f"#{name}")
                else:
                    sets[name] = value
            change = "SET " + ", ".join(f"#{name} = :{name}" for name in sets) + (f" REMOVE {', '.join(removes)}" if removes else "")
            later = "(NOT attribute_type(#last_updated, :number) OR #last_updated <= :last_updated)"
            values = sets | {"born": born, "false": False, "number": "N"} | _counter(seen, "seen")
            try:
                condition = f"{_THIS_LIFE} AND {_as_set(seen, 'seen')} AND {later}"
                return Head.of(self._sessions.update(_turn_key(session, HEAD), change, condition, values))
            except ConditionFailed as failed:
                head = Head.of(failed.item) if failed.item else None
            if head is None or head.deleted or (head.born, head.settings.counter) != (born, seen):
                return head
            last_updated = max(last_updated, head.last_updated)
        raise StoreUnavailable

    def note_expiries(self, session: str, born: str, counter: int, through: str | None, turns_ttl: int | None) -> bool:
        condition = f"{_THIS_LIFE} AND {_as_set(counter)}"
        if through is not None:
            change, values = "SET #settled = :through", dict[str, Any](through=through)
        elif turns_ttl is None:
            change, values = "REMOVE #settled, #turns_ttl", {}
        else:
            change, values = "SET #turns_ttl = :turns_ttl REMOVE #settled", {"turns_ttl": turns_ttl}
        head = self._change_head(session, born, change, condition, values | _counter(counter))
        return head is not None and (head.born, head.settings.counter) == (born, counter) and not head.deleted

    def summarise(self, session: str, born: str, seen_through: str, summary: str, through: str, cost: int = 0) -> bool:
        unseen = "(attribute_not_exists(#summarised_through) OR #summarised_through = :seen)"
        condition = f"{_THIS_LIFE} AND {'#summarised_through = :seen' if seen_through else unseen}"
        change = "SET #summary = :summary, #summarised_through = :through" + (" ADD #memory_cost :cost" if cost else "")
        values = {"summary": summary, "through": through, "seen": seen_through, **({"cost": cost} if cost else {})}
        head = self._change_head(session, born, change, condition, values)
        return head is not None and (head.summary, head.summarised_through) == (summary, through)

    def lifetimes(self, session: str, after: str, limit: int) -> tuple[Lifetime, ...]:
        # A space sorts before every turn, and empty strings are not allowed.
        values = {"session": session, "after": after or " "}
        condition = "#session_id = :session AND #turn > :after"
        items = self._sessions.query(condition, values, page=limit, forward=True, only="#turn, #ttl")
        turns = (Lifetime(item["turn"], Turn.of(item).ttl) for item in items if item["turn"] != HEAD)
        return tuple(islice(turns, limit))

    def prolong(self, session: str, turns: Sequence[str], ttl: int | None, by: int = 0) -> int:
        shorter = "attribute_exists(#ttl)" if ttl is None else "(attribute_not_exists(#ttl) OR #ttl < :ttl)"
        return sum(self._set_ttl(session, turn, ttl, by, f" AND {shorter}") for turn in dict.fromkeys(turns) if turn != HEAD)

    def set_ttl(self, session: str, turns: Sequence[str], ttl: int | None, by: int) -> None:
        for turn in dict.fromkeys(turns):
            if turn != HEAD:
                self._set_ttl(session, turn, ttl, by)

    def _set_ttl(self, session: str, turn: str, ttl: int | None, by: int, condition: str = "") -> bool:
        values: dict[str, Any] = {"by": by} | ({} if ttl is None else {"ttl": ttl})
        sets = [*(["#ttl = :ttl"] if ttl is not None else []), *(["#ttl_by = :by"] if by else [])]
        change = (f"SET {', '.join(sets)}" if sets else "") + (" REMOVE #ttl" if ttl is None else "")
        condition = f"attribute_exists(#turn) AND (attribute_not_exists(#ttl_by) OR #ttl_by <= :by){condition}"
        try:
            self._sessions.update(_turn_key(session, turn), change.strip(), condition, values)
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
        lines: list[Listed] = []
        for item in self._sessions.query(condition, values, page=limit + 1, index=OWNER_INDEX):
            line = Listed(str(item.get("session_id")), Head.of(item))
            if len(lines) >= limit and line.head.last_updated < lines[-1].head.last_updated:
                break
            if line.head.is_live(now) and (position is None or _order(line) < position):
                lines.append(line)
        # The index does not order sessions of the same second: they were all taken, to be ordered here.
        return tuple(sorted(lines, key=_order, reverse=True)[:limit])

    def changes(self, owner: str, since: int, limit: int) -> tuple[Listed, ...]:
        if not owner or limit < 1:
            return ()
        values = {"owner": owner, "since": since}
        items = self._sessions.query("#owner = :owner AND #last_updated >= :since", values, page=limit, index=OWNER_INDEX)
        return tuple(Listed(str(item.get("session_id")), Head.of(item)) for item in islice(items, limit))

    def heads(self, sessions: Sequence[str]) -> dict[str, Head]:
        items = self._sessions.get_batch([_turn_key(session, HEAD) for session in dict.fromkeys(sessions)])
        return {item["session_id"]: Head.of(item) for item in items}


def _turn_key(session: str, turn: str) -> Item:
    return {"session_id": session, "turn": turn}


def _order(line: Listed) -> tuple[int, str]:
    return line.head.last_updated, line.session


def _is_counted(head: Item) -> bool:
    usage = head.get("usage")
    return isinstance(usage, dict) and usage.keys() >= Usage().item().keys()


def _not_before(progress: Progress) -> Iterator[str]:
    """The conditions under which nothing is set back: a clock may be behind. A head without an end gets none."""
    yield "(NOT attribute_type(#last_updated, :number) OR #last_updated <= :last_updated)"
    if progress.ttl is not None:
        yield "#ttl <= :ttl"


def _advancement(progress: Progress, counted: bool) -> tuple[str, dict[str, Any]]:
    """The update expression of `Store.advance` and its values. `counted`: the head has token counts to be added to."""
    usage = progress.usage.item()
    sets = {"#last_updated": ":last_updated"} | (
        {f"#usage.#{name}": f"#usage.#{name} + :{name}" for name in usage} if counted else {"#usage": ":usage"}
    )
    values: dict[str, Any] = {"last_updated": progress.last_updated, "one": progress.turns} | (usage if counted else {"usage": usage})
    for name, value in (("owner", progress.owner), ("ttl", progress.ttl), ("counted", progress.turn)):
        if value not in (None, ""):
            sets[f"#{name}"], values[name] = f":{name}", value
    for name, value in (("title", progress.title), ("turns_ttl", progress.turns_ttl)):
        if value not in (None, ""):
            sets[f"#{name}"], values[name] = f"if_not_exists(#{name}, :{name})", value
    change = "SET " + ", ".join(f"{name} = {value}" for name, value in sets.items()) + " ADD #turns :one"
    for name, value in (("cost", progress.cost), ("unpriced_turns", progress.unpriced_turns), ("imported", progress.imported)):
        if value:
            change, values[name] = f"{change}, #{name} :{name}", value
    return change + " REMOVE #begun_by" + (", #ttl" if progress.ttl is None else ""), values


def _as_set(counter: int, name: str = "counter") -> str:
    """The condition that the counter of the head's settings is this one. See `_counter`."""
    return f"#settings.#counter = :{name}" if counter else "attribute_not_exists(#settings.#counter)"


def _counter(counter: int, name: str = "counter") -> dict[str, int]:
    return {name: counter} if counter else {}
