"""A server that speaks the Messages API, for use without a key and for tests."""
