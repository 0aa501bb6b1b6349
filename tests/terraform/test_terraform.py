"""Terraform's own checks of its own files, and a scanner's. They need terraform, the provider and checkov on the machine."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MODULES = sorted(path.parent for path in (ROOT / "terraform").rglob("versions.tf"))


@pytest.mark.skipif(
    not shutil.which("terraform") or "TF_PLUGIN_DIR" not in os.environ,
    reason="NOT TESTED: the Terraform modules. Needs terraform, and TF_PLUGIN_DIR to say where the provider is",
)
@pytest.mark.timeout(300)
@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.name)
def test_a_module_is_formatted_valid_and_passes_its_tests(module: Path, tmp_path: Path) -> None:
    answer = subprocess.run(
        [sys.executable, str(ROOT / "deploy" / "terraform_test.py"), str(module)], capture_output=True, text=True, timeout=280, check=False
    )
    assert answer.returncode == 0, answer.stdout + answer.stderr


@pytest.mark.skipif(not shutil.which("checkov"), reason="NOT TESTED: what checkov says of the Terraform modules. Needs checkov")
def test_a_scanner_finds_nothing_that_is_not_explained() -> None:
    command = ["checkov", "-d", str(ROOT / "terraform"), "--framework", "terraform", "--skip-download", "--compact", "--quiet"]
    answer = subprocess.run(command, capture_output=True, text=True, timeout=110, check=False)
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert "Parsing errors" not in answer.stdout


def test_every_skip_of_the_scanner_has_its_reason() -> None:
    skips = [line for path in (ROOT / "terraform").rglob("*.tf") for line in path.read_text().splitlines() if "checkov:skip" in line]
    assert skips
    assert all(len(line.split(":", 2)[2]) > 30 and line.rstrip().endswith(".") for line in skips)
