"""An operator's upgrade, rehearsed: what version 0.1 has deployed and stored goes on with the code of this checkout, and back."""

from __future__ import annotations

import shutil
import subprocess
import tarfile
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

from system import e2e_checks as checks
from system.e2e_checks import HASHES, SESSIONS, asked, asked_once, planned, talking
from system.e2e_stack import COPIED, ROOT, E2eStack

FIRST_VERSION = "5b46f98"
"""The commit of version 0.1.0."""

Rows = Mapping[str, Mapping[str, Any]]


def is_there() -> bool:
    """Whether the first version is in the history of this checkout: a shallow clone lacks it."""
    command = ["git", "-C", str(ROOT), "cat-file", "-e", f"{FIRST_VERSION}^{{commit}}"]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def first_version_in(folder: Path) -> Path:
    """Writes the sources of the first version below `folder`, and returns it."""
    command = ["git", "-C", str(ROOT), "archive", "--format=tar", FIRST_VERSION, *COPIED]
    archive = subprocess.run(command, capture_output=True, check=True).stdout
    with tarfile.open(fileobj=BytesIO(archive)) as sources:
        sources.extractall(folder, filter="data")
    return folder


def check_out(stack: E2eStack, source: Path) -> None:
    """Has the checkout hold the sources of another version, as `git checkout` does: what a deployment has left there stays."""
    for name in COPIED:
        for path in [*(stack.checkout / name).rglob("*"), stack.checkout / name]:
            if path.is_file() and not is_left_by_a_deployment(path):
                path.unlink()
        if (source / name).is_dir():
            shutil.copytree(
                source / name, stack.checkout / name, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__", ".terraform*")
            )
        else:
            shutil.copy2(source / name, stack.checkout / name)


def is_left_by_a_deployment(path: Path) -> bool:
    return ".terraform" in path.parts or path.name.startswith((".terraform", "terraform.tfstate", "tokens.auto"))


def rows(stack: E2eStack) -> Rows:
    """All rows of both tables, by table and key."""
    dynamodb = stack.account.client("dynamodb")
    result: dict[str, Any] = {}
    for table, keys in ((SESSIONS, ("session_id", "turn")), (HASHES, ("hash",))):
        for page in dynamodb.get_paginator("scan").paginate(TableName=table, ConsistentRead=True):
            result |= {f"{table} {[row[key]['S'] for key in keys]}": row for row in page["Items"]}
    return result


def turns(stack: E2eStack, session_id: str) -> list[dict[str, Any]]:
    """The turns of a session, as `history` shows them."""
    shown: list[dict[str, Any]] = asked_once(stack, action="history", session_id=session_id, limit=100)["turns"]
    return shown


def deploy_the_first_version(stack: E2eStack) -> None:
    """version 0.1 is deployed, and has sessions: short, long, answered in the original form, deleted"""
    check_out(stack, first_version_in(stack.folder / "first"))
    checks.deploy(stack)
    checks.serve(stack)
    with talking(stack) as connection:
        for number in range(30):
            asked(
                connection,
                action="query",
                session_id="long",
                message=f"Note {number}: the kite number {number} is {'blue ' * 40}.",
                stream=True,
            )
        asked(connection, action="query", session_id="old", message="Hello Claude!")
        asked(connection, action="query", session_id="gone", message="Forget this.", stream=True)
        asked(connection, action="delete", session_id="gone")


def the_plan_replaces_nothing(stack: E2eStack) -> None:
    """this version's plan replaces and deletes nothing, and touches no table"""
    check_out(stack, ROOT)
    stack.make("build")
    changes = planned(stack)
    assert {action for actions in changes.values() for action in actions} <= {"create", "update"}, changes
    assert [address for address in changes if "dynamodb" in address] == []


def every_row_is_the_same(stack: E2eStack) -> None:
    """make deploy: every row is the same, and every session can be read, found and continued, and remembers"""
    before, long = rows(stack), turns(stack, "long")
    stack.make("deploy")
    assert rows(stack) == before
    assert len(long) == 30
    for old, new in zip(long, turns(stack, "long"), strict=True):
        assert {name: new[name] for name in old} == old
    listed = {entry["session_id"] for entry in asked_once(stack, action="sessions")["sessions"]}
    assert listed == {"long", "old", checks.session(stack)}
    assert asked_once(stack, action="history", session_id="gone")["code"] == "no_such_session"
    assert asked_once(stack, action="search", words="kite number 17")["hits"]
    checks.a_second_process_is_remembered(stack)
    stack.remember(before=before)
    with talking(stack) as connection:
        done = asked(connection, action="query", session_id="long", message="What is kite number 3?", stream=True)[-1]
    assert (done["type"], len(turns(stack, "long"))) == ("done", 31)
    the_turns_are_untouched(stack)


def the_turns_are_untouched(stack: E2eStack) -> None:
    """Every row that was there before the upgrade is there, and all but heads are the same in every attribute but their expiry."""
    before, now = stack.running["before"], rows(stack)
    assert before.keys() <= now.keys()
    fixed = [key for key in before if key.startswith(SESSIONS) and "~head" not in key]
    assert len(fixed) > 30
    for key in fixed:
        assert {**now[key], "ttl": None} == {**before[key], "ttl": None}


def the_way_back(stack: E2eStack) -> None:
    """back to version 0.1: no table is touched, and it reads what the new one has stored"""
    long = [turn["turn"] for turn in turns(stack, "long")]
    check_out(stack, stack.folder / "first")
    stack.make("build")
    assert [address for address in planned(stack) if "dynamodb" in address] == []
    stack.make("deploy")
    assert [turn["turn"] for turn in turns(stack, "long")] == long
    the_turns_are_untouched(stack)
    with talking(stack) as connection:
        assert asked(connection, action="query", session_id="long", message="And number 4?", stream=True)[-1]["type"] == "done"
    check_out(stack, ROOT)
    stack.make("deploy")
    assert len(turns(stack, "long")) == 32
    checks.a_second_plan_is_empty(stack)


ALL: tuple[checks.Check, ...] = (the_plan_replaces_nothing, every_row_is_the_same, the_way_back)
