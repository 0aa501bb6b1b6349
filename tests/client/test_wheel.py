"""The package: built from the sources, installed into an environment of its own, and used from anywhere."""

from __future__ import annotations

import re
import subprocess
import sys
import sysconfig
import tomllib
import zipfile
from collections.abc import Mapping
from email.message import Message
from email.parser import Parser
from pathlib import Path

import pytest

from bridge_client.version import VERSION
from system.programs import ROOT, environment


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built offline: with the back end that is installed here."""
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=60)
    (path,) = folder.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the program, in an environment with nothing else but its dependencies."""
    folder = tmp_path_factory.mktemp("environment")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True, timeout=60)
    install = [sys.executable, "-m", "uv", "pip", "install", "--quiet", "--offline", "--no-deps", "--python", str(folder), str(wheel)]
    subprocess.run(install, check=True, timeout=60)
    packages = sysconfig.get_path("purelib", vars={"base": str(folder), "platbase": str(folder)})
    Path(packages, "dependencies.pth").write_text(sysconfig.get_path("purelib"))
    return folder / "bin"


def ask(installed: Path, home: Path, *arguments: str, variables: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    variables = environment(home) | dict(variables or {})
    variables["PATH"] = f"{installed}:{variables['PATH']}"
    command = ["ask-claude", *arguments]
    return subprocess.run(command, env=variables, cwd="/", stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)


def metadata(wheel: Path) -> Message:
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith("dist-info/METADATA"))
        return Parser().parsestr(archive.read(name).decode())


@pytest.mark.slow
def test_a_question_is_answered_from_anywhere_and_remembered(installed: Path, tmp_path: Path) -> None:
    first = ask(installed, tmp_path, "My name is Ada.")
    assert first.returncode == 0, first.stderr
    assert first.stderr.endswith('To go on: ask-claude -c "..."\n')
    again = ask(installed, tmp_path, "-c", "What is my name?")
    assert "My name is Ada." in again.stdout


def test_the_installed_program_names_itself_as_it_was_called(installed: Path, tmp_path: Path) -> None:
    assert ask(installed, tmp_path, "--version").stdout == f"ask-claude {VERSION}\n"
    assert ask(installed, tmp_path, "--help").stdout.startswith("Usage: ask-claude ")
    assert ask(installed, tmp_path, "--no-such-option").stderr.startswith("ask-claude ask: No such option")


def test_without_the_extra_one_line_says_how_to_install_it(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "mcp").mkdir()
    (tmp_path / "mcp" / "__init__.py").write_text('raise ModuleNotFoundError("No module named \'mcp\'", name="mcp")\n')
    done = ask(installed, tmp_path, "mcp", variables={"PYTHONPATH": str(tmp_path)})
    source = metadata_urls()["Source"]
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"This needs the extra `mcp`. To install it: uv tool install --force 'ask-claude[mcp] @ git+{source}'\n"
    assert ask(installed, tmp_path, "--help", variables={"PYTHONPATH": str(tmp_path)}).returncode == 0


def metadata_urls() -> dict[str, str]:
    urls: dict[str, str] = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["urls"]
    return urls


def test_nothing_but_one_package_is_installed(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    assert {name.partition("/")[0] for name in names} == {"ask_claude", f"ask_claude-{VERSION}.dist-info"}
    assert not [name for name in names if "__pycache__" in name or name.endswith(".pyc")]


@pytest.mark.parametrize("folder", ["client/bridge_client", "local/bridge_local", "lambda/bridge"])
def test_every_module_of_the_three_programs_is_in_it(wheel: Path, folder: str) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    assert {f"ask_claude/{path.relative_to(ROOT)}" for path in (ROOT / folder).rglob("*.py")} <= names


def test_the_rules_for_secrets_and_their_licence_are_in_it(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    rules = "ask_claude/client/bridge_client/secret_rules"
    assert {f"{rules}/gitleaks.toml", f"{rules}/LICENSE.gitleaks"} <= set(names)


def test_the_package_says_what_it_is(wheel: Path) -> None:
    said = metadata(wheel)
    assert (said["Name"], said["Version"], said["Requires-Python"]) == ("ask-claude", VERSION, ">=3.11")
    assert said.get_all("Project-URL")
    assert "Operating System :: POSIX :: Linux" in said.get_all("Classifier", [])


def test_the_version_stands_in_one_place() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert "version" not in project
    assert project["dynamic"] == ["version"]


def test_no_text_tells_to_install_a_bare_name() -> None:
    """Nothing of ours is published under a name: whoever publishes something under it would be installed."""
    texts = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), *(ROOT / "client").rglob("*.py"), *(ROOT / "local").rglob("*.py")]
    bare = re.compile(r"(?:pipx?|uv tool|uv pip) install +(?:-\S+ +)*'?(?:ask-claude|claude-context-bridge)(?!.{0,20}@ )")
    assert [path.name for path in texts if bare.search(path.read_text())] == []
