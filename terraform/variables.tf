# The stack

variable "name" {
  type        = string
  description = "First part of every name, so that two stacks can live in one account: tables NAME-sessions and NAME-hashes, and so on."
  nullable    = false
  default     = "claude-context"

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,30}[a-z0-9]$", var.name))
    error_message = "name must be 3 to 32 characters from a-z, 0-9 and -, begin with a letter and not end in -."
  }

  # The key's parameter is /NAME/anthropic-api-key.
  validation {
    condition     = !startswith(var.name, "aws") && !startswith(var.name, "ssm")
    error_message = "name must not begin with aws or ssm: AWS keeps such names of parameters for itself."
  }
}

variable "region" {
  type        = string
  description = "AWS region; null: what AWS_REGION or the AWS profile says."
  default     = null

  validation {
    condition     = var.region == null ? true : can(regex("^[a-z]{2,4}(-[a-z]+)+-[0-9]+$", var.region))
    error_message = "region must be an AWS region, like eu-central-1."
  }
}

variable "stage" {
  type        = string
  description = "Name of the API's stage, the last part of its URL."
  nullable    = false
  default     = "prod"

  validation {
    condition     = can(regex("^[A-Za-z0-9_-]{1,64}$", var.stage))
    error_message = "stage must be 1 to 64 characters from A-Z, a-z, 0-9, _ and -."
  }
}

variable "tags" {
  type        = map(string)
  description = "Tags for everything that can have tags, besides Application and Stack."
  nullable    = false
  default     = {}

  validation {
    condition     = alltrue([for name in keys(var.tags) : !startswith(lower(name), "aws:")])
    error_message = "tags must not have names that begin with aws: (AWS keeps those for itself)."
  }

  # https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html
  validation {
    condition = alltrue([for name, value in var.tags :
      can(regex("^[\\p{L}\\p{Z}\\p{N}_.:/=+@-]{1,128}$", name)) && can(regex("^[\\p{L}\\p{Z}\\p{N}_.:/=+@-]{0,256}$", value))
    ])
    error_message = "tags may hold letters, digits, spaces and _ . : / = + - @, up to 128 of them in a name and 256 in a value."
  }

  # IAM's tags are the same whatever their case.
  validation {
    condition = length(distinct([for name in concat(keys(var.tags), ["Application", "Stack"]) : lower(name)])) == length(
      distinct(concat(keys(var.tags), ["Application", "Stack"]))
    )
    error_message = "tags must not have two names that differ in case only, Application and Stack included: IAM takes them for the same."
  }

  validation {
    condition     = length(var.tags) <= 48
    error_message = "tags can be 48 at most: AWS allows 50 for each resource, and two are set already."
  }
}

variable "package" {
  type        = string
  description = "Path of the zip with the bridge, next to which lies the hash of its sources (PATH.sources); null: build/bridge.zip of this checkout."
  default     = null

  validation {
    condition     = fileexists(coalesce(var.package, "${path.root}/../build/bridge.zip"))
    error_message = format("There is no zip at %s. Make it with: make build", coalesce(var.package, "build/bridge.zip"))
  }
}

# Who may do what

variable "anthropic_api_key" {
  type        = string
  description = "The key for the Claude API. Give it as TF_VAR_anthropic_api_key; it is written to an SSM parameter and stored nowhere else. Not used where claude_provider is a provider on AWS."
  default     = null
  ephemeral   = true
  sensitive   = true

  validation {
    condition     = contains(["bedrock", "anthropic-aws"], coalesce(var.claude_provider, "anthropic")) || can(regex("^[^\\s\"'<>$`\\\\]+$", var.anthropic_api_key)) && can(regex("^[!-~]+$", var.anthropic_api_key))
    error_message = "anthropic_api_key must be a key without spaces, quotes or line ends. Set it with: export TF_VAR_anthropic_api_key=... Or ask Claude through AWS, without a key: claude_provider = \"bedrock\""
  }
}

