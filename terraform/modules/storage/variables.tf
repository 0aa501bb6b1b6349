variable "name" {
  type        = string
  description = "First part of the tables' names."
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,30}[a-z0-9]$", var.name))
    error_message = "name must be 3 to 32 characters from a-z, 0-9 and -, begin with a letter and not end in -."
  }
}

variable "point_in_time_recovery" {
  type        = bool
  description = "Whether the sessions table can be restored to any second of the last 35 days; deleted conversations then stay restorable as long."
  nullable    = false
  default     = false
}

variable "deletion_protection" {
  type        = bool
  description = "Whether the tables refuse to be deleted."
  nullable    = false
  default     = false
}

variable "kms_key_arn" {
  type        = string
  description = "ARN of the KMS key that encrypts the tables; null: a key that AWS owns."
  default     = null

  validation {
    condition     = var.kms_key_arn == null ? true : can(regex("^arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/.+$", var.kms_key_arn))
    error_message = "kms_key_arn must be the ARN of a KMS key (arn:aws:kms:REGION:ACCOUNT:key/ID)."
  }
}
