"""Options that several commands have."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

import click

from bridge_client.config.choice import Choice

json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
stream_option = click.option("--stream", is_flag=True, help="Write the answer as it arrives, also into a pipe or a file.")


def bridge_options(function: Callable[..., int]) -> Callable[..., int]:
    """The options that choose a bridge: the command gets them as `choice`."""

    @click.option("--url", metavar="URL", default="", help="Use this bridge (default: CLAUDE_BRIDGE_URL, the profile, else --local).")
    @click.option("--local", is_flag=True, help="Use a bridge on this machine, whatever is configured.")
    @wraps(function)
    def with_choice(*arguments: object, url: str, local: bool, **options: object) -> int:
        if url and local:
            raise click.UsageError("--url and --local exclude each other.")
        return function(*arguments, choice=Choice(url, local), **options)

    return with_choice


def checked_limit(most: int | None = None) -> click.IntRange:
    """A number of things, at least one."""
    return click.IntRange(1, most)
