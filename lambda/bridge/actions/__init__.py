"""What a client may ask besides a question: one module an action."""
