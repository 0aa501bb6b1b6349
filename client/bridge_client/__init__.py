"""The terminal client of the Claude Context Bridge. It knows the bridge by docs/protocol.md alone."""
