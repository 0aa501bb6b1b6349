"""What is done once the answer is delivered."""
