locals {
  owner_index = "owner-index"
}

# One item for each turn, and one head (`~head`) for each session, which carries `owner` and so is what the index lists.
resource "aws_dynamodb_table" "sessions" {
  #checkov:skip=CKV_AWS_28:Backups would keep for weeks what a person deleted; point_in_time_recovery turns them on.
  #checkov:skip=CKV_AWS_119:Encrypted with a key that AWS owns unless kms_key_arn names one; a key of one's own costs 1 USD a month.
  name                        = "${var.name}-sessions"
  billing_mode                = "PAY_PER_REQUEST"
  hash_key                    = "session_id"
  range_key                   = "turn"
  deletion_protection_enabled = var.deletion_protection

  attribute {
    name = "session_id"
    type = "S"
  }

  attribute {
    name = "turn"
    type = "S"
  }

  attribute {
    name = "owner"
    type = "S"
  }

  attribute {
    name = "last_updated"
    type = "N"
  }

  global_secondary_index {
    name            = local.owner_index
    hash_key        = "owner"
    range_key       = "last_updated"
    projection_type = "ALL"
  }

  ttl {
    attribute_name = "ttl"
    enabled        = true
  }

  point_in_time_recovery {
    enabled = var.point_in_time_recovery
  }

  # `enabled = false` is the key that AWS owns: encrypted as well, at no cost.
  server_side_encryption {
    enabled     = var.kms_key_arn != null
    kms_key_arn = var.kms_key_arn
  }
}

# Claims: who answers a request. No text, at most 24 hours old, worthless in a backup.
resource "aws_dynamodb_table" "hashes" {
  #checkov:skip=CKV_AWS_28:Claims live for at most 24 hours and hold no text.
  #checkov:skip=CKV_AWS_119:Encrypted with a key that AWS owns unless kms_key_arn names one; a key of one's own costs 1 USD a month.
  name                        = "${var.name}-hashes"
  billing_mode                = "PAY_PER_REQUEST"
  hash_key                    = "hash"
  deletion_protection_enabled = var.deletion_protection

  attribute {
    name = "hash"
    type = "S"
  }

  ttl {
    attribute_name = "ttl"
    enabled        = true
  }

  server_side_encryption {
    enabled     = var.kms_key_arn != null
    kms_key_arn = var.kms_key_arn
  }
}
