"""All configuration. A wrong value stops the start, by name.

`.env` in the checkout is read first; real environment variables win over it. Each variable's default, unit and meaning
stand in `ledgersafe/environment/table.py` (printed: docs/configuration.md).
"""

from datetime import timedelta
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.templatetags.static import static

from ledgersafe.embedded.folders import data_root
from ledgersafe.environment.reader import env, read

BASE_DIR = Path(__file__).resolve().parent.parent
env.read_env(BASE_DIR / ".env", overwrite=False)

# ── Security ────────────────────────────────────────────────────────────────────────────────────
DEBUG = read("DEBUG")
SECRET_KEY = read("SECRET_KEY")
ENVIRONMENT = read("ENVIRONMENT")
if not SECRET_KEY:
    if ENVIRONMENT == "production":
        raise ImproperlyConfigured("SECRET_KEY must be set when ENVIRONMENT=production.")
    SECRET_KEY = "local-only-and-not-secret-" + "0" * 32
ALLOWED_HOSTS = read("ALLOWED_HOSTS")
CSRF_TRUSTED_ORIGINS = read("CSRF_TRUSTED_ORIGINS")
SECURE_COOKIES = read("SECURE_COOKIES", default=ENVIRONMENT == "production")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_COOKIES
SESSION_COOKIE_HTTPONLY = True
#: Lax, not Strict: a link in a message should open the exception it names.
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 12 * 3600
SECURE_HSTS_SECONDS = read("HSTS_SECONDS", default=365 * 86_400 if SECURE_COOKIES else 0)
TLS_PROXY = read("TLS_PROXY")
if TLS_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
X_FRAME_OPTIONS = "DENY"
#: unfold's Alpine evaluates expressions in attributes, hence 'unsafe-eval'; no script stands in a page itself.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "script-src": ["'self'", "'unsafe-eval'"],
        "style-src": ["'self'", "'unsafe-inline'"],
        "img-src": ["'self'", "data:"],
        "object-src": ["'none'"],
        "base-uri": ["'self'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
    }
}
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
#: Five wrong passwords (or codes) for a name from one address, and that name is locked there for a quarter of an hour.
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
#: Behind a proxy every client would have its address, and five wrong passwords would lock a name for everybody.
AXES_CLIENT_IP_CALLABLE = "ledgersafe.http.client_address.address_of"
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_LOCKOUT_CALLABLE = "ledgersafe.people.sign_in.locked_out"
AXES_RESET_ON_SUCCESS = True
#: Trying again does not make it longer: the page says when it ends.
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False
AXES_SENSITIVE_PARAMETERS = ["username", "ip_address", "code", "csrfmiddlewaretoken"]
OTP_TOTP_ISSUER = "Ledger-Safe"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("MinimumLengthValidator", "CommonPasswordValidator", "NumericPasswordValidator")
]

# ── Applications and middleware ─────────────────────────────────────────────────────────────────
INSTALLED_APPS = [
    "ledgersafe.people.site.BackOfficeConfig",  # unfold
    "unfold.contrib.filters",
    # Its pages are imported with the URLs (ledgersafe/urls.py): a command that serves nothing starts without them.
    "django.contrib.admin.apps.SimpleAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_prometheus",
    "django_celery_beat",
    "axes",
    "csp",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "django_otp.plugins.otp_static",
    "ledgersafe",
    "ledgersafe.tenants",
    "ledgersafe.audit",
    "ledgersafe.idempotency",
    "ledgersafe.jobs",
    "ledger",
    "exceptions",
    "pos",
    "recon",
]
#: The back office needs sessions, messages and CSRF; a request that brings an API key does not, and skips them.
MIDDLEWARE = [
    "ledgersafe.http.middleware.RequestIdMiddleware",
    "django_prometheus.middleware.PrometheusBeforeMiddleware",
    "ledgersafe.http.middleware.BackOfficeSecurity",
    "ledgersafe.http.middleware.BackOfficeWhiteNoise",
    "ledgersafe.http.middleware.BackOfficeCsp",
    "ledgersafe.http.middleware.StorableTextMiddleware",
    "ledgersafe.http.middleware.BackOfficeSessions",
    "ledgersafe.http.middleware.BackOfficeCsrf",
    "ledgersafe.http.middleware.BackOfficeAuthentication",
    "ledgersafe.http.middleware.BackOfficeMessages",
    "ledgersafe.http.middleware.BackOfficeClickjacking",
    "axes.middleware.AxesMiddleware",
    "django_prometheus.middleware.PrometheusAfterMiddleware",
]
ROOT_URLCONF = "ledgersafe.urls"
WSGI_APPLICATION = "ledgersafe.wsgi.application"
APPEND_SLASH = False
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# ── Database: two roles, one server ─────────────────────────────────────────────────────────────
APPLICATION_ROLE = read("DATABASE_APP_ROLE")
DATABASE_AS = read("DATABASE_AS")
if DATABASE_AS not in {"app", "owner"}:
    raise ImproperlyConfigured("DATABASE_AS must be 'app' or 'owner'.")


