"""Names and retries are botocore's."""

from __future__ import annotations

import json

import botocore.retries.standard
import pytest

from bridge.aws.errors import AwsError

TRANSIENT: list[str] = vars(botocore.retries.standard.TransientRetryableChecker())["_transient_error_codes"]
THROTTLED: list[str] = vars(botocore.retries.standard.ThrottledRetryableChecker())["_throttled_error_codes"]


@pytest.mark.parametrize(
    ("error_type", "body", "name"),
    [
        (
            "",
            b'{"__type": "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException", "message": "m"}',
            "ConditionalCheckFailedException",
        ),
        ("", b'{"__type": "ParameterNotFound"}', "ParameterNotFound"),
        ("", b'{"__type": "a#ThrottlingException:http://internal/x"}', "ThrottlingException"),
        ("GoneException:http://internal.amazon.com/coral/", b"", "GoneException"),
        ("ForbiddenException", b'{"code": "Other"}', "ForbiddenException"),
        ("", b'{"code": "LimitExceededException"}', "LimitExceededException"),
        ("", b'{"Code": "SlowDown"}', "SlowDown"),
        ("", b'{"code": 7}', "418"),
        ("", b"<html>Bad gateway</html>", "418"),
        ("", b"[1]", "418"),
        ("", b"\xff\x00", "418"),
        ("", b"[" * 100_000, "418"),
        ("", b"", "418"),
    ],
)
def test_the_name_of_an_error(error_type: str, body: bytes, name: str) -> None:
    assert AwsError.of(418, error_type, body).name == name


@pytest.mark.parametrize("name", [*TRANSIENT, *THROTTLED])
def test_what_botocore_tries_again_is_tried_again(name: str) -> None:
    error = AwsError.of(400, name, b"")
    assert error.retryable
    assert error.throttled is (name in THROTTLED)


@pytest.mark.parametrize(
    ("status", "retryable", "unknown"),
    [
        (400, False, False),
        (403, False, False),
        (429, True, False),
        (500, True, True),
        (501, False, True),
        (502, True, True),
        (503, True, True),
        (504, True, True),
    ],
)
def test_an_error_without_a_name_goes_by_its_status(status: int, retryable: bool, unknown: bool) -> None:
    error = AwsError.of(status, "", b"")
    assert (error.retryable, error.outcome_unknown) == (retryable, unknown)


@pytest.mark.parametrize(
    "name", ["ConditionalCheckFailedException", "ValidationException", "AccessDeniedException", "ResourceNotFoundException"]
)
def test_what_would_fail_again_is_not_tried_again(name: str) -> None:
    assert not AwsError.of(400, name, b"").retryable


def test_no_answer_is_tried_again_and_its_outcome_is_unknown() -> None:
    error = AwsError.lost(TimeoutError("timed out"))
    assert (error.name, error.retryable, error.outcome_unknown) == ("NoAnswer", True, True)


def test_a_refused_signature_does_not_show_the_session_token() -> None:
    message = "The request signature we calculated does not match.\n\nThe Canonical String should have been\nx-amz-security-token:SECRET"
    text = str(AwsError.of(403, "", json.dumps({"__type": "InvalidSignatureException", "message": message}).encode()))
    assert text == "InvalidSignatureException (status 403): The request signature we calculated does not match."