variable "anthropic_api_key_version" {
  type        = number
  description = "Raise it to have a new key written: a changed key alone is not noticed, since it is stored nowhere."
  nullable    = false
  default     = 1

  validation {
    condition     = var.anthropic_api_key_version >= 1 && floor(var.anthropic_api_key_version) == var.anthropic_api_key_version
    error_message = "anthropic_api_key_version must be a whole number of at least 1."
  }
}

# A map and not an object, from which Terraform would silently drop what it does not know, like a misspelt expiry.
variable "client_tokens" {
  type        = list(map(string))
  description = "Who may connect: owner, sha256 (of a random token) and, optionally, expires (seconds since the epoch). Made by: make token OWNER=name"
  nullable    = false
  default     = []

  validation {
    condition     = alltrue([for token in var.client_tokens : length(setsubtract(keys(token), ["owner", "sha256", "expires"])) == 0])
    error_message = "Each of client_tokens can have owner, sha256 and expires, and nothing else. Is one of them misspelt?"
  }

  validation {
    condition = alltrue([for token in var.client_tokens :
      can(regex("^[A-Za-z0-9_-]{1,64}$", token.owner)) && try(token.owner, "") != "default"
    ])
    error_message = "Each owner in client_tokens must be 1 to 64 characters from A-Z, a-z, 0-9, _ and -, and not be default."
  }

  validation {
    condition     = alltrue([for token in var.client_tokens : can(regex("^[0-9a-f]{64}$", token.sha256))])
    error_message = "Each sha256 in client_tokens must be 64 hexadecimal digits in small letters, the hash of a token and never the token."
  }

  validation {
    condition     = length(setintersection([for token in var.client_tokens : try(token.sha256, "")], [sha256(""), sha256("\n")])) == 0
    error_message = "A sha256 in client_tokens is the hash of no text at all. Was the variable with the token empty?"
  }

  validation {
    condition     = length(distinct([for token in var.client_tokens : try(token.sha256, "")])) == length(var.client_tokens)
    error_message = "Each sha256 in client_tokens can be there once: a token has one owner and one expiry."
  }

  # Later than 2020 and before the year 5138: not days, not a duration, not milliseconds.
  validation {
    condition = alltrue([for token in var.client_tokens : lookup(token, "expires", null) == null ? true :
      try(tonumber(token.expires) >= 1577836800 && tonumber(token.expires) < 100000000000, false)
    ])
    error_message = "Each expires in client_tokens must be seconds since the epoch, like 1800000000 (not days, not milliseconds), or null: never."
  }

  # The JSON of the environment is what Lambda measures; it is ASCII.
  validation {
    condition = length(jsonencode({ CLIENT_TOKENS = jsonencode([for token in var.client_tokens : {
      owner = try(token.owner, ""), sha256 = try(token.sha256, ""), expires = try(tonumber(token.expires), null)
    }]) })) <= 4096
    error_message = "There are too many client_tokens for the 4 KB of a function's environment (about 30 fit). Revoke some: make revoke OWNER=name"
  }
}

# Where clients connect

variable "domain_name" {
  type        = string
  description = "A domain name of your own for the bridge, like chat.example.com; it needs certificate_arn, and a DNS record (output domain_target). null: API Gateway's name."
  default     = null

  validation {
    condition     = var.domain_name == null ? true : can(regex("^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?[.])+[a-z]{2,63}$", var.domain_name)) && length(coalesce(var.domain_name, "-")) <= 253
    error_message = "domain_name must be a name in small letters like chat.example.com: no wss://, no path, no wildcard."
  }

  validation {
    condition     = (var.domain_name == null) == (var.certificate_arn == null)
    error_message = "domain_name and certificate_arn go together: set both, or neither."
  }
}

variable "certificate_arn" {
  type        = string
  description = "ARN of the certificate for domain_name, in AWS Certificate Manager and in the stack's region."
  default     = null

  validation {
    condition     = var.certificate_arn == null ? true : can(regex("^arn:[a-z-]+:acm:[a-z0-9-]+:[0-9]{12}:certificate/[^*]+$", var.certificate_arn))
    error_message = "certificate_arn must be the ARN of a certificate (arn:aws:acm:REGION:ACCOUNT:certificate/ID)."
  }
}

