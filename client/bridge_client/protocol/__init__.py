"""The bridge's wire, from the client's side."""
