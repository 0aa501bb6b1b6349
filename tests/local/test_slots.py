"""Slots for invocations: no more than there are, none lost, and a loop that sleeps on unless something waits for one."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest

from bridge_local.gateway.invocations import Slots

WAIT = 5


def give_back(slots: Slots) -> None:
    """From another thread, as invocations do."""
    thread = threading.Thread(target=slots.give_back)
    thread.start()
    thread.join(WAIT)


async def turns_of_the_loop() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def waiting(slots: Slots, count: int) -> list[asyncio.Task[None]]:
    tasks = [asyncio.create_task(slots.take()) for _ in range(count)]
    await turns_of_the_loop()
    return tasks


def test_slots_are_handed_over_in_order() -> None:
    async def scene() -> None:
        slots = Slots(2)
        first, second, third, fourth = await waiting(slots, 4)
        assert [first.done(), second.done(), third.done(), fourth.done()] == [True, True, False, False]
        give_back(slots)
        await asyncio.wait_for(third, WAIT)
        assert not fourth.done()
        give_back(slots)
        await asyncio.wait_for(fourth, WAIT)

    asyncio.run(scene())


@pytest.mark.parametrize("given_back_first", [False, True])
def test_slot_of_one_who_no_longer_waits_goes_to_the_next(given_back_first: bool) -> None:
    async def scene() -> None:
        slots = Slots(1)
        await slots.take()
        gone, stays = await waiting(slots, 2)
        if given_back_first:
            give_back(slots)
            gone.cancel()
        else:
            gone.cancel()
            await turns_of_the_loop()
            give_back(slots)
        await asyncio.wait_for(stays, WAIT)
        assert gone.cancelled()

    asyncio.run(scene())


def test_cancelled_in_the_moment_of_the_hand_over_it_is_given_back() -> None:
    async def scene() -> None:
        slots = Slots(1)
        await slots.take()
        (gone,) = await waiting(slots, 1)
        asyncio.get_running_loop().call_soon_threadsafe(slots.give_back)
        for _ in range(2):  # Given back, then handed over: the task has not gone on yet.
            await asyncio.sleep(0)
        gone.cancel()
        await asyncio.wait_for(slots.take(), WAIT)

    asyncio.run(scene())


def test_the_loop_is_woken_only_if_something_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scene() -> None:
        slots = Slots(2)
        loop = asyncio.get_running_loop()
        calls: list[Any] = []
        wake = loop.call_soon_threadsafe

        def counted(*call: Any) -> object:
            calls.append(call)
            return wake(*call)

        monkeypatch.setattr(loop, "call_soon_threadsafe", counted)
        await slots.take()
        await slots.take()
        give_back(slots)
        assert not calls
        finished = asyncio.create_task(slots.all_free())
        await turns_of_the_loop()
        assert not finished.done()
        give_back(slots)
        await asyncio.wait_for(finished, WAIT)
        assert len(calls) == 1
        await slots.all_free()

    asyncio.run(scene())


def test_one_given_back_after_the_end_of_the_loop_wakes_nothing() -> None:
    slots = Slots(1)

    async def scene() -> None:
        await slots.take()
        await waiting(slots, 1)

    loop = asyncio.new_event_loop()
    loop.run_until_complete(scene())
    for task in asyncio.all_tasks(loop):
        task._log_destroy_pending = False  # type: ignore[attr-defined]
    loop.close()
    slots.give_back()