# Settings of the bridge: null leaves the bridge's own default

variable "claude_provider" {
  type        = string
  description = "CLAUDE_PROVIDER: anthropic (with an API key), or through AWS and without any key bedrock or anthropic-aws; null: anthropic."
  default     = null

  validation {
    condition     = var.claude_provider == null ? true : contains(["anthropic", "bedrock", "anthropic-aws"], var.claude_provider)
    error_message = "claude_provider must be anthropic, bedrock or anthropic-aws, or null."
  }
}

variable "claude_workspace_id" {
  type        = string
  description = "CLAUDE_WORKSPACE_ID: the workspace to ask in, with claude_provider anthropic-aws; null: none."
  default     = null

  validation {
    condition     = var.claude_workspace_id == null ? true : can(regex("^[A-Za-z0-9_-]+$", var.claude_workspace_id))
    error_message = "claude_workspace_id must be an id like wrkspc_01AbCdEf, or null."
  }

  validation {
    condition     = (var.claude_workspace_id != null) == (var.claude_provider == null ? false : var.claude_provider == "anthropic-aws")
    error_message = "claude_workspace_id and claude_provider = \"anthropic-aws\" go together: set both, or neither."
  }
}

variable "anthropic_base_url" {
  type        = string
  description = "ANTHROPIC_BASE_URL: where the Messages API is; null: https://api.anthropic.com, or the endpoint of claude_provider in the stack's region."
  default     = null

  validation {
    condition     = var.anthropic_base_url == null ? true : can(regex("^https?://([A-Za-z0-9_-]{1,63}([.][A-Za-z0-9_-]{1,63})*[.]?|\\[[0-9A-Fa-f:.]+\\])(:([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}))?(/[A-Za-z0-9._~!$&()*+,;=:@%/-]*)?$", var.anthropic_base_url))
    error_message = "anthropic_base_url must be a URL like https://api.anthropic.com, without a user, a password, ? or #."
  }
}

variable "claude_model" {
  type        = string
  description = "CLAUDE_MODEL: the model that answers; null: the bridge's default."
  default     = null

  validation {
    condition     = var.claude_model == null ? true : can(regex("^\\S+$", var.claude_model))
    error_message = "claude_model must be the id of a model, or null."
  }
}

variable "claude_effort" {
  type        = string
  description = "CLAUDE_EFFORT: low, medium, high, xhigh or max; null: the model's own default."
  default     = null

  validation {
    condition     = var.claude_effort == null ? true : contains(["low", "medium", "high", "xhigh", "max"], var.claude_effort)
    error_message = "claude_effort must be low, medium, high, xhigh or max, or null."
  }
}

variable "max_tokens" {
  type        = number
  description = "MAX_TOKENS: the longest answer, thinking included; null: 32,000."
  default     = null

  validation {
    condition     = var.max_tokens == null ? true : var.max_tokens >= 1 && var.max_tokens < 1000000000 && floor(var.max_tokens) == var.max_tokens
    error_message = "max_tokens must be a whole number from 1 to 999,999,999, or null."
  }
}

variable "system_prompt" {
  type        = string
  description = "SYSTEM_PROMPT: sent to Claude before the conversation; null: nothing."
  default     = null

  validation {
    condition     = var.system_prompt == null ? true : length(base64encode(var.system_prompt)) <= 4 * floor(3000 / 3)
    error_message = "system_prompt must be at most 3,000 bytes: a function's environment holds 4 KB in all."
  }
}

variable "summary_model" {
  type        = string
  description = "SUMMARY_MODEL: the model that sums up what is no longer sent word for word; null: the bridge's default."
  default     = null

  validation {
    condition     = var.summary_model == null ? true : can(regex("^\\S+$", var.summary_model))
    error_message = "summary_model must be the id of a model, or null."
  }
}

