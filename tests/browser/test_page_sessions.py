"""The list at the left: what is found, renamed, kept, exported and deleted is so after a reload."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page, expect

from browser.world import World, ask, imported, session_of, turns

DAY = 86_400.0


def choose(page: Page, title: str, action: str) -> None:
    page.get_by_role("button", name=f"Actions for {title}").click()
    page.get_by_role("button", name=action, exact=True).click()


def test_search_finds_a_sentence_from_yesterday(world: World) -> None:
    said = [("The kite broke at the harbour.", "What a pity."), *((f"Number {number}", "Yes.") for number in range(60))]
    world.store(*imported("yesterday", said, ago=DAY))
    page = world.open()
    page.get_by_label("Search all that was said").fill("harbour")
    hit = page.locator("#list .hit a").first
    expect(hit).to_contain_text("The kite broke at the harbour.")
    hit.click()
    expect(page.locator("article.marked .user > p")).to_have_text("The kite broke at the harbour.")
    expect(page.locator("article.marked")).to_be_in_viewport()
    page.get_by_label("Search all that was said").press("Escape")
    expect(page.locator("#list .hit")).to_have_count(0)
    expect(page.locator("#row-yesterday")).to_have_attribute("aria-current", "page")


def test_rename_keep_export_and_delete(world: World, tmp_path: Path) -> None:
    page = world.open()
    ask(page, "My kite is red.")
    expect(turns(page)).to_have_count(1)
    session = session_of(page)
    choose(page, "My kite is red.", "Rename")
    page.get_by_label("Title").fill("Kites <b>")
    page.get_by_label("Title").press("Enter")
    expect(page.locator(f"#row-{session} .title")).to_have_text("Kites <b>")
    expect(page.locator(f"#row-{session}")).to_contain_text("expires")
    choose(page, "Kites", "Keep until I delete it")
    expect(page.locator(f"#row-{session}")).to_contain_text("kept")
    page.reload()
    expect(page.locator("#title")).to_have_text("Kites <b>")
    expect(page.locator(f"#row-{session}")).to_contain_text("kept")
    for action, name in (("Export as Markdown", f"{session}.md"), ("Export as JSON lines", f"{session}.jsonl")):
        with page.expect_download() as download:
            choose(page, "Kites", action)
        assert download.value.suggested_filename == name
        download.value.save_as(tmp_path / name)
        assert "My kite is red." in (tmp_path / name).read_text()
    choose(page, "Kites", "Let it expire")
    expect(page.locator(f"#row-{session}")).to_contain_text("expires")
    choose(page, "Kites", "Delete")
    page.get_by_role("button", name="Cancel").click()
    expect(page.locator(f"#row-{session}")).to_be_visible()
    choose(page, "Kites", "Delete")
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.locator(f"#row-{session}")).to_have_count(0)
    expect(page.locator("#title")).to_have_text("New conversation")
    page.goto(f"{page.url.partition('#')[0]}#{session}")
    expect(page.locator(".problem, .welcome")).to_be_visible()
    page.reload()
    expect(page.locator("#list li")).to_have_count(0)


def test_a_deletion_in_one_tab_is_seen_in_the_other(world: World) -> None:
    page = world.open()
    ask(page, "My kite is red.")
    expect(turns(page)).to_have_count(1)
    other = world.tab(page.url)
    expect(turns(other)).to_have_count(1)
    choose(page, "My kite is red.", "Delete")
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(turns(other)).to_have_count(0)
    expect(other.locator("#list li")).to_have_count(0)


def test_a_long_list_comes_in_parts(world: World) -> None:
    world.store(
        *(request for number in range(60) for request in imported(f"s{number:02}", [(f"About {number}", "Yes.")], ago=number * 60.0))
    )
    page = world.open()
    expect(page.locator("#list li")).to_have_count(50)
    page.get_by_role("button", name="Show older ones").click()
    expect(page.locator("#list li")).to_have_count(60)


def test_a_conversation_of_2000_turns_opens_at_once(world: World) -> None:
    said = [(f"Question {number:04}", f"Answer *{number:04}*, with `code` and\n\n* a list\n* of two") for number in range(2000)]
    world.store(*imported("long", said, ago=60.0))
    page = world.open()
    page.locator("#row-long").click()
    expect(page.locator(".user > p").last).to_have_text("Question 1999")
    expect(turns(page)).to_have_count(20)
    box = page.locator("#conversation")
    for _ in range(4):
        count = turns(page).count()
        box.focus()
        box.press("Home")
        expect(turns(page).nth(count)).to_be_attached()
        expect(box).not_to_have_attribute("aria-busy", "true")
    texts = [text.partition("\n")[0] for text in page.locator(".user > p").all_inner_texts()]
    assert texts == [f"Question {number:04}" for number in range(2000 - len(texts), 2000)]