def _database() -> dict[str, Any]:
    """The connection of this process: the owner's when it migrates, else the application role's."""
    url = read("DATABASE_URL")
    if DATABASE_AS == "owner":
        url = read("DATABASE_OWNER_URL", default=url)
    config: dict[str, Any] = dict(env.db_url_config(url))
    if "postgresql" not in config["ENGINE"]:
        raise ImproperlyConfigured("DATABASE_URL must name a Postgres database (postgres://user@host/name).")
    config["CONN_MAX_AGE"] = None  # connections live as long as their thread
    options = config.setdefault("OPTIONS", {})
    options["application_name"] = "ledgersafe"
    # Whatever the server's default: our locks are taken so that the next statement sees what was waited for.
    started = [r"-c default_transaction_isolation=read\ committed"]
    if DATABASE_AS == "app":
        # Whatever role logs in, statements run as the application role: it can append, and not rewrite.
        started.append(f"-c role={APPLICATION_ROLE}")
    options["options"] = " ".join(started)
    return config


DATABASES = {"default": _database()}

#: Of the web server's connections alone (`ledgersafe.postgres.patience`): somebody waits for the answer, and its
#: threads are few. Jobs and commands take as long as they take.
WEB_DATABASE_TIMEOUTS = {
    "lock_timeout": read("WEB_LOCK_TIMEOUT_MS"),
    "statement_timeout": read("WEB_STATEMENT_TIMEOUT_MS"),
    "idle_in_transaction_session_timeout": read("WEB_IDLE_TRANSACTION_TIMEOUT_MS"),
}
if min(WEB_DATABASE_TIMEOUTS.values()) < 0:
    raise ImproperlyConfigured("WEB_LOCK_TIMEOUT_MS and the other WEB_*_TIMEOUT_MS must not be negative.")
#: How long to wait for a connection, and how soon a dead one is noticed.
WEB_DATABASE_CONNECTING = {
    "connect_timeout": read("WEB_CONNECT_TIMEOUT_SECONDS"),
    "keepalives": 1,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}
if WEB_DATABASE_CONNECTING["connect_timeout"] < 2:
    raise ImproperlyConfigured("WEB_CONNECT_TIMEOUT_SECONDS must be at least 2, as libpq counts.")

