"""The suite that every store passes.

A store joins it with a subclass, in a file of its own, that has a fixture `store`. All names in the tests are new each time, so one
store may serve several of them; it may be in use by others, too.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import uuid4

import pytest

from bridge.store.port import Store
from contract.budget_contract import BudgetContract
from contract.check_contract import CheckContract
from contract.claim_contract import ClaimContract
from contract.importing_contract import ImportingContract
from contract.keeping_contract import KeepingContract
from contract.listing_contract import ListingContract
from contract.machine import compare
from contract.race_contract import RaceContract
from contract.session_contract import SessionContract
from contract.settings_contract import SettingsContract
from contract.upkeep_contract import UpkeepContract


class StoreContract(
    SessionContract,
    SettingsContract,
    KeepingContract,
    ImportingContract,
    ListingContract,
    UpkeepContract,
    ClaimContract,
    CheckContract,
    BudgetContract,
    RaceContract,
):
    examples = 30
    """How many sequences of 40 calls are compared with the model."""

    @pytest.fixture
    def store(self) -> Store:
        raise NotImplementedError

    @pytest.fixture
    def stores(self, store: Store) -> Sequence[Store]:
        """Several stores on the same tables, as several processes have them, or just the one."""
        return [store]

    @pytest.fixture
    def name(self) -> str:
        return uuid4().hex

    def test_any_sequence_of_calls_does_what_the_model_does(self, store: Store) -> None:
        compare(store, self.examples)
