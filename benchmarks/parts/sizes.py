"""The size of the package that is deployed, beside one of the official SDK with what it needs (boto3 is in Lambda already)."""

from __future__ import annotations

import io
import re
import subprocess
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from importlib.metadata import Distribution, distributions
from pathlib import Path

from parts.figures import Figure, counted
from parts.processes import PEERS, ROOT

KB = 1000


def bridge_bytes() -> int:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "bridge.zip"
        command = [str(ROOT / "build.sh"), "--output", str(file)]
        subprocess.run(command, cwd=ROOT, capture_output=True, check=True, env={"PATH": "/usr/bin:/bin", "HOME": folder})
        with zipfile.ZipFile(file) as package:
            return sum(one.compress_size for one in package.infolist() if not one.filename.endswith(".pyc"))


def sdk_bytes(site: Path) -> int:
    """Of the SDK and all that it requires without extras, compressed in the same way."""
    there = {slug(one.metadata["Name"]): one for one in distributions(path=[str(site)])}
    wanted, packages = ["anthropic"], dict[str, Distribution]()
    while wanted:
        name = wanted.pop()
        if name in there and name not in packages:
            packages[name] = there[name]
            lines = [line for line in there[name].requires or () if "extra ==" not in line]
            wanted += [slug(re.split(r"[^\w.-]", line, maxsplit=1)[0]) for line in lines]
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as package:
        for one in packages.values():
            for file in one.files or ():
                path = Path(str(file.locate()))
                if path.is_file() and path.suffix != ".pyc" and ".." not in file.parts:
                    package.write(path, str(file))
    return len(data.getvalue())


def slug(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def measure(note: Callable[[str], None]) -> Iterator[Figure]:
    ours = bridge_bytes() / KB
    yield counted("package.bridge", ours, "KB")
    sites = list((PEERS.parents[1] / "lib").glob("python*/site-packages"))
    if not sites:
        note("package: the official SDK was not measured: there is no build/peers (`make ledger` makes it)")
        return
    theirs = sdk_bytes(sites[0]) / KB
    yield counted("package.sdk", theirs, "KB")
    yield counted("package.of-sdk", ours / theirs, "ratio")
