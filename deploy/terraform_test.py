"""Formats, validates and tests the root module and every module: python3 deploy/terraform_test.py [folder ...]

Offline, with a provider that answers by itself (`mock_provider`); the real one must be there all the same, for its schema. TF_PLUGIN_DIR
names a folder that has it. Terraform's own files go to a folder that is removed. Two modules are tested at a time.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent / "terraform"
AT_A_TIME = 2


def modules() -> list[Path]:
    return [ROOT, *sorted(path for path in (ROOT / "modules").iterdir() if path.is_dir())]


def check(module: Path) -> str | None:
    """What the first command that fails has printed, None where none does."""
    with tempfile.TemporaryDirectory() as data:
        environment = {"CHECKPOINT_DISABLE": "1", **os.environ, "TF_DATA_DIR": data, "TF_IN_AUTOMATION": "1"}
        if not Path(environment.get("TF_CLI_CONFIG_FILE", "/")).exists():
            del environment["TF_CLI_CONFIG_FILE"]
        plugins = [f"-plugin-dir={os.environ['TF_PLUGIN_DIR']}"] if os.environ.get("TF_PLUGIN_DIR") else []
        init = ["init", "-backend=false", "-input=false", *plugins]
        for arguments in (["fmt", "-check", "-diff"], init, ["validate"], ["test"]):
            command = ["terraform", f"-chdir={module}", *arguments, "-no-color"]
            answer = subprocess.run(command, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
            if answer.returncode:
                return answer.stdout
    return None


def tested(module: Path) -> bool:
    """Whether a module passes, which is printed."""
    began = time.monotonic()
    errors = check(module)
    said = f"{module.relative_to(ROOT.parent)}: {'passed' if errors is None else 'failed'} in {time.monotonic() - began:.1f} s\n"
    print((errors or "") + said, end="", flush=True)
    return errors is None


def main(names: list[str]) -> int:
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        return 0 if all(list(pool.map(tested, [Path(name).resolve() for name in names] or modules()))) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
