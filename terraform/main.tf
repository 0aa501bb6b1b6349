provider "aws" {
  region = var.region

  default_tags {
    tags = merge({ Application = "claude-context-bridge", Stack = var.name }, var.tags)
  }
}

data "aws_region" "current" {}

# All tables of the region, so that one of another stack under the name of a table to be created is noticed before anything is created.
data "aws_dynamodb_tables" "present" {}

locals {
  # A setting that is null is left out, so that the bridge's own default counts.
  settings = {
    CLAUDE_PROVIDER     = var.claude_provider
    CLAUDE_WORKSPACE_ID = var.claude_workspace_id
    ANTHROPIC_BASE_URL  = var.anthropic_base_url
    CLAUDE_MODEL        = var.claude_model
    CLAUDE_EFFORT       = var.claude_effort
    MAX_TOKENS          = var.max_tokens
    SYSTEM_PROMPT       = var.system_prompt
    SUMMARY_MODEL       = var.summary_model
    CONTEXT_LIMIT       = var.context_limit
    RECALL_READ_KB      = var.recall_read_kb
    PROMPT_CACHE        = var.prompt_cache
    MAX_MESSAGE_CHARS   = var.max_message_chars
    SESSION_TTL_HOURS   = var.session_ttl_hours
    LEASE_SECONDS       = var.lease_seconds
    DAILY_TOKEN_BUDGET  = var.daily_token_budget
    CLAUDE_MODELS       = var.claude_models
    CLIENT_SYSTEM       = var.client_system
    KEEP_HOURS_MAX      = var.keep_hours_max
    DAILY_IMPORT_MB     = var.daily_import_mb
    RECALL_SCOPE        = var.recall_scope
    DAILY_BUDGET_USD    = var.daily_budget_usd
    CLAUDE_PRICES       = var.claude_prices
  }

  claude_provider = coalesce(var.claude_provider, "anthropic")

  given_settings = { for name, value in local.settings : name => try(tostring(value), jsonencode(value)) if value != null }

  # Of the bridge's environment, in bytes, as Lambda measures it: its JSON. Base 64 has four characters for three bytes. The id of the API,
  # which is not known when the first plan is made, has ten characters.
  environment_size = floor(3 / 4 * length(base64encode(jsonencode(merge(local.given_settings, local.api_key_parameter, {
    CONTEXT_TABLE = "${var.name}-sessions"
    HASH_TABLE    = "${var.name}-hashes"
    API_ID        = "0123456789"
    STAGE         = var.stage
    LOG_LEVEL     = var.log_level
  })))))

  # Where the key is; with a provider on AWS there is none.
  api_key_parameter = { for name in module.iam.api_key_parameter_name[*] : "ANTHROPIC_API_KEY_PARAMETER" => name }

  # What must be in the stack's own region.
  regional_arns = { for name, arn in { kms_key_arn = var.kms_key_arn, alarm_topic_arn = var.alarm_topic_arn, certificate_arn = var.certificate_arn } :
    name => split(":", arn)[3] if arn != null
  }

  # The zip, and next to it the hash of the sources it was made of.
  package      = abspath(coalesce(var.package, "${path.root}/../build/bridge.zip"))
  package_hash = try(trimspace(file("${local.package}.sources")), "")

  # The same hash of the sources as they lie here now, as deploy/bridge_deploy/package.py makes it; null where there are none.
  sources_folder = "${path.root}/../lambda"
  sources        = [for name in fileset(local.sources_folder, "bridge/**") : name if !can(regex("(^|/)([.]|__pycache__/)|[.]pyc$", name))]
  sources_hash = length(local.sources) == 0 ? null : base64sha256(
    join("", [for name in sort(local.sources) : "${name} ${filesha256("${local.sources_folder}/${name}")}\n"])
  )
}

module "storage" {
  source = "./modules/storage"

