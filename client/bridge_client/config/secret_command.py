"""Runs a person's own command that prints a secret: a password manager, mostly."""

from __future__ import annotations

import subprocess

from bridge_client.failures import Failure

Command = tuple[str, ...]
"""The words of a command; () where there is none. No shell sees them."""

SECONDS = 60.0
"""A password manager may ask for a password first."""


def secret_of(command: Command, name: str) -> str:
    """The first line that the command prints. Raises `Failure` (`bad_configuration`), which does not quote it."""
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, timeout=SECONDS, check=False)  # noqa: S603 (the person's own command)
    except OSError as error:
        raise _failed(name, command, (error.strerror or str(error)).lower()) from error
    except subprocess.TimeoutExpired as error:
        raise _failed(name, command, f"it took longer than {SECONDS:g} seconds") from error
    if done.returncode:
        raise _failed(name, command, f"it ended with {done.returncode}")
    lines = done.stdout.decode("utf-8", "replace").splitlines()
    if not lines or not lines[0].strip():
        raise _failed(name, command, "it printed nothing")
    return lines[0].strip()


def _failed(name: str, command: Command, reason: str) -> Failure:
    return Failure("bad_configuration", f"The {name} {command[0]} failed: {reason}.")