variable "context_limit" {
  type        = number
  description = "CONTEXT_LIMIT: how many characters of the conversation Claude is sent; null: 8,000."
  default     = null

  validation {
    condition     = var.context_limit == null ? true : var.context_limit >= 0 && var.context_limit < 1000000000 && floor(var.context_limit) == var.context_limit
    error_message = "context_limit must be a whole number from 0 to 999,999,999, or null."
  }
}

variable "recall_read_kb" {
  type        = number
  description = "RECALL_READ_KB: how much of a long conversation is read when nothing of it is known yet; null: 2,048."
  default     = null

  validation {
    condition     = var.recall_read_kb == null ? true : var.recall_read_kb >= 0 && var.recall_read_kb < 1000000000 && floor(var.recall_read_kb) == var.recall_read_kb
    error_message = "recall_read_kb must be a whole number from 0 to 999,999,999, or null."
  }
}

variable "prompt_cache" {
  type        = string
  description = "PROMPT_CACHE: off, 5m or 1h, for how long the API keeps what is sent again; null: off."
  default     = null

  validation {
    condition     = var.prompt_cache == null ? true : contains(["off", "5m", "1h"], var.prompt_cache)
    error_message = "prompt_cache must be off, 5m or 1h, or null."
  }
}

variable "max_message_chars" {
  type        = number
  description = "MAX_MESSAGE_CHARS: the longest message that is accepted, in characters; null: 100,000."
  default     = null

  validation {
    condition     = var.max_message_chars == null ? true : var.max_message_chars >= 1 && var.max_message_chars < 1000000000 && floor(var.max_message_chars) == var.max_message_chars
    error_message = "max_message_chars must be a whole number from 1 to 999,999,999, or null."
  }
}

variable "session_ttl_hours" {
  type        = number
  description = "SESSION_TTL_HOURS: how long a session lives after its last turn, in hours; 0: forever; null: 24."
  default     = null

  validation {
    condition     = var.session_ttl_hours == null ? true : var.session_ttl_hours == 0 || (var.session_ttl_hours >= 1 / 3600 && var.session_ttl_hours <= 1000000)
    error_message = "session_ttl_hours must be 0 (forever), a number from 0.00028 (a second) to 1,000,000, or null."
  }
}

variable "lease_seconds" {
  type        = number
  description = "LEASE_SECONDS: after how many seconds without a sign of life another invocation takes a question over; null: 15."
  default     = null

  validation {
    condition     = var.lease_seconds == null ? true : var.lease_seconds >= 3 && var.lease_seconds <= 900
    error_message = "lease_seconds must be a number from 3 to 900, or null."
  }
}

variable "daily_token_budget" {
  type        = number
  description = "DAILY_TOKEN_BUDGET: how many tokens of Claude each owner may use in a day (UTC), summaries included; null: 0, no limit."
  default     = null

  validation {
    condition     = var.daily_token_budget == null ? true : var.daily_token_budget >= 0 && var.daily_token_budget < 1000000000 && floor(var.daily_token_budget) == var.daily_token_budget
    error_message = "daily_token_budget must be a whole number from 0 to 999,999,999, or null."
  }
}

variable "claude_models" {
  type        = string
  description = "CLAUDE_MODELS: which models clients may name besides claude_model, separated by commas; *: any; null: none."
  default     = null

  validation {
    condition     = var.claude_models == null ? true : can(regex("^([*]|[!-+--~]+(,[!-+--~]+)*)$", var.claude_models))
    error_message = "claude_models must be ids of models separated by commas, without spaces, or *, or null."
  }
}

variable "client_system" {
  type        = string
  description = "CLIENT_SYSTEM: whether a client's system prompt comes after system_prompt (append) or instead of it (replace); null: append."
  default     = null

  validation {
    condition     = var.client_system == null ? true : contains(["append", "replace"], var.client_system)
    error_message = "client_system must be append or replace, or null."
  }
}

