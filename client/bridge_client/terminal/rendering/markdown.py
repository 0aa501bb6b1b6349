"""Renders one block of Markdown for a terminal, by rich. The only control codes in it are styles: no links, nothing that moves a cursor."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache
from typing import ClassVar

from markdown_it.token import Token
from rich.console import Console, ConsoleOptions, JustifyMethod, RenderResult
from rich.markdown import CodeBlock, Heading, ListElement, Markdown, MarkdownElement
from rich.syntax import Syntax
from rich.text import Text
from rich.theme import Theme

from bridge_client.terminal.escape import encodable, visible
from bridge_client.terminal.rendering.blocks import new_parser

CODE_THEME = "ansi_dark"
"""The terminal's own colours."""
CODE_INDENT = "  "
THEME = Theme(
    {
        "markdown.h1": "bold underline",
        "markdown.h2": "bold underline",
        "markdown.h3": "bold",
        "markdown.h4": "bold",
        "markdown.h5": "italic bold",
        "markdown.h6": "italic",
        "markdown.code": "cyan",
        "markdown.code_block": "none",
        "markdown.block_quote": "italic",
        "markdown.hr": "none",
        "markdown.item.bullet": "bold",
        "markdown.item.number": "bold",
        "markdown.table.header": "bold",
        "markdown.table.border": "none",
        "markdown.a": "underline",
    }
)
NUMBER = 10
"""Numbers are as wide as this one, also those of a list whose items are rendered one by one."""

_SPACES = re.compile(r"[ ]+((?:\x1b\[[0-9;]*m)*)$", re.MULTILINE)


class Renderer:
    def __init__(self, console: Console, encoding: str) -> None:
        """`console` says how wide the terminal is at each moment, and which colours it has."""
        self._console = console
        self._encoding = encoding
        console.push_theme(THEME)
        self._parser = new_parser()

    def render(self, text: str) -> str:
        """The lines of one block. What Markdown would leave out is shown as it was written."""
        tokens = self._parser.parse(text)
        with self._console.capture() as capture:
            if len(tokens) == 1 and tokens[0].type == "fence":
                self._console.print(_code(tokens[0]), no_wrap=True, overflow="ignore", crop=False)
            else:
                self._console.print(_Markdown(tokens, styled=self._console.color_system is not None))
        # rich fills each line with spaces, which a narrower window would show as empty lines.
        lines = _SPACES.sub(r"\1", capture.get()).strip("\n")
        lines = encodable(lines, self._encoding)
        return f"{lines or text}\n"


def _code(fence: Token) -> Text:
    """Code, line by line as it is, so that it can be copied: a long line is wrapped by the terminal alone."""
    code = visible(fence.content.removesuffix("\n"))
    shown = _highlighted(code, fence.info)
    return Text("\n").join(Text(CODE_INDENT) + line for line in shown.split("\n", allow_blank=True))


def _highlighted(code: str, language: str) -> Text:
    shown = _syntax(language.partition(" ")[0]).highlight(code.expandtabs(4))
    shown.right_crop(len(shown.plain) - len(shown.plain.rstrip("\n")))
    return shown


@cache
def _syntax(language: str) -> Syntax:
    # Given a name, rich would look the lexer up for every block.
    lexer = Syntax("", language or "text").lexer
    return Syntax("", lexer or "text", theme=CODE_THEME, background_color="default")


class _Heading(Heading):
    LEVEL_ALIGN: ClassVar[dict[str, JustifyMethod]] = {}

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        # Where there is no other way to tell it from text.
        marks = "" if console.color_system else f"{'#' * int(self.tag[1:])} "
        yield Text(marks) + self.text


class _Code(CodeBlock):
    """Code within an item or a quotation, which is as wide as that."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield _highlighted(visible(str(self.text)), self.lexer_name)


class _List(ListElement):
    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        if self.list_type == "bullet_list_open":
            yield from super().__rich_console__(console, options)
            return
        first = 1 if self.list_start is None else self.list_start
        for number, item in enumerate(self.items, first):
            yield from item.render_number(console, options, number, max(NUMBER, first + len(self.items)))


class _Markdown(Markdown):
    elements: ClassVar[dict[str, type[MarkdownElement]]] = {
        **Markdown.elements,
        "heading_open": _Heading,
        "fence": _Code,
        "code_block": _Code,
        "bullet_list_open": _List,
        "ordered_list_open": _List,
    }
    inlines = Markdown.inlines | {"a"}

    def __init__(self, tokens: Iterable[Token], *, styled: bool) -> None:
        # Not `super().__init__`, which would make a parser for every block.
        self.parsed = list(_harmless(tokens, styled=styled))
        self.style, self.justify, self.hyperlinks = "none", None, False
        self.code_theme = self.inline_code_theme = CODE_THEME
        self.inline_code_lexer = None


def _harmless(tokens: Iterable[Token], *, styled: bool) -> Iterator[Token]:
    """The tokens with what a terminal may act on made visible, and links and images as text. Code keeps its backticks unless `styled`.

    Entities (&#x202e;) are characters only now. rich would write a link as an escape sequence, and an image before its paragraph.
    """
    for token in tokens:
        token.content = visible(token.content)
        if token.children:
            token.children = list(_inline(token.children, styled=styled))
        yield token


def _inline(tokens: Iterable[Token], *, styled: bool) -> Iterator[Token]:
    opened: list[tuple[str, str]] = []
    """The links that are open: where they lead, and their text so far."""
    for token in tokens:
        token.content = visible(token.content)
        if token.type == "link_open":
            opened.append((visible(str(token.attrs.get("href", ""))), ""))
            yield Token("styled_open", "a", 1)
        elif token.type == "link_close":
            address, words = opened.pop()
            yield Token("styled_close", "a", -1)
            if address.removeprefix("mailto:") != words:
                yield _text(f" ({address})")
        elif token.type == "image":
            yield _text(f"{token.content or 'image'} ({visible(str(token.attrs.get('src', '')))})")
        else:
            opened = [(address, words + token.content) for address, words in opened]
            if token.type == "code_inline" and not styled:
                token.content = f"{token.markup}{token.content}{token.markup}"
            yield token


def _text(content: str) -> Token:
    return Token("text", "", 0, content=content)
