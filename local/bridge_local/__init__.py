"""Claude Context Bridge in one process on one machine: the gateway, the store and, without an API key, a stand-in for Claude."""
