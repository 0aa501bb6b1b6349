"""The targets of deploy.mk: deploy/run.sh stack.py plan|deploy|destroy|outputs|smoke|token|rotate|revoke"""

from __future__ import annotations

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from bridge_deploy.failures import Failure
from bridge_deploy.stack import Stack

COMMANDS = ("plan", "deploy", "destroy", "outputs", "smoke", "token", "rotate", "revoke")


def main(arguments: list[str]) -> int:
    if len(arguments) != 1 or arguments[0] not in COMMANDS:
        print(f"usage: deploy/run.sh stack.py {'|'.join(COMMANDS)}", file=sys.stderr)
        return 2
    stack = Stack(Path(__file__).resolve().parent.parent, os.environ, Path.home(), sys.stdin.isatty())
    try:
        getattr(stack, arguments[0])()
    except Failure as failure:
        print(failure, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
