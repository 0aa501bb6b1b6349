"""Asking in a real browser: the answer arrives bit by bit, goes on after a reload, and none is lost or made twice."""

from __future__ import annotations

import threading

from playwright.sync_api import expect

from bridge_local.stand_in.exchange import Reply, failure
from browser.world import World, ask, session_of, turns
from fakes import claude_scripts as scripts
from system.programs import bridge


def in_halves(first: str, second: str, gate: threading.Event) -> Reply:
    begun, between, *rest = scripts.said_events(first)[:2], scripts.delta(first), *scripts.said_events(second)[3:]
    return scripts.played(*begun, between, scripts.until(gate, 30), scripts.delta(second), *rest)


def test_an_answer_streams_and_goes_on_after_a_reload(world: World) -> None:
    gate = threading.Event()
    world.answers["story"] = lambda: in_halves("Once **upon** ", "a time.", gate)
    page = world.open()
    ask(page, "Tell me a story")
    expect(page.locator(".pending .answer strong")).to_have_text("upon")
    expect(page.locator("#stop")).to_be_visible()
    page.reload()
    expect(page.locator(".pending .answer")).to_have_text("Once upon")
    expect(page.locator(".pending .user p")).to_have_text("Tell me a story")
    gate.set()
    expect(turns(page).locator(".answer")).to_have_text("Once upon a time.")
    page.reload()
    expect(turns(page).locator(".answer")).to_have_text("Once upon a time.")
    expect(page.locator("article")).to_have_count(1)
    assert world.asked == ["Tell me a story"]


def test_two_tabs_stay_in_step(world: World) -> None:
    gate = threading.Event()
    world.answers["story"] = lambda: in_halves("Once ", "upon a time.", gate)
    page = world.open()
    ask(page, "Hello")
    expect(turns(page)).to_have_count(1)
    other = world.tab(page.url)
    expect(turns(other)).to_have_count(1)
    ask(page, "Tell me a story")
    expect(other.locator(".pending .answer")).to_have_text("Once")
    gate.set()
    expect(turns(other)).to_have_count(2)
    expect(turns(page)).to_have_count(2)
    assert turns(page).all_inner_texts() == turns(other).all_inner_texts()


def test_a_bridge_that_is_killed_meanwhile_loses_nothing_and_doubles_nothing(world: World) -> None:
    gate = threading.Event()
    world.answers["story"] = lambda: in_halves("Once ", "upon a time.", gate)
    page = world.open(program={"LEASE_SECONDS": "5"})
    ask(page, "My name is Ada.")
    expect(turns(page)).to_have_count(1)
    ask(page, "Tell me a story")
    expect(page.locator(".pending .answer")).to_have_text("Once")
    world.kill_bridge()
    gate.set()
    expect(turns(page)).to_have_count(2, timeout=40_000)
    expect(turns(page).nth(1).locator(".answer")).to_have_text("Once upon a time.")
    ask(page, "And now?")
    expect(turns(page)).to_have_count(3)
    page.reload()
    expect(turns(page)).to_have_count(3)
    expect(page.locator(".user > p")).to_have_text(["My name is Ada.", "Tell me a story", "And now?"])


def test_an_answer_is_stopped_and_its_beginning_stored(world: World) -> None:
    gate = threading.Event()
    world.answers["story"] = lambda: in_halves("Once ", "upon a time.", gate)
    page = world.open()
    ask(page, "Tell me a story")
    expect(page.locator(".pending .answer")).to_have_text("Once")
    page.locator("#stop").click()
    expect(turns(page).locator(".early")).to_contain_text("where you stopped it")
    gate.set()
    page.reload()
    expect(turns(page).locator(".answer")).to_have_text("Once")


def test_a_failure_is_said_and_the_question_asked_again(world: World) -> None:
    replies = [failure(400, "invalid_request_error", "No."), scripts.said("Now it works.")]
    world.answers["Hello"] = lambda: replies.pop(0)
    page = world.open()
    ask(page, "Hello")
    expect(page.locator(".failed .error")).to_be_visible()
    page.reload()
    page.get_by_role("button", name="Try again").click()
    expect(turns(page).locator(".answer")).to_have_text("Now it works.")
    assert world.asked == ["Hello", "Hello"]


def test_enter_sends_and_shift_enter_begins_a_line(world: World) -> None:
    page = world.open()
    box = page.locator("#message")
    box.press_sequentially("One")
    box.press("Shift+Enter")
    box.press_sequentially("Two")
    assert world.asked == []
    box.press("Enter")
    expect(turns(page)).to_have_count(1)
    assert world.asked == ["One\nTwo"]
    expect(box).to_have_value("")


