"""No table with conversations is deleted, replaced or forgotten without consent; what AWS would refuse is refused at once."""

from __future__ import annotations

import pytest

from terraform.checkout import Checkout, asked_at_a_terminal, change, shown, table

pytestmark = pytest.mark.slow  # Each test runs make.

STACK = "claude-context"
SESSIONS = f"{STACK}-sessions"
REPLACED = table(SESSIONS, "delete", "create")
DELETED = table(SESSIONS, "delete")


@pytest.mark.parametrize(
    ("command", "changed"),
    [
        ("deploy", REPLACED),
        ("deploy", DELETED),
        ("deploy", table("second-sessions", "create", "delete", before=SESSIONS)),
        ("destroy", DELETED),
    ],
    ids=["replaced", "deleted", "renamed", "destroyed"],
)
@pytest.mark.parametrize("environment", [{}, {"CI": "true"}, {"DELETE_CONVERSATIONS": "second"}, {"DELETE_CONVERSATIONS": "yes"}], ids=str)
def test_without_a_terminal_no_table_is_deleted(checkout: Checkout, command: str, changed: object, environment: dict[str, str]) -> None:
    checkout.answer(show=shown(changed))  # type: ignore[arg-type]
    answer = checkout.run(command, **environment)
    assert (answer.returncode, "apply" in checkout.ran()) == (2, False)
    assert answer.stderr.strip().endswith(f"make {command} DELETE_CONVERSATIONS={STACK}")
    assert (SESSIONS in answer.stderr, checkout.tokens) == (True, [])


@pytest.mark.parametrize(("command", "changed"), [("deploy", REPLACED), ("destroy", DELETED)], ids=["deploy", "destroy"])
def test_with_the_word_it_goes_on(checkout: Checkout, command: str, changed: object) -> None:
    checkout.answer(show=shown(changed))  # type: ignore[arg-type]
    answer = checkout.run(command, DELETE_CONVERSATIONS=STACK)
    assert (answer.returncode, "apply" in checkout.ran()) == (0, True), answer.stderr


def test_what_holds_no_conversations_is_replaced_without_a_word(checkout: Checkout) -> None:
    checkout.answer(show=shown(change("aws_cloudwatch_log_group", "logs", "delete", "create")))
    assert checkout.run("deploy", CI="true").returncode == 0


def test_at_a_terminal_a_deployment_that_would_delete_something_asks_and_says_what(checkout: Checkout) -> None:
    checkout.answer(show=shown(REPLACED))
    code, output = asked_at_a_terminal(checkout, "deploy", "no\n")
    assert code == 2
    assert f"aws_dynamodb_table.{SESSIONS}" in output
    assert f"With {SESSIONS} all conversations are gone for good." in output
    assert output.endswith("Nothing was changed.\n")
    assert ("apply" in checkout.ran(), checkout.tokens) == (False, [])


def test_at_a_terminal_a_yes_is_enough(checkout: Checkout) -> None:
    checkout.answer(show=shown(REPLACED))
    assert asked_at_a_terminal(checkout, "deploy", "yes\n")[0] == 0
    assert "apply" in checkout.ran()


def test_destroying_asks_first(checkout: Checkout) -> None:
    checkout.answer(show=shown(DELETED))
    code, output = asked_at_a_terminal(checkout, "destroy", "\n")
    assert code == 2
    assert "claude-context with all conversations" in output
    assert "apply" not in checkout.ran()


@pytest.mark.parametrize(("command", "changed"), [("deploy", ("delete", "create")), ("destroy", ("delete",))], ids=["deploy", "destroy"])
def test_protected_tables_are_seen_before_anything_is_deleted(checkout: Checkout, command: str, changed: tuple[str, ...]) -> None:
    checkout.answer(show=shown(table(SESSIONS, *changed, deletion_protection_enabled=True)))
    answer = checkout.run(command, DELETE_CONVERSATIONS=STACK)
    assert (answer.returncode, "apply" in checkout.ran()) == (2, False)
    steps = ["deletion_protection = false", "make deploy", f"make {command}"]
    places = [answer.stderr.rindex(step) for step in steps]
    assert places == sorted(places)


def test_a_table_that_is_there_already_is_seen_before_anything_is_created(checkout: Checkout) -> None:
    checkout.answer(show=shown(table(SESSIONS, "create"), table("claude-context-hashes", "create"), tables=(SESSIONS, "another")))
    answer = checkout.run("deploy", DELETE_CONVERSATIONS=STACK)
    assert (answer.returncode, "apply" in checkout.ran(), checkout.tokens) == (2, False, [])
    assert answer.stderr.lstrip().startswith(f"The table {SESSIONS} is in this account and region already,")
    assert f"terraform import module.storage.aws_dynamodb_table.{SESSIONS} {SESSIONS}\n" in answer.stderr.replace("-chdir=terraform ", "")
    assert "docs/upgrade.md" in answer.stderr
    assert 'name = "second"' in answer.stderr


def test_a_table_of_the_state_that_is_replaced_is_not_mistaken_for_another_bridges(checkout: Checkout) -> None:
    checkout.answer(show=shown(REPLACED, tables=(SESSIONS,)))
    assert checkout.run("deploy", DELETE_CONVERSATIONS=STACK).returncode == 0


@pytest.mark.parametrize(("environment", "code"), [({}, 2), ({"CI": "1"}, 2), ({"DELETE_CONVERSATIONS": STACK}, 0)], ids=str)
def test_tables_that_are_not_where_the_state_says_are_not_forgotten(checkout: Checkout, environment: dict[str, str], code: int) -> None:
    """The credentials or the region may be another stack's."""
    checkout.answer(show=shown(table(SESSIONS, "create"), gone=(DELETED,)))
    answer = checkout.run("deploy", **environment)
    assert (answer.returncode, "apply" in checkout.ran()) == (code, code == 0)
    assert ("AWS_REGION and AWS_PROFILE" in answer.stderr) == (code == 2)


def test_destroying_what_is_not_found_says_where_it_was(checkout: Checkout) -> None:
    checkout.answer(plan={"code": 0})
    answer = checkout.run("destroy")
    assert (answer.returncode, "another region or account" in answer.stderr) == (2, True)
    checkout.answer(plan={"code": 0}, output={"out": "{}"})
    assert checkout.run("destroy").stderr.strip().endswith("Nothing is deployed.")
