"""Builds the function's package: a zip of lambda/bridge that is the same, byte for byte, whenever its sources are the same.

The modules lie in it in one compressed file, without what the function has no use for (`slimming`); bridge/__init__.py begins with what
imports them from there (`loader`).
Entries are sorted, dated 1980-01-01 and readable by all, whatever the clock, the time zone and the umask are. Next to the zip, in
`<output>.sources`, goes a hash of the sources alone, which Terraform compares: where the function's own Python runs here, the zip also
holds bytecode, and is the same version all the same. Nothing is written when the package could not run in the function: exit 2.
"""

from __future__ import annotations

import argparse
import ast
import base64
import hashlib
import io
import os
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path

from bridge_deploy.slimming import slimmed, stripped

ROOT = Path(__file__).resolve().parent.parent.parent
LOADER = Path(__file__).with_name("loader.py")
PACKAGE = "bridge"
RUNTIME = "3.13"
"""The Python that terraform/modules/function asks Lambda for."""
MAX_ZIP_BYTES = 115_000
"""In bytes, of the zip without bytecode (which is more than that again): whoever grows the package beyond this should notice."""

_GONE = frozenset(
    """aifc asynchat asyncore audioop cgi cgitb chunk crypt distutils imghdr imp lib2to3 mailcap msilib nis nntplib ossaudiodev pipes
    smtpd sndhdr spwd sunau telnetlib uu xdrlib""".split()  # noqa: SIM905 -- a list would be a line for each
)
"""Left the standard library between 3.11, the oldest Python this runs on, and `RUNTIME` (https://peps.python.org/pep-0594/)."""

_DATE = (1980, 1, 1, 0, 0, 0)
_MODE = 0o100644

_INIT = f"{PACKAGE}/__init__.py"
_BEGINNING = b"""
import sys
sys.meta_path.insert(0, Bundle(__path__[0], __spec__.loader.get_data))
"""

_COMPILE = """
import marshal, sys
marshal.dump(compile(sys.stdin.buffer.read(), sys.argv[1], "exec", dont_inherit=True), sys.stdout.buffer)
"""


class Refused(Exception):
    """The package cannot be built. The text says why."""


def read_sources(folder: Path) -> dict[str, bytes]:
    """The package's files by their names in the zip, like `bridge/app.py`. Without caches and hidden files."""
    named = {}
    for path in sorted((folder / PACKAGE).rglob("*")):
        name = path.relative_to(folder)
        if path.is_file() and path.suffix != ".pyc" and not any(part.startswith(".") or part == "__pycache__" for part in name.parts):
            named[name.as_posix()] = path.read_bytes()
    if not named:
        raise Refused(f"There is nothing to build in {folder / PACKAGE}.")
    return named


def hash_of(sources: Mapping[str, bytes]) -> str:
    """SHA-256, in base 64, of a line `<name> <SHA-256>` for each file; terraform/main.tf computes the same of the files it finds."""
    lines = "".join(f"{name} {hashlib.sha256(sources[name]).hexdigest()}\n" for name in sorted(sources))
    return base64.b64encode(hashlib.sha256(lines.encode()).digest()).decode()


def foreign_imports(sources: Mapping[str, bytes]) -> list[str]:
    """A line for each import, anywhere in a module, of what is neither in the function's standard library nor in the package."""
    known = (sys.stdlib_module_names - _GONE) | {PACKAGE}
    named = []
    for name, content in sources.items():
        if name.endswith(".py"):
            for line, module in _imports(name, content):
                if module.partition(".")[0] not in known:
                    named.append(f"{name}:{line}: {module}")
    return named


def _imports(name: str, content: bytes) -> Iterator[tuple[int, str]]:
    try:
        tree = ast.parse(content, name)
    except SyntaxError as error:
        raise Refused(f"{name}:{error.lineno}: {error.msg}.") from error
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield node.lineno, node.module or ""