  name                   = var.name
  point_in_time_recovery = var.point_in_time_recovery
  deletion_protection    = var.deletion_protection
  kms_key_arn            = var.kms_key_arn
}

module "iam" {
  source = "./modules/iam"

  name                      = var.name
  claude_provider           = local.claude_provider
  claude_workspace_id       = var.claude_workspace_id
  anthropic_api_key         = var.anthropic_api_key
  anthropic_api_key_version = var.anthropic_api_key_version
  sessions_table_arn        = module.storage.sessions_table_arn
  owner_index_arn           = module.storage.owner_index_arn
  hashes_table_arn          = module.storage.hashes_table_arn
  stage_execution_arn       = module.websocket_api.stage_execution_arn
  bridge_log_group_arn      = module.function.bridge_log_group_arn
  authorizer_log_group_arn  = module.function.authorizer_log_group_arn
  kms_key_arn               = var.kms_key_arn
}

module "function" {
  source = "./modules/function"

  name                        = var.name
  package                     = local.package
  package_hash                = local.package_hash
  bridge_role_arn             = module.iam.bridge_role_arn
  authorizer_role_arn         = module.iam.authorizer_role_arn
  bridge_memory_mb            = var.memory_mb
  bridge_timeout_seconds      = var.timeout_seconds
  bridge_reserved_concurrency = var.reserved_concurrency
  log_level                   = var.log_level
  log_retention_days          = var.log_retention_days
  kms_key_arn                 = var.kms_key_arn

  bridge_environment = merge(
    local.given_settings,
    local.api_key_parameter,
    {
      CONTEXT_TABLE = module.storage.sessions_table_name
      HASH_TABLE    = module.storage.hashes_table_name
      API_ID        = module.websocket_api.api_id
      STAGE         = module.websocket_api.stage
      LOG_LEVEL     = var.log_level
    },
  )

  authorizer_environment = {
    CLIENT_TOKENS = jsonencode([for token in var.client_tokens : {
      owner   = token.owner
      sha256  = token.sha256
      expires = try(tonumber(token.expires), null)
    }])
  }
}

module "websocket_api" {
  source = "./modules/websocket_api"

  name                  = var.name
  stage                 = var.stage
  domain_name           = var.domain_name
  certificate_arn       = var.certificate_arn
  bridge_name           = module.function.bridge_name
  bridge_invoke_arn     = module.function.bridge_invoke_arn
  authorizer_name       = module.function.authorizer_name
  authorizer_invoke_arn = module.function.authorizer_invoke_arn
  throttling_rate       = var.throttling_rate
  throttling_burst      = var.throttling_burst
  access_log            = var.access_log
  account_logging_role  = var.account_logging_role
  log_retention_days    = var.log_retention_days
  kms_key_arn           = var.kms_key_arn
}

module "observability" {
  source = "./modules/observability"

  name                         = var.name
  region                       = data.aws_region.current.id
  bridge_name                  = module.function.bridge_name
  authorizer_name              = module.function.authorizer_name
  table_names                  = [module.storage.sessions_table_name, module.storage.hashes_table_name]
  dashboard                    = var.dashboard
  alarms                       = var.alarms
  upstream_errors_threshold    = var.upstream_errors_threshold
  first_word_threshold_seconds = var.first_word_threshold_seconds
  alarm_email                  = var.alarm_email
  alarm_topic_arn              = var.alarm_topic_arn
  kms_key_arn                  = var.kms_key_arn
}

# A warning and not an error: there may be other ids than those that are known here, and other servers at anthropic_base_url.
check "model_ids" {
  assert {
    condition = var.anthropic_base_url != null || alltrue([for model in compact([var.claude_model, var.summary_model]) :
      strcontains(model, "anthropic.") == (local.claude_provider == "bedrock")
    ])
    error_message = "Bedrock's model ids are like anthropic.claude-sonnet-5-5, those of the other providers like claude-sonnet-5-5. claude_model and summary_model seem to be another road's than ${local.claude_provider}."
  }
}
