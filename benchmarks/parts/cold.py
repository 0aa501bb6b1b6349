"""Cold start: CPU of a fresh interpreter until the bridge is imported and until its first signed request is answered.

Beside it: an interpreter that does nothing, two boto3 clients, and those with the official SDK. With bytecode as it is after a first start;
without it, all packages are compiled at each start and only Python's own modules are not, as in a new environment of Lambda.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence

from cold_start import ANSWERED, AUTHORIZER, CLIENTS, CLIENTS_ANSWERED, IMPORT, NOTHING
from loopback import loopback
from parts.figures import Figure, measured, ratios
from parts.processes import PEERS, ROOT

SDK = "\nimport anthropic\nclaude = anthropic.Anthropic(api_key='none')\n"
OURS: Mapping[str, Sequence[str]] = {
    "empty": [NOTHING],
    "authorizer": [AUTHORIZER],
    "import answer": [IMPORT, ANSWERED.removeprefix(IMPORT)],
}
THEIRS: Mapping[str, Sequence[str]] = {
    "boto3.import boto3.answer": [CLIENTS, CLIENTS_ANSWERED.removeprefix(CLIENTS)],
    "boto3-sdk.import boto3-sdk.answer": [CLIENTS + SDK, CLIENTS_ANSWERED.removeprefix(CLIENTS)],
}
"""Programs in steps, each of which has a name: one process shows what it took to the end of each."""
_NOT_COMPILED = """
import importlib._bootstrap_external as loading, os, sys
def cache_of(path, *more, known=loading.cache_from_source, **named):
    if path.startswith(os.path.dirname(os.__file__)) and "site-packages" not in path: return known(path, *more, **named)
    raise NotImplementedError
loading.cache_from_source, sys.dont_write_bytecode = cache_of, True
"""
_CPU = "\nimport time; print(time.process_time())\n"


def cpu(python: str, prelude: str, steps: Sequence[str], environment: Mapping[str, str]) -> list[float]:
    """Milliseconds from the start of the process to the end of each step."""
    command = [python, "-I", "-c", prelude + "".join(step + _CPU for step in steps), str(ROOT / "lambda")]
    done = subprocess.run(command, env=dict(environment), capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr.strip()[-1000:])
    return [1000 * float(line) for line in done.stdout.split()]


def measure(compiled: int, source: int, note: Callable[[str], None]) -> Iterator[Figure]:
    """`compiled` and `source`: how many rounds with bytecode, and without it."""
    programs = {names: (sys.executable, steps) for names, steps in OURS.items()}
    if PEERS.exists():
        programs |= {names: (str(PEERS), steps) for names, steps in THEIRS.items()}
    else:
        note("cold start: boto3 and the official SDK were not measured: there is no build/peers (`make ledger` makes it)")
    with loopback() as url:
        environment = {
            "PATH": os.environ.get("PATH", ""),
            "AWS_ENDPOINT_URL": url,
            "AWS_REGION": "eu-central-1",
            "AWS_DEFAULT_REGION": "eu-central-1",
            "AWS_ACCESS_KEY_ID": "AKIAEXAMPLE",
            "AWS_SECRET_ACCESS_KEY": "example",
            "AWS_EC2_METADATA_DISABLED": "true",
        }
        for kind, prelude in {"compiled": "", "source": _NOT_COMPILED}.items():
            times: dict[str, list[float]] = defaultdict(list)
            for python, steps in programs.values() if not prelude else ():
                cpu(python, prelude, steps, environment)
            for _ in range(source if prelude else compiled):
                for names, (python, steps) in programs.items():
                    for name, each in zip(names.split(), cpu(python, prelude, steps, environment), strict=True):
                        times[name].append(each)
            yield from of_kind(kind, times)


def of_kind(kind: str, times: Mapping[str, list[float]]) -> Iterator[Figure]:
    for name, values in times.items():
        yield measured(f"cold.{kind}.{name}", values, "ms")
    yield ratios(f"cold.{kind}.of-empty", times["import"], times["empty"])
    for peer in ("boto3", "boto3-sdk"):
        if f"{peer}.import" in times:
            for moment in ("import", "answer"):
                yield ratios(f"cold.{kind}.{moment}.of-{peer}", times[moment], times[f"{peer}.{moment}"])
