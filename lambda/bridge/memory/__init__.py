"""What of a conversation Claude is sent."""
