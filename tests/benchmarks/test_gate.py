"""The gate fails for a slower bridge, and for nothing else."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import pytest

from gate import EXPECTED, MARGINS, ROOT, Cpu, conversation, import_faults, imports, impurities, margin_of, ratio_faults
from gated.counting import Programs

KNOWN = json.loads(EXPECTED.read_text("utf-8"))


@pytest.mark.parametrize("kind", MARGINS)
def test_recall_slower_by_a_fifth_fails(kind: str) -> None:
    for of_python in KNOWN["ratios"].values():
        expected = of_python[kind]
        assert ratio_faults(expected, expected, kind) == []
        slower = {**expected, "recall": 1.2 * expected["recall"]}
        assert [fault.partition(":")[0] for fault in ratio_faults(expected, slower, kind)] == ["recall"]


def test_nothing_that_is_expected_is_as_wide_as_a_fifth_of_recall() -> None:
    assert all(margin_of("recall", kind) < 1.2 for kind in MARGINS)


def test_another_import_fails_and_so_does_one_that_is_no_longer_there() -> None:
    name, modules = next(iter(KNOWN["imports"].items()))
    assert import_faults(KNOWN["imports"], KNOWN["imports"]) == []
    assert import_faults(KNOWN["imports"], {name: [*modules, "decimal"]}) == [f"until {name}: decimal should not be imported"]
    assert len(import_faults(KNOWN["imports"], {name: modules[1:]})) == 1


@pytest.mark.slow
def test_the_cold_path_imports_what_is_written_down() -> None:
    assert import_faults(KNOWN["imports"], imports(Programs(Path("/nowhere"), ROOT / "lambda"))) == []


@pytest.mark.slow
@pytest.mark.parametrize("place", ["at the top", "in a function"])
def test_an_import_that_is_added_is_found_wherever_it_stands(tmp_path: Path, place: str) -> None:
    bridge = tmp_path / "lambda"
    shutil.copytree(ROOT / "lambda", bridge)
    module = bridge / "bridge" / "aws" / "dynamo_sessions.py"
    text = module.read_text("utf-8")
    where = "from bridge.aws" if place == "at the top" else "    def load("
    before, middle, after = text.partition(where)
    assert middle
    if place == "in a function":
        head, end, body = after.partition(":\n")
        after = f"{head}{end}        import decimal\n{body}"
    else:
        before += "import decimal\n"
    module.write_text(before + middle + after, "utf-8")
    faults = import_faults(KNOWN["imports"], imports(Programs(tmp_path, bridge)))
    assert len(faults) == (2 if place == "at the top" else 1)
    assert all("decimal should not be imported" in fault for fault in faults)


@pytest.mark.slow
def test_recall_that_does_a_fifth_more_is_found_without_valgrind(tmp_path: Path) -> None:
    bridge, file = tmp_path / "lambda", conversation(tmp_path)
    shutil.copytree(ROOT / "lambda", bridge)
    now = Cpu(Programs(tmp_path, ROOT / "lambda"), file).of_bytecodes()
    module = bridge / "bridge" / "memory" / "recall.py"
    lines = (
        "_recall, _calls = recall, [0]",
        "def recall(*given, **named):",
        "    _calls[0] += 1",
        "    return [_recall(*given, **named) for _ in range(1 + (_calls[0] % 5 == 0))][0]",
    )
    module.write_text(module.read_text("utf-8") + "\n".join(lines) + "\n", "utf-8")
    slower = Cpu(Programs(tmp_path, bridge), file).of_bytecodes()
    assert [fault.partition(":")[0] for fault in ratio_faults(now, slower, "CPU")] == ["recall (bytecodes)"]


@pytest.mark.slow
def test_recall_that_sleeps_is_found(tmp_path: Path) -> None:
    bridge, file = tmp_path / "lambda", conversation(tmp_path)
    shutil.copytree(ROOT / "lambda", bridge)
    assert impurities(Programs(tmp_path, bridge), file) == []
    module = bridge / "bridge" / "memory" / "recall.py"
    lines = ("_recall = recall", "def recall(*given, **named):", "    import time", "    time.sleep(0.0003)")
    slow = "\n".join([*lines, "    return _recall(*given, **named)\n"])
    module.write_text(module.read_text("utf-8") + slow, "utf-8")
    faults = impurities(Programs(tmp_path, bridge), file)
    assert any("looked at a clock" in fault for fault in faults)
    if sys.platform == "linux":
        assert any("waited" in fault for fault in faults)
