"""For everybody: axe-core finds nothing wrong, light and dark, and everything can be done by keyboard."""

from __future__ import annotations

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from browser.world import World, ask, turns
from fakes import claude_scripts as scripts

ANSWER = """# A kite

It flies, see [the manual](https://example.org/) and `fly()`:

```python
def fly(height: int) -> str:  # up
    return f"{height} m" + "high" if height > 3 else None
```

> Quoted

| part | size |
|------|-----:|
| sail | 2 m |

1. silk
2. bamboo
"""


def check(page: Page, where: str) -> None:
    results = Axe().run(page, options={"resultTypes": ["violations"]})
    violations: list[dict[str, Any]] = results.response["violations"]
    assert [(where, each["id"], [node["html"][:200] for node in each["nodes"]]) for each in violations] == []


@pytest.mark.parametrize(("scheme", "width"), [("light", 1100), ("dark", 1100), ("light", 375)])
def test_axe_finds_nothing(world: World, scheme: Any, width: int) -> None:
    world.answers["kite"] = lambda: scripts.said(ANSWER)
    # axe is a script of the test's, which the page's policy would refuse.
    page = world.open(color_scheme=scheme, viewport={"width": width, "height": 750}, bypass_csp=True)
    check(page, "empty")
    ask(page, "What is a kite?")
    expect(turns(page)).to_have_count(1)
    ask(page, "And again, a kite?")
    expect(turns(page)).to_have_count(2)
    turns(page).last.locator("summary").click()
    check(page, "a conversation")
    page.get_by_role("button", name="Settings").click()
    check(page, "settings")
    page.get_by_role("button", name="Cancel").click()
    if width < 700:
        page.locator("#open-side").click()
    page.get_by_role("button", name="Actions for").first.click()
    check(page, "a menu")
    page.keyboard.press("Escape")
    page.get_by_label("Search all that was said").fill("kite")
    expect(page.locator("#list .hit")).not_to_have_count(0)
    check(page, "a search")


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def tab_to(page: Page, selector: str) -> None:
    """Presses Tab until this has the focus."""
    target = page.locator(selector)
    for _ in range(60):
        if page.locator(f"{selector}:focus").count():
            return
        page.keyboard.press("Tab")
    expect(target).to_be_focused()


def test_everything_is_done_with_the_keyboard(world: World) -> None:
    page = world.open()
    expect(page.locator("#message")).to_be_focused()
    page.keyboard.type("My kite is red.")
    press(page, "Enter")
    expect(turns(page)).to_have_count(1)
    tab_to(page, "#list button")
    press(page, "Enter")
    expect(page.locator("#menu button").first).to_be_focused()
    press(page, "ArrowDown", "ArrowUp", "Enter")
    page.keyboard.type("Kites")
    press(page, "Enter")
    expect(page.locator("#title")).to_have_text("Kites")
    tab_to(page, "#words")
    page.keyboard.type("red")
    expect(page.locator("#list .hit")).not_to_have_count(0)
    press(page, "Tab", "Enter")
    expect(page.locator("article.marked")).to_be_focused()
    tab_to(page, "details.sent summary")
    press(page, "Enter")
    expect(page.locator(".passages")).to_be_visible()
    tab_to(page, "#new")
    press(page, "Enter")
    expect(page.locator("#message")).to_be_focused()
    expect(page.locator(".welcome")).to_be_visible()
    press(page, "Shift+Tab")
    tab_to(page, "#words")
    press(page, "Escape")
    tab_to(page, "#list button")
    press(page, "Enter", "ArrowUp", "Enter")
    expect(page.get_by_role("button", name="Cancel")).to_be_focused()
    press(page, "Tab", "Enter")
    expect(page.locator("#list li")).to_have_count(0)


def test_a_finished_answer_is_read_out(world: World) -> None:
    page = world.open()
    ask(page, "Hello")
    expect(page.locator("#announce")).to_have_text("Claude: A kite is a light frame with cloth.")
    expect(page.locator("#announce")).to_have_attribute("aria-live", "polite")


def test_a_narrow_screen_has_everything(world: World) -> None:
    page = world.open(viewport={"width": 375, "height": 700})
    ask(page, "Hello " * 40)
    expect(turns(page)).to_have_count(1)
    expect(page.locator("#side")).not_to_be_visible()
    page.get_by_role("button", name="Conversations").click()
    expect(page.locator("#list a")).to_be_in_viewport()
    page.locator("#list a").click()
    expect(page.locator("#side")).not_to_be_visible()
    box = page.locator("#conversation").bounding_box()
    assert box is not None
    assert box["width"] <= 375
