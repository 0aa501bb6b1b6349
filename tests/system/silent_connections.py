"""Opens connections that say nothing, and holds them: `silent_connections.py PORT COUNT SECONDS`. Prints how many could be opened."""

from __future__ import annotations

import resource
import socket
import sys
import time

SPARE = 100


def main(port: int, count: int, seconds: float) -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    allowed = count + SPARE if hard == resource.RLIM_INFINITY else min(count + SPARE, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
    held: list[socket.socket] = []
    while len(held) < min(count, allowed - SPARE):
        try:
            held.append(socket.create_connection(("127.0.0.1", port), 10))
        except OSError:
            break
    time.sleep(seconds)
    print(len(held))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]))
