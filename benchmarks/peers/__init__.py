"""What the bridge is measured against, and the Claude that all are given; these programs run in environments of their own."""
