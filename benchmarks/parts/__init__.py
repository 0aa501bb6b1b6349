"""The parts of the ledger: each measures one thing, the bridge and its peers in turn."""