# ── Cache and jobs ──────────────────────────────────────────────────────────────────────────────
REDIS_URL = read("REDIS_URL")
CACHES: dict[str, dict[str, Any]] = {
    "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}
    if REDIS_URL
    else {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
}
CELERY_BROKER_URL = read("CELERY_BROKER_URL", default=REDIS_URL or "memory://")
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BEAT_SCHEDULER = "django_celery_beat.schedulers:DatabaseScheduler"
#: The scheduler answers pings, and writes down each start at once: the Jobs page shows what is true now.
CELERY_BEAT_ENABLE_REMOTE_CONTROL = True
CELERY_BEAT_SYNC_EVERY = 1


def _every_minute(task: str) -> dict[str, Any]:
    """A run that finds no worker for so long is made up for by the next one."""
    return {"task": task, "schedule": 60.0, "options": {"expires": 55}}


CELERY_BEAT_SCHEDULE = {
    "verify-books-hourly": {"task": "ledgersafe.tasks.verify_all_books", "schedule": 3600.0},
    # Every tenant at its cut-off plus the grace period; only what is ready.
    "close-due-days-hourly": {"task": "recon.tasks.close_due_days", "schedule": 3600.0, "options": {"expires": 3500}},
    # Cash that arrived after its drawer was closed.
    "adjust-closed-drawers-every-minute": _every_minute("ledger.tasks.adjust_closed_drawers"),
    # Jobs whose message was lost, or whose worker was.
    "sweep-replays-every-minute": _every_minute("pos.tasks.sweep_replays"),
    # Returns that came before their sale, where the sale's own process could not see to it.
    "release-waiting-every-minute": _every_minute("pos.tasks.release_waiting"),
    # Reports are exact without it: it keeps short what they have to add up themselves.
    "roll-up-sales-every-minute": _every_minute("pos.tasks.roll_up_sales"),
    # Lines, tenders and taxes, which tills do not wait for.
    "project-sales-every-minute": _every_minute("pos.tasks.project_sales"),
    # Reports of what is missing fold by themselves: it keeps short what they have to fold.
    "fold-devices-every-minute": _every_minute("pos.tasks.fold_devices"),
    "seal-audit-trails-every-minute": _every_minute("ledgersafe.tasks.seal_audit_trails"),
    "seal-audit-trails-whole-daily": {
        "task": "ledgersafe.tasks.seal_audit_trails",
        "schedule": 86_400.0,
        "kwargs": {"everything": True},
    },
}

# ── Money commands ──────────────────────────────────────────────────────────────────────────────
IDEMPOTENCY_TTL_SECONDS = read("IDEMPOTENCY_TTL_SECONDS")
if IDEMPOTENCY_TTL_SECONDS < 1:
    raise ImproperlyConfigured("IDEMPOTENCY_TTL_SECONDS must be at least 1.")

# ── Audit trail ─────────────────────────────────────────────────────────────────────────────────
AUDIT_ANCHOR_FILE = read("AUDIT_ANCHOR_FILE", default=str(data_root() / "audit-anchors.jsonl"))

# ── Web server ──────────────────────────────────────────────────────────────────────────────────
WEB_WORKERS = read("WEB_WORKERS")
WEB_THREADS = read("WEB_THREADS")
WEB_HEADER_SECONDS = read("WEB_HEADER_SECONDS")
WEB_BODY_SECONDS = read("WEB_BODY_SECONDS")
WEB_ANSWER_SECONDS = read("WEB_ANSWER_SECONDS")
WEB_BYTES_PER_SECOND = read("WEB_BYTES_PER_SECOND")
WEB_CONNECTIONS = read("WEB_CONNECTIONS")
WEB_BUFFER_MIB = read("WEB_BUFFER_MIB")
if not min(WEB_HEADER_SECONDS, WEB_BODY_SECONDS, WEB_ANSWER_SECONDS, WEB_BYTES_PER_SECOND) > 0:
    raise ImproperlyConfigured("WEB_…_SECONDS and WEB_BYTES_PER_SECOND must be positive.")
if WEB_CONNECTIONS < 16 or WEB_BUFFER_MIB < 32:
    raise ImproperlyConfigured("WEB_CONNECTIONS must be at least 16 and WEB_BUFFER_MIB at least 32.")
MIGRATE_ON_START = read("MIGRATE_ON_START")
WEB_JOBS = read("WEB_JOBS")

# ── Ingest ──────────────────────────────────────────────────────────────────────────────────────
MAX_EVENT_BYTES = 1024 * 1024
MAX_BATCH_BYTES = 16 * 1024 * 1024
MAX_BATCH_EVENTS = 1_000
DIRECTORY_TTL_SECONDS = read("DIRECTORY_TTL_SECONDS")
DATA_UPLOAD_MAX_MEMORY_SIZE = None  # sizes are checked per endpoint, before anything is read
CUT_OFF_HOUR = read("CUT_OFF_HOUR")
CUT_OFF_MINUTE = read("CUT_OFF_MINUTE")
if not (0 <= CUT_OFF_HOUR <= 23 and 0 <= CUT_OFF_MINUTE <= 59):
    raise ImproperlyConfigured("CUT_OFF_HOUR must be 0–23 and CUT_OFF_MINUTE 0–59.")
CLOSE_GRACE_MINUTES = read("CLOSE_GRACE_MINUTES")
if CLOSE_GRACE_MINUTES < 0:
    raise ImproperlyConfigured("CLOSE_GRACE_MINUTES must not be negative.")
FX_MAX_RATE_AGE_HOURS = read("FX_MAX_RATE_AGE_HOURS")
if not 0 <= FX_MAX_RATE_AGE_HOURS <= 1_000_000:
    raise ImproperlyConfigured("FX_MAX_RATE_AGE_HOURS must be 0–1000000.")

# ── API ─────────────────────────────────────────────────────────────────────────────────────────
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "ledgersafe.http.authentication.ApiKeyAuthentication",
        "ledgersafe.http.authentication.StaffSessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["ledgersafe.http.permissions.HasScope"],
    "DEFAULT_RENDERER_CLASSES": ["ledgersafe.http.rendering.OrjsonRenderer"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "ledgersafe.http.rendering.JsonNegotiation",
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "ledgersafe.http.problems.problem_handler",
    "UNAUTHENTICATED_USER": None,
    "URL_FORMAT_OVERRIDE": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Ledger-Safe",
    "DESCRIPTION": "Every till event in the books exactly once; what is uncertain goes before a person.",
    "VERSION": "0.1.0",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_AUTHENTICATION": [],
    "SERVE_PERMISSIONS": [],
    "SCHEMA_PATH_PREFIX": "/v1",
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "/static/ledgersafe/favicon.svg",
    "REDOC_DIST": "SIDECAR",
    "PREPROCESSING_HOOKS": ["ledgersafe.http.openapi.only_v1"],
    # The first is spectacular's own, which gives choices their names.
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "ledgersafe.http.openapi.declare_refusals",
    ],
    "ENUM_NAME_OVERRIDES": {
        "ArrivalResultEnum": "pos.models.arrivals.Result.choices",
        "AccountStatusEnum": "ledger.models.AccountStatus.choices",
        "TransferStatusEnum": "ledger.transfers.transfer.STATUSES",
        "AccountTypeEnum": "ledger.models.AccountType.choices",
        "TransactionTypeEnum": "ledger.api.drawer_serializers.TRANSACTION_TYPES",
        "TransactionMethodEnum": "ledger.models.Method.choices",
    },
}

