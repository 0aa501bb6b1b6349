output "sessions_table_name" {
  description = "Name of the table with heads and turns."
  value       = aws_dynamodb_table.sessions.name
}

output "sessions_table_arn" {
  description = "ARN of the table with heads and turns."
  value       = aws_dynamodb_table.sessions.arn
}

output "owner_index_arn" {
  description = "ARN of the index that lists an owner's sessions."
  value       = "${aws_dynamodb_table.sessions.arn}/index/${local.owner_index}"
}

output "hashes_table_name" {
  description = "Name of the table with claims."
  value       = aws_dynamodb_table.hashes.name
}

output "hashes_table_arn" {
  description = "ARN of the table with claims."
  value       = aws_dynamodb_table.hashes.arn
}
