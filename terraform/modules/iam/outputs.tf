# A function that takes its role from here is made after the role's policy: it never runs without its rights.
output "bridge_role_arn" {
  description = "ARN of the bridge function's role."
  value       = aws_iam_role.bridge.arn
  depends_on  = [aws_iam_role_policy.bridge]
}

output "authorizer_role_arn" {
  description = "ARN of the authorizer function's role."
  value       = aws_iam_role.authorizer.arn
  depends_on  = [aws_iam_role_policy.authorizer]
}

output "api_key_parameter_name" {
  description = "Name of the parameter that holds the key for the Claude API; null where there is none."
  value       = one(aws_ssm_parameter.api_key[*].name)
}
