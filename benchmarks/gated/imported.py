"""Prints what the bridge's modules import, as JSON: `python -S imported.py import|question MODULE`, with the bridge on the path.

One list of names for each call of the program: of `import MODULE` alone, or with `question` up to the end of a first question through
`bridge.handler`, whose AWS and Claude the environment names. What a module of Python imports in its turn is not listed: it is another
list with every Python. Standard library only: this runs where the bridge alone is.
"""

from __future__ import annotations

import builtins
import importlib
import json
import sys
from types import ModuleType
from typing import Any

_import = builtins.__import__


def main() -> None:
    what, module = sys.argv[1:]
    wanted: set[str] = set()

    def noting(name: str, globals: Any = None, locals: Any = None, fromlist: Any = (), level: int = 0) -> ModuleType:
        by = (globals or {}).get("__name__", "")
        if by.partition(".")[0] == "bridge" and not level:
            wanted.add(name)
        return _import(name, globals, locals, fromlist, level)

    builtins.__import__ = noting
    importlib.import_module(module)
    if what == "question":
        ask(sys.modules[module])
    print(json.dumps(sorted(wanted | {name for name in sys.modules if name.partition(".")[0] == "bridge"})))


def ask(module: Any) -> None:
    """Has the function answer one question."""
    query = {"action": "query", "message": "What is a kite?", "session_id": "kites", "request_id": "r-1", "stream": True}
    context = {"eventType": "MESSAGE", "connectionId": "Ab-c_d=", "requestId": "r=", "authorizer": {"principalId": "ada"}}
    module.handler({"requestContext": context, "body": json.dumps(query), "isBase64Encoded": False}, Context())


class Context:
    aws_request_id = "request"

    def get_remaining_time_in_millis(self) -> int:
        return 60_000


if __name__ == "__main__":
    main()
