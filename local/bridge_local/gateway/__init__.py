"""A WebSocket gateway that behaves as API Gateway does, towards the bridge and towards its clients."""
