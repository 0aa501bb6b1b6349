"""How long a person waits: for the first word, beside the client without a page, and for a long conversation."""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor

from playwright.sync_api import expect

from bridge_client.protocol.connection import open_connection
from bridge_client.protocol.conversation import Question, Text
from bridge_client.protocol.delivery import Delivery
from bridge_client.protocol.retry import RetryPolicy
from browser.world import World, ask, imported, turns
from system.programs import bridge

TIMES = 12
MAX_SECONDS = 0.020
"""Seconds that the page may add to the first word."""

WATCH = """
window.first = [];
let began = 0;
addEventListener("keydown", (event) => { if (event.key === "Enter") began = performance.now(); }, true);
new MutationObserver(() => {
  const shown = document.querySelector(".pending .answer");
  if (began && shown && shown.textContent.trim()) { window.first.push(performance.now() - began); began = 0; }
}).observe(document, { childList: true, subtree: true, characterData: true });
"""


async def first_word(url: str, number: int) -> float:
    """Seconds from a question to the first word of its answer, as the client's own code gets it."""
    first: list[float] = []
    began = time.perf_counter()

    def show(event: object) -> None:
        if isinstance(event, Text) and not first:
            first.append(time.perf_counter() - began)

    question = Question("Hello", "terminal", f"t{number}")
    await Delivery(question, lambda: open_connection(url, 10), show, retry_policy=RetryPolicy(), jitter=lambda: 0.5).run()
    return first[0]


def test_the_page_adds_little_to_the_first_word(world: World) -> None:
    """The least of some times each: what else the machine does is not the page's."""
    with bridge(world.home, **world.key) as running:
        page = world.open(bypass_csp=True, program={"CLAUDE_BRIDGE_URL": running.url})
        page.add_init_script(WATCH)
        page.reload()
        page.locator(".welcome").wait_for()
        for number in range(TIMES):
            ask(page, "Hello")
            expect(turns(page)).to_have_count(number + 1)
        on_the_page = [float(each) / 1000 for each in page.evaluate("window.first")]
        # In a thread: this one has the loop that drives the browser.
        with ThreadPoolExecutor(1) as thread:
            alone = [thread.submit(asyncio.run, first_word(running.url, number)).result() for number in range(TIMES)]
    print(f"first word: page {min(on_the_page) * 1000:.1f} ms, client {min(alone) * 1000:.1f} ms")
    assert len(on_the_page) == TIMES
    assert min(on_the_page) - min(alone) <= MAX_SECONDS


def test_a_conversation_of_2000_turns_is_there_at_once(world: World) -> None:
    said = [(f"Question {number:04}", f"Answer *{number:04}* with `code`\n\n* a list\n* of two") for number in range(2000)]
    world.store(*imported("long", said, ago=60.0), *imported("short", said[:3], ago=120.0))
    page = world.open()
    took = {}
    for session, last in (("short", "Question 0002"), ("long", "Question 1999"), ("short", "Question 0002"), ("long", "Question 1999")):
        began = time.monotonic()
        page.locator(f"#row-{session}").click()
        expect(page.locator(".user > p").last).to_have_text(last)
        took[session] = time.monotonic() - began
    print(f"opened: 2,000 turns in {took['long'] * 1000:.0f} ms, 3 turns in {took['short'] * 1000:.0f} ms")
    assert took["long"] < took["short"] + 0.5
