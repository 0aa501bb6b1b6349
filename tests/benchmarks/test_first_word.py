"""What lies before the first word on AWS: two calls of the store, and no more than 5 ms of the bridge's own."""

from __future__ import annotations

import pytest

from parts.aws import answering, first_word, function

OWN_SECONDS = 0.005


@pytest.mark.alone
def test_a_session_that_exists_costs_two_calls_of_the_store_and_little_time() -> None:
    with function() as lambda_function:
        lambda_function.filled("s", 5)
        app = lambda_function.composed()
        unread, *known = [lambda_function.ask(app, "s") for _ in range(12)]
    assert [unread.calls, *(word.calls for word in known)] == [["Query", "PutItem"]] * 12
    assert min(word.cpu for word in known) < OWN_SECONDS
    assert min(word.own for word in known) > 0


def test_the_time_in_which_others_answer_is_not_the_bridges_own() -> None:
    delta = {"type": "delta", "text": "1.020 1.100 and so on"}
    log = [
        {"operation": "Query", "arrived": 1.001, "left": 1.006},
        {"operation": "PutItem", "arrived": 1.010, "left": 1.018},
        {"operation": "post", "arrived": 1.019, "left": 1.024, "frame": {"type": "accepted"}},
        {"operation": "GetItem", "arrived": 1.101, "left": 1.106},
        {"operation": "post", "arrived": 1.107, "left": 1.112, "frame": delta},
        {"operation": "PutItem", "arrived": 1.120, "left": 1.125},
    ]
    word = first_word(1.0, 0.003, log)
    assert word.calls == ["Query", "PutItem", "GetItem"]
    assert (round(word.to_claude, 6), round(word.from_claude, 6)) == (0.007, 0.007)


def test_what_is_answered_at_the_same_time_counts_once() -> None:
    calls = [{"arrived": 1.0, "left": 3.0}, {"arrived": 2.0, "left": 2.5}, {"arrived": 2.0, "left": 5.0}]
    assert answering(calls, 0.0, 4.0) == 3.0
    assert answering(calls, 2.2, 2.3) == pytest.approx(0.1)
