output "bridge_name" {
  description = "Name of the bridge function."
  value       = aws_lambda_function.this["bridge"].function_name
}

output "bridge_invoke_arn" {
  description = "ARN by which API Gateway invokes the bridge function."
  value       = aws_lambda_function.this["bridge"].invoke_arn
}

output "bridge_log_group_name" {
  description = "Name of the bridge function's log group."
  value       = aws_cloudwatch_log_group.this["bridge"].name
}

output "bridge_log_group_arn" {
  description = "ARN of the bridge function's log group."
  value       = aws_cloudwatch_log_group.this["bridge"].arn
}

output "authorizer_name" {
  description = "Name of the authorizer function."
  value       = aws_lambda_function.this["authorizer"].function_name
}

output "authorizer_invoke_arn" {
  description = "ARN by which API Gateway invokes the authorizer function."
  value       = aws_lambda_function.this["authorizer"].invoke_arn
}

output "authorizer_log_group_name" {
  description = "Name of the authorizer function's log group."
  value       = aws_cloudwatch_log_group.this["authorizer"].name
}

output "authorizer_log_group_arn" {
  description = "ARN of the authorizer function's log group."
  value       = aws_cloudwatch_log_group.this["authorizer"].arn
}

output "bridge_environment" {
  description = "Environment of the bridge function, as deployed."
  value       = aws_lambda_function.this["bridge"].environment[0].variables
}

output "authorizer_environment" {
  description = "Environment of the authorizer function, as deployed."
  value       = aws_lambda_function.this["authorizer"].environment[0].variables
}