# ── Time, language, static files ────────────────────────────────────────────────────────────────
LANGUAGE_CODE = "en"
FORMAT_MODULE_PATH = ["ledgersafe.formats"]
TIME_ZONE = "UTC"
USE_TZ = True
STATIC_URL = "static/"
STATIC_ROOT = read("STATIC_ROOT")
#: Found in the packages themselves: a first run has nothing to collect.
WHITENOISE_USE_FINDERS = True

# ── Back office ─────────────────────────────────────────────────────────────────────────────────
LOGIN_URL = "/admin/login/"
LOGIN_REDIRECT_URL = "/admin/"
CSRF_FAILURE_VIEW = "ledgersafe.http.error_pages.forged"
UNFOLD = {
    "SITE_TITLE": "Ledger-Safe",
    "SITE_HEADER": "Ledger-Safe",
    "SITE_SUBHEADER": "Back office",
    "SITE_SYMBOL": "account_balance",
    "SITE_URL": None,  # there is no other site to return to
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("ledgersafe/favicon.svg")}
    ],
    "DASHBOARD_CALLBACK": "ledgersafe.dashboard.overview",
    # unfold's own stylesheet holds only the classes its own templates use; ours stand beside it.
    "STYLES": [
        lambda request, name=name: static(f"ledgersafe/{name}.css")
        for name in ("backoffice", "review", "setup", "signing")
    ],
    "SCRIPTS": [lambda request: static("ledgersafe/frames.js")],
    "SHOW_HISTORY": False,
    "SHOW_VIEW_ON_SITE": False,
    "ACCOUNT": {"navigation": "ledgersafe.backoffice.frame.account_links"},
    "SIDEBAR": {"show_search": True, "navigation": "ledgersafe.backoffice.frame.navigation"},
}

# ── Logs ────────────────────────────────────────────────────────────────────────────────────────
LOG_FORMAT = read("LOG_FORMAT")
LOG_LEVEL = read("LOG_LEVEL").upper()
if LOG_FORMAT not in {"text", "json"}:
    raise ImproperlyConfigured("LOG_FORMAT must be 'text' or 'json'.")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "text": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"},
        "json": {"()": "ledgersafe.telemetry.logs.JsonFormatter"},
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": LOG_FORMAT}},
    "root": {"handlers": ["stderr"], "level": LOG_LEVEL},
    # A refused request is an answer, not an incident: only server errors are worth a line.
    "loggers": {
        "django.request": {"level": "ERROR"},
        "django.security": {"level": "WARNING"},
        "httpx": {"level": "WARNING"},
        "axes": {"level": "WARNING"},
    },
}
