"""CI and the hosted workflow do the same, on every Python that the project names."""

from __future__ import annotations

import os
import re
import subprocess
import tomllib
from pathlib import Path

import pytest
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


def run_steps(folder: Path, install: str, *steps: str) -> subprocess.CompletedProcess[str]:
    """Runs these steps where make does nothing and .ci/install is that script."""
    (folder / ".ci").mkdir()
    for name, text in (("run", RUN), ("install", f"#!/bin/sh\n{install}\n")):
        path = folder / ".ci" / name
        path.write_text(text)
        path.chmod(0o755)
    (folder / "Makefile").write_text("lint gate:\n\t@echo $@ began\n\t@touch $@\n")
    # A make that these tests may run in would have this one say which folders it enters.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    return subprocess.run([folder / ".ci" / "run", *steps], capture_output=True, text=True, timeout=60, check=False, env=environment)


UNTIL_LINT = "until [ -e lint ]; do sleep 0.02; done; echo installed"


@pytest.mark.slow
def test_a_step_goes_on_beside_others_and_its_output_and_time_are_shown(tmp_path: Path) -> None:
    done = run_steps(tmp_path, UNTIL_LINT, "install", "lint")
    assert done.returncode == 0, done.stderr
    said = [line for line in done.stdout.splitlines() if line and " took " not in line]
    assert said[:4] == ["== lint", "lint began", "== install", "installed"]
    assert sorted(line.split()[-1] for line in said[5:]) == ["install", "lint"]


@pytest.mark.slow
def test_a_step_that_fails_beside_others_fails_the_run_with_its_output(tmp_path: Path) -> None:
    done = run_steps(tmp_path, "echo it broke; exit 3", "lint", "install")
    assert done.returncode == 3
    assert "it broke" in done.stdout
    assert re.search(r"^ +install failed$", done.stdout, re.MULTILINE)
    assert re.search(r"^ +\d+ +lint$", done.stdout, re.MULTILINE)


@pytest.mark.slow
def test_what_measures_waits_for_what_goes_on_beside(tmp_path: Path) -> None:
    done = run_steps(tmp_path, f"{UNTIL_LINT}; sleep 0.1; [ ! -e gate ] || exit 1", "install", "lint", "bench")
    assert done.returncode == 0, done.stdout
    assert done.stdout.index("installed") < done.stdout.index("gate began")


@pytest.mark.slow
def test_a_step_by_itself_says_what_it_does_as_it_goes(tmp_path: Path) -> None:
    done = run_steps(tmp_path, "echo installed", "install")
    assert done.returncode == 0
    assert done.stdout.startswith("\n== install\ninstalled\n== install took")
