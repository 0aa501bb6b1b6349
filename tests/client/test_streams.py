"""The standard streams as the client replaces them, on pipes within this process."""

from __future__ import annotations

import io
import os
import sys
import threading
from collections.abc import Iterator

import pytest

from bridge_client.terminal.streams import Descriptor, prepare_streams

LARGE = b"a line of an answer\n" * 10_000
"""More than a pipe holds."""


Pipe = tuple[io.FileIO, io.FileIO]


@pytest.fixture
def pipe() -> Iterator[Pipe]:
    """Both ends, in non-blocking mode."""
    reading, writing = os.pipe()
    for end in (reading, writing):
        os.set_blocking(end, False)
    with io.FileIO(reading) as reader, io.FileIO(writing, "w") as writer:
        yield reader, writer


def test_reading_waits_for_a_pipe_that_is_empty(pipe: Pipe) -> None:
    reading, writing = pipe
    with pytest.raises(BlockingIOError):
        os.read(reading.fileno(), 1)

    def write() -> None:
        os.write(writing.fileno(), b"the first half ")
        os.write(writing.fileno(), b"and the second\n")
        writing.close()

    later = threading.Timer(0.02, write)
    later.start()
    assert io.BufferedReader(Descriptor(reading.fileno())).read() == b"the first half and the second\n"
    later.join()


def test_writing_waits_for_a_pipe_that_is_full(pipe: Pipe) -> None:
    reading, writing = pipe
    os.set_blocking(reading.fileno(), True)
    read: list[bytes] = []

    def read_all() -> None:
        while sum(map(len, read)) < len(LARGE):
            read.append(os.read(reading.fileno(), 65_536))

    reader = threading.Thread(target=read_all)
    reader.start()
    writer = io.BufferedWriter(Descriptor(writing.fileno(), writing=True))  # type: ignore[type-var]
    writer.write(LARGE)
    writer.flush()
    reader.join(10)
    assert b"".join(read) == LARGE


def test_only_what_may_be_dropped_is_dropped_where_nobody_reads(pipe: Pipe) -> None:
    reading, writing = pipe
    reading.close()
    assert Descriptor(writing.fileno(), writing=True, droppable=True).write(b"a note") == 6
    with pytest.raises(BrokenPipeError):
        Descriptor(writing.fileno(), writing=True).write(b"an answer")


def test_a_descriptor_is_what_it_was_opened_as(pipe: Pipe) -> None:
    reading, writing = (end.fileno() for end in pipe)
    ends = Descriptor(reading), Descriptor(writing, writing=True)
    assert [(end.fileno(), end.isatty(), end.readable(), end.writable()) for end in ends] == [
        (reading, False, True, False),
        (writing, False, False, True),
    ]


def test_output_that_is_not_utf_8_shows_escapes(monkeypatch: pytest.MonkeyPatch) -> None:
    ends = [os.pipe() for _ in range(3)]
    os.write(ends[0][1], b"Hi\n")
    for name, descriptor, mode in (("stdin", ends[0][0], "r"), ("stdout", ends[1][1], "w"), ("stderr", ends[2][1], "w")):
        monkeypatch.setattr(sys, name, open(descriptor, mode, encoding="ascii"))  # noqa: SIM115, PTH123
    originals = sys.stdin, sys.stdout, sys.stderr
    prepare_streams()
    assert sys.stdin.readline() == "Hi\n"
    sys.stdout.write("凧\n")
    sys.stdout.flush()
    sys.stderr.write("é\n")  # A line of a note is written at once.
    assert [os.read(reading, 100) for reading, _ in ends[1:]] == [b"\\u51e7\n", b"\\xe9\n"]
    for stream in originals:
        stream.close()
    for descriptor in (ends[0][1], ends[1][0], ends[2][0]):
        os.close(descriptor)
