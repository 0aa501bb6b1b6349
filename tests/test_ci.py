"""CI and the hosted workflow do the same, on every Python that the project names."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path

from coverage.results import should_fail_under

ROOT = Path(__file__).resolve().parents[1]
RUN, INSTALL = (ROOT / ".ci" / "run").read_text(), (ROOT / ".ci" / "install").read_text()
WORKFLOW = (ROOT / ".github" / "workflows" / "ci.yml").read_text()


def words(name: str, text: str) -> list[str]:
    match = re.search(rf'^{name}="?([^"\n#]+)', text, re.MULTILINE)
    assert match, name
    return match[1].split()


def test_the_workflow_runs_every_step() -> None:
    matrix = re.search(r"step: \[(.*)\]", WORKFLOW)
    assert matrix
    assert {*matrix[1].split(", "), *re.findall(r"run: \.ci/run (\w+)$", WORKFLOW, re.MULTILINE)} == set(words("STEPS", RUN))


def test_the_workflow_and_the_installation_know_the_same_pythons() -> None:
    matrix = re.search(r"python: \[(.*)\]", WORKFLOW)
    assert matrix
    assert re.findall(r"[\d.]+", matrix[1]) == [*words("OLDEST", INSTALL), *words("OTHERS", INSTALL)] == ["3.11", "3.12", "3.13", "3.14"]


def test_the_test_command_is_the_readmes() -> None:
    step = re.search(r"^step_test\(\) \{ without_provider (.+); \}$", RUN, re.MULTILINE)
    assert step
    assert f"`{step[1]}` runs the tests" in (ROOT / "README.md").read_text()


def test_an_unknown_step_is_refused_before_anything_is_run() -> None:
    done = subprocess.run(["sh", str(ROOT / ".ci" / "run"), "lint", "nothing"], capture_output=True, text=True, timeout=30, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("There is no step nothing.")


def test_coverage_just_below_the_gate_is_not_rounded_up_to_it() -> None:
    report = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["coverage"]["report"]
    gates = re.findall(r"--cov-fail-under=(\S+?)[\s\"]", RUN + (ROOT / "Makefile").read_text())
    assert gates == ["98", "98"]
    assert should_fail_under(97.99, 98.0, report.get("precision", 0))
