"""What a person types: questions at a prompt, yes or no, and keys while nothing reads them."""
