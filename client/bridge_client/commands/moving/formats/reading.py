"""Finds out what a file is, by what is in it, and reads the conversations in it."""

from __future__ import annotations

import io
import json
import os
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any, NamedTuple

from bridge_client.commands.moving.claude_code import transcript
from bridge_client.commands.moving.conversation import Conversation
from bridge_client.commands.moving.formats import chatgpt, claude_ai, llm_logs, own
from bridge_client.commands.moving.formats.codex import rollout
from bridge_client.failures import Failure
from bridge_client.protocol.frames import Frame, decode

MAX_FILE_BYTES = 2**30
"""Bytes of a file or a member of an archive that is read: a larger one is not an export, or would not fit into memory."""
_HEAD = 256 * 1024
_MAX_LINE_BYTES = 64 * 2**20
_LINES_LOOKED_AT = 50
_SUFFIXES = (".json", ".jsonl", ".zip")
_LEFT_OUT = frozenset({"subagents", "tool-results", ".git", "node_modules"})
"""Folders within Claude Code's that hold no conversations of a person; and those of other programs."""
_CLAUDE_CODE = frozenset({"user", "assistant", "system", "attachment", "summary", "queue-operation", "file-history-snapshot"})

NOT_RECOGNISED = "not a known export"


class ReadResult(NamedTuple):
    """What was read at once: a conversation, or (None) why a file has none. `done`: bytes read since the one before."""

    conversation: Conversation | None
    done: int
    path: str
    skipped: str = ""


def files_in(paths: tuple[str, ...]) -> list[Path]:
    """The files that may be exports, oldest first in each folder: what goes on with another conversation comes after it.

    A file that is named is always among them; "-" is standard input. Raises `Failure` (`bad_usage`) for a path that does not exist.
    """
    files: list[Path] = []
    for path in (Path("/dev/stdin" if name == "-" else name) for name in paths):
        if path.is_dir():
            below = (file for file in _below(path) if file.suffix.lower() in _SUFFIXES)
            files += sorted(below, key=lambda file: (_stat(file)[1], file))
        elif path.exists():
            files.append(path)
        else:
            raise Failure("bad_usage", f"{path} does not exist.")
    return list(dict.fromkeys(files))


def size_of(files: list[Path]) -> int:
    """In bytes, as far as that is known."""
    return sum(_stat(path)[0] for path in files)


def _stat(path: Path) -> tuple[int, float]:
    """Size and time; zeros for a file that has gone meanwhile."""
    try:
        status = path.stat()
    except OSError:
        return 0, 0.0
    return status.st_size, status.st_mtime


def read(files: list[Path], now: float) -> Iterator[ReadResult]:
    """All conversations, file by file; what cannot be read is said and left out. `now`: seconds since the epoch."""
    for path in files:
        done, size = 0, _stat(path)[0]
        try:
            for result in _Reader(now).file(path):
                yield result
                done += result.done
        except (OSError, zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, MemoryError) as error:
            reason = error.strerror if isinstance(error, OSError) and error.strerror else "damaged"
            if isinstance(error, RuntimeError) and "password" in str(error):
                reason = "it needs a password"
            yield ReadResult(None, max(0, size - done), str(path), str(reason).lower())


def _below(folder: Path) -> Iterator[Path]:
    for directory, names, files in os.walk(folder):
        names[:] = sorted(name for name in names if name not in _LEFT_OUT)
        yield from (path for name in files if (path := Path(directory) / name).is_file())


