"""To which project a directory belongs: the same name on every machine of a person."""

from __future__ import annotations

import re
from pathlib import Path, PureWindowsPath

_SCHEME = re.compile(r"(?i)(?:https?|ssh|git|git\+ssh)://(?:[^@/]*@)?(?P<host>[^/:]+)(?::\d+)?/(?P<path>.+)")
_SCP = re.compile(r"(?:[^@/:]+@)?(?P<host>[^/:@]{2,}):(?P<path>[^/].*)")
_REMOTE = re.compile(r'\s*\[\s*remote\s+"(?P<name>[^"]*)"\s*\]')
_URL = re.compile(r"\s*url\s*=\s*(?P<url>\S.*)")


def project_of(directory: str) -> str:
    """The repository's remote as host/owner/name, without credentials; else the name of its top folder, or of the directory; "" for none.

    A directory need not exist: a transcript may be of another machine.
    """
    if "/" not in directory:  # Nothing, or a directory of Windows.
        return PureWindowsPath(directory).name
    start = Path(directory)
    for folder in (start, *start.parents):
        try:
            config = _git_config(folder)
        except (OSError, ValueError):
            continue
        if config is not None:
            return remote_name(_remote(config)) or folder.name
    return start.name


def remote_name(url: str) -> str:
    """host/owner/name of the URL of a repository; "" for a path or anything else."""
    match = _SCHEME.fullmatch(url.strip()) or _SCP.fullmatch(url.strip())
    if match is None:
        return ""
    path = match["path"].strip("/").removesuffix(".git").strip("/")
    return f"{match['host'].lower()}/{path}" if path else ""


def _git_config(folder: Path) -> str | None:
    """The text of the repository's configuration, if `folder` is the top of one. Raises `OSError`, `ValueError`."""
    git = folder / ".git"
    if git.is_file():  # A worktree or a submodule: "gitdir: PATH".
        git = folder / git.read_text(encoding="utf-8").removeprefix("gitdir:").strip()
        common = git / "commondir"
        if common.is_file():
            git = git / common.read_text(encoding="utf-8").strip()
    elif not git.is_dir():
        return None
    config = git / "config"
    return config.read_text(encoding="utf-8", errors="replace") if config.is_file() else ""


def _remote(config: str) -> str:
    """The URL of origin, else of the first remote; "" without one."""
    urls: dict[str, str] = {}
    name = ""
    for line in config.splitlines():
        if line.lstrip().startswith("["):
            match = _REMOTE.match(line)
            name = match["name"] if match else ""
        elif name and (match := _URL.fullmatch(line.rstrip())):
            urls.setdefault(name, match["url"])
    return urls.get("origin") or next(iter(urls.values()), "")
