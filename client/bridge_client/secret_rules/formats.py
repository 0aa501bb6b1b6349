"""What gitleaks has no rule for, or too narrow a one: a key that is a character shorter than usual is still a key. Data."""

from __future__ import annotations

_END = r"(?![A-Za-z0-9])"
_START = r"(?<![A-Za-z0-9])"

FORMATS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    (
        "private-key",
        r"-----BEGIN[ A-Z0-9_-]{0,100}PRIVATE KEY(?: BLOCK)?-----(?:\s|\\n|\\r|[A-Za-z0-9+/=:,.-](?!----))*"
        r"(?:-----END[ A-Z0-9_-]{0,100}-----)?",
        ("private key",),
    ),
    ("anthropic-api-key", rf"{_START}sk-ant-[a-z0-9]+-[\w-]{{16,}}", ("sk-ant-",)),
    ("openrouter-api-key", rf"{_START}sk-or-v1-[0-9a-f]{{32,}}", ("sk-or-v1-",)),
    ("openai-api-key", rf"{_START}sk-(?:proj|svcacct|admin|None)-[\w-]{{20,}}", ("sk-",)),
    ("openai-api-key", rf"{_START}sk-(?=[A-Za-z]*[0-9])[A-Za-z0-9]{{32,}}{_END}", ("sk-",)),
    ("github-token", r"gh[pousr]_[A-Za-z0-9]{20,}", ("ghp_", "gho_", "ghu_", "ghs_", "ghr_")),
    ("github-fine-grained-pat", r"github_pat_\w{22,}", ("github_pat_",)),
    ("gitlab-token", r"gl(?:pat|dt|rt|ptt|soat|cbt|agent|oas|imt|ft|ffct)-[\w.-]{16,}", ("glpat-", "gldt-", "glrt-", "glptt-", "gloas-")),
    ("slack-token", r"xox[abeoprs][.-][A-Za-z0-9.-]{10,}", ("xox",)),
    ("slack-webhook-url", r"hooks\.slack\.com/(?:services|workflows|triggers)/[A-Za-z0-9+/]{20,}", ("hooks.slack.com",)),
    ("discord-webhook-url", r"discord(?:app)?\.com/api/webhooks/\d+/[\w-]{20,}", ("/api/webhooks/",)),
    ("discord-bot-token", rf"{_START}[MNO][\w-]{{23,25}}\.[\w-]{{6}}\.[\w-]{{27,}}", (".",)),
    ("telegram-bot-token", rf"{_START}\d{{8,10}}:AA[\w-]{{32,34}}", (":aa",)),
    ("google-api-key", rf"{_START}AIza[\w-]{{30,}}", ("aiza",)),
    ("google-oauth-secret", r"GOCSPX-[\w-]{20,}", ("gocspx-",)),
    ("google-access-token", rf"{_START}ya29\.[\w.-]{{20,}}", ("ya29.",)),
    ("google-refresh-token", rf"{_START}1//0[\w-]{{20,}}", ("1//0",)),
    ("aws-access-key-id", rf"{_START}(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{{16}}{_END}", ("akia", "asia", "abia", "acca")),
    ("azure-storage-key", r"AccountKey=([A-Za-z0-9+/]{40,}={0,2})", ("accountkey=",)),
    ("azure-signature", r"[?&;]sig=([A-Za-z0-9%+/]{30,}=?)", ("sig=",)),
    ("azure-shared-access-key", r"SharedAccessKey=([A-Za-z0-9+/]{30,}={0,2})", ("sharedaccesskey=",)),
    ("stripe-key", rf"{_START}(?:sk|rk)_(?:test|live|prod)_\w{{10,}}", ("_test_", "_live_", "_prod_")),
    ("stripe-webhook-secret", rf"{_START}whsec_[A-Za-z0-9+/=]{{20,}}", ("whsec_",)),
    ("huggingface-access-token", rf"{_START}hf_[A-Za-z0-9]{{30,}}", ("hf_",)),
    ("replicate-api-token", rf"{_START}r8_[A-Za-z0-9]{{30,}}", ("r8_",)),
    ("groq-api-key", rf"{_START}gsk_[A-Za-z0-9]{{30,}}", ("gsk_",)),
    ("xai-api-key", rf"{_START}xai-[A-Za-z0-9]{{30,}}", ("xai-",)),
    ("perplexity-api-key", rf"{_START}pplx-[A-Za-z0-9]{{30,}}", ("pplx-",)),
    ("pinecone-api-key", rf"{_START}pcsk_\w{{30,}}", ("pcsk_",)),
    ("langsmith-api-key", rf"{_START}lsv2_(?:pt|sk)_[0-9a-f_]{{30,}}", ("lsv2_",)),
    ("elevenlabs-api-key", rf"{_START}sk_[0-9a-f]{{40,}}", ("sk_",)),
    ("sendgrid-api-token", rf"{_START}SG\.[\w-]{{16,}}\.[\w-]{{16,}}", ("sg.",)),
    ("mailgun-api-key", rf"{_START}key-[0-9a-f]{{32}}{_END}", ("key-",)),
    ("mailchimp-api-key", rf"{_START}[0-9a-f]{{32}}-us\d{{1,2}}{_END}", ("-us",)),
    ("brevo-api-key", r"xkeysib-[\w-]{40,}", ("xkeysib-",)),
    ("npm-access-token", rf"{_START}npm_[A-Za-z0-9]{{30,}}", ("npm_",)),
    ("pypi-upload-token", rf"{_START}pypi-[\w-]{{40,}}", ("pypi-",)),
    ("rubygems-api-token", r"rubygems_[0-9a-f]{40,}", ("rubygems_",)),
    ("docker-token", r"dckr_(?:pat|oat)_[\w-]{20,}", ("dckr_",)),
    ("digitalocean-token", r"do[opr]_v1_[0-9a-f]{40,}", ("_v1_",)),
    ("supabase-key", rf"{_START}(?:sbp_[0-9a-f]{{40}}|sb_secret_[\w-]{{20,}})", ("sbp_", "sb_secret_")),
    ("tailscale-key", r"tskey-[\w-]{20,}", ("tskey-",)),
    ("figma-token", rf"{_START}figd_[\w-]{{30,}}", ("figd_",)),
    ("notion-api-token", rf"{_START}(?:ntn_[A-Za-z0-9]{{40,}}|secret_[A-Za-z0-9]{{43}}{_END})", ("ntn_", "secret_")),
    ("airtable-token", rf"{_START}pat[A-Za-z0-9]{{14}}\.[0-9a-f]{{40,}}", ("pat",)),
    ("atlassian-api-token", rf"{_START}AT(?:ATT3|BB|CTT3)[\w=-]{{24,}}", ("atatt3", "atbb", "atctt3")),
    ("circleci-token", r"CCIPAT_\w{20,}", ("ccipat_",)),
    ("vault-token", rf"{_START}hv[sbr]\.[\w-]{{20,}}", ("hvs.", "hvb.", "hvr.")),
    ("doppler-token", rf"{_START}dp\.(?:pt|st|ct|sa|scim|audit)\.[\w.-]{{30,}}", ("dp.",)),
    ("linear-api-key", r"lin_(?:api|oauth)_[A-Za-z0-9]{30,}", ("lin_",)),
    ("newrelic-key", rf"{_START}NR(?:AK|JS|II|IQ)-[A-Za-z0-9]{{19,}}", ("nrak-", "nrjs-", "nrii-", "nriq-")),
    ("grafana-token", rf"{_START}gl(?:sa|c)_[\w+/=]{{30,}}", ("glsa_", "glc_")),
    ("databricks-api-token", rf"{_START}dapi[0-9a-f]{{32}}", ("dapi",)),
    ("dropbox-token", rf"{_START}sl\.[\w-]{{60,}}", ("sl.",)),
    ("shopify-token", rf"{_START}shp(?:at|ca|pa|ss)_[0-9a-fA-F]{{30,}}", ("shpat_", "shpca_", "shppa_", "shpss_")),
    ("square-token", rf"{_START}sq0(?:atp|csp|idp)-[\w-]{{20,}}", ("sq0",)),
    ("postman-api-token", r"PMAK-[0-9a-fA-F-]{40,}", ("pmak-",)),
    ("contentful-token", rf"{_START}CFPAT-[\w-]{{40,}}", ("cfpat-",)),
    ("mapbox-token", rf"{_START}[sp]k\.eyJ[\w-]{{20,}}\.[\w-]{{16,}}", ("k.eyj",)),
    ("firebase-key", rf"{_START}AAAA[\w-]{{7}}:APA91b[\w-]{{100,}}", (":apa91b",)),
    ("asana-token", rf"{_START}[0-2]/\d{{10,}}(?:/\d+)?:[0-9a-f]{{32}}", ("asana",)),
    ("braintree-token", r"access_token\$(?:production|sandbox)\$[0-9a-z]{16}\$[0-9a-f]{32}", ("access_token$",)),
    ("sentry-dsn", r"https://([0-9a-f]{32}(?::[0-9a-f]{32})?)@[\w.-]*sentry", ("sentry",)),
    ("launchdarkly-key", rf"{_START}(?:sdk|mob)-[0-9a-f]{{8}}(?:-[0-9a-f]{{4}}){{3}}-[0-9a-f]{{12}}", ("sdk-", "mob-")),
    ("netlify-token", rf"{_START}nfp_[A-Za-z0-9]{{30,}}", ("nfp_",)),
    ("render-key", rf"{_START}rnd_[A-Za-z0-9]{{24,}}", ("rnd_",)),
    ("zapier-webhook-url", r"hooks\.zapier\.com/hooks/catch/\w+/\w+", ("hooks.zapier.com",)),
    ("age-secret-key", r"AGE-SECRET-KEY-1[0-9A-Z]{50,}", ("age-secret-key-1",)),
    ("jwt", rf"{_START}ey[A-Za-z0-9_-]{{12,}}\.ey[A-Za-z0-9_-]{{8,}}\.[\w-]{{8,}}", ("ey",)),
    (
        "authorization-header",
        r"(?i)\bauthorization['\"]?\s*[:=]\s*['\"]?(?:bearer|basic|token|digest|ssws|apikey)\s+([\w.~+/=-]{12,})",
        ("authorization",),
    ),
    ("authorization-header", r"(?i)\bbearer\s+((?=[A-Za-z._~+/-]*\d)[\w.~+/-]{20,}=*)", ("bearer",)),
    ("url-password", r"(?i)\b[a-z][a-z0-9+.-]{1,20}://[^\s/:@'\"<>]*:((?![\[{$<*])[^\s/@'\"<>]{3,})@", ("://",)),
    ("cookie", r"(?i)\b(?:set-)?cookie:\s*([\w.-]+=[^\s;]{16,}[^\n'\"]*)", ("cookie:",)),
    ("netrc-password", r"(?i)\blogin\s+\S+\s+password\s+(\S{4,})", ("password",)),
    ("mysql-password", r"\b(?:mysql|mysqldump|mysqladmin|mariadb)\b[^\n]{0,200}?\s-p([^\s'\"]{4,})", ("mysql", "mariadb")),
    (
        "command-line-secret",
        r"(?i)\s--(?:[a-z]+-)*(?:token|password|passwd|pass|secret|api-?key|key)[= ]['\"]?((?![\[{$<])(?=[^\s'\"]*\d)[^\s'\"]{8,})",
        ("--",),
    ),
    ("docker-auth", r"['\"]auth['\"]\s*:\s*['\"]([A-Za-z0-9+/]{16,}={0,2})['\"]", ("auth",)),
    ("kubernetes-client-key", r"client-key-data:\s*([A-Za-z0-9+/]{40,}={0,2})", ("client-key-data",)),
    ("curl-password", r"\bcurl\b[^\n]{0,300}?\s(?:-u|--user)[ =]['\"]?[^\s:'\"]+:([^\s'\"]{4,})", ("curl",)),
)
"""The kind, a Python expression whose first group (else all) is the secret, and keywords in lower case of which a text must have one."""

