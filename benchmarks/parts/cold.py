"""Cold start: CPU of a fresh interpreter until the bridge is imported and until its first signed request is answered.

Beside it: an interpreter that does nothing, two boto3 clients, and those with the official SDK. With bytecode as it is after a first start;
without it, all packages are compiled at each start and only Python's own modules are not, as in a new environment of Lambda.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping

from cold_start import ANSWERED, AUTHORIZER, CLIENTS, CLIENTS_ANSWERED, IMPORT, NOTHING
from loopback import loopback
from parts.figures import Figure, measured, ratios
from parts.processes import PEERS, ROOT

SDK = "\nimport anthropic\nclaude = anthropic.Anthropic(api_key='none')\n"
OURS = {"empty": NOTHING, "authorizer": AUTHORIZER, "import": IMPORT, "answer": ANSWERED}
THEIRS = {
    "boto3.import": CLIENTS,
    "boto3.answer": CLIENTS_ANSWERED,
    "boto3-sdk.import": CLIENTS + SDK,
    "boto3-sdk.answer": CLIENTS_ANSWERED + SDK,
}
_NOT_COMPILED = """
import importlib._bootstrap_external as loading, os, sys
def cache_of(path, *more, known=loading.cache_from_source, **named):
    if path.startswith(os.path.dirname(os.__file__)) and "site-packages" not in path: return known(path, *more, **named)
    raise NotImplementedError
loading.cache_from_source, sys.dont_write_bytecode = cache_of, True
"""
_CPU = "\nimport time; print(time.process_time())"


def cpu(python: str, program: str, environment: Mapping[str, str]) -> float:
    """Milliseconds from the start of the process."""
    command = [python, "-I", "-c", program + _CPU, str(ROOT / "lambda")]
    done = subprocess.run(command, env=dict(environment), capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr.strip()[-1000:])
    return 1000 * float(done.stdout)


def measure(compiled: int, source: int, note: Callable[[str], None]) -> Iterator[Figure]:
    """`compiled` and `source`: how many rounds with bytecode, and without it."""
    programs = {name: (sys.executable, program) for name, program in OURS.items()}
    if PEERS.exists():
        programs |= {name: (str(PEERS), program) for name, program in THEIRS.items()}
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
            for python, program in programs.values() if not prelude else ():
                cpu(python, prelude + program, environment)
            for _ in range(source if prelude else compiled):
                for name, (python, program) in programs.items():
                    times[name].append(cpu(python, prelude + program, environment))
            yield from of_kind(kind, times)


def of_kind(kind: str, times: Mapping[str, list[float]]) -> Iterator[Figure]:
    for name, values in times.items():
        yield measured(f"cold.{kind}.{name}", values, "ms")
    yield ratios(f"cold.{kind}.of-empty", times["import"], times["empty"])
    for peer in ("boto3", "boto3-sdk"):
        if f"{peer}.import" in times:
            for moment in ("import", "answer"):
                yield ratios(f"cold.{kind}.{moment}.of-{peer}", times[moment], times[f"{peer}.{moment}"])
