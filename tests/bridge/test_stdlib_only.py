"""Nothing in lambda/ imports beyond the standard library."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

LAMBDA = Path(__file__).resolve().parents[2] / "lambda"
MODULES = sorted(".".join(path.relative_to(LAMBDA).with_suffix("").parts).removesuffix(".__init__") for path in LAMBDA.rglob("*.py"))
LOOK = """
import importlib, sys
sys.path.insert(0, sys.argv[1])
for name in sys.argv[2:]:
    importlib.import_module(name)
print(*sorted({name.partition(".")[0] for name in sys.modules} - sys.stdlib_module_names - {"__main__"}))
"""


def _fresh(*arguments: str) -> str:
    run = subprocess.run([sys.executable, "-I", "-S", "-c", *arguments], capture_output=True, text=True, check=False, timeout=60)
    assert run.returncode == 0, run.stderr
    return run.stdout


def test_every_module_imports_without_site_packages() -> None:
    assert _fresh(LOOK, str(LAMBDA), *MODULES).split() == ["bridge"]


@pytest.mark.parametrize("heavy", ["ssl", "http.client", "email", "logging", "typing", "dataclasses", "asyncio"])
def test_the_authorizer_starts_with_next_to_nothing(heavy: str) -> None:
    code = "import sys; sys.path.insert(0, sys.argv[1]); import bridge.authorizer; print(sys.argv[2] in sys.modules)"
    assert _fresh(code, str(LAMBDA), heavy).strip() == "False"