_SETS = r"""['"\x60]{0,2}\s{0,3}(?:=>|:=|=|:|\bis\b)\s{0,3}['"\x60]{0,3}"""

NAMED: tuple[tuple[str, str, tuple[str, ...], float], ...] = (
    (
        "aws-secret-access-key",
        r"(?i)(?:aws.{0,20}?secret|secret[_ -]?access[_ -]?key|aws[_ -]?(?:secret[_ -]?)?key).{0,20}?"
        rf"{_SETS}([A-Za-z0-9/+]{{40}})(?![A-Za-z0-9/+=])",
        ("aws", "secret"),
        3.5,
    ),
    (
        "secret",
        r"(?i)(?:api|access|auth|secret|private|signing|encryption|account|service|master|deploy|client|app|storage|bot)[_ -]?"
        rf"(?:key|token|secret)(?:[_ -]?(?:id|base|value|key))?{_SETS}"
        r"((?=[\w.~+/=-]*\d)[\w.~+/-]{16,}={0,2})",
        ("key", "token", "secret"),
        3.0,
    ),
    (
        "secret",
        rf"(?i)(?<![A-Za-z])(?:\w{{1,40}}_)?(?:token|secret|credentials?){_SETS}" r"((?=[\w.~+/=-]*\d)[\w.~+/-]{16,}={0,2})",
        ("token", "secret", "credential"),
        3.0,
    ),
    (
        "secret",
        r"(?<![A-Z0-9])[A-Z][A-Z0-9_]{0,40}_(?:KEY|PAT)\s?[=:]\s?['\"]?((?=[\w.~+/=-]*\d)[\w.~+/-]{16,}={0,2})",
        ("_key", "_pat"),
        3.0,
    ),
    (
        "secret",
        r"(?i)(?:secret|token|api_?key|secret_?key)['\"]?\s{0,3}[=:]\s{0,3}(?:'((?![\[{$<])[^\s']{16,})'|\"((?![\[{$<])[^\s\"]{16,})\")",
        ("secret", "token", "key"),
        3.0,
    ),
    (
        "secret",
        r"(?i)\b(?:trello|mixpanel|amplitude|segment|pagerduty)[\w .-]{0,20}[=:]\s{0,3}['\"]?([0-9a-z]{20,})",
        ("trello", "mixpanel", "amplitude", "segment", "pagerduty"),
        3.0,
    ),
    ("password", r"(?<![A-Za-z])(?:[A-Z0-9_]{1,40}_)?(?:PASSWORD|PASSWD|PASS|PWD)=['\"]?((?![\[{$<%/])[^\s'\"]{6,})", ("pass", "pwd"), 0.0),
    (
        "password",
        r"(?i)(?:passw(?:or)?d|passphrase|passwd|\bpwd)(?:[_-]\w{1,20})?['\"\x60]{0,2}\s{0,3}(?:=>|:=|=|:|\bis\b)\s{0,3}"
        r"(?:['\"\x60]((?![\[{$<*%])[^\s'\"\x60]{6,})['\"\x60]|((?![\[{$<*%])(?=[^\s'\"\x60,;()]*[0-9])[^\s'\"\x60,;()\[\]{}]{6,}))",
        ("passw", "passphrase", "pwd"),
        0.0,
    ),
)
"""Kinds without a format, beside their usual names: as above, and the entropy that the secret must have, in bits for a character."""
