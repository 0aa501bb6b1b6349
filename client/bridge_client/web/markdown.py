"""An answer's Markdown as HTML for the page. Whatever HTML an answer holds is shown as text; nothing in it loads anything.

Every block at the top level is exactly one element, so that the page can replace the last ones while an answer is being written.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from html import escape
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from pygments import highlight
from pygments.formatters.html import HtmlFormatter
from pygments.lexers import get_lexer_by_name
from pygments.util import ClassNotFound

SCHEMES = frozenset({"http", "https", "mailto"})
COLOURED = 50_000
"""Characters of code that are coloured: more would take longer than anybody wants to wait."""
COLOURED_OPEN = 8_000
"""The same while the code is still being written, and coloured again and again."""
WITH_DIRECTION = frozenset(
    {"paragraph_open", "heading_open", "bullet_list_open", "ordered_list_open", "blockquote_open", "th_open", "td_open"}
)
"""Each of them runs in the direction of its own first letter."""


class Piece(NamedTuple):
    start: int
    html: list[str]
    """The blocks from `start` on, which are new or have changed."""


class StreamedMarkdown:
    """An answer while it is written. What nothing that follows can change is rendered once: all but the last block of its whole lines."""

    def __init__(self) -> None:
        self.html: list[str] = []
        self._done = 0
        """How many blocks cannot change any more."""
        self._open = ""
        """The text of the others."""
        self._held = ""
        """A carriage return of which the line feed may follow."""

    def add(self, text: str) -> Piece:
        """Renders what is new; more may follow."""
        text = self._held + text
        self._held = "\r" if text.endswith("\r") else ""
        self._open += _one_kind_of_line(text.removesuffix("\r"))
        start, blocks = self._done, list(_blocks(self._open))
        self.html[start:] = [_rendered(block, coloured=COLOURED_OPEN if block is blocks[-1] else COLOURED) for block in blocks]
        if "\n" in text:
            self._close()
        return Piece(start, self.html[start:])

    def _close(self) -> None:
        # The last line may still become something else, and make something else of the block before it.
        whole = self._open[: self._open.rfind("\n") + 1]
        starts = [block[0].map[0] for block in _blocks(whole, _outline()) if block[0].map]
        if len(starts) > 1:
            self._done += len(starts) - 1
            self._open = "\n".join(self._open.split("\n")[starts[-1] :])


def as_html(text: str) -> list[str]:
    """The blocks of a whole text."""
    return [_rendered(block, coloured=COLOURED) for block in _blocks(_one_kind_of_line(text))]


def _blocks(text: str, parser: MarkdownIt | None = None) -> Iterator[list[Token]]:
    """The blocks at the top level."""
    block: list[Token] = []
    for token in (parser or _parser()).parse(text):
        block.append(token)
        if token.level == 0 and token.nesting <= 0:
            yield block
            block = []


def _one_kind_of_line(text: str) -> str:
    """Lines as Markdown counts them."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _rendered(tokens: Sequence[Token], *, coloured: int) -> str:
    for token in tokens:
        if token.type in WITH_DIRECTION:
            token.attrSet("dir", "auto")
    parser = _parser()
    return str(parser.renderer.render(tokens, parser.options, {"coloured": coloured})).strip("\n")


class _Renderer(RendererHTML):
    """Code with its language and a button to copy it, tables that scroll by themselves, links that lead away safely, images as links."""

    def fence(self, tokens: Sequence[Token], idx: int, options: Any, env: Any) -> str:
        token = tokens[idx]
        language = token.info.strip().partition(" ")[0][:40] if token.info else ""
        label = escape(language) or "text"
        code = _code(token.content.removesuffix("\n"), language, env.get("coloured", 0))
        return (
            f'<div class="code"><div class="bar"><span>{label}</span><button type="button" class="copy">Copy</button></div>'
            f'<pre tabindex="0" dir="ltr" role="group" aria-label="Code, {label}"><code>{code}</code></pre></div>\n'
        )

    code_block = fence

    def table_open(self, tokens: Sequence[Token], idx: int, options: Any, env: Any) -> str:
        return '<div class="table" tabindex="0" role="group" aria-label="Table"><table>\n'

    def table_close(self, tokens: Sequence[Token], idx: int, options: Any, env: Any) -> str:
        return "</table></div>\n"

    def cell_open(self, tokens: Sequence[Token], idx: int, options: Any, env: Any) -> str:
        """Markdown's own styles would be refused, as all that are written in HTML."""
        token = tokens[idx]
        side = str(token.attrs.get("style", "")).removeprefix("text-align:")
        kind = f' class="{side}"' if side in ("left", "right", "center") else ""
        return f'<{token.tag}{kind} dir="auto">'

    th_open = td_open = cell_open

    def link_open(self, tokens: Sequence[Token], idx: int, options: Any, env: Any) -> str:
        return _link(str(tokens[idx].attrs.get("href", "")))

    def image(self, tokens: Sequence[Token], idx: int, options: Any, env: Any) -> str:
        token = tokens[idx]
        source = str(token.attrs.get("src", ""))
        words = self.renderInlineAsText(token.children, options, env) if token.children else ""
        return f"{_link(source)}{escape(words or source)}</a>"


def _link(address: str) -> str:
    return f'<a href="{escape(address)}" target="_blank" rel="noopener noreferrer">'


def _is_harmless(address: str) -> bool:
    try:
        return urlsplit(address.strip()).scheme.lower() in SCHEMES
    except ValueError:
        return False


@lru_cache(maxsize=256)
def _code(code: str, language: str, coloured: int) -> str:
    """Code as HTML, in the classes of Pygments."""
    if not language or len(code) > coloured:
        return escape(code)
    try:
        lexer = get_lexer_by_name(language, stripnl=False, ensurenl=False)
    except ClassNotFound:
        return escape(code)
    return str(highlight(code, lexer, HtmlFormatter(nowrap=True))).removesuffix("\n")


@lru_cache(maxsize=1)
def _parser() -> MarkdownIt:
    """CommonMark with tables. Link definitions are text: a block is rendered without the rest of its document."""
    parser = MarkdownIt("commonmark", {"html": False}, renderer_cls=_Renderer).enable(["table", "strikethrough"]).disable("reference")
    # A link that is refused stays the text that it was written as.
    parser.validateLink = _is_harmless  # type: ignore[method-assign,assignment]
    return parser


@lru_cache(maxsize=1)
def _outline() -> MarkdownIt:
    """The same, which looks at blocks only."""
    return MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"]).disable(["reference", "inline"])