variable "keep_hours_max" {
  type        = number
  description = "KEEP_HOURS_MAX: for how many hours a client may have a session kept after its last turn; 0: forever, too; null: 720."
  default     = null

  validation {
    condition     = var.keep_hours_max == null ? true : var.keep_hours_max == 0 || (var.keep_hours_max >= 1 / 3600 && var.keep_hours_max <= 1000000)
    error_message = "keep_hours_max must be 0 (no limit), a number from 0.00028 (a second) to 1,000,000, or null."
  }
}

variable "daily_import_mb" {
  type        = number
  description = "DAILY_IMPORT_MB: how many MB of conversations each owner may import in a day (UTC), 0: no limit; null: 50."
  default     = null

  validation {
    condition     = var.daily_import_mb == null ? true : var.daily_import_mb >= 0 && var.daily_import_mb < 1000000000 && floor(var.daily_import_mb) == var.daily_import_mb
    error_message = "daily_import_mb must be a whole number from 0 to 999,999,999, or null."
  }
}

variable "recall_scope" {
  type        = string
  description = "RECALL_SCOPE: whether a question recalls from its session, from all of its owner's, or is off, unless it says so; null: session."
  default     = null

  validation {
    condition     = var.recall_scope == null ? true : contains(["session", "all", "off"], var.recall_scope)
    error_message = "recall_scope must be session, all or off, or null."
  }
}

variable "daily_budget_usd" {
  type        = number
  description = "DAILY_BUDGET_USD: how many dollars' worth of Claude each owner may use in a day (UTC), summaries included; null: 0, no limit."
  default     = null

  validation {
    condition     = var.daily_budget_usd == null ? true : var.daily_budget_usd == 0 || (var.daily_budget_usd >= 0.01 && var.daily_budget_usd <= 1000000)
    error_message = "daily_budget_usd must be 0 (no limit), a number from 0.01 to 1,000,000, or null."
  }
}

variable "claude_prices" {
  type        = any
  description = "CLAUDE_PRICES: prices that come before the bridge's own, by model, in US dollars for a million tokens: { \"my-model\" = { input = 3, output = 15 } }; null: none."
  default     = null

  validation {
    condition = var.claude_prices == null ? true : can(alltrue([for price in values(var.claude_prices) : price.input + price.output >= 0 && length(setsubtract(
      keys(price), ["input", "output", "cache_read", "cache_write_5m", "cache_write_1h", "long_prompt"]
    )) == 0]) ? true : tobool("no"))
    error_message = "claude_prices must have input and output for each model; cache_read, cache_write_5m, cache_write_1h and long_prompt (the same, and above_tokens) are optional."
  }
}

# Size and limits

variable "memory_mb" {
  type        = number
  description = "Memory of the bridge function, in MB; its share of a CPU grows with it."
  nullable    = false
  default     = 512

  validation {
    condition     = var.memory_mb >= 128 && var.memory_mb <= 10240 && floor(var.memory_mb) == var.memory_mb
    error_message = "memory_mb must be a whole number between 128 and 10240."
  }
}

variable "timeout_seconds" {
  type        = number
  description = "How long one question may take, in seconds; the answer is cut 20 seconds before."
  nullable    = false
  default     = 600

  validation {
    condition     = var.timeout_seconds >= 60 && var.timeout_seconds <= 900 && floor(var.timeout_seconds) == var.timeout_seconds
    error_message = "timeout_seconds must be a whole number between 60 and 900 (Lambda's limit)."
  }
}

variable "reserved_concurrency" {
  type        = number
  description = "The most questions answered at once, reserved out of the account's concurrency; null: no limit but the account's."
  default     = null

  validation {
    condition     = var.reserved_concurrency == null ? true : var.reserved_concurrency >= 1 && floor(var.reserved_concurrency) == var.reserved_concurrency
    error_message = "reserved_concurrency must be a whole number of at least 1, or null."
  }
}

variable "throttling_rate" {
  type        = number
  description = "The most messages and new connections a second, of all clients together."
  nullable    = false
  default     = 100

  validation {
    condition     = var.throttling_rate >= 1 && var.throttling_rate <= 10000
    error_message = "throttling_rate must be between 1 and 10000 (the account's limit, unless it was raised)."
  }
}

