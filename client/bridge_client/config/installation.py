"""How to install this program with one of its extras. Nothing is on a package index: a bare name would install somebody else's program."""

from __future__ import annotations

import shlex
from pathlib import Path


def how_to_install(root: Path, extra: str) -> str:
    """The command; from the checkout that `root` is, else from where the package says that its source is."""
    if (root / "pyproject.toml").is_file():
        return f"uv tool install --force {shlex.quote(f'{root}[{extra}]')}"
    return f"uv tool install --force {shlex.quote(f'ask-claude[{extra}] @ git+{_source()}')}"


def _source() -> str:
    from importlib.metadata import PackageNotFoundError, metadata

    try:
        urls = metadata("ask-claude").get_all("Project-URL") or []
    except PackageNotFoundError:
        urls = []
    return next((url.partition(", ")[2] for url in urls if url.startswith("Source, ")), "URL")