class _Reader:
    def __init__(self, now: float) -> None:
        self._now = now

    def file(self, path: Path) -> Iterator[ReadResult]:
        with path.open("rb") as file:
            if path.is_file():
                yield from self._stream(file, path.stat().st_size, str(path), path.stem, nested=0)
            else:  # A pipe, in which one cannot go back.
                data = file.read(MAX_FILE_BYTES + 1)
                yield from self._stream(io.BytesIO(data), len(data), str(path), path.stem, nested=0)

    def _stream(self, file: IO[bytes], size: int, path: str, name: str, *, nested: int) -> Iterator[ReadResult]:
        if size > MAX_FILE_BYTES:
            yield ReadResult(None, size, path, f"larger than {MAX_FILE_BYTES // 2**20:,} MB")
            return
        head = file.read(_HEAD)
        file.seek(0)
        if head[:1] == b"{" and b"\n" not in head:
            head = file.readline(_MAX_LINE_BYTES)
            file.seek(0)
        if head.startswith(b"PK\x03\x04"):
            yield from self._archive(file, size, path, nested=nested)
        elif (read_lines := self._reader_of_lines(head, name)) is not None:
            yield ReadResult(read_lines(file), size, path)
        else:
            yield from _results_of(_documents(file.read()), size, path)

    def _archive(self, file: IO[bytes], size: int, path: str, *, nested: int) -> Iterator[ReadResult]:
        if nested > 1:
            return
        with zipfile.ZipFile(file) as archive:
            members = [member for member in archive.infolist() if member.filename.lower().endswith(_SUFFIXES)]
            for member in members:
                with archive.open(member) as opened:
                    inner = Path(member.filename).stem
                    for result in self._stream(opened, member.file_size, f"{path}/{member.filename}", inner, nested=nested + 1):
                        # Other files in an archive are of no interest: users.json, pictures.
                        if result.conversation is not None or result.skipped != NOT_RECOGNISED:
                            yield result._replace(done=0)
        yield ReadResult(None, size, path, "" if members else NOT_RECOGNISED)

    def _reader_of_lines(self, head: bytes, name: str) -> Callable[[IO[bytes]], Conversation] | None:
        """How to read a file of lines that are objects; None if it is another kind of file."""
        lines = head.splitlines()[:_LINES_LOOKED_AT]
        for line in lines:
            fields = decode(line.strip(b"\0 \t\r\n\xef\xbb\xbf")) if line[-1:] == b"}" else None
            if fields is None:
                continue
            if own.is_head(fields):
                return own.session_of_lines
            if "payload" in fields and "timestamp" in fields:
                return lambda file: rollout(file, name)
            if fields.get("type") in _CLAUDE_CODE or ("sessionId" in fields and "type" in fields):
                return lambda file: transcript(file, name, self._now)
        return None


def _results_of(documents: Iterator[Frame | str], size: int, path: str) -> Iterator[ReadResult]:
    """The conversations in the objects of one JSON file; a text says why what follows cannot be read."""
    exchanges: list[Frame] = []
    known = False
    for fields in documents:
        if isinstance(fields, str):
            yield ReadResult(None, 0, path, fields)
            known = True
        elif llm_logs.is_exchange(fields):
            exchanges.append(fields)
        elif (made := _conversation(fields)) is not None:
            known = True
            yield ReadResult(made, 0, path)
    for conversation in llm_logs.conversations(exchanges):
        yield ReadResult(conversation, 0, path)
    yield ReadResult(None, size, path, "" if known or exchanges else NOT_RECOGNISED)


def _conversation(fields: Frame) -> Conversation | None:
    for is_one, conversation in (
        (own.is_session, own.session),
        (claude_ai.is_conversation, claude_ai.conversation),
        (chatgpt.is_conversation, chatgpt.conversation),
    ):
        if is_one(fields):
            return conversation(fields)
    return None


def _documents(data: bytes) -> Iterator[Frame | str]:
    """The objects of a JSON file: of its list, or the only one. Where it is cut off, those before, and then why there are no more."""
    try:
        text = data.decode(json.detect_encoding(data))
        value: Any = json.loads(text)
    except UnicodeError:
        yield "not text"
        return
    except RecursionError:
        yield "nested too deeply"
        return
    except ValueError:
        first = text.lstrip("\ufeff \t\r\n\0")[:1]
        if first == "[":
            yield from _whole_ones(text)
            yield "damaged: what follows the last whole conversation is left out"
        else:
            yield "damaged" if first == "{" else NOT_RECOGNISED if first else "empty"
        return
    if isinstance(value, dict):
        value = next((value[name] for name in ("conversations", "chats") if isinstance(value.get(name), list)), [value])
    yield from (item for item in value if isinstance(item, dict)) if isinstance(value, list) else ()


def _whole_ones(text: str) -> Iterator[Frame]:
    decoder = json.JSONDecoder()
    place = text.index("[") + 1
    while True:
        while text[place : place + 1] in (" ", "\t", "\r", "\n", ","):
            place += 1
        try:
            value, place = decoder.raw_decode(text, place)
        except (ValueError, RecursionError):
            return
        if isinstance(value, dict):
            yield value
