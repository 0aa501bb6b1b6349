"""Shows an answer on a terminal as what its Markdown means, while it arrives."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console

from bridge_client.terminal.console import encoding_of
from bridge_client.terminal.escape import encodable, visible
from bridge_client.terminal.output import Output
from bridge_client.terminal.rendering.blocks import Block, Blocks
from bridge_client.terminal.rendering.live import Live, LiveText, Unseen
from bridge_client.terminal.rendering.markdown import Renderer


class Rendered:
    """Prints every block for good when it is complete. The one that is not is shown below them as it was written, if it can be erased."""

    streams = True

    def __init__(self, output: Output, console: Console) -> None:
        self._output = output
        self._encoding = encoding_of(output.stream)
        self._renderer = Renderer(console, self._encoding)
        self._live: Live = Unseen() if console.is_dumb_terminal else LiveText(console, output.write_codes)
        self._blocks = Blocks()
        self._held: list[str] | None = None
        self.begun = False

    def text(self, text: str) -> None:
        if self._held is not None:
            self._held.append(text)
            return
        self.begun = True
        shown = encodable(visible(text), self._encoding)
        if self._print(self._blocks.feed(shown)):
            self._live.append(("\n" if self._blocks.gap else "") + self._blocks.open)
        else:
            self._live.append(shown)

    def pause(self) -> None:
        self._live.hide()

    def hold(self) -> bool:
        self._live.hide()
        self._held = self._held or []
        return True

    def void(self) -> None:
        self.end()
        self._blocks = Blocks()

    def give_up(self) -> None:
        self.end()

    def end(self) -> None:
        held, self._held = self._held, None
        for text in held or ():
            self.text(text)
        self._live.clear()
        self._print(self._blocks.end())

    def _print(self, blocks: Iterable[Block]) -> bool:
        """Prints them in the place of the text that is not complete. False if there are none."""
        printed = False
        for text, gap in blocks:
            self._live.clear()
            self._output.write_codes(("\n" if gap else "") + self._renderer.render(text))
            printed = True
        return printed