def test_what_is_typed_outlives_a_reload(world: World) -> None:
    page = world.open()
    page.locator("#message").press_sequentially("Half a tho")
    page.reload()
    expect(page.locator("#message")).to_have_value("Half a tho")


def test_a_new_conversation_has_the_settings_that_were_chosen(world: World) -> None:
    page = world.open()
    page.get_by_role("button", name="Settings").click()
    page.get_by_label("Title").fill("Kites")
    page.get_by_label("Instructions for Claude").fill("Speak like a sailor.")
    page.get_by_label("Kept").select_option("0")
    page.get_by_role("button", name="Save").click()
    page.get_by_label("Remembers").select_option("all")
    ask(page, "Hello")
    expect(turns(page)).to_have_count(1)
    page.reload()
    expect(page.locator("#title")).to_have_text("Kites")
    expect(page.locator("#facts")).to_contain_text("kept")
    expect(page.get_by_label("Remembers")).to_have_value("all")
    page.get_by_role("button", name="Settings").click()
    expect(page.get_by_label("Instructions for Claude")).to_have_value("Speak like a sailor.")
    page.get_by_label("Instructions for Claude").fill("")
    page.get_by_role("button", name="Save").click()
    page.reload()
    page.get_by_role("button", name="Settings").click()
    expect(page.get_by_label("Instructions for Claude")).to_have_value("")


def test_what_claude_was_sent_is_shown_with_its_date(world: World) -> None:
    page = world.open()
    filler = "So much for the weather. " * 100
    for message in ("The kite is made of silk and bamboo.", *(f"{number}: {filler}" for number in range(5)), "What is the kite made of?"):
        ask(page, message)
        expect(page.locator(".pending")).to_have_count(0)
        expect(page.locator(".user > p").last).to_contain_text(message[:20].strip())
    last = turns(page).last
    expect(last.locator(".gauge .recalled")).to_be_visible()
    last.locator("summary").click()
    expect(last.locator(".passages ol blockquote").first).to_contain_text("silk and bamboo")
    expect(last.locator(".passages ol a").first).to_contain_text("You · ")
    page.reload()
    turns(page).last.locator("summary").click()
    expect(turns(page).last.locator(".passages ol blockquote").first).to_contain_text("silk and bamboo")
    last.locator(".passages ol a").first.click()
    expect(page.locator("article.marked .user")).to_contain_text("silk and bamboo")


def test_the_program_may_end_and_come_back(world: World) -> None:
    page = world.open()
    ask(page, "Hello")
    expect(turns(page)).to_have_count(1)
    session = session_of(page)
    world.stop()
    expect(page.locator("#banner")).to_contain_text("lost its program")
    page.goto(world.start())
    world.said.clear()  # That the connection was refused.
    page.locator(f"#row-{session}").click()
    expect(turns(page).locator(".user > p")).to_have_text("Hello")


def test_a_program_that_is_killed_leaves_its_answer_to_the_next(world: World) -> None:
    gate = threading.Event()
    world.answers["story"] = lambda: in_halves("Once ", "upon a time.", gate)
    page = world.open()
    ask(page, "Tell me a story")
    expect(page.locator(".pending .answer")).to_have_text("Once")
    session = session_of(page)
    world.kill()
    gate.set()
    page.goto(f"{world.start()}#{session}")
    page.goto(f"{page.url.partition('#')[0]}#{session}")
    page.get_by_role("button", name="Fetch the answer").click()
    expect(turns(page).locator(".answer")).to_have_text("Once upon a time.", timeout=40_000)
    page.reload()
    expect(page.locator("article")).to_have_count(1)
    world.said.clear()  # That the connection was refused.


def test_a_bridge_of_its_own_may_be_away_for_a_while(world: World) -> None:
    """One that the profile names, killed before a question and there again after it."""
    with bridge(world.home, **world.key) as running:
        page = world.open(program={"CLAUDE_BRIDGE_URL": running.url})
        ask(page, "My name is Ada.")
        expect(turns(page)).to_have_count(1)
        running.kill()
        ask(page, "Are you there?")
        expect(page.locator(".failed .error")).to_contain_text("No bridge could be reached")
    with bridge(world.home, "--port", running.url.rpartition(":")[2].strip("/"), **world.key):
        page.get_by_role("button", name="Try again").click()
        expect(turns(page)).to_have_count(2)
        page.reload()
        expect(page.locator(".user > p")).to_have_text(["My name is Ada.", "Are you there?"])
    assert world.asked == ["My name is Ada.", "Are you there?"]
