"""What the project takes from elsewhere is pinned, and nothing secret is in it."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent

SECRETS = {
    "key for the Claude API": r"sk-ant-[A-Za-z0-9]+-[A-Za-z0-9_-]{20,}",
    "AWS access key": r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b",
    "AWS secret access key": r"(?i)aws_?secret_?access_?key\W{1,4}[A-Za-z0-9/+]{40}\b",
    "AWS account": r"arn:aws[a-z-]*:[a-z0-9-]+:[a-z0-9-]*:(\d{12}):",
    "GitHub token": r"\b(?:gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{60,})\b",
    "private key": r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----",
    "client token": r"\bccb_[A-Za-z0-9_-]{43}\b",
}
FOR_DOCUMENTATION = ("123456789012", "111122223333", "AKIDEXAMPLE", "AKIAIOSFODNN7EXAMPLE")
"""Accounts and keys that AWS uses in its own texts, and gives to nobody."""


def texts() -> list[tuple[Path, str]]:
    """The files that belong to the repository: those git knows or would take."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    names = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0")
    return [(Path(name), (ROOT / name).read_text(errors="replace")) for name in names if name and (ROOT / name).is_file()]


def secrets_in(text: str) -> list[str]:
    return [
        kind
        for kind, pattern in SECRETS.items()
        for result in re.finditer(pattern, text)
        if not any(known in result[0] for known in FOR_DOCUMENTATION)
    ]


@pytest.mark.slow
def test_no_secret_is_in_the_repository() -> None:
    read = texts()
    assert len(read) > 100
    assert [(str(name), result) for name, text in read if (result := secrets_in(text))] == []


@pytest.mark.parametrize(
    ("kind", "sample"),
    [
        ("key for the Claude API", "sk-ant-" + "api03-" + "x" * 40),
        ("AWS access key", "AKIA" + "Q" * 16),
        ("AWS secret access key", 'AWS_SECRET_ACCESS_KEY="' + "q" * 40 + '"'),
        ("AWS account", "arn:aws:iam::" + "4" * 12 + ":role/x"),
        ("GitHub token", "ghp_" + "a" * 36),
        ("private key", "-----BEGIN " + "RSA PRIVATE KEY-----"),
        ("client token", "ccb_" + "t" * 43),
    ],
)
def test_a_secret_would_be_seen(kind: str, sample: str) -> None:
    assert secrets_in(f"before {sample} after") == [kind]


@pytest.mark.parametrize(
    "lock", ["requirements.txt", "requirements-test.txt", "requirements-page.txt", "requirements-peers.txt", "requirements-llm.txt"]
)
def test_every_dependency_is_pinned_and_hashed(lock: str) -> None:
    entries = re.split(r"\n(?=\S)", (ROOT / lock).read_text())
    packages = [entry for entry in entries if not entry.startswith("#")]
    assert len(packages) > 5
    for package in packages:
        assert re.match(r"[a-z0-9._-]+(?:\[[a-z0-9,-]+\])?==[^ ]+ (?:; .+ )?\\\n", package), package.partition("\n")[0]
        assert "--hash=sha256:" in package, package.partition("\n")[0]


def pinned_in(text: str) -> dict[str, Requirement]:
    """What a lock file pins for this machine, by canonical name."""
    read = (Requirement(line.removesuffix("\\").strip()) for line in text.splitlines() if re.match(r"[a-z0-9]", line))
    return {canonicalize_name(pin.name): pin for pin in read if pin.marker is None or pin.marker.evaluate()}


def wanted_by(pin: Requirement) -> Iterator[Requirement]:
    """What the package requires on this machine, with the extras it is pinned with."""
    try:
        required = requires(pin.name) or []
    except PackageNotFoundError:
        return
    for wanted in map(Requirement, required):
        if wanted.marker is None or any(wanted.marker.evaluate({"extra": extra}) for extra in {"", *pin.extras}):
            yield wanted


def satisfies(pin: Requirement, wanted: Requirement) -> bool:
    [pinned] = pin.specifier
    return wanted.specifier.contains(pinned.version, prereleases=True) and wanted.extras <= pin.extras


def missing_from(pins: dict[str, Requirement]) -> list[str]:
    """What the pinned packages want, extras included, that is not pinned."""
    missing = []
    for pin in pins.values():
        for wanted in wanted_by(pin):
            there = pins.get(canonicalize_name(wanted.name))
            if there is None or not satisfies(there, wanted):
                missing.append(f"{pin.name} wants {wanted}")
    return missing


@pytest.mark.parametrize(
    "lock", ["requirements.txt", "requirements-test.txt", "requirements-page.txt", "requirements-peers.txt", "requirements-llm.txt"]
)
def test_the_lock_lists_all_that_its_packages_want(lock: str) -> None:
    """They are installed with --no-deps: what is not listed is not there."""
    assert missing_from(pinned_in((ROOT / lock).read_text())) == []


def test_a_missing_package_and_a_missing_extra_are_noticed() -> None:
    text = (ROOT / "requirements-test.txt").read_text()
    assert missing_from(pinned_in(text.replace("coverage[toml]", "coverage"))) == ["pytest-cov wants coverage[toml]>=7.10.6"]
    assert missing_from(pinned_in(re.sub(r"(?m)^iniconfig==.*$", "", text))) == ["pytest wants iniconfig>=2"]


def test_packages_are_installed_by_their_hashes_only() -> None:
    installs = [line for line in (ROOT / "Makefile").read_text().splitlines() if "pip install" in line]
    assert installs
    assert all("--require-hashes --no-deps" in line or re.search(r"[a-z-]+==[0-9.]+", line) for line in installs)


def test_the_workflow_uses_actions_by_commit() -> None:
    used = re.findall(r"uses: *(\S+)(.*)", (ROOT / ".github/workflows/ci.yml").read_text())
    assert used
    for action, comment in used:
        assert re.fullmatch(r"[\w.-]+/[\w.-]+@[0-9a-f]{40}", action), action
        assert re.fullmatch(r" # v\d+\.\d+\.\d+", comment), action
