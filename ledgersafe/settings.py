"""All configuration, and the only reader of the environment. A wrong value stops the start, by name.

`.env` in the checkout is read first (see `.env.example`); real environment variables win over it.
"""

from datetime import timedelta
from pathlib import Path
from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured
from django.templatetags.static import static

from ledgersafe.embedded.folders import data_root

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()
env.read_env(BASE_DIR / ".env", overwrite=False)

# ── Security ────────────────────────────────────────────────────────────────────────────────────
DEBUG = env.bool("DEBUG", default=False)
#: Signs sessions and keys the MAC of redacted card numbers. Empty in production stops the start.
SECRET_KEY = env.str("SECRET_KEY", default="")
ENVIRONMENT = env.str("ENVIRONMENT", default="local")
if not SECRET_KEY:
    if ENVIRONMENT == "production":
        raise ImproperlyConfigured("SECRET_KEY must be set when ENVIRONMENT=production.")
    SECRET_KEY = "local-only-and-not-secret-" + "0" * 32
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]", "testserver"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
SECURE_COOKIES = env.bool("SECURE_COOKIES", default=ENVIRONMENT == "production")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_COOKIES
SESSION_COOKIE_HTTPONLY = True
#: Lax, not Strict: a link in a message should open the exception it names.
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 12 * 3600
#: Browsers that came once by HTTPS come by HTTPS alone. Sent with answers over HTTPS only.
SECURE_HSTS_SECONDS = env.int("HSTS_SECONDS", default=365 * 86_400 if SECURE_COOKIES else 0)
#: A proxy ends TLS and sets X-Forwarded-Proto and X-Forwarded-For itself, whatever the client sent: then, and only
#: then, they are believed.
TLS_PROXY = env.bool("TLS_PROXY", default=False)
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
#: The role every request, task and command runs as; it owns nothing (see ledgersafe/postgres/grants.py).
APPLICATION_ROLE = env.str("DATABASE_APP_ROLE", default="ledgersafe_app")
#: "owner" while a command migrates (manage.py decides), else "app".
DATABASE_AS = env.str("DATABASE_AS", default="app")
if DATABASE_AS not in {"app", "owner"}:
    raise ImproperlyConfigured("DATABASE_AS must be 'app' or 'owner'.")


def _database() -> dict[str, Any]:
    """The connection of this process: the owner's when it migrates, else the application role's."""
    url = env.str("DATABASE_URL", default="postgres:///ledgersafe")
    if DATABASE_AS == "owner":
        url = env.str("DATABASE_OWNER_URL", default=url)
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

#: What only the web server asks of its connections (`ledgersafe.postgres.patience`): somebody waits for the answer, and
#: its
#: threads are few. Milliseconds; 0: without end. Jobs and commands may take as long as they take.
WEB_DATABASE_TIMEOUTS = {
    # For a lock that somebody else holds, a whole table's too.
    "lock_timeout": env.int("WEB_LOCK_TIMEOUT_MS", default=5_000),
    # For one statement.
    "statement_timeout": env.int("WEB_STATEMENT_TIMEOUT_MS", default=30_000),
    # For us, in the middle of a transaction: a thread that hangs must not keep others waiting for its locks.
    "idle_in_transaction_session_timeout": env.int("WEB_IDLE_TRANSACTION_TIMEOUT_MS", default=60_000),
}
if min(WEB_DATABASE_TIMEOUTS.values()) < 0:
    raise ImproperlyConfigured("WEB_LOCK_TIMEOUT_MS and the other WEB_*_TIMEOUT_MS must not be negative.")
#: Seconds to be let in; and how soon it is noticed that nobody is at the other end any more.
WEB_DATABASE_CONNECTING = {
    "connect_timeout": env.int("WEB_CONNECT_TIMEOUT_SECONDS", default=3),
    "keepalives": 1,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}
if WEB_DATABASE_CONNECTING["connect_timeout"] < 2:
    raise ImproperlyConfigured("WEB_CONNECT_TIMEOUT_SECONDS must be at least 2, as libpq counts.")

