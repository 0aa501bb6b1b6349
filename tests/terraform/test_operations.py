"""What docs/operations.md says of the deployment is what Terraform and the Makefile have."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HANDBOOK = (ROOT / "docs" / "operations.md").read_text()
TERRAFORM = ROOT / "terraform"


def section(heading: str) -> str:
    match = re.search(rf"^## {heading}\n(.*?)(?=^## |\Z)", HANDBOOK, re.DOTALL | re.MULTILINE)
    assert match, heading
    return match[1]


def test_every_alarm_is_explained_and_no_other() -> None:
    text = (TERRAFORM / "modules" / "observability" / "main.tf").read_text()
    named = set(re.findall(r"^    ([a-z-]+) = (?:merge\(|\{$)", text, re.MULTILINE)) | {"store-throttled"}
    rows = [line.split("|")[1] for line in section("Alarms").splitlines() if line.startswith("| `")]
    assert {name for row in rows for name in re.findall(r"`([a-z-]+)`", row)} == named


def test_every_target_is_explained() -> None:
    targets = set(re.findall(r"^([a-z-]+):.*## ", (ROOT / "deploy.mk").read_text(), re.MULTILINE))
    assert targets <= set(re.findall(r"`make ([a-z-]+)", HANDBOOK))


def test_every_variable_and_output_it_names_exists() -> None:
    variables = set(
        re.findall(
            r'^(?:variable|output) "(\w+)"', (TERRAFORM / "variables.tf").read_text() + (TERRAFORM / "outputs.tf").read_text(), re.MULTILINE
        )
    )
    named = set(re.findall(r"`([a-z]+(?:_[a-z]+)+)(?: = [^`]*)?`", HANDBOOK))
    codes_and_terms = {
        "claude_misconfigured",
        "rate_limited",
        "claude_overloaded",
        "budget_exceeded",
        "store_damaged",
        "store_unavailable",
        "keep_hours",
    }
    assert named - codes_and_terms <= variables


def test_the_default_retention_is_the_one_it_tells() -> None:
    block = re.search(
        r'^variable "log_retention_days" \{.*?default\s+= (\d+)', (TERRAFORM / "variables.tf").read_text(), re.DOTALL | re.MULTILINE
    )
    assert block
    assert f"{block[1]} days" in section("What is deployed")
