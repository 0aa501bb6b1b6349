"""The whole bridge on an emulated AWS account: python -m system.e2e run|up|down|WORLD

`run` deploys, checks and destroys in each world: `key` has an API key, `no-key` has Claude through AWS and no key at all, `upgrade` has
version 0.1 before this one. Each has an account, a folder and a process of its own, and two go on at a time. WORLD is one of them alone.
`up` stops after the first question, keeps everything running and prints one JSON object: `endpoint` of the account, `url` of the WebSocket,
`token`. `down` destroys and stops, also what a run that was killed has left. Everything else goes to stderr.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import NamedTuple

from system import e2e_checks as checks
from system import e2e_day as day
from system import e2e_no_key as no_key
from system import e2e_upgrade as upgrade
from system import provider
from system.e2e_stack import FOLDER, E2eStack, StepFailed

AT_A_TIME = 2
COMMAND = (sys.executable, "-m", "system.e2e")


class World(NamedTuple):
    """A stack, and what is gone through with it from an empty account on."""

    stack: E2eStack
    steps: tuple[checks.Check, ...]


DEPLOYED = (checks.deploy, checks.serve)
WORLDS = {
    "key": World(E2eStack(), (checks.a_table_that_exists_is_seen_first, *DEPLOYED, *day.ALL, *checks.ALL)),
    "upgrade": World(E2eStack(FOLDER.with_name("e2e-upgrade")), (upgrade.deploy_the_first_version, *upgrade.ALL)),
    "no-key": World(E2eStack(FOLDER.with_name("e2e-no-key"), "bedrock"), (*DEPLOYED, *no_key.ALL)),
}
"""The one that takes longest comes first."""


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def up(stack: E2eStack) -> None:
    """Deploys, and asks the first question. What fails leaves nothing running."""
    try:
        stack.begin()
        for check in DEPLOYED:
            step(stack, check)
    except BaseException:
        stack.end()
        raise
    print(json.dumps({name: stack.running[name] for name in ("endpoint", "url", "token")}))


def down(stack: E2eStack) -> None:
    """Destroys what is deployed, and stops."""
    try:
        step(stack, checks.destroy)
    finally:
        stack.end()


def run_through(world: World) -> None:
    """Begins with an empty account, goes through the steps, destroys and stops."""
    try:
        world.stack.begin()
        for check in world.steps:
            step(world.stack, check)
        down(world.stack)
    finally:
        world.stack.end()


def step(stack: E2eStack, check: checks.Check) -> None:
    began = time.monotonic()
    check(stack)
    say(f"{time.monotonic() - began:6.1f} s  {(check.__doc__ or '').splitlines()[0]}")


def run() -> int:
    """Goes through all worlds; returns the exit code. Each line begins with its world's name. One that fails does not end the others."""
    names = list(WORLDS)
    if not upgrade.is_there():
        say("NOT TESTED: the upgrade from version 0.1. Its commit is not in this clone: git fetch --unshallow")
        names.remove("upgrade")
    environment = {**os.environ, **provider.variables(os.environ)}
    processes: list[subprocess.Popen[str]] = []

    def follow(name: str) -> int:
        with subprocess.Popen([*COMMAND, name], env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
            processes.append(process)
            for line in process.stdout or ():
                say(f"{name:8}{line.rstrip()}")
        return process.returncode

    pool = ThreadPoolExecutor(AT_A_TIME)
    try:
        failed = [name for name, code in zip(names, pool.map(follow, names), strict=True) if code]
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
        for process in processes:
            process.terminate()
        pool.shutdown()
    if failed:
        say(f"Failed: {', '.join(failed)}")
    return 1 if failed else 0


def reported(stack: E2eStack, command: Callable[[], None]) -> int:
    """Exit code of a command that works with this stack; why it is not 0 is said."""
    try:
        command()
    except StepFailed as failed:
        say(f"{failed}\nThe logs are in {stack.logs}")
        return 1
    except AssertionError:
        traceback.print_exc()
        say(f"The logs are in {stack.logs}")
        return 1
    return 0


def main(arguments: list[str]) -> int:
    if len(arguments) != 1 or arguments[0] not in ("run", "up", "down", *WORLDS):
        say(__doc__ or "")
        return 2
    name = arguments[0]
    concerned = [WORLDS[name].stack] if name in WORLDS else [world.stack for world in WORLDS.values()]
    running = [stack for stack in concerned if stack.running]
    if bool(running) != (name == "down"):
        say("It is running already. Stop it with: make e2e-down" if running else "Nothing is running. Start with: make e2e-up")
        return 2
    for number in (signal.SIGINT, signal.SIGTERM):
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, end)
    if name == "run":
        return run()
    if name in WORLDS:
        return reported(concerned[0], partial(run_through, WORLDS[name]))
    if name == "up":
        return reported(concerned[0], partial(up, concerned[0]))
    return max([reported(stack, partial(down, stack)) for stack in running])


def end(number: int, _: object) -> None:
    """Once: what is stopped and removed then is not interrupted by a second signal, as Ctrl-C sends one to all and `run` another."""
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, signal.SIG_IGN)
    sys.exit(128 + number)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