# ── Cache and jobs ──────────────────────────────────────────────────────────────────────────────
REDIS_URL = env.str("REDIS_URL", default="")
CACHES: dict[str, dict[str, Any]] = {
    "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}
    if REDIS_URL
    else {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
}
CELERY_BROKER_URL = env.str("CELERY_BROKER_URL", default=REDIS_URL or "memory://")
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
#: How long Redis remembers the answer to an idempotency key. Postgres never forgets it.
IDEMPOTENCY_TTL_SECONDS = env.int("IDEMPOTENCY_TTL_SECONDS", default=86_400)
if IDEMPOTENCY_TTL_SECONDS < 1:
    raise ImproperlyConfigured("IDEMPOTENCY_TTL_SECONDS must be at least 1.")

# ── Audit trail ─────────────────────────────────────────────────────────────────────────────────
#: Where the head of each sealed trail is written down outside the database; best on a disk its administrators lack.
AUDIT_ANCHOR_FILE = env.str("AUDIT_ANCHOR_FILE", default=str(data_root() / "audit-anchors.jsonl"))

# ── Web server ──────────────────────────────────────────────────────────────────────────────────
#: Worker processes and threads of `manage.py serve`. Each thread keeps a connection: nine by default.
WEB_WORKERS = env.int("WEB_WORKERS", default=3)
WEB_THREADS = env.int("WEB_THREADS", default=3)
#: Seconds until a request's headers, its body, and the reading of its answer must be done; who is slower loses the
#: connection. Bodies and answers have longer when they keep up with WEB_BYTES_PER_SECOND.
WEB_HEADER_SECONDS = env.float("WEB_HEADER_SECONDS", default=10.0)
WEB_BODY_SECONDS = env.float("WEB_BODY_SECONDS", default=20.0)
WEB_ANSWER_SECONDS = env.float("WEB_ANSWER_SECONDS", default=30.0)
WEB_BYTES_PER_SECOND = env.float("WEB_BYTES_PER_SECOND", default=8192.0)
#: What one worker process keeps at a time: connections, and MiB of bodies on their way, and a quarter of it of answers.
WEB_CONNECTIONS = env.int("WEB_CONNECTIONS", default=1000)
WEB_BUFFER_MIB = env.int("WEB_BUFFER_MIB", default=512)
if not min(WEB_HEADER_SECONDS, WEB_BODY_SECONDS, WEB_ANSWER_SECONDS, WEB_BYTES_PER_SECOND) > 0:
    raise ImproperlyConfigured("WEB_…_SECONDS and WEB_BYTES_PER_SECOND must be positive.")
if WEB_CONNECTIONS < 16 or WEB_BUFFER_MIB < 32:
    raise ImproperlyConfigured("WEB_CONNECTIONS must be at least 16 and WEB_BUFFER_MIB at least 32.")
MIGRATE_ON_START = env.bool("MIGRATE_ON_START", default=True)
#: Run scheduled jobs beside the web server; off where workers of their own do it.
WEB_JOBS = env.bool("WEB_JOBS", default=True)

# ── Ingest ──────────────────────────────────────────────────────────────────────────────────────
MAX_EVENT_BYTES = 1024 * 1024
MAX_BATCH_BYTES = 16 * 1024 * 1024
MAX_BATCH_EVENTS = 1_000
#: Seconds a process may go on using what it has read of a tenant's settings, stores and accounts.
DIRECTORY_TTL_SECONDS = env.float("DIRECTORY_TTL_SECONDS", default=30.0)
DATA_UPLOAD_MAX_MEMORY_SIZE = None  # sizes are checked per endpoint, before anything is read
#: The defaults of a new tenant's business day.
CUT_OFF_HOUR = env.int("CUT_OFF_HOUR", default=23)
CUT_OFF_MINUTE = env.int("CUT_OFF_MINUTE", default=59)
if not (0 <= CUT_OFF_HOUR <= 23 and 0 <= CUT_OFF_MINUTE <= 59):
    raise ImproperlyConfigured("CUT_OFF_HOUR must be 0–23 and CUT_OFF_MINUTE 0–59.")
#: A day that is over is closed by the hourly job after so long: tills that were offline may still send.
CLOSE_GRACE_MINUTES = env.int("CLOSE_GRACE_MINUTES", default=60)
if CLOSE_GRACE_MINUTES < 0:
    raise ImproperlyConfigured("CLOSE_GRACE_MINUTES must not be negative.")
#: A rate is not used for what happens more than so many hours after its `valid_from`; 0: however old it is.
FX_MAX_RATE_AGE_HOURS = env.int("FX_MAX_RATE_AGE_HOURS", default=72)
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
STATIC_ROOT = env.str("STATIC_ROOT", default=None)
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
LOG_FORMAT = env.str("LOG_FORMAT", default="text")
LOG_LEVEL = env.str("LOG_LEVEL", default="INFO").upper()
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
