"""Persistent HTTP connections, over proxies where there are any, and signed requests."""
