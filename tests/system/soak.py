"""Everything at once, for as long as wanted: `SECONDS=600 SEED=1 make soak`.

Writers of two owners share a few sessions over two bridges on one store, while bridges are killed and flooded with silent connections,
connections cut, clocks moved by up to 25 hours, the disk full, the file replaced, and Claude fails. They send requests twice, give up and
come back, and delete sessions. The seed decides what is tried when; what then meets what is left to the machine. At the end it is checked
that nothing was lost, doubled, mixed up, kept too long, shown to a stranger or logged without end.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from random import Random
from typing import NamedTuple

from bridge_client.failures import Failure
from bridge_client.protocol.retry import RetryPolicy
from bridge_local.stand_in.server import StandIn
from system.clients import Answered, Asked, answered
from system.programs import talk
from system.soak_checks import Ledger, check_file, check_forgotten, check_log, check_sessions
from system.soak_claude import SoakClaude
from system.soak_world import OWNERS, World, disk, token_of

WRITERS = 50
KEPT = ("kept-1", "kept-2")
DELETED = ("deleted-1", "deleted-2")
UNSETTLED = frozenset({"connection_lost", "unreachable", "still_running", "store_unavailable", "internal"})
RETRY_POLICY = RetryPolicy(losses=14, max_wait=2.0, connect_retries=14)
HOURS = 7 * 24
"""A session lives longer than a clock jumps."""


class Result(NamedTuple):
    """How often what was done, happened and came out; `trouble` is empty when all was as it should be."""

    counts: dict[str, int]
    trouble: list[str]


class Soak:
    def __init__(self, seed: int, world: World, claude: SoakClaude) -> None:
        self._seed = seed
        self._world = world
        self._claude = claude
        self._number = 0
        self.ledger = Ledger()
        self.did: Counter[str] = Counter()

    async def run(self, seconds: float) -> None:
        """Writes for this long, and then until every question is settled."""
        ends = time.monotonic() + seconds
        await asyncio.gather(*(self._write(Random(f"{self._seed} {number}"), ends) for number in range(WRITERS)))
        await asyncio.to_thread(self._world.calm)
        self._claude.kind = True
        for asked in self.ledger.open():
            await self._ask(asked, time.monotonic())

    async def _write(self, chance: Random, ends: float) -> None:
        while time.monotonic() < ends:
            owner = chance.choice(OWNERS)
            session = chance.choice(KEPT * 3 + DELETED)
            if session in DELETED and chance.random() < 0.2:
                await self._delete(owner, session, chance)
                continue
            self._number += 1
            question = f"<{owner}/{session} {self._number}> What is it, and why? é😀"
            asked = self._asked(question, session, f"r{self._number}", owner, chance)
            self.ledger.asks(asked, owner)
            await self._ask_somehow(asked, owner, chance)

    def _asked(self, question: str, session: str, request_id: str, owner: str, chance: Random) -> Asked:
        def url() -> str:
            return self._world.url(chance.randrange(2), cutting=chance.random() < 0.4)

        return Asked(question, session, request_id, url, token_of(owner))

    async def _ask_somehow(self, asked: Asked, owner: str, chance: Random) -> None:
        began = time.monotonic()
        how = chance.random()
        if how < 0.2:
            self.did["sent three times at once"] += 1
            await asyncio.gather(*(self._ask(asked, began) for _ in range(3)))
        elif how < 0.35:
            self.did["left and came back"] += 1
            first = asyncio.ensure_future(self._ask(asked, began))
            await asyncio.wait({first}, timeout=chance.uniform(0.05, 0.8))
            first.cancel()
            await asyncio.gather(first, return_exceptions=True)
            await self._ask(asked, began)
        else:
            self.did["asked"] += 1
            await self._ask(asked, began)

    async def _ask(self, asked: Asked, began: float) -> None:
        try:
            actual: Answered = await answered(asked, RETRY_POLICY)
        except Failure as failure:
            if failure.code not in UNSETTLED:
                self.ledger.fails(asked, failure.code, self._disturbed_since(began))
            else:
                self.ledger.loses(asked, self._disturbed_since(began))
        else:
            self.ledger.answers(asked, actual, self._disturbed_since(began))

    def _disturbed_since(self, began: float) -> bool:
        """Whether a clock jumped by more than leases allow for while this was asked."""
        return any(at > began - 1.0 for at in self._world.jumps)

    async def _delete(self, owner: str, session: str, chance: Random) -> None:
        self.did["deleted"] += 1
        before = self.ledger.answered_in(owner, session)
        request = {"action": "delete", "session_id": session}
        url = self._world.url(chance.randrange(2), cutting=False)
        self.ledger.may_delete(owner, session)
        try:
            [*_, last] = await asyncio.to_thread(talk, url, request, last=("deleted", "error"), token=token_of(owner))
        except Exception:  # The bridge was killed: whether it is deleted is not known
            self.did["deletions of unknown outcome"] += 1
            return
        finally:
            self.ledger.may_delete(owner, session)
        if last["type"] == "deleted":
            self.ledger.deletes(before)


def soak(seconds: float, seed: int) -> Result:
    with tempfile.TemporaryDirectory() as folder:
        home, store, claude = Path(folder), Path(folder) / "disk", SoakClaude(seed)
        claude.kind = False
        with StandIn(claude, keep=1) as stand_in, disk(store) as is_small:
            key = {"ANTHROPIC_BASE_URL": stand_in.url, "ANTHROPIC_API_KEY": "test"}
            with World(home, store, seed, can_fill=is_small, **key, LEASE_SECONDS="3", SESSION_TTL_HOURS=str(HOURS)) as world:
                run = Soak(seed, world, claude)
                asyncio.run(run.run(seconds))
                trouble = [*claude.trouble, *run.ledger.trouble, *stand_in.refusals]
                trouble += check_sessions(run.ledger, world.url(0, cutting=False), OWNERS, KEPT + DELETED)
            trouble += [*world.trouble, *check_file(store / "sessions.db", HOURS * 3600)]
            trouble += check_forgotten(store / "sessions.db", run.ledger.gone())
        for life in world.lives:
            trouble += check_log(life.log.read_text(), time.monotonic() - life.began)
    counted = {**run.did, **world.happened, **run.ledger.counts(), "calls to Claude": stand_in.count, "failed": claude.faults.total()}
    return Result(counted, trouble)


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    arguments.add_argument("--seconds", type=float, default=60.0)
    arguments.add_argument("--seed", type=int, default=1)
    options = arguments.parse_args()
    result = soak(options.seconds, options.seed)
    print(f"seed {options.seed}, {options.seconds:g} s: {', '.join(f'{count} {name}' for name, count in result.counts.items())}")
    for line in result.trouble:
        print(line, file=sys.stderr)
    print("Nothing lost." if not result.trouble else f"{len(result.trouble)} things are not as they should be.")
    return 1 if result.trouble else 0


if __name__ == "__main__":
    sys.exit(main())
