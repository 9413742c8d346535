"""Every environment variable, by section. What a value may be at all, `ledgersafe/settings.py` checks."""

from typing import Final

from ledgersafe.environment.variable import Section, Variable

SECTIONS: Final = (
    Section(
        "Servers",
        "Without DATABASE_URL and REDIS_URL private servers are started from the Python packages, with data in .data/.",
        (
            Variable(
                "DATABASE_URL", "str", "postgres:///ledgersafe",
                "The login of web, worker and beat. Statements run as DATABASE_APP_ROLE, whoever logs in: make the "
                "login a member of that role and of nothing else. deploy/postgres/roles.sql makes the roles and the "
                "database.",
                otherwise="a private Postgres",
                example="postgres://ledgersafe_web:secret@db.example:5432/ledgersafe",
            ),
            Variable(
                "REDIS_URL", "str", "",
                "Cache, and queue of the jobs unless CELERY_BROKER_URL names another.",
                otherwise="a private Valkey",
                example="redis://localhost:6379/0",
            ),
            Variable(
                "DATABASE_OWNER_URL", "str", None,
                "The login that migrates and owns the tables; only `manage.py migrate` needs it. Left out, the login "
                "of DATABASE_URL owns them, and could undo what its role may not do. Without roles.sql it needs "
                "CREATEROLE and CREATEDB once.",
                otherwise="DATABASE_URL",
                example="postgres://ledgersafe_owner:secret@db.example:5432/ledgersafe",
            ),
            Variable(
                "DATABASE_APP_ROLE", "str", "ledgersafe_app",
                "The role every request, job and command runs as; it owns nothing (ledgersafe/postgres/grants.py).",
            ),
            Variable(
                "CELERY_BROKER_URL", "str", None,
                "Queue of the Celery workers.",
                otherwise="REDIS_URL",
                example="redis://localhost:6379/1",
            ),
        ),
    ),
    Section(
        "Security",
        "ENVIRONMENT=production asks for the key, and sets the two after it to their strict values.",
        (
            Variable("ENVIRONMENT", "str", "local", "`production`: SECRET_KEY must be set.", example="production"),
            Variable(
                "SECRET_KEY", "str", "",
                "Signs sessions, and keys the MAC of card numbers that were cut out of payloads. Make one by "
                "`python -c 'import secrets; print(secrets.token_urlsafe(50))'`.",
                otherwise="a fixed one, outside production",
            ),
            Variable(
                "SECURE_COOKIES", "bool", None,
                "Send cookies by HTTPS alone.",
                otherwise="true in production",
                example="true",
            ),
            Variable(
                "HSTS_SECONDS", "int", None,
                "How long browsers that came by HTTPS once come by HTTPS alone. Sent over HTTPS only; 0: not at all.",
                unit="seconds",
                otherwise="31536000 with SECURE_COOKIES, else 0",
                example="31536000",
            ),
            Variable(
                "ALLOWED_HOSTS", "list", ["localhost", "127.0.0.1", "[::1]", "testserver"],
                "Names the server answers to, separated by commas.",
                example="shop.example,localhost",
            ),
            Variable(
                "CSRF_TRUSTED_ORIGINS", "list", [],
                "Origins whose forms are believed, where a proxy changes the host.",
                example="https://shop.example",
            ),
            Variable(
                "TLS_PROXY", "bool", False,
                "One proxy in front ends TLS and sets X-Forwarded-Proto and X-Forwarded-For, over anything a client "
                "sent: then, and only then, they are believed.",
                example="true",
            ),
            Variable("DEBUG", "bool", False, "Show errors in full. Never where anybody else can reach it."),
        ),
    ),
    Section(
        "Web server",
        "`manage.py serve`. A client that exceeds a limit is answered 408 or 503, or loses its connection.",
        (
            Variable("WEB_WORKERS", "int", 3, "Worker processes. Each thread of each keeps a connection to Postgres."),
            Variable("WEB_THREADS", "int", 3, "Threads of a worker."),
            Variable("WEB_HEADER_SECONDS", "float", 10.0, "Until a request's headers are there.", unit="seconds"),
            Variable(
                "WEB_BODY_SECONDS", "float", 20.0,
                "Until its body is there; longer while it keeps up with WEB_BYTES_PER_SECOND.",
                unit="seconds",
            ),
            Variable(
                "WEB_ANSWER_SECONDS", "float", 30.0,
                "Until its answer is read; longer while the reader keeps up with WEB_BYTES_PER_SECOND.",
                unit="seconds",
            ),
            Variable(
                "WEB_BYTES_PER_SECOND", "float", 8192.0,
                "The pace at which bodies and answers have longer.",
                unit="bytes per second",
            ),
            Variable(
                "WEB_CONNECTIONS", "int", 1000,
                "Connections of one worker, at least 16. Where there are too many, the slowest client goes first.",
            ),
            Variable(
                "WEB_BUFFER_MIB", "int", 512,
                "Bodies one worker keeps in files, at least 32; of answers, in memory, a quarter as much.",
                unit="MiB",
            ),
            Variable("MIGRATE_ON_START", "bool", True, "Migrate before serving."),
            Variable(
                "WEB_JOBS", "bool", True,
                "Run scheduled jobs beside the web server; false where `celery worker` and `celery beat` run alone.",
            ),
            Variable(
                "WEB_LOCK_TIMEOUT_MS", "int", 5_000,
                "How long the web server waits for a lock before it answers 503; jobs and commands wait as long as it "
                "takes. 0: without end.",
                unit="milliseconds",
            ),
            Variable(
                "WEB_STATEMENT_TIMEOUT_MS", "int", 30_000, "The same for one statement.", unit="milliseconds"
            ),
            Variable(
                "WEB_IDLE_TRANSACTION_TIMEOUT_MS", "int", 60_000,
                "The same in the middle of a transaction: a thread that hangs gives its locks back.",
                unit="milliseconds",
            ),
            Variable(
                "WEB_CONNECT_TIMEOUT_SECONDS", "int", 3, "The same for a connection; at least 2.", unit="seconds"
            ),
            Variable(
                "STATIC_ROOT", "str", None,
                "Where `manage.py collectstatic` puts files; the web server itself needs none.",
                otherwise="none",
                example="/srv/ledgersafe/static",
            ),
        ),
    ),
    Section(
        "Events and business days",
        "CUT_OFF_HOUR and CUT_OFF_MINUTE are the defaults of new tenants; each tenant has its own afterwards.",
        (
            Variable(
                "CUT_OFF_HOUR", "int", 23, "The business day ends at this local time, 0–23.", unit="hour of the day"
            ),
            Variable("CUT_OFF_MINUTE", "int", 59, "And this minute, 0–59.", unit="minute of the hour"),
            Variable(
                "CLOSE_GRACE_MINUTES", "int", 60,
                "From its cut-off until the hourly job closes a day that is ready: tills that were offline may still "
                "send.",
                unit="minutes",
            ),
            Variable(
                "DIRECTORY_TTL_SECONDS", "float", 30.0,
                "How long a process may use what it has read of a tenant's settings, stores and accounts.",
                unit="seconds",
            ),
            Variable(
                "FX_MAX_RATE_AGE_HOURS", "int", 72,
                "From its valid_from until an exchange rate is too old to be used; 0: never.",
                unit="hours",
            ),
        ),
    ),
    Section(
        "Money commands",
        "",
        (
            Variable(
                "IDEMPOTENCY_TTL_SECONDS", "int", 86_400,
                "How long Redis remembers the answer to an idempotency key. Postgres never forgets it.",
                unit="seconds",
            ),
        ),
    ),
    Section(
        "Logs and audit trail",
        "",
        (
            Variable("LOG_FORMAT", "str", "text", "`text` or `json`.", example="json"),
            Variable("LOG_LEVEL", "str", "INFO", "DEBUG, INFO, WARNING, ERROR or CRITICAL."),
            Variable(
                "AUDIT_ANCHOR_FILE", "str", None,
                "The heads of the sealed chains, outside the database: best where its administrators cannot write.",
                otherwise=".data/audit-anchors.jsonl",
                example="/var/lib/ledgersafe/audit-anchors.jsonl",
            ),
        ),
    ),
    Section(
        "The machine",
        "Read before the settings: by ledgersafe/embedded/, deploy/gunicorn.py and `manage.py demo`.",
        (
            Variable("LEDGERSAFE_DATA_DIR", "str", None, "Folder of the private servers.", otherwise=".data"),
            Variable(
                "PG_BIN_DIR", "str", None,
                "Folder with `postgres` and `initdb` for the private server.",
                otherwise="the Python package's, the system's newest, or PATH's",
            ),
            Variable("WEB_LOG_LEVEL", "str", "warning", "Level of gunicorn's own log."),
            Variable("DEMO_EXIT", "str", None, "Any text: `make demo` ends after its story.", otherwise="it serves on"),
        ),
        read_by_settings=False,
    ),
    Section(
        "docker compose",
        "Read by docker-compose.yml alone. Passwords are letters and digits.",
        (
            Variable(
                "LISTEN", "str", "127.0.0.1",
                "Where the proxy listens: this machine alone; 0.0.0.0: everybody (put TLS in front).",
            ),
            Variable("PORT", "int", 8000, "The proxy's port."),
            Variable("POSTGRES_PASSWORD", "str", None, "Of the administrator.", example="change-me"),
            Variable("DATABASE_OWNER_PASSWORD", "str", None, "Of the owner (migrate).", example="change-me-too"),
            Variable("DATABASE_WEB_PASSWORD", "str", None, "Of web, worker and beat.", example="and-me"),
        ),
        read_by_settings=False,
    ),
    Section(
        "Set by the product for its own processes",
        "Not for people to set.",
        (
            Variable("DATABASE_AS", "str", "app", "Set by manage.py: `owner` while a command migrates, else `app`."),
        ),
        in_example=False,
    ),
)  # fmt: skip

BY_NAME: Final = {variable.name: variable for section in SECTIONS for variable in section.variables}
