"""API Gateway as the bridge and its clients see it, on loopback."""
