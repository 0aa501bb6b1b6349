"""The README's picture of the page, docs/page.png, from a real run (`make screenshot`); only Claude is scripted."""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from playwright.sync_api import expect

from browser.world import World, ask, chromium, imported, turns
from fakes import claude_scripts as scripts
from system.programs import ROOT

DAY = 86_400.0
WEATHER = "The wind was fine and nothing else happened that day, so we went home and had tea. " * 25
SAID = [
    ("I am building a kite of silk, with a frame of bamboo. It is 1.2 m wide.", "Silk is light, and bamboo bends without breaking."),
    *((f"Day {number}. {WEATHER}", "I see.") for number in range(1, 8)),
]
OTHERS = {"Notes on the river walk": 2, "Names for the boat": 3, "Bread with less salt": 6}
ANSWER = """With the **1.2 m** sail of silk that you told me about, a bridle of 1.6 times its width does well:

```python
def bridle(width: float) -> float:  # in metres
    return round(1.6 * width, 2)
```

| wind | line |
|------|-----:|
| light | 20 m |
| fresh | 35 m |
"""


def draw(output: Path) -> None:
    with tempfile.TemporaryDirectory() as home, chromium() as browser, World(browser, Path(home)) as world:
        world.store(
            *imported("kite", SAID, ago=DAY, title="A kite of silk and bamboo"),
            *(row for title, days in OTHERS.items() for row in imported(f"s{days}", [(title, "Yes.")], ago=days * DAY, title=title)),
        )
        world.answers["bridle"] = lambda: scripts.said(ANSWER, usage={"input_tokens": 2210, "output_tokens": 164})
        page = world.open(viewport={"width": 1060, "height": 720})
        page.locator("#row-kite").click()
        ask(page, "How long should the bridle of my silk kite be?")
        expect(page.locator(".pending")).to_have_count(0)
        expect(page.locator("#row-kite")).to_contain_text("now")
        turns(page).last.locator("summary").click()
        expect(page.locator(".passages ol blockquote").first).to_contain_text("bamboo")
        turns(page).last.scroll_into_view_if_needed()
        page.screenshot(path=output)


def main() -> None:
    parser = argparse.ArgumentParser(description="Draws the picture of the page.")
    parser.add_argument("--output", type=Path, default=ROOT / "docs" / "page.png")
    output: Path = parser.parse_args().output
    draw(output)
    print(output)


if __name__ == "__main__":
    main()
