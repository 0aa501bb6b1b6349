"""What every store promises of claims."""

from __future__ import annotations

import pytest

from bridge.store.claim_row import Claim
from bridge.store.port import Store
from contract.samples import DAY, NOW, a_claim, a_failure, an_id


class ClaimContract:
    def test_a_free_request_is_claimed(self, store: Store, name: str) -> None:
        assert store.look(name) is None
        assert store.claim(a_claim(name), NOW) is None
        assert store.look(name) == a_claim(name)

    def test_every_field_of_a_claim_comes_back(self, store: Store, name: str) -> None:
        claim = Claim(
            hash=name,
            session="ada/chat-1",
            turn=an_id(1),
            message="d41d8cd98f00b204e9800998ecf8427e",
            invocation="Zq3=/+",
            lease_until=1750226614.1234567,
            ttl=NOW + DAY,
            state="failed",
            connection_id="TXzPWdnOjoECGjA=",
            code="claude_misconfigured",
            retry_after=0.1,
            setting="CLAUDE_MODEL",
            cancel=True,
        )
        store.claim(claim, NOW)
        assert store.look(name) == claim
        assert store.look(name, consistent=False) == claim

    @pytest.mark.parametrize("lease_until", [0.1 + 0.2, 1750226614.9999998, 1e9 / 3, 5e-324, 0.0, 2.0**40])
    def test_a_lease_comes_back_to_the_last_bit(self, store: Store, name: str, lease_until: float) -> None:
        store.claim(a_claim(name, lease_until=lease_until), NOW)
        result = store.look(name)
        assert result is not None
        assert result.lease_until == lease_until
        assert store.take_over(a_claim(name, "second"), result) is None

    def test_a_claimed_request_stays_with_the_first(self, store: Store, name: str) -> None:
        store.claim(a_claim(name, "first"), NOW)
        assert store.claim(a_claim(name, "second"), NOW) == a_claim(name, "first")
        assert store.look(name) == a_claim(name, "first")

    def test_a_lease_that_is_over_frees_nothing(self, store: Store, name: str) -> None:
        stale = a_claim(name, lease_until=NOW - 100.0)
        store.claim(stale, NOW)
        assert store.claim(a_claim(name, "second"), NOW) == stale

    def test_a_claim_put_again_after_a_lost_answer_is_ours(self, store: Store, name: str) -> None:
        store.claim(a_claim(name), NOW)
        assert store.claim(a_claim(name), NOW) is None

    def test_a_claim_put_again_keeps_what_others_wrote_meanwhile(self, store: Store, name: str) -> None:
        store.claim(a_claim(name), NOW)
        store.cancel(name)
        store.follow(name, "connection")
        assert store.claim(a_claim(name), NOW) is None
        assert store.look(name) == a_claim(name)._replace(cancel=True, connection_id="connection")

    @pytest.mark.parametrize(("ttl", "free"), [(NOW - 1, True), (NOW, True), (NOW + 1, False)])
    def test_an_expired_row_counts_as_absent_for_a_claim(self, store: Store, name: str, ttl: int, free: bool) -> None:
        store.claim(a_claim(name, "first", ttl=ttl), NOW)
        assert (store.claim(a_claim(name, "second", message="m2"), NOW) is None) is free

    def test_the_time_of_a_claim_may_have_a_fraction(self, store: Store, name: str) -> None:
        store.claim(a_claim(name, "first", ttl=NOW + 1), NOW)
        assert store.claim(a_claim(name, "second"), NOW + 0.999) == a_claim(name, "first", ttl=NOW + 1)
        assert store.claim(a_claim(name, "second"), NOW + 1.001) is None

    def test_an_expired_row_is_there_for_everything_else(self, store: Store, name: str) -> None:
        store.claim(a_claim(name, ttl=1), NOW)
        assert store.look(name) == a_claim(name, ttl=1)
        assert store.renew(name, "first", NOW + 30.0) == a_claim(name, ttl=1, lease_until=NOW + 30.0)
        assert store.cancel(name) is True
        assert store.fail(a_failure(name)) is True

    def test_a_failed_row_is_not_claimed_as_if_it_were_free(self, store: Store, name: str) -> None:
        _failed(store, name)
        assert store.claim(a_claim(name, "second"), NOW) == a_failure(name)
        assert store.look(name) == a_failure(name)

    def test_a_failed_row_is_taken_over(self, store: Store, name: str) -> None:
        _failed(store, name)
        assert store.take_over(a_claim(name, "second"), a_failure(name)) is None
        assert store.look(name) == a_claim(name, "second")

    def test_requests_do_not_touch_each_other(self, store: Store, name: str) -> None:
        store.claim(a_claim(name), NOW)
        assert store.claim(a_claim(f"{name}x", "second"), NOW) is None
        store.cancel(f"{name}x")
        assert store.look(name) == a_claim(name)

    # Taking over

    def test_a_row_that_was_seen_is_taken_over_whole(self, store: Store, name: str) -> None:
        store.claim(a_claim(name), NOW)
        store.cancel(name)
        seen = store.look(name)
        assert seen is not None
        taken = a_claim(name, "second", lease_until=NOW + 30.0)
        assert store.take_over(taken, seen) is None
        assert store.look(name) == taken

    def test_a_row_that_was_renewed_meanwhile_is_not_taken_over(self, store: Store, name: str) -> None:
        store.claim(a_claim(name), NOW)
        renewed = store.renew(name, "first", NOW + 30.0)
        assert store.take_over(a_claim(name, "second"), a_claim(name)) == renewed
        assert store.look(name) == renewed

    def test_a_row_that_another_took_over_is_not_taken_over(self, store: Store, name: str) -> None:
        store.claim(a_claim(name), NOW)
        store.take_over(a_claim(name, "second"), a_claim(name))
        assert store.take_over(a_claim(name, "third"), a_claim(name)) == a_claim(name, "second")

    def test_a_row_taken_over_again_after_a_lost_answer_is_ours(self, store: Store, name: str) -> None:
        store.claim(a_claim(name), NOW)
        taken = a_claim(name, "second", lease_until=NOW + 30.0)
        store.take_over(taken, a_claim(name))
        store.cancel(name)
        assert store.take_over(taken, a_claim(name)) is None
        assert store.look(name) == taken._replace(cancel=True)

    def test_a_row_that_is_gone_is_taken_over(self, store: Store, name: str) -> None:
        assert store.take_over(a_claim(name, "second"), a_claim(name)) is None
        assert store.look(name) == a_claim(name, "second")

    # While it runs

    def test_a_lease_is_renewed_by_its_holder(self, store: Store, name: str) -> None:
        store.claim(a_claim(name), NOW)
        renewed = a_claim(name, lease_until=NOW + 20.25)
        assert store.renew(name, "first", NOW + 20.25) == renewed
        assert store.renew(name, "first", NOW + 20.25) == renewed
        assert store.look(name) == renewed

    def test_a_renewal_tells_what_others_wrote(self, store: Store, name: str) -> None:
        store.claim(a_claim(name), NOW)
        store.follow(name, "connection")
        store.cancel(name)
        renewed = store.renew(name, "first", NOW + 20.0)
        assert renewed == a_claim(name)._replace(lease_until=NOW + 20.0, connection_id="connection", cancel=True)

    def test_a_lease_that_is_no_longer_ours_is_not_renewed(self, store: Store, name: str) -> None:
        assert store.renew(name, "first", NOW + 20.0) is None
        assert store.look(name) is None
        store.claim(a_claim(name, "second"), NOW)
        assert store.renew(name, "first", NOW + 20.0) is None
        assert store.look(name) == a_claim(name, "second")

    def test_a_failed_row_is_not_renewed(self, store: Store, name: str) -> None:
        _failed(store, name)
        assert store.renew(name, "first", NOW + 20.0) is None
        assert store.look(name) == a_failure(name)

    def test_the_newest_connection_is_followed(self, store: Store, name: str) -> None:
        store.claim(a_claim(name), NOW)
        store.follow(name, "one=")
        store.follow(name, "two=")
        assert store.look(name) == a_claim(name)._replace(connection_id="two=")

    def test_following_what_does_not_run_changes_nothing(self, store: Store, name: str) -> None:
        store.follow(name, "one=")
        assert store.look(name) is None
        _failed(store, name)
        store.follow(name, "one=")
        assert store.look(name) == a_failure(name)

    def test_a_running_request_is_cancelled(self, store: Store, name: str) -> None:
        store.claim(a_claim(name), NOW)
        assert store.cancel(name) is True
        assert store.cancel(name) is True
        assert store.look(name) == a_claim(name)._replace(cancel=True)

    def test_cancelling_what_does_not_run_changes_nothing(self, store: Store, name: str) -> None:
        assert store.cancel(name) is False
        assert store.look(name) is None
        _failed(store, name)
        assert store.cancel(name) is False
        assert store.look(name) == a_failure(name)

    # Failing

    def test_a_failure_replaces_the_row(self, store: Store, name: str) -> None:
        store.claim(a_claim(name), NOW)
        store.cancel(name)
        assert store.fail(a_failure(name)) is True
        assert store.look(name) == a_failure(name)

    def test_a_failure_put_again_after_a_lost_answer_is_ours(self, store: Store, name: str) -> None:
        _failed(store, name)
        assert store.fail(a_failure(name)) is True
        assert store.look(name) == a_failure(name)

    def test_what_is_no_longer_ours_does_not_fail(self, store: Store, name: str) -> None:
        assert store.fail(a_failure(name)) is False
        assert store.look(name) is None
        store.claim(a_claim(name, "second"), NOW)
        assert store.fail(a_failure(name, "first")) is False
        assert store.look(name) == a_claim(name, "second")


def _failed(store: Store, name: str) -> None:
    store.claim(a_claim(name), NOW)
    store.fail(a_failure(name))
