mock_provider "aws" {
  mock_resource "aws_dynamodb_table" {
    defaults = { arn = "arn:aws:dynamodb:eu-central-1:123456789012:table/mock" }
  }
}

variables {
  name = "example"
}

run "tables_have_their_keys_and_expire" {
  command = apply

  assert {
    condition     = aws_dynamodb_table.sessions.name == "example-sessions" && aws_dynamodb_table.sessions.hash_key == "session_id" && aws_dynamodb_table.sessions.range_key == "turn"
    error_message = "The sessions table is keyed by session_id and turn."
  }

  assert {
    condition     = aws_dynamodb_table.hashes.name == "example-hashes" && aws_dynamodb_table.hashes.hash_key == "hash" && aws_dynamodb_table.hashes.range_key == null
    error_message = "The hashes table is keyed by hash."
  }

  assert {
    condition     = alltrue([for table in [aws_dynamodb_table.sessions, aws_dynamodb_table.hashes] : table.ttl[0].enabled && table.ttl[0].attribute_name == "ttl"])
    error_message = "Both tables delete what has expired."
  }

  assert {
    condition     = alltrue([for table in [aws_dynamodb_table.sessions, aws_dynamodb_table.hashes] : table.billing_mode == "PAY_PER_REQUEST"])
    error_message = "Idle tables cost nothing."
  }

  assert {
    condition     = one(aws_dynamodb_table.sessions.global_secondary_index).hash_key == "owner" && one(aws_dynamodb_table.sessions.global_secondary_index).range_key == "last_updated"
    error_message = "An owner's sessions are listed by when they were last updated."
  }

  assert {
    condition     = output.owner_index_arn == "arn:aws:dynamodb:eu-central-1:123456789012:table/mock/index/owner-index"
    error_message = "The index has an ARN of its own, for the policy."
  }
}

run "deleted_conversations_are_not_kept_by_default" {
  command = plan

  assert {
    condition     = !aws_dynamodb_table.sessions.point_in_time_recovery[0].enabled && !aws_dynamodb_table.sessions.deletion_protection_enabled
    error_message = "Recovery and protection are off unless asked for."
  }
}

run "recovery_protection_and_key_can_be_had" {
  command = plan

  variables {
    point_in_time_recovery = true
    deletion_protection    = true
    kms_key_arn            = "arn:aws:kms:eu-central-1:123456789012:key/1234"
  }

  assert {
    condition     = aws_dynamodb_table.sessions.point_in_time_recovery[0].enabled && aws_dynamodb_table.sessions.deletion_protection_enabled && aws_dynamodb_table.hashes.deletion_protection_enabled
    error_message = "Recovery and protection are on when asked for."
  }

  assert {
    condition     = alltrue([for table in [aws_dynamodb_table.sessions, aws_dynamodb_table.hashes] : table.server_side_encryption[0].enabled && table.server_side_encryption[0].kms_key_arn == var.kms_key_arn])
    error_message = "Both tables are encrypted with the key."
  }
}

run "unusable_values_are_refused" {
  command = plan

  variables {
    name        = "Not a name"
    kms_key_arn = "alias/mine"
  }

  expect_failures = [var.name, var.kms_key_arn]
}
