"""The whole bridge, deployed by `make deploy` to an emulated account. What is checked stands in e2e_checks.py."""

from __future__ import annotations

import os
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from system import e2e_checks as checks
from system import e2e_day as day
from system import e2e_no_key as no_key
from system import e2e_upgrade as upgrade
from system.e2e import step
from system.e2e_stack import E2eStack

MISSING = not shutil.which("terraform") or not shutil.which("make") or "TF_PLUGIN_DIR" not in os.environ

pytestmark = [
    pytest.mark.skipif(
        MISSING, reason="NOT TESTED: the bridge as it is deployed. Needs terraform, and TF_PLUGIN_DIR to say where the provider is"
    ),
    pytest.mark.timeout(600),
    pytest.mark.xdist_group("terraform"),
]


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[E2eStack]:
    stack = E2eStack(tmp_path)
    yield stack
    stack.end()


def test_what_make_deploy_deploys_works_and_is_gone_after_make_destroy(stack: E2eStack) -> None:
    stack.begin()
    for check in (checks.a_table_that_exists_is_seen_first, checks.deploy, checks.serve, *day.ALL, *checks.ALL, checks.destroy):
        step(stack, check)
    programs = stack.running["programs"]
    endpoint = stack.running["endpoint"]
    stack.end()
    assert len(programs) == 2
    with socket.socket() as nobody:
        assert nobody.connect_ex(("127.0.0.1", int(endpoint.rpartition(":")[2]))) != 0


def test_a_bridge_without_any_key_works_through_aws(tmp_path: Path) -> None:
    stack = E2eStack(tmp_path, "bedrock")
    try:
        stack.begin()
        for check in (checks.deploy, checks.serve, *no_key.ALL, checks.destroy):
            step(stack, check)
    finally:
        stack.end()


@pytest.mark.skipif(not upgrade.is_there(), reason="NOT TESTED: the upgrade from version 0.1. Its commit is not in this clone")
def test_an_upgrade_from_the_first_version_keeps_every_row(tmp_path: Path) -> None:
    stack = E2eStack(tmp_path)
    try:
        stack.begin()
        for check in (upgrade.deploy_the_first_version, *upgrade.ALL, checks.destroy):
            step(stack, check)
    finally:
        stack.end()
