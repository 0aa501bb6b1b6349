"""The package of the functions: the same bytes from the same sources, and nothing in it that the function could not run."""

from __future__ import annotations

import base64
import hashlib
import os
import subprocess
import sys
import zipfile
from importlib.util import module_from_spec
from pathlib import Path

import pytest

from bridge_deploy.loader import CODES, TEXTS, Bundle, unpacked
from bridge_deploy.package import (
    MAX_ZIP_BYTES,
    RUNTIME,
    Refused,
    build,
    bundled,
    bytecode_of,
    files_of,
    foreign_imports,
    hash_of,
    read_sources,
    runtime_python,
    zipped,
)

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ROOT / "lambda"


def built(output: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [str(ROOT / "build.sh"), "--output", str(output)]
    variables = {"PATH": os.environ["PATH"], "PYTHON": sys.executable, **environment}
    return subprocess.run(command, env=variables, capture_output=True, text=True, timeout=60, check=False)


def package_of(folder: Path, **modules: str) -> Path:
    (folder / "bridge").mkdir()
    for name, text in modules.items():
        (folder / "bridge" / f"{name}.py").write_text(text)
    return folder


@pytest.mark.slow
def test_two_builds_in_different_time_zones_are_equal(tmp_path: Path) -> None:
    first, second = tmp_path / "first.zip", tmp_path / "second.zip"
    for path, zone in ((first, "Pacific/Kiritimati"), (second, "America/Los_Angeles")):
        answer = built(path, TZ=zone)
        assert answer.returncode == 0, answer.stderr
    assert first.read_bytes() == second.read_bytes()


def test_neither_file_dates_nor_modes_nor_caches_show(tmp_path: Path) -> None:
    folder = package_of(tmp_path, one="import json\n", two="")
    before = zipped(read_sources(folder))
    os.utime(folder / "bridge" / "one.py", (1, 1))
    (folder / "bridge" / "two.py").chmod(0o700)
    (folder / "bridge" / "__pycache__").mkdir()
    (folder / "bridge" / "__pycache__" / "one.cpython-311.pyc").write_bytes(b"stale")
    (folder / "bridge" / ".DS_Store").write_bytes(b"")
    assert zipped(read_sources(folder)) == before


def imported(package: Path, program: str) -> subprocess.CompletedProcess[str]:
    """Runs `program` in a fresh interpreter with the package and the standard library alone."""
    command = [sys.executable, "-I", "-S", "-c", f"import sys; sys.path.insert(0, {str(package)!r}); {program}"]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


@pytest.fixture(scope="module")
def bridge(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package of the bridge itself."""
    path = tmp_path_factory.mktemp("package") / "bridge.zip"
    build(SOURCES, path, None)
    return path


def test_it_holds_the_bridge_alone_sorted_dated_and_readable(bridge: Path) -> None:
    with zipfile.ZipFile(bridge) as package:
        entries = package.infolist()
    assert [entry.filename for entry in entries] == sorted(entry.filename for entry in entries)
    assert {entry.filename.split("/")[0] for entry in entries} == {"bridge"}
    assert {entry.date_time for entry in entries} == {(1980, 1, 1, 0, 0, 0)}
    assert {entry.external_attr >> 16 for entry in entries} == {0o100644}


def test_it_is_small(bridge: Path) -> None:
    assert bridge.stat().st_size <= MAX_ZIP_BYTES


@pytest.mark.slow
def test_every_module_imports_from_the_zip_in_a_fresh_interpreter_without_site_packages(bridge: Path) -> None:
    modules = [name.removesuffix(".py").replace("/", ".").removesuffix(".__init__") for name in read_sources(SOURCES)]
    answer = imported(bridge, f"[__import__(name) for name in {modules!r}]")
    assert answer.returncode == 0, answer.stderr


@pytest.mark.parametrize(
    ("text", "module"),
    [
        ("import boto3\n", "boto3"),
        ("from botocore.session import Session\n", "botocore.session"),
        ("def later():\n    import json, anthropic.types\n", "anthropic.types"),
        ("import telnetlib\n", "telnetlib"),
    ],
    ids=["a package", "a part of one", "inside a function", "left the standard library"],
)
def test_it_refuses_what_the_function_does_not_have(tmp_path: Path, text: str, module: str) -> None:
    folder = package_of(tmp_path, app=text)
    with pytest.raises(Refused) as refused:
        build(folder, tmp_path / "bridge.zip", None)
    assert module in str(refused.value)
    assert "bridge/app.py:" in str(refused.value)
    assert not (tmp_path / "bridge.zip").exists()


def test_it_accepts_the_standard_library_and_the_package_itself() -> None:
    text = (
        b"from __future__ import annotations\nimport http.client, bridge.app\nfrom bridge import sse\nfrom . import app\nfrom .. import x\n"
    )
    assert foreign_imports({"bridge/app.py": text}) == []


def test_it_refuses_what_is_no_python(tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"bridge/app.py:1: "):
        build(package_of(tmp_path, app="def\n"), tmp_path / "bridge.zip", None)


def test_it_refuses_to_build_nothing(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="nothing to build"):
        build(tmp_path, tmp_path / "bridge.zip", None)


def test_it_refuses_to_grow_beyond_its_limit(tmp_path: Path) -> None:
    noise = "".join(hashlib.sha256(str(number).encode()).hexdigest() for number in range(6000))
    with pytest.raises(Refused, match=r"more than the [0-9,]+ that it may"):
        build(package_of(tmp_path, noise=f"NOISE = '{noise}'\n"), tmp_path / "bridge.zip", None)


def test_a_refusal_is_a_sentence_and_exit_code_2(tmp_path: Path) -> None:
    folder = package_of(tmp_path, app="import boto3\n")
    command = [str(ROOT / "build.sh"), "--sources", str(folder), "--output", str(tmp_path / "bridge.zip")]
    answer = subprocess.run(command, env={**os.environ, "PYTHON": sys.executable}, capture_output=True, text=True, timeout=60, check=False)
    assert answer.returncode == 2
    assert answer.stderr == (
        "Not built. Only Python's standard library exists in the function, but the package imports:\n  bridge/app.py:1: boto3\n"
    )


def test_the_error_for_an_old_python_says_which_one_is_needed(tmp_path: Path) -> None:
    old = tmp_path / "old-python"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    answer = built(tmp_path / "bridge.zip", PYTHON=str(old))
    assert answer.returncode == 2
    assert answer.stderr.startswith("Python 3.11 or newer is needed")


def test_the_hash_is_of_the_sources_and_lies_next_to_the_zip(tmp_path: Path) -> None:
    folder = package_of(tmp_path, one="import json\n")
    build(folder, tmp_path / "bridge.zip", None)
    lines = f"bridge/one.py {hashlib.sha256(b'import json' + bytes([10])).hexdigest()}\n"
    expected = base64.b64encode(hashlib.sha256(lines.encode()).digest()).decode()
    assert (tmp_path / "bridge.zip.sources").read_text() == f"{expected}\n"


def test_every_line_and_name_is_in_the_hash() -> None:
    of = [{"bridge/a.py": b"1"}, {"bridge/a.py": b"2"}, {"bridge/b.py": b"1"}, {"bridge/a.py": b"1", "bridge/b.py": b""}]
    assert len({hash_of(sources) for sources in of}) == len(of)


def test_bytecode_does_not_change_the_hash(tmp_path: Path) -> None:
    folder = package_of(tmp_path, app="import json\n")
    hashes = []
    for python in (None, runtime_python(os.environ)):
        build(folder, tmp_path / "bridge.zip", python)
        hashes.append((tmp_path / "bridge.zip.sources").read_text())
    assert hashes[0] == hashes[1]


def test_a_python_that_is_there_and_does_not_run_is_none(tmp_path: Path) -> None:
    stand_in = tmp_path / f"python{RUNTIME}"
    stand_in.write_text("#!/bin/sh\necho 'not installed' >&2\nexit 127\n")
    stand_in.chmod(0o755)
    expected = sys.executable if sys.version_info[:2] == tuple(map(int, RUNTIME.split("."))) else None
    assert runtime_python({"PATH": str(tmp_path)}) == expected


def test_a_trace_shows_the_lines_of_the_sources(tmp_path: Path) -> None:
    folder = package_of(tmp_path, one='"""Why."""\n\n\ndef fail() -> None:\n    """It fails."""\n    raise ValueError(1)\n')
    build(folder, tmp_path / "bridge.zip", None)
    shown = "import bridge.one, traceback\ntry: bridge.one.fail()\nexcept ValueError: traceback.print_exc()"
    answer = imported(tmp_path / "bridge.zip", shown)
    assert answer.stderr.endswith('bridge/one.py", line 6, in fail\n    raise ValueError(1)\nValueError: 1\n')


def test_what_the_package_itself_says_comes_after_the_loader(tmp_path: Path) -> None:
    folder = package_of(tmp_path, __init__="NAME = 'bridge'\n", one="")
    (folder / "bridge" / "part").mkdir()
    (folder / "bridge" / "part" / "__init__.py").write_text("PART = 1\n")
    build(folder, tmp_path / "bridge.zip", None)
    answer = imported(tmp_path / "bridge.zip", "import bridge.part, bridge.one; print(bridge.NAME, bridge.part.PART, bridge.part.__path__)")
    assert (answer.stdout, answer.stderr) == ("bridge 1 []\n", "")
    assert "No module named 'bridge.two'" in imported(tmp_path / "bridge.zip", "import bridge.two").stderr


def test_compiled_modules_are_used_and_the_same_each_time(tmp_path: Path) -> None:
    modules = {"bridge/one.py": b"NAMES = {'a', 'b', 'c'}\n", "bridge/__init__.py": b""}
    compiled = bytecode_of(modules, sys.executable)
    assert compiled == bytecode_of(modules, sys.executable)
    others = {**modules, "bridge/one.py": b"raise SyntaxError"}
    contents = {f"{tmp_path}/bridge/{TEXTS}": bundled(others), f"{tmp_path}/bridge/{CODES}": bundled(compiled)}
    bundle = Bundle(f"{tmp_path}/bridge", contents.__getitem__)
    spec = bundle.find_spec("bridge.one")
    assert spec is not None
    module = module_from_spec(spec)
    bundle.exec_module(module)
    assert {"a", "b", "c"} == module.NAMES
    assert (module.__file__, bundle.get_source("bridge.one")) == (f"{tmp_path}/bridge/one.py", "raise SyntaxError")
    assert (bundle.find_spec("bridge.two"), bundle.find_spec("json")) == (None, None)


def test_the_functions_own_python_finds_what_was_compiled_for_it(tmp_path: Path) -> None:
    major, minor = RUNTIME.split(".")
    sources = read_sources(package_of(tmp_path, one=""))
    (name,) = set(files_of(sources, sys.executable)) - {"bridge/__init__.py", "bridge/modules"}
    assert name == f"bridge/code.cpython-{major}{minor}"
    assert name.replace(f"{major}{minor}", "{}{}".format(*sys.version_info)) == f"bridge/{CODES}"


def test_what_is_bundled_is_unpacked_as_it_was() -> None:
    contents = {"a b.py": b"", "b": b"\n\n", "é": b"\0" * 70_000, "c": b"x"}
    assert unpacked(bundled(contents)) == contents
