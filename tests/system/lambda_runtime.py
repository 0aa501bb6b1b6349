"""One execution environment of Lambda, as a program: it imports the function's handler and calls it with one event at a time.

    python -I -S -B -u lambda_runtime.py FOLDER bridge.handler.handler

stdin brings a JSON object a line: `event`, `request_id`, `seconds` that it may take. stdout answers a line each: `result`, or `error` with
the text of the exception; the first line is `{"ready": true}`, or the error of the import. What the function itself prints goes to stderr.
Nothing but the standard library can be imported, from FOLDER besides, as it is in Lambda (where boto3 can be, too).
https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import time
import traceback
from typing import Any


class Context:
    """https://docs.aws.amazon.com/lambda/latest/dg/python-context.html"""

    def __init__(self, request_id: str, seconds: float) -> None:
        self.aws_request_id = request_id
        self.function_name = os.environ["AWS_LAMBDA_FUNCTION_NAME"]
        self.function_version = os.environ["AWS_LAMBDA_FUNCTION_VERSION"]
        self.memory_limit_in_mb = os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]
        self.log_group_name = os.environ["AWS_LAMBDA_LOG_GROUP_NAME"]
        self._deadline = time.monotonic() + seconds

    def get_remaining_time_in_millis(self) -> int:
        return max(0, round((self._deadline - time.monotonic()) * 1000))


def answered(act: Any) -> dict[str, Any]:
    """What `act` returns, or how it failed: sys.exit() is a failure, too."""
    try:
        return {"result": act()}
    except BaseException as error:
        traceback.print_exc()
        return {"error": str(error)}


def main() -> None:
    folder, handler = sys.argv[1:]
    # The function may print what it likes: the answers have a channel of their own.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    sys.path.insert(0, folder)
    module, _, name = handler.rpartition(".")
    imported = answered(lambda: importlib.import_module(module) and None)
    print(json.dumps({"ready": True} if "result" in imported else imported), file=answers, flush=True)
    if "error" in imported:
        return
    function = getattr(sys.modules[module], name)
    for line in sys.stdin:
        call = json.loads(line)
        answer = answered(lambda call=call: function(call["event"], Context(call["request_id"], call["seconds"])))
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main()
