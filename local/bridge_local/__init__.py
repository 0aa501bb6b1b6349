"""Claude Context Bridge on one machine: what API Gateway, DynamoDB and Claude are in the cloud, in one process."""
