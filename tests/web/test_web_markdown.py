"""An answer's Markdown as HTML: nothing in it acts, and what is shown while it arrives is what is shown at the end."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge_client.web.markdown import StreamedMarkdown, as_html

TEXTUAL = {"p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "blockquote", "hr", "br", "em", "strong", "s", "a"}
ELEMENTS = TEXTUAL | {"code", "pre", "div", "span", "button", "table", "thead", "tbody", "tr", "th", "td"}
ATTRIBUTES = frozenset({"dir", "class", "start", "href", "target", "rel", "tabindex", "role", "aria-label", "type"})


class Elements(HTMLParser):
    """The elements of some HTML, with their attributes, and how many there are at the top."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.top = self._depth = 0
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self.top += self._depth == 0
        self._depth += tag not in ("hr", "br")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self.top += self._depth == 0

    def handle_endtag(self, tag: str) -> None:
        self._depth -= 1


HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "text <b onclick='x'>bold</b> text",
    "[click](javascript:alert(1))",
    "[click](JaVaScRiPt:alert(1))",
    "[click](java\tscript:alert(1))",
    "[click](&#106;avascript:alert(1))",
    "[click](data:text/html,<script>alert(1)</script>)",
    "[click](vbscript:x)",
    "[click](file:///etc/passwd)",
    "[click](//evil.example)",
    "[click](/delete)",
    "<javascript:alert(1)>",
    '[click](https://a.example "onmouseover=alert(1)")',
    '[click](https://a.example/"onmouseover="alert(1))',
    "![picture](https://evil.example/pixel.png)",
    "![picture](data:image/svg+xml;base64,PHN2Zz4=)",
    '```"><script>alert(1)</script>\ncode\n```',
    "```html\n<script>alert(1)</script>\n```",
    "`<script>`",
    "| <script> | b |\n|---|---|\n| <img src=x> | `</td>` |",
    "</div></article><script>",
    "<!-- comment --> <style>*{display:none}</style>",
    "[a]: javascript:alert(1)\n\n[a]",
    "<iframe src=https://evil.example></iframe>",
    "<svg onload=alert(1)>",
    "&lt;script&gt;",
    "\x00<script>",
]

TEXT = st.lists(
    st.sampled_from(
        [
            *HOSTILE,
            "word ",
            "\n",
            "\n\n",
            "\r\n",
            "\r",
            "- ",
            "1. ",
            "> ",
            "    ",
            "```",
            "~~~\n",
            "| a | b |\n",
            "|---|:-:|\n",
            "# ",
            "===\n",
            "---\n",
            "*",
            "שלום",
            "\u2028",
            "\x0b",
        ]
    ),
    max_size=30,
).map("".join)


def check(text: str, html: list[str]) -> None:
    for block in html:
        elements = Elements(block)
        assert elements.top == 1, "each block is one element"
        for tag, attributes in elements.tags:
            assert tag in ELEMENTS, (text, block)
            assert attributes.keys() <= ATTRIBUTES, (text, block)
            if tag == "a":
                assert (attributes["href"] or "").lower().startswith(("http://", "https://", "mailto:")), (text, block)
                assert attributes["rel"] == "noopener noreferrer"


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_in_an_answer_acts(text: str) -> None:
    check(text, as_html(text))


@pytest.mark.slow
@settings(deadline=None, max_examples=150)
@given(TEXT, st.integers(1, 40))
def test_what_is_shown_while_it_arrives_is_what_is_shown_at_the_end(text: str, size: int) -> None:
    written = StreamedMarkdown()
    shown: list[str] = []
    for start in range(0, len(text), size):
        piece = written.add(text[start : start + size])
        shown[piece.start :] = piece.html
        assert shown == written.html
    if not text.endswith("\r"):
        assert shown == as_html(text)
    check(text, shown)


def test_code_is_coloured_and_keeps_every_character() -> None:
    (block,) = as_html('```python\ndef f(): return "<b>"  # &\n```')
    assert '<span class="k">def</span>' in block
    assert "&lt;b&gt;" in block
    assert "&amp;" in block
    assert 'class="copy"' in block


def test_an_image_is_a_link() -> None:
    (block,) = as_html("![a kite](https://a.example/kite.png)")
    assert '<a href="https://a.example/kite.png" target="_blank" rel="noopener noreferrer">a kite</a>' in block
    assert "<img" not in block


def test_every_paragraph_has_its_own_direction() -> None:
    assert as_html("שלום\n\nHello") == ['<p dir="auto">שלום</p>', '<p dir="auto">Hello</p>']


def test_a_column_is_aligned_by_a_class() -> None:
    (block,) = as_html("| a |\n|--:|\n| 1 |")
    assert '<td class="right" dir="auto">1</td>' in block
