"""Lambda's environments, as the deployed gateway has them."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from system.environments import Code, Environments, FunctionDied, FunctionFailed

FUNCTION = """
import os, sys, time
print("imported")
calls = 0

def handler(event, context):
    global calls
    calls += 1
    print("called")
    if event.get("fail"):
        raise Exception("Unauthorized")
    if event.get("exit"):
        os._exit(1)
    if event.get("wait"):
        open(event["wait"], "w").close()
        while not os.path.exists(event["wait"] + ".go"):
            time.sleep(0.01)
    left = context.get_remaining_time_in_millis()
    return {"pid": os.getpid(), "calls": calls, "names": sorted(os.environ), "left": left, "path": sys.path}
"""
VARIABLES = {
    "AWS_LAMBDA_FUNCTION_NAME": "f",
    "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
    "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/f",
}


def environments_of(folder: Path, text: str, seconds: float = 20.0) -> Environments:
    (folder / "app.py").write_text(text)
    return Environments(Code(sys.executable, folder, "app.handler", VARIABLES), seconds, folder / "log")


@pytest.fixture
def function(tmp_path: Path) -> Iterator[Environments]:
    made = environments_of(tmp_path, FUNCTION)
    yield made
    made.close()


def test_an_environment_is_reused_for_the_next_event(function: Environments, tmp_path: Path) -> None:
    first, second = function.invoke({}), function.invoke({})
    assert (first["pid"], first["calls"], second["calls"]) == (second["pid"], 1, 2)
    assert 19_000 < first["left"] <= 20_000
    assert (tmp_path / "log").read_text() == "imported\ncalled\ncalled\n"


def test_it_finds_its_own_variables_and_no_packages(function: Environments) -> None:
    result = function.invoke({})
    assert set(VARIABLES) <= set(result["names"]) <= {*VARIABLES, "LC_CTYPE"}
    assert not [path for path in result["path"] if "site-packages" in path]


def test_two_events_at_once_have_two_environments(function: Environments, tmp_path: Path) -> None:
    answers = []
    waiting = threading.Thread(target=lambda: answers.append(function.invoke({"wait": str(tmp_path / "busy")})))
    waiting.start()
    while not (tmp_path / "busy").exists():
        threading.Event().wait(0.01)
    answers.append(function.invoke({}))
    (tmp_path / "busy.go").write_text("")
    waiting.join(20)
    assert len({answer["pid"] for answer in answers}) == 2


def test_an_exception_is_reported_and_the_environment_reused(function: Environments) -> None:
    with pytest.raises(FunctionFailed, match=r"^Unauthorized$"):
        function.invoke({"fail": True})
    assert function.invoke({})["calls"] == 2


def test_an_environment_that_dies_is_replaced(function: Environments) -> None:
    before = function.invoke({})["pid"]
    with pytest.raises(FunctionDied):
        function.invoke({"exit": True})
    after = function.invoke({})
    assert (after["calls"], after["pid"] == before) == (1, False)


def test_an_event_is_ended_when_its_time_is_over(tmp_path: Path) -> None:
    function = environments_of(tmp_path, FUNCTION, seconds=0.3)
    with pytest.raises(FunctionDied, match=r"0\.3 s were over"):
        function.invoke({"wait": str(tmp_path / "for-ever")})
    function.close()


def test_a_package_that_cannot_be_imported_says_why(tmp_path: Path) -> None:
    function = environments_of(tmp_path, "import boto3\n")
    with pytest.raises(FunctionDied, match="No module named 'boto3'"):
        function.invoke({})


def test_a_retired_version_ends_when_it_has_done_what_it_is_at(function: Environments, tmp_path: Path) -> None:
    answers = []
    busy = threading.Thread(target=lambda: answers.append(function.invoke({"wait": str(tmp_path / "busy")})))
    busy.start()
    while not (tmp_path / "busy").exists():
        threading.Event().wait(0.01)
    function.retire()
    (tmp_path / "busy.go").write_text("")
    busy.join(20)
    assert answers[0]["calls"] == 1
    assert function.invoke({})["pid"] != answers[0]["pid"]
