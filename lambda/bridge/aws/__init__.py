"""The adapters to AWS, over the bridge's own signed calls."""