def runtime_python(environment: Mapping[str, str]) -> str | None:
    """A Python of the function's minor version that really runs here (a version manager's stand-in may be there and not run)."""
    for command in (sys.executable, f"python{RUNTIME}"):
        question = [command, "-I", "-c", "import sys; print('%d.%d' % sys.version_info[:2], sys.implementation.name)"]
        try:
            answer = subprocess.run(question, capture_output=True, text=True, timeout=30, env=dict(environment), check=False)
        except (OSError, subprocess.TimeoutExpired):
            continue
        if answer.stdout.split() == [RUNTIME, "cpython"]:
            return command
    return None


def bundled(contents: Mapping[str, bytes]) -> bytes:
    """Contents in one compressed file: a line `<name> <bytes>` for each, an empty line, and the contents in that order."""
    heads = "\n".join(f"{name} {len(content)}" for name, content in contents.items())
    return zlib.compress(f"{heads}\n\n".encode() + b"".join(contents.values()), 9)


def bytecode_of(modules: Mapping[str, bytes], python: str) -> dict[str, bytes]:
    """The modules compiled, each compressed."""
    compiled = {}
    for name, content in modules.items():
        # One process for each module, with one hash seed: what is interned, and in which order sets lie, is then always the same.
        command = [python, "-I", "-S", "-c", _COMPILE, f"/var/task/{name}"]
        environment = {**os.environ, "PYTHONHASHSEED": "0"}
        answer = subprocess.run(command, input=content, stdout=subprocess.PIPE, check=True, env=environment)
        compiled[name] = zlib.compress(answer.stdout, 9)
    return compiled


def files_of(sources: Mapping[str, bytes], python: str | None) -> dict[str, bytes]:
    """The files of the zip. `python` compiles the modules, too; it is one of the function's own version."""
    slim = stripped(sources)
    # By folder: what lies near each other is compressed together.
    ordered = sorted(slim, key=lambda name: name.rpartition("/"))
    modules = {name: slim[name] for name in ordered if name.endswith(".py") and name != _INIT}
    others = {name: content for name, content in slim.items() if not name.endswith(".py")}
    beginning = slimmed(LOADER.read_bytes()) + slim.get(_INIT, b"") + _BEGINNING
    codes = {f"{PACKAGE}/code.cpython-{RUNTIME.replace('.', '')}": bundled(bytecode_of(modules, python))} if python else {}
    return {**others, _INIT: beginning, f"{PACKAGE}/modules": bundled(modules), **codes}


def zipped(files: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as package:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, _DATE)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3  # Unix, wherever it is built: only then are the modes read.
            entry.external_attr = _MODE << 16
            package.writestr(entry, files[name], compresslevel=9)
    return buffer.getvalue()


def build(folder: Path, output: Path, python: str | None) -> int:
    """Writes the zip and the hash of its sources; returns the zip's size in bytes. Raises `Refused` before anything is written."""
    sources = read_sources(folder)
    if foreign := foreign_imports(sources):
        raise Refused("Only Python's standard library exists in the function, but the package imports:\n  " + "\n  ".join(foreign))
    package = zipped(files_of(sources, None))
    if len(package) > MAX_ZIP_BYTES:
        raise Refused(f"The zip would have {len(package):,} bytes, more than the {MAX_ZIP_BYTES:,} that it may have.")
    if python:
        package = zipped(files_of(sources, python))
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_bytes(package)
    output.with_name(output.name + ".sources").write_text(hash_of(sources) + "\n")
    return len(package)


def main() -> int:
    parser = argparse.ArgumentParser(description="Builds the function's package.")
    parser.add_argument("--sources", type=Path, default=ROOT / "lambda", help="the folder that holds the package")
    parser.add_argument("--output", type=Path, default=ROOT / "build" / "bridge.zip", help="the zip")
    arguments = parser.parse_args()
    python = runtime_python(os.environ)
    try:
        size = build(arguments.sources, arguments.output, python)
    except Refused as refused:
        print(f"Not built. {refused}", file=sys.stderr)
        return 2
    how = "with bytecode" if python else f"without bytecode, since no Python {RUNTIME} runs here: a cold start will compile"
    print(f"{arguments.output}: {size:,} bytes, {how}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