variable "throttling_burst" {
  type        = number
  description = "How many of them may come at once beyond the rate: all clients come back together when their network does."
  nullable    = false
  default     = 2000

  validation {
    condition     = var.throttling_burst >= 1 && var.throttling_burst <= 5000 && floor(var.throttling_burst) == var.throttling_burst
    error_message = "throttling_burst must be a whole number between 1 and 5000 (the account's limit, unless it was raised)."
  }
}

# Data

variable "point_in_time_recovery" {
  type        = bool
  description = "Whether the sessions table can be restored to any second of the last 35 days. Off: it would keep for weeks what a person deleted."
  nullable    = false
  default     = false
}

variable "deletion_protection" {
  type        = bool
  description = "Whether the tables refuse to be deleted, by make destroy too."
  nullable    = false
  default     = false
}

variable "kms_key_arn" {
  type        = string
  description = "ARN of a KMS key of your own for tables, parameter, environments, logs and topic; null: AWS's own keys."
  default     = null

  validation {
    condition     = var.kms_key_arn == null ? true : can(regex("^arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/[^*]+$", var.kms_key_arn))
    error_message = "kms_key_arn must be the ARN of a KMS key (arn:aws:kms:REGION:ACCOUNT:key/ID)."
  }
}

# Logs, dashboard, alarms

variable "log_level" {
  type        = string
  description = "The least level that is logged: DEBUG, INFO, WARN or ERROR. Metrics are written whatever it is."
  nullable    = false
  default     = "INFO"

  validation {
    condition     = contains(["DEBUG", "INFO", "WARN", "ERROR"], var.log_level)
    error_message = "log_level must be DEBUG, INFO, WARN or ERROR."
  }
}

variable "log_retention_days" {
  type        = number
  description = "How long logs are kept, in days."
  nullable    = false
  default     = 14

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_retention_days)
    error_message = "log_retention_days must be a number of days that CloudWatch knows: 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096 and so on."
  }
}

variable "access_log" {
  type        = bool
  description = "Whether API Gateway logs connections and messages (not their text). The account needs a role for this: see account_logging_role."
  nullable    = false
  default     = false
}

variable "account_logging_role" {
  type        = bool
  description = "Whether to make the role that API Gateway writes access logs with, and set it for the whole account in this region."
  nullable    = false
  default     = false
}

variable "dashboard" {
  type        = bool
  description = "Whether there is a CloudWatch dashboard."
  nullable    = false
  default     = true
}

variable "alarms" {
  type        = bool
  description = "Whether there are CloudWatch alarms."
  nullable    = false
  default     = true
}

variable "upstream_errors_threshold" {
  type        = number
  description = "How many questions may fail at the Claude API within five minutes before there is an alarm."
  nullable    = false
  default     = 5

  validation {
    condition     = var.upstream_errors_threshold >= 1
    error_message = "upstream_errors_threshold must be at least 1."
  }
}

variable "first_word_threshold_seconds" {
  type        = number
  description = "How long one question in ten may wait for its first word before there is an alarm, in seconds."
  nullable    = false
  default     = 60

  validation {
    condition     = var.first_word_threshold_seconds >= 1
    error_message = "first_word_threshold_seconds must be at least 1."
  }
}

variable "alarm_email" {
  type        = string
  description = "Address that alarms are mailed to, through a topic that is made for it; null: none."
  default     = null

  validation {
    condition     = var.alarm_email == null ? true : can(regex("^[^@\\s]+@[^@\\s]+$", var.alarm_email))
    error_message = "alarm_email must be a mail address."
  }
}

variable "alarm_topic_arn" {
  type        = string
  description = "ARN of an SNS topic of your own that alarms are sent to; null: none."
  default     = null

  validation {
    condition     = var.alarm_topic_arn == null ? true : can(regex("^arn:[a-z-]+:sns:[a-z0-9-]+:[0-9]{12}:.+$", var.alarm_topic_arn))
    error_message = "alarm_topic_arn must be the ARN of an SNS topic."
  }
}
