"""The whole bridge on an emulated AWS account: python -m system.e2e run|up|down

`run` deploys, checks and destroys: once with an API key, once with Claude through AWS and no key at all, and once version 0.1 before this
one. `up` stops after the first question, keeps everything running and prints one JSON object: `endpoint` of the account, `url` of the
WebSocket, `token`. `down` destroys and stops. Everything else goes to stderr.
"""

from __future__ import annotations

import json
import signal
import sys
import time
import traceback

from system import e2e_checks as checks
from system import e2e_day as day
from system import e2e_no_key as no_key
from system import e2e_upgrade as upgrade
from system.e2e_stack import E2eStack, StepFailed


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def up(stack: E2eStack) -> None:
    """Deploys, and asks the first question. What fails leaves nothing running."""
    try:
        stack.begin()
        for check in (checks.deploy, checks.serve):
            step(stack, check)
    except BaseException:
        stack.end()
        raise


def down(stack: E2eStack) -> None:
    """Destroys what is deployed, and stops."""
    try:
        step(stack, checks.destroy)
    finally:
        stack.end()


def run(stack: E2eStack) -> None:
    deployed = (checks.deploy, checks.serve)
    say("With an API key:")
    run_through(stack, (checks.a_table_that_exists_is_seen_first, *deployed, *day.ALL, *checks.ALL))
    say("Without any key:")
    run_through(E2eStack(stack.folder, "bedrock"), (*deployed, *no_key.ALL))
    if upgrade.is_there():
        say("From version 0.1:")
        run_through(stack, (upgrade.deploy_the_first_version, *upgrade.ALL))
    else:
        say("NOT TESTED: the upgrade from version 0.1. Its commit is not in this clone: git fetch --unshallow")


def run_through(stack: E2eStack, steps: tuple[checks.Check, ...]) -> None:
    """Begins with an empty account, goes through the steps, destroys and stops."""
    try:
        stack.begin()
        for check in steps:
            step(stack, check)
        down(stack)
    finally:
        stack.end()


def step(stack: E2eStack, check: checks.Check) -> None:
    began = time.monotonic()
    check(stack)
    say(f"{time.monotonic() - began:6.1f} s  {(check.__doc__ or '').splitlines()[0]}")


def main(arguments: list[str]) -> int:
    commands = {"run": run, "up": up, "down": down}
    if len(arguments) != 1 or arguments[0] not in commands:
        say(__doc__ or "")
        return 2
    stack, wanted = E2eStack(), arguments[0] == "down"
    if bool(stack.running) != wanted:
        say("Nothing is running. Start with: make e2e-up" if wanted else "It is running already. Stop it with: make e2e-down")
        return 2
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        commands[arguments[0]](stack)
    except StepFailed as failed:
        say(f"{failed}\nThe logs are in {stack.logs}")
        return 1
    except AssertionError:
        traceback.print_exc()
        say(f"The logs are in {stack.logs}")
        return 1
    if arguments[0] == "up":
        print(json.dumps({name: stack.running[name] for name in ("endpoint", "url", "token")}))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
