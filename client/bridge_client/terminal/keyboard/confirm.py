"""Asks a person yes or no."""

from __future__ import annotations

import sys

import click

from bridge_client.terminal.escape import one_line


def can_confirm() -> bool:
    """Whether there is a person to ask."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def confirmed(question: str) -> bool:
    """Whether the person at the terminal says yes. False where there is no person to ask."""
    if not can_confirm():
        return False
    from bridge_client.terminal.rendering.wrapping import columns, wrapped

    try:
        return click.confirm(wrapped(f"{one_line(question)} [y/N]:", columns()), show_default=False, prompt_suffix=" ", err=True)
    except click.Abort:
        return False
